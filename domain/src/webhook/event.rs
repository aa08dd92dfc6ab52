//! What webhooks tell: the one list of events, who wants which, and how one looks on the wire.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::audit;
use crate::base::{Error, Result, Time};

/// All that can be told. Each has a line in `docs/webhook.md`. What is in the audit trail and not here stays there.
pub const EVENTS: &[&str] = &[
    "user.create",
    "user.update",
    "user.block",
    "user.delete",
    "token.create",
    "session.create",
    "session.delete",
    "password.update",
    "email.update",
    "email.verify",
    "phone.update",
    "phone.verify",
    "phone.delete",
    "phone.confirm",
    "phone.report",
    "claim.remove",
    "mfa.update",
    "mfa.recover",
    "mfa-phone.verify",
    "mfa-phone.delete",
    "device.create",
    "device.use",
    "authenticator.create",
    "authenticator.verify",
    "authenticator.read",
    "authenticator.delete",
    "recovery-codes.create",
    "recovery-codes.update",
    "recovery-codes.delete",
    "challenge.create",
    "challenge.complete",
    "recovery.complete",
    "message.sent",
    "message.delivered",
    "message.undelivered",
    "message.dead",
    "message.refused",
];

/// The event that only tries a webhook: whatever it wants, and once.
pub const PING: &str = "webhook.ping";

/// The most that one webhook may list.
const LONGEST_LIST: usize = 64;

/// Checks a list of wanted events: `*`, a noun (`user.*`) or one of [`EVENTS`] each.
pub(super) fn check(wanted: &[String]) -> Result<()> {
    if wanted.is_empty() || wanted.len() > LONGEST_LIST {
        return Err(Error::invalid("events", format!("must name 1 to {LONGEST_LIST} events; \"*\" names all")));
    }
    let known = |pattern: &str| pattern == "*" || EVENTS.iter().any(|event| matches(pattern, event));
    match wanted.iter().find(|pattern| !known(pattern)) {
        None => Ok(()),
        Some(pattern) => Err(Error::invalid(
            "events",
            format!("{pattern:?} is no event: use \"*\", a noun such as \"user.*\", or one of {}", EVENTS.join(", ")),
        )),
    }
}

/// Whether `pattern` names `event`.
pub(super) fn matches(pattern: &str, event: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(noun) => noun.ends_with('.') && event.starts_with(noun),
        None => pattern == event,
    }
}

/// Something to tell. On the wire it is `{"type", "timestamp", "data"}` (Standard Webhooks).
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// One of [`EVENTS`].
    pub event: &'a str,
    /// When it happened.
    pub at: Time,
    /// What is told about it.
    pub data: Data<'a>,
}

/// What is told about an event. Nothing in it is secret, and numbers and addresses are masked.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data<'a> {
    /// What happened: the id of the entry of the audit trail, or of the message. Events that one act brought about share
    /// it.
    pub event_id: &'a str,
    /// Where.
    pub project_id: &'a str,
    /// To whom, if it is about somebody.
    pub user_id: Option<&'a str>,
    /// Who did it: `guest`, `system`, `user:` or `key:` and an id.
    pub actor: &'a str,
    /// A JSON object; what it holds depends on the event.
    pub detail: &'a RawValue,
}

impl Telling<'_> {
    pub(super) fn payload(&self) -> Result<String> {
        #[derive(Serialize)]
        struct Wire<'a> {
            r#type: &'a str,
            timestamp: String,
            data: Data<'a>,
        }
        let wire = Wire { r#type: self.event, timestamp: self.at.to_rfc3339(), data: self.data };
        serde_json::to_string(&wire).map_err(Error::internal)
    }
}

/// What the trail notes beside the way of a sign-in, because it has one entry where three things happened.
#[derive(serde::Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Opened {
    provider: Option<String>,
    /// The sign-in made the account.
    created: bool,
    /// It proved this for the first time: `phone` or `email`.
    verified: Option<String>,
}

/// The events that an entry of the audit trail stands for, with their details.
pub(super) fn of_entry(entry: &audit::Event) -> Vec<(&str, String)> {
    let Some(event) = EVENTS.iter().find(|event| **event == entry.event) else { return Vec::new() };
    if *event != "session.create" {
        return vec![(event, entry.detail.clone())];
    }
    // Whatever a newer version may note, a session was created.
    let opened: Opened = serde_json::from_str(&entry.detail).unwrap_or_default();
    let mut events = Vec::new();
    if opened.created {
        events.push(("user.create", "{}".to_owned()));
    }
    match opened.verified.as_deref() {
        Some("phone") => events.push(("phone.verify", "{}".to_owned())),
        Some("email") => events.push(("email.verify", "{}".to_owned())),
        _ => {}
    }
    let way = opened.provider.map_or_else(|| "{}".to_owned(), |way| serde_json::json!({ "provider": way }).to_string());
    events.push((event, way));
    events
}
