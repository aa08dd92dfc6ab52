//! The tables as the migrations leave them, read from their text, so that nobody has to list them a second time.

use super::migrate::MIGRATIONS;
use crate::base::{Error, Result};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnKind {
    /// TEXT.
    Text,
    /// BIGINT.
    Int,
    /// BOOLEAN.
    Bool,
    /// BYTEA.
    Bytes,
    /// DOUBLE PRECISION.
    Float,
}

impl ColumnKind {
    /// As migrations write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Int => "BIGINT",
            Self::Bool => "BOOLEAN",
            Self::Bytes => "BYTEA",
            Self::Float => "DOUBLE PRECISION",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Text, Self::Int, Self::Bool, Self::Bytes, Self::Float]
            .into_iter()
            .find(|kind| text.starts_with(kind.name()))
    }
}

/// A table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, each with what it holds.
    pub columns: Vec<(String, ColumnKind)>,
}

/// The newest version of the schema.
pub fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The tables of this version of the schema, in the order in which they were made.
pub fn tables(version: i64) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.version <= version) {
        let text = without_comments(migration.sql);
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            let known = apply(&mut tables, statement);
            known.ok_or_else(|| Error::internal(format!("migration {} is not understood", migration.version)))?;
        }
    }
    Ok(tables)
}

/// The text without the lines that are comments, as for the databases.
pub(super) fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
}

/// What a statement does to the tables. None when it cannot be told.
fn apply(tables: &mut Vec<Table>, statement: &str) -> Option<()> {
    let (verb, rest) = statement.split_once(' ')?;
    match verb {
        "CREATE" => {
            let Some(rest) = rest.strip_prefix("TABLE ") else {
                // An index changes no table.
                return (rest.starts_with("INDEX ") || rest.starts_with("UNIQUE INDEX ")).then_some(());
            };
            let (name, body) = rest.split_once('(')?;
            let body = body.rsplit_once(')')?.0;
            let columns = parts(body).into_iter().map(str::trim).filter(|part| !is_rule(part)).map(column);
            tables.push(Table { name: name.trim().to_owned(), columns: columns.collect::<Option<_>>()? });
        }
        "ALTER" => {
            let (name, change) = rest.strip_prefix("TABLE ")?.split_once(' ')?;
            let table = tables.iter_mut().find(|table| table.name == name)?;
            if let Some(added) = change.strip_prefix("ADD COLUMN ") {
                table.columns.push(column(added)?);
            } else {
                let gone = change.strip_prefix("DROP COLUMN ")?.trim();
                table.columns.retain(|(name, _)| name != gone);
            }
        }
        "DROP" => {
            if let Some(name) = rest.strip_prefix("TABLE ") {
                tables.retain(|table| table.name != name.trim());
            } else {
                rest.strip_prefix("INDEX ")?;
            }
        }
        "UPDATE" | "INSERT" | "DELETE" => {}
        _ => return None,
    }
    Some(())
}

/// The parts between commas, but for those in brackets.
fn parts(body: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    body.split(|letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .collect()
}

fn is_rule(part: &str) -> bool {
    ["PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY", "CONSTRAINT"].iter().any(|word| part.starts_with(word))
}

fn column(text: &str) -> Option<(String, ColumnKind)> {
    let (name, kind) = text.trim().split_once(' ')?;
    Some((name.to_owned(), ColumnKind::read(kind.trim_start())?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::args;
    use crate::db::Kind;
    use crate::db::testing::wait;
    use crate::on_both;

    const ON_SQLITE: &str = "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c
 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    const ON_POSTGRES: &str =
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), upper(CAST(data_type AS TEXT))
 FROM information_schema.columns WHERE table_schema = 'public'";

    on_both!(the_tables_are_those_that_the_database_has, |test| {
        let sqlite = test.db.kind() == Kind::Sqlite;
        let sql = if sqlite { ON_SQLITE } else { ON_POSTGRES };
        let row = |row: &crate::db::Row<'_>| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?));
        let there = wait(test.db.read(move |tx| tx.list(sql, args![], row))).unwrap();
        let there: BTreeSet<_> = there.into_iter().filter(|(table, ..)| table != "migrations").collect();
        let kind = |kind: ColumnKind| match kind {
            ColumnKind::Int | ColumnKind::Bool if sqlite => "INTEGER",
            ColumnKind::Bytes if sqlite => "BLOB",
            ColumnKind::Float if sqlite => "REAL",
            kind => kind.name(),
        };
        let read: BTreeSet<_> = tables(newest())
            .unwrap()
            .into_iter()
            .flat_map(|t| t.columns.into_iter().map(move |(c, k)| (t.name.clone(), c, kind(k).to_owned())))
            .collect();
        assert!(read.len() > 100);
        assert_eq!(read, there);
    });

    #[test]
    fn an_earlier_version_has_what_it_had() {
        let users = |version| {
            let tables = tables(version).unwrap();
            let users = tables.into_iter().find(|table| table.name == "users").unwrap();
            users.columns.into_iter().map(|(name, _)| name).collect::<Vec<String>>()
        };
        let has = |version, name: &str| users(version).iter().any(|column| column == name);
        assert!(has(1, "email_verified") && !has(1, "email_proof"));
        assert!(!has(2, "email_verified") && has(2, "email_proof"));
        assert!(tables(1).unwrap().iter().all(|table| table.name != "contacts"));
        assert!(tables(0).unwrap().is_empty());
    }
}
