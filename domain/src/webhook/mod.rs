//! Outgoing webhooks: which of a project's events go where, and the outbox of what each webhook is told.
//!
//! Sign-ins pay nothing for them. A worker follows the audit trail of each project that has webhooks ([`tell`]) and, in
//! one transaction, writes the deliveries and moves the project's cursor: no event is lost by a crash, none is written
//! twice. Another transaction leases deliveries ([`claim`]), a third settles them ([`settle`]). Unlike a message, one
//! whose fate is unknown is sent again: receivers tell a repeated one by its id.

mod delivery;
mod event;
mod secret;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use delivery::{
    Claimed, Delivery, Ended, Outcome, State, Try, Wanted, claim, count_dead, count_queued, get_delivery,
    list_deliveries, ping, purge, recover, recover_all, replay, replay_dead, settle, waiting,
};
pub use event::{Data, EVENTS, PING, Telling};

use serde_json::value::RawValue;
use url::{Host, Url};

use crate::args;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Error, Result, Secret, Time};
use crate::db::{Row, Tx};
use crate::message;

use secret::Secrets;

/// The topic under which the worker learns that there is something to deliver.
pub const QUEUED: &str = "webhook";
/// The most webhooks of a project: each event may go to all of them.
const MOST: usize = 20;
/// The longest address.
const LONGEST_URL: usize = 2_048;
/// The longest rotation of a secret, in seconds: a week.
const LONGEST_ROTATION: i64 = 7 * 86_400;

/// Why a webhook is off, as stored.
mod off {
    pub(super) const BY_HAND: &str = "switched off";
    pub(super) const GONE: &str = "its receiver answered 410 Gone";
    pub(super) const FAILING: &str = "nothing got through for five days";
    pub(super) const KEY_LOST: &str = "its secret was lost with the key file";
}

/// Where a project's events go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// What its owner calls it.
    pub name: String,
    /// Where it goes.
    pub url: String,
    /// The events it wants: `*`, `user.*` or `user.create` each.
    pub events: Vec<String>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why not, or empty.
    pub off_reason: String,
    /// Until when what it is told is signed by its former secret too.
    pub previous_until: Option<Time>,
    /// When the first call failed after the last that did not.
    pub failing_since: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// From when on it is told what happens: since it was made, or switched on last.
    pub enabled_at: Time,
    sealed: Vec<u8>,
}

impl Webhook {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            name: row.get(2)?,
            url: row.get(3)?,
            events: serde_json::from_str(&row.get::<String>(4)?).map_err(Error::internal)?,
            enabled: row.get(5)?,
            off_reason: row.get(6)?,
            sealed: row.get(7)?,
            previous_until: row.get(8)?,
            failing_since: row.get(9)?,
            created_at: row.get(10)?,
            updated_at: row.get(11)?,
            enabled_at: row.get(12)?,
        })
    }

    /// Whether it is to be told what happened at `at`.
    fn wants(&self, event: &str, at: Time) -> bool {
        self.enabled && at >= self.enabled_at && self.events.iter().any(|pattern| event::matches(pattern, event))
    }
}

/// What a new webhook is to be.
#[derive(Clone, Debug)]
pub struct New {
    /// What its owner calls it: 1 to 128 characters.
    pub name: String,
    /// Where it goes.
    pub url: String,
    /// The events it wants: `*`, `user.*` or `user.create` each.
    pub events: Vec<String>,
}

/// What is to be changed. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What its owner calls it.
    pub name: Option<String>,
    /// Where it goes.
    pub url: Option<String>,
    /// The events it wants.
    pub events: Option<Vec<String>>,
    /// Whether it is told anything. What waits while it is off goes out when it is on again, for 30 days.
    pub enabled: Option<bool>,
}

/// Where webhooks may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// By https; by http to this machine alone, which only a server in development calls.
    Public,
    /// By http too: the operator opened private networks. Which address may be called is decided at each call.
    Private,
}

