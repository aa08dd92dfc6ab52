//! The list of users: what is asked of it, as SQL.
//!
//! Texts are compared by their code points on both databases; only a search overlooks the case of letters. Instants are
//! compared by their milliseconds, since people see no more of them. What comes from outside is bound, never written
//! into the text.

use super::attribute::{Attribute, PHONE};
use super::{User, find, sql};
use crate::base::page::{COUNTED, Condition, Cursor, Filter, Kind, Op, Query, Value};
use crate::base::{Code, Error, Result, Time, fold, id};
use crate::db::{self, Tx};

/// Longest text to search for, in characters.
const SEARCHED: usize = 256;
/// Most words of it: with all that a query may have, a statement binds less than SQLite's 32,766.
const WORDS: usize = 128;

/// The users of a project whom `query` asks for, pending ones included, and how many it asks for in all: counted up to
/// [`COUNTED`], or 0 when nobody wants to know. With a `search`, only those who have each of its words in their id,
/// name, address or number.
///
/// May read every user of the project. `Code::InvalidQuery`, `Code::TooManyValues`, `Code::CursorNotFound`.
pub fn list(tx: &mut Tx<'_>, project: &str, query: &Query, search: Option<&str>) -> Result<(Vec<User>, i64)> {
    list_within(tx, project, query, search, None)
}

/// The same of those alone who belong to an account of users (`tenant`): by a membership, or to the project's `own` also
/// by having none.
pub fn list_members(
    tx: &mut Tx<'_>,
    project: &str,
    query: &Query,
    tenant: &str,
    own: bool,
) -> Result<(Vec<User>, i64)> {
    list_within(tx, project, query, None, Some((tenant, own)))
}

fn list_within(
    tx: &mut Tx<'_>,
    project: &str,
    query: &Query,
    search: Option<&str>,
    members: Option<(&str, bool)>,
) -> Result<(Vec<User>, i64)> {
    query.check(|name| Attribute::find(name).map(|attribute| attribute.kind))?;
    let args = vec![Value::Text(project.to_owned())];
    let mut sql = Sql { kind: tx.kind(), text: String::new(), args, few: false };
    for filter in &query.filters {
        sql.push(" AND ");
        if let Filter::Is(condition) = filter
            && (condition.attribute.as_str(), condition.op) == ("phone", Op::Equal)
        {
            sql.phones(condition)?;
        } else {
            sql.filter(filter)?;
        }
    }
    if let Some(search) = search.filter(|search| !search.is_empty()) {
        sql.search(search)?;
    }
    if let Some((tenant, own)) = members {
        let tenant = sql.bind(Value::Text(tenant.to_owned()));
        let of = "SELECT user_id FROM memberships WHERE project_id = $1";
        // Kept from the index that SQLite would read all memberships of the project by.
        let of_tenant = format!("SELECT user_id FROM memberships WHERE tenant_id = {tenant} AND project_id || '' = $1");
        let or_none = if own { format!(" OR id NOT IN ({of})") } else { String::new() };
        sql.push(&format!(" AND (id IN ({of_tenant}){or_none})"));
    }
    let total = if query.counts { sql.count(tx)? } else { 0 };

    let (cursor, backwards) = match &query.cursor {
        Some(Cursor::After(id)) => (Some(id), false),
        Some(Cursor::Before(id)) => (Some(id), true),
        None => (None, false),
    };
    let keys = sql.keys(query, backwards)?;
    if let Some(cursor) = cursor {
        // What is no id is no user's; PostgreSQL would not even take some of it.
        let user = if id::is_valid(cursor) { find(tx, project, cursor)? } else { None };
        sql.behind(&keys, &user.ok_or(Code::CursorNotFound)?);
    }
    sql.order(&keys);
    let mut users = sql.list(tx, query)?;
    if backwards {
        users.reverse();
    }
    Ok((users, total))
}

/// One attribute of the order.
struct Key {
    /// As it is compared and ordered.
    column: String,
    attribute: Attribute,
    descending: bool,
}

/// The conditions of a statement and what they bind: $1 is the project.
struct Sql {
    kind: db::Kind,
    text: String,
    args: Vec<Value>,
    /// Only a few users are left, however many there are.
    few: bool,
}

