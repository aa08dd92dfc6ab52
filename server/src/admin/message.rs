//! The outbox of a project: why a message did not arrive.

use axum::response::Response;
use countersign_domain::base::Time;
use countersign_domain::message::{self, Channel, Entry, STATES, Wanted};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::session::shown;
use super::wire::{Listed, ok};

/// A message. Neither its text nor a whole number or address is kept.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageModel {
    id: String,
    #[schema(example = "sms")]
    channel: String,
    /// What it was for.
    #[schema(example = "sign-in")]
    purpose: String,
    /// Where it went, masked.
    #[schema(example = "+1425***0123")]
    to: String,
    /// `queued`, `sending`, `sent`, `delivered`, `undelivered`, `mock`, `refused` or `dead`.
    #[schema(example = "delivered")]
    state: String,
    /// The provider that was called last.
    provider: Option<String>,
    /// Why it ended so.
    reason: String,
    created_at: String,
    settled_at: Option<String>,
}

/// A message with all that happened to it.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageWithTimeline {
    #[serde(flatten)]
    message: MessageModel,
    /// What happened to it, in order.
    timeline: Vec<Step>,
}

/// Something that happened to a message.
#[derive(Serialize, ToSchema)]
pub(super) struct Step {
    at: String,
    /// `queued`; `accepted`, `refused`, `unknown` or `calling` of a call to a provider; the state in which it ended;
    /// `delivered` or `undelivered` of a receipt.
    #[schema(example = "accepted")]
    what: String,
    /// The provider that was called, or that reported.
    provider: Option<String>,
    /// What was said.
    reason: Option<String>,
}

impl MessageModel {
    fn of(entry: Entry) -> Self {
        Self {
            id: entry.id,
            channel: entry.channel,
            purpose: entry.purpose,
            to: entry.to,
            state: entry.state,
            provider: entry.provider,
            reason: entry.reason,
            created_at: entry.created_at.to_rfc3339(),
            settled_at: shown(entry.settled_at),
        }
    }
}

fn timeline(entry: &Entry) -> Vec<Step> {
    let step = |at: Time, what: &str, provider: Option<&str>, reason: &str| Step {
        at: at.to_rfc3339(),
        what: what.to_owned(),
        provider: provider.map(str::to_owned),
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
    };
    let mut steps = vec![step(entry.created_at, "queued", None, "")];
    for call in &entry.tries {
        steps.push(step(Time::from_micros(call.at), &call.outcome, Some(&call.provider), &call.reason));
    }
    if let Some(at) = entry.settled_at {
        // A receipt changes the state and the reason; before it the message was sent.
        let (state, reason) = match entry.receipt_at {
            Some(_) => ("sent", ""),
            None => (entry.state.as_str(), entry.reason.as_str()),
        };
        steps.push(step(at, state, None, reason));
    }
    if let Some(at) = entry.receipt_at {
        steps.push(step(at, &entry.state, entry.provider.as_deref(), &entry.reason));
    }
    steps
}

/// The messages of a project, the newest first.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/messages", tag = "admin messages",
    params(("projectId" = String, Path),
        ("state" = Option<String>, Query, description = "Only those in this state."),
        ("channel" = Option<String>, Query, description = "`sms` or `email`."),
        ("since" = Option<String>, Query, description = "Not queued before."),
        ("until" = Option<String>, Query, description = "Queued before."),
        ("limit" = Option<i64>, Query, description = "1 to 200, else 25."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<MessageModel>), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let state = asked.text("state").map(str::to_owned);
    if state.as_ref().is_some_and(|state| !STATES.contains(&state.as_str())) {
        return Err(Failure::invalid("state", format!("must be one of {}", STATES.join(", "))));
    }
    let channel = match asked.text("channel") {
        Some(name) => Some(Channel::parse(name).ok_or_else(|| Failure::invalid("channel", "must be sms or email"))?),
        None => None,
    };
    let (since, until) = (asked.time("since")?, asked.time("until")?);
    let (limit, after) = (asked.limit()?, asked.cursor()?);
    asked.done()?;
    let wanted = Wanted { state, channel, since, until, after, limit: limit + 1 };
    let found = call.read_much(move |tx, ctx| message::list_wanted(tx, &ctx.project, &wanted)).await?;
    Ok(ok(&Listed::page(found, limit, |entry| &entry.id, MessageModel::of, None)))
}

/// One message with its timeline.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/messages/{messageId}", tag = "admin messages",
    params(("projectId" = String, Path), ("messageId" = String, Path)),
    responses((status = 200, body = MessageWithTimeline), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.path("messageId");
    let entry = call.read(move |tx, ctx| message::get(tx, &ctx.project, &id)).await?;
    let timeline = timeline(&entry);
    Ok(ok(&MessageWithTimeline { message: MessageModel::of(entry), timeline }))
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;
    use countersign_domain::message::Try;

    use super::*;

    fn steps(entry: &Entry) -> Vec<(i64, String, Option<String>, Option<String>)> {
        let told = |step: Step| {
            let at = Time::parse_rfc3339(&step.at).unwrap().micros_since(START) / 1_000_000;
            (at, step.what, step.provider, step.reason)
        };
        timeline(entry).into_iter().map(told).collect()
    }

    #[test]
    fn a_timeline_tells_each_call_the_end_and_the_receipt() {
        let call = |provider: &str, seconds: i64, outcome: &str, reason: &str| Try {
            provider: provider.to_owned(),
            at: START.plus_seconds(seconds).micros(),
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
        };
        let mut entry = Entry {
            id: "m1".to_owned(),
            project: "p1".to_owned(),
            channel: "sms".to_owned(),
            purpose: "sign-in".to_owned(),
            to: "+1425***0123".to_owned(),
            state: "sent".to_owned(),
            provider: Some("spare".to_owned()),
            reason: String::new(),
            tries: vec![call("main", 1, "refused", "no credit"), call("spare", 2, "accepted", "")],
            created_at: START,
            settled_at: Some(START.plus_seconds(3)),
            receipt_at: None,
        };
        let step = |at, what: &str, provider: Option<&str>, reason: Option<&str>| {
            (at, what.to_owned(), provider.map(str::to_owned), reason.map(str::to_owned))
        };
        let mut expected = vec![
            step(0, "queued", None, None),
            step(1, "refused", Some("main"), Some("no credit")),
            step(2, "accepted", Some("spare"), None),
            step(3, "sent", None, None),
        ];
        assert_eq!(steps(&entry), expected);
        (entry.state, entry.reason, entry.receipt_at) =
            ("undelivered".to_owned(), "30003".to_owned(), Some(START.plus_seconds(9)));
        expected.push(step(9, "undelivered", Some("spare"), Some("30003")));
        assert_eq!(steps(&entry), expected);
    }
}
