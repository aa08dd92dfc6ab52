//! MSG91 Flow: `POST /api/v5/flow/`. The text is the flow's template; it may use `##otp##` or `##content##`.

use countersign_domain::base::Secret;
use countersign_domain::message::Sms;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{UNREADABLE, Verdict, digits, endpoint, refused, text};
use crate::net::Failure;

pub(super) fn request(
    client: &Client,
    base: Option<&str>,
    sms: &Sms,
    sender: &str,
    key: &str,
    template: &str,
) -> Result<RequestBuilder, Failure> {
    let otp = sms.code.as_ref().map_or(sms.body.expose(), Secret::expose);
    let mut key = HeaderValue::from_str(key).map_err(|_| Failure::NotSent("the auth key is not valid"))?;
    key.set_sensitive(true);
    Ok(client
        .post(endpoint(base, "https://api.msg91.com", &["api", "v5", "flow", ""])?)
        .header(HeaderName::from_static("authkey"), key)
        .json(&json!({
            "sender": sender,
            "template_id": template,
            "recipients": [{ "mobiles": digits(&sms.to), "content": sms.body.expose(), "otp": otp }],
        })))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    match (status, json["type"].as_str()) {
        (200, Some("success")) => Verdict::Accepted(text(&json["message"])),
        (200..=299, Some("error")) => {
            let code = text(&json["code"]);
            // Wrong key, no balance, address not on the list: no message would pass.
            let healthy = !matches!(code.as_deref(), Some("201" | "207" | "301" | "418"));
            Verdict::Refused { code, text: text(&json["message"]), healthy }
        }
        (200..=299, _) => UNREADABLE,
        // 418 is MSG91's "address not on the list of the key".
        (418, _) => Verdict::Refused { code: None, text: text(&json["message"]), healthy: false },
        _ => refused(status, text(&json["code"]), text(&json["message"])),
    }
}
