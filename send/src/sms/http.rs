//! The customer's own code: a JSON event signed by the Standard Webhooks scheme. Any 2xx means that it took it.

use countersign_domain::base::{Secret, Time};
use countersign_domain::message::Sms;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use serde_json::Value;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use super::{Verdict, address, refused, text};
use crate::net::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    r#type: &'static str,
    message_id: &'a str,
    phone_number: &'a str,
    code: Option<&'a str>,
    user_id: Option<&'a str>,
    message: &'a str,
    template: &'a str,
    locale: &'a str,
}

pub(super) fn request(
    client: &Client,
    url: &str,
    sms: &Sms,
    secret: &str,
    now: Time,
) -> Result<RequestBuilder, Failure> {
    let event = Event {
        r#type: "sms.otp",
        message_id: &sms.id,
        phone_number: sms.to.as_e164(),
        code: sms.code.as_ref().map(Secret::expose),
        user_id: sms.user.as_deref(),
        message: sms.body.expose(),
        template: &sms.template,
        locale: &sms.locale,
    };
    let body = serde_json::to_vec(&event).map_err(|_| Failure::NotSent("the request cannot be built"))?;
    let seconds = now.seconds();
    let signature = Webhook::new(secret)
        .and_then(|w| w.sign(&sms.id, seconds, &body))
        .map_err(|_| Failure::NotSent("the signing secret is not valid"))?;
    Ok(client
        .post(address(url)?)
        .header(CONTENT_TYPE, "application/json")
        .header(HEADER_WEBHOOK_ID, &sms.id)
        .header(HEADER_WEBHOOK_TIMESTAMP, seconds)
        .header(HEADER_WEBHOOK_SIGNATURE, signature)
        .body(body))
}

pub(super) fn read(status: u16, json: &Value) -> Verdict {
    if (200..300).contains(&status) { Verdict::Accepted(text(&json["id"])) } else { refused(status, None, None) }
}
