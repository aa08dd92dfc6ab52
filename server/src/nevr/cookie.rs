//! The cookies of this dialect, in exactly the form of nevr's (contract nevr §1): `Max-Age`, `Expires`, `Path`, `Secure`,
//! `HttpOnly`, `SameSite=lax`.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use countersign_domain::base::{Error, Secret, Time};

use super::call::Call;
use super::error::Failure;
use crate::http::cookie::imf_fixdate;

/// The session's token.
pub(super) const SESSION: &str = "nevr.session_token";
/// The token of a session that waits for its second factor.
pub(super) const TWO_FACTOR: &str = "nevr.two_factor";
/// The handle of a sign-in under way.
pub(super) const FLOW: &str = "nevr.flow";
/// The handle of a password reset under way: apart, so that neither flow ends the other.
pub(super) const RESET: &str = "nevr.reset_flow";

/// How the second factor's cookie remembers what was asked for at the sign-in.
pub(super) struct Waiting<'a> {
    pub token: &'a str,
    /// `rememberMe`. Whoever changes it could have asked for it.
    pub remember: bool,
}

impl<'a> Waiting<'a> {
    pub(super) fn parse(value: &'a str) -> Option<Self> {
        let (token, flag) = value.split_once('.')?;
        match flag {
            "1" => Some(Self { token, remember: true }),
            "0" => Some(Self { token, remember: false }),
            _ => None,
        }
    }

    fn to_value(&self) -> String {
        format!("{}.{}", self.token, u8::from(self.remember))
    }
}

/// Sets the session's cookie for as long as the session lives.
pub(super) fn keep_session(call: &Call, response: &mut Response, token: &str, until: Time) -> Result<(), Failure> {
    set(call, response, SESSION, token, seconds_until(call, until), "lax")
}

pub(super) fn clear_session(call: &Call, response: &mut Response) -> Result<(), Failure> {
    set(call, response, SESSION, "", 0, "lax")
}

/// Sets the cookie of a session that waits for its second factor.
pub(super) fn keep_waiting(
    call: &Call,
    response: &mut Response,
    token: &Secret,
    remember: bool,
    until: Time,
) -> Result<(), Failure> {
    let value = Waiting { token: token.expose(), remember }.to_value();
    set(call, response, TWO_FACTOR, &value, seconds_until(call, until), "lax")
}

pub(super) fn clear_waiting(call: &Call, response: &mut Response) -> Result<(), Failure> {
    set(call, response, TWO_FACTOR, "", 0, "lax")
}

/// Sets the cookie of a flow for as long as its code lives.
pub(super) fn keep_flow(
    call: &Call,
    response: &mut Response,
    name: &str,
    handle: &str,
    until: Time,
) -> Result<(), Failure> {
    set(call, response, name, handle, seconds_until(call, until), "Lax")
}

pub(super) fn clear_flow(call: &Call, response: &mut Response, name: &str) -> Result<(), Failure> {
    set(call, response, name, "", 0, "Lax")
}

fn seconds_until(call: &Call, until: Time) -> i64 {
    (until.micros_since(call.ctx.now) + 999_999).div_euclid(1_000_000).max(0)
}

fn set(
    call: &Call,
    response: &mut Response,
    name: &str,
    value: &str,
    seconds: i64,
    same_site: &str,
) -> Result<(), Failure> {
    let header = HeaderValue::from_str(&line(name, value, seconds, call.secure, same_site)).map_err(Error::internal)?;
    response.headers_mut().append(SET_COOKIE, header);
    Ok(())
}

/// Values are tokens and handles of ours, which need no escaping.
fn line(name: &str, value: &str, seconds: i64, secure: bool, same_site: &str) -> String {
    let expires = if seconds == 0 { format!("; Expires={}", imf_fixdate(Time::from_micros(0))) } else { String::new() };
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Max-Age={seconds}{expires}; Path=/{secure}; HttpOnly; SameSite={same_site}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_have_the_form_of_nevrs() {
        assert_eq!(
            line(SESSION, "abc", 604_800, false, "lax"),
            "nevr.session_token=abc; Max-Age=604800; Path=/; HttpOnly; SameSite=lax"
        );
        assert_eq!(
            line(SESSION, "abc", 86_400, true, "lax"),
            "nevr.session_token=abc; Max-Age=86400; Path=/; Secure; HttpOnly; SameSite=lax"
        );
        assert_eq!(
            line(SESSION, "", 0, false, "lax"),
            "nevr.session_token=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=lax"
        );
    }

    #[test]
    fn what_waits_for_a_second_factor_remembers_how_long_to_stay() {
        for remember in [true, false] {
            let value = Waiting { token: "abc", remember }.to_value();
            let read = Waiting::parse(&value).unwrap();
            assert_eq!((read.token, read.remember), ("abc", remember));
        }
        for bad in ["", "abc", "abc.", "abc.2", "abc.1.1"] {
            assert!(Waiting::parse(bad).is_none(), "{bad}");
        }
    }
}
