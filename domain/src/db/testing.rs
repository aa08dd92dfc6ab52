//! A fresh, migrated database of either kind for a test.
//!
//! PostgreSQL's comes from a throw-away cluster whose address is in `COUNTERSIGN_TEST_POSTGRES`; `./test` starts one.

#![expect(clippy::expect_used, clippy::panic, reason = "a test cannot go on without a database")]

use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Db, Kind, OnCommit, Options};
use crate::base::Time;

/// A database that is removed when this is dropped.
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// Its address.
    pub url: String,
    cleanup: Cleanup,
}

enum Cleanup {
    Folder(#[expect(dead_code, reason = "held for its Drop")] tempfile::TempDir),
    Database(String),
}

/// Waits for `future` on this thread.
pub fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

impl TestDb {
    /// A fresh database of `kind`.
    pub fn new(kind: Kind) -> Self {
        Self::with(kind, std::sync::Arc::new(|_| ()))
    }

    /// A fresh database of `kind` whose commits `on_commit` hears of.
    pub fn with(kind: Kind, on_commit: OnCommit) -> Self {
        let (url, cleanup) = match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                (format!("sqlite://{}", folder.path().join("test.db").display()), Cleanup::Folder(folder))
            }
            Kind::Postgres => {
                let name = fresh_name();
                admin(&format!("CREATE DATABASE {name} TEMPLATE {}", template()));
                (address(&name), Cleanup::Database(name))
            }
        };
        let db = Db::open(&Options { url: url.clone(), connections: 4, on_commit }).expect("the database opens");
        if kind == Kind::Sqlite {
            wait(db.migrate(Time::from_micros(0))).expect("the schema is made");
        }
        Self { db, url, cleanup }
    }

    /// Another handle to the same data, as another process would have it.
    pub fn reopen(&self) -> Db {
        Db::open(&Options { connections: 2, ..Options::new(self.url.clone()) }).expect("the database opens")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Cleanup::Database(name) = &self.cleanup {
            admin(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn server() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests are told where their cluster is")]
    std::env::var("COUNTERSIGN_TEST_POSTGRES")
        .expect("COUNTERSIGN_TEST_POSTGRES must hold the address of a throw-away cluster: run the tests by ./test")
}

fn address(database: &str) -> String {
    format!("{}/{database}", server())
}

fn fresh_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn admin(sql: &str) {
    wait(async {
        let (client, connection) =
            tokio_postgres::connect(&address("postgres"), tokio_postgres::NoTls).await.expect("the cluster answers");
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    });
}

fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        admin(&format!("CREATE DATABASE {name}"));
        let db = Db::open(&Options { connections: 1, ..Options::new(address(&name)) }).expect("the template opens");
        wait(db.migrate(Time::from_micros(0))).expect("the schema is made");
        name
    })
}

/// Writes a test once and runs it on both databases.
///
/// ```ignore
/// on_both!(a_row_is_kept, |test| { wait(test.db.write(|tx| …)); });
/// ```
#[macro_export]
macro_rules! on_both {
    ($(#[$meta:meta])* $name:ident, |$test:ident| $body:block) => {
        mod $name {
            use super::*;

            $(#[$meta])*
            fn body($test: &$crate::db::testing::TestDb) $body

            #[test]
            fn sqlite() {
                body(&$crate::db::testing::TestDb::new($crate::db::Kind::Sqlite));
            }

            #[test]
            fn postgres() {
                body(&$crate::db::testing::TestDb::new($crate::db::Kind::Postgres));
            }
        }
    };
}
