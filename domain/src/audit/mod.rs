//! The ledger of what happened to whom. Rows are added, never changed, and chained by keyed hashes soon after.
//!
//! [`record`] writes an event in the transaction of what it tells about, unchained, so that nobody waits for anybody
//! else. A worker puts the events of each project in a row ([`unchained`], [`chain`]); [`verify`] walks along it.

mod chain;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod verify;
mod what;

pub use chain::{Batch, Head, Mark, chain, forget_chains, unchained};
pub use verify::{Chain, Fault, Wrong, list_projects, verify};
pub use what::What;

use crate::args;
use crate::base::{Actor, Ctx, Result, Time, id};
use crate::db::{Row, Tx};

/// The topic under which the process learns that a project's events were chained; the key is the project's id.
pub const CHAINED: &str = "audit";
/// The most that [`list`] counts (contract nuvix §1.12).
const COUNTED: i64 = 5_000;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// When it happened.
    pub at: Time,
    /// What happened: a [`What::name`], perhaps one of a newer version.
    pub event: String,
    /// Who did it: `guest`, `system`, or `user:`, `key:` or `admin:` and an id.
    pub actor: String,
    /// To whom it happened.
    pub user: Option<String>,
    /// The client's address, or empty.
    pub address: String,
    /// The client's `User-Agent`, or empty.
    pub agent: String,
    /// A JSON object, as text.
    pub detail: String,
}

impl Event {
    /// From the first eight columns of a row.
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            event: row.get(2)?,
            actor: row.get(3)?,
            user: row.get(4)?,
            address: row.get(5)?,
            agent: row.get(6)?,
            detail: row.get(7)?,
        })
    }
}

/// Writes down what happened to `user`. `detail` is a JSON object without secrets or whole numbers.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, what: What, user: Option<&str>, detail: &str) -> Result<()> {
    let actor = match &ctx.actor {
        Actor::Guest => "guest".to_owned(),
        Actor::System => "system".to_owned(),
        Actor::User { user, .. } => format!("user:{user}"),
        Actor::Key(key) => format!("key:{key}"),
        Actor::Admin(admin) => format!("admin:{admin}"),
    };
    let address = ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default();
    let agent = ctx.user_agent.as_deref().unwrap_or_default();
    tx.push(sql::INSERT, args![&ctx.id(), &ctx.project, ctx.now, what.name(), &actor, user, &address, agent, detail])
}

/// Writes down what an administrator did to something that is nobody's account. What the process does there by itself
/// (the command line, development) is not written down: whoever runs it holds the key file, and with it the chain.
pub fn record_act(tx: &mut Tx<'_>, ctx: &Ctx, what: What, detail: &serde_json::Value) -> Result<()> {
    match ctx.actor {
        Actor::Admin(_) => record(tx, ctx, what, None, &detail.to_string()),
        Actor::Guest | Actor::System | Actor::User { .. } | Actor::Key(_) => Ok(()),
    }
}

/// Which events of a project are wanted: those that fit all that is given.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What happened: a [`What::name`].
    pub event: Option<String>,
    /// Who did it, as [`Event::actor`].
    pub actor: Option<String>,
    /// To whom it happened.
    pub user: Option<String>,
    /// Not before this instant, to the millisecond.
    pub since: Option<Time>,
    /// Before this instant, to the millisecond.
    pub until: Option<Time>,
    /// Older than the event with this id.
    pub after: Option<String>,
    /// At most this many.
    pub limit: i64,
}

/// The events of a project that are wanted, the newest first. They are ordered by their ids, which begin with the time.
pub fn list_wanted(tx: &mut Tx<'_>, project: &str, wanted: &Wanted) -> Result<Vec<Event>> {
    let from = wanted.since.map_or_else(String::new, id::floor);
    let below = id::below(wanted.until, wanted.after.as_deref());
    let event = wanted.event.as_deref().unwrap_or_default();
    let actor = wanted.actor.as_deref().unwrap_or_default();
    match &wanted.user {
        Some(user) => tx.list(
            sql::LIST_WANTED_OF_USER,
            args![project, user, &from, &below, event, actor, wanted.limit],
            Event::load,
        ),
        None => tx.list(sql::LIST_WANTED, args![project, &from, &below, event, actor, wanted.limit], Event::load),
    }
}

/// What happened to a user, the newest first, and how much there is in all, counted up to 5,000.
pub fn list(tx: &mut Tx<'_>, project: &str, user: &str, limit: i64, offset: i64) -> Result<(Vec<Event>, i64)> {
    let events = tx.list(sql::LIST, args![project, user, limit, offset], Event::load)?;
    let total = tx.find(sql::COUNT, args![project, user, COUNTED], |row| row.get(0))?.unwrap_or(0);
    Ok((events, total))
}

/// The number of the last chained event of a project; 0 before the first.
pub fn last(tx: &mut Tx<'_>, project: &str) -> Result<i64> {
    Ok(tx.find(sql::FIND_HEAD, args![project], |row| row.get(0))?.unwrap_or(0))
}

/// Up to `most` chained events of a project after the one with the number `seq`, with their numbers. Numbers have no
/// gaps, so whoever remembers the last one misses none and hears of none twice.
pub fn list_after(tx: &mut Tx<'_>, project: &str, seq: i64, most: i64) -> Result<Vec<(i64, Event)>> {
    let from = seq.saturating_add(1);
    tx.list(sql::LIST_CHAINED, args![project, from, most], |row| Ok((row.get(8)?, Event::load(row)?)))
}
