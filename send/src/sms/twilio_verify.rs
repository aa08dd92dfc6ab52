//! Twilio Verify, which carries a code of ours: `POST /v2/Services/{sid}/Verifications` with `CustomCode` (Twilio docs,
//! "Verifications" and "Customization Options"). It words the message itself; the code is checked here.
//!
//! A number's verification lives there for ten minutes, unless an [`approval`] ends it. Another code within them is sent
//! like the first, of five at most. That Twilio then carries the new code is nowhere said, and was not tried.

use countersign_domain::base::Secret;
use countersign_domain::message::{Sms, VerifyChannel};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{UNREADABLE, Verdict, endpoint, refused, text};
use crate::net::Failure;

const HOST: &str = "https://verify.twilio.com";
/// Digits of a code that it takes (Twilio docs, "Verifications", `CustomCode`).
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=10;
/// Our languages that it has words in, for texts and for calls, by our tag and its own (Twilio docs, "Supported
/// Languages"). In others it takes the language of the number's country.
const LOCALES: [(&str, &str); 17] = [
    ("ar", "ar"),
    ("de", "de"),
    ("en", "en"),
    ("es", "es"),
    ("fr", "fr"),
    ("hi", "hi"),
    ("id", "id"),
    ("it", "it"),
    ("ja", "ja"),
    ("ko", "ko"),
    ("nl", "nl"),
    ("pl", "pl"),
    ("pt-BR", "pt-BR"),
    ("ru", "ru"),
    ("tr", "tr"),
    ("vi", "vi"),
    ("zh-Hans", "zh"),
];
/// Refusals of one number that come with a status of the account's: the number had its five codes, or is just being sent
/// one (Twilio docs, errors 60203 and 60212).
const OF_THE_NUMBER: [&str; 2] = ["60203", "60212"];
/// Refusals of the service that come with a status of the message's: it takes no codes of ours, its channel is switched
/// off, there is no such service (Twilio docs, errors 60204, 60223 and 20404).
const OF_THE_SERVICE: [&str; 3] = ["60204", "60223", "20404"];

/// The code in `sms`, if it can be carried.
pub(super) fn code(sms: &Sms) -> Option<&str> {
    let code = sms.code.as_ref().map(Secret::expose)?;
    (LENGTHS.contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// Its tag for the language of `sms`, if it has one.
pub(super) fn locale(sms: &Sms) -> Option<&'static str> {
    LOCALES.iter().find(|(ours, _)| *ours == sms.locale).map(|(_, its)| *its)
}

pub(super) fn request(
    client: &Client,
    base: Option<&str>,
    sms: &Sms,
    account: &str,
    token: &str,
    service: &str,
    channel: VerifyChannel,
) -> Result<RequestBuilder, Failure> {
    let code = code(sms).ok_or(Failure::NotSent("the message has no code"))?;
    let mut form = vec![("Channel", channel.name()), ("CustomCode", code), ("To", sms.to.as_e164())];
    if let Some(locale) = locale(sms) {
        form.push(("Locale", locale));
    }
    let url = endpoint(base, HOST, &["v2", "Services", service, "Verifications"])?;
    Ok(client.post(url).basic_auth(account, Some(token)).form(&form))
}

/// Who sends codes of his own must say which were shown to him (Twilio docs, "Customization Options"): by that it judges
/// its routes and sees fraud.
pub(super) fn approval(
    client: &Client,
    base: Option<&str>,
    account: &str,
    token: &str,
    service: &str,
    verification: &str,
) -> Result<RequestBuilder, Failure> {
    let url = endpoint(base, HOST, &["v2", "Services", service, "Verifications", verification])?;
    Ok(client.post(url).basic_auth(account, Some(token)).form(&[("Status", "approved")]))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    if (200..300).contains(&status) {
        return text(&json["sid"]).map_or(UNREADABLE, |sid| Verdict::Accepted(Some(sid)));
    }
    let code = text(&json["code"]);
    let is_one_of = |codes: &[&str]| code.as_deref().is_some_and(|code| codes.contains(&code));
    let (of_the_number, of_the_service) = (is_one_of(&OF_THE_NUMBER), is_one_of(&OF_THE_SERVICE));
    match refused(status, code, text(&json["message"])) {
        Verdict::Refused { code, text, healthy } => {
            Verdict::Refused { code, text, healthy: of_the_number || healthy && !of_the_service }
        }
        other => other,
    }
}
