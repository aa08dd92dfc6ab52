//! Twilio Programmable Messaging: `POST /2010-04-01/Accounts/{sid}/Messages.json`.

use countersign_domain::message::Sms;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{UNREADABLE, Verdict, endpoint, refused, text};
use crate::net::Failure;

/// Characters of an alphanumeric sender at most. A longer `MG…` is a messaging service, `MGM` is a name.
const LONGEST_SENDER: usize = 11;

pub(super) fn request(
    client: &Client,
    base: Option<&str>,
    sms: &Sms,
    sid: &str,
    token: &str,
    from: &str,
) -> Result<RequestBuilder, Failure> {
    let path = ["2010-04-01", "Accounts", sid, "Messages.json"];
    let service = from.starts_with("MG") && from.len() > LONGEST_SENDER;
    let sender = if service { "MessagingServiceSid" } else { "From" };
    let mut form = vec![("Body", sms.body.expose()), (sender, from), ("To", sms.to.as_e164())];
    if let Some(url) = &sms.receipt_url {
        form.push(("StatusCallback", url));
    }
    Ok(client.post(endpoint(base, "https://api.twilio.com", &path)?).basic_auth(sid, Some(token)).form(&form))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    if !(200..300).contains(&status) {
        return refused(status, text(&json["code"]), text(&json["message"]));
    }
    if matches!(json["status"].as_str(), Some("failed" | "undelivered" | "canceled")) {
        return Verdict::Refused { code: text(&json["error_code"]), text: text(&json["error_message"]), healthy: true };
    }
    text(&json["sid"]).map_or(UNREADABLE, |sid| Verdict::Accepted(Some(sid)))
}
