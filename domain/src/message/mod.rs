//! The outbox: what must go out, written in the transaction that decided it and sent by a worker.
//!
//! A message is `queued`, `sending` (leased by a worker, its provider written down before the call), then settled:
//! `sent`, `delivered`, `undelivered`, `mock`, `refused` (by a budget), or `dead`. Payloads are sealed, and erased when
//! the message is settled.

mod list;
mod news;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod types;

pub use list::{STATES, Wanted, count_by_state, count_dead, get, list, list_dead, list_wanted};
pub use news::{News, has_news, listen, news};
pub use types::{
    Account, Credential, Delivery, Mail, MailAccount, MailProvider, MailSecurity, Outcome, Provider, Receipt, Sms,
    VerifyChannel,
};

use serde::{Deserialize, Serialize};

use crate::args;
use crate::base::crypto::Label;
use crate::base::time::{DAY, SECOND};
use crate::base::{Ctx, Error, Result, Target, Time, id};
use crate::db::{Kind, Row, Tx};

/// The topic under which the worker learns that there is something to send.
pub const QUEUED: &str = "outbox";
/// The topic under which the process learns that something became of messages.
pub const SETTLED: &str = "message";
/// How long a worker may take for one message, in microseconds, before another takes it for lost.
const LEASE: i64 = 120 * SECOND;
/// Waits before a message that every provider certainly refused is tried again.
const RETRY_SECONDS: [i64; 3] = [1, 2, 4];

/// By what a message travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// A text message.
    Sms,
    /// An e-mail.
    Email,
}

impl Channel {
    /// As stored, and as metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// The channel of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sms, Self::Email].into_iter().find(|channel| channel.name() == name)
    }

    /// The channel that reaches `target`.
    pub const fn of(target: &Target) -> Self {
        match target {
            Target::Phone(_) => Self::Sms,
            Target::Email(_) => Self::Email,
        }
    }
}

/// The secret part of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Payload {
    /// The number in E.164, or the address.
    pub to: String,
    /// The language that the client asked for.
    pub locale: Option<String>,
    /// The account id that the requester would like.
    pub wanted_user: Option<String>,
    /// Who may get it.
    #[serde(skip_serializing_if = "Readers::is_anybody")]
    pub readers: Readers,
    /// Whether its code must be as long as was asked for; where that cannot be, nothing goes out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fixed_length: bool,
    /// Whose it is, where it was asked for by a name that stands for the number or address. There may be nobody: then it
    /// only looks like a message. The limits of the number or address itself are yet to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The keyed hash of the requester's network.
    pub origin: Option<Vec<u8>>,
    /// The code, once the worker has made it.
    pub code: Option<String>,
    /// The link.
    pub link: Option<String>,
    /// A phrase that the person sees in the application too.
    pub phrase: Option<String>,
    /// What a notice tells about whoever did it.
    pub doer: Option<Doer>,
    /// The account behind it, once the worker knows.
    pub user: Option<String>,
}

/// Who may get a message by which people sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Readers {
    /// Anybody: an account is made for somebody new, where sign-up is on.
    #[default]
    Anybody,
    /// Whoever has an account.
    Known,
    /// Whoever has one that is not pending, with the address, or with the number verified.
    Verified,
}

impl Readers {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    const fn is_anybody(&self) -> bool {
        matches!(self, Self::Anybody)
    }
}

/// Who did what a notice tells of.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Doer {
    /// From which address.
    pub address: String,
    /// By which `User-Agent`.
    pub agent: String,
    /// When, in microseconds.
    pub at: i64,
}

impl Payload {
    /// Where it goes.
    pub fn target(&self) -> Target {
        Target::from_stored(self.to.clone())
    }
}

/// One call to one provider, for the timeline of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Try {
    /// The provider's name in the project.
    pub provider: String,
    /// When it was called.
    pub at: i64,
    /// `calling`, `accepted`, `refused` or `unknown`.
    pub outcome: String,
    /// What it said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A message that this worker has leased.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its id.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// What it carries the code or link of; empty for a notice.
    pub verification: String,
    /// What it is for.
    pub purpose: String,
    /// Its secret part.
    pub payload: Payload,
    /// Earlier calls.
    pub tries: Vec<Try>,
    /// When it was queued.
    pub created_at: Time,
    /// From when on it is of no use.
    pub expires_at: Time,
}

/// How a message ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// A provider took it.
    Sent,
    /// It was for a mock number.
    Mock,
    /// A budget or a rule of the project stands against it.
    Refused,
    /// Nobody took it, or nobody knows.
    Dead,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Mock => "mock",
            Self::Refused => "refused",
            Self::Dead => "dead",
        }
    }
}

