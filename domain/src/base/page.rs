//! Which part of a list is wanted, in the words of no dialect and no database. A dialect reads its wire into a [`Query`],
//! the noun of the list makes SQL of it.

use std::fmt;

use super::{Code, Result, Time};

/// Most filters and orders of a query together, those within others included.
pub const QUERIES: usize = 100;
/// Most values of a filter.
pub const VALUES: usize = 100;
/// How deep filters may be nested in each other.
pub const DEPTH: usize = 3;
/// Most entries of an answer.
pub const LONGEST: i64 = 5_000;
/// How many entries are given when nobody says how many.
pub const USUAL: i64 = 25;
/// How far the entries of a list are counted.
pub const COUNTED: i64 = 5_000;

/// The part of a list that is wanted.
#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    /// What an entry must fulfil: all of these.
    pub filters: Vec<Filter>,
    /// The order, the most important first. None: as the entries were made.
    pub orders: Vec<Order>,
    /// At most this many entries, from 1 to [`LONGEST`].
    pub limit: i64,
    /// Behind this many others.
    pub offset: i64,
    /// Behind or before this entry.
    pub cursor: Option<Cursor>,
    /// Whether anybody wants to know how many there are.
    pub counts: bool,
}

impl Default for Query {
    fn default() -> Self {
        Self { filters: Vec::new(), orders: Vec::new(), limit: USUAL, offset: 0, cursor: None, counts: true }
    }
}

/// What an entry must fulfil.
#[derive(Clone, PartialEq, Debug)]
pub enum Filter {
    /// One condition.
    Is(Condition),
    /// All of these.
    And(Vec<Self>),
    /// One of these.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
}

/// An attribute in its relation to values. One that is not set fulfils no condition but `Op::IsNull`, nor its opposite.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// The attribute's name.
    pub attribute: String,
    /// The relation.
    pub op: Op,
    /// To what.
    pub values: Vec<Value>,
}

/// A relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// It is one of the values.
    Equal,
    /// It comes before the value; texts are compared by their code points.
    Less,
    /// It comes before the value or is the same.
    LessEqual,
    /// It comes behind the value.
    Greater,
    /// It comes behind the value or is the same.
    GreaterEqual,
    /// It is neither before the first value nor behind the second.
    Between,
    /// One of the values is a part of the text, or an entry of the list.
    Contains,
    /// It begins with the value.
    StartsWith,
    /// It ends with the value.
    EndsWith,
    /// Each word of the value is in it, whatever the case of its letters.
    Search,
    /// It is not set. Takes no values.
    IsNull,
}

/// What an attribute is compared with. `Debug` hides texts, which may be numbers and addresses of people.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A text, or an instant as text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// An instant.
    Time(Time),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Time(time) => write!(f, "{time}"),
        }
    }
}

/// One attribute to order by. What is not set comes before everything else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The attribute's name. Empty: the time when the entry was made.
    pub attribute: String,
    /// The other way around.
    pub descending: bool,
}

/// Where to go on, by the id of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cursor {
    /// Behind this one.
    After(String),
    /// Before this one.
    Before(String),
}

/// What an attribute holds, and with it what can be asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A truth value.
    Bool,
    /// An instant.
    Time,
    /// Several texts. There is no order of them.
    List,
    /// Nothing that can be compared: an order alone.
    Rank,
}

impl Query {
    /// Refuses what is too large, and what the attributes of the list do not have: `kind_of` knows them by name.
    /// `Code::InvalidQuery` or `Code::TooManyValues`.
    pub fn check(&self, kind_of: impl Fn(&str) -> Option<Kind>) -> Result<()> {
        let mut left = QUERIES.checked_sub(self.orders.len()).ok_or_else(too_many)?;
        for order in self.orders.iter().filter(|order| !order.attribute.is_empty()) {
            if kind_of(&order.attribute).ok_or_else(|| unknown(&order.attribute))? == Kind::List {
                return Err(invalid(format!("there is no order by \"{}\"", order.attribute)));
            }
        }
        for filter in &self.filters {
            filter.check(&kind_of, DEPTH, &mut left)?;
        }
        if !(1..=LONGEST).contains(&self.limit) || self.offset < 0 {
            return Err(invalid(format!("limit goes from 1 to {LONGEST}, offset from 0")));
        }
        Ok(())
    }
}

