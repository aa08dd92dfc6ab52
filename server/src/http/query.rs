//! The queries of a list as several surfaces read them: JSON objects such as
//! `{"method":"equal","attribute":"email","values":["anna@example.com"]}` (contract nuvix §1.12).

use countersign_domain::base::page::{Condition, DEPTH, Filter, LONGEST, Op, Order, Value};
use serde::Deserialize;
use serde_json::Value as Json;

/// A query as it is sent.
#[derive(Deserialize)]
pub struct Written {
    /// Its name: `equal`, `limit` …
    pub method: String,
    #[serde(default)]
    attribute: Option<String>,
    #[serde(default)]
    values: Option<Vec<Json>>,
}

impl Written {
    /// A query is a text that holds JSON. Within another one SDKs send it as the object itself.
    pub fn parse(json: &Json) -> Result<Self, String> {
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

    /// The most entries.
    pub fn limit(&self) -> Result<i64, String> {
        self.number(1, LONGEST).ok_or_else(|| format!("limit takes one whole number from 1 to {LONGEST}"))
    }

    /// The entries before.
    pub fn offset(&self) -> Result<i64, String> {
        self.number(0, i64::MAX).ok_or_else(|| "offset takes one whole number from 0".to_owned())
    }

    /// An entry's id.
    pub fn id(&self) -> Result<String, String> {
        match self.values() {
            [Json::String(id)] => Ok(id.clone()),
            _ => Err(format!("{} takes one id", self.method)),
        }
    }

    /// An order of the list.
    pub fn order(self, descending: bool) -> Order {
        Order { attribute: self.attribute.unwrap_or_default(), descending }
    }

    /// The filter that this is; others may be nested in it `depth` deep.
    pub fn filter(self, depth: usize) -> Result<Filter, String> {
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
