//! The room itself, on both databases.

use super::testing::{TestDb, wait};
use super::{Db, Kind, Options, migrate};
use crate::base::{Code, Error, Result, Time};
use crate::{args, on_both};

const PUT: &str = "INSERT INTO migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
const COUNT: &str = "SELECT COUNT(*) FROM migrations WHERE version > 1000";

fn put(db: &Db, version: i64) -> Result<()> {
    wait(db.write(move |tx| tx.exec(PUT, args![version, "x", "y", 0_i64]).map(drop)))
}

fn count(db: &Db) -> i64 {
    wait(db.read(|tx| tx.find(COUNT, args![], |row| row.get(0)))).unwrap().unwrap()
}

on_both!(what_is_written_is_there_for_another_process, |test| {
    put(&test.db, 1_001).unwrap();
    assert_eq!(count(&test.reopen()), 1);
});

const LIST: &str = "SELECT version FROM migrations WHERE version > $1 ORDER BY version";

on_both!(rows_that_are_streamed_are_of_one_instant_and_end_when_they_are_refused, |test| {
    for version in 1_001..=1_050 {
        put(&test.db, version).unwrap();
    }
    let other = test.reopen();
    let seen = wait(test.db.read(move |tx| {
        let mut seen = Vec::new();
        tx.each(LIST, args![1_000_i64], |row| {
            let version = row.get::<i64>(0)?;
            if version == 1_010 {
                // Another process writes meanwhile.
                let other = other.clone();
                std::thread::spawn(move || put(&other, 1_051)).join().unwrap()?;
            }
            seen.push(version);
            Ok(())
        })?;
        Ok(seen)
    }));
    assert_eq!(seen.unwrap(), (1_001..=1_050).collect::<Vec<_>>());
    assert_eq!(count(&test.db), 51);
    let refused = wait(test.db.write(move |tx| {
        let mut rows = 0;
        tx.each(LIST, args![1_000_i64], |_| {
            rows += 1;
            if rows == 7 { Err(Code::InvalidToken.into()) } else { Ok(()) }
        })
    }));
    assert_eq!(refused.unwrap_err().code, Code::InvalidToken);
    // The connection goes on.
    assert_eq!(count(&test.db), 51);
});

on_both!(an_error_undoes_the_whole_transaction, |test| {
    let refused: Result<()> = wait(test.db.write(|tx| {
        tx.push(PUT, args![1_001_i64, "x", "y", 0_i64])?;
        Err(Error::from(Code::InvalidToken))
    }));
    assert_eq!(refused.unwrap_err().code, Code::InvalidToken);
    assert_eq!(count(&test.db), 0);
});

on_both!(an_attempt_that_fails_undoes_only_itself, |test| {
    let inner = wait(test.db.write(|tx| {
        tx.push(PUT, args![1_001_i64, "x", "y", 0_i64])?;
        tx.after_commit("kept", "1");
        tx.attempt(|tx| {
            tx.exec(PUT, args![1_002_i64, "x", "y", 0_i64])?;
            Err::<(), _>(Error::from(Code::InvalidToken))
        })
    }));
    assert_eq!(inner.unwrap().unwrap_err().code, Code::InvalidToken);
    assert_eq!(count(&test.db), 1);
});

on_both!(a_deferred_write_that_fails_fails_the_transaction, |test| {
    put(&test.db, 1_001).unwrap();
    let twice: Result<()> = wait(test.db.write(|tx| {
        tx.push(PUT, args![1_002_i64, "x", "y", 0_i64])?;
        tx.push(PUT, args![1_001_i64, "x", "y", 0_i64])
    }));
    assert_eq!(twice.unwrap_err().code, Code::StoreUnavailable);
    assert_eq!(count(&test.db), 1);
});

on_both!(a_panic_in_a_transaction_stays_there, |test| {
    let panicked: Result<()> = wait(test.db.write(|_| panic!("on purpose")));
    assert_eq!(panicked.unwrap_err().code, Code::Internal);
    put(&test.db, 1_001).unwrap();
    assert_eq!(count(&test.db), 1);
});

