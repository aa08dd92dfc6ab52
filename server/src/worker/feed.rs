//! Reads what other nodes (and the command line) revoked, a few times a second.

use std::collections::HashSet;
use std::time::Duration;

use countersign_domain::base::Clock as _;
use countersign_domain::base::time::SystemClock;
use countersign_domain::db::Effect;
use countersign_domain::revocation;
use tokio_util::sync::CancellationToken;

use crate::app::App;

const EVERY: Duration = Duration::from_millis(300);
/// Ids that are remembered as heard; the ledger is read with a short overlap.
const HEARD: usize = 100_000;

pub(super) async fn run(app: App, stop: CancellationToken) {
    // Others write by the machine's clock, also when `--dev` has moved ours: what they announce must not look old.
    let machine = SystemClock::default();
    let mut since = machine.now();
    let mut heard: HashSet<String> = HashSet::new();
    loop {
        let (at, read_at) = (app.clock.now(), machine.now());
        match app.db.read(move |tx| revocation::list(tx, since)).await {
            Ok(rows) => {
                if heard.len() > HEARD {
                    heard.clear();
                }
                let new: Vec<Effect> =
                    rows.into_iter().filter(|(id, _)| heard.insert(id.clone())).map(|(_, effect)| effect).collect();
                app.hear(&new, at);
                since = read_at;
            }
            // Until it can be read again, sessions are looked up in the database on every request.
            Err(error) => tracing::warn!(%error, "the ledger of revocations could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
