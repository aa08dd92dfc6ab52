//! PostgreSQL: a few threads, each with one connection, so that rules stay plain functions.
//!
//! Writes that need no answer are held back and travel with the next statement or with COMMIT (`Tx::push`), which wins
//! back the round trips that a synchronous transaction would cost.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender};
use futures_util::StreamExt as _;
use futures_util::future::{join_all, join3};
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

use super::tx::On;
use super::value::Owned;
use super::{Job, OnCommit, Options, Retry, Tx, Value};
use crate::base::{Error, Result};

/// How often a transaction is run again after a serialisation conflict or a lost connection.
const RETRIES: usize = 5;

const BEGIN: &str = "BEGIN";
const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

enum Task {
    Read(Box<dyn Job>),
    Write(Box<dyn Job>),
    Snapshot(Box<dyn Job>),
}

pub(super) struct Postgres {
    tasks: Option<Sender<Task>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Postgres {
    pub(super) fn open(options: &Options) -> Result<Self> {
        let config: Config =
            options.url.parse().map_err(|_| Error::invalid("database", "is not a PostgreSQL address"))?;
        let (tasks, receiver) = crossbeam_channel::bounded(8_192);
        let threads = (0..options.connections.max(1))
            .map(|n| {
                let (config, receiver, on_commit) = (config.clone(), receiver.clone(), Arc::clone(&options.on_commit));
                thread::Builder::new()
                    .name(format!("db-{n}"))
                    .spawn(move || task_loop(config, &receiver, &on_commit))
                    .map_err(Error::store)
            })
            .collect::<Result<_>>()?;
        Ok(Self { tasks: Some(tasks), threads })
    }

    pub(super) fn read(&self, job: Box<dyn Job>) -> Result<()> {
        self.send(Task::Read(job))
    }

    pub(super) fn write(&self, job: Box<dyn Job>) -> Result<()> {
        self.send(Task::Write(job))
    }

    pub(super) fn snapshot(&self, job: Box<dyn Job>) -> Result<()> {
        self.send(Task::Snapshot(job))
    }

    fn send(&self, task: Task) -> Result<()> {
        let tasks = self.tasks.as_ref().ok_or_else(|| Error::store("closed"))?;
        tasks.try_send(task).map_err(|_| Error::store("the queue to the database is full"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to save.
            drop(thread.join());
        }
    }
}

fn task_loop(config: Config, tasks: &Receiver<Task>, on_commit: &OnCommit) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "no runtime for a database thread"),
    };
    let mut pg = PgTx { runtime, config, client: None, statements: HashMap::new(), held: Vec::new(), open: Open::No };
    while let Ok(task) = tasks.recv() {
        match task {
            Task::Read(job) => run(&mut pg, job, Open::No, on_commit),
            Task::Write(job) => run(&mut pg, job, Open::Pending(BEGIN), on_commit),
            Task::Snapshot(job) => run(&mut pg, job, Open::Pending(BEGIN_SNAPSHOT), on_commit),
        }
    }
}

