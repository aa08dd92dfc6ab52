//! Vonage SMS: `POST /sms/json`. Its answer is always 200; `messages[].status` tells, one entry for each part.

use countersign_domain::message::Sms;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::segments::{Encoding, segments};
use super::{UNREADABLE, Verdict, digits, endpoint, refused, text};
use crate::net::Failure;

pub(super) fn request(
    client: &Client,
    base: Option<&str>,
    sms: &Sms,
    key: &str,
    secret: &str,
    from: &str,
) -> Result<RequestBuilder, Failure> {
    let body = sms.body.expose();
    let mut form =
        vec![("text", body), ("from", from), ("to", digits(&sms.to)), ("api_key", key), ("api_secret", secret)];
    // Without it Vonage replaces what is not in the GSM alphabet by question marks.
    if segments(body).encoding == Encoding::Ucs2 {
        form.push(("type", "unicode"));
    }
    Ok(client.post(endpoint(base, "https://rest.nexmo.com", &["sms", "json"])?).form(&form))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    let parts = json["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (taken, others): (Vec<&Value>, Vec<&Value>) = parts.iter().partition(|p| p["status"] == "0");
    match (taken.first(), others.first()) {
        (Some(_), Some(_)) => Verdict::Unclear("only some parts were taken"),
        (Some(part), None) if (200..300).contains(&status) => Verdict::Accepted(text(&part["message-id"])),
        (None, Some(part)) if part["status"].is_string() => {
            let code = text(&part["status"]);
            let healthy = code.as_deref().is_some_and(is_about_the_message);
            Verdict::Refused { code, text: text(&part["error-text"]), healthy }
        }
        _ if (200..300).contains(&status) => UNREADABLE,
        _ => refused(status, None, None),
    }
}

/// Error codes that another number or text would not get: invalid value, invalid message, barred number, too long,
/// facility or sender or destination not allowed, illegal network, deactivated number.
fn is_about_the_message(code: &str) -> bool {
    matches!(code, "3" | "6" | "7" | "11" | "12" | "13" | "15" | "22" | "23" | "29" | "33")
}