impl Filter {
    fn check(&self, kind_of: &impl Fn(&str) -> Option<Kind>, depth: usize, left: &mut usize) -> Result<()> {
        *left = left.checked_sub(1).ok_or_else(too_many)?;
        let deeper = || {
            depth.checked_sub(1).ok_or_else(|| invalid(format!("filters can be nested {DEPTH} deep at most").as_str()))
        };
        match self {
            Self::Is(condition) => {
                let kind = kind_of(&condition.attribute).ok_or_else(|| unknown(&condition.attribute))?;
                condition.values_of(kind).map(drop)
            }
            // The opposite of one condition is one condition.
            Self::Not(filter) if matches!(**filter, Self::Is(_)) => {
                *left += 1;
                filter.check(kind_of, depth, left)
            }
            Self::Not(filter) => filter.check(kind_of, deeper()?, left),
            Self::And(filters) | Self::Or(filters) if filters.is_empty() => {
                Err(invalid("\"and\" and \"or\" take at least one filter"))
            }
            Self::And(filters) | Self::Or(filters) => {
                let depth = deeper()?;
                filters.iter().try_for_each(|filter| filter.check(kind_of, depth, left))
            }
        }
    }
}

impl Condition {
    /// The values in the type of an attribute of this kind. `Code::InvalidQuery` when this cannot be asked of one, or not
    /// with these values; `Code::TooManyValues`.
    pub fn values_of(&self, kind: Kind) -> Result<Vec<Value>> {
        let fits = match (self.op, kind) {
            (_, Kind::Rank) => false,
            (Op::IsNull, _) | (Op::Contains, Kind::Text | Kind::List) => true,
            (Op::StartsWith | Op::EndsWith | Op::Search, _) => kind == Kind::Text,
            (Op::Contains, _) => false,
            (Op::Equal | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual | Op::Between, _) => {
                kind != Kind::List
            }
        };
        let name = &self.attribute;
        if !fits {
            return Err(invalid(format!("this cannot be asked of \"{name}\"")));
        }
        if self.values.len() > VALUES {
            return Err(Code::TooManyValues.into());
        }
        let (count, words) = match self.op {
            Op::IsNull => return Ok(Vec::new()),
            Op::Equal | Op::Contains => (1..=VALUES, "one value or more"),
            Op::Between => (2..=2, "two values"),
            Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual | Op::StartsWith | Op::EndsWith | Op::Search => {
                (1..=1, "one value")
            }
        };
        if !count.contains(&self.values.len()) {
            return Err(invalid(format!("what is asked of \"{name}\" takes {words}")));
        }
        self.values.iter().map(|value| kind.read(value).ok_or_else(|| kind.refusal(name))).collect()
    }
}

impl Kind {
    fn read(self, value: &Value) -> Option<Value> {
        match (self, value) {
            // PostgreSQL has no texts with a NUL in them.
            (Self::Text | Self::List, Value::Text(text)) => (!text.contains('\0')).then(|| value.clone()),
            (Self::Time, Value::Text(text)) => date(text).map(Value::Time),
            (Self::Bool, Value::Bool(_)) | (Self::Time, Value::Time(_)) => Some(value.clone()),
            _ => None,
        }
    }

    fn refusal(self, name: &str) -> super::Error {
        let takes = match self {
            Self::Text | Self::List => "texts",
            Self::Bool => "true and false",
            Self::Time => "dates such as 2026-11-21T08:00:00.000Z",
            Self::Rank => "no values",
        };
        invalid(format!("\"{name}\" takes {takes}"))
    }
}

/// An RFC 3339 date, or one without an offset (in UTC) or without a time (its first moment).
fn date(text: &str) -> Option<Time> {
    let civil = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    Time::parse_rfc3339(text).or_else(|| civil().map(|date| Time::from_micros(date.timestamp().as_microsecond())))
}

fn invalid(reason: impl Into<String>) -> super::Error {
    Code::InvalidQuery { reason: reason.into() }.into()
}

fn too_many() -> super::Error {
    invalid(format!("there are more than {QUERIES} queries"))
}