/// Makes a webhook. Its secret (`whsec_…`, Standard Webhooks) is given here and never again. It is told what happens from
/// now on. `Code::ProjectNotFound` when there is no such project.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, reach: Reach, new: &New) -> Result<(Webhook, Secret)> {
    check_name(&new.name)?;
    check_url(&new.url, reach)?;
    event::check(&new.events)?;
    if tx.find(sql::HAS_PROJECT, args![&ctx.project], |_| Ok(()))?.is_none() {
        return Err(Code::ProjectNotFound.into());
    }
    // Held from here on, so that two who make the last one that fits do not both.
    let seq = audit::last(tx, &ctx.project)?;
    tx.exec(sql::ENSURE_CURSOR, args![&ctx.project, seq])?;
    if list(tx, &ctx.project)?.len() >= MOST {
        return Err(Error::invalid("webhook", format!("a project may have {MOST}: delete one first")));
    }
    let id = ctx.id();
    let secret = secret::generate(ctx);
    let sealed = Secrets { current: secret.clone(), previous: None }.seal(ctx, &id)?;
    let webhook = Webhook {
        id,
        project: ctx.project.to_string(),
        name: new.name.clone(),
        url: new.url.clone(),
        events: new.events.clone(),
        enabled: true,
        off_reason: String::new(),
        previous_until: None,
        failing_since: None,
        created_at: ctx.now,
        updated_at: ctx.now,
        enabled_at: ctx.now,
        sealed,
    };
    let events = to_text(&webhook.events)?;
    tx.exec(
        sql::INSERT,
        args![&webhook.id, &ctx.project, &webhook.name, &webhook.url, &events, &webhook.sealed, ctx.now],
    )?;
    listen(tx, ctx)?;
    tx.after_commit(QUEUED, "");
    record(tx, ctx, What::WebhookCreate, &webhook.id, "created")?;
    Ok((webhook, secret))
}

/// The webhooks of a project, the oldest first.
pub fn list(tx: &mut Tx<'_>, project: &str) -> Result<Vec<Webhook>> {
    tx.list(sql::LIST, args![project], Webhook::load)
}

/// The webhooks of all projects.
pub fn list_all(tx: &mut Tx<'_>) -> Result<Vec<Webhook>> {
    tx.list(sql::LIST_ALL, args![], Webhook::load)
}

/// The webhook with this id, or `Code::WebhookNotFound`.
pub fn get(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<Webhook> {
    tx.find(sql::FIND, args![id, project], Webhook::load)?.ok_or_else(|| Code::WebhookNotFound.into())
}

/// Changes a webhook.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, reach: Reach, id: &str, change: &Change) -> Result<Webhook> {
    let mut webhook = get(tx, &ctx.project, id)?;
    if let Some(name) = &change.name {
        check_name(name)?;
        webhook.name.clone_from(name);
    }
    if let Some(url) = &change.url {
        check_url(url, reach)?;
        webhook.url.clone_from(url);
    }
    if let Some(events) = &change.events {
        event::check(events)?;
        webhook.events.clone_from(events);
    }
    if let Some(enabled) = change.enabled.filter(|enabled| *enabled != webhook.enabled) {
        webhook.enabled = enabled;
        webhook.off_reason = if enabled { String::new() } else { off::BY_HAND.to_owned() };
        webhook.failing_since = None;
        webhook.enabled_at = if enabled { ctx.now } else { webhook.enabled_at };
    }
    webhook.updated_at = ctx.now;
    let events = to_text(&webhook.events)?;
    tx.exec(
        sql::UPDATE,
        args![
            &webhook.name,
            &webhook.url,
            &events,
            webhook.enabled,
            &webhook.off_reason,
            webhook.failing_since,
            ctx.now,
            webhook.enabled_at,
            id,
        ],
    )?;
    listen(tx, ctx)?;
    tx.after_commit(QUEUED, "");
    record(tx, ctx, What::WebhookUpdate, id, if webhook.enabled { "changed" } else { &webhook.off_reason })?;
    Ok(webhook)
}

/// Removes a webhook with its deliveries.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE, args![id, &ctx.project])? == 0 {
        return Err(Code::WebhookNotFound.into());
    }
    tx.exec(sql::DELETE_DELIVERIES, args![id])?;
    listen(tx, ctx)?;
    record(tx, ctx, What::WebhookDelete, id, "deleted")
}

/// Gives a webhook another secret, shown here and never again. For `keep_for` seconds (at most a week) what it is told is
/// signed by the former one as well, so that its receiver can change over in peace; with 0 that one ends now.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, keep_for: i64) -> Result<(Webhook, Secret)> {
    if !(0..=LONGEST_ROTATION).contains(&keep_for) {
        return Err(Error::invalid("keep", "must be at most 7 days"));
    }
    let mut webhook = get(tx, &ctx.project, id)?;
    let current = secret::generate(ctx);
    let former = if keep_for == 0 { None } else { Some(Secrets::open(ctx, id, &webhook.sealed)?.current) };
    webhook.previous_until = former.is_some().then(|| ctx.now.plus_seconds(keep_for));
    webhook.sealed = Secrets { current: current.clone(), previous: former }.seal(ctx, id)?;
    webhook.updated_at = ctx.now;
    tx.exec(sql::SET_SECRET, args![&webhook.sealed, webhook.previous_until, ctx.now, id])?;
    record(tx, ctx, What::WebhookUpdate, id, "another secret")?;
    Ok((webhook, current))
}

