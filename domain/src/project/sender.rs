//! The one sender of SMS that Frontegg's clients know: a Twilio account (contract frontegg §2.10). It is the first
//! provider of that kind among the project's, and the one that is tried first once they set it.

use serde_json::json;

use super::change::{create_provider, delete_provider, reorder_providers, update_provider};
use super::{HIDDEN, Project, Settings, get_locked};
use crate::base::{Ctx, Error, Result};
use crate::db::Tx;
use crate::message::{Account, Channel};

/// The name of the provider that is made.
const NAME: &str = "twilio";

/// What is known of the sender. Its token is not told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The account's SID.
    pub account: String,
    /// A number or a name, or a messaging service (`MG…`).
    pub from: String,
}

/// What is set. What is left out stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// The account's SID.
    pub account: Option<String>,
    /// Its auth token.
    pub token: Option<String>,
    /// A number or a name, or a messaging service.
    pub from: Option<String>,
}

/// The sender, with the name of its provider.
fn named(settings: &Settings) -> Option<(String, Sender)> {
    settings.sms.providers.iter().find_map(|provider| match &provider.account {
        Account::Twilio { account_sid, from, .. } => {
            Some((provider.name.clone(), Sender { account: account_sid.clone(), from: from.clone() }))
        }
        _ => None,
    })
}

/// The sender, if there is one.
pub fn find(settings: &Settings) -> Option<Sender> {
    named(settings).map(|(_, sender)| sender)
}

/// Makes the sender, or changes it, and puts it first. Gives whether it was made.
pub fn put(tx: &mut Tx<'_>, ctx: &Ctx, change: &Change) -> Result<(Project, bool)> {
    let project = get_locked(tx, ctx, &ctx.project)?;
    let Change { account, token, from } = change;
    let there = named(&project.settings);
    let created = there.is_none();
    let name = if let Some((name, sender)) = there {
        let token = token.as_deref().unwrap_or(HIDDEN);
        let account = json!({
            "kind": "twilio",
            "accountSid": account.as_ref().unwrap_or(&sender.account),
            "authToken": token,
            "from": from.as_ref().unwrap_or(&sender.from),
        });
        update_provider(tx, ctx, &ctx.project, Channel::Sms, &name, &json!({ "account": account }))?;
        name
    } else {
        let (Some(account), Some(token), Some(from)) = (account, token, from) else {
            return Err(Error::invalid("sms", "needs an account, its token, and a sender or a messaging service"));
        };
        let is_taken = |name: &str| project.settings.sms.providers.iter().any(|there| there.name == name);
        let name = (1..).map(|n| if n == 1 { NAME.to_owned() } else { format!("{NAME}-{n}") });
        let name = name.into_iter().find(|name| !is_taken(name)).unwrap_or_default();
        let account = json!({"kind": "twilio", "accountSid": account, "authToken": token, "from": from});
        let provider = json!({ "name": name, "account": account });
        create_provider(tx, ctx, &ctx.project, Channel::Sms, &provider)?;
        name
    };
    let project = get_locked(tx, ctx, &ctx.project)?;
    let others = project.settings.sms.providers.iter().map(|p| p.name.clone()).filter(|other| *other != name);
    let order: Vec<String> = [name.clone()].into_iter().chain(others).collect();
    if project.settings.sms.providers.first().is_some_and(|first| first.name == name) {
        return Ok((project, created));
    }
    Ok((reorder_providers(tx, ctx, &ctx.project, Channel::Sms, &order)?, created))
}

/// Removes the sender, if there is one: the project's other providers send.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let project = get_locked(tx, ctx, &ctx.project)?;
    match named(&project.settings) {
        Some((name, _)) => delete_provider(tx, ctx, &ctx.project, Channel::Sms, &name).map(drop),
        None => Ok(()),
    }
}
