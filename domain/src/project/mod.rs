//! Projects are tenants: their settings, providers, API keys and platforms.

mod key;
mod providers;
mod redirect;
mod settings;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use key::{Key, NewKey, SCOPES, create_key, delete_key, find_key, is_touch_due, list_keys, touch_key};
pub use redirect::Redirect;
pub use settings::{Auth, Enforce, Frontegg, HIDDEN, Mfa, MockNumber, Nevr, Nuvix, Otp, RateLimit, Settings, Sms};

use serde_json::Value as Json;

use crate::args;
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

/// A front end of a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Platform {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A host name, or `*.` and a domain.
    pub hostname: String,
}

impl Project {
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
    project.platforms = platforms(tx, id)?;
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
        project.platforms = platforms(tx, &project.id)?;
    }
    Ok(projects)
}

/// Makes others who want the same wait until this transaction ends; `Code::ProjectNotFound` when there is no such one.
pub fn lock(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.exec(sql::LOCK, args![id])? == 0 { Err(Code::ProjectNotFound.into()) } else { Ok(()) }
}

/// Merges `patch` into the project's settings; `name` is changed when given.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: Option<&str>, patch: &Json) -> Result<Project> {
    let mut project = get(tx, &ctx.keys, id)?;
    if let Some(name) = name {
        check_name(name)?;
        name.clone_into(&mut project.name);
    }
    project.settings = project.settings.merged(patch)?;
    project.updated_at = ctx.now;
    let (document, providers) = store(ctx, id, &project.settings)?;
    tx.exec(sql::UPDATE, args![&project.name, &document, &providers, ctx.now, id])?;
    revocation::announce(tx, ctx, CHANGED, id)?;
    Ok(project)
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

/// Removes a project with its keys and platforms.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE, args![id])? == 0 {
        return Err(Code::ProjectNotFound.into());
    }
    tx.exec(sql::DELETE_KEYS, args![id])?;
    tx.exec(sql::DELETE_PLATFORMS, args![id])?;
    revocation::announce(tx, ctx, CHANGED, id)?;
    Ok(())
}

/// Adds a front end.
pub fn create_platform(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, name: &str, hostname: &str) -> Result<Platform> {
    get(tx, &ctx.keys, project)?;
    check_name(name)?;
    let host = hostname.strip_prefix("*.").unwrap_or(hostname);
    if !is_host_name(host) {
        return Err(Error::invalid("hostname", "must be a host name such as app.example.com or *.example.com"));
    }
    let platform = Platform { id: ctx.id(), name: name.to_owned(), hostname: hostname.to_ascii_lowercase() };
    tx.exec(sql::INSERT_PLATFORM, args![&platform.id, project, name, &platform.hostname, ctx.now])?;
    revocation::announce(tx, ctx, CHANGED, project)?;
    Ok(platform)
}

/// Removes a front end; false when there is none with this id.
pub fn delete_platform(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, id: &str) -> Result<bool> {
    revocation::announce(tx, ctx, CHANGED, project)?;
    Ok(tx.exec(sql::DELETE_PLATFORM, args![project, id])? > 0)
}

fn platforms(tx: &mut Tx<'_>, project: &str) -> Result<Vec<Platform>> {
    tx.list(sql::LIST_PLATFORMS, args![project], |row| {
        Ok(Platform { id: row.get(0)?, name: row.get(1)?, hostname: row.get(2)? })
    })
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
    let mut settings: Settings = serde_json::from_str(&row.get::<String>(2)?).map_err(Error::internal)?;
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
