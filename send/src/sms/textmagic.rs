//! TextMagic: `POST /api/v2/messages`.

use countersign_domain::message::Sms;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{UNREADABLE, Verdict, digits, endpoint, refused, text};
use crate::net::Failure;

pub(super) fn request(
    client: &Client,
    base: Option<&str>,
    sms: &Sms,
    username: &str,
    key: &str,
    from: &str,
) -> Result<RequestBuilder, Failure> {
    let mut key = HeaderValue::from_str(key).map_err(|_| Failure::NotSent("the API key is not valid"))?;
    key.set_sensitive(true);
    Ok(client
        .post(endpoint(base, "https://rest.textmagic.com", &["api", "v2", "messages"])?)
        .header(HeaderName::from_static("x-tm-username"), username)
        .header(HeaderName::from_static("x-tm-key"), key)
        .form(&[("text", sms.body.expose()), ("from", from.trim_start_matches('+')), ("phones", digits(&sms.to))]))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    if !(200..300).contains(&status) {
        return refused(status, text(&json["code"]), text(&json["message"]));
    }
    // `messageId` is null when it was made a bulk session; receipts then name the session.
    text(&json["messageId"]).or_else(|| text(&json["id"])).map_or(UNREADABLE, |id| Verdict::Accepted(Some(id)))
}
