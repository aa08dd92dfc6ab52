//! Opening the store for a command.

use std::future::Future;
use std::sync::Arc;

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock as _, Ctx};
use countersign_domain::db::{Db, Kind, Options};

use super::Global;
use super::out::Problem;
use crate::keyfile;

/// An open database with what a command needs beside it.
pub(crate) struct Store {
    pub db: Db,
    clock: SystemClock,
    random: Arc<SystemRandom>,
    keys: Arc<Keys>,
}

impl Store {
    /// Opens the database of the configuration. SQLite's schema is brought up to date; PostgreSQL's must be.
    pub(crate) async fn open(global: &Global) -> Result<Self, Problem> {
        let config = global.load(None)?;
        let random = Arc::new(SystemRandom::new());
        let master = keyfile::load_or_create(&config.key_file, &*random)?;
        let options = Options { connections: 2, ..Options::new(config.database.expose()) };
        let store = Self {
            db: Db::open(&options)?,
            clock: SystemClock::default(),
            random,
            keys: Arc::new(Keys::from_master(&master)?),
        };
        up_to_date(&store.db, store.clock.now()).await?;
        Ok(store)
    }

    /// The surroundings of a command on `project`.
    pub(crate) fn ctx(&self, project: &str) -> Ctx {
        Ctx::system(self.clock.now(), self.random.clone(), Arc::clone(&self.keys), Arc::from(project))
    }

    /// The keys of the key file.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }
}

/// Brings SQLite's schema up to date, and refuses a PostgreSQL whose schema is not.
pub(crate) async fn up_to_date(db: &Db, now: countersign_domain::base::Time) -> Result<(), Problem> {
    if db.kind() == Kind::Sqlite {
        db.migrate(now).await?;
        return Ok(());
    }
    let missing = db.migration_status().await?.into_iter().filter(|m| m.at.is_none()).count();
    if missing > 0 {
        return Err(Problem::new(format!(
            "the database's schema is {missing} step(s) behind: run `countersign db migrate`, then start again"
        )));
    }
    Ok(())
}

/// Runs a command's future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
