//! Opening the store for a command.

use std::future::Future;
use std::sync::Arc;

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock, Ctx, Random};
use countersign_domain::db::{Db, Kind, Options};
use countersign_domain::project;
use countersign_send::{Options as SendOptions, Private, Sender};

use super::Global;
use super::out::Problem;
use crate::config::Config;
use crate::dev::Inbox;
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
        let clock = SystemClock::default();
        let db = Db::open(&Options { connections: 2, ..Options::new(config.database.expose()) })?;
        up_to_date(&db, clock.now()).await?;
        let master = master(&config, &db, &*random).await?;
        Ok(Self { db, clock, random, keys: Arc::new(Keys::from_master(&master)?) })
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

/// The master key of the database.
pub(crate) async fn master(config: &Config, db: &Db, random: &dyn Random) -> Result<[u8; Keys::MASTER_LEN], Problem> {
    Ok(keyfile::open(&config.key_file, db.read(project::count).await? > 0, random)?)
}

/// A sender under the configuration's rule about addresses, or in development under none.
pub(crate) fn sender(config: &Config, clock: Arc<dyn Clock>, inbox: Arc<Inbox>, dev: bool) -> Result<Sender, Problem> {
    let networks = config.private_networks.clone();
    let private = if dev {
        Private::Everywhere
    } else {
        Private::Within(Arc::new(move |address| networks.iter().any(|network| network.contains(address))))
    };
    Sender::new(
        clock,
        inbox,
        SendOptions { private, captcha_url: Some(config.captcha_url.clone()), ..SendOptions::default() },
    )
    .map_err(Problem::new)
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
