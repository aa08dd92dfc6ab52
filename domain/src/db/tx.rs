//! A transaction, on either driver.

use super::postgres::PgTx;
use super::{Effect, Kind, Row, Value};
use crate::base::{Error, Result};

/// A transaction. Statements are named constants; parameters come from `args![…]`.
pub struct Tx<'c> {
    pub(super) on: On<'c>,
    pub(super) effects: Vec<Effect>,
    /// Whether parts can be undone by savepoints. The first run does without: they cost a copy of every page that is
    /// written, and hardly ever undo anything.
    careful: bool,
    depth: usize,
    /// What was asked of the database, in order: for tests of what a stranger could tell by the time it takes.
    #[cfg(test)]
    pub(crate) asked: Vec<&'static str>,
    /// How many statements of these found the one row that they looked for, which takes time as well.
    #[cfg(test)]
    pub(crate) found: usize,
}

pub(super) enum On<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut PgTx),
}

impl<'c> Tx<'c> {
    pub(super) const fn new(on: On<'c>, careful: bool) -> Self {
        Self {
            on,
            effects: Vec::new(),
            careful,
            depth: 0,
            #[cfg(test)]
            asked: Vec::new(),
            #[cfg(test)]
            found: 0,
        }
    }

    /// Which kind of database this is, for the few statements that need an addition on one of them.
    pub const fn kind(&self) -> Kind {
        match self.on {
            On::Sqlite(_) => Kind::Sqlite,
            On::Postgres(_) => Kind::Postgres,
        }
    }

