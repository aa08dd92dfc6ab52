//! `countersign keys`: what is sealed with the key file.

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock as _, Ctx};
use countersign_domain::db::{Db, Options};
use countersign_domain::{project, signin};
use std::sync::Arc;

use super::Global;
use super::open::{block_on, up_to_date};
use super::out::{self, Done, Problem};
use crate::keyfile;

/// What to do with what is sealed.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Give up what only a lost key file could open, and go on with a new one
    #[command(after_help = "Example:\n  countersign keys reset --yes")]
    Reset {
        /// Do it
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(global: &Global, command: &Command) -> Done {
    let Command::Reset { yes } = command;
    if !yes {
        return Err(Problem::new(
            "this gives up what only the lost key file could open: the credentials of SMS and e-mail providers (set \
             them again), codes on their way, all JWTs, and the users' passwords and second factors. Accounts, sessions \
             and API keys stay. The audit trail is chained anew. Stop the server first, then add --yes",
        ));
    }
    let config = global.load(None)?;
    block_on(async {
        let clock = SystemClock::default();
        let random = Arc::new(SystemRandom::new());
        let db = Db::open(&Options { connections: 1, ..Options::new(config.database.expose()) })?;
        up_to_date(&db, clock.now()).await?;
        let master = keyfile::load_or_create(&config.key_file, &*random)?;
        let ctx = Ctx::system(clock.now(), random, Arc::new(Keys::from_master(&master)?), Arc::from(""));
        let opens = db.read({
            let keys = Arc::clone(&ctx.keys);
            move |tx| Ok(project::count(tx)? > 0 && project::list(tx, &keys).is_ok())
        });
        if opens.await? {
            return Err(Problem::new("this key file opens the database: nothing is lost, and nothing was changed"));
        }
        let projects = db.write(move |tx| signin::forget_sealed(tx, &ctx)).await?;
        if global.json {
            return out::json(&serde_json::json!({ "projects": projects }));
        }
        out::text(&match projects.as_slice() {
            [] => "There was nothing to give up.".to_owned(),
            ids => format!("Set the SMS and e-mail providers of these projects again: {}.", ids.join(", ")),
        })
    })
}