/// A message as people may see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// `sms` or `email`.
    pub channel: String,
    /// What it was for.
    pub purpose: String,
    /// Where it went, masked.
    pub to: String,
    /// Its state.
    pub state: String,
    /// The provider that was called last.
    pub provider: Option<String>,
    /// Why it ended so.
    pub reason: String,
    /// Every call.
    pub tries: Vec<Try>,
    /// When it was queued.
    #[serde(serialize_with = "as_date")]
    pub created_at: Time,
    /// When it was settled.
    #[serde(serialize_with = "as_optional_date")]
    pub settled_at: Option<Time>,
    /// When its provider reported what became of it.
    #[serde(serialize_with = "as_optional_date")]
    pub receipt_at: Option<Time>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
fn as_date<S: serde::Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn as_optional_date<S: serde::Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

impl Entry {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            channel: row.get(2)?,
            purpose: row.get(3)?,
            to: row.get(4)?,
            state: row.get(5)?,
            provider: row.get(6)?,
            reason: row.get(7)?,
            tries: tries(&row.get::<String>(8)?)?,
            created_at: row.get(9)?,
            settled_at: row.get(10)?,
            receipt_at: row.get(11)?,
        })
    }
}

/// What goes into the outbox.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// The verification whose code or link it carries, if any.
    pub verification: Option<&'a str>,
    /// What it is for: the name of a purpose or of a notice.
    pub purpose: &'a str,
    /// Its secret part.
    pub payload: &'a Payload,
    /// From when on it is of no use.
    pub expires_at: Time,
    /// Why it is not to be sent. Then it is settled at once, for people to see.
    pub refusal: Option<&'a str>,
}

/// Puts a message in the outbox and wakes the worker.
pub fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, new: New<'_>) -> Result<String> {
    let id = ctx.id();
    let target = new.payload.target();
    let refused = new.refusal.is_some();
    let sealed = if refused { None } else { Some(seal(ctx, &id, new.payload)?) };
    tx.push(
        sql::INSERT,
        args![
            &id,
            &ctx.project,
            new.verification,
            Channel::of(&target).name(),
            new.purpose,
            &target.masked(),
            if refused { End::Refused.name() } else { "queued" },
            sealed.as_ref(),
            new.refusal.unwrap_or_default(),
            ctx.now,
            new.expires_at,
            refused.then_some(ctx.now),
        ],
    )?;
    tx.after_commit(if refused { SETTLED } else { QUEUED }, "");
    Ok(id)
}

/// Leases up to `most` messages that are due.
pub fn claim(tx: &mut Tx<'_>, ctx: &Ctx, most: i64) -> Result<Vec<Claimed>> {
    let statement = match tx.kind() {
        Kind::Sqlite => sql::CLAIM,
        Kind::Postgres => sql::CLAIM_ON_POSTGRES,
    };
    let rows = tx.list(statement, args![ctx.now.plus_micros(LEASE), ctx.now, most], |row| {
        Ok((
            Claimed {
                id: row.get(0)?,
                project: row.get(1)?,
                verification: row.get::<Option<String>>(2)?.unwrap_or_default(),
                purpose: row.get(3)?,
                payload: Payload::default(),
                tries: tries(&row.get::<String>(5)?)?,
                created_at: row.get(6)?,
                expires_at: row.get(7)?,
            },
            row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default(),
        ))
    })?;
    let mut out = Vec::with_capacity(rows.len());
    for (mut claimed, sealed) in rows {
        let open = ctx.keys.open(Label::Message, &claimed.id, &sealed);
        match open.and_then(|open| serde_json::from_slice(&open).map_err(Error::internal)) {
            Ok(payload) => {
                claimed.payload = payload;
                out.push(claimed);
            }
            // One message that nobody can read must not hold up the others.
            Err(_) => settle(tx, ctx, &claimed.id, End::Dead, "it cannot be opened", None, &claimed.tries)?,
        }
    }
    Ok(out)
}

/// Writes down the code that was made and the provider that is about to be called, before it is.
pub fn store(tx: &mut Tx<'_>, ctx: &Ctx, message: &mut Claimed, provider: &str) -> Result<()> {
    message.tries.push(calling(ctx, provider));
    let sealed = seal(ctx, &message.id, &message.payload)?;
    tx.push(sql::STORE, args![&sealed, provider, &to_text(&message.tries)?, &message.id])
}

/// Writes down that the next provider is about to be called. An error when the lease was lost: then it must not be.
pub fn try_next(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, earlier: &[Try], provider: &str) -> Result<Vec<Try>> {
    let mut tries = earlier.to_vec();
    tries.push(calling(ctx, provider));
    if tx.exec(sql::TRY_NEXT, args![provider, &to_text(&tries)?, id])? != 1 {
        return Err(Error::internal("the lease of a message was lost"));
    }
    Ok(tries)
}

