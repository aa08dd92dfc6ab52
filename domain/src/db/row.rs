//! One row of an answer, from either driver.

use crate::base::{Email, Error, Phone, Result, Time};

/// A row of an answer.
pub enum Row<'r> {
    /// From SQLite.
    Sqlite(&'r rusqlite::Row<'r>),
    /// From PostgreSQL.
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of column `index`, counted from 0.
    pub fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::read(self, index)
    }

    fn raw<S, P>(&self, index: usize) -> Result<(Option<S>, Option<P>)>
    where
        S: rusqlite::types::FromSql,
        P: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        match self {
            Row::Sqlite(row) => row.get(index).map(|v| (Some(v), None)).map_err(Error::store),
            Row::Postgres(row) => row.try_get(index).map(|v| (None, Some(v))).map_err(Error::store),
        }
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads column `index`.
    fn read(row: &Row<'_>, index: usize) -> Result<Self>;
}

macro_rules! column {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row<'_>, index: usize) -> Result<Self> {
                match row.raw::<$type, $type>(index)? {
                    (Some(v), _) | (None, Some(v)) => Ok(v),
                    (None, None) => Err(Error::internal("no value")),
                }
            }
        }
        impl Column for Option<$type> {
            fn read(row: &Row<'_>, index: usize) -> Result<Self> {
                Ok(match row.raw::<Option<$type>, Option<$type>>(index)? {
                    (Some(v), _) | (None, Some(v)) => v,
                    (None, None) => None,
                })
            }
        }
    )*};
}

column!(i64, f64, bool, String, Vec<u8>);

impl Column for Time {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        row.get(index).map(Time::from_micros)
    }
}

impl Column for Option<Time> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        Ok(row.get::<Option<i64>>(index)?.map(Time::from_micros))
    }
}

impl Column for Phone {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        row.get(index).map(Phone::from_stored)
    }
}

impl Column for Option<Phone> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        Ok(row.get::<Option<String>>(index)?.map(Phone::from_stored))
    }
}

impl Column for Email {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        row.get(index).map(Email::from_stored)
    }
}

impl Column for Option<Email> {
    fn read(row: &Row<'_>, index: usize) -> Result<Self> {
        Ok(row.get::<Option<String>>(index)?.map(Email::from_stored))
    }
}
