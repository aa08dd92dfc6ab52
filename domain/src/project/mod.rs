//! Projects are tenants: their settings, providers, API keys and platforms.

mod change;
pub mod coexistence;
mod key;
mod platform;
pub mod policy;
mod providers;
mod redirect;
pub mod sender;
mod settings;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use change::{
    create_provider, delete_provider, list_providers, put_mail_template, put_template, reorder_providers, template_key,
    update_provider,
};
pub use key::{
    Key, NewKey, SCOPES, create_key, delete_key, find_key, find_key_by_id, is_touch_due, list_keys, touch_key,
};
pub use platform::{Platform, create_platform, delete_platform};
pub use redirect::Redirect;
pub use settings::{
    Auth, Captcha, Enforce, Frontegg, HIDDEN, Lockout, MailTemplate, Mfa, MockNumber, Nevr, NevrLimits, NevrSession,
    Nuvix, Otp, RateLimit, Settings, Sms,
};

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::args;
use crate::audit::{self, What};
use crate::base::crypto::{Keys, Label};
use crate::base::{Code, Ctx, Error, Result, Time, id};
use crate::db::{Row, Tx};
use crate::revocation;

/// The topic under which the process and other nodes learn that a project changed; the key is its id.
pub const CHANGED: &str = "project";

/// A tenant.
#[derive(Clone, PartialEq, Debug)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name, which people read in messages.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// Who may call from a browser, and where links may lead.
    pub platforms: Vec<Platform>,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// A project as it stands in a list: without its settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brief {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

impl Brief {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, created_at: row.get(2)?, updated_at: row.get(3)? })
    }
}

impl Project {
    /// By which id Frontegg's clients know it: that of its settings, or its own.
    pub fn client_id(&self) -> &str {
        match self.settings.frontegg.client_id.as_str() {
            "" => &self.id,
            id => id,
        }
    }

    /// The name in messages.
    pub fn brand(&self) -> &str {
        self.settings.sms.brand.as_deref().unwrap_or(&self.name)
    }
}

/// Makes a project; `Code::ProjectExists` when the id is taken.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: &str, settings: Settings) -> Result<Project> {
    if !id::is_valid(id) {
        return Err(Error::invalid(
            "id",
            "must be 1 to 36 letters, digits, '.', '_' or '-', and not begin with a sign",
        ));
    }
    check_name(name)?;
    let (document, providers) = store(ctx, id, &settings)?;
    if tx.exec(sql::INSERT, args![id, name, &document, &providers, ctx.now])? == 0 {
        return Err(Code::ProjectExists.into());
    }
    revocation::announce(tx, ctx, CHANGED, id)?;
    record(tx, ctx, id, What::ProjectCreate, &json!({ "name": name }))?;
    Ok(Project {
        id: id.to_owned(),
        name: name.to_owned(),
        settings,
        platforms: Vec::new(),
        created_at: ctx.now,
        updated_at: ctx.now,
    })
}

/// The project with this id.
pub fn find(tx: &mut Tx<'_>, keys: &Keys, id: &str) -> Result<Option<Project>> {
    let Some(mut project) = tx.find(sql::FIND, args![id], |row| load(keys, row))? else { return Ok(None) };
    project.platforms = platform::list(tx, id)?;
    Ok(Some(project))
}

/// The project with this id, or `Code::ProjectNotFound`.
pub fn get(tx: &mut Tx<'_>, keys: &Keys, id: &str) -> Result<Project> {
    find(tx, keys, id)?.ok_or_else(|| Code::ProjectNotFound.into())
}

/// All projects, the oldest first.
pub fn list(tx: &mut Tx<'_>, keys: &Keys) -> Result<Vec<Project>> {
    let mut projects = tx.list(sql::LIST, args![], |row| load(keys, row))?;
    for project in &mut projects {
        project.platforms = platform::list(tx, &project.id)?;
    }
    Ok(projects)
}

/// Makes others who want the same wait until this transaction ends; `Code::ProjectNotFound` when there is no such one.
pub fn lock(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.exec(sql::LOCK, args![id])? == 0 { Err(Code::ProjectNotFound.into()) } else { Ok(()) }
}