/// Settles a message; its secret part is erased.
pub fn settle(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    end: End,
    reason: &str,
    provider_message: Option<&str>,
    tries: &[Try],
) -> Result<()> {
    let provider = tries.last().map(|t| t.provider.as_str());
    tx.after_commit(SETTLED, "");
    tx.push(sql::SETTLE, args![end.name(), reason, provider, provider_message, &to_text(tries)?, ctx.now, id])
}

/// Settles a message that every provider certainly refused: it is tried again a little later, a few times, and then
/// it is dead. Gives whether it will be tried again.
pub fn retry_or_bury(tx: &mut Tx<'_>, ctx: &Ctx, message: &Claimed, reason: &str, tries: &[Try]) -> Result<bool> {
    let rounds = tries.iter().filter(|t| Some(&t.provider) == tries.first().map(|f| &f.provider)).count();
    let due_at = RETRY_SECONDS.get(rounds.saturating_sub(1)).map(|s| ctx.now.plus_seconds(*s));
    if let Some(due_at) = due_at.filter(|at| *at < message.expires_at) {
        tx.push(sql::RETRY, args![reason, &to_text(tries)?, due_at, &message.id])?;
        return Ok(true);
    }
    settle(tx, ctx, &message.id, End::Dead, reason, None, tries)?;
    Ok(false)
}

/// Takes care of messages whose worker died, and of those that nobody needs any more; gives how many are dead now.
pub fn recover(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    recover_leases(tx, now, now)
}

/// Forgets the leases of a process that has ended: for a database that only one process serves, at its start.
pub fn recover_all(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    recover_leases(tx, now, now.plus_micros(LEASE + SECOND))
}

/// Ends the leases that run out before `before`.
fn recover_leases(tx: &mut Tx<'_>, now: Time, before: Time) -> Result<u64> {
    if tx.exec(sql::REQUEUE_LOST, args![now, before])? > 0 {
        tx.after_commit(QUEUED, "");
    }
    let dead = tx.exec(sql::BURY_LOST, args![now, before])? + tx.exec(sql::BURY_EXPIRED, args![now])?;
    if dead > 0 {
        tx.after_commit(SETTLED, "");
    }
    Ok(dead)
}

/// Gives up every message that waits, because the key that sealed them is lost.
pub fn bury_all(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    tx.exec(sql::BURY_ALL, args![now])
}

/// When the next message is due, if any is queued.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.find(sql::NEXT_DUE, args![], |row| row.get::<Option<Time>>(0))?.flatten())
}

/// How many messages wait.
pub fn count_queued(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(tx.find(sql::QUEUED, args![], |row| row.get(0))?.unwrap_or(0))
}

/// Writes a delivery receipt down. `sent` becomes `delivered` or `undelivered` once; later receipts change nothing.
/// Gives whether the message is known.
pub fn receive(tx: &mut Tx<'_>, ctx: &Ctx, provider: &str, receipt: &Receipt) -> Result<bool> {
    let found =
        tx.find(sql::FIND_BY_RECEIPT, args![&receipt.provider_id, &ctx.project, provider], |row| row.get::<String>(0))?;
    let Some(id) = found else { return Ok(false) };
    note_delivery(tx, ctx, &id, receipt.delivery, receipt.error.as_deref().unwrap_or_default())?;
    Ok(true)
}

/// Writes down what became of the message with this id. `sent` becomes `delivered` or `undelivered` once.
pub fn note_delivery(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, delivery: Delivery, error: &str) -> Result<()> {
    let state = match delivery {
        Delivery::Delivered => "delivered",
        Delivery::Failed => "undelivered",
    };
    tx.exec(sql::RECEIPT, args![state, error, ctx.now, id])?;
    tx.after_commit(SETTLED, "");
    Ok(())
}

/// Removes, a thousand at a time, settled messages older than thirty days.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    tx.exec(sql::PURGE, args![&id::floor(now.plus_micros(-30 * DAY))])
}

fn calling(ctx: &Ctx, provider: &str) -> Try {
    Try { provider: provider.to_owned(), at: ctx.now.micros(), outcome: "calling".to_owned(), reason: String::new() }
}

fn seal(ctx: &Ctx, id: &str, payload: &Payload) -> Result<Vec<u8>> {
    let text = zeroize::Zeroizing::new(serde_json::to_vec(payload).map_err(Error::internal)?);
    ctx.keys.seal(Label::Message, id, &text, &*ctx.random)
}

fn to_text(tries: &[Try]) -> Result<String> {
    serde_json::to_string(tries).map_err(Error::internal)
}

fn tries(text: &str) -> Result<Vec<Try>> {
    if text == "[]" { Ok(Vec::new()) } else { serde_json::from_str(text).map_err(Error::internal) }
}
