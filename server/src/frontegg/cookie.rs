//! The cookies of this dialect (contract frontegg §1.5). Their names hold the project's client id.

use axum::http::header::SET_COOKIE;
use axum::response::Response;
use countersign_domain::base::{Error, Time};

use super::call::Call;
use super::error::Failure;
use crate::http::cookie::{SameSite, SetCookie};

/// How long a device is known, in seconds: a year.
const DEVICE_SECONDS: i64 = 31_536_000;

/// The names under which clients keep the refresh token: the first dash of the client id removed, or all of them. The
/// first is the one that is set.
pub(super) fn refresh_names(client: &str) -> [String; 2] {
    [format!("fe_refresh_{}", client.replacen('-', "", 1)), format!("fe_refresh_{}", client.replace('-', ""))]
}

/// The name of the cookie by which a device is known.
pub(super) fn device_name(client: &str) -> String {
    format!("fe_device_{}", client.replace('-', ""))
}

/// The name of the cookie that holds the handle of a sign-in under way.
pub(super) fn flow_name(client: &str) -> String {
    format!("fe_flow_{}", client.replace('-', ""))
}

/// Keeps the refresh token for as long as the session lives.
pub(super) fn keep_refresh(call: &Call, response: &mut Response, token: &str, until: Time) -> Result<(), Failure> {
    let [name, _] = refresh_names(call.project().client_id());
    set(call, response, &name, token, seconds_until(call, until))
}

/// Forgets the refresh token, under whichever name it was kept.
pub(super) fn clear_refresh(call: &Call, response: &mut Response) -> Result<(), Failure> {
    let [name, other] = refresh_names(call.project().client_id());
    clear(call, response, &name)?;
    if other != name && call.cookie(&other).is_some() {
        clear(call, response, &other)?;
    }
    Ok(())
}

/// Keeps the name of the device.
pub(super) fn keep_device(call: &Call, response: &mut Response, device: &str) -> Result<(), Failure> {
    set(call, response, &device_name(call.project().client_id()), device, DEVICE_SECONDS)
}

/// Whole seconds from now, at least none.
pub(super) fn seconds_until(call: &Call, until: Time) -> i64 {
    (until.micros_since(call.ctx.now) + 999_999).div_euclid(1_000_000).max(0)
}

/// Sets a cookie of ours. A page on another origin gets one that travels there, which browsers take over https only.
pub(super) fn set(call: &Call, response: &mut Response, name: &str, value: &str, seconds: i64) -> Result<(), Failure> {
    write(call, response, &SetCookie { max_age: Some(seconds), ..SetCookie::new(name, value) })
}

/// Lets the browser forget a cookie of ours.
pub(super) fn clear(call: &Call, response: &mut Response, name: &str) -> Result<(), Failure> {
    write(call, response, &SetCookie::new(name, "").removed())
}

fn write(call: &Call, response: &mut Response, cookie: &SetCookie<'_>) -> Result<(), Failure> {
    let same_site = if call.cross_site && call.secure { SameSite::None } else { SameSite::Lax };
    let cookie = SetCookie { secure: call.secure, same_site: Some(same_site), ..*cookie };
    let header = cookie.to_header().map_err(|bad| Error::internal(bad.to_string()))?;
    response.headers_mut().append(SET_COOKIE, header);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_the_client_id_without_dashes() {
        let client = "392b348b-a37c-471f-8f1b-2c35d23aa7e6";
        assert_eq!(
            refresh_names(client),
            [
                "fe_refresh_392b348ba37c-471f-8f1b-2c35d23aa7e6".to_owned(),
                "fe_refresh_392b348ba37c471f8f1b2c35d23aa7e6".to_owned()
            ]
        );
        assert_eq!(device_name(client), "fe_device_392b348ba37c471f8f1b2c35d23aa7e6");
        assert_eq!(flow_name(client), "fe_flow_392b348ba37c471f8f1b2c35d23aa7e6");
        assert_eq!(refresh_names("demo"), ["fe_refresh_demo", "fe_refresh_demo"].map(str::to_owned));
    }
}