    /// Runs a statement; gives the number of rows it changed.
    pub fn exec(&mut self, sql: &'static str, args: &[Value<'_>]) -> Result<u64> {
        debug_assert!(binds_alike(sql), "{sql}");
        #[cfg(test)]
        self.asked.push(sql);
        match &mut self.on {
            On::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql).map_err(Error::sqlite)?;
                if statement.column_count() > 0 {
                    // A statement with RETURNING is complete only when it was stepped to its end.
                    let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(Error::sqlite)?;
                    while rows.next().map_err(Error::sqlite)?.is_some() {}
                    return Ok(db.changes());
                }
                let changed = statement.execute(rusqlite::params_from_iter(args)).map_err(Error::sqlite)?;
                Ok(changed as u64)
            }
            On::Postgres(tx) => tx.exec(sql, args),
        }
    }

    /// Runs a statement whose answer nobody needs: on PostgreSQL it travels with the next statement or with COMMIT.
    /// If it fails, the transaction fails.
    pub fn push(&mut self, sql: &'static str, args: &[Value<'_>]) -> Result<()> {
        match &mut self.on {
            On::Sqlite(_) => self.exec(sql, args).map(drop),
            On::Postgres(tx) => {
                #[cfg(test)]
                self.asked.push(sql);
                tx.push(sql, args);
                Ok(())
            }
        }
    }

    /// The first row, if there is any.
    pub fn find<T>(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        debug_assert!(binds_alike(sql), "{sql}");
        #[cfg(test)]
        self.asked.push(sql);
        let first = match &mut self.on {
            On::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql).map_err(Error::sqlite)?;
                let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(Error::sqlite)?;
                let first = rows.next().map_err(Error::sqlite)?.map(|row| map(&Row::Sqlite(row))).transpose()?;
                // As in `exec`: RETURNING wants the statement stepped to its end.
                while rows.next().map_err(Error::sqlite)?.is_some() {}
                first
            }
            On::Postgres(tx) => tx.query(sql, args)?.first().map(|row| map(&Row::Postgres(row))).transpose()?,
        };
        #[cfg(test)]
        {
            self.found += usize::from(first.is_some());
        }
        Ok(first)
    }

    /// All rows.
    pub fn list<T>(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        debug_assert!(binds_alike(sql), "{sql}");
        #[cfg(test)]
        self.asked.push(sql);
        match &mut self.on {
            On::Sqlite(db) => rows(&mut *db.prepare_cached(sql).map_err(Error::sqlite)?, args, map),
            On::Postgres(tx) => tx.query(sql, args)?.iter().map(|row| map(&Row::Postgres(row))).collect(),
        }
    }

    /// Gives every row to `each`, one after the other, and keeps none: for answers that do not fit into memory. All rows
    /// are of one instant, that at which the statement began, whatever is written meanwhile. What `each` refuses ends it.
    pub fn each(
        &mut self,
        sql: &'static str,
        args: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        debug_assert!(binds_alike(sql), "{sql}");
        match &mut self.on {
            On::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql).map_err(Error::sqlite)?;
                let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(Error::sqlite)?;
                while let Some(row) = rows.next().map_err(Error::sqlite)? {
                    each(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            On::Postgres(tx) => tx.each(sql, args, |row| each(&Row::Postgres(row))),
        }
    }

    /// All rows of a statement whose text was put together for this call: what may be asked of a list has too many
    /// forms for a constant each. It is prepared anew and then forgotten, since a cache of such texts would only grow.
    /// Whatever comes from outside travels in `args`. `scripts/rooms` says who may call this.
    pub fn list_dynamic<T>(
        &mut self,
        sql: &str,
        args: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        debug_assert!(binds_alike(sql), "{sql}");
        match &mut self.on {
            On::Sqlite(db) => rows(&mut db.prepare(sql).map_err(Error::sqlite)?, args, map),
            On::Postgres(tx) => tx.query_once(sql, args)?.iter().map(|row| map(&Row::Postgres(row))).collect(),
        }
    }

    /// Runs `work` so that its failure undoes only what it did itself: the transaction goes on and can be committed.
    /// When it fails in the first run of a transaction, all is undone and run again with savepoints.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<Result<T>> {
        if !self.careful {
            return match work(self) {
                Ok(value) => Ok(Ok(value)),
                Err(error) => Err(error.retryable()),
            };
        }
        let (open, keep, undo) =
            SAVEPOINTS.get(self.depth).copied().ok_or_else(|| Error::internal("savepoints are nested too deep"))?;
        self.push(open, &[])?;
        let effects = self.effects.len();
        self.depth += 1;
        let outcome = work(self);
        self.depth -= 1;
        // A deferred write may fail only here.
        let outcome = outcome.and_then(|value| self.exec(keep, &[]).map(|_| value));
        match outcome {
            Err(error) if error.may_retry() => Err(error),
            Err(error) => {
                self.effects.truncate(effects);
                self.exec(undo, &[])?;
                self.exec(keep, &[])?;
                Ok(Err(error))
            }
            Ok(value) => Ok(Ok(value)),
        }
    }

    /// Tells the process about a change once it is durable, before the caller of `write` learns of it.
    pub fn after_commit(&mut self, topic: &'static str, key: impl Into<String>) {
        let effect = Effect { topic, key: key.into() };
        if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Checks that the database understands `sql`.
    pub fn prepare(&mut self, sql: &'static str) -> Result<()> {
        if !binds_alike(sql) {
            return Err(Error::internal("the placeholders do not first appear in the order 1, 2, 3"));
        }
        match &mut self.on {
            On::Sqlite(db) => db.prepare(sql).map(drop).map_err(Error::sqlite),
            On::Postgres(tx) => tx.prepare_only(sql),
        }
    }

    /// Runs several statements without parameters: migrations only.
    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        match &mut self.on {
            On::Sqlite(db) => db.execute_batch(sql).map_err(Error::sqlite),
            On::Postgres(tx) => tx.batch(sql),
        }
    }
}

fn rows<T>(
    statement: &mut rusqlite::Statement<'_>,
    args: &[Value<'_>],
    map: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(Error::sqlite)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(Error::sqlite)? {
        out.push(map(&Row::Sqlite(row))?);
    }
    Ok(out)
}

/// Whether the placeholders first appear as $1, $2, $3 …: SQLite binds by first appearance, PostgreSQL by number.
fn binds_alike(sql: &str) -> bool {
    let mut seen = 0_usize;
    for part in sql.split('$').skip(1) {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        match part.get(..digits).and_then(|n| n.parse::<usize>().ok()) {
            Some(n) if n == seen + 1 => seen = n,
            Some(n) if (1..=seen).contains(&n) => {}
            Some(_) | None => return false,
        }
    }
    true
}

const SAVEPOINTS: [(&str, &str, &str); 3] = [
    ("SAVEPOINT a1", "RELEASE SAVEPOINT a1", "ROLLBACK TO SAVEPOINT a1"),
    ("SAVEPOINT a2", "RELEASE SAVEPOINT a2", "ROLLBACK TO SAVEPOINT a2"),
    ("SAVEPOINT a3", "RELEASE SAVEPOINT a3", "ROLLBACK TO SAVEPOINT a3"),
];
