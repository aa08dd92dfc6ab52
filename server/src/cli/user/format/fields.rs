//! The values of a record by their names, whether it was JSON or a row of a table: what is empty is not there, and
//! complaints name the value, never what it holds.

use countersign_domain::base::Time;
use serde_json::{Map, Value};

use super::Refusal;

/// The latest instant that can be written, in milliseconds: the end of the year 9999.
const LATEST: i64 = 253_402_300_799_999;

/// Named values.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

/// What is wrong with a value.
pub(super) fn wrong(name: &str, what: &str) -> Refusal {
    Refusal { code: "invalid-value", message: format!("{name}: {what}") }
}

impl Fields {
    pub(super) const fn of(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// Those of a record of JSON.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(text) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Refusal::unreadable("this is no JSON object")),
            // Where it is and of which kind, but not what stands there.
            Err(error) => Err(Refusal::unreadable(&format!("this is no sound JSON, at its column {}", error.column()))),
        }
    }

    /// The value, unless it is empty.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !(value.is_null() || value.as_str() == Some("")))
    }

    /// Whether the value is exactly this text.
    pub(super) fn is(&self, name: &str, text: &str) -> bool {
        self.0.get(name).and_then(Value::as_str) == Some(text)
    }

    /// The first of these that is a text, left where it is.
    pub(super) fn first_text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.0.get(*name)?.as_str()).map(str::to_owned)
    }

    /// The first of these that is there.
    pub(super) fn text_of(&mut self, names: &[&str]) -> Result<Option<String>, Refusal> {
        for name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// A text; a number counts as one.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(wrong(name, "must be a text")),
        }
    }

    /// Yes or no, in the spellings of JSON, PostgreSQL and spreadsheets.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        let flag = match self.take(name) {
            None => return Ok(None),
            Some(Value::Bool(flag)) => Some(flag),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "1" => Some(true),
                "false" | "f" | "no" | "0" => Some(false),
                _ => None,
            },
            Some(_) => None,
        };
        flag.map(Some).ok_or_else(|| wrong(name, "must be true or false"))
    }

    /// A whole number.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let number = match self.take(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| wrong(name, "must be a whole number"))
    }

    /// An instant: RFC 3339, the way in which PostgreSQL writes it, milliseconds since 1970, or `MongoDB`'s `$date`.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<Time>, Refusal> {
        let Some(value) = self.take(name) else { return Ok(None) };
        instant(&value).map(Some).ok_or_else(|| wrong(name, "must be a date such as 2026-01-31T12:00:00Z"))
    }

    /// An object, also as text; an empty list counts as one, for PHP writes so.
    pub(super) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        let object = match self.take(name) {
            None => return Ok(None),
            Some(Value::Object(map)) => Some(map),
            Some(Value::Array(list)) if list.is_empty() => Some(Map::new()),
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Object(map)) => Some(map),
                Ok(Value::Array(list)) if list.is_empty() => Some(Map::new()),
                _ => None,
            },
            Some(_) => None,
        };
        object.map(Some).ok_or_else(|| wrong(name, "must be a JSON object"))
    }

    /// [`object`](Self::object), to be read on.
    pub(super) fn fields(&mut self, name: &str) -> Result<Option<Self>, Refusal> {
        Ok(self.object(name)?.map(Self))
    }

    /// Objects in a list.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Self>, Refusal> {
        let objects = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|value| if let Value::Object(map) = value { Some(Self(map)) } else { None })
                .collect::<Option<_>>(),
            Some(_) => None,
        };
        objects.ok_or_else(|| wrong(name, "must be a list of objects"))
    }

    /// Texts in a list, also as JSON in a text, or with blanks, commas or semicolons between them.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        let list = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) if !text.trim_start().starts_with('[') => {
                let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
                return Ok(parts.filter(|part| !part.is_empty()).map(str::to_owned).collect());
            }
            Some(Value::String(text)) => serde_json::from_str(&text).ok(),
            Some(value) => serde_json::from_value(value).ok(),
        };
        list.ok_or_else(|| wrong(name, "must be a list of texts"))
    }
}

fn instant(value: &Value) -> Option<Time> {
    let millis = |millis: i64| (0..=LATEST).contains(&millis).then(|| Time::from_micros(millis * 1_000));
    match value {
        Value::Number(number) => millis(number.as_i64()?),
        Value::String(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            millis(text.parse().ok()?)
        }
        Value::String(text) => Time::parse_rfc3339(text.trim()),
        Value::Object(map) => match map.get("$date")? {
            Value::Object(map) => instant(map.get("$numberLong")?),
            date => instant(date),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(map) = value else { panic!("an object") };
        Fields::of(map)
    }

    #[test]
    fn an_instant_is_read_in_every_way_in_which_exports_write_it() {
        let wanted = Time::from_micros(1_588_772_949_120_000);
        for value in [
            json!("2020-05-06T13:49:09.120Z"),
            json!("2020-05-06T15:49:09.120+02:00"),
            json!("2020-05-06 13:49:09.12+00"),
            json!("2020-05-06T13:49:09.120+00:00"),
            json!(1_588_772_949_120_i64),
            json!("1588772949120"),
            json!({"$date": "2020-05-06T13:49:09.120Z"}),
            json!({"$date": {"$numberLong": "1588772949120"}}),
        ] {
            assert_eq!(fields(json!({"at": value})).time("at").ok().flatten(), Some(wanted), "{value}");
        }
        for value in
            [json!("yesterday"), json!(-1), json!(i64::MAX), json!({}), json!([]), json!("99999999999999999999")]
        {
            let refusal = fields(json!({"at": value})).time("at").unwrap_err();
            assert!(refusal.message.starts_with("at: "), "{}", refusal.message);
        }
        assert_eq!(fields(json!({"at": null, "b": ""})).time("at").ok().flatten(), None);
    }

    #[test]
    fn a_complaint_names_the_value_and_not_what_it_holds() {
        let secret = "s3cret";
        let mut all =
            fields(json!({"a": {"x": secret}, "b": secret, "c": secret, "d": secret, "e": [secret], "f": secret}));
        let refusals = [
            all.text("a").err(),
            all.flag("b").err(),
            all.number("c").err(),
            all.object("d").err(),
            all.list("e").err(),
            all.time("f").err(),
            Fields::parse(format!("{{\"a\":\"{secret}\" {secret}}}").as_bytes()).err(),
        ];
        for refusal in refusals {
            let message = refusal.unwrap().message;
            assert!(!message.contains(secret), "{message}");
        }
    }

    #[test]
    fn lists_and_flags_may_come_as_texts() {
        for labels in [json!(["a", "b"]), json!("a b"), json!("a,b;"), json!("[\"a\",\"b\"]")] {
            assert_eq!(fields(json!({"l": labels})).texts("l").ok(), Some(vec!["a".to_owned(), "b".to_owned()]));
        }
        for (value, flag) in [(json!(true), true), (json!("t"), true), (json!("FALSE"), false), (json!(0), false)] {
            assert_eq!(fields(json!({"f": value})).flag("f").ok().flatten(), Some(flag));
        }
        assert_eq!(fields(json!({"p": []})).object("p").ok().flatten(), Some(Map::new()));
    }
}
