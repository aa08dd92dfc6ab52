//! Putting events in a row.
//!
//! Each event gets the next number of its project and the MAC of the hash before it and of all its columns. Events are
//! read and hashed outside of the transaction that writes them: it moves each head on only if nobody else has moved it
//! since, so that of several workers one writes and the others leave it at that.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Event, sql};
use crate::args;
use crate::base::crypto::{Keys, Label};
use crate::base::{Error, Result, Time};
use crate::db::Tx;

/// A point of a chain: how many events there are up to it, and the hash of the last of them. Its text form is
/// `SEQ:HASH`, the hash in hex.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// The number of the last event; 0 before the first.
    pub seq: i64,
    /// Its hash; empty before the first.
    pub hash: Vec<u8>,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, HEXLOWER_PERMISSIVE.encode(&self.hash))
    }
}

impl FromStr for Head {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (seq, hash) = text.split_once(':')?;
            let head = Self { seq: seq.parse().ok()?, hash: HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok()? };
            (head.seq > 0 && head.hash.len() == 32).then_some(head)
        };
        parse().ok_or_else(|| Error::invalid("head", "must be a number from 1, a colon and 64 hex digits"))
    }
}

/// How far a worker has looked, in the order of time.
#[derive(Clone, Debug)]
pub struct Mark(Time, String);

impl Mark {
    /// Before everything.
    pub const START: Self = Self(Time::from_micros(i64::MIN), String::new());
}

/// Events with their places in the chains, to be written by [`chain`].
#[derive(Debug)]
pub struct Batch {
    /// By project: workers lock heads in the same order.
    chains: BTreeMap<String, Links>,
    last: Option<Mark>,
}

#[derive(Debug)]
struct Links {
    from: Head,
    to: Head,
    /// The ids of the events, in order, and their hashes.
    events: Vec<(String, [u8; 32])>,
}

impl Batch {
    /// Where the next one begins, unless nothing waits.
    pub fn last(&self) -> Option<&Mark> {
        self.last.as_ref()
    }

    /// How many events it has.
    pub fn len(&self) -> usize {
        self.chains.values().map(|c| c.events.len()).sum()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }
}

/// Up to `most` unchained events after `mark`, with their places. When there are none it costs one look at an index.
pub fn unchained(tx: &mut Tx<'_>, keys: &Keys, mark: &Mark, most: i64) -> Result<Batch> {
    let rows = tx.list(sql::LIST_UNCHAINED, args![mark.0, &mark.1, most], |row| {
        let seq: Option<i64> = row.get(9)?;
        let hash: Option<Vec<u8>> = row.get(10)?;
        let head = Head { seq: seq.unwrap_or(0), hash: hash.unwrap_or_default() };
        Ok((Event::load(row)?, row.get::<String>(8)?, head))
    })?;
    let mut batch = Batch { chains: BTreeMap::new(), last: None };
    for (event, project, head) in rows {
        batch.last = Some(Mark(event.at, event.id.clone()));
        let links = batch.chains.entry(project.clone()).or_insert_with(|| Links {
            from: head.clone(),
            to: head,
            events: Vec::new(),
        });
        let seq = links.to.seq.saturating_add(1);
        let hash = mac(keys, &links.to.hash, &project, seq, &event)?;
        links.to = Head { seq, hash: hash.to_vec() };
        links.events.push((event.id, hash));
    }
    Ok(batch)
}

/// Writes a batch. A chain that another worker has moved on meanwhile is left to it. Gives the projects whose chains
/// could not be moved on, with the reasons: theirs alone, the others are.
pub fn chain(tx: &mut Tx<'_>, batch: &Batch) -> Result<Vec<(String, Error)>> {
    let mut failed = Vec::new();
    for (project, links) in &batch.chains {
        if let Err(error) = tx.attempt(|tx| extend(tx, project, links))? {
            failed.push((project.clone(), error));
        }
    }
    Ok(failed)
}

fn extend(tx: &mut Tx<'_>, project: &str, Links { from, to, events }: &Links) -> Result<()> {
    // Numbers run out only where somebody wrote a head by hand.
    if to.seq.checked_sub(from.seq) != i64::try_from(events.len()).ok() {
        return Err(broken());
    }
    // Whoever moves the head holds its row until the commit; another one finds that it is not where it was.
    let moved = match from.seq {
        0 => tx.exec(sql::INSERT_HEAD, args![project, to.seq, &to.hash])?,
        _ => tx.exec(sql::MOVE_HEAD, args![to.seq, &to.hash, project, from.seq, &from.hash])?,
    };
    if moved == 0 {
        return Ok(());
    }
    // A number that is taken would stop the whole transaction, so it is looked for first.
    if count_after(tx, project, from.seq)? > 0 {
        return Err(broken());
    }
    for (seq, (id, hash)) in (from.seq + 1..).zip(events) {
        tx.push(sql::CHAIN, args![seq, hash, id])?;
    }
    if count_after(tx, project, from.seq)? != to.seq - from.seq {
        return Err(Error::internal("events were removed before they were chained"));
    }
    tx.after_commit(super::CHAINED, project);
    Ok(())
}

fn broken() -> Error {
    Error::internal("the chain does not end where its head says: see `countersign audit verify`")
}

fn count_after(tx: &mut Tx<'_>, project: &str, seq: i64) -> Result<i64> {
    Ok(tx.find(sql::COUNT_AFTER, args![project, seq], |row| row.get(0))?.unwrap_or(0))
}

/// Takes all chains apart, because the key that made them is lost: the worker makes them anew.
pub fn forget_chains(tx: &mut Tx<'_>) -> Result<()> {
    tx.exec(sql::DELETE_HEADS, args![])?;
    tx.exec(sql::UNCHAIN, args![])?;
    Ok(())
}

/// The hash of an event at its place.
pub(super) fn mac(keys: &Keys, previous: &[u8], project: &str, seq: i64, event: &Event) -> Result<[u8; 32]> {
    let Event { id, at, event, actor, user, address, agent, detail } = event;
    let user: [&[u8]; 2] = user.as_ref().map_or([b"", b""], |user| [b"user", user.as_bytes()]);
    let [known, user] = user;
    keys.mac(
        Label::Audit,
        &[
            previous,
            &seq.to_le_bytes(),
            project.as_bytes(),
            id.as_bytes(),
            &at.micros().to_le_bytes(),
            event.as_bytes(),
            actor.as_bytes(),
            known,
            user,
            address.as_bytes(),
            agent.as_bytes(),
            detail.as_bytes(),
        ],
    )
}
