//! The fields of a JSON body, each read once; one answer names all that is wrong. For the dialects whose failures have
//! room for several reasons.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use countersign_domain::base::{Email, Phone, Secret};
use serde_json::{Map, Value as Json};

/// What the client sent.
#[derive(Default)]
pub struct Body(Map<String, Json>);

/// Why a body is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadBody {
    /// It has another content type. Anything but JSON could be sent by any page without asking (CORS-safelisted types).
    Type,
    /// It is JSON, and no object.
    Shape,
    /// It is no JSON.
    Syntax,
}

impl BadBody {
    /// In words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Type => "The body must be sent as application/json.",
            Self::Shape => "The body must be a JSON object.",
            Self::Syntax => "The body is not valid JSON.",
        }
    }
}

/// What is wrong with each field.
#[derive(Debug)]
pub struct Wrong(pub BTreeMap<&'static str, Vec<String>>);

/// A text that is no phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAPhone;

impl Body {
    /// Reads a body. An empty one is `{}`.
    pub fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, BadBody> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(BadBody::Type);
        }
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(BadBody::Shape),
            Err(_) => Err(BadBody::Syntax),
        }
    }

    /// The same without the fields that are empty texts, for clients that send them in place of nothing.
    #[must_use]
    pub fn without_blanks(mut self) -> Self {
        self.0.retain(|_, value| value.as_str() != Some(""));
        self
    }
}

/// Reads fields and gathers what is wrong with them.
pub struct Params<'a> {
    fields: &'a Map<String, Json>,
    wrong: BTreeMap<&'static str, Vec<String>>,
}

impl<'a> Params<'a> {
    /// The fields of `body`.
    pub const fn of(body: &'a Body) -> Self {
        Self { fields: &body.0, wrong: BTreeMap::new() }
    }

    /// The failure, to be given when a required value is `None`.
    pub fn failure(self) -> Wrong {
        Wrong(self.wrong)
    }

    /// Fails when any value, optional ones included, was wrong.
    pub fn check(self) -> Result<(), Wrong> {
        if self.wrong.is_empty() { Ok(()) } else { Err(self.failure()) }
    }

    /// Notes what is wrong with a field, and gives nothing.
    pub fn refuse<T>(&mut self, name: &'static str, reason: impl Into<String>) -> Option<T> {
        self.wrong.entry(name).or_default().push(reason.into());
        None
    }

    /// Whether the client left it out.
    pub fn is_absent(&self, name: &str) -> bool {
        matches!(self.fields.get(name), None | Some(Json::Null))
    }

    /// What the client sent, whatever it is; none when it left it out.
    pub fn json(&self, name: &str) -> Option<&'a Json> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Whether the client sent `null`.
    pub fn is_null(&self, name: &str) -> bool {
        matches!(self.fields.get(name), Some(Json::Null))
    }

    /// Whether the client sent something there that is not nothing.
    pub fn is_truthy(&self, name: &str) -> bool {
        match self.fields.get(name) {
            None | Some(Json::Null | Json::Bool(false)) => false,
            Some(Json::String(text)) => !text.is_empty(),
            Some(Json::Number(number)) => number.as_f64() != Some(0.0),
            Some(_) => true,
        }
    }

