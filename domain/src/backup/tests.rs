use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::args;
use crate::base::Phone;
use crate::base::random::SystemRandom;
use crate::base::sealed::{Lock, Opener, Sealer};
use crate::base::testing::ctx;
use crate::db::schema::ColumnKind;
use crate::db::testing::{TestDb, wait};
use crate::db::{Cell, Db, MIGRATIONS, Options};
use crate::project::{self, Settings};
use crate::user::{self, NewByKey};
use crate::{audit, session, token};

/// A database with something in it, and nothing that stands in no table of ours.
fn fill(test: &TestDb, people: usize) {
    let ctx = ctx();
    wait(test.db.write(move |tx| {
        project::create(tx, &ctx, "p1", "The Shop", Settings::default())?;
        token::ensure_keys(tx, &ctx)?;
        for n in 0..people {
            let phone = Phone::from_stored(format!("+1425555{n:04}"));
            let id = format!("u{n}");
            let name = format!("Zoë 🦊 {n}");
            user::create_by_key(tx, &ctx, &NewByKey { id: Some(&id), phone: Some(&phone), name: &name, email: None })?;
            let new = session::New {
                user: &id,
                provider: "phone",
                provider_uid: "",
                factors: &["phone"],
                seconds: 900,
                limit: 10,
            };
            session::create(tx, &ctx, new)?;
            audit::record(tx, &ctx, audit::What::SessionCreate, Some(&id), "{}")?;
        }
        Ok(())
    }))
    .unwrap();
}

/// The backup of a database, not locked.
fn plain(db: &Db) -> (Vec<u8>, Contents) {
    let ctx = ctx();
    wait(db.snapshot(move |tx| {
        let mut out = Vec::new();
        let contents = write(tx, &ctx, "0.0.0", None, &mut out, &|| ())?;
        Ok((out, contents))
    }))
    .unwrap()
}

fn restore(db: &Db, bytes: &[u8]) -> Result<Contents> {
    let bytes = bytes.to_vec();
    wait(db.write(move |tx| load(tx, &mut &bytes[..], ctx().now, &|| ())))
}

/// A database without any table.
struct Bare {
    db: Db,
    _held: Held,
}

enum Held {
    Folder(#[expect(dead_code, reason = "held for its Drop")] tempfile::TempDir),
    Test(#[expect(dead_code, reason = "held for its Drop")] TestDb),
}

fn bare(kind: Kind) -> Bare {
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("new.db").display());
            Bare { db: Db::open(&Options::new(url)).unwrap(), _held: Held::Folder(folder) }
        }
        Kind::Postgres => {
            let test = TestDb::new(kind);
            let empty = |tx: &mut Tx<'_>| {
                tx.exec("DROP SCHEMA public CASCADE", args![])?;
                tx.exec("CREATE SCHEMA public", args![]).map(drop)
            };
            wait(test.db.write(empty)).unwrap();
            Bare { db: test.reopen(), _held: Held::Test(test) }
        }
    }
}

#[test]
fn what_one_kind_of_database_held_the_other_holds_and_back_again() {
    for (first, second) in [
        (Kind::Sqlite, Kind::Postgres),
        (Kind::Postgres, Kind::Sqlite),
        (Kind::Sqlite, Kind::Sqlite),
        (Kind::Postgres, Kind::Postgres),
    ] {
        let from = TestDb::new(first);
        fill(&from, 300);
        let (bytes, written) = plain(&from.db);
        assert!(written.rows() > 900, "{}", written.rows());
        let there = bare(second);
        assert_eq!(restore(&there.db, &bytes).unwrap().sums, written.sums);
        let (bytes, again) = plain(&there.db);
        assert_eq!(again.sums, written.sums);
        let back = bare(first);
        assert_eq!(restore(&back.db, &bytes).unwrap().sums, written.sums);
        assert_eq!(wait(back.db.migrate(ctx().now)).unwrap(), Vec::<&str>::new(), "the schema is the newest");
        let keys = Arc::clone(&ctx().keys);
        let names = wait(back.db.read(move |tx| project::list(tx, &keys))).unwrap();
        assert_eq!(names[0].name, "The Shop");
    }
}

