//! Chains what was written to the audit trail since the last look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::audit::{self, Mark};
use countersign_domain::base::Result;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// What happened is chained within a second.
const EVERY: Duration = Duration::from_millis(500);
/// Events that are chained in one transaction: so few that no sign-in waits long for it.
const BATCH: i64 = 512;
/// How long the last look may take. What is left then is chained at the next start.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Projects whose chains could not be moved on, and why.
type Failures = BTreeMap<String, String>;

pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut told = String::new();
    loop {
        let look = async {
            tokio::time::sleep(EVERY).await;
            round(&app).await
        };
        tokio::select! {
            () = stop.cancelled() => break,
            outcome = look => tell(outcome, &mut told),
        }
    }
    if let Ok(outcome) = tokio::time::timeout(LAST_WORDS, round(&app)).await {
        tell(outcome, &mut told);
    }
}

/// Everything that waits, the oldest first, in batches. When nothing does it costs one look at an index.
async fn round(app: &App) -> Result<Failures> {
    let mut failures = Failures::new();
    let mut mark = Mark::START;
    loop {
        let (from, keys) = (mark.clone(), Arc::clone(&app.keys));
        let batch = app.db.read(move |tx| audit::unchained(tx, &keys, &from, BATCH)).await?;
        let Some(last) = batch.last().cloned() else { return Ok(failures) };
        mark = last;
        // A node with another key file would break every chain for good: such a one cannot open the projects either.
        app.projects.all(app).await?;
        let whole = batch.len() == BATCH as usize;
        let failed = app.db.write(move |tx| audit::chain(tx, &batch)).await?;
        failures.extend(failed.into_iter().map(|(project, error)| (project, error.to_string())));
        if !whole {
            return Ok(failures);
        }
    }
}

/// Says once what goes wrong, not twice a second.
fn tell(outcome: Result<Failures>, told: &mut String) {
    let text = match outcome {
        Ok(failures) => {
            failures.iter().map(|(project, why)| format!("{project}: {why}")).collect::<Vec<_>>().join("; ")
        }
        Err(error) => error.to_string(),
    };
    if text == *told {
        return;
    }
    if text.is_empty() {
        tracing::info!("audit events are chained again");
    } else {
        tracing::error!(error = text, "audit events could not be chained; it is tried again");
    }
    *told = text;
}
