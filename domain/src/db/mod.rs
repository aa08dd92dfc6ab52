//! One SQL text, two drivers. The only room that names a database driver.
//!
//! `Db::read` and `Db::write` take a closure over a [`Tx`]; what it returns with `Ok` is committed, durable, before
//! the future resolves. See `README.md` beside this file for the subset of SQL that both databases take.

mod dump;
mod error;
mod migrate;
mod postgres;
mod row;
pub mod schema;
mod sqlite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;
mod value;

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

pub use dump::{Cell, Inserter};
pub use migrate::{Applied, MIGRATIONS, Migration};
pub use row::{Column, Row};
pub use tx::Tx;
pub use value::Value;

use crate::base::{Error, Result, Time};

/// Something that others in the process must learn once the transaction is durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Effect {
    /// What kind of thing changed.
    pub topic: &'static str,
    /// Which one.
    pub key: String,
}

/// Called with the effects of a transaction after its commit and before its caller learns of it.
pub type OnCommit = Arc<dyn Fn(&[Effect]) + Send + Sync>;

/// Where the data is, and how many connections to use.
#[derive(Clone)]
pub struct Options {
    /// `sqlite://path` or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections to PostgreSQL, each with a thread of its own. SQLite has one writer by nature.
    pub connections: usize,
    /// Hears of every committed transaction that has effects.
    pub on_commit: OnCommit,
}

impl Options {
    /// The defaults for `url`: 16 connections, nobody listening.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 16, on_commit: Arc::new(|_| ()) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("Options").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Driver>);

enum Driver {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// The two kinds of database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Embedded.
    Sqlite,
    /// A server that speaks PostgreSQL's protocol.
    Postgres,
}

impl Db {
    /// Opens the database; a SQLite file is created if there is none. Migrations are a separate step.
    pub fn open(options: &Options) -> Result<Self> {
        let driver = match options.url.split_once("://") {
            Some(("sqlite", path)) => Driver::Sqlite(sqlite::Sqlite::open(path, options)?),
            Some(("postgres" | "postgresql", _)) => Driver::Postgres(postgres::Postgres::open(options)?),
            _ => return Err(Error::invalid("database", "must start with sqlite:// or postgres://")),
        };
        Ok(Self(Arc::new(driver)))
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match *self.0 {
            Driver::Sqlite(_) => Kind::Sqlite,
            Driver::Postgres(_) => Kind::Postgres,
        }
    }

    /// Runs `work` on a connection that does not write. On SQLite it runs at once on the calling thread (a point read
    /// takes microseconds), so `work` must be short.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        match &*self.0 {
            Driver::Sqlite(db) => db.read(&work),
            Driver::Postgres(db) => {
                let (job, reply) = Typed::boxed(work);
                db.read(job)?;
                received(reply).await
            }
        }
    }

    /// Runs `work` on one state of the database, whatever others write meanwhile, and holds nobody up. On SQLite it runs
    /// on the calling thread, however long it takes.
    pub async fn snapshot<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        match &*self.0 {
            Driver::Sqlite(db) => db.snapshot(&work),
            Driver::Postgres(db) => {
                let (job, reply) = Typed::boxed(work);
                db.snapshot(job)?;
                received(reply).await
            }
        }
    }

    /// Runs `work` in a transaction: `Ok` commits it, durably, before this resolves; `Err` undoes it. `work` may be run
    /// again when the database asks for it (serialisation conflict), so it must change nothing but the transaction.
    /// A caller that goes away does not stop it.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (job, reply) = Typed::boxed(work);
        match &*self.0 {
            Driver::Sqlite(db) => db.write(job)?,
            Driver::Postgres(db) => db.write(job)?,
        }
        received(reply).await
    }

    /// Brings the schema up to date; gives what it applied. Refuses a database whose applied migrations differ from
    /// the embedded ones.
    pub async fn migrate(&self, now: Time) -> Result<Vec<&'static str>> {
        migrate::run(self, now).await
    }

    /// What is applied and what is missing.
    pub async fn migration_status(&self) -> Result<Vec<Applied>> {
        migrate::status(self).await
    }
}

async fn received<T>(reply: oneshot::Receiver<Result<T>>) -> Result<T> {
    reply.await.unwrap_or_else(|_| Err(Error::store("the database thread ended")))
}

/// A piece of work for a database thread, its type erased.
trait Job: Send {
    /// Runs it (again), keeping its result. `Err` asks for the transaction to be undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> std::result::Result<(), Retry>;
    /// Hands the result over; `failed` replaces it when the transaction could not be committed.
    fn finish(self: Box<Self>, failed: Option<Error>);
}

/// Why a job's transaction must be undone.
enum Retry {
    /// The work said no; its error is kept for the caller.
    Never,
    /// The database asks to run the whole transaction again.
    Again,
}

struct Typed<T, F> {
    work: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Typed<T, F>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    fn boxed(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
        let (reply, receiver) = oneshot::channel();
        (Box::new(Self { work, result: None, reply }), receiver)
    }
}

impl<T, F> Job for Typed<T, F>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> std::result::Result<(), Retry> {
        // A panic must not take the database thread, and with it everybody else, down.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|_| Err(Error::internal("a transaction panicked")));
        let retry = match &outcome {
            Ok(_) => Ok(()),
            Err(error) if error.may_retry() => Err(Retry::Again),
            Err(_) => Err(Retry::Never),
        };
        self.result = Some(outcome);
        retry
    }

    fn finish(self: Box<Self>, failed: Option<Error>) {
        let own = self.result.unwrap_or_else(|| Err(Error::store("the transaction was not run")));
        // The work's own refusal says more than the failed commit behind it.
        let result = own.and_then(|value| failed.map_or(Ok(value), Err));
        // The caller may be gone; what was committed stays committed.
        drop(self.reply.send(result));
    }
}
