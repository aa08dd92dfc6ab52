//! The queries of a list: JSON objects that say which part of it is wanted (contract nuvix §1.12).

#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use countersign_domain::base::page::{
    Condition, Cursor, DEPTH, Filter, LONGEST, Op, Order, QUERIES, Query, USUAL, Value,
};
use serde::Deserialize;
use serde_json::Value as Json;

use super::error::Failure;
use super::params::Params;

/// Longest `search`, in characters.
const SEARCHED: usize = 256;

/// The part of a list that is wanted, where a list is given as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Page {
    /// At most this many entries.
    pub limit: i64,
    /// Behind this many others.
    pub offset: i64,
    counts: bool,
}

impl Page {
    /// Reads `queries` and `total`. Of several limits the first one counts, as upstream.
    pub(super) fn of(mut params: Params<'_>) -> Result<Self, Failure> {
        let queries = params.list("queries");
        let counts = params.bool_or("total", true);
        params.check()?;
        let (mut limit, mut offset) = (None, None);
        each(queries, |query| {
            match query.method.as_str() {
                "limit" => _ = limit.get_or_insert(query.limit()?),
                "offset" => _ = offset.get_or_insert(query.offset()?),
                other => return Err(format!("this list takes limit and offset, but not \"{other:.40}\"")),
            }
            Ok(())
        })?;
        Ok(Self { limit: limit.unwrap_or(USUAL), offset: offset.unwrap_or(0), counts })
    }

    /// The `total` of the answer: 0 for whoever does not want to know (`total=false`).
    pub(super) const fn total(self, total: i64) -> i64 {
        if self.counts { total } else { 0 }
    }
}

/// Reads `queries`, `total` and `search`, where a list can be asked about. Whether it has the attributes that are named
/// is for the list to say. Of several limits, offsets and cursors the first one counts, as upstream.
pub(super) fn list(mut params: Params<'_>) -> Result<(Query, Option<String>), Failure> {
    let queries = params.list("queries");
    let search = params.optional_text("search", 0, SEARCHED).map(str::to_owned);
    let mut query = Query { counts: params.bool_or("total", true), ..Query::default() };
    params.check()?;
    let (mut limit, mut offset) = (None, None);
    each(queries, |written| {
        match written.method.as_str() {
            "limit" => _ = limit.get_or_insert(written.limit()?),
            "offset" => _ = offset.get_or_insert(written.offset()?),
            "orderAsc" => query.orders.push(written.order(false)),
            "orderDesc" => query.orders.push(written.order(true)),
            "cursorAfter" => _ = query.cursor.get_or_insert(Cursor::After(written.id()?)),
            "cursorBefore" => _ = query.cursor.get_or_insert(Cursor::Before(written.id()?)),
            // Answers have all attributes.
            "select" => {}
            _ => query.filters.push(written.filter(DEPTH)?),
        }
        Ok(())
    })?;
    query.limit = limit.unwrap_or(USUAL);
    query.offset = offset.unwrap_or(0);
    Ok((query, search))
}

/// Reads each query, in order; what is wrong is told by its place.
fn each(queries: &[Json], mut read: impl FnMut(Written) -> Result<(), String>) -> Result<(), Failure> {
    if queries.len() > QUERIES {
        return Err(refused(&format!("Invalid `queries` param: there are more than {QUERIES}.")));
    }
    for (at, text) in queries.iter().enumerate() {
        let outcome = Written::parse(text).and_then(&mut read);
        outcome.map_err(|reason| refused(&format!("Invalid `queries[{at}]` param: {reason}.")))?;
    }
    Ok(())
}

fn refused(message: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "general_query_invalid", message)
}

/// A query as it is sent.
#[derive(Deserialize)]
struct Written {
    method: String,
    #[serde(default)]
    attribute: Option<String>,
    #[serde(default)]
    values: Option<Vec<Json>>,
}

