//! The outbox of webhooks: leased, called, settled; kept for a while to be looked at and replayed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::event::{Data, PING, Telling};
use super::secret::Secrets;
use super::{QUEUED, Webhook, off, sql, switch_off};
use crate::args;
use crate::base::time::{DAY, SECOND};
use crate::base::{Code, Ctx, Error, Result, Secret, Time, id};
use crate::db::{Kind, Row, Tx};

/// How long a worker may take for one call, in microseconds, before another makes it again.
const LEASE: i64 = 60 * SECOND;
/// Waits after the first, second … call that failed, in seconds. After the last one the delivery is dead: 12 hours.
const RETRY_SECONDS: [i64; 7] = [5, 30, 120, 600, 3_600, 10_800, 28_800];
/// Each wait is lengthened by up to this part of it, so that what failed together does not come back together.
const JITTER: f64 = 0.2;
/// A webhook is switched off when a delivery dies and nothing got through for this long.
const PATIENCE: i64 = 5 * DAY;
/// How long deliveries are kept: those that arrived, and all.
const KEEP_DONE: i64 = 7 * DAY;
const KEEP: i64 = 30 * DAY;
/// The most that a list gives.
const LONGEST_PAGE: i64 = 200;

/// Where a delivery is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It waits for its time.
    Queued,
    /// A worker has leased it.
    Sending,
    /// The receiver took it.
    Done,
    /// Nobody took it; it is not tried again by itself.
    Dead,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sending, Self::Done, Self::Dead];

    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    fn read(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| Error::internal("an unknown state of a delivery"))
    }
}

/// One call, for the timeline of a delivery.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// When it was made, in microseconds.
    pub at: i64,
    /// `delivered`, `gone`, `failed`, `interrupted` when nobody knows; `replayed` where the calls began anew.
    pub outcome: String,
    /// The HTTP status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What became of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver took it (2xx).
    Delivered {
        /// The status.
        status: u16,
    },
    /// The receiver wants nothing more (410).
    Gone,
    /// Anything else.
    Failed {
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// What went wrong, without secrets.
        reason: String,
    },
}

/// One event for one webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its id, the same over all calls and replays: `webhook-id` on the wire.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// The webhook's id.
    pub webhook: String,
    /// The event's name.
    pub event: String,
    /// What is sent, as JSON.
    pub payload: String,
    /// Where it is.
    pub state: State,
    /// How often it was leased since it was made or replayed.
    pub attempts: i64,
    /// Every call whose outcome is known.
    pub tries: Vec<Try>,
    /// When it is due, or while it is sent, when its lease ends.
    pub due_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// When it was settled.
    pub settled_at: Option<Time>,
}

impl Delivery {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            webhook: row.get(2)?,
            event: row.get(3)?,
            payload: row.get(4)?,
            state: State::read(&row.get::<String>(5)?)?,
            attempts: row.get(6)?,
            tries: serde_json::from_str(&row.get::<String>(7)?).map_err(Error::internal)?,
            due_at: row.get(8)?,
            created_at: row.get(9)?,
            settled_at: row.get(10)?,
        })
    }
}

/// A delivery that this worker has leased.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// What is to be sent.
    pub delivery: Delivery,
    /// Where.
    pub url: String,
    /// By what it is signed: one secret, or two during a rotation.
    pub secrets: Vec<Secret>,
}

/// How a call ended for its delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The receiver took it.
    Done,
    /// It will be tried again.
    Retry,
    /// It is dead.
    Dead,
    /// It is dead, and its webhook was switched off, for this reason.
    Off(&'static str),
    /// Somebody else has it: the lease was lost, or the webhook is gone.
    Lost,
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    webhook: &Webhook,
    event: &str,
    payload: &str,
    due_at: Time,
) -> Result<String> {
    let id = ctx.id();
    tx.push(sql::ENQUEUE, args![&id, &webhook.project, &webhook.id, event, payload, due_at, ctx.now])?;
    tx.after_commit(QUEUED, "");
    Ok(id)
}