#[test]
fn every_table_is_in_a_backup_or_left_out_by_name() {
    let all: BTreeSet<_> = schema::tables(schema::newest()).unwrap().into_iter().map(|table| table.name).collect();
    let kept: BTreeSet<_> = tables(schema::newest()).unwrap().into_iter().map(|table| table.name).collect();
    assert!(LEFT_OUT.iter().all(|name| all.contains(*name)));
    // A decision for each new one: does it belong into a backup? That the list is whole is tested in `db::schema`.
    let left: Vec<_> = all.difference(&kept).map(String::as_str).collect();
    assert_eq!(left, LEFT_OUT);
}

/// A row of each table, whatever it is for.
fn fill_all(db: &Db) {
    wait(db.write(|tx| {
        let mut inserter = Inserter::default();
        schema::tables(schema::newest())?.iter().try_for_each(|table| {
            let cells: Vec<_> = table.columns.iter().map(|(_, kind)| any(*kind)).collect();
            inserter.insert(tx, table, &cells)
        })
    }))
    .unwrap();
}

fn any(kind: ColumnKind) -> Cell {
    match kind {
        ColumnKind::Text => Cell::Text("x".to_owned()),
        ColumnKind::Int => Cell::Int(7),
        ColumnKind::Bool => Cell::Bool(true),
        ColumnKind::Bytes => Cell::Bytes(vec![0, 255]),
        ColumnKind::Float => Cell::Float(0.5),
    }
}

crate::on_both!(every_table_of_the_schema_comes_back, |test| {
    fill_all(&test.db);
    let (bytes, _) = plain(&test.db);
    let there = bare(if test.db.kind() == Kind::Sqlite { Kind::Postgres } else { Kind::Sqlite });
    restore(&there.db, &bytes).unwrap();
    // Counted without the list that a backup goes by.
    let empty = wait(there.db.read(|tx| {
        let mut empty = Vec::new();
        for table in schema::tables(schema::newest())? {
            if tx.is_empty(&table)? {
                empty.push(table.name);
            }
        }
        Ok(empty)
    }));
    assert_eq!(empty.unwrap(), LEFT_OUT);
});

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let test = TestDb::new(kind);
        fill(&test, 50);
        let (writer, context) = (test.reopen(), ctx());
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let writing = std::thread::spawn(move || {
            let mut n = 0;
            while !seen.load(std::sync::atomic::Ordering::Relaxed) {
                let (ctx, id) = (context.clone(), format!("w{n}"));
                wait(writer.write(move |tx| {
                    // Both or neither.
                    user::create_by_key(tx, &ctx, &NewByKey { id: Some(&id), ..NewByKey::default() })?;
                    audit::record(tx, &ctx, audit::What::UserCreate, Some(&id), "{}")
                }))
                .unwrap();
                n += 1;
            }
            n
        });
        let mut counts = Vec::new();
        while counts.len() < 20 {
            let (_, contents) = plain(&test.db);
            let of = |name: &str| contents.sums.iter().find(|sum| sum.table == name).unwrap().rows;
            assert_eq!(of("users"), of("audit_events"));
            counts.push(of("users"));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(writing.join().unwrap() > 0);
        assert!(counts.first() < counts.last(), "others wrote meanwhile: {counts:?}");
    }
}

crate::on_both!(a_database_that_holds_anything_is_not_touched, |test| {
    fill(test, 3);
    let (bytes, before) = plain(&test.db);
    let refused = restore(&test.db, &bytes).unwrap_err();
    assert!(refused.to_string().starts_with("the database: is not empty: there are rows in projects"), "{refused}");
    assert_eq!(plain(&test.db).1.sums, before.sums);
});