/// Projects as they stand in a list: the oldest first, those behind the one with the id `after`, at most `limit`.
/// `Code::CursorNotFound` when that one is not there.
pub fn list_briefly(tx: &mut Tx<'_>, after: Option<&str>, limit: i64) -> Result<Vec<Brief>> {
    let from = match after {
        Some(id) => tx.find(sql::FIND_BRIEFLY, args![id], Brief::load)?.ok_or(Code::CursorNotFound)?.created_at,
        None => Time::from_micros(i64::MIN),
    };
    tx.list(sql::LIST_BRIEFLY, args![from, after.unwrap_or_default(), limit], Brief::load)
}

/// Merges `patch` into the project's settings; `name` is changed when given.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: Option<&str>, patch: &Json) -> Result<Project> {
    let before = get_locked(tx, ctx, id)?;
    let mut after = before.clone();
    if let Some(name) = name {
        check_name(name)?;
        name.clone_into(&mut after.name);
    }
    after.settings = before.settings.merged(patch)?;
    let mut changed = before.settings.changes(&after.settings)?;
    if before.name != after.name {
        changed.insert(0, "name".to_owned());
    }
    let after = put(tx, ctx, after)?;
    if !changed.is_empty() {
        record(tx, ctx, id, What::ProjectUpdate, &json!({ "changed": changed }))?;
    }
    Ok(after)
}

/// As `get`, for a change: two who change one project wait for each other, so that neither undoes what the other did.
fn get_locked(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<Project> {
    lock(tx, id)?;
    get(tx, &ctx.keys, id)
}

/// Stores a project that was changed.
fn put(tx: &mut Tx<'_>, ctx: &Ctx, mut project: Project) -> Result<Project> {
    project.updated_at = ctx.now;
    let (document, providers) = store(ctx, &project.id, &project.settings)?;
    tx.exec(sql::UPDATE, args![&project.name, &document, &providers, ctx.now, &project.id])?;
    revocation::announce(tx, ctx, CHANGED, &project.id)?;
    Ok(project)
}

/// Writes down what an administrator did to the project.
fn record(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, what: What, detail: &Json) -> Result<()> {
    audit::record_act(tx, &Ctx { project: Arc::from(project), ..ctx.clone() }, what, detail)
}

/// How many projects there are. Needs no key.
pub fn count(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(tx.find(sql::COUNT, args![], |row| row.get(0))?.unwrap_or(0))
}

/// Forgets the providers of every project, because the key that sealed them is lost; gives the projects' ids.
pub fn forget_providers(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<String>> {
    let ids = tx.list(sql::LIST_IDS, args![], |row| row.get::<String>(0))?;
    let (_, none) = providers::split(&Settings::default())?;
    for id in &ids {
        let sealed = ctx.keys.seal(Label::Provider, id, &none, &*ctx.random)?;
        tx.exec(sql::SET_PROVIDERS, args![&sealed, ctx.now, id])?;
        revocation::announce(tx, ctx, CHANGED, id)?;
    }
    Ok(ids)
}

/// Removes a project with its keys and platforms. Its trail goes as well, so that this is written in the one of no
/// project.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE, args![id])? == 0 {
        return Err(Code::ProjectNotFound.into());
    }
    tx.exec(sql::DELETE_KEYS, args![id])?;
    tx.exec(sql::DELETE_PLATFORMS, args![id])?;
    tx.exec(sql::DELETE_POLICIES, args![id])?;
    record(tx, ctx, "", What::ProjectDelete, &json!({ "project": id }))?;
    revocation::announce(tx, ctx, CHANGED, id)?;
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be 1 to 128 characters in one line"));
    }
    Ok(())
}

/// Whether `text` may be the name of a host, or an IPv4 address.
fn is_host_name(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// The document without its providers, and the providers sealed.
fn store(ctx: &Ctx, id: &str, settings: &Settings) -> Result<(String, Vec<u8>)> {
    let (open, providers) = providers::split(settings)?;
    let sealed = ctx.keys.seal(Label::Provider, id, &providers, &*ctx.random)?;
    Ok((serde_json::to_string(&open).map_err(Error::internal)?, sealed))
}

fn load(keys: &Keys, row: &Row<'_>) -> Result<Project> {
    let id: String = row.get(0)?;
    let mut settings = Settings::of_stored(&row.get::<String>(2)?)?;
    providers::join(&mut settings, &keys.open(Label::Provider, &id, &row.get::<Vec<u8>>(3)?)?)?;
    Ok(Project {
        id,
        name: row.get(1)?,
        settings,
        platforms: Vec::new(),
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}
