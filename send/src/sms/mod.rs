//! SMS: what each provider is asked and how its answer is read (contract nuvix §5).

mod http;
mod msg91;
pub mod receipt;
pub mod segments;
mod telesign;
mod textmagic;
mod twilio;
mod twilio_verify;
mod vonage;

use countersign_domain::base::{Phone, Time};
use countersign_domain::message::{Account, Provider, Sms};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;

use crate::net::{Answer, Failure};

/// What an answer says. Texts are the provider's own words, not fit for a log yet.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It took the message.
    Accepted(Option<String>),
    /// It did not. `healthy`: the refusal is about this one message, others may well pass.
    Refused { code: Option<String>, text: Option<String>, healthy: bool },
    /// The answer does not say.
    Unclear(&'static str),
}

/// The request that hands `sms` to `provider`. None for what is not asked over the network.
pub(crate) fn request(
    client: &Client,
    sms: &Sms,
    provider: &Provider,
    now: Time,
) -> Option<Result<RequestBuilder, Failure>> {
    let base = provider.base_url.as_deref();
    Some(match &provider.account {
        Account::Inbox {} | Account::Application {} => return None,
        Account::Twilio { account_sid, auth_token, from } => {
            twilio::request(client, base, sms, account_sid, auth_token.0.expose(), from)
        }
        Account::TwilioVerify { account_sid, auth_token, service_sid, channel } => {
            let token = auth_token.0.expose();
            twilio_verify::request(client, base, sms, account_sid, token, service_sid, *channel)
        }
        Account::Vonage { api_key, api_secret, from, signature_secret: _ } => {
            vonage::request(client, base, sms, api_key, api_secret.0.expose(), from)
        }
        Account::Msg91 { sender_id, auth_key, template_id } => {
            msg91::request(client, base, sms, sender_id, auth_key.0.expose(), template_id)
        }
        Account::Telesign { customer_id, api_key } => {
            telesign::request(client, base, sms, customer_id, api_key.0.expose())
        }
        Account::Textmagic { username, api_key, from } => {
            textmagic::request(client, base, sms, username, api_key.0.expose(), from)
        }
        Account::Http { url, secret } => http::request(client, url, sms, secret.0.expose(), now),
    })
}

/// Why `provider` cannot carry `sms` at all, if it cannot: nothing is asked then.
pub(crate) fn misfit(sms: &Sms, provider: &Provider) -> Option<&'static str> {
    let is_misfit = provider.account.takes_only_codes() && twilio_verify::code(sms).is_none();
    is_misfit.then_some("Twilio Verify carries codes of 4 to 10 digits and no other message")
}

/// What to ask instead of `sms`, where the provider answered that it does not speak its language.
pub(crate) fn in_another_language(sms: &Sms, provider: &Provider, answer: &Answer) -> Option<Sms> {
    let is_one_of_many =
        matches!(provider.account, Account::TwilioVerify { .. }) && twilio_verify::locale(sms).is_some();
    (is_one_of_many && answer.status == 404).then(|| Sms { locale: String::new(), ..sms.clone() })
}

/// The request that tells `provider` that the code in the message `provider_id` was shown to us. None where nobody wants
/// to know.
pub(crate) fn approval(
    client: &Client,
    provider: &Provider,
    provider_id: &str,
) -> Option<Result<RequestBuilder, Failure>> {
    let Account::TwilioVerify { account_sid, auth_token, service_sid, .. } = &provider.account else { return None };
    let base = provider.base_url.as_deref();
    Some(twilio_verify::approval(client, base, account_sid, auth_token.0.expose(), service_sid, provider_id))
}

/// Reads the answer of a provider.
pub(crate) fn read(account: &Account, answer: &Answer) -> Verdict {
    match answer.status {
        // Nothing says that the message was not taken before we were sent elsewhere.
        300..=399 => return Verdict::Unclear("redirects are not followed"),
        // A gateway speaks for a server that may have taken the message (RFC 9110 §15.6.3, §15.6.5).
        502 | 504 => return Verdict::Unclear("a gateway had no good answer"),
        _ => {}
    }
    let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    match account {
        Account::Inbox {} | Account::Application {} => Verdict::Accepted(None),
        Account::Twilio { .. } => twilio::read(answer.status, &json),
        Account::TwilioVerify { .. } => twilio_verify::read(answer.status, &json),
        Account::Vonage { .. } => vonage::read(answer.status, &json),
        Account::Msg91 { .. } => msg91::read(answer.status, &json),
        Account::Telesign { .. } => telesign::read(answer.status, &json),
        Account::Textmagic { .. } => textmagic::read(answer.status, &json),
        Account::Http { .. } => http::read(answer.status, &json),
    }
}