impl Written {
    /// A query is a text that holds JSON. Within another one SDKs send it as the object itself.
    fn parse(json: &Json) -> Result<Self, String> {
        const SHAPE: &str = "must be a JSON object such as {\"method\":\"limit\",\"values\":[25]}";
        let written = match json {
            Json::String(text) => serde_json::from_str(text).ok(),
            Json::Object(_) => Self::deserialize(json).ok(),
            _ => None,
        };
        written.ok_or_else(|| SHAPE.to_owned())
    }

    fn values(&self) -> &[Json] {
        self.values.as_deref().unwrap_or_default()
    }

    fn number(&self, min: i64, max: i64) -> Option<i64> {
        match self.values() {
            [value] => value.as_i64().filter(|number| (min..=max).contains(number)),
            _ => None,
        }
    }

    fn limit(&self) -> Result<i64, String> {
        self.number(1, LONGEST).ok_or_else(|| format!("limit takes one whole number from 1 to {LONGEST}"))
    }

    fn offset(&self) -> Result<i64, String> {
        self.number(0, i64::MAX).ok_or_else(|| "offset takes one whole number from 0".to_owned())
    }

    fn id(&self) -> Result<String, String> {
        match self.values() {
            [Json::String(id)] => Ok(id.clone()),
            _ => Err(format!("{} takes one id", self.method)),
        }
    }

    fn order(self, descending: bool) -> Order {
        Order { attribute: self.attribute.unwrap_or_default(), descending }
    }

    /// The filter that this is; others may be nested in it `depth` deep.
    fn filter(self, depth: usize) -> Result<Filter, String> {
        let (op, opposite) = match self.method.as_str() {
            "equal" => (Op::Equal, false),
            "notEqual" => (Op::Equal, true),
            "lessThan" => (Op::Less, false),
            "lessThanEqual" => (Op::LessEqual, false),
            "greaterThan" => (Op::Greater, false),
            "greaterThanEqual" => (Op::GreaterEqual, false),
            "between" => (Op::Between, false),
            "notBetween" => (Op::Between, true),
            "contains" => (Op::Contains, false),
            "notContains" => (Op::Contains, true),
            "startsWith" => (Op::StartsWith, false),
            "notStartsWith" => (Op::StartsWith, true),
            "endsWith" => (Op::EndsWith, false),
            "notEndsWith" => (Op::EndsWith, true),
            "search" => (Op::Search, false),
            "notSearch" => (Op::Search, true),
            "isNull" => (Op::IsNull, false),
            "isNotNull" => (Op::IsNull, true),
            "and" => return self.nested(depth).map(Filter::And),
            "or" => return self.nested(depth).map(Filter::Or),
            "not" => return self.opposite(depth),
            other => return Err(format!("there is no method \"{other:.40}\" here")),
        };
        let values = self.values().iter().map(value).collect::<Option<_>>();
        let values = values.ok_or_else(|| format!("{} takes texts, true and false as values", self.method))?;
        let filter = Filter::Is(Condition { attribute: self.attribute.unwrap_or_default(), op, values });
        Ok(if opposite { Filter::Not(Box::new(filter)) } else { filter })
    }

    fn nested(&self, depth: usize) -> Result<Vec<Filter>, String> {
        let depth = depth.checked_sub(1).ok_or_else(|| format!("queries can be nested {DEPTH} deep at most"))?;
        let filters = self.values().iter().map(|json| Self::parse(json)?.filter(depth));
        filters.collect::<Result<_, _>>().map_err(|reason| format!("in \"{}\": {reason}", self.method))
    }

    fn opposite(&self, depth: usize) -> Result<Filter, String> {
        match <[Filter; 1]>::try_from(self.nested(depth)?) {
            Ok([filter]) => Ok(Filter::Not(Box::new(filter))),
            Err(_) => Err("not takes one query".to_owned()),
        }
    }
}

/// No attribute of ours is a number, and what is not set is asked for by `isNull`.
fn value(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}