on_both!(a_thousand_writers_at_once_all_succeed, |test| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let writers: Vec<_> = (2_000..3_000_i64)
            .map(|n| {
                let db = test.db.clone();
                tokio::spawn(async move { db.write(move |tx| tx.exec(PUT, args![n, "x", "y", 0_i64]).map(drop)).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
    });
    assert_eq!(count(&test.db), 1_000);
});

const PUT_RETURNING: &str =
    "INSERT INTO migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4) RETURNING version";

on_both!(a_statement_that_returns_rows_may_be_run_for_its_count_alone, |test| {
    let counts = wait(test.db.write(|tx| {
        tx.push(PUT_RETURNING, args![1_001_i64, "x", "y", 0_i64])?;
        tx.exec(PUT_RETURNING, args![1_002_i64, "x", "y", 0_i64])
    }));
    assert_eq!(counts.unwrap(), 1);
    assert_eq!(count(&test.db), 2);
});

on_both!(migrating_again_changes_nothing, |test| {
    assert_eq!(wait(test.db.migrate(Time::from_micros(1))).unwrap(), Vec::<&str>::new());
    assert!(wait(test.db.migration_status()).unwrap().iter().all(|m| m.at == Some(Time::from_micros(0))));
});

on_both!(a_database_with_another_history_is_refused, |test| {
    put(&test.db, 9_999).unwrap();
    let error = wait(test.db.migrate(Time::from_micros(1))).unwrap_err();
    assert!(error.to_string().contains("migration 9999"), "{error}");
});

on_both!(every_value_comes_back_as_it_went_in, |test| {
    const ECHO: &str = "SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT)";
    let echo = wait(test.db.read(|tx| {
        tx.find(ECHO, args![i64::MIN, "\u{1f389} 'quoted'", None::<i64>], |row| {
            Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<Option<i64>>(2)?))
        })
    }));
    assert_eq!(echo.unwrap().unwrap(), (i64::MIN, "\u{1f389} 'quoted'".to_owned(), None));
});

#[test]
fn effects_are_heard_before_the_writer_is_answered_and_only_after_a_commit() {
    use std::sync::{Arc, Mutex};
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&heard);
        let test = TestDb::with(kind, Arc::new(move |effects| listener.lock().unwrap().extend_from_slice(effects)));
        let lost: Result<()> = wait(test.db.write(|tx| {
            tx.after_commit("topic", "lost");
            Err(Error::from(Code::InvalidToken))
        }));
        assert!(lost.is_err());
        wait(test.db.write(|tx| {
            tx.after_commit("topic", "heard");
            Ok(())
        }))
        .unwrap();
        let keys: Vec<_> = heard.lock().unwrap().iter().map(|e| e.key.clone()).collect();
        assert_eq!(keys, ["heard"], "{kind:?}");
    }
}

#[test]
fn an_unknown_kind_of_address_is_refused() {
    assert!(Db::open(&Options::new("mysql://x")).is_err());
    assert!(migrate::LIST.contains("migrations"));
}

on_both!(a_text_that_was_put_together_is_run_once_and_forgotten, |test| {
    const OPEN: &str = "SELECT COUNT(*) FROM pg_prepared_statements";
    wait(test.db.write(|tx| {
        if tx.kind() == Kind::Postgres {
            tx.find(OPEN, args![], |row| row.get::<i64>(0))?;
        }
        for n in 0..20_i64 {
            let sql = format!("SELECT CAST($1 AS BIGINT) + {n}");
            assert_eq!(tx.list_dynamic(&sql, args![1_i64], |row| row.get::<i64>(0))?, [n + 1]);
        }
        if tx.kind() == Kind::Postgres {
            assert_eq!(tx.find(OPEN, args![], |row| row.get::<i64>(0))?, Some(1));
        }
        Ok(())
    }))
    .unwrap();
});
