//! Walking along a chain.

use std::cmp::Ordering;
use std::fmt;

use super::chain::mac;
use super::{Event, Head, sql};
use crate::args;
use crate::base::crypto::{Keys, equal};
use crate::base::time::SECOND;
use crate::base::{Result, Time};
use crate::db::Tx;

/// Events that are read at a time.
const PAGE: i64 = 1_000;
/// How long an event may wait to be chained, in microseconds. The worker takes a second.
const PATIENCE: i64 = 60 * SECOND;

/// What was found of a project's chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The project's id.
    pub project: String,
    /// How far it is sound.
    pub head: Head,
    /// Events that are not chained yet.
    pub waiting: i64,
    /// Since when the oldest of them waits, if that is longer than the worker takes.
    pub overdue_since: Option<Time>,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// Where a chain is broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The place.
    pub seq: i64,
    /// The id of the event there, if there is one.
    pub event: Option<String>,
    /// What is wrong.
    pub what: Wrong,
}

/// What can be wrong with a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// The event does not fit its hash, or its hash the one before it.
    Altered,
    /// Nothing is there, up to and including this place.
    Missing {
        /// The last place that is empty.
        until: i64,
    },
    /// The event was not put there by a worker.
    Inserted,
    /// The noted end of the chain is not its end.
    Head,
    /// A head that was noted elsewhere had another hash: the chain was made anew since.
    Rewritten,
    /// The event is in no chain, although later ones are.
    LeftOut,
}

impl Wrong {
    /// Its name, for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing { .. } => "missing",
            Self::Inserted => "inserted",
            Self::Head => "head-altered",
            Self::Rewritten => "rewritten",
            Self::LeftOut => "left-out",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, event, what } = self;
        let event = event.as_deref().unwrap_or("unknown");
        match what {
            Wrong::Altered => {
                write!(f, "event {seq} ({event}) is altered, or was moved, or the one before it was removed")
            }
            Wrong::Missing { until } if until == seq => write!(f, "event {seq} is missing"),
            Wrong::Missing { until } => write!(f, "events {seq} to {until} are missing"),
            Wrong::Inserted => write!(f, "event {seq} ({event}) is inserted"),
            Wrong::Head => write!(f, "the noted end of the chain is altered: it is not event {seq}, the last one"),
            Wrong::Rewritten => {
                write!(f, "event {seq} ({event}) is not the one whose hash was expected: the chain was made anew")
            }
            Wrong::LeftOut => write!(f, "an event ({event}) is in no chain, although later ones are"),
        }
    }
}

/// The projects of which there are events, or were.
pub fn list_projects(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    tx.list(sql::LIST_PROJECTS, args![], |row| row.get(0))
}

/// Walks along the chain of `project`, also while a server writes to it. `noted` is a head that was noted elsewhere:
/// without one nobody can tell that the newest events were removed together with the trace of them.
pub fn verify(tx: &mut Tx<'_>, keys: &Keys, now: Time, project: &str, noted: Option<&Head>) -> Result<Chain> {
    let (head, newest, mut fault) = walk(tx, keys, project, noted)?;
    let oldest =
        tx.find(sql::FIND_UNCHAINED, args![project], |row| Ok((row.get::<String>(0)?, row.get::<Time>(1)?)))?;
    let waiting = match oldest {
        Some(_) => tx.find(sql::COUNT_UNCHAINED, args![project], |row| row.get(0))?.unwrap_or(0),
        None => 0,
    };
    let overdue = oldest.filter(|(_, at)| now.micros_since(*at) > PATIENCE);
    if let Some((id, at)) = &overdue
        && fault.is_none()
        && newest.is_some_and(|newest| newest.micros_since(*at) > PATIENCE)
    {
        // The worker takes the oldest first, so a stopped server alone cannot explain this.
        fault = Some(Fault { seq: head.seq + 1, event: Some(id.clone()), what: Wrong::LeftOut });
    }
    Ok(Chain { project: project.to_owned(), head, waiting, overdue_since: overdue.map(|(_, at)| at), fault })
}

struct Link {
    event: Event,
    seq: i64,
    hash: Vec<u8>,
}

