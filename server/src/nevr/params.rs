//! The fields of a JSON body, each read once; one answer names all that is wrong.

use std::collections::BTreeMap;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use countersign_domain::base::{Email, Phone, Secret};
use serde_json::{Map, Value as Json};

use super::error::Failure;

/// What the client sent.
#[derive(Default)]
pub(super) struct Body(Map<String, Json>);

impl Body {
    /// Reads a body. An empty one is `{}`.
    pub(super) fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, Failure> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let refuse = |message: &'static str| Err(Failure::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message));
        let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            // Anything else could be sent by any page without asking (CORS-safelisted types).
            return refuse("The body must be sent as application/json.");
        }
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(fields)) => Ok(Self(fields)),
            Ok(_) => refuse("The body must be a JSON object."),
            Err(_) => refuse("The body is not valid JSON."),
        }
    }
}

/// Reads fields and gathers what is wrong with them.
pub(super) struct Params<'a> {
    fields: &'a Map<String, Json>,
    wrong: BTreeMap<&'static str, Vec<String>>,
}

impl<'a> Params<'a> {
    pub(super) const fn of(body: &'a Body) -> Self {
        Self { fields: &body.0, wrong: BTreeMap::new() }
    }

    /// The failure, to be given when a required value is `None`.
    pub(super) fn failure(self) -> Failure {
        Failure::invalid(self.wrong)
    }

    /// Fails when any value, optional ones included, was wrong.
    pub(super) fn check(self) -> Result<(), Failure> {
        if self.wrong.is_empty() { Ok(()) } else { Err(self.failure()) }
    }

    fn refuse<T>(&mut self, name: &'static str, reason: impl Into<String>) -> Option<T> {
        self.wrong.entry(name).or_default().push(reason.into());
        None
    }

    /// Whether the client left it out.
    pub(super) fn is_absent(&self, name: &str) -> bool {
        matches!(self.fields.get(name), None | Some(Json::Null))
    }

    /// Whether the client sent `null`.
    pub(super) fn is_null(&self, name: &str) -> bool {
        matches!(self.fields.get(name), Some(Json::Null))
    }

    /// Whether the client sent something there that is not nothing.
    pub(super) fn is_truthy(&self, name: &str) -> bool {
        match self.fields.get(name) {
            None | Some(Json::Null | Json::Bool(false)) => false,
            Some(Json::String(text)) => !text.is_empty(),
            Some(Json::Number(number)) => number.as_f64() != Some(0.0),
            Some(_) => true,
        }
    }

    /// A text of `min` to `max` characters.
    pub(super) fn text(&mut self, name: &'static str, min: usize, max: usize) -> Option<&'a str> {
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
    pub(super) fn optional_text(&mut self, name: &'static str, min: usize, max: usize) -> Option<&'a str> {
        if self.is_absent(name) { None } else { self.text(name, min, max) }
    }

    /// A code or a password.
    pub(super) fn secret(&mut self, name: &'static str, min: usize, max: usize) -> Option<Secret> {
        self.text(name, min, max).map(Secret::new)
    }

    /// A phone number. What is text but no number is a failure of its own (contract nevr §5).
    pub(super) fn phone(&mut self, name: &'static str) -> Option<Result<Phone, Failure>> {
        let text = self.text(name, 1, 256)?;
        Some(Phone::parse(text, None).map_err(|_| Failure::invalid_phone()))
    }

    /// An e-mail address.
    pub(super) fn email(&mut self, name: &'static str) -> Option<Email> {
        let text = self.text(name, 1, 1_024)?;
        match Email::parse(text) {
            Ok(email) => Some(email),
            Err(_) => self.refuse(name, format!("{name} must be an e-mail address")),
        }
    }

    /// A web address that may be left out.
    pub(super) fn optional_url(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.optional_text(name, 1, 2_048)?;
        let plain = text.starts_with("https://") || text.starts_with("http://");
        if plain && !text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Some(text);
        }
        self.refuse(name, format!("{name} must be a web address"))
    }

    /// A switch, or `default` when it is not there.
    pub(super) fn bool_or(&mut self, name: &'static str, default: bool) -> bool {
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

    fn read(kind: &'static str, text: &str) -> Result<Body, Failure> {
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
        for (kind, text) in [
            ("text/plain", r#"{"a":1}"#),
            ("application/x-www-form-urlencoded", "a=1"),
            ("application/json", "{"),
            ("application/json", "[]"),
            ("application/json", "null"),
        ] {
            let refused = read(kind, text).err().unwrap();
            assert_eq!((refused.status, refused.code), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{kind} {text}");
        }
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
        let failure = params.failure();
        let errors = failure.errors.unwrap();
        assert_eq!(errors.keys().copied().collect::<String>(), "abcdefg");
        assert_eq!(errors["c"], ["c must be at least 8 characters"]);
        assert_eq!(errors["g"], ["g is required"]);
    }
}
