//! All that a database holds, in a form that both kinds of database read.
//!
//! A backup is a row of records: what it is ([`Manifest`]), every row of every table, and at the end how many there were
//! and their digests. `base::sealed` locks it and notices what was changed or cut off; the end is compared here, when it is
//! read, when it is loaded, and with what the database gives back afterwards.

mod record;
#[cfg(test)]
mod tests;

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::base::crypto::{Keys, Label};
use crate::base::{Ctx, Error, Result, Secret, Time};
use crate::db::schema::{self, Table};
use crate::db::{Inserter, Kind, Tx};
use record::{Record, encode};

/// Tables that are left out: announcements between running servers, which mean nothing a minute later.
const LEFT_OUT: [&str; 1] = ["revocations"];
/// The form of what is written.
const FORMAT: i64 = 1;

/// What a backup is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    format: i64,
    /// The version of Countersign that made it.
    pub version: String,
    /// The version of the schema.
    pub schema: i64,
    /// When it was made, in RFC 3339.
    pub created_at: String,
    /// From which kind of database.
    pub database: String,
    /// By what the right key file is known.
    key: String,
    /// The master key in base64url, where it is included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_key: Option<Sealed>,
    tables: Vec<Listed>,
}

/// Hides itself when it is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed(String);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A table with its columns, each with what it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Listed {
    name: String,
    columns: Vec<(String, String)>,
}

impl Listed {
    fn of(table: &Table) -> Self {
        let columns = table.columns.iter().map(|(name, kind)| (name.clone(), kind.name().to_owned())).collect();
        Self { name: table.name.clone(), columns }
    }
}

impl Manifest {
    /// Whether these are the keys of the database's secrets.
    pub fn fits(&self, keys: &Keys) -> Result<bool> {
        Ok(self.key == fingerprint(keys)?)
    }

    /// The master key, where it is included.
    pub fn server_key(&self) -> Option<Secret> {
        self.server_key.as_ref().map(|key| Secret::new(key.0.clone()))
    }

    /// The tables, which must be those of its version of the schema.
    fn tables(&self) -> Result<Vec<Table>> {
        if self.format != FORMAT || self.schema > schema::newest() {
            return Err(refused(format!(
                "was made by a newer Countersign ({}): restore it with that version or a later one",
                self.version
            )));
        }
        let tables = tables(self.schema)?;
        if tables.iter().map(Listed::of).ne(self.tables.iter().cloned()) {
            return Err(refused("has other tables than its version of the schema".to_owned()));
        }
        Ok(tables)
    }
}

/// The tables of a version of the schema that a backup holds.
fn tables(version: i64) -> Result<Vec<Table>> {
    let mut tables = schema::tables(version)?;
    tables.retain(|table| !LEFT_OUT.contains(&table.name.as_str()));
    Ok(tables)
}

fn fingerprint(keys: &Keys) -> Result<String> {
    let mac = keys.mac(Label::Backup, &[b"fingerprint"])?;
    Ok(data_encoding::HEXLOWER.encode(mac.get(..16).unwrap_or_default()))
}

fn refused(reason: impl Into<String>) -> Error {
    Error::invalid("the file", reason)
}

/// The rows of a table, added up: the same whatever their order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sum {
    /// The table's name.
    pub table: String,
    /// How many there are.
    pub rows: u64,
    /// The sum of the SHA-256 of each, as four numbers that wrap around.
    digest: [u64; 4],
}

impl Sum {
    fn of(table: &Table) -> Self {
        Self { table: table.name.clone(), ..Self::default() }
    }

    fn add(&mut self, row: &[u8]) {
        let hash = crate::base::crypto::sha256(row);
        for (sum, part) in self.digest.iter_mut().zip(hash.chunks_exact(8)) {
            let number = part.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            *sum = sum.wrapping_add(number);
        }
        self.rows += 1;
    }
}

/// What a backup holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// What it is.
    pub manifest: Manifest,
    /// Each table.
    pub sums: Vec<Sum>,
}

impl Contents {
    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.sums.iter().map(|sum| sum.rows).sum()
    }
}