/// How far the chain is sound, the time of the latest event in it, and what is wrong there.
fn walk(
    tx: &mut Tx<'_>,
    keys: &Keys,
    project: &str,
    noted: Option<&Head>,
) -> Result<(Head, Option<Time>, Option<Fault>)> {
    let mut head = Head::default();
    let mut newest = None;
    let mut looked_again = false;
    loop {
        // From below the first place: what was put there would be found by nobody.
        let page = list(tx, project, if head.seq == 0 { i64::MIN } else { head.seq + 1 }, PAGE)?;
        for link in &page {
            let seq = head.seq + 1;
            let what = match link.seq.cmp(&seq) {
                Ordering::Greater => return Ok((head.clone(), newest, Some(missing(&head, link.seq - 1)))),
                Ordering::Less => Some(Wrong::Inserted),
                Ordering::Equal if !fits(keys, &head.hash, project, seq, link)? => {
                    Some(judge(tx, keys, project, &head, link)?)
                }
                Ordering::Equal if noted.is_some_and(|noted| noted.seq == seq && noted.hash != link.hash) => {
                    Some(Wrong::Rewritten)
                }
                Ordering::Equal => None,
            };
            if let Some(what) = what {
                return Ok((head, newest, Some(Fault { seq: link.seq, event: Some(link.event.id.clone()), what })));
            }
            head = Head { seq, hash: link.hash.clone() };
            newest = newest.max(Some(link.event.at));
        }
        if !page.is_empty() {
            looked_again = false;
            continue;
        }
        let stored = find_head(tx, project)?;
        let what = match stored.seq.cmp(&head.seq) {
            Ordering::Equal if stored.hash == head.hash => break,
            // It may have been moved on since the page was read.
            Ordering::Greater if !looked_again => {
                looked_again = true;
                continue;
            }
            Ordering::Greater => return Ok((head.clone(), newest, Some(missing(&head, stored.seq)))),
            Ordering::Less | Ordering::Equal => Wrong::Head,
        };
        let fault = Fault { seq: head.seq, event: None, what };
        return Ok((head, newest, Some(fault)));
    }
    let fault = noted.filter(|noted| noted.seq > head.seq).map(|noted| missing(&head, noted.seq));
    Ok((head, newest, fault))
}

fn missing(head: &Head, until: i64) -> Fault {
    Fault { seq: head.seq + 1, event: None, what: Wrong::Missing { until } }
}

/// What is wrong with an event that does not fit behind `head`.
fn judge(tx: &mut Tx<'_>, keys: &Keys, project: &str, head: &Head, link: &Link) -> Result<Wrong> {
    if find_head(tx, project)?.seq < link.seq {
        return Ok(Wrong::Inserted);
    }
    // If the next one belongs here, this one is too much, unless the two only changed places.
    let Some(next) = list(tx, project, link.seq + 1, 1)?.pop() else { return Ok(Wrong::Altered) };
    let seq = head.seq + 1;
    let pushed = fits(keys, &head.hash, project, seq, &next)? && !fits(keys, &next.hash, project, seq + 1, link)?;
    Ok(if pushed { Wrong::Inserted } else { Wrong::Altered })
}

fn fits(keys: &Keys, previous: &[u8], project: &str, seq: i64, link: &Link) -> Result<bool> {
    Ok(equal(&mac(keys, previous, project, seq, &link.event)?, &link.hash))
}

fn find_head(tx: &mut Tx<'_>, project: &str) -> Result<Head> {
    let found = tx.find(sql::FIND_HEAD, args![project], |row| Ok(Head { seq: row.get(0)?, hash: row.get(1)? }))?;
    Ok(found.unwrap_or_default())
}

fn list(tx: &mut Tx<'_>, project: &str, first: i64, most: i64) -> Result<Vec<Link>> {
    tx.list(sql::LIST_CHAINED, args![project, first, most], |row| {
        let hash: Option<Vec<u8>> = row.get(9)?;
        Ok(Link { event: Event::load(row)?, seq: row.get(8)?, hash: hash.unwrap_or_default() })
    })
}
