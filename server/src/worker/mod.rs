//! What the process does by itself: sending, hearing of revocations, chaining what was audited, telling webhooks and
//! providers, forgetting.

mod approval;
mod audit;
mod feed;
pub mod outbox;
mod retention;
mod webhook;
mod word;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;

/// Starts all workers; they end, with what they have begun, when `stop` is cancelled and `tracker` has no more tasks.
pub fn start(app: &App, tracker: &TaskTracker, stop: &CancellationToken) {
    tracker.spawn(approval::run(app.clone(), stop.clone()));
    tracker.spawn(audit::run(app.clone(), stop.clone()));
    tracker.spawn(feed::run(app.clone(), stop.clone()));
    tracker.spawn(outbox::run(app.clone(), tracker.clone(), stop.clone()));
    tracker.spawn(retention::run(app.clone(), stop.clone()));
    tracker.spawn(webhook::run(app.clone(), tracker.clone(), stop.clone()));
}
