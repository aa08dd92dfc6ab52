//! What became of messages, for whoever listens. It is marked in the statement that settles a message, so there is
//! neither without the other, and only in projects where somebody listens.

use super::sql;
use crate::args;
use crate::base::{Ctx, Result, Time};
use crate::db::{Kind, Tx};

/// What became of a message since it was last told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct News {
    /// Its id.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// What it carries the code or link of, unless it is a notice.
    pub verification: Option<String>,
    /// `sms` or `email`.
    pub channel: String,
    /// What it was for.
    pub purpose: String,
    /// Where it went, masked.
    pub to: String,
    /// The states that it came through, in order.
    pub states: Vec<String>,
    /// The provider that was called last.
    pub provider: Option<String>,
    /// Why it ended so.
    pub reason: String,
    /// When it was settled.
    pub at: Time,
}

/// Whether what becomes of the project's messages from now on is marked for [`news`].
pub fn listen(tx: &mut Tx<'_>, ctx: &Ctx, on: bool) -> Result<()> {
    tx.exec(if on { sql::LISTEN } else { sql::UNLISTEN }, args![&ctx.project]).map(drop)
}

/// Whether there is news. One look at an index.
pub fn has_news(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(tx.find(sql::HAS_NEWS, args![], |_| Ok(()))?.is_some())
}

/// What became of up to `most` messages. It counts as told with the commit of this transaction.
pub fn news(tx: &mut Tx<'_>, most: i64) -> Result<Vec<News>> {
    let statement = match tx.kind() {
        Kind::Sqlite => sql::LIST_NEWS,
        Kind::Postgres => sql::LIST_NEWS_ON_POSTGRES,
    };
    let news = tx.list(statement, args![most], |row| {
        let (state, told): (String, String) = (row.get(6)?, row.get(7)?);
        // A receipt may have come before anybody was told that the message was sent.
        let sent = matches!(state.as_str(), "delivered" | "undelivered") && told.is_empty();
        let states = sent.then(|| "sent".to_owned()).into_iter().chain((state != told).then_some(state)).collect();
        Ok(News {
            id: row.get(0)?,
            project: row.get(1)?,
            verification: row.get(2)?,
            channel: row.get(3)?,
            purpose: row.get(4)?,
            to: row.get(5)?,
            states,
            provider: row.get(8)?,
            reason: row.get(9)?,
            at: row.get(10)?,
        })
    })?;
    for one in &news {
        if let Some(state) = one.states.last() {
            tx.push(sql::TOLD, args![state, &one.id])?;
        }
    }
    Ok(news)
}