    /// A text of `min` to `max` characters.
    pub fn text(&mut self, name: &'static str, min: usize, max: usize) -> Option<&'a str> {
        match self.fields.get(name) {
            None | Some(Json::Null) => self.refuse(name, format!("{name} is required")),
            Some(Json::String(text)) => {
                let length = text.chars().count();
                if length < min && min == 1 {
                    self.refuse(name, format!("{name} must not be empty"))
                } else if length < min {
                    self.refuse(name, format!("{name} must be at least {min} characters"))
                } else if length > max {
                    self.refuse(name, format!("{name} must be at most {max} characters"))
                } else {
                    Some(text)
                }
            }
            Some(_) => self.refuse(name, format!("{name} must be a string")),
        }
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, name: &'static str, min: usize, max: usize) -> Option<&'a str> {
        if self.is_absent(name) { None } else { self.text(name, min, max) }
    }

    /// A code or a password.
    pub fn secret(&mut self, name: &'static str, min: usize, max: usize) -> Option<Secret> {
        self.text(name, min, max).map(Secret::new)
    }

    /// A phone number. What is text but no number is a failure of its own.
    pub fn phone(&mut self, name: &'static str) -> Option<Result<Phone, NotAPhone>> {
        let text = self.text(name, 1, 256)?;
        Some(Phone::parse(text, None).map_err(|_| NotAPhone))
    }

    /// An e-mail address.
    pub fn email(&mut self, name: &'static str) -> Option<Email> {
        let text = self.text(name, 1, 1_024)?;
        match Email::parse(text) {
            Ok(email) => Some(email),
            Err(_) => self.refuse(name, format!("{name} must be an e-mail address")),
        }
    }

    /// A web address that may be left out.
    pub fn optional_url(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.optional_text(name, 1, 2_048)?;
        let plain = text.starts_with("https://") || text.starts_with("http://");
        if plain && !text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Some(text);
        }
        self.refuse(name, format!("{name} must be a web address"))
    }

    /// A whole number that may be left out.
    pub fn optional_number(&mut self, name: &'static str, min: i64, max: i64) -> Option<i64> {
        if self.is_absent(name) {
            return None;
        }
        match self.fields.get(name).and_then(Json::as_i64).filter(|value| (min..=max).contains(value)) {
            Some(value) => Some(value),
            None => self.refuse(name, format!("{name} must be a whole number from {min} to {max}")),
        }
    }

    /// A switch that may be left out.
    pub fn optional_bool(&mut self, name: &'static str) -> Option<bool> {
        match self.fields.get(name) {
            None | Some(Json::Null) => None,
            Some(Json::Bool(value)) => Some(*value),
            Some(_) => self.refuse(name, format!("{name} must be true or false")),
        }
    }

    /// The fields of an object that may be left out.
    pub fn optional_object(&mut self, name: &'static str) -> Option<Body> {
        match self.fields.get(name) {
            None | Some(Json::Null) => None,
            Some(Json::Object(fields)) => Some(Body(fields.clone())),
            Some(_) => self.refuse(name, format!("{name} must be an object")),
        }
    }

    /// What the client sent there, whatever it is.
    pub fn any(&self, name: &str) -> Option<&'a Json> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A switch, or `default` when it is not there.
    pub fn bool_or(&mut self, name: &'static str, default: bool) -> bool {
        match self.fields.get(name) {
            None | Some(Json::Null) => default,
            Some(Json::Bool(value)) => *value,
            Some(_) => self.refuse(name, format!("{name} must be true or false")).unwrap_or(default),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn read(kind: &'static str, text: &str) -> Result<Body, BadBody> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Body::read(&headers, text.as_bytes())
    }

    #[test]
    fn only_a_json_object_is_a_body_and_an_empty_one_is_an_empty_object() {
        assert!(read("application/json; charset=utf-8", r#"{"a":1}"#).unwrap().0.contains_key("a"));
        for kind in ["application/json", "text/plain", ""] {
            assert!(read(kind, " \n").unwrap().0.is_empty());
        }
        for (kind, text, bad) in [
            ("text/plain", r#"{"a":1}"#, BadBody::Type),
            ("application/x-www-form-urlencoded", "a=1", BadBody::Type),
            ("application/json", "{", BadBody::Syntax),
            ("application/json", "[]", BadBody::Shape),
            ("application/json", "null", BadBody::Shape),
        ] {
            assert_eq!(read(kind, text).err(), Some(bad), "{kind} {text}");
        }
    }

    #[test]
    fn an_empty_text_can_stand_for_nothing() {
        let body = read("application/json", r#"{"a":"","b":" ","c":null,"d":[""]}"#).unwrap().without_blanks();
        assert_eq!(body.0.keys().map(String::as_str).collect::<String>(), "bcd");
    }

    #[test]
    fn one_answer_names_every_field_that_is_wrong() {
        let Json::Object(fields) = json!({"a": "", "b": 5, "c": "short", "d": "anna", "e": "yes", "f": "javascript:x"})
        else {
            panic!()
        };
        let body = Body(fields);
        let mut params = Params::of(&body);
        assert_eq!((params.text("a", 1, 9), params.text("b", 1, 9), params.text("c", 8, 9)), (None, None, None));
        assert!(params.email("d").is_none() && params.bool_or("e", true) && params.optional_url("f").is_none());
        assert!(params.text("g", 1, 9).is_none() && params.optional_text("h", 1, 9).is_none());
        let Wrong(errors) = params.failure();
        assert_eq!(errors.keys().copied().collect::<String>(), "abcdefg");
        assert_eq!(errors["c"], ["c must be at least 8 characters"]);
        assert_eq!(errors["g"], ["g is required"]);
    }
}
