//! The providers of both channels: what they must be, how their credentials are hidden and kept, how they are stored.
//! Names, time-outs and credentials are looked at as JSON, in which all kinds are alike.

use std::collections::HashSet;
use std::mem::take;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::is_host_name;
use super::settings::{HIDDEN, Settings};
use crate::base::{Email, Error, Result};
use crate::message::{Account, Credential, MailAccount, MailProvider, Provider};

/// Where the settings hold providers.
const LISTS: [&str; 2] = ["sms", "email"];
/// Names of the fields of an account that hold a credential.
const CREDENTIALS: [&str; 7] = ["authToken", "apiSecret", "signatureSecret", "authKey", "apiKey", "secret", "password"];

pub(super) fn list<'a>(document: &'a Json, section: &str) -> &'a [Json] {
    document.get(section).and_then(|s| s.get("providers")).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn list_mut<'a>(document: &'a mut Json, section: &str) -> &'a mut [Json] {
    let list = document.get_mut(section).and_then(|s| s.get_mut("providers")).and_then(Json::as_array_mut);
    list.map_or(&mut [], Vec::as_mut_slice)
}

/// Where the settings hold the one credential that is no provider's.
const CAPTCHA: &str = "/frontegg/captcha/secretKey";

/// Puts [`HIDDEN`] in the place of every credential.
pub(super) fn hide(document: &mut Json) {
    if let Some(secret) = document.pointer_mut(CAPTCHA) {
        *secret = HIDDEN.into();
    }
    for section in LISTS {
        for provider in list_mut(document, section) {
            for key in CREDENTIALS {
                if let Some(secret) = provider.pointer_mut(&format!("/account/{key}")) {
                    *secret = HIDDEN.into();
                }
            }
        }
    }
}

/// Puts the credential of the `stored` provider of that name where `patch` holds what stands for it.
pub(super) fn restore_hidden(stored: &Json, patch: &mut Json) {
    if let (Some(secret), Some(stored)) = (patch.pointer_mut(CAPTCHA), stored.pointer(CAPTCHA))
        && secret == HIDDEN
    {
        *secret = stored.clone();
    }
    for section in LISTS {
        for provider in list_mut(patch, section) {
            let Some(stored) = list(stored, section).iter().find(|p| p.get("name") == provider.get("name")) else {
                continue;
            };
            restore(stored, provider);
        }
    }
}

/// Puts the credentials of `stored` where `provider` holds what stands for them.
pub(super) fn restore(stored: &Json, provider: &mut Json) {
    for key in CREDENTIALS {
        let pointer = format!("/account/{key}");
        if let Some(secret) = provider.pointer_mut(&pointer)
            && secret == HIDDEN
            && let Some(stored) = stored.pointer(&pointer)
        {
            *secret = stored.clone();
        }
    }
}

/// Refuses what no provider may be, by name.
pub(super) fn check(settings: &Settings) -> Result<()> {
    let document = serde_json::to_value(settings).map_err(Error::internal)?;
    for section in LISTS {
        let (providers, field) = (list(&document, section), format!("{section}.providers"));
        let names: HashSet<&str> = providers.iter().filter_map(|p| p.get("name")?.as_str()).collect();
        if names.len() != providers.len() || names.iter().any(|n| n.is_empty() || n.len() > 64) {
            return Err(Error::invalid(field, "must have different names of 1 to 64 characters"));
        }
        let mut timeouts = providers.iter().filter_map(|p| p.get("timeoutSeconds")?.as_u64());
        if timeouts.any(|seconds| !(1..=60).contains(&seconds)) {
            return Err(Error::invalid(field, "timeoutSeconds must be from 1 to 60"));
        }
        for (n, provider) in providers.iter().enumerate() {
            check_credentials(&format!("{field}[{n}]"), provider)?;
        }
    }
    settings.sms.providers.iter().enumerate().try_for_each(|(n, p)| check_sms(&format!("sms.providers[{n}]"), p))?;
    settings.email.providers.iter().enumerate().try_for_each(|(n, p)| check_mail(&format!("email.providers[{n}]"), p))
}

/// What stands for a hidden credential keeps a stored one; where there is none it would be taken for the credential.
fn check_credentials(field: &str, provider: &Json) -> Result<()> {
    let account = provider.get("account").and_then(Json::as_object);
    match account.into_iter().flatten().find(|(_, value)| *value == HIDDEN) {
        None => Ok(()),
        Some((key, _)) => Err(Error::invalid(
            format!("{field}.account.{key}"),
            format!("holds {HIDDEN:?}, and no provider of this name has one to keep: give the credential itself"),
        )),
    }
}

fn check_sms(field: &str, provider: &Provider) -> Result<()> {
    match &provider.account {
        Account::TwilioVerify { service_sid, .. } if !is_verify_service(service_sid) => Err(Error::invalid(
            format!("{field}.account.serviceSid"),
            "must be the SID of a Verify service, which begins with VA",
        )),
        _ => Ok(()),
    }
}

