//! Tells webhooks what happened. It is woken by the commits that chain audit events, settle messages or fill its outbox;
//! while no project has a webhook, it looks now and then and costs nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign_domain::base::{Result, Time};
use countersign_domain::db::Kind;
use countersign_domain::webhook::{Claimed, Ended, Outcome};
use countersign_domain::{message, signin, webhook};
use countersign_send::{WebhookAnswer, WebhookCall};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;

/// Calls that are made at the same time …
const AT_ONCE: usize = 256;
/// … and of one webhook: a slow receiver holds so many places for a time-out, and the others have the rest.
const AT_ONCE_EACH: usize = 8;
/// Entries of the trail, or messages, that are told in one transaction: so few that no sign-in waits long for it.
const BATCH: i64 = 128;
/// Even when nobody calls, it is looked this often: another node or the command line may have left something.
const AT_LEAST_EVERY: Duration = Duration::from_secs(2);
/// What comes in so short a time is told together.
const TOGETHER: Duration = Duration::from_millis(20);

/// Calls that are being made, by webhook.
type Busy = Arc<Mutex<HashMap<String, usize>>>;

struct Worker {
    app: App,
    tracker: TaskTracker,
    places: Arc<Semaphore>,
    busy: Busy,
    /// What goes wrong, to say it once.
    told: String,
}

/// What there is to do.
struct Look {
    behind: Vec<String>,
    has_news: bool,
    waiting: Vec<(String, Option<Time>)>,
}

pub(super) async fn run(app: App, tracker: TaskTracker, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut worker = Worker { app, tracker, places, busy: Busy::default(), told: String::new() };
    if worker.app.db.kind() == Kind::Sqlite {
        // One process serves this database: what was leased, was leased by a process that has ended.
        worker.recover(true).await;
    }
    while !stop.is_cancelled() {
        let (wait, has_webhooks) = match worker.step().await {
            Ok(next) => next,
            Err(error) => {
                worker.tell_once(&error.to_string());
                (AT_LEAST_EVERY, false)
            }
        };
        let woken = async {
            if has_webhooks {
                worker.app.webhooks.notified().await;
                tokio::time::sleep(TOGETHER).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = woken => {}
            () = tokio::time::sleep(wait) => if has_webhooks { worker.recover(false).await },
        }
    }
}

impl Worker {
    /// Tells what is new and begins what is due. Gives how long nothing else will be, and whether there are webhooks at all.
    async fn step(&mut self) -> Result<(Duration, bool)> {
        loop {
            let look = self.look().await?;
            let failed = if look.has_news || !look.behind.is_empty() {
                match self.tell(&look).await {
                    Ok(()) => continue,
                    // What is in the outbox goes out all the same.
                    Err(error) => error.to_string(),
                }
            } else {
                String::new()
            };
            self.tell_once(&failed);
            if look.waiting.is_empty() {
                return Ok((AT_LEAST_EVERY, false));
            }
            if !self.begin(&look.waiting).await? {
                let now = self.app.clock.now();
                let free = look.waiting.iter().filter(|(id, _)| self.room(id) > 0).filter_map(|(_, due)| *due);
                let next = free.min().map_or(AT_LEAST_EVERY, |due| until(due, now));
                return Ok((next, true));
            }
        }
    }

    async fn look(&self) -> Result<Look> {
        let look = |tx: &mut countersign_domain::db::Tx<'_>| {
            let (behind, has_news) = (webhook::behind(tx)?, message::has_news(tx)?);
            Ok(Look { behind, has_news, waiting: webhook::waiting(tx)? })
        };
        self.app.db.read(look).await
    }

    async fn tell(&self, look: &Look) -> Result<()> {
        // One project whose events cannot be told must not hold up the others.
        let mut outcome = Ok(());
        for project in &look.behind {
            let ctx = self.app.system_ctx(project);
            outcome = outcome.and(self.app.db.write(move |tx| webhook::tell(tx, &ctx, BATCH)).await.map(drop));
        }
        if look.has_news {
            let ctx = self.app.system_ctx("");
            outcome = outcome.and(self.app.db.write(move |tx| signin::tell_messages(tx, &ctx, BATCH)).await.map(drop));
        }
        outcome
    }

    /// Begins what is due, each webhook in its turn. Gives whether it began anything.
    async fn begin(&self, waiting: &[(String, Option<Time>)]) -> Result<bool> {
        let mut begun = false;
        for (id, due) in waiting {
            if due.is_none_or(|due| due > self.app.clock.now()) {
                continue;
            }
            let places = self.places(self.room(id));
            if places.is_empty() {
                continue;
            }
            let (ctx, webhook, most) = (self.app.system_ctx(""), id.clone(), places.len() as i64);
            let claimed = self.app.db.write(move |tx| webhook::claim(tx, &ctx, &webhook, most)).await?;
            for (claimed, place) in claimed.into_iter().zip(places) {
                begun = true;
                *lock(&self.busy).entry(id.clone()).or_default() += 1;
                let (app, busy) = (self.app.clone(), Arc::clone(&self.busy));
                self.tracker.spawn(call(app, busy, claimed, place));
            }
        }
        Ok(begun)
    }

    /// How many more calls of this webhook may be made.
    fn room(&self, webhook: &str) -> usize {
        AT_ONCE_EACH.saturating_sub(lock(&self.busy).get(webhook).copied().unwrap_or(0))
    }

    /// As many places as are free, at most `most`.
    fn places(&self, most: usize) -> Vec<OwnedSemaphorePermit> {
        (0..most).map_while(|_| Arc::clone(&self.places).try_acquire_owned().ok()).collect()
    }

    async fn recover(&mut self, all: bool) {
        let now = self.app.clock.now();
        let recovered = self
            .app
            .db
            .write(move |tx| if all { webhook::recover_all(tx, now) } else { webhook::recover(tx, now) })
            .await;
        match recovered {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deliveries of webhooks that were interrupted are made again"),
            Err(error) => self.tell_once(&error.to_string()),
        }
    }

    /// Says once what goes wrong, not at every look.
    fn tell_once(&mut self, error: &str) {
        if self.told != error {
            if error.is_empty() {
                tracing::info!("webhooks are told again");
            } else {
                tracing::error!(error, "webhooks could not be told what happened; it is tried again");
            }
            error.clone_into(&mut self.told);
        }
    }
}

