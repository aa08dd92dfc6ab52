//! The one sender of SMS that Frontegg's clients know: a Twilio account that sends texts (Programmable Messaging) or
//! codes (Verify), one of both at a time (contract frontegg §2.10). It is the first provider of these kinds among the
//! project's, and the one that is tried first once they set it.

use serde_json::{Value as Json, json};

use super::change::{create_provider, delete_provider, reorder_providers, update_provider};
use super::providers::is_verify_service;
use super::{HIDDEN, Project, Settings, get_locked};
use crate::base::{Ctx, Error, Result};
use crate::db::Tx;
use crate::message::{Account, Channel, VerifyChannel};

/// The name of the provider that is made.
const NAME: &str = "twilio";
/// How the SID of a messaging service begins.
const MESSAGING_SERVICE: &str = "MG";

/// What is known of the sender. Its token is not told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The account's SID.
    pub account: String,
    /// By what it sends.
    pub by: By,
}

/// By which of Twilio's products a sender sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// Programmable Messaging, from a number or a name.
    Name(String),
    /// Programmable Messaging, through a messaging service (`MG…`).
    Service(String),
    /// Verify.
    Verify {
        /// The Verify service (`VA…`).
        service: String,
        /// How codes travel.
        channel: VerifyChannel,
    },
}

impl By {
    /// Which product it is.
    pub const fn product(&self) -> Product {
        match self {
            Self::Name(_) | Self::Service(_) => Product::Messaging,
            Self::Verify { .. } => Product::Verify,
        }
    }
}

/// A product of Twilio's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// Programmable Messaging: texts of ours.
    Messaging,
    /// Verify: codes of ours in words of Twilio's.
    Verify,
}

/// What is set. What is left out stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// The account's SID.
    pub account: Option<String>,
    /// Its auth token.
    pub token: Option<String>,
    /// A number or a name.
    pub name: Option<String>,
    /// A messaging service or a Verify service.
    pub service: Option<String>,
    /// The product, where it is named.
    pub product: Option<Product>,
    /// How messages travel.
    pub channel: Option<VerifyChannel>,
}

impl Change {
    /// By what the sender sends from now on, when it sent by `before`. None when nothing says so.
    fn by(&self, before: Option<&By>) -> Result<Option<By>> {
        let service = self.service.as_deref();
        let named = match service {
            Some(sid) if is_verify_service(sid) => Some(Product::Verify),
            Some(sid) if sid.starts_with(MESSAGING_SERVICE) => Some(Product::Messaging),
            Some(_) => {
                return Err(Error::invalid("serviceId", "must be a messaging service (MG…) or a Verify service (VA…)"));
            }
            None => None,
        };
        if let (Some(named), Some(product)) = (named, self.product)
            && named != product
        {
            return Err(Error::invalid("serviceId", "belongs to another product than provider names"));
        }
        // A sender's name alone is how texts are set up.
        let of_name = self.name.as_ref().map(|_| Product::Messaging);
        let product = self.product.or(named).or(of_name).or_else(|| before.map(By::product));
        match product {
            Some(Product::Verify) => {
                let (old, travelled) = match before {
                    Some(By::Verify { service, channel }) => (Some(service.as_str()), *channel),
                    _ => (None, VerifyChannel::default()),
                };
                let channel = self.channel.unwrap_or(travelled);
                Ok(service.or(old).map(|service| By::Verify { service: service.to_owned(), channel }))
            }
            _ if self.channel.is_some_and(|channel| channel != VerifyChannel::Sms) => {
                Err(Error::invalid("channel", "must be SMS: only Twilio Verify (a serviceId VA…) has others"))
            }
            Some(Product::Messaging) => Ok(match (service, &self.name, before) {
                (Some(service), _, _) => Some(By::Service(service.to_owned())),
                (None, Some(name), _) => Some(By::Name(name.clone())),
                (None, None, Some(before)) if before.product() == Product::Messaging => Some(before.clone()),
                (None, None, _) => None,
            }),
            None => Ok(None),
        }
    }
}

/// The sender, with the name of its provider.
fn named(settings: &Settings) -> Option<(String, Sender)> {
    settings.sms.providers.iter().find_map(|provider| {
        let (account, by) = match &provider.account {
            Account::Twilio { account_sid, from, .. } if from.starts_with(MESSAGING_SERVICE) => {
                (account_sid, By::Service(from.clone()))
            }
            Account::Twilio { account_sid, from, .. } => (account_sid, By::Name(from.clone())),
            Account::TwilioVerify { account_sid, service_sid, channel, .. } => {
                (account_sid, By::Verify { service: service_sid.clone(), channel: *channel })
            }
            _ => return None,
        };
        Some((provider.name.clone(), Sender { account: account.clone(), by }))
    })
}

/// The sender, if there is one.
pub fn find(settings: &Settings) -> Option<Sender> {
    named(settings).map(|(_, sender)| sender)
}

/// The account as the settings hold it.
fn account_of(account: &str, token: &str, by: &By) -> Json {
    match by {
        By::Name(from) | By::Service(from) => {
            json!({"kind": "twilio", "accountSid": account, "authToken": token, "from": from})
        }
        By::Verify { service, channel } => json!({"kind": "twilioVerify", "accountSid": account, "authToken": token,
            "serviceSid": service, "channel": channel.name()}),
    }
}

/// Makes the sender, or changes it, and puts it first. Gives whether it was made.
pub fn put(tx: &mut Tx<'_>, ctx: &Ctx, change: &Change) -> Result<(Project, bool)> {
    let project = get_locked(tx, ctx, &ctx.project)?;
    let there = named(&project.settings);
    let created = there.is_none();
    let by = change.by(there.as_ref().map(|(_, sender)| &sender.by))?;
    let name = if let Some((name, sender)) = there {
        let by = by.ok_or_else(lacks_sender)?;
        let account = change.account.as_ref().unwrap_or(&sender.account);
        let token = change.token.as_deref().unwrap_or(HIDDEN);
        let mut patch = json!({ "account": account_of(account, token, &by) });
        if by.product() != sender.by.product() {
            // Another product has another address.
            patch["baseUrl"] = Json::Null;
        }
        update_provider(tx, ctx, &ctx.project, Channel::Sms, &name, &patch)?;
        name
    } else {
        let (Some(account), Some(token), Some(by)) = (&change.account, &change.token, by) else {
            return Err(lacks_sender());
        };
        let is_taken = |name: &str| project.settings.sms.providers.iter().any(|there| there.name == name);
        let name = (1..).map(|n| if n == 1 { NAME.to_owned() } else { format!("{NAME}-{n}") });
        let name = name.into_iter().find(|name| !is_taken(name)).unwrap_or_default();
        let provider = json!({ "name": name, "account": account_of(account, token, &by) });
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

fn lacks_sender() -> Error {
    Error::invalid("sms", "needs an account, its token, and a sender, a messaging service or a Verify service")
}

/// Removes the sender, if there is one: the project's other providers send.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let project = get_locked(tx, ctx, &ctx.project)?;
    match named(&project.settings) {
        Some((name, _)) => delete_provider(tx, ctx, &ctx.project, Channel::Sms, &name).map(drop),
        None => Ok(()),
    }
}