impl Sql {
    /// Binds `value`; gives its placeholder.
    fn bind(&mut self, value: Value) -> String {
        self.args.push(value);
        format!("${}", self.args.len())
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The column as both databases put it in the same order.
    fn ordered(&self, attribute: Attribute) -> String {
        let collation = match (attribute.kind, self.kind) {
            // SQLite compares bytes anyway.
            (Kind::Text, db::Kind::Postgres) => " COLLATE \"C\"",
            _ => "",
        };
        format!("{}{collation}", attribute.column)
    }

    /// Where `part` begins in `text`, from 1, or 0: the case of letters counts, and nothing is a wildcard.
    fn position(&self, text: &str, part: &str) -> String {
        let function = match self.kind {
            db::Kind::Sqlite => "instr",
            db::Kind::Postgres => "strpos",
        };
        format!("{function}({text}, {part})")
    }

    fn filter(&mut self, filter: &Filter) -> Result<()> {
        match filter {
            Filter::Is(condition) => {
                let sql = self.condition(condition)?;
                self.push(&format!("({sql})"));
                Ok(())
            }
            Filter::And(filters) => self.joined(filters, " AND "),
            Filter::Or(filters) => self.joined(filters, " OR "),
            Filter::Not(filter) => {
                self.push("NOT ");
                self.filter(filter)
            }
        }
    }

    /// As `filter`, for the users of these numbers alone: each half finds its index, so that nobody else is read.
    fn phones(&mut self, condition: &Condition) -> Result<()> {
        let values: Vec<_> = condition.values_of(Kind::Text)?.into_iter().map(|value| self.bind(value)).collect();
        let values = values.join(", ");
        self.push(&format!(
            "id IN (SELECT id FROM users WHERE project_id = $1 AND phone IN ({values}) AND phone_claim IS NULL
  UNION ALL SELECT id FROM users WHERE project_id = $1 AND phone_claim IN ({values}))"
        ));
        self.few = true;
        Ok(())
    }

    fn joined(&mut self, filters: &[Filter], word: &str) -> Result<()> {
        for (at, filter) in filters.iter().enumerate() {
            self.push(if at == 0 { "(" } else { word });
            self.filter(filter)?;
        }
        self.push(")");
        Ok(())
    }

    fn condition(&mut self, condition: &Condition) -> Result<String> {
        let name = condition.attribute.as_str();
        let attribute = Attribute::get(name)?;
        let mut values = condition.values_of(attribute.kind)?;
        if name == "email" {
            values = values.into_iter().map(lowered).collect();
        }
        let column = attribute.column;
        let ordered = self.ordered(attribute);
        Ok(match (condition.op, values.as_slice()) {
            (Op::IsNull, _) if name == "name" => "name = ''".to_owned(),
            (Op::IsNull, _) => format!("{column} IS NULL"),
            (Op::Equal, _) => self.equal(attribute, &values),
            (Op::Contains, _) => self.contains(attribute, values),
            (Op::Less, [value]) => format!("{ordered} < {}", self.bind(first(value))),
            (Op::LessEqual, [value]) => format!("{ordered} <= {}", self.bind(last(value))),
            (Op::Greater, [value]) => format!("{ordered} > {}", self.bind(last(value))),
            (Op::GreaterEqual, [value]) => format!("{ordered} >= {}", self.bind(first(value))),
            (Op::Between, [from, to]) => {
                let (from, to) = (self.bind(first(from)), self.bind(last(to)));
                format!("{ordered} >= {from} AND {ordered} <= {to}")
            }
            (Op::StartsWith, [value]) => {
                let value = self.bind(value.clone());
                format!("{} = 1", self.position(column, &value))
            }
            (Op::EndsWith, [value]) => {
                let value = self.bind(value.clone());
                format!("substr({column}, length({column}) - length(CAST({value} AS TEXT)) + 1) = {value}")
            }
            (Op::Search, [Value::Text(text)]) => {
                let folded = self.folded(name, column);
                self.words(text, &[&folded])?
            }
            _ => return Err(Error::internal("values that were not checked")),
        })
    }

    fn equal(&mut self, attribute: Attribute, values: &[Value]) -> String {
        let column = attribute.column;
        let values: Vec<_> = values.iter().map(|value| self.bind(first(value))).collect();
        let values = values.join(", ");
        if attribute.kind == Kind::Time {
            // Not a range for each: SQLite would take minutes to plan many.
            return format!("{column} - {column} % 1000 IN ({values})");
        }
        format!("{column} IN ({values})")
    }

    fn contains(&mut self, attribute: Attribute, values: Vec<Value>) -> String {
        let mut any = Vec::new();
        for value in values {
            let value = match (attribute.kind, value) {
                // What separates the entries of the JSON array is in no label (contract nuvix §4.5).
                (Kind::List, Value::Text(entry)) if !entry.chars().all(char::is_alphanumeric) => {
                    any.push("FALSE".to_owned());
                    continue;
                }
                (Kind::List, Value::Text(entry)) => Value::Text(format!("\"{entry}\"")),
                (_, value) => value,
            };
            let value = self.bind(value);
            any.push(format!("{} > 0", self.position(attribute.column, &value)));
        }
        any.join(" OR ")
    }

    /// The column as `fold` would have it.
    fn folded(&self, name: &str, column: &str) -> String {
        match (name, self.kind) {
            ("name", _) => "folded_name".to_owned(),
            // Ids are ASCII; a database's own language may know another small I.
            ("$id", db::Kind::Postgres) => "lower(id COLLATE \"C\")".to_owned(),
            ("$id", db::Kind::Sqlite) => "lower(id)".to_owned(),
            _ => column.to_owned(),
        }
    }