/// Switches every webhook off, because the key that sealed the secrets is lost, and gives each one that nobody knows. The
/// audit trail is chained anew, so the cursors go behind all that is in it. Gives how many there are.
pub fn forget_secrets(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize> {
    let webhooks = list_all(tx)?;
    for webhook in &webhooks {
        let sealed = Secrets { current: secret::generate(ctx), previous: None }.seal(ctx, &webhook.id)?;
        tx.exec(sql::LOSE_SECRET, args![&sealed, off::KEY_LOST, ctx.now, &webhook.id])?;
    }
    tx.exec(sql::REWIND_CURSORS, args![])?;
    Ok(webhooks.len())
}

/// The projects in whose audit trail there is something new to tell.
pub fn behind(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    tx.list(sql::LIST_BEHIND, args![], |row| row.get(0))
}

/// Tells the project's webhooks up to `most` entries of its audit trail, and moves the cursor. Gives whether there may be
/// more.
pub fn tell(tx: &mut Tx<'_>, ctx: &Ctx, most: i64) -> Result<bool> {
    let Some(seq) = tx.find(sql::LOCK_CURSOR, args![&ctx.project], |row| row.get::<i64>(0))? else { return Ok(false) };
    let entries = audit::list_after(tx, &ctx.project, seq, most)?;
    let Some((last, _)) = entries.last() else { return Ok(false) };
    tx.push(sql::MOVE_CURSOR, args![*last, &ctx.project])?;
    let webhooks = list(tx, &ctx.project)?;
    for (_, entry) in &entries {
        for (event, detail) in event::of_entry(entry) {
            // A detail that is none must not stop all that comes after it.
            let detail = RawValue::from_string(detail).or_else(|_| RawValue::from_string("{}".to_owned()));
            let detail = detail.map_err(Error::internal)?;
            let data = Data {
                event_id: &entry.id,
                project_id: &ctx.project,
                user_id: entry.user.as_deref(),
                actor: &entry.actor,
                detail: &detail,
            };
            enqueue(tx, ctx, &webhooks, &Telling { event, at: entry.at, data })?;
        }
    }
    Ok(entries.len() as i64 == most)
}

/// Puts an event in the outbox of each of `webhooks` that wants it.
pub fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, webhooks: &[Webhook], telling: &Telling<'_>) -> Result<()> {
    let mut payload = None;
    for webhook in webhooks.iter().filter(|webhook| webhook.wants(telling.event, telling.at)) {
        let payload = match &payload {
            Some(made) => made,
            None => payload.insert(telling.payload()?),
        };
        delivery::insert(tx, ctx, webhook, telling.event, payload, ctx.now)?;
    }
    Ok(())
}

/// Says what the project's webhooks want to hear of: a cursor while there are any, messages if one wants them.
fn listen(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let webhooks = list(tx, &ctx.project)?;
    if webhooks.is_empty() {
        tx.exec(sql::DELETE_CURSOR, args![&ctx.project])?;
    }
    let of_messages = |pattern: &String| EVENTS.iter().any(|e| e.starts_with("message.") && event::matches(pattern, e));
    message::listen(tx, ctx, webhooks.iter().any(|webhook| webhook.events.iter().any(of_messages)))
}

fn switch_off(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, reason: &str) -> Result<bool> {
    let done = tx.exec(sql::SWITCH_OFF, args![reason, ctx.now, id])? == 1;
    if done {
        record(tx, ctx, What::WebhookUpdate, id, reason)?;
    }
    Ok(done)
}

fn record(tx: &mut Tx<'_>, ctx: &Ctx, what: What, id: &str, how: &str) -> Result<()> {
    let detail = serde_json::json!({ "webhook": id, "how": how });
    audit::record(tx, ctx, what, None, &detail.to_string())
}

fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be 1 to 128 characters in one line"));
    }
    Ok(())
}

/// What can be said of an address before it is called. Whether it may be is checked at each call, where names resolve.
fn check_url(text: &str, reach: Reach) -> Result<()> {
    let bad = |reason: &str| Err(Error::invalid("url", reason));
    if text.len() > LONGEST_URL {
        return bad("must have at most 2048 characters");
    }
    let Ok(url) = Url::parse(text) else { return bad("must be an address such as https://shop.example/hooks") };
    let here = match url.host() {
        None => return bad("must name a host"),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
    };
    match url.scheme() {
        "https" => {}
        "http" if here || reach == Reach::Private => {}
        "http" => return bad("must begin with https://: what is sent must be encrypted"),
        _ => return bad("must begin with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return bad("must hold no user name or password: the signature shows who calls");
    }
    if url.fragment().is_some() {
        return bad("must have no part behind #: it is never sent");
    }
    Ok(())
}

fn to_text(events: &[String]) -> Result<String> {
    serde_json::to_string(events).map_err(Error::internal)
}