/// Nobody knows an attribute of this name.
fn unknown(name: &str) -> super::Error {
    invalid(format!("there is no attribute \"{name:.40}\" here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [(&str, Kind); 5] =
        [("text", Kind::Text), ("bool", Kind::Bool), ("time", Kind::Time), ("list", Kind::List), ("rank", Kind::Rank)];

    fn kind_of(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    fn condition(attribute: &str, op: Op, values: &[Value]) -> Filter {
        Filter::Is(Condition { attribute: attribute.to_owned(), op, values: values.to_vec() })
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn check(filter: Filter) -> Result<(), Code> {
        Query { filters: vec![filter], ..Query::default() }.check(kind_of).map_err(|error| error.code)
    }

    fn reason(outcome: Result<(), Code>) -> String {
        match outcome {
            Err(Code::InvalidQuery { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_kind_takes_its_own_relations_and_values() {
        for (name, op, values, right) in [
            ("text", Op::Equal, vec![text("a"), text("b")], true),
            ("text", Op::Equal, vec![], false),
            ("text", Op::Equal, vec![Value::Bool(true)], false),
            ("text", Op::Equal, vec![text("\0")], false),
            ("text", Op::Less, vec![text("a"), text("b")], false),
            ("text", Op::Between, vec![text("a")], false),
            ("text", Op::Search, vec![text("a")], true),
            ("bool", Op::Equal, vec![Value::Bool(true)], true),
            ("bool", Op::Equal, vec![text("true")], false),
            ("bool", Op::Contains, vec![text("t")], false),
            ("time", Op::Between, vec![text("2026-01-01"), text("2026-01-01T00:00:00.000+01:00")], true),
            ("time", Op::Less, vec![text("yesterday")], false),
            ("time", Op::StartsWith, vec![text("2026")], false),
            ("list", Op::Contains, vec![text("a")], true),
            ("list", Op::Equal, vec![text("a")], false),
            ("list", Op::IsNull, vec![], true),
            ("rank", Op::IsNull, vec![], false),
            ("rank", Op::Equal, vec![text("1")], false),
            ("other", Op::IsNull, vec![], false),
        ] {
            let outcome = check(condition(name, op, &values));
            assert_eq!(outcome.is_ok(), right, "{name} {op:?} {values:?} {outcome:?}");
            if !right {
                assert!(reason(outcome).contains(&format!("\"{name}\"")));
            }
        }
    }

    #[test]
    fn dates_may_lack_their_offset_and_their_time() {
        for (date_text, micros) in [
            ("2026-11-21T08:00:00.056Z", 1_795_248_000_056_000),
            ("2026-11-21T09:00:00.056+01:00", 1_795_248_000_056_000),
            ("2026-11-21 08:00:00.056+00", 1_795_248_000_056_000),
            ("2026-11-21T08:00:00", 1_795_248_000_000_000),
            ("2026-11-21", 1_795_219_200_000_000),
        ] {
            assert_eq!(date(date_text), Some(Time::from_micros(micros)), "{date_text}");
        }
        for bad in ["", "0", "1795248000", "2026-13-01", "99999-01-01", "now"] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_filter_has_a_hundred_values_at_most() {
        let of = |count| check(condition("text", Op::Equal, &vec![text("a"); count]));
        assert_eq!((of(100), of(101)), (Ok(()), Err(Code::TooManyValues)));
    }

    #[test]
    fn filters_are_nested_three_deep_at_most() {
        let nested = |depth| {
            (0..depth).fold(Filter::Not(Box::new(condition("text", Op::IsNull, &[]))), |filter, n| match n % 3 {
                0 => Filter::Or(vec![filter]),
                1 => Filter::And(vec![filter]),
                _ => Filter::Not(Box::new(filter)),
            })
        };
        assert_eq!(check(nested(3)), Ok(()));
        assert!(reason(check(nested(4))).contains("nested"));
        assert!(reason(check(Filter::Or(Vec::new()))).contains("at least one"));
    }

    #[test]
    fn there_are_a_hundred_filters_and_orders_at_most() {
        let one = condition("text", Op::IsNull, &[]);
        let order = Order { attribute: "time".to_owned(), descending: true };
        let of = |filters: usize, within: usize, orders: usize| {
            let mut filters = vec![one.clone(); filters];
            filters.push(Filter::Or(vec![one.clone(); within]));
            let query = Query { filters, orders: vec![order.clone(); orders], ..Query::default() };
            query.check(kind_of).map_err(|error| error.code)
        };
        assert_eq!(of(39, 40, 20), Ok(()));
        for (filters, within, orders) in [(40, 40, 20), (39, 41, 20), (39, 40, 21), (0, 1, 101)] {
            assert!(reason(of(filters, within, orders)).contains("more than 100"));
        }
    }

    #[test]
    fn only_what_has_an_order_orders_a_list() {
        for (name, right) in [("", true), ("rank", true), ("text", true), ("list", false), ("other", false)] {
            let orders = vec![Order { attribute: name.to_owned(), descending: false }];
            assert_eq!(Query { orders, ..Query::default() }.check(kind_of).is_ok(), right, "{name}");
        }
    }

    #[test]
    fn a_limit_and_an_offset_have_their_range() {
        for (limit, offset, right) in
            [(1, 0, true), (5_000, i64::MAX, true), (0, 0, false), (5_001, 0, false), (1, -1, false)]
        {
            assert_eq!(Query { limit, offset, ..Query::default() }.check(kind_of).is_ok(), right);
        }
    }

    #[test]
    fn what_people_are_looked_for_by_is_not_printed() {
        let query =
            Query { filters: vec![condition("text", Op::Equal, &[text("anna@example.com")])], ..Query::default() };
        assert!(!format!("{query:?}").contains("anna"));
    }
}
