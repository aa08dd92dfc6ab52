//! What webhooks are told of messages: the outbox knows a message, the verification knows whose it is.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::base::{Ctx, Error, Result};
use crate::db::Tx;
use crate::message::{self, News};
use crate::webhook::{self, Data, EVENTS, Telling, Webhook};
use crate::{user, verification};

#[derive(Serialize)]
struct Detail<'a> {
    channel: &'a str,
    purpose: &'a str,
    /// Masked.
    to: &'a str,
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

/// Tells the webhooks of each project what became of up to `most` messages. Gives whether there may be more.
pub fn tell_messages(tx: &mut Tx<'_>, ctx: &Ctx, most: i64) -> Result<bool> {
    let news = message::news(tx, most)?;
    let mut webhooks: HashMap<String, Vec<Webhook>> = HashMap::new();
    for one in &news {
        let ctx = Ctx { project: Arc::from(one.project.as_str()), ..ctx.clone() };
        if !webhooks.contains_key(&one.project) {
            webhooks.insert(one.project.clone(), webhook::list(tx, &one.project)?);
        }
        if let Some(webhooks) = webhooks.get(&one.project) {
            tell(tx, &ctx, webhooks, one)?;
        }
    }
    Ok(news.len() as i64 == most)
}

fn tell(tx: &mut Tx<'_>, ctx: &Ctx, webhooks: &[Webhook], news: &News) -> Result<()> {
    let user = owner(tx, ctx, news)?;
    for state in &news.states {
        // A mock message is none.
        let Some(event) = EVENTS.iter().find(|e| e.strip_prefix("message.") == Some(state.as_str())) else { continue };
        let detail = Detail {
            channel: &news.channel,
            purpose: &news.purpose,
            to: &news.to,
            provider: news.provider.as_deref().filter(|name| !name.is_empty()),
            reason: if state == "sent" { "" } else { &news.reason },
        };
        let detail = RawValue::from_string(serde_json::to_string(&detail).map_err(Error::internal)?);
        let data = Data {
            event_id: &news.id,
            project_id: &ctx.project,
            user_id: user.as_deref(),
            actor: "system",
            detail: &detail.map_err(Error::internal)?,
        };
        webhook::enqueue(tx, ctx, webhooks, &Telling { event, at: news.at, data })?;
    }
    Ok(())
}

/// Whose message it was: an account that is more than pending.
fn owner(tx: &mut Tx<'_>, ctx: &Ctx, news: &News) -> Result<Option<String>> {
    let Some(id) = &news.verification else { return Ok(None) };
    let Some(id) = verification::find(tx, id)?.and_then(|verification| verification.user) else { return Ok(None) };
    Ok(user::find(tx, &ctx.project, &id)?.filter(|user| !user.pending).map(|user| user.id))
}