/// Makes one call and writes down what became of it.
async fn call(app: App, busy: Busy, claimed: Claimed, place: OwnedSemaphorePermit) {
    let Claimed { delivery, url, secrets } = &claimed;
    let call = WebhookCall { id: &delivery.id, url, secrets, body: &delivery.payload };
    let outcome = match app.sender.send_webhook(call).await {
        WebhookAnswer::Status(status @ 200..=299) => Outcome::Delivered { status },
        WebhookAnswer::Status(410) => Outcome::Gone,
        WebhookAnswer::Status(status) => Outcome::Failed { status: Some(status), reason: format!("HTTP {status}") },
        WebhookAnswer::None(reason) => Outcome::Failed { status: None, reason: reason.to_owned() },
    };
    let (ctx, settled, known) = (app.system_ctx(&delivery.project), delivery.clone(), outcome.clone());
    match app.db.write(move |tx| webhook::settle(tx, &ctx, &settled, &known)).await {
        Ok(ended) => note(&app, &claimed, ended, &outcome),
        // Its lease runs out, and the call is made again.
        Err(error) => {
            tracing::error!(delivery = delivery.id, %error, "what became of a call of a webhook could not be written down");
        }
    }
    drop(place);
    if let Some(count) = lock(&busy).get_mut(&delivery.webhook) {
        *count = count.saturating_sub(1);
    }
    lock(&busy).retain(|_, count| *count > 0);
    app.webhooks.notify_one();
}

fn note(app: &App, claimed: &Claimed, ended: Ended, outcome: &Outcome) {
    let delivery = &claimed.delivery;
    let reason = match outcome {
        Outcome::Delivered { .. } => "",
        Outcome::Gone => "HTTP 410",
        Outcome::Failed { reason, .. } => reason,
    };
    let (id, project) = (&delivery.webhook, &delivery.project);
    app.metrics.webhook(match ended {
        Ended::Done => "done",
        Ended::Retry => "retry",
        Ended::Dead | Ended::Off(_) => "dead",
        Ended::Lost => "lost",
    });
    match ended {
        Ended::Done | Ended::Lost => {}
        Ended::Retry => {
            tracing::debug!(webhook = id, project, delivery = delivery.id, reason, "a webhook will be called again");
        }
        Ended::Dead | Ended::Off(_) => {
            tracing::warn!(webhook = id, project, delivery = delivery.id, reason, "a webhook did not take an event");
        }
    }
    if let Ended::Off(why) = ended {
        tracing::error!(webhook = id, project, why, "a webhook was switched off; `countersign doctor` lists those");
    }
}

fn until(due: Time, now: Time) -> Duration {
    // Not at once: what is due and was not begun, another node has in its hands.
    Duration::from_micros(u64::try_from(due.micros_since(now)).unwrap_or(0)).clamp(TOGETHER, AT_LEAST_EVERY)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