crate::on_both!(a_damaged_backup_leaves_nothing_behind, |test| {
    fill(test, 20);
    let (bytes, _) = plain(&test.db);
    let there = bare(test.db.kind());
    let without_end = &bytes[..bytes.len() - 1];
    let twice = [&bytes[..], &bytes[..]].concat();
    // A row that is gone: nothing in the file itself says so but its end.
    let second = 5 + u32::from_le_bytes(bytes[1..5].try_into().unwrap()) as usize;
    let row = 5 + u32::from_le_bytes(bytes[second + 1..second + 5].try_into().unwrap()) as usize;
    let shorter = [&bytes[..second], &bytes[second + row..]].concat();
    for (name, bad) in [("cut", without_end), ("twice", &twice), ("shorter", &shorter), ("empty", &[])] {
        assert!(check(&mut &bad[..], &|| ()).is_err(), "{name}");
        assert!(restore(&there.db, bad).is_err(), "{name}");
    }
    let refused = restore(&there.db, &shorter).unwrap_err();
    assert_eq!(refused.to_string(), "the file: holds other rows than it says");
    // Not even a table.
    wait(there.db.read(|tx| tx.find("SELECT COUNT(*) FROM projects", args![], |row| row.get::<i64>(0)))).unwrap_err();
    restore(&there.db, &bytes).unwrap();
});

#[test]
fn a_backup_of_an_earlier_schema_is_migrated_and_one_of_a_later_refused() {
    let old = bare(Kind::Sqlite);
    wait(old.db.write(|tx| tx.migrate_to(1, ctx().now))).unwrap();
    wait(old.db.write(|tx| {
        tx.exec(
            "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_verified, phone_proof, mfa, labels,
  prefs, created_at, updated_at) VALUES ('p1', 'u1', 'key', 0, 0, 'Anna', 'anna@example.com', 1, 'none', 0, '[]', '{}', 0, 0)",
            args![],
        )
    }))
    .unwrap();
    let (bytes, contents) = plain(&old.db);
    assert_eq!(contents.manifest.schema, 1);
    let there = bare(Kind::Postgres);
    restore(&there.db, &bytes).unwrap();
    wait(there.db.migrate(ctx().now)).unwrap();
    let user = wait(there.db.read(|tx| user::get(tx, "p1", "u1"))).unwrap();
    assert_eq!((user.email_proof, user.name.as_str()), (user::Proof::Code, "Anna"));
    // An empty database that is ahead of it would leave the steps out.
    let ahead = TestDb::new(Kind::Sqlite);
    let refused = restore(&ahead.db, &bytes).unwrap_err();
    let newest = MIGRATIONS.len();
    assert!(refused.to_string().contains(&format!("has a newer schema ({newest}) than the backup (1)")), "{refused}");

    let text = String::from_utf8_lossy(&bytes[5..]).into_owned();
    let json = &text[..text.find("}]}").map_or(0, |at| at + 3)];
    let newer = json.replace("\"schema\":1", &format!("\"schema\":{}", newest + 1));
    let mut forged = vec![b'M'];
    forged.extend(u32::try_from(newer.len()).unwrap().to_le_bytes());
    forged.extend(newer.as_bytes());
    let refused = check(&mut &forged[..], &|| ()).unwrap_err();
    assert!(refused.to_string().contains("was made by a newer Countersign"), "{refused}");
}

crate::on_both!(nothing_of_anybody_is_readable_in_a_locked_backup, |test| {
    fill(test, 5);
    let (plain, _) = plain(&test.db);
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has(&plain, "+14255550003"));
    let keys = ctx().keys;
    let mut sealer = Sealer::new(Vec::new(), Lock::Keys(&keys), &SystemRandom::new()).unwrap();
    Write::write_all(&mut sealer, &plain).unwrap();
    let locked = sealer.finish().unwrap();
    for text in ["+14255550003", "The Shop", "users"] {
        assert!(!has(&locked, text), "{text}");
    }
    let mut opener = Opener::new(&locked[..], Lock::Keys(&keys)).unwrap();
    let contents = check(&mut opener, &|| ()).unwrap();
    assert!(contents.manifest.fits(&keys).unwrap());
    assert!(!contents.manifest.fits(&Keys::from_master(&[9; 32]).unwrap()).unwrap());
});
