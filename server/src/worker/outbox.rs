//! Sends what is in the outbox. It is woken by the commit that filled it, not by a poll.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::base::{Result, Time};
use countersign_domain::db::Kind;
use countersign_domain::message::{self, End, Outcome, Try};
use countersign_domain::project::{Project, Settings};
use countersign_domain::signin::{self, Ready};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Hosted};
use crate::http::metrics;

use super::word::{Worded, word};

/// Messages that are with providers at the same time. One that hangs holds its place for a time-out, no longer.
const AT_ONCE: usize = 256;
/// Messages that are decided on in one transaction.
const BATCH: usize = 64;
/// Even when nobody calls, the queue is looked at this often: another node may have left something.
const AT_LEAST_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn run(app: App, tracker: TaskTracker, stop: CancellationToken) {
    if app.db.kind() == Kind::Sqlite {
        // One process serves this database: what was leased, was leased by a process that has ended.
        recover(&app, true).await;
    }
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        // Looked at before the queue: what was answered until then is still sent.
        let is_last = stop.is_cancelled();
        let wait = match step(&app, &places, &tracker).await {
            Ok(Step::More) => continue,
            Ok(Step::Idle(next)) => next,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                AT_LEAST_EVERY
            }
        };
        if is_last {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.outbox.notified() => {}
            () = tokio::time::sleep(wait) => recover(&app, false).await,
        }
    }
}

async fn recover(app: &App, all: bool) {
    let now = app.clock.now();
    let result =
        app.db.write(move |tx| if all { message::recover_all(tx, now) } else { message::recover(tx, now) }).await;
    match result {
        Ok(0) => {}
        Ok(dead) => tracing::warn!(dead, "messages could not be sent; `countersign doctor` lists them"),
        Err(error) => tracing::error!(%error, "the outbox could not be recovered"),
    }
}

enum Step {
    /// There may be more at once.
    More,
    /// Nothing is due for this long.
    Idle(Duration),
}

async fn step(app: &App, places: &Arc<Semaphore>, tracker: &TaskTracker) -> Result<Step> {
    // At least one place, then as many as are free: only what is sent at once is leased.
    let Ok(first) = Arc::clone(places).acquire_owned().await else { return Ok(Step::Idle(AT_LEAST_EVERY)) };
    let mut free = vec![first];
    while free.len() < BATCH
        && let Ok(place) = Arc::clone(places).try_acquire_owned()
    {
        free.push(place);
    }
    let ready = prepare(app, free.len()).await?;
    if ready.is_empty() {
        let next = app.db.read(message::next_due).await?;
        return Ok(match next {
            Some(due) if due <= app.clock.now() => Step::More,
            Some(due) => Step::Idle(until(due, app.clock.now())),
            None => Step::Idle(AT_LEAST_EVERY),
        });
    }
    for (message, place) in ready.into_iter().zip(free) {
        let app = app.clone();
        tracker.spawn(async move {
            send(&app, message).await;
            drop(place);
        });
    }
    Ok(Step::More)
}

fn until(due: Time, now: Time) -> Duration {
    Duration::from_micros(u64::try_from(due.micros_since(now)).unwrap_or(0)).min(AT_LEAST_EVERY)
}

async fn prepare(app: &App, most: usize) -> Result<Vec<Ready>> {
    let projects: Arc<HashMap<String, Arc<Hosted>>> = app.projects.all(app).await?;
    let ctx = app.system_ctx("");
    app.db
        .write(move |tx| {
            let project_of = |id: &str| -> Option<Arc<Project>> { projects.get(id).map(|h| Arc::clone(&h.project)) };
            signin::prepare(tx, &ctx, &project_of, most as i64)
        })
        .await
}

