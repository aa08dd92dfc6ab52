//! The parameters of a request, from a JSON or form body, each read once and refused by name.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use countersign_domain::base::{Phone, id};
use serde_json::{Map, Value as Json};

use super::error::Failure;
use crate::http::form;

/// What the client sent, before anybody looked at it.
pub(super) enum Body {
    Fields(Map<String, Json>),
    /// Told after the gate (contract nuvix §1.4), so that a stranger learns no more from a broken body.
    Broken(&'static str),
}

impl Body {
    /// Reads a body by its `Content-Type`. An empty one is `{}`.
    pub(super) fn read(headers: &HeaderMap, bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Fields(Map::new());
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            match serde_json::from_slice(bytes) {
                Ok(Json::Object(fields)) => Self::Fields(fields),
                Ok(_) => Self::Broken("The body must be a JSON object."),
                Err(_) => Self::Broken("The body is not valid JSON."),
            }
        } else if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::Fields(read_form(bytes))
        } else {
            // Anything else could be sent by any page without asking (CORS-safelisted types).
            Self::Broken("The body must be sent as application/json.")
        }
    }

    /// Refuses what could not be read, also where no field is looked at.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Fields(_) => Ok(()),
            Self::Broken(message) => Err(Failure::bad_request(*message)),
        }
    }

    /// A field as text, for counting requests before they are validated.
    pub(super) fn text(&self, name: &str) -> &str {
        match self {
            Self::Fields(fields) => fields.get(name).and_then(Json::as_str).unwrap_or_default(),
            Self::Broken(_) => "",
        }
    }
}

fn read_form(bytes: &[u8]) -> Map<String, Json> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Map::new() };
    form::pairs(text).map(|(name, value)| (name, Json::String(value))).collect()
}

/// An id that the client may leave to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CustomId<'a> {
    Unique,
    Given(&'a str),
}

/// Reads parameters and gathers what is wrong with them, so that one answer names every field.
pub(super) struct Params<'a> {
    fields: &'a Map<String, Json>,
    wrong: Vec<String>,
}

impl<'a> Params<'a> {
    pub(super) fn of(body: &'a Body) -> Result<Self, Failure> {
        match body {
            Body::Fields(fields) => Ok(Self { fields, wrong: Vec::new() }),
            Body::Broken(message) => Err(Failure::bad_request(*message)),
        }
    }

    /// The failure, to be given when a required value is `None`.
    pub(super) fn failure(self) -> Failure {
        Failure::invalid(self.wrong)
    }

    /// Fails when any value, optional ones included, was wrong.
    pub(super) fn check(self) -> Result<(), Failure> {
        if self.wrong.is_empty() { Ok(()) } else { Err(self.failure()) }
    }

    fn refuse<T>(&mut self, name: &str, reason: &str) -> Option<T> {
        self.wrong.push(format!("Invalid `{name}` param: {reason}"));
        None
    }

    fn required(&mut self, name: &str) -> Option<&'a Json> {
        match self.fields.get(name) {
            None | Some(Json::Null) => {
                self.wrong.push(format!("Param \"{name}\" is not optional."));
                None
            }
            value => value,
        }
    }

    /// A text of `min` to `max` characters.
    pub(super) fn text(&mut self, name: &str, min: usize, max: usize) -> Option<&'a str> {
        match self.required(name)? {
            Json::String(text) if (min..=max).contains(&text.chars().count()) => Some(text),
            _ => self.refuse(name, &format!("must be a text of {min} to {max} characters")),
        }
    }

    /// An id.
    pub(super) fn id(&mut self, name: &str) -> Option<&'a str> {
        const RULE: &str = "must be 1 to 36 letters, digits, '.', '_' or '-', and not begin with a sign";
        match self.required(name)? {
            Json::String(text) if id::is_valid(text) => Some(text),
            _ => self.refuse(name, RULE),
        }
    }

    /// An id that the client may leave to the server by `unique()`.
    pub(super) fn custom_id(&mut self, name: &str) -> Option<CustomId<'a>> {
        if self.fields.get(name).and_then(Json::as_str) == Some("unique()") {
            return Some(CustomId::Unique);
        }
        self.id(name).map(CustomId::Given)
    }

    /// A phone number with its country code (contract nuvix §3.1).
    pub(super) fn phone(&mut self, name: &str) -> Option<Phone> {
        const RULE: &str = "must be a phone number that starts with '+' and its country code, such as +14255550123";
        match self.required(name)? {
            Json::String(text) => match Phone::parse(text, None) {
                Ok(phone) => Some(phone),
                Err(_) => self.refuse(name, RULE),
            },
            _ => self.refuse(name, RULE),
        }
    }

    /// A JSON object.
    pub(super) fn object(&mut self, name: &str) -> Option<&'a Map<String, Json>> {
        match self.required(name)? {
            Json::Object(map) => Some(map),
            _ => self.refuse(name, "must be an object"),
        }
    }

    /// A whole number from `min` to `max`, or `default` when it is not there.
    pub(super) fn number_or(&mut self, name: &str, default: i64, min: i64, max: i64) -> i64 {
        match self.fields.get(name) {
            None | Some(Json::Null) => default,
            Some(value) => match value.as_i64() {
                Some(number) if (min..=max).contains(&number) => number,
                _ => {
                    self.refuse::<()>(name, &format!("must be a whole number from {min} to {max}"));
                    default
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn body(kind: &'static str, text: &str) -> Body {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Body::read(&headers, text.as_bytes())
    }

    #[test]
    fn one_answer_names_every_field_that_is_wrong() {
        let Body::Fields(fields) = body("application/json", r#"{"userId": 5, "phone": "12"}"#) else { panic!() };
        let body = Body::Fields(fields);
        let mut params = Params::of(&body).unwrap();
        assert!(params.custom_id("userId").is_none());
        assert!(params.phone("phone").is_none());
        assert!(params.text("secret", 1, 256).is_none());
        let message = params.failure().message;
        assert!(["`userId`", "`phone`", "\"secret\""].iter().all(|name| message.contains(name)), "{message}");
    }

    #[test]
    fn forms_are_read_like_json_and_other_types_are_not_read() {
        let form = body("application/x-www-form-urlencoded", "phone=%2B14255550123&userId=a+b");
        assert_eq!((form.text("phone"), form.text("userId")), ("+14255550123", "a b"));
        assert!(matches!(body("text/plain", r#"{"a": 1}"#), Body::Broken(_)));
        assert!(matches!(body("application/json", "{"), Body::Broken(_)));
        assert!(matches!(body("application/json", "[]"), Body::Broken(_)));
        assert!(matches!(body("text/plain", " \n"), Body::Fields(_)));
    }

    #[test]
    fn unique_leaves_the_id_to_the_server() {
        let Json::Object(fields) = json!({"userId": "unique()", "other": "x"}) else { panic!() };
        let body = Body::Fields(fields);
        let mut params = Params::of(&body).unwrap();
        assert_eq!(params.custom_id("userId"), Some(CustomId::Unique));
        assert_eq!(params.custom_id("other"), Some(CustomId::Given("x")));
    }
}