/// Writes all that the database holds. `tx` must be a snapshot. `server_key` is the master key, where it is to be included;
/// `told` hears of each row.
pub fn write(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    version: &str,
    server_key: Option<&Secret>,
    to: &mut dyn Write,
    told: &dyn Fn(),
) -> Result<Contents> {
    let schema = tx.schema_version()?;
    let tables = tables(schema)?;
    let manifest = Manifest {
        format: FORMAT,
        version: version.to_owned(),
        schema,
        created_at: ctx.now.to_rfc3339(),
        database: match tx.kind() {
            Kind::Sqlite => "sqlite".to_owned(),
            Kind::Postgres => "postgres".to_owned(),
        },
        key: fingerprint(&ctx.keys)?,
        server_key: server_key.map(|key| Sealed(key.expose().to_owned())),
        tables: tables.iter().map(Listed::of).collect(),
    };
    record::write(to, Record::Manifest(&serde_json::to_vec(&manifest).map_err(Error::internal)?))?;
    let sums = sums(tx, &tables, &mut |row| {
        told();
        record::write(to, Record::Row(row))
    })?;
    record::write(to, Record::End(&serde_json::to_vec(&sums).map_err(Error::internal)?))?;
    Ok(Contents { manifest, sums })
}

/// Adds up each table; `each` gets every row as it is written.
fn sums(tx: &mut Tx<'_>, tables: &[Table], each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<Vec<Sum>> {
    let mut sums = Vec::with_capacity(tables.len());
    let mut row = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let mut sum = Sum::of(table);
        tx.export(table, &mut |cells| {
            encode(&mut row, number, cells)?;
            sum.add(&row);
            each(&row)
        })?;
        sums.push(sum);
    }
    Ok(sums)
}

/// Reads a backup to its end and compares; `visit` gets every row.
fn scan(
    from: &mut dyn Read,
    begun: &mut dyn FnMut(&Manifest) -> Result<()>,
    visit: &mut dyn FnMut(&Table, &[crate::db::Cell]) -> Result<()>,
) -> Result<Contents> {
    let mut buffer = Vec::new();
    let Record::Manifest(text) = record::read(from, &mut buffer)? else {
        return Err(refused("does not begin as a backup does"));
    };
    let manifest: Manifest = serde_json::from_slice(text).map_err(|_| refused("does not begin as a backup does"))?;
    let tables = manifest.tables()?;
    begun(&manifest)?;
    let mut found: Vec<_> = tables.iter().map(Sum::of).collect();
    let told: Vec<Sum> = loop {
        match record::read(from, &mut buffer)? {
            Record::Row(row) => {
                let (number, cells) = record::decode(row)?;
                let (Some(table), Some(sum)) = (tables.get(number), found.get_mut(number)) else {
                    return Err(refused("has a row of no table"));
                };
                record::check(table, &cells)?;
                sum.add(row);
                visit(table, &cells)?;
            }
            Record::End(text) => {
                break serde_json::from_slice(text).map_err(|_| refused("does not end as a backup does"))?;
            }
            Record::Manifest(_) => return Err(refused("begins twice")),
        }
    };
    record::end(from)?;
    if found != told {
        return Err(refused("holds other rows than it says"));
    }
    Ok(Contents { manifest, sums: found })
}

/// Reads a backup to its end: whether it is whole, and what it holds. `told` hears of each row.
pub fn check(from: &mut dyn Read, told: &dyn Fn()) -> Result<Contents> {
    scan(from, &mut |_| Ok(()), &mut |_, _| {
        told();
        Ok(())
    })
}

/// Loads a backup into an empty database, whose schema becomes that of the backup, and reads it back from there to compare.
/// All of it is one transaction.
pub fn load(tx: &mut Tx<'_>, from: &mut dyn Read, now: Time, told: &dyn Fn()) -> Result<Contents> {
    let mut inserter = Inserter::default();
    // Both closures need the transaction, one after the other.
    let shared = std::cell::RefCell::new(tx);
    let contents =
        scan(from, &mut |manifest| prepare(&mut shared.borrow_mut(), manifest.schema, now), &mut |table, cells| {
            told();
            inserter.insert(&mut shared.borrow_mut(), table, cells)
        })?;
    let tx = shared.into_inner();
    let tables = contents.manifest.tables()?;
    if sums(tx, &tables, &mut |_| Ok(()))? != contents.sums {
        return Err(Error::internal("the database does not give back what was written: nothing was restored"));
    }
    Ok(contents)
}

/// Refuses a database in which there is anything, and brings its schema to `version`.
fn prepare(tx: &mut Tx<'_>, version: i64, now: Time) -> Result<()> {
    tx.migrate_to(0, now)?;
    let has = tx.schema_version()?;
    for table in schema::tables(has)? {
        if !tx.is_empty(&table)? {
            return Err(Error::invalid(
                "the database",
                format!(
                    "is not empty: there are rows in {}. Restore into a new one: another --data folder, or a new \
                     PostgreSQL database named by --database",
                    table.name
                ),
            ));
        }
    }
    if has > version {
        return Err(Error::invalid(
            "the database",
            format!(
                "has a newer schema ({has}) than the backup ({version}). Restore into one without any table: its schema is \
                 brought up to date after the rows are there"
            ),
        ));
    }
    tx.migrate_to(version, now)
}
