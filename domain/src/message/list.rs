//! What became of messages: the lists and numbers that operators look at.

use super::{Channel, End, Entry, sql};
use crate::args;
use crate::base::{Code, Result, Time, id};
use crate::db::Tx;

/// The states that a message may be in.
pub const STATES: [&str; 8] =
    ["queued", "sending", "sent", "delivered", "undelivered", "mock", End::Refused.name(), End::Dead.name()];

/// Which messages of a project are wanted: those that fit all that is given.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One of [`STATES`].
    pub state: Option<String>,
    /// By what they travel.
    pub channel: Option<Channel>,
    /// Not queued before this instant, to the millisecond.
    pub since: Option<Time>,
    /// Queued before this instant, to the millisecond.
    pub until: Option<Time>,
    /// Older than the message with this id.
    pub after: Option<String>,
    /// At most this many.
    pub limit: i64,
}

/// The messages of a project that are wanted, the newest first.
pub fn list_wanted(tx: &mut Tx<'_>, project: &str, wanted: &Wanted) -> Result<Vec<Entry>> {
    let from = wanted.since.map_or_else(String::new, id::floor);
    let below = id::below(wanted.until, wanted.after.as_deref());
    let channel = wanted.channel.map_or("", Channel::name);
    let statement = match wanted.state.as_deref() {
        None => sql::LIST,
        Some("refused") => sql::LIST_REFUSED,
        Some("undelivered") => sql::LIST_UNDELIVERED,
        Some("dead") => sql::LIST_DEAD_OF,
        Some(state) => {
            let args = args![project, &from, &below, channel, state, wanted.limit];
            return tx.list(sql::LIST_IN_STATE, args, Entry::load);
        }
    };
    tx.list(statement, args![project, &from, &below, channel, wanted.limit], Entry::load)
}

/// The newest messages of a project.
pub fn list(tx: &mut Tx<'_>, project: &str, most: i64) -> Result<Vec<Entry>> {
    list_wanted(tx, project, &Wanted { limit: most, ..Wanted::default() })
}

/// The message with this id, or `Code::MessageNotFound`.
pub fn get(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<Entry> {
    tx.find(sql::FIND, args![project, id], Entry::load)?.ok_or_else(|| Code::MessageNotFound.into())
}

/// How many messages of a project that were queued since `since` are in which state.
pub fn count_by_state(tx: &mut Tx<'_>, project: &str, since: Time) -> Result<Vec<(String, i64)>> {
    tx.list(sql::COUNT_BY_STATE, args![project, &id::floor(since)], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How many messages of a project nobody took, or nobody knows of, since `since`.
pub fn count_dead(tx: &mut Tx<'_>, project: &str, since: Time) -> Result<i64> {
    Ok(tx.find(sql::COUNT_DEAD_OF, args![project, &id::floor(since)], |row| row.get(0))?.unwrap_or(0))
}

/// Dead messages since `since`, the newest first, at most a hundred; and how many there are.
pub fn list_dead(tx: &mut Tx<'_>, since: Time) -> Result<(Vec<Entry>, i64)> {
    let entries = tx.list(sql::LIST_DEAD, args![since], Entry::load)?;
    let count = tx.find(sql::COUNT_DEAD, args![since], |row| row.get(0))?.unwrap_or(0);
    Ok((entries, count))
}