fn run(pg: &mut PgTx, mut job: Box<dyn Job>, open: Open, on_commit: &OnCommit) {
    let mut failed = None;
    for round in 0..=RETRIES {
        pg.open = open;
        pg.held.clear();
        let mut tx = Tx::new(On::Postgres(pg), round > 0 || open == Open::No);
        let outcome = job.run(&mut tx);
        let effects = std::mem::take(&mut tx.effects);
        let again = match outcome {
            Ok(()) => match pg.commit() {
                Ok(()) => {
                    if !effects.is_empty() {
                        on_commit(&effects);
                    }
                    return job.finish(None);
                }
                Err(error) => {
                    let again = error.may_retry();
                    failed = Some(error);
                    again
                }
            },
            Err(Retry::Again) => true,
            Err(Retry::Never) => false,
        };
        pg.rollback();
        if !again || round == RETRIES {
            break;
        }
    }
    job.finish(failed);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Outside a transaction.
    No,
    /// This travels with the first statement.
    Pending(&'static str),
    /// Inside.
    Yes,
}

/// A connection and the state of its transaction.
pub(super) struct PgTx {
    runtime: Runtime,
    config: Config,
    client: Option<Arc<Client>>,
    statements: HashMap<&'static str, Statement>,
    held: Vec<(&'static str, Vec<Owned>)>,
    open: Open,
}

impl PgTx {
    fn client(&mut self) -> Result<Arc<Client>> {
        if let Some(client) = &self.client
            && !client.is_closed()
        {
            return Ok(Arc::clone(client));
        }
        self.statements.clear();
        let config = &self.config;
        let client = self.runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.map_err(Error::postgres)?;
            // It is driven whenever this thread waits for an answer.
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "a connection to the database ended");
                }
            });
            Ok::<_, Error>(Arc::new(client))
        })?;
        self.client = Some(Arc::clone(&client));
        Ok(client)
    }

    fn statement(&mut self, client: &Client, sql: &'static str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.runtime.block_on(client.prepare(sql)).map_err(Error::postgres)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    pub(super) fn prepare_only(&mut self, sql: &'static str) -> Result<()> {
        let client = self.client()?;
        self.runtime.block_on(client.prepare(sql)).map(drop).map_err(Error::postgres)
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        self.flush(Next::Nothing)?;
        let client = self.client()?;
        self.runtime.block_on(client.batch_execute(sql)).map_err(Error::postgres)
    }

    pub(super) fn push(&mut self, sql: &'static str, args: &[Value<'_>]) {
        self.held.push((sql, args.iter().map(Owned::of).collect()));
    }

    pub(super) fn exec(&mut self, sql: &'static str, args: &[Value<'_>]) -> Result<u64> {
        Ok(self.flush(Next::Exec(sql, args))?.0)
    }

    pub(super) fn query(&mut self, sql: &'static str, args: &[Value<'_>]) -> Result<Vec<Row>> {
        Ok(self.flush(Next::Query(sql, args))?.1)
    }

    /// Gives every row to `each` as it comes in. The server sends no more than a little ahead of that.
    pub(super) fn each(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
        mut each: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        // What is held back goes first, and begins the transaction if there is to be one.
        self.flush(Next::Nothing)?;
        let client = self.client()?;
        let statement = self.statement(&client, sql)?;
        self.runtime.block_on(async {
            let rows = client.query_raw(&statement, references(args)).await.map_err(Error::postgres)?;
            let mut rows = std::pin::pin!(rows);
            let mut seen = false;
            while let Some(row) = rows.next().await {
                // Whoever saw a row cannot be made to forget it: the work is not run again by itself.
                let row =
                    row.map_err(|error| if seen { Error::postgres(error).once() } else { Error::postgres(error) })?;
                seen = true;
                each(&row)?;
            }
            Ok(())
        })
    }

    /// As `query`, for a text that nobody will send again: its statement is closed when it was run.
    pub(super) fn query_once(&mut self, sql: &str, args: &[Value<'_>]) -> Result<Vec<Row>> {
        Ok(self.flush(Next::Once(sql, args))?.1)
    }

    /// Sends what is held back and `next` in one go, and waits for all of it.
    fn flush(&mut self, next: Next<'_>) -> Result<(u64, Vec<Row>)> {
        let client = self.client()?;
        let held = std::mem::take(&mut self.held);
        let mut writes = Vec::with_capacity(held.len());
        for (sql, args) in &held {
            writes.push((self.statement(&client, sql)?, args));
        }
        let next = match next {
            Next::Nothing => Prepared::Nothing,
            Next::Commit => Prepared::Commit,
            Next::Exec(sql, args) => Prepared::Exec(self.statement(&client, sql)?, args),
            Next::Query(sql, args) => Prepared::Query(self.statement(&client, sql)?, args),
            Next::Once(sql, args) => {
                Prepared::Query(self.runtime.block_on(client.prepare(sql)).map_err(Error::postgres)?, args)
            }
        };
        let opening = if let Open::Pending(text) = self.open { Some(text) } else { None };
        let client = &*client;
        // Requests enter the pipe in the order in which these futures are first polled.
        let (begun, written, answer) = self.runtime.block_on(join3(
            async { if let Some(text) = opening { client.batch_execute(text).await } else { Ok(()) } },
            join_all(writes.iter().map(|(statement, args)| async move {
                let args: Vec<Value<'_>> = args.iter().map(Owned::borrow).collect();
                client.execute_raw(statement, references(&args)).await
            })),
            async {
                match &next {
                    Prepared::Nothing => Ok((0, Vec::new())),
                    Prepared::Commit => client.batch_execute("COMMIT").await.map(|()| (0, Vec::new())),
                    Prepared::Exec(statement, args) => {
                        client.execute(statement, &references(args)).await.map(|n| (n, Vec::new()))
                    }
                    Prepared::Query(statement, args) => {
                        client.query(statement, &references(args)).await.map(|rows| (0, rows))
                    }
                }
            },
        ));
        if matches!(next, Prepared::Commit) {
            self.open = Open::No;
        } else if opening.is_some() {
            self.open = Open::Yes;
        }
        // After a failed write COMMIT answers "rolled back" without an error, so every answer counts, the first most.
        begun.map_err(Error::postgres)?;
        for write in written {
            write.map_err(Error::postgres)?;
        }
        answer.map_err(Error::postgres)
    }

    fn commit(&mut self) -> Result<()> {
        let next = match self.open {
            // Nothing was asked of the database.
            Open::Pending(_) if self.held.is_empty() => return Ok(()),
            Open::Pending(_) | Open::Yes => Next::Commit,
            Open::No => Next::Nothing,
        };
        self.flush(next).map(drop)
    }

    fn rollback(&mut self) {
        self.held.clear();
        if self.open == Open::Yes
            && let Some(client) = self.client.clone()
            && self.runtime.block_on(client.batch_execute("ROLLBACK")).is_err()
        {
            // A connection in an unknown state is worth nothing.
            self.client = None;
        }
        self.open = Open::No;
    }
}

#[derive(Clone, Copy)]
enum Next<'a> {
    Nothing,
    Commit,
    Exec(&'static str, &'a [Value<'a>]),
    Query(&'static str, &'a [Value<'a>]),
    Once(&'a str, &'a [Value<'a>]),
}

enum Prepared<'a> {
    Nothing,
    Commit,
    Exec(Statement, &'a [Value<'a>]),
    Query(Statement, &'a [Value<'a>]),
}

fn references<'a>(args: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    args.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}
