//! Telesign: `POST /v1/verify/bulk_sms`. Its documentation asks to go by `status.code` and `errors`, not by HTTP.

use countersign_domain::message::Sms;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{UNREADABLE, Verdict, digits, endpoint, refused, text};
use crate::net::Failure;

pub(super) fn request(
    client: &Client,
    base: Option<&str>,
    sms: &Sms,
    customer: &str,
    key: &str,
) -> Result<RequestBuilder, Failure> {
    // Commas and colons separate recipients, so the id is reduced to what cannot.
    let id: String = sms.id.chars().filter(char::is_ascii_alphanumeric).collect();
    let recipients = format!("{}:{id}", digits(&sms.to));
    Ok(client
        .post(endpoint(base, "https://rest-ww.telesign.com", &["v1", "verify", "bulk_sms"])?)
        .basic_auth(customer, Some(key))
        .form(&[("template", sms.body.expose()), ("recipients", &recipients)]))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    let (error, state) = (&json["errors"][0], &json["status"]);
    let code = text(&error["code"]).or_else(|| text(&state["code"]));
    let words = text(&error["description"]).or_else(|| text(&state["description"]));
    if !(200..300).contains(&status) {
        return refused(status, code, words);
    }
    match state["code"].as_u64() {
        // Wrong credentials (-30xxx) and "system unavailable" meet every message, other errors this one.
        _ if !error.is_null() => {
            let healthy = !matches!(error["code"].as_i64(), Some(-30_999..=-30_000 | -90_001 | 90_001));
            Verdict::Refused { code, text: words, healthy }
        }
        // Delivered, at the gateway; in progress, accepted.
        Some(200 | 203 | 290..=299) => Verdict::Accepted(text(&json["reference_id"])),
        // Not delivered, blocked, not attempted; 501 is "Not authorized".
        Some(state @ (207..=289 | 500..)) => Verdict::Refused { code, text: words, healthy: state != 501 },
        _ => UNREADABLE,
    }
}
