//! The ledger of budgets: how often a number was written to, from where it was proved, what a window has spent.
//!
//! Arithmetic is in pure functions ([`guess`], [`send`]); this file keeps the counters.

pub mod guess;
pub mod send;
pub(crate) mod sql;

use crate::args;
use crate::base::time::DAY;
use crate::base::{Ctx, Result, Time};
use crate::db::{Kind, Row, Tx};

/// What a number (or e-mail address) did lately.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// When its day of sends began.
    pub day_at: Time,
    /// Messages to it in that day.
    pub day_sends: i64,
    /// Wrong guesses in a row.
    pub failures: i64,
    /// Cool-downs per purpose.
    pub cooldowns: send::Cooldowns,
    /// When it was proved last.
    pub converted_at: Option<Time>,
}

impl Target {
    fn new(now: Time) -> Self {
        Self { day_at: now, day_sends: 0, failures: 0, cooldowns: send::Cooldowns::default(), converted_at: None }
    }

    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            day_at: row.get(0)?,
            day_sends: row.get(1)?,
            failures: row.get(2)?,
            cooldowns: send::Cooldowns::parse(&row.get::<String>(3)?),
            converted_at: row.get(4)?,
        })
    }
}

/// What the ledger has on `target`. Its row is locked until the end of the transaction, so that budgets of one number
/// are never spent by two at once, whatever dialect and purpose.
pub fn lock_target(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<Target> {
    let found = match tx.kind() {
        Kind::Postgres => tx.find(sql::LOCK_TARGET_ON_POSTGRES, args![&ctx.project, target, ctx.now], Target::load)?,
        Kind::Sqlite => find_target(tx, &ctx.project, target)?,
    };
    let mut found = found.unwrap_or_else(|| Target::new(ctx.now));
    if ctx.now.micros_since(found.day_at) >= DAY {
        found.day_at = ctx.now;
        found.day_sends = 0;
    }
    Ok(found)
}

/// What the ledger has on `target`, without locking it.
pub fn find_target(tx: &mut Tx<'_>, project: &str, target: &str) -> Result<Option<Target>> {
    tx.find(sql::FIND_TARGET, args![project, target], Target::load)
}

/// Wrong guesses in a row at `target`, whose row is locked until the end of the transaction if it has one.
pub fn lock_failures(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<i64> {
    let failures = tx.find(sql::LOCK_FAILURES, args![ctx.now, &ctx.project, target], |row| row.get(0))?;
    Ok(failures.unwrap_or_default())
}

/// Writes down that a message to `target` was decided on.
pub fn store_target(tx: &mut Tx<'_>, ctx: &Ctx, target: &str, state: &Target) -> Result<()> {
    tx.push(
        sql::STORE_TARGET,
        args![&ctx.project, target, state.day_at, state.day_sends, &state.cooldowns.to_text(), ctx.now],
    )
}

/// Counts a wrong try of `target` alone.
pub fn count_wrong(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<()> {
    tx.push(sql::TARGET_FAILED, args![&ctx.project, target])
}

/// Counts a wrong guess, of the target and of the project's hour.
pub fn count_failure(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<()> {
    count_wrong(tx, ctx, target)?;
    add(tx, ctx, guess::WRONG, "", guess::WRONG_WINDOW, 1, 0).map(drop)
}

/// Writes down that `target` was proved: its cool-downs end, and the caller's network is remembered.
pub fn count_proof(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<()> {
    let origin = ctx.origin()?.map(|origin| origin_text(&origin)).unwrap_or_default();
    tx.push(sql::TARGET_PROVED, args![ctx.now, &origin, &ctx.project, target])
}

/// Writes down that a message to a number of this prefix and country was answered by a proof.
pub fn count_conversion(tx: &mut Tx<'_>, ctx: &Ctx, prefix: &str, country: Option<&str>) -> Result<()> {
    let window = window_at(ctx.now, DAY);
    // A country's row would be the one that every sign-in waits for, so one in sixteen counts for all of them. The
    // country comes first, as with the worker, so that two never wait for each other.
    if let Some(country) = country
        && ctx.random.bytes::<1>()[0].is_multiple_of(SAMPLE)
    {
        let good = i64::from(SAMPLE);
        tx.push(sql::PUT_BUDGET, args![&ctx.project, send::COUNTRY, country, window, 0_i64, good])?;
    }
    tx.push(sql::PUT_BUDGET, args![&ctx.project, send::PREFIX, prefix, window, 0_i64, 1_i64])
}

/// Ends a row of `least` wrong guesses and more, because the person showed by another way who he is. Somebody who is
/// busy with the target at this moment is not waited for.
pub fn forgive(tx: &mut Tx<'_>, ctx: &Ctx, target: &str, least: i64) -> Result<()> {
    let statement = match tx.kind() {
        Kind::Sqlite => sql::TARGET_FORGIVEN,
        Kind::Postgres => sql::TARGET_FORGIVEN_ON_POSTGRES,
    };
    tx.push(statement, args![&ctx.project, target, least])
}

/// Of how many proofs one is written to its country's counter, for all of them.
const SAMPLE: u8 = 16;

/// Whether `target` was proved from this network before.
pub fn is_known_origin(tx: &mut Tx<'_>, project: &str, target: &str, origin: Option<&[u8]>) -> Result<bool> {
    let Some(origin) = origin.map(origin_text) else { return Ok(false) };
    let known = tx.find(sql::FIND_ORIGINS, args![project, target], |row| row.get::<String>(0))?.unwrap_or_default();
    Ok(known.as_bytes().chunks(ORIGIN_LENGTH).any(|one| one == origin.as_bytes()))
}

/// Characters under which a network is remembered: 144 bits of its keyed hash.
const ORIGIN_LENGTH: usize = 24;

fn origin_text(origin: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(origin.get(..ORIGIN_LENGTH / 4 * 3).unwrap_or(origin))
}

/// A counter of the present window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spent {
    /// What was spent.
    pub used: i64,
    /// How often it was well spent: messages that were answered by a proof.
    pub good: i64,
}

/// What is spent of the window of `micros` in which `ctx.now` lies.
pub fn spent(tx: &mut Tx<'_>, ctx: &Ctx, kind: &str, key: &str, micros: i64) -> Result<Spent> {
    let row = tx.find(sql::FIND_BUDGET, args![&ctx.project, kind, key], |row| {
        Ok((row.get::<Time>(0)?, Spent { used: row.get(1)?, good: row.get(2)? }))
    })?;
    Ok(row.filter(|(at, _)| *at >= window_at(ctx.now, micros)).map(|(_, spent)| spent).unwrap_or_default())
}

/// Adds to a counter; gives what it is now.
pub fn add(tx: &mut Tx<'_>, ctx: &Ctx, kind: &str, key: &str, micros: i64, used: i64, good: i64) -> Result<Spent> {
    let window = window_at(ctx.now, micros);
    let now = tx.find(sql::ADD_BUDGET, args![&ctx.project, kind, key, window, used, good], |row| {
        Ok(Spent { used: row.get(1)?, good: row.get(2)? })
    })?;
    Ok(now.unwrap_or_default())
}

/// Begins a counter anew.
pub fn clear(tx: &mut Tx<'_>, ctx: &Ctx, kind: &str, key: &str) -> Result<()> {
    tx.push(sql::CLEAR_BUDGET, args![&ctx.project, kind, key])
}

/// When the window in which `now` lies began: windows are aligned to the epoch, so all nodes agree.
pub fn window_at(now: Time, micros: i64) -> Time {
    Time::from_micros(now.micros() - now.micros().rem_euclid(micros))
}

/// Forgets what no rule looks at any more.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<()> {
    tx.exec(sql::PURGE_BUDGETS, args![now.plus_micros(-2 * DAY)])?;
    tx.exec(sql::PURGE_TARGETS, args![now.plus_micros(-90 * DAY)])?;
    Ok(())
}
