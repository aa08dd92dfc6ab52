//! What `sms send-test` and `email send-test` have in common.

use std::sync::Arc;

use countersign_domain::base::Clock;
use countersign_domain::base::time::SystemClock;
use countersign_domain::message::Outcome;
use countersign_domain::project::Project;
use countersign_send::Sender;
use serde_json::json;

use super::out::{self, Done, Problem};
use super::{Global, open};
use crate::dev::Inbox;

/// The provider of that name, or the first; `channel` is what it is a provider of.
pub(super) fn pick<'p, P>(
    project: &Project,
    channel: &str,
    providers: &'p [P],
    name_of: impl Fn(&P) -> &str,
    wanted: Option<&str>,
) -> Result<&'p P, Problem> {
    providers.iter().find(|p| wanted.is_none_or(|name| name == name_of(p))).ok_or_else(|| {
        let names: Vec<_> = providers.iter().map(&name_of).collect();
        Problem::new(match wanted {
            Some(name) if !names.is_empty() => {
                format!("project {} has no {channel} provider {name:?}; there are: {}", project.id, names.join(", "))
            }
            _ => format!(
                "project {} has no {channel} provider: `countersign project set --help` shows how to give it one",
                project.id
            ),
        })
    })
}

/// Why the development inbox is not sent to.
pub(super) fn nothing_to_test(provider: &str) -> Problem {
    Problem::new(format!(
        "the provider {provider:?} is the development inbox: nothing leaves the machine, so there is nothing to test"
    ))
}

/// A sender with the limits of a server that is not in development.
pub(super) fn sender(global: &Global) -> Result<Sender, Problem> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let inbox = Arc::new(Inbox::new(Arc::clone(&clock)));
    open::sender(&global.load(None)?, clock, inbox, false)
}

/// Says what became of the message for `to`, which is masked; `place` is where it is to arrive. A problem unless it was
/// taken.
pub(super) fn tell(global: &Global, provider: &str, to: &str, place: &str, outcome: Outcome) -> Done {
    let (state, provider_id, reason) = match outcome {
        Outcome::Accepted { provider_id } => ("accepted", provider_id, None),
        Outcome::Refused { reason } => ("refused", None, Some(reason)),
        Outcome::Unknown { reason } => ("unknown", None, Some(reason)),
    };
    if global.json {
        out::json(&json!({
            "provider": provider,
            "to": to,
            "outcome": state,
            "providerId": provider_id,
            "reason": reason,
        }))?;
    }
    if let Some(reason) = reason {
        return Err(Problem::new(if state == "refused" {
            format!("the provider {provider:?} did not take the message: {reason}")
        } else {
            format!("nobody knows whether the provider {provider:?} took the message: {reason}")
        }));
    }
    if global.json {
        return Ok(());
    }
    let id = provider_id.map(|id| format!(" Its id there is {id}.")).unwrap_or_default();
    out::text(&format!(
        "The provider {provider:?} took the message for {to}.{id}\nWhether it arrives, only the {place} can tell."
    ))
}
