//! Changing one provider or one text of a project's settings, without the others.
//!
//! A provider is JSON here, as in [`Settings::merged`]: all kinds are alike, and what stands for a hidden credential keeps
//! the stored one.

use serde_json::{Value as Json, json};

use super::settings::merge;
use super::{MailTemplate, Project, Settings, get_locked, providers, put, record};
use crate::audit::What;
use crate::base::{Code, Ctx, Error, Result};
use crate::db::Tx;
use crate::message::Channel;

/// The providers of a channel in order of preference, as they may be shown: without credentials.
pub fn list_providers(settings: &Settings, channel: Channel) -> Result<Vec<Json>> {
    Ok(providers::list(&settings.shown()?, channel.name()).to_vec())
}

/// Adds a provider behind those there are. `Code::ProviderExists` when its name is taken.
pub fn create_provider(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, channel: Channel, provider: &Json) -> Result<Project> {
    let project = get_locked(tx, ctx, id)?;
    let mut all = list_providers(&project.settings, channel)?;
    if !provider.is_object() {
        return Err(Error::invalid("provider", "must be a JSON object"));
    }
    if provider.get("name").is_some() && all.iter().any(|there| there.get("name") == provider.get("name")) {
        return Err(Code::ProviderExists.into());
    }
    let at = all.len();
    all.push(provider.clone());
    change_providers(tx, ctx, project, channel, &all, Some(at), What::ProviderCreate, provider.get("name"))
}

/// Merges `patch` into the provider called `name`, deep. Another kind of account replaces the whole account.
/// `Code::ProviderNotFound`; `Code::ProviderExists` when its new name is taken.
pub fn update_provider(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    channel: Channel,
    name: &str,
    patch: &Json,
) -> Result<Project> {
    let project = get_locked(tx, ctx, id)?;
    let (mut all, at) = find(&project.settings, channel, name)?;
    if !patch.is_object() {
        return Err(Error::invalid("provider", "must be a JSON object"));
    }
    let renamed = patch.get("name").filter(|new| *new != name);
    if renamed.is_some_and(|new| all.iter().any(|there| there.get("name") == Some(new))) {
        return Err(Code::ProviderExists.into());
    }
    let mut provider = all[at].take();
    let kind = |provider: &Json| provider.pointer("/account/kind").cloned();
    if kind(patch).is_some_and(|new| Some(new) != kind(&provider)) {
        provider["account"] = json!({});
    }
    merge(&mut provider, patch);
    // The stored credentials are found by its name so far.
    let stored = serde_json::to_value(&project.settings).map_err(Error::internal)?;
    if let Some(stored) = providers::list(&stored, channel.name()).get(at) {
        providers::restore(stored, &mut provider);
    }
    all[at] = provider;
    change_providers(tx, ctx, project, channel, &all, Some(at), What::ProviderUpdate, Some(&name.into()))
}

/// Removes the provider called `name`, or `Code::ProviderNotFound`.
pub fn delete_provider(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, channel: Channel, name: &str) -> Result<Project> {
    let project = get_locked(tx, ctx, id)?;
    let (mut all, at) = find(&project.settings, channel, name)?;
    all.remove(at);
    change_providers(tx, ctx, project, channel, &all, None, What::ProviderDelete, Some(&name.into()))
}

/// Puts the providers in this order of preference; it must name each of them once.
pub fn reorder_providers(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, channel: Channel, order: &[String]) -> Result<Project> {
    let project = get_locked(tx, ctx, id)?;
    let all = list_providers(&project.settings, channel)?;
    let wanted: Vec<Json> = order
        .iter()
        .filter_map(|name| all.iter().find(|p| p.get("name").and_then(Json::as_str) == Some(name)).cloned())
        .collect();
    let once = wanted.iter().enumerate().all(|(n, provider)| !wanted.iter().take(n).any(|other| other == provider));
    if wanted.len() != order.len() || wanted.len() != all.len() || !once {
        return Err(Error::invalid("order", "must name each provider of the channel once"));
    }
    change_providers(tx, ctx, project, channel, &wanted, None, What::ProviderUpdate, None)
}

