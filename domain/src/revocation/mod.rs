//! The ledger that every node reads a few times a second, so that what one of them revokes holds on all.

pub(crate) mod sql;

use crate::args;
use crate::base::time::SECOND;
use crate::base::{Ctx, Result, Time};
use crate::db::{Effect, Tx};

/// How far back a reader looks again, in microseconds: a row may become visible after a younger one, and the clocks of
/// two nodes may differ by this much.
const OVERLAP: i64 = 60 * SECOND;

/// Tells this process at once, and the other nodes by the ledger, that what `topic` and `key` name has changed.
pub fn announce(tx: &mut Tx<'_>, ctx: &Ctx, topic: &'static str, key: &str) -> Result<()> {
    tx.after_commit(topic, key);
    tx.push(sql::INSERT, args![&ctx.id(), ctx.now, topic, key])
}

/// What was announced since shortly before `since`. Hearing of a change twice does no harm.
pub fn list(tx: &mut Tx<'_>, since: Time) -> Result<Vec<(String, Effect)>> {
    tx.list(sql::LIST, args![since.plus_micros(-OVERLAP)], |row| {
        let topic: String = row.get(1)?;
        let topic = TOPICS.iter().copied().find(|t| *t == topic).unwrap_or("unknown");
        Ok((row.get(0)?, Effect { topic, key: row.get(2)? }))
    })
}

/// Forgets what every node has read long ago.
pub fn purge(tx: &mut Tx<'_>, before: Time) -> Result<u64> {
    tx.exec(sql::PURGE, args![before])
}

const TOPICS: [&str; 2] = ["project", "user"];