async fn send(app: &App, ready: Ready) {
    let worded = match word(app, &ready) {
        Ok(worded) => worded,
        Err(reason) => {
            settle(app, &ready, End::Dead, &reason, None, ready.message.tries.clone()).await;
            return;
        }
    };
    // The first call is written down already; each further one is, before it is made.
    let tries = Arc::new(std::sync::Mutex::new(ready.message.tries.clone()));
    let on_attempt = |provider: &str| {
        let (app, ready, tries) = (app.clone(), &ready, Arc::clone(&tries));
        let provider = provider.to_owned();
        async move {
            let known = lock(&tries).clone();
            if known.last().is_some_and(|t| t.outcome == "calling" && t.provider == provider) {
                return Ok(());
            }
            let (id, ctx) = (ready.message.id.clone(), app.system_ctx(&ready.message.project));
            let stored = app.db.write(move |tx| message::try_next(tx, &ctx, &id, &known, &provider)).await?;
            *lock(&tries) = stored;
            Ok::<(), countersign_domain::base::Error>(())
        }
    };
    let settings = &ready.project.settings;
    let sent = match &worded {
        Worded::Sms(sms) => app.sender.send_with_failover(sms, &settings.sms.providers, on_attempt).await,
        Worded::Mail(mail) => app.sender.send_mail_with_failover(mail, &settings.email.providers, on_attempt).await,
    };
    let mut timeline = lock(&tries).clone();
    write_outcomes(&mut timeline, &sent.tries);
    for attempt in &sent.tries {
        let outcome = match attempt.outcome {
            Outcome::Accepted { .. } => metrics::Outcome::Accepted,
            Outcome::Refused { .. } | Outcome::Unknown { .. } => metrics::Outcome::Failed,
        };
        app.metrics.message(kind(&worded, settings, &attempt.provider), outcome);
    }
    if let Some(error) = sent.stopped {
        // The lease is not ours any more, or the database is gone: whoever recovers the message knows more.
        tracing::error!(message = ready.message.id, %error, "a message was given up by this worker");
        return;
    }
    match sent.outcome {
        Outcome::Accepted { provider_id } => {
            settle(app, &ready, End::Sent, "", provider_id, timeline).await;
        }
        Outcome::Unknown { reason } => {
            let reason = format!("no provider confirmed it: {reason}");
            settle(app, &ready, End::Dead, &reason, None, timeline).await;
        }
        Outcome::Refused { reason } => refused(app, &ready, &reason, timeline).await,
    }
}

/// The kind of the provider with this name, for metrics.
fn kind(worded: &Worded, settings: &Settings, name: &str) -> &'static str {
    match worded {
        Worded::Sms(_) => settings.sms.providers.iter().find(|p| p.name == name).map(|p| p.account.kind()),
        Worded::Mail(_) => settings.email.providers.iter().find(|p| p.name == name).map(|p| p.account.kind()),
    }
    .unwrap_or("unknown")
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Puts what the providers said to the calls that were written down.
fn write_outcomes(timeline: &mut [Try], tries: &[countersign_send::Try]) {
    let open = timeline.iter_mut().filter(|t| t.outcome == "calling");
    for (entry, attempt) in open.zip(tries) {
        entry.provider.clone_from(&attempt.provider);
        let (outcome, reason) = match &attempt.outcome {
            Outcome::Accepted { .. } => ("accepted", ""),
            Outcome::Refused { reason } => ("refused", reason.as_str()),
            Outcome::Unknown { reason } => ("unknown", reason.as_str()),
        };
        outcome.clone_into(&mut entry.outcome);
        reason.clone_into(&mut entry.reason);
    }
}

async fn settle(app: &App, ready: &Ready, end: End, reason: &str, provider_id: Option<String>, tries: Vec<Try>) {
    if end == End::Dead {
        bury_in_log(ready, reason);
    }
    let (id, reason) = (ready.message.id.clone(), reason.to_owned());
    let ctx = app.system_ctx(&ready.message.project);
    let settled =
        app.db.write(move |tx| message::settle(tx, &ctx, &id, end, &reason, provider_id.as_deref(), &tries)).await;
    if let Err(error) = settled {
        tracing::error!(message = ready.message.id, %error, "what became of a message could not be written down");
    }
}

async fn refused(app: &App, ready: &Ready, reason: &str, tries: Vec<Try>) {
    let (claimed, why) = (ready.message.clone(), reason.to_owned());
    let ctx = app.system_ctx(&ready.message.project);
    match app.db.write(move |tx| message::retry_or_bury(tx, &ctx, &claimed, &why, &tries)).await {
        Ok(true) => {
            tracing::info!(
                message = ready.message.id,
                reason,
                "every provider refused a message; it will be tried again"
            );
            app.outbox.notify_one();
        }
        Ok(false) => bury_in_log(ready, reason),
        Err(error) => {
            tracing::error!(message = ready.message.id, %error, "what became of a message could not be written down");
        }
    }
}

fn bury_in_log(ready: &Ready, reason: &str) {
    tracing::error!(
        message = ready.message.id,
        project = ready.message.project,
        to = ready.message.payload.target().masked(),
        reason,
        "a message is dead: no provider delivered it"
    );
}