/// Enqueues an event that only tries the webhook: at the head of its queue, and not again if it fails. Gives its id. An
/// error when the webhook is off.
pub fn ping(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<String> {
    let webhook = super::get(tx, &ctx.project, id)?;
    if !webhook.enabled {
        return Err(Error::invalid("webhook", format!("is off ({}): switch it on first", webhook.off_reason)));
    }
    let detail = RawValue::from_string("{}".to_owned()).map_err(Error::internal)?;
    let event_id = ctx.id();
    let data = Data { event_id: &event_id, project_id: &ctx.project, user_id: None, actor: "system", detail: &detail };
    let payload = Telling { event: PING, at: ctx.now, data }.payload()?;
    insert(tx, ctx, &webhook, PING, &payload, Time::from_micros(0))
}

/// The webhooks that are on, and when the next delivery of each is due, if any waits.
pub fn waiting(tx: &mut Tx<'_>) -> Result<Vec<(String, Option<Time>)>> {
    tx.list(sql::LIST_WAITING, args![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Leases up to `most` deliveries of a webhook that are due.
pub fn claim(tx: &mut Tx<'_>, ctx: &Ctx, webhook: &str, most: i64) -> Result<Vec<Claimed>> {
    let Some(webhook) = tx.find(sql::FIND_ANY, args![webhook], Webhook::load)?.filter(|webhook| webhook.enabled) else {
        return Ok(Vec::new());
    };
    // A secret that does not open fails the calls, one by one, with that reason.
    let secrets = Secrets::open(ctx, &webhook.id, &webhook.sealed).map_or_else(
        |_| Vec::new(),
        |secrets| {
            let former = secrets.previous.filter(|_| webhook.previous_until.is_some_and(|until| ctx.now < until));
            std::iter::once(secrets.current).chain(former).collect()
        },
    );
    let statement = match tx.kind() {
        Kind::Sqlite => sql::CLAIM,
        Kind::Postgres => sql::CLAIM_ON_POSTGRES,
    };
    let leased = args![ctx.now.plus_micros(LEASE), &webhook.id, ctx.now, most];
    let mut deliveries = tx.list(statement, leased, Delivery::load)?;
    for delivery in &mut deliveries {
        // Whoever leased it before has not said what became of it.
        let known = delivery.tries.iter().rev().take_while(|t| t.outcome != REPLAYED).count();
        for _ in known as i64 + 1..delivery.attempts {
            let reason = "nobody knows whether it arrived".to_owned();
            let at = ctx.now.micros();
            delivery.tries.push(Try { at, outcome: "interrupted".to_owned(), status: None, reason });
        }
    }
    Ok(deliveries
        .into_iter()
        .map(|delivery| Claimed { delivery, url: webhook.url.clone(), secrets: secrets.clone() })
        .collect())
}

/// What marks in a timeline where it began anew.
const REPLAYED: &str = "replayed";

/// Writes down what became of a call: the delivery is done, due again later, or dead.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery, outcome: &Outcome) -> Result<Ended> {
    let (name, status, reason) = match outcome {
        Outcome::Delivered { status } => ("delivered", Some(*status), ""),
        Outcome::Gone => ("gone", Some(410), ""),
        Outcome::Failed { status, reason } => ("failed", *status, reason.as_str()),
    };
    let mut tries = delivery.tries.clone();
    tries.push(Try { at: ctx.now.micros(), outcome: name.to_owned(), status, reason: reason.to_owned() });
    let again = match outcome {
        Outcome::Failed { .. } if delivery.event != PING => due_again(ctx, delivery.attempts),
        Outcome::Failed { .. } | Outcome::Delivered { .. } | Outcome::Gone => None,
    };
    let state = match (outcome, again) {
        (Outcome::Delivered { .. }, _) => State::Done,
        (_, Some(_)) => State::Queued,
        (_, None) => State::Dead,
    };
    let settled_at = again.is_none().then_some(ctx.now);
    let tries = serde_json::to_string(&tries).map_err(Error::internal)?;
    let changed = tx.exec(
        sql::SETTLE,
        args![state.name(), &tries, again.unwrap_or(ctx.now), settled_at, &delivery.id, delivery.attempts],
    )?;
    if changed == 0 {
        return Ok(Ended::Lost);
    }
    match outcome {
        Outcome::Delivered { .. } => {
            tx.push(sql::IS_WELL, args![&delivery.webhook])?;
            Ok(Ended::Done)
        }
        Outcome::Gone => {
            let switched = switch_off(tx, ctx, &delivery.webhook, off::GONE)?;
            Ok(if switched { Ended::Off(off::GONE) } else { Ended::Dead })
        }
        Outcome::Failed { .. } => {
            tx.exec(sql::IS_FAILING, args![ctx.now, &delivery.webhook])?;
            if state == State::Queued {
                return Ok(Ended::Retry);
            }
            let webhook = tx.find(sql::FIND_ANY, args![&delivery.webhook], Webhook::load)?;
            let since = webhook.and_then(|webhook| webhook.failing_since);
            let hopeless = since.is_some_and(|since| ctx.now.micros_since(since) >= PATIENCE);
            let switched = hopeless && switch_off(tx, ctx, &delivery.webhook, off::FAILING)?;
            Ok(if switched { Ended::Off(off::FAILING) } else { Ended::Dead })
        }
    }
}

/// When a delivery that failed `attempts` times is due again, unless that was the last time.
fn due_again(ctx: &Ctx, attempts: i64) -> Option<Time> {
    let place = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let wait = RETRY_SECONDS.get(place)? * SECOND;
    let part = f64::from(u32::from_le_bytes(ctx.random.bytes::<4>())) / f64::from(u32::MAX);
    Some(ctx.now.plus_micros(wait + (wait as f64 * JITTER * part) as i64))
}

/// Takes leases over that ran out: those deliveries are sent again. Gives how many there were.
pub fn recover(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    recover_leases(tx, now, now)
}

/// Takes over the leases of a process that has ended: for a database that only one process serves, at its start.
pub fn recover_all(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    recover_leases(tx, now, now.plus_micros(LEASE + SECOND))
}

fn recover_leases(tx: &mut Tx<'_>, now: Time, before: Time) -> Result<u64> {
    let lost = tx.exec(sql::REQUEUE_LOST, args![now, before])?;
    if lost > 0 {
        tx.after_commit(QUEUED, "");
    }
    Ok(lost)
}

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only this webhook's.
    pub webhook: Option<String>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those made before the one with this id: the last of the page before.
    pub before: Option<String>,
    /// How many, 1 to 200.
    pub limit: i64,
}

/// Above every id.
const LAST: &str = "zzzz";

/// Deliveries of a project, the newest first. `Code::WebhookNotFound` when the webhook is none of its.
pub fn list_deliveries(tx: &mut Tx<'_>, project: &str, wanted: &Wanted) -> Result<Vec<Delivery>> {
    let (before, limit) = (wanted.before.as_deref().unwrap_or(LAST), wanted.limit.clamp(1, LONGEST_PAGE));
    if let Some(webhook) = &wanted.webhook {
        super::get(tx, project, webhook)?;
    }
    match (wanted.webhook.as_deref(), wanted.state.map(State::name)) {
        (None, None) => tx.list(sql::LIST_DELIVERIES, args![project, before, limit], Delivery::load),
        (None, Some(state)) => tx.list(sql::LIST_IN_STATE, args![project, state, before, limit], Delivery::load),
        (Some(webhook), None) => tx.list(sql::LIST_OF_WEBHOOK, args![project, webhook, before, limit], Delivery::load),
        (Some(webhook), Some(state)) => {
            tx.list(sql::LIST_OF_WEBHOOK_IN_STATE, args![webhook, state, before, limit], Delivery::load)
        }
    }
}

/// The delivery with this id, or `Code::DeliveryNotFound`.
pub fn get_delivery(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<Delivery> {
    tx.find(sql::FIND_DELIVERY, args![id, project], Delivery::load)?.ok_or_else(|| Code::DeliveryNotFound.into())
}

/// Sends a delivery that is dead or done once more, with its old id and all its tries before it. One that is on its way
/// stays as it is.
pub fn replay(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<Delivery> {
    let delivery = get_delivery(tx, &ctx.project, id)?;
    begin_anew(tx, ctx, &delivery)?;
    get_delivery(tx, &ctx.project, id)
}

/// Sends up to `most` (at most 200) dead deliveries of a webhook once more; gives how many.
pub fn replay_dead(tx: &mut Tx<'_>, ctx: &Ctx, webhook: &str, most: i64) -> Result<u64> {
    let wanted = Wanted { webhook: Some(webhook.to_owned()), state: Some(State::Dead), before: None, limit: most };
    let dead = list_deliveries(tx, &ctx.project, &wanted)?;
    dead.iter().try_fold(0, |count, delivery| Ok(count + begin_anew(tx, ctx, delivery)?))
}

fn begin_anew(tx: &mut Tx<'_>, ctx: &Ctx, delivery: &Delivery) -> Result<u64> {
    let mut tries = delivery.tries.clone();
    tries.push(Try { at: ctx.now.micros(), outcome: REPLAYED.to_owned(), status: None, reason: String::new() });
    let tries = serde_json::to_string(&tries).map_err(Error::internal)?;
    tx.after_commit(QUEUED, "");
    tx.exec(sql::REPLAY, args![&tries, ctx.now, &delivery.id])
}

/// How many deliveries of a webhook are dead.
pub fn count_dead(tx: &mut Tx<'_>, webhook: &str) -> Result<i64> {
    Ok(tx.find(sql::COUNT_DEAD, args![webhook], |row| row.get(0))?.unwrap_or(0))
}

/// How many deliveries of a webhook wait, counted up to `most`.
pub fn count_queued(tx: &mut Tx<'_>, webhook: &str, most: i64) -> Result<i64> {
    Ok(tx.find(sql::COUNT_QUEUED, args![webhook, most], |row| row.get(0))?.unwrap_or(0))
}

/// Removes, a thousand at a time, deliveries that arrived, seven days after they were made, and all others after thirty.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    let done = tx.exec(sql::PURGE_DONE, args![&id::floor(now.plus_micros(-KEEP_DONE))])?;
    Ok(done + tx.exec(sql::PURGE_OLD, args![&id::floor(now.plus_micros(-KEEP))])?)
}