/// Whether `sid` looks like that of a service of Twilio Verify.
pub(super) fn is_verify_service(sid: &str) -> bool {
    sid.strip_prefix("VA").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn check_mail(field: &str, provider: &MailProvider) -> Result<()> {
    let refuse = |key: &str, what: &str| Err(Error::invalid(format!("{field}.{key}"), what.to_owned()));
    for (key, address) in [("from", Some(&provider.from)), ("replyTo", provider.reply_to.as_ref())] {
        if address.is_some_and(|address| Email::parse(address).is_err()) {
            return refuse(key, "must be an e-mail address such as no-reply@example.com");
        }
    }
    if provider.from_name.as_ref().is_some_and(|n| n.chars().count() > 128 || n.contains(char::is_control)) {
        return refuse("fromName", "must be at most 128 characters in one line");
    }
    let MailAccount::Smtp { host, port, security: _, username, password } = &provider.account else { return Ok(()) };
    if !is_host_name(host) {
        return refuse("account.host", "must be a host name such as smtp.example.com");
    }
    if *port == Some(0) {
        return refuse("account.port", "must be from 1 to 65535");
    }
    if username.is_some() != password.is_some() {
        return refuse("account", "needs username and password, or neither");
    }
    Ok(())
}

/// All providers, as they are sealed, and what is sealed with them.
#[derive(Serialize, Deserialize)]
struct Both {
    sms: Vec<Provider>,
    email: Vec<MailProvider>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    captcha: Option<Credential>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Both(Both),
    /// Before there was e-mail.
    Sms(Vec<Provider>),
}

/// The settings without their providers, and the providers, which are to be sealed: credentials lie nowhere in clear.
pub(super) fn split(settings: &Settings) -> Result<(Settings, Vec<u8>)> {
    let mut open = settings.clone();
    let captcha = open.frontegg.captcha.as_mut().map(|captcha| take(&mut captcha.secret_key));
    let both = Both { sms: take(&mut open.sms.providers), email: take(&mut open.email.providers), captcha };
    Ok((open, serde_json::to_vec(&both).map_err(Error::internal)?))
}

/// Puts back what [`split`] took away.
pub(super) fn join(settings: &mut Settings, stored: &[u8]) -> Result<()> {
    let both = match serde_json::from_slice(stored).map_err(Error::internal)? {
        Stored::Both(both) => both,
        Stored::Sms(sms) => Both { sms, email: Vec::new(), captcha: None },
    };
    settings.sms.providers = both.sms;
    settings.email.providers = both.email;
    if let Some(captcha) = &mut settings.frontegg.captcha {
        captcha.secret_key = both.captcha.unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(patch: &Json) -> Result<Settings> {
        Settings::default().merged(patch)
    }

    fn twilio() -> Json {
        json!({"name": "main", "account":
            {"kind": "twilio", "accountSid": "AC1", "authToken": "t0ps3cret", "from": "+15005550006"}})
    }

    fn smtp() -> Json {
        json!({"name": "main", "from": "no-reply@example.com", "account":
            {"kind": "smtp", "host": "smtp.example.com", "username": "mailer", "password": "hunter2"}})
    }

    #[test]
    fn credentials_are_hidden_when_shown_and_kept_when_sent_back() {
        let settings = merged(&json!({"sms": {"providers": [twilio()]}, "email": {"providers": [smtp()]}})).unwrap();
        let shown = settings.shown().unwrap();
        assert!(!shown.to_string().contains("t0ps3cret") && !shown.to_string().contains("hunter2"), "{shown}");
        assert_eq!(settings.merged(&shown).unwrap(), settings);
        let mut moved = shown.clone();
        moved["email"]["providers"][0]["account"]["host"] = "smtp.example.org".into();
        let changed = settings.merged(&moved).unwrap();
        let MailAccount::Smtp { host, password, .. } = &changed.email.providers[0].account else { panic!() };
        assert_eq!((host.as_str(), password.as_ref().unwrap().0.expose()), ("smtp.example.org", "hunter2"));
    }

    #[test]
    fn a_hidden_credential_is_kept_from_the_same_name_and_channel_only() {
        let settings = merged(&json!({"sms": {"providers": [twilio()]}})).unwrap();
        let mut hidden = smtp();
        hidden["account"]["password"] = HIDDEN.into();
        let error = settings.merged(&json!({"email": {"providers": [hidden]}})).unwrap_err().to_string();
        assert!(error.starts_with("email.providers[0].account.password"), "{error}");
        let mut renamed = settings.shown().unwrap();
        renamed["sms"]["providers"][0]["name"] = "other".into();
        let error = settings.merged(&renamed).unwrap_err().to_string();
        assert!(error.starts_with("sms.providers[0].account.authToken"), "{error}");
    }

    #[test]
    fn bad_providers_are_refused_by_name() {
        let with = |key: &str, value: Json| {
            let mut provider = smtp();
            match key.strip_prefix("account.") {
                Some(key) => provider["account"][key] = value,
                None => provider[key] = value,
            }
            provider
        };
        for (providers, field) in [
            (json!([smtp(), smtp()]), "email.providers: must have different names"),
            (json!([with("name", "".into())]), "email.providers: must have different names"),
            (json!([with("name", "x".repeat(65).into())]), "email.providers: must have different names"),
            (json!([with("timeoutSeconds", 0.into())]), "email.providers: timeoutSeconds"),
            (json!([with("timeoutSeconds", 61.into())]), "email.providers: timeoutSeconds"),
            (json!([with("from", "Shop <a@example.com>".into())]), "email.providers[0].from"),
            (json!([with("from", "a@example.com\r\nBcc: b@example.com".into())]), "email.providers[0].from"),
            (json!([with("replyTo", "nobody".into())]), "email.providers[0].replyTo"),
            (json!([with("fromName", "Shop\r\nBcc: b@example.com".into())]), "email.providers[0].fromName"),
            (json!([with("account.host", "smtp://example.com".into())]), "email.providers[0].account.host"),
            (json!([with("account.host", "".into())]), "email.providers[0].account.host"),
            (json!([with("account.host", "::1".into())]), "email.providers[0].account.host"),
            (json!([with("account.port", 0.into())]), "email.providers[0].account.port"),
            (json!([with("account.port", 65_536.into())]), "email.providers[0].account"),
            (json!([with("account.security", "ssl".into())]), "email.providers[0].account"),
            (json!([with("account.password", Json::Null)]), "email.providers[0].account: needs"),
            (json!([with("account.kind", "pigeon".into())]), "email.providers[0].account"),
        ] {
            let error = merged(&json!({"email": {"providers": providers}})).unwrap_err().to_string();
            assert!(error.starts_with(field), "{providers}: {error}");
        }
        for good in [json!([smtp()]), json!([with("account.port", 2525.into()), with("name", "spare".into())])] {
            assert!(merged(&json!({"email": {"providers": good}})).is_ok(), "{good}");
        }
        let error = merged(&json!({"sms": {"providers": [twilio(), twilio()]}})).unwrap_err().to_string();
        assert!(error.starts_with("sms.providers: must have different names"), "{error}");
    }

    fn verify(key: &str, value: Json) -> Json {
        let mut account =
            json!({"kind": "twilioVerify", "accountSid": "AC1", "authToken": "t0ps3cret", "serviceSid": "VA1"});
        account[key] = value;
        json!({"sms": {"providers": [twilio(), {"name": "verify", "account": account}]}})
    }

    #[test]
    fn twilio_verify_needs_a_verify_service_and_knows_three_channels() {
        for sid in ["", "VA", "MG1", "va1", "VA1/2", "VA 1"] {
            let error = merged(&verify("serviceSid", sid.into())).unwrap_err().to_string();
            assert!(error.starts_with("sms.providers[1].account.serviceSid: must be the SID"), "{sid}: {error}");
        }
        for bad in ["SMS", "voice", "email", "sna", ""] {
            assert!(merged(&verify("channel", bad.into())).is_err(), "{bad}");
        }
        let channel = |settings: &Settings| match &settings.sms.providers[1].account {
            Account::TwilioVerify { channel, .. } => channel.name(),
            other => panic!("{other:?}"),
        };
        for name in ["sms", "call", "whatsapp"] {
            assert_eq!(channel(&merged(&verify("channel", name.into())).unwrap()), name);
        }
        let settings = merged(&verify("serviceSid", "VA1".into())).unwrap();
        assert_eq!(channel(&settings), "sms");
        let shown = settings.shown().unwrap();
        assert_eq!(
            (&shown["sms"]["providers"][1]["account"]["kind"], settings.sms.providers[1].account.kind()),
            (&json!("twilioVerify"), "twilioVerify")
        );
        assert!(!shown.to_string().contains("t0ps3cret"), "{shown}");
        assert_eq!(settings.merged(&shown).unwrap(), settings, "and its token is kept");
    }

    #[test]
    fn what_was_stored_before_there_was_email_is_read() {
        let (list, mut settings) = (json!([twilio()]).to_string(), Settings::default());
        join(&mut settings, list.as_bytes()).unwrap();
        assert_eq!((settings.sms.providers.len(), settings.email.providers.len()), (1, 0));
        let (open, both) = split(&settings).unwrap();
        assert_eq!(open, Settings::default());
        let mut again = Settings::default();
        join(&mut again, &both).unwrap();
        assert_eq!(again, settings);
    }
}
