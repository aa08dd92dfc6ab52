//! The db room beside the raw drivers: two durable transactions that are the heart of a sign-in, 64 at the same time.
//!
//! Start: insert a challenge and an outbox row. Verify: select the challenge, update it, select an account, insert a
//! session and an audit row.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use countersign_domain::args;
use countersign_domain::base::Error;
use countersign_domain::db::{Db, Options};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::{Done, Measured};

const AT_ONCE: usize = 64;
const POOL: usize = 16;

const SCHEMA: &str = "
CREATE TABLE b_challenge (id BIGINT PRIMARY KEY, code TEXT NOT NULL, used BIGINT NOT NULL);
CREATE TABLE b_outbox (id BIGINT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE b_account (id BIGINT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE b_session (id BIGINT PRIMARY KEY, account BIGINT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX b_session_account ON b_session (account);
CREATE INDEX b_session_hash ON b_session (hash);
CREATE TABLE b_audit (id BIGINT PRIMARY KEY, event TEXT NOT NULL);
INSERT INTO b_account (id, name) VALUES (1, 'anna');
";
const CHALLENGE: &str = "INSERT INTO b_challenge (id, code, used) VALUES ($1, $2, 0)";
const OUTBOX: &str = "INSERT INTO b_outbox (id, body) VALUES ($1, $2)";
const FIND: &str = "SELECT code FROM b_challenge WHERE id = $1 AND used = 0";
const USE: &str = "UPDATE b_challenge SET used = 1 WHERE id = $1 AND used = 0";
const ACCOUNT: &str = "SELECT name FROM b_account WHERE id = $1";
const SESSION: &str = "INSERT INTO b_session (id, account, hash) VALUES ($1, $2, $3)";
const AUDIT: &str = "INSERT INTO b_audit (id, event) VALUES ($1, $2)";

pub(crate) fn run(postgres: Option<&str>, seconds: u64) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let time = Duration::from_secs(seconds);
    runtime.block_on(async {
        println!("sign-in transactions, {AT_ONCE} at the same time, every commit on disk");
        let folder = tempfile::tempdir_in(".")?;
        let path = folder.path().join("raw.db");
        let raw = measure(time, RawSqlite::open(&path)?).await?;
        println!("  rusqlite, group commit     {raw}");
        let url = format!("sqlite://{}", folder.path().join("room.db").display());
        rusqlite::Connection::open(folder.path().join("room.db"))?.execute_batch(SCHEMA)?;
        let ours = measure(time, Room(Db::open(&Options::new(url))?)).await?;
        println!("  the db room on SQLite      {ours}   {:.0} % of raw", 100.0 * ours.per_second / raw.per_second);
        if let Some(url) = postgres {
            let pool = RawPostgres::open(url).await?;
            let raw = measure(time, pool).await?;
            println!("  tokio-postgres, pipelined  {raw}");
            let ours = measure(time, Room(Db::open(&Options { connections: POOL, ..Options::new(url) })?)).await?;
            println!("  the db room on PostgreSQL  {ours}   {:.0} % of raw", 100.0 * ours.per_second / raw.per_second);
        }
        Ok(())
    })
}

trait Flow: Clone + Send + Sync + 'static {
    fn sign_in(&self, id: i64) -> impl Future<Output = Done> + Send;
}

async fn measure(time: Duration, flow: impl Flow) -> Done<Measured> {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let end = Instant::now() + time;
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let flow = flow.clone();
            tokio::spawn(async move {
                let mut micros = Vec::new();
                while Instant::now() < end {
                    let began = Instant::now();
                    flow.sign_in(NEXT.fetch_add(1, Ordering::Relaxed)).await?;
                    micros.push(u64::try_from(began.elapsed().as_micros())?);
                }
                Done::Ok(micros)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(Measured::of(all, time.as_secs_f64()))
}

#[derive(Clone)]
struct Room(Db);

impl Flow for Room {
    async fn sign_in(&self, id: i64) -> Done {
        self.0
            .write(move |tx| {
                tx.push(CHALLENGE, args![id, "0123456789abcdef"])?;
                tx.push(OUTBOX, args![id, "a message of ordinary length for a phone"])
            })
            .await?;
        self.0
            .write(move |tx| {
                tx.find(FIND, args![id], |row| row.get::<String>(0))?.ok_or_else(|| Error::internal("no row"))?;
                if tx.exec(USE, args![id])? != 1 {
                    return Err(Error::internal("used"));
                }
                tx.find(ACCOUNT, args![1_i64], |row| row.get::<String>(0))?;
                tx.push(SESSION, args![id, 1_i64, format!("{id:064}").as_str()])?;
                tx.push(AUDIT, args![id, "session.create"])
            })
            .await?;
        Ok(())
    }
}

/// A writer thread that commits in groups, with nothing of ours in it.
#[derive(Clone)]
struct RawSqlite(crossbeam_channel::Sender<Job>);

enum Work {
    Start(i64),
    Verify(i64),
}

type Job = (Work, oneshot::Sender<bool>);

impl RawSqlite {
    fn open(path: &std::path::Path) -> Done<Self> {
        let db = rusqlite::Connection::open(path)?;
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;")?;
        db.execute_batch(SCHEMA)?;
        let (sender, jobs) = crossbeam_channel::bounded::<Job>(8_192);
        std::thread::spawn(move || {
            while let Ok(first) = jobs.recv() {
                let mut group = vec![first];
                group.extend(jobs.try_iter().take(127));
                let done = raw_group(&db, &group);
                for (_, reply) in group {
                    let _ = reply.send(done.is_ok());
                }
            }
        });
        Ok(Self(sender))
    }

    async fn send(&self, work: Work) -> Done {
        let (reply, done) = oneshot::channel();
        self.0.send((work, reply))?;
        if done.await? { Ok(()) } else { Err("the group failed".into()) }
    }
}

fn raw_group(db: &rusqlite::Connection, group: &[Job]) -> rusqlite::Result<()> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    for (work, _) in group {
        match *work {
            Work::Start(id) => {
                db.prepare_cached(CHALLENGE)?.execute((id, "0123456789abcdef"))?;
                db.prepare_cached(OUTBOX)?.execute((id, "a message of ordinary length for a phone"))?;
            }
            Work::Verify(id) => {
                db.prepare_cached(FIND)?.query_row([id], |row| row.get::<_, String>(0))?;
                db.prepare_cached(USE)?.execute([id])?;
                db.prepare_cached(ACCOUNT)?.query_row([1], |row| row.get::<_, String>(0))?;
                db.prepare_cached(SESSION)?.execute((id, 1, format!("{id:064}")))?;
                db.prepare_cached(AUDIT)?.execute((id, "session.create"))?;
            }
        }
    }
    db.execute_batch("COMMIT")
}

impl Flow for RawSqlite {
    async fn sign_in(&self, id: i64) -> Done {
        self.send(Work::Start(id)).await?;
        self.send(Work::Verify(id)).await
    }
}

/// Connections that take turns, statements pipelined by hand where no answer is needed.
#[derive(Clone)]
struct RawPostgres {
    idle: crossbeam_channel::Receiver<Arc<Connection>>,
    back: crossbeam_channel::Sender<Arc<Connection>>,
    places: Arc<tokio::sync::Semaphore>,
}

struct Connection {
    client: tokio_postgres::Client,
    statements: Vec<tokio_postgres::Statement>,
}

impl RawPostgres {
    async fn open(url: &str) -> Done<Self> {
        let (back, idle) = crossbeam_channel::unbounded();
        for n in 0..POOL {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            if n == 0 {
                client
                    .batch_execute("DROP TABLE IF EXISTS b_challenge, b_outbox, b_account, b_session, b_audit")
                    .await?;
                client.batch_execute(SCHEMA).await?;
            }
            let mut statements = Vec::new();
            for sql in [CHALLENGE, OUTBOX, FIND, USE, ACCOUNT, SESSION, AUDIT] {
                statements.push(client.prepare(sql).await?);
            }
            back.send(Arc::new(Connection { client, statements }))?;
        }
        Ok(Self { idle, back, places: Arc::new(tokio::sync::Semaphore::new(POOL)) })
    }
}

impl Flow for RawPostgres {
    async fn sign_in(&self, id: i64) -> Done {
        for verify in [false, true] {
            let _place = self.places.acquire().await?;
            let connection = self.idle.recv()?;
            let done = if verify { connection.verify(id).await } else { connection.start(id).await };
            self.back.send(connection)?;
            done?;
        }
        Ok(())
    }
}

impl Connection {
    async fn start(&self, id: i64) -> Done {
        let s = &self.statements;
        futures_util::try_join!(
            self.client.batch_execute("BEGIN"),
            async { self.client.execute(&s[0], &[&id, &"0123456789abcdef"]).await },
            async { self.client.execute(&s[1], &[&id, &"a message of ordinary length for a phone"]).await },
            self.client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }

    async fn verify(&self, id: i64) -> Done {
        let s = &self.statements;
        futures_util::try_join!(self.client.batch_execute("BEGIN"), async {
            self.client.query_one(&s[2], &[&id]).await
        })?;
        self.client.execute(&s[3], &[&id]).await?;
        let hash = format!("{id:064}");
        futures_util::try_join!(
            async { self.client.query_one(&s[4], &[&1_i64]).await },
            async { self.client.execute(&s[5], &[&id, &1_i64, &hash]).await },
            async { self.client.execute(&s[6], &[&id, &"session.create"]).await },
            self.client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }
}