const UNREADABLE: Verdict = Verdict::Unclear("the answer cannot be read");

/// A refusal by status. Only what says that no message can pass is unhealthy: a 400, 403 or 422 can be brought about
/// by whoever types a number, who must not be able to open the circuit for all others.
fn refused(status: u16, code: Option<String>, text: Option<String>) -> Verdict {
    let healthy = (400..500).contains(&status) && !matches!(status, 401 | 402 | 407 | 408 | 429);
    Verdict::Refused { code, text, healthy }
}

/// `segments` under the provider's own address or the one that replaces it. Segments are percent-encoded.
fn endpoint(base_url: Option<&str>, default: &str, segments: &[&str]) -> Result<Url, Failure> {
    let mut url = address(base_url.unwrap_or(default))?;
    url.path_segments_mut().map_err(|()| BAD_ADDRESS)?.pop_if_empty().extend(segments);
    Ok(url)
}

fn address(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|_| BAD_ADDRESS)
}

const BAD_ADDRESS: Failure = Failure::NotSent("the provider's address is not valid");

/// The number in the form of most providers: E.164 without its plus sign.
fn digits(phone: &Phone) -> &str {
    phone.as_e164().trim_start_matches('+')
}

/// A string or number as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_healthy(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Refused { healthy: true, .. })
    }

    #[test]
    fn refusals_of_one_number_or_text_are_healthy_and_those_of_the_account_are_not() {
        let vonage = |code: &str| vonage::read(200, &json!({"messages": [{"status": code}]}));
        let msg91 = |code: &str| msg91::read(200, &json!({"type": "error", "code": code}));
        let telesign = |code: i64| telesign::read(200, &json!({"errors": [{"code": code}]}));
        for healthy in
            [vonage("3"), vonage("7"), vonage("29"), msg91("202"), telesign(-10_001), refused(400, None, None)]
        {
            assert!(is_healthy(&healthy), "{healthy:?}");
        }
        for unhealthy in [vonage("1"), vonage("4"), vonage("9"), msg91("207"), msg91("301"), telesign(-30_015)] {
            assert!(!is_healthy(&unhealthy), "{unhealthy:?}");
        }
        for status in [401, 402, 408, 429, 500, 503] {
            assert!(!is_healthy(&refused(status, None, None)), "{status}");
        }
    }

    #[test]
    fn of_twilio_verify_a_number_that_had_its_five_is_healthy_and_a_service_that_takes_no_codes_is_not() {
        let verify = |status, code: i64| twilio_verify::read(status, &json!({"code": code, "message": "no"}));
        for (status, code) in
            [(400, 60_200), (429, 60_203), (403, 60_205), (429, 60_212), (403, 60_238), (403, 60_410), (403, 60_605)]
        {
            assert!(is_healthy(&verify(status, code)), "{code}");
        }
        for (status, code) in [(401, 20_003), (403, 60_204), (400, 60_223), (404, 20_404), (429, 20_429), (500, 20_500)]
        {
            assert!(!is_healthy(&verify(status, code)), "{code}");
        }
    }

    #[test]
    fn an_address_keeps_its_own_path_and_encodes_what_is_added() {
        let url = |base, segments: &[&str]| endpoint(base, "https://api.example", segments).unwrap().to_string();
        assert_eq!(url(None, &["a", "b.json"]), "https://api.example/a/b.json");
        assert_eq!(url(Some("https://proxy/x"), &["a", ""]), "https://proxy/x/a/");
        assert_eq!(url(Some("https://proxy/x/"), &["../a?b#c/d"]), "https://proxy/x/..%2Fa%3Fb%23c%2Fd");
        assert_eq!(endpoint(Some("mailto:x"), "", &["a"]), Err(BAD_ADDRESS));
    }
}
