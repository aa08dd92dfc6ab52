//! Whole tables, row by row, out of one database and into another of either kind.

use std::collections::HashMap;

use super::schema::{ColumnKind, Table};
use super::{Row, Tx, Value, migrate};
use crate::base::{Result, Time};

/// The value of a column, apart from its database.
#[derive(Clone, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    fn read(row: &Row<'_>, at: usize, kind: ColumnKind) -> Result<Self> {
        Ok(match kind {
            ColumnKind::Text => row.get::<Option<String>>(at)?.map(Self::Text),
            ColumnKind::Int => row.get::<Option<i64>>(at)?.map(Self::Int),
            ColumnKind::Bool => row.get::<Option<bool>>(at)?.map(Self::Bool),
            ColumnKind::Bytes => row.get::<Option<Vec<u8>>>(at)?.map(Self::Bytes),
            ColumnKind::Float => row.get::<Option<f64>>(at)?.map(Self::Float),
        }
        .unwrap_or(Self::Null))
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(*value),
            Self::Bool(value) => Value::Bool(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(value) => Value::Text(value),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }
}

/// Rows that are on their way together: the fewer answers are waited for, the faster.
const TOGETHER: usize = 256;

/// Writes rows into tables, by statements that are made once for each table.
#[derive(Default)]
pub struct Inserter {
    statements: HashMap<String, &'static str>,
    waiting: usize,
}

impl Inserter {
    /// Adds a row. That it could not be added may show with a later one.
    pub fn insert(&mut self, tx: &mut Tx<'_>, table: &Table, cells: &[Cell]) -> Result<()> {
        let sql = match self.statements.get(&table.name) {
            Some(sql) => *sql,
            None => *self.statements.entry(table.name.clone()).or_insert_with(|| insertion(table)),
        };
        let values: Vec<_> = cells.iter().map(Cell::value).collect();
        self.waiting += 1;
        if self.waiting < TOGETHER {
            return tx.push(sql, &values);
        }
        self.waiting = 0;
        tx.exec(sql, &values).map(drop)
    }
}

/// Lives as long as the process, as all statements do; there is one for each table.
fn insertion(table: &Table) -> &'static str {
    let places: Vec<_> = (1..=table.columns.len()).map(|n| format!("${n}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", table.name, names(table), places.join(", ")).leak()
}

fn names(table: &Table) -> String {
    table.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Tx<'_> {
    /// Gives each row of a table to `each`, in no order, without holding more than a few of them.
    pub fn export(&mut self, table: &Table, each: &mut dyn FnMut(&[Cell]) -> Result<()>) -> Result<()> {
        // One text a table in a process that ends with its backup.
        let sql: &'static str = format!("SELECT {} FROM {}", names(table), table.name).leak();
        self.each(sql, &[], |row| {
            let cells = table.columns.iter().enumerate().map(|(at, (_, kind))| Cell::read(row, at, *kind));
            each(&cells.collect::<Result<Vec<_>>>()?)
        })
    }

    /// Whether a table has no row.
    pub fn is_empty(&mut self, table: &Table) -> Result<bool> {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        Ok(self.list_dynamic(&sql, &[], |_| Ok(()))?.is_empty())
    }

    /// The version of the schema that the database has, 0 for none. Refuses one that this version does not know.
    pub fn schema_version(&mut self) -> Result<i64> {
        migrate::version(self)
    }

    /// Brings the schema up to `version`, as a part of this transaction.
    pub fn migrate_to(&mut self, version: i64, now: Time) -> Result<()> {
        migrate::up_to(self, version, now)
    }
}
