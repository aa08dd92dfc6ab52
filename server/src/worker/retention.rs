//! Forgets what no rule looks at any more.

use std::time::Duration;

use countersign_domain::signin;
use tokio_util::sync::CancellationToken;

use crate::app::App;

const EVERY: Duration = Duration::from_mins(1);

pub(super) async fn run(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let projects = match app.projects.all(&app).await {
            Ok(projects) => projects.values().map(|h| h.project.clone()).collect::<Vec<_>>(),
            Err(error) => {
                tracing::warn!(%error, "old rows could not be removed");
                continue;
            }
        };
        // In small steps, so that no sign-in waits for it.
        loop {
            let (ctx, projects) = (app.system_ctx(""), projects.clone());
            match app.db.write(move |tx| signin::purge(tx, &ctx, &projects)).await {
                Ok(0) => break,
                Ok(_) if stop.is_cancelled() => return,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::warn!(%error, "old rows could not be removed");
                    break;
                }
            }
        }
    }
}
