//! SQLite: one writer thread that commits in groups, readers in parallel.
//!
//! A commit costs one fsync however many transactions it holds, so all that wait share one. None is answered before the
//! commit is on disk. When one of them fails, the group is undone and run again, each in a savepoint of its own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::tx::On;
use super::{Effect, Job, OnCommit, Options, Retry, Tx};
use crate::base::{Error, Result};

/// The most transactions that share a commit. Past this the wait of the first outweighs the fsync saved.
const GROUP: usize = 512;
/// Idle read connections that are kept.
const READERS: usize = 8;

pub(super) struct Sqlite {
    jobs: Option<Sender<Box<dyn Job>>>,
    writer: Option<thread::JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
    path: Arc<Path>,
}

impl Sqlite {
    pub(super) fn open(path: &str, options: &Options) -> Result<Self> {
        let path: Arc<Path> = Arc::from(Path::new(path));
        create_private(&path).map_err(Error::store)?;
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // FULL: a commit survives a power cut. The group commit makes it cheap. Savepoints keep the pages they may have
        // to restore in memory, not in a temporary file.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;",
            )
            .map_err(Error::sqlite)?;
        let (jobs, receiver) = crossbeam_channel::bounded(8_192);
        let on_commit = Arc::clone(&options.on_commit);
        let writer = thread::Builder::new()
            .name("db-writer".into())
            .spawn(move || write_loop(&connection, &receiver, &on_commit))
            .map_err(Error::store)?;
        Ok(Self { jobs: Some(jobs), writer: Some(writer), readers: Mutex::default(), path })
    }

    pub(super) fn write(&self, job: Box<dyn Job>) -> Result<()> {
        let jobs = self.jobs.as_ref().ok_or_else(|| Error::store("closed"))?;
        // Not waiting here: a full queue means that the disk is far behind, and the caller is an async task.
        jobs.try_send(job).map_err(|_| Error::store("the write queue is full"))
    }

    /// As `read`, in a transaction: all its statements see what the first one saw.
    pub(super) fn snapshot<T>(&self, work: &dyn Fn(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let connection = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.execute_batch("BEGIN").map_err(Error::sqlite)?;
        // The connection ends with this, and the transaction with it.
        work(&mut Tx::new(On::Sqlite(&connection), true))
    }

    pub(super) fn read<T>(&self, work: &dyn Fn(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let result = work(&mut Tx::new(On::Sqlite(&connection), true));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // The writer ends when its queue is empty; a writer that panicked has nothing left to save.
            drop(writer.join());
        }
    }
}

/// Makes the file, and its folder, so that only their owner can read them; what is there keeps its mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(Error::sqlite)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(Error::sqlite)?;
    connection.set_prepared_statement_cache_capacity(256);
    // Plans do not look at what is bound. Otherwise SQLite prepares a statement with `LIMIT $1` anew for each run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(Error::sqlite)?;
    Ok(connection)
}

fn write_loop(db: &Connection, jobs: &Receiver<Box<dyn Job>>, on_commit: &OnCommit) {
    let mut group = Vec::with_capacity(GROUP);
    while let Ok(first) = jobs.recv() {
        group.push(first);
        group.extend(jobs.try_iter().take(GROUP - 1));
        let outcome = match run_group(db, &mut group, false) {
            // One of them has something to undo: all once more, each in a savepoint.
            Ok(Outcome::Undo) => run_group(db, &mut group, true),
            outcome => outcome,
        };
        let (failed, effects) = match outcome {
            Ok(Outcome::Committed(effects)) => (None, effects),
            Ok(Outcome::Undo) => (Some(Error::internal("a careful group cannot ask for another run")), Vec::new()),
            Err(error) => {
                // Fail closed: whatever is half-way is undone, nobody is told that it was written.
                if !db.is_autocommit() {
                    drop(db.execute_batch("ROLLBACK"));
                }
                tracing::error!(%error, transactions = group.len(), "the commit failed");
                (Some(error), Vec::new())
            }
        };
        if !effects.is_empty() {
            on_commit(&effects);
        }
        for job in group.drain(..) {
            job.finish(failed.as_ref().map(Error::again));
        }
    }
    // Leave one file behind, not a log that the next start must replay.
    drop(db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
}

enum Outcome {
    Committed(Vec<Effect>),
    /// Nothing was committed: a transaction failed, and there is no savepoint to undo it alone.
    Undo,
}

fn run_group(db: &Connection, group: &mut [Box<dyn Job>], careful: bool) -> Result<Outcome> {
    let run = |sql: &str| db.prepare_cached(sql).and_then(|mut s| s.execute([])).map(drop).map_err(Error::sqlite);
    let mut effects = Vec::new();
    run("BEGIN IMMEDIATE")?;
    for job in group {
        if careful {
            run("SAVEPOINT job")?;
        }
        let mut tx = Tx::new(On::Sqlite(db), careful);
        match job.run(&mut tx) {
            Ok(()) => effects.append(&mut tx.effects),
            Err(Retry::Never | Retry::Again) if !careful => {
                run("ROLLBACK")?;
                return Ok(Outcome::Undo);
            }
            // With one writer there is no conflict to retry after.
            Err(Retry::Never | Retry::Again) => run("ROLLBACK TO SAVEPOINT job")?,
        }
        if careful {
            run("RELEASE SAVEPOINT job")?;
        }
    }
    run("COMMIT")?;
    Ok(Outcome::Committed(effects))
}

#[cfg(test)]
mod tests {
    use rusqlite::{OpenFlags, StatementStatus};

    use super::connect;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = connect(&folder.path().join("test.db"), flags).expect("a connection");
        connection
            .execute_batch(
                "CREATE TABLE events (id TEXT PRIMARY KEY, state TEXT) STRICT;
                 CREATE INDEX events_dead ON events (id) WHERE state = 'dead';",
            )
            .expect("a table");
        for text in [
            "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT 1000000 OFFSET $1)",
            "SELECT id FROM events ORDER BY id LIMIT $1",
            "SELECT id FROM events WHERE state = $1",
        ] {
            let mut statement = connection.prepare(text).expect("a statement");
            for bound in [5_i64, 7, 7] {
                let mut rows = statement.query([bound]).expect("rows");
                while rows.next().expect("a row").is_some() {}
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{text}");
        }
    }
}