/// Where a text of the project's own is kept: by purpose, or by purpose and locale.
pub fn template_key(purpose: &str, locale: Option<&str>) -> String {
    locale.map_or_else(|| purpose.to_owned(), |locale| format!("{purpose}.{locale}"))
}

/// Gives SMS of this purpose a text of the project's own, or takes it away (`Code::TemplateNotFound` when there is none).
/// Whether the text will do is for the room of texts to say.
pub fn put_template(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    purpose: &str,
    locale: Option<&str>,
    text: Option<&str>,
) -> Result<Project> {
    change_template(tx, ctx, id, Channel::Sms, purpose, locale, |settings, key| {
        let templates = &mut settings.sms.templates;
        match text {
            Some(text) => drop(templates.insert(key.to_owned(), text.to_owned())),
            None => drop(templates.remove(key).ok_or(Code::TemplateNotFound)?),
        }
        Ok(text.is_some())
    })
}

/// The same for e-mails.
pub fn put_mail_template(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    purpose: &str,
    locale: Option<&str>,
    template: Option<&MailTemplate>,
) -> Result<Project> {
    change_template(tx, ctx, id, Channel::Email, purpose, locale, |settings, key| {
        let templates = &mut settings.email.templates;
        match template {
            Some(template) => {
                template.check("template")?;
                templates.insert(key.to_owned(), template.clone());
            }
            None => drop(templates.remove(key).ok_or(Code::TemplateNotFound)?),
        }
        Ok(template.is_some())
    })
}

/// Changes one text by `change`, which says whether it is there from now on.
fn change_template(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    channel: Channel,
    purpose: &str,
    locale: Option<&str>,
    change: impl FnOnce(&mut Settings, &str) -> Result<bool>,
) -> Result<Project> {
    let is_tag =
        |tag: &str| (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if locale.is_some_and(|locale| !is_tag(locale)) {
        return Err(Error::invalid("locale", "must be a language tag such as de or pt-BR"));
    }
    let mut project = get_locked(tx, ctx, id)?;
    let key = template_key(purpose, locale);
    let is_there = change(&mut project.settings, &key)?;
    let project = put(tx, ctx, project)?;
    let what = if is_there { What::TemplateUpdate } else { What::TemplateDelete };
    record(tx, ctx, id, what, &json!({ "channel": channel.name(), "template": key }))?;
    Ok(project)
}

/// All providers of the channel as they may be shown, and the place of the one that is meant.
fn find(settings: &Settings, channel: Channel, name: &str) -> Result<(Vec<Json>, usize)> {
    let all = list_providers(settings, channel)?;
    let at = all.iter().position(|there| there.get("name").and_then(Json::as_str) == Some(name));
    Ok((all, at.ok_or(Code::ProviderNotFound)?))
}

/// Stores all providers of a channel. What is wrong with the one at `at` is told as of `provider`.
#[expect(clippy::too_many_arguments, reason = "what is stored, and what is written down about it")]
fn change_providers(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut project: Project,
    channel: Channel,
    all: &[Json],
    at: Option<usize>,
    what: What,
    name: Option<&Json>,
) -> Result<Project> {
    let order: Vec<Json> = all.iter().filter_map(|provider| provider.get("name").cloned()).collect();
    let merged = project.settings.merged(&json!({ channel.name(): { "providers": all } }));
    project.settings = merged.map_err(|error| match (error.code, at) {
        (Code::InvalidValue { field, reason }, Some(at)) => {
            let place = format!("{}.providers[{at}]", channel.name());
            let field = field.strip_prefix(&place).map(|rest| format!("provider{rest}")).unwrap_or(field);
            Error::invalid(field, reason)
        }
        (code, _) => code.into(),
    })?;
    let project = put(tx, ctx, project)?;
    let mut detail = json!({ "channel": channel.name(), "order": order });
    if let Some(name) = name {
        detail["provider"] = name.clone();
    }
    record(tx, ctx, &project.id, what, &detail)?;
    Ok(project)
}