    /// Each word of `text` is in one of the columns.
    fn words(&mut self, text: &str, columns: &[&str]) -> Result<String> {
        let folded = fold(text);
        let mut words: Vec<_> =
            folded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
        // Folding makes several words of some letters.
        if text.chars().count() > SEARCHED || words.len() > WORDS {
            let reason = format!("a text to search for has at most {SEARCHED} characters and {WORDS} words");
            return Err(Code::InvalidQuery { reason }.into());
        }
        if words.is_empty() {
            // The empty word is in everything that is set.
            words.push("");
        }
        let mut all = Vec::new();
        for word in words {
            let word = self.bind(Value::Text(word.to_owned()));
            let any: Vec<_> = columns.iter().map(|column| format!("{} > 0", self.position(column, &word))).collect();
            all.push(format!("({})", any.join(" OR ")));
        }
        Ok(all.join(" AND "))
    }

    fn search(&mut self, text: &str) -> Result<()> {
        let id = self.folded("$id", "id");
        let words = self.words(text, &["folded_name", "email", PHONE, &id])?;
        self.push(&format!(" AND {words}"));
        Ok(())
    }

    /// What orders the list, the id last, so that no two users are alike.
    fn keys(&self, query: &Query, backwards: bool) -> Result<Vec<Key>> {
        let orders = query.orders.iter().map(|order| (order.attribute.as_str(), order.descending));
        let made = query.orders.is_empty().then_some(("$createdAt", false));
        // In the direction of the last one an index serves both.
        let id = ("$id", query.orders.last().is_some_and(|order| order.descending));
        let mut keys = Vec::<Key>::new();
        for (name, descending) in orders.chain(made).chain([id]) {
            let attribute = Attribute::get(name)?;
            if keys.iter().all(|key| key.attribute.column != attribute.column) {
                // The plus hides an index: SQLite would rather read everybody in order than put a few in order.
                let plus = if self.few && attribute.column == "created_at" { "+" } else { "" };
                let column = format!("{plus}{}", self.ordered(attribute));
                keys.push(Key { column, attribute, descending: descending != backwards });
            }
        }
        Ok(keys)
    }

    /// Only those who come behind `user`: by the first key, or, where that is the same, by the next.
    fn behind(&mut self, keys: &[Key], user: &User) {
        self.push(" AND ");
        for key in keys {
            let column = &key.column;
            let sql = match ((key.attribute.of)(user), key.descending) {
                (Some(value), descending) => {
                    let value = self.bind(value);
                    let sign = if descending { '<' } else { '>' };
                    // What is not set comes first, so it comes behind when the order is the other way around.
                    let unset = if descending && key.attribute.optional {
                        format!("{column} IS NULL OR ")
                    } else {
                        String::new()
                    };
                    format!("(({unset}{column} {sign}= {value}) AND ({unset}{column} {sign} {value} OR ")
                }
                (None, false) => format!("(TRUE AND ({column} IS NOT NULL OR "),
                (None, true) => format!("({column} IS NULL AND (FALSE OR "),
            };
            self.push(&sql);
        }
        self.push("FALSE");
        self.push(&"))".repeat(keys.len()));
    }

    fn order(&mut self, keys: &[Key]) {
        for (at, key) in keys.iter().enumerate() {
            self.push(if at == 0 { " ORDER BY " } else { ", " });
            self.push(&key.column);
            self.push(match (key.descending, key.attribute.optional) {
                (false, false) => "",
                (true, false) => " DESC",
                (false, true) => " NULLS FIRST",
                (true, true) => " DESC NULLS LAST",
            });
        }
    }

    fn count(&self, tx: &mut Tx<'_>) -> Result<i64> {
        let mut args = self.bound();
        args.push(COUNTED.into());
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE project_id = $1{} LIMIT ${}) AS counted",
            self.text,
            args.len()
        );
        let counts = tx.list_dynamic(&sql, &args, |row| row.get(0))?;
        Ok(counts.first().copied().unwrap_or(0))
    }

    fn list(&self, tx: &mut Tx<'_>, query: &Query) -> Result<Vec<User>> {
        let mut args = self.bound();
        let count = args.len();
        args.extend([query.limit, query.offset].map(db::Value::from));
        let sql = format!("{}{} LIMIT ${} OFFSET ${}", sql::LIST, self.text, count + 1, count + 2);
        tx.list_dynamic(&sql, &args, User::load)
    }

    fn bound(&self) -> Vec<db::Value<'_>> {
        let bound = |value| match value {
            &Value::Bool(value) => db::Value::from(value),
            &Value::Time(value) => db::Value::from(value),
            Value::Text(value) => db::Value::from(value),
        };
        self.args.iter().map(bound).collect()
    }
}

/// The first instant that is shown as this one is; other values are what they are.
fn first(value: &Value) -> Value {
    match value {
        Value::Time(time) => Value::Time(Time::from_micros(time.micros().div_euclid(1_000) * 1_000)),
        value => value.clone(),
    }
}

/// The last one.
fn last(value: &Value) -> Value {
    match first(value) {
        Value::Time(time) => Value::Time(time.plus_micros(999)),
        value => value,
    }
}

/// Addresses are stored in lower case.
fn lowered(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(text.to_ascii_lowercase()),
        value => value,
    }
}
