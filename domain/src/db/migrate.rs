//! Migrations: numbered, forward only, embedded, one text for both databases.

use super::schema::without_comments;
use super::{Db, Kind, Tx};
use crate::args;
use crate::base::crypto::sha256;
use crate::base::{Error, Result, Time};

/// One step of the schema.
#[derive(Debug)]
pub struct Migration {
    /// Its number, from 1, without gaps.
    pub version: i64,
    /// Its file's name without the number.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// All steps, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "start", sql: include_str!("../../migrations/0001_start.sql") },
    Migration {
        version: 2,
        name: "password_email_mfa",
        sql: include_str!("../../migrations/0002_password_email_mfa.sql"),
    },
    Migration { version: 3, name: "audit_chain", sql: include_str!("../../migrations/0003_audit_chain.sql") },
    Migration { version: 4, name: "user_search", sql: include_str!("../../migrations/0004_user_search.sql") },
    Migration { version: 5, name: "contacts", sql: include_str!("../../migrations/0005_contacts.sql") },
    Migration { version: 6, name: "webhooks", sql: include_str!("../../migrations/0006_webhooks.sql") },
    Migration { version: 7, name: "admin", sql: include_str!("../../migrations/0007_admin.sql") },
    Migration { version: 8, name: "accounts", sql: include_str!("../../migrations/0008_accounts.sql") },
    Migration { version: 9, name: "mfa", sql: include_str!("../../migrations/0009_mfa.sql") },
    Migration { version: 10, name: "user_notes", sql: include_str!("../../migrations/0010_user_notes.sql") },
];

/// A step and whether the database has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub name: &'static str,
    /// When it was applied, if it was.
    pub at: Option<Time>,
}

const CREATE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);";
pub(super) const LIST: &str = "SELECT version, checksum, applied_at FROM migrations ORDER BY version";
pub(super) const INSERT: &str =
    "INSERT INTO migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

pub(super) async fn run(db: &Db, now: Time) -> Result<Vec<&'static str>> {
    db.write(|tx| tx.batch(&native(tx.kind(), CREATE))).await?;
    let mut applied = Vec::new();
    for migration in MIGRATIONS {
        if db.write(move |tx| apply(tx, migration, now)).await? {
            applied.push(migration.name);
        }
    }
    db.read(check).await?;
    Ok(applied)
}

/// Applies a step unless it is applied.
fn apply(tx: &mut Tx<'_>, migration: &Migration, now: Time) -> Result<bool> {
    // The row comes first: of two nodes that start at once, the second waits here and then finds it there.
    let new = tx.exec(INSERT, args![migration.version, migration.name, &checksum(migration), now])? == 1;
    if new {
        tx.batch(&native(tx.kind(), migration.sql))?;
    }
    Ok(new)
}

pub(super) fn version(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(check(tx)?.last().map_or(0, |(version, ..)| *version))
}

pub(super) fn up_to(tx: &mut Tx<'_>, version: i64, now: Time) -> Result<()> {
    tx.batch(&native(tx.kind(), CREATE))?;
    MIGRATIONS.iter().filter(|migration| migration.version <= version).try_for_each(|m| apply(tx, m, now).map(drop))
}

pub(super) async fn status(db: &Db) -> Result<Vec<Applied>> {
    db.write(|tx| tx.batch(&native(tx.kind(), CREATE))).await?;
    let rows = db.read(check).await?;
    Ok(MIGRATIONS
        .iter()
        .map(|m| Applied {
            version: m.version,
            name: m.name,
            at: rows.iter().find(|(version, ..)| *version == m.version).map(|(_, _, at)| *at),
        })
        .collect())
}

fn check(tx: &mut Tx<'_>) -> Result<Vec<(i64, String, Time)>> {
    let rows = tx.list(LIST, args![], |row| Ok((row.get(0)?, row.get::<String>(1)?, row.get(2)?)))?;
    for (version, stored, _) in &rows {
        match MIGRATIONS.iter().find(|m| m.version == *version) {
            None => {
                return Err(Error::invalid(
                    "database",
                    format!(
                        "has migration {version}, which this version of Countersign does not know: use a newer one"
                    ),
                ));
            }
            Some(m) if checksum(m) != *stored => {
                return Err(Error::invalid("database", format!("has another migration {version} than this version")));
            }
            Some(_) => {}
        }
    }
    Ok(rows)
}

fn checksum(migration: &Migration) -> String {
    data_encoding::HEXLOWER.encode(&sha256(migration.sql.as_bytes()))
}

/// The text in the words of `kind`. PostgreSQL's are the original.
fn native(kind: Kind, sql: &str) -> String {
    if kind == Kind::Postgres {
        return sql.to_owned();
    }
    let mut out = without_comments(sql);
    for (theirs, ours) in
        [("BIGINT", "INTEGER"), ("BYTEA", "BLOB"), ("DOUBLE PRECISION", "REAL"), ("BOOLEAN", "INTEGER")]
    {
        out = out.replace(theirs, ours);
    }
    out.split_inclusive(';')
        .map(|statement| match statement.strip_suffix(';') {
            // Without a row id a table is one tree, ordered by its key: our ids are ordered by time.
            Some(text) if text.trim_start().starts_with("CREATE TABLE") => format!("{text} STRICT, WITHOUT ROWID;"),
            _ => statement.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_one_without_gaps() {
        assert!(MIGRATIONS.iter().zip(1..).all(|(m, n)| m.version == n));
    }

    #[test]
    fn sqlite_gets_its_own_words_and_strict_tables() {
        assert_eq!(
            native(
                Kind::Sqlite,
                "CREATE TABLE a (b BIGINT PRIMARY KEY, c BYTEA, d BOOLEAN);\nCREATE INDEX e ON a (b);"
            ),
            "CREATE TABLE a (b INTEGER PRIMARY KEY, c BLOB, d INTEGER) STRICT, WITHOUT ROWID;\nCREATE INDEX e ON a (b);"
        );
    }
}
