//! Parameters of a statement. Five column types are all there are.

use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut};

use crate::base::{Email, Phone, Time};

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// BOOLEAN (0 and 1 in SQLite).
    Bool(bool),
    /// DOUBLE PRECISION.
    Float(f64),
    /// TEXT.
    Text(&'a str),
    /// BYTEA.
    Bytes(&'a [u8]),
}

macro_rules! from {
    ($($type:ty => |$v:ident| $make:expr),* $(,)?) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from($v: $type) -> Self {
                $make
            }
        }
    )*};
}

from! {
    i64 => |v| Value::Int(v),
    bool => |v| Value::Bool(v),
    f64 => |v| Value::Float(v),
    Time => |v| Value::Int(v.micros()),
    &'a str => |v| Value::Text(v),
    &'a String => |v| Value::Text(v),
    &'a Phone => |v| Value::Text(v.as_e164()),
    &'a Email => |v| Value::Text(v.as_str()),
    &'a [u8] => |v| Value::Bytes(v),
    &'a Vec<u8> => |v| Value::Bytes(v),
    &'a [u8; 32] => |v| Value::Bytes(v),
    &'a std::sync::Arc<str> => |v| Value::Text(v),
}

impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Value::from)
    }
}

/// The parameters of a statement, in the order of their numbers.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] as &[$crate::db::Value<'_>] };
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(v) => ValueRef::Integer(v),
            Value::Bool(v) => ValueRef::Integer(i64::from(v)),
            Value::Float(v) => ValueRef::Real(v),
            Value::Text(v) => ValueRef::Text(v.as_bytes()),
            Value::Bytes(v) => ValueRef::Blob(v),
        }))
    }
}

type PgError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, PgError> {
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(v) => v.to_sql_checked(ty, out),
            Value::Bool(v) => v.to_sql_checked(ty, out),
            Value::Float(v) => v.to_sql_checked(ty, out),
            Value::Text(v) => v.to_sql_checked(ty, out),
            Value::Bytes(v) => v.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each variant checks its own type above.
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A parameter that outlives the call: for writes that travel later.
#[derive(Debug)]
pub(super) enum Owned {
    Null,
    Int(i64),
    Bool(bool),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Owned {
    pub(super) fn of(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Int(v) => Self::Int(v),
            Value::Bool(v) => Self::Bool(v),
            Value::Float(v) => Self::Float(v),
            Value::Text(v) => Self::Text(v.to_owned()),
            Value::Bytes(v) => Self::Bytes(v.to_owned()),
        }
    }

    pub(super) fn borrow(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(v) => Value::Int(*v),
            Self::Bool(v) => Value::Bool(*v),
            Self::Float(v) => Value::Float(*v),
            Self::Text(v) => Value::Text(v),
            Self::Bytes(v) => Value::Bytes(v),
        }
    }
}
