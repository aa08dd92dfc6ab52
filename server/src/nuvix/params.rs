//! The parameters of a request, from its query or a JSON or form body, each read once and refused by name.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use countersign_domain::base::{Email, Phone, id};
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
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            Self::Fields(gathered(form::pairs(text)))
        } else {
            // Anything else could be sent by any page without asking (CORS-safelisted types).
            Self::Broken("The body must be sent as application/json.")
        }
    }

    /// The pairs of a query, where nothing is sent in a body.
    pub(super) fn of_query(arguments: Vec<(String, String)>) -> Self {
        Self::Fields(gathered(arguments.into_iter()))
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

/// The pairs of a query or form as texts. Of equal names the last one counts; `name[]` and `name[0]` are entries of the
/// list `name`, in the order in which they stand.
fn gathered(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Json> {
    let mut fields = Map::new();
    for (name, value) in pairs {
        let value = Json::String(value);
        let Some(list) = list_name(&name) else {
            fields.insert(name, value);
            continue;
        };
        if let Some(Json::Array(entries)) = fields.get_mut(list) {
            entries.push(value);
        } else {
            fields.insert(list.to_owned(), Json::Array(vec![value]));
        }
    }
    fields
}

/// The name in `name[]` or `name[0]`.
fn list_name(name: &str) -> Option<&str> {
    let (list, index) = name.strip_suffix(']')?.split_once('[')?;
    index.bytes().all(|b| b.is_ascii_digit()).then_some(list)
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

    /// Whether the client left it out.
    pub(super) fn is_absent(&self, name: &str) -> bool {
        matches!(self.fields.get(name), None | Some(Json::Null))
    }

    /// Whether the client sent an empty text, which takes away what there is.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Json::as_str) == Some("")
    }

    /// A text of `min` to `max` characters.
    pub(super) fn text(&mut self, name: &str, min: usize, max: usize) -> Option<&'a str> {
        match self.required(name)? {
            Json::String(text) if (min..=max).contains(&text.chars().count()) => Some(text),
            _ => self.refuse(name, &format!("must be a text of {min} to {max} characters")),
        }
    }

    /// A text of `min` to `max` characters that may be left out. Whoever asks must `check` in the end.
    pub(super) fn optional_text(&mut self, name: &str, min: usize, max: usize) -> Option<&'a str> {
        if self.is_absent(name) { None } else { self.text(name, min, max) }
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

    /// An e-mail address.
    pub(super) fn email(&mut self, name: &str) -> Option<Email> {
        const RULE: &str = "must be an e-mail address such as anna@example.com";
        match self.required(name)? {
            Json::String(text) => match Email::parse(text) {
                Ok(email) => Some(email),
                Err(_) => self.refuse(name, RULE),
            },
            _ => self.refuse(name, RULE),
        }
    }

    /// The entries of a list; none when it is not there.
    pub(super) fn list(&mut self, name: &str) -> &'a [Json] {
        match self.fields.get(name) {
            None | Some(Json::Null) => &[],
            Some(Json::Array(entries)) => entries,
            Some(_) => self.refuse(name, "must be a list").unwrap_or_default(),
        }
    }

    /// A JSON object.
    pub(super) fn object(&mut self, name: &str) -> Option<&'a Map<String, Json>> {
        match self.required(name)? {
            Json::Object(map) => Some(map),
            _ => self.refuse(name, "must be an object"),
        }
    }

    /// A switch: `true` or `false`. Forms and queries have only texts, where `1` and `0` are as good.
    pub(super) fn bool(&mut self, name: &str) -> Option<bool> {
        match self.required(name)? {
            Json::Bool(value) => Some(*value),
            Json::String(text) if matches!(text.as_str(), "true" | "1") => Some(true),
            Json::String(text) if matches!(text.as_str(), "false" | "0") => Some(false),
            _ => self.refuse(name, "must be true or false"),
        }
    }

    /// A switch, or `default` when it is not there.
    pub(super) fn bool_or(&mut self, name: &str, default: bool) -> bool {
        if self.is_absent(name) { default } else { self.bool(name).unwrap_or(default) }
    }

    /// A whole number from `min` to `max`, also as a text, or `default` when it is not there.
    pub(super) fn number_or(&mut self, name: &str, default: i64, min: i64, max: i64) -> i64 {
        let number = match self.fields.get(name) {
            None | Some(Json::Null) => return default,
            Some(Json::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
        };
        match number {
            Some(number) if (min..=max).contains(&number) => number,
            _ => {
                self.refuse::<()>(name, &format!("must be a whole number from {min} to {max}"));
                default
            }
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

    fn query(text: &str) -> Body {
        Body::of_query(form::pairs(text).collect())
    }

    #[test]
    fn a_query_is_read_like_a_body() {
        let body = query("text=a+b&size=5&size=7&yes=1&no=false&queries%5B0%5D=x&queries[]=y&queries%5B7%5D=z");
        let mut params = Params::of(&body).unwrap();
        assert_eq!(params.text("text", 1, 3), Some("a b"));
        assert_eq!(params.number_or("size", 1, 1, 10), 7, "the last one counts");
        assert_eq!((params.bool("yes"), params.bool_or("no", true)), (Some(true), false));
        assert_eq!(params.list("queries"), [json!("x"), json!("y"), json!("z")]);
        assert!(params.list("absent").is_empty() && params.bool_or("absent", true));
        params.check().unwrap();
    }

    #[test]
    fn a_query_that_makes_no_sense_is_refused_by_name_or_ignored() {
        for text in ["", "&&", "=", "[]=1", "%ff=%fe", "%", "text=%", "text=%zz", "[[]]=1", "text[a]=1", "a[0][1]=2"] {
            let body = query(text);
            let mut params = Params::of(&body).unwrap();
            params.optional_text("text", 0, 9);
            assert!(params.list("a").is_empty(), "{text}");
            assert!(params.check().is_ok(), "{text}");
        }
        let body = query("text[]=1&list=1&switch=yes&number=1.0&other=%209");
        let mut params = Params::of(&body).unwrap();
        assert_eq!((params.optional_text("text", 0, 9), params.list("list").len()), (None, 0));
        assert!(params.bool_or("switch", true));
        assert_eq!([params.number_or("number", 3, 1, 9), params.number_or("other", 3, 1, 9)], [3, 3]);
        let message = params.failure().message;
        assert!(
            ["`text`", "`list`", "`switch`", "`number`", "`other`"].iter().all(|n| message.contains(n)),
            "{message}"
        );
    }

    #[test]
    fn a_switch_is_a_boolean_or_its_text_and_an_address_is_one() {
        let Json::Object(fields) = json!({
            "a": true, "b": "true", "c": 1, "d": null, "e": " Anna@Example.com ", "f": "anna", "g": 5, "h": "", "i": "xx",
        }) else {
            panic!()
        };
        let body = Body::Fields(fields);
        let mut params = Params::of(&body).unwrap();
        assert_eq!(["a", "b", "c", "d"].map(|name| params.bool(name)), [Some(true), Some(true), None, None]);
        assert_eq!(params.email("e").unwrap().as_str(), "anna@example.com");
        assert!(["f", "g"].iter().all(|name| params.email(name).is_none()));
        assert_eq!((params.optional_text("d", 1, 9), params.optional_text("h", 0, 9)), (None, Some("")));
        assert_eq!(params.optional_text("i", 1, 1), None);
        assert_eq!(params.failure().fields.len(), 5);
    }
}
