//! One call of an outgoing webhook: a POST signed by the Standard Webhooks scheme.

use std::time::Duration;

use countersign_domain::base::Secret;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use crate::Sender;
use crate::net::Failure;

/// Time for the whole call: Standard Webhooks advises 15 to 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What is sent, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct WebhookCall<'a> {
    /// The delivery's id, the same over all calls: receivers tell a repeated one by it.
    pub id: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// The signing secrets (`whsec_` and base64): two during a rotation.
    pub secrets: &'a [Secret],
    /// JSON.
    pub body: &'a str,
}

/// What the receiver said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WebhookAnswer {
    /// An HTTP status. Any 2xx means that it took the event.
    Status(u16),
    /// None: why. The event may have arrived all the same.
    None(&'static str),
}

impl Sender {
    /// Calls a webhook once. Nothing is followed (a redirect is an answer like another), and no more than a bounded part of
    /// the answer is read, within 15 seconds; of it only the status counts.
    pub async fn send_webhook(&self, call: WebhookCall<'_>) -> WebhookAnswer {
        let request = match self.webhook_request(call) {
            Ok(request) => request,
            Err(reason) => return WebhookAnswer::None(reason),
        };
        match self.net().exchange(request, TIMEOUT).await {
            Ok(answer) => WebhookAnswer::Status(answer.status),
            Err(Failure::NotSent(reason) | Failure::Lost(reason)) => WebhookAnswer::None(reason),
        }
    }

    fn webhook_request(&self, call: WebhookCall<'_>) -> Result<reqwest::RequestBuilder, &'static str> {
        let url = Url::parse(call.url).map_err(|_| "the address is not valid")?;
        let seconds = self.now().seconds();
        let sign = |secret: &Secret| {
            Webhook::new(secret.expose()).and_then(|w| w.sign(call.id, seconds, call.body.as_bytes())).ok()
        };
        let signatures: Option<Vec<_>> = call.secrets.iter().map(sign).collect();
        let signatures =
            signatures.filter(|all| !all.is_empty()).ok_or("its secret cannot be opened or is not valid")?;
        Ok(self
            .net()
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, call.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, seconds)
            .header(HEADER_WEBHOOK_SIGNATURE, signatures.join(" "))
            .body(call.body.to_owned()))
    }
}
