//! What bodies and queries have in common, and the shapes of lists.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Email, Phone, Time};
use countersign_domain::signin::manage::Set;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::error::Failure;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// No answer of this API is kept by anything on its way.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Entries of a page, when nobody says how many.
const USUAL: i64 = 25;
/// Entries of a page at most.
const MOST: i64 = 200;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Listed<T> {
    /// The entries.
    data: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
    /// How many there are in all, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

impl<T> Listed<T> {
    /// All there is.
    pub(super) fn all(data: Vec<T>) -> Self {
        Self { total: i64::try_from(data.len()).ok(), data, next: None }
    }

    /// A page of `limit` entries, cut from what was read with one entry more; `id` names the last one.
    pub(super) fn page<F>(
        found: Vec<F>,
        limit: i64,
        id: impl Fn(&F) -> &str,
        shape: impl FnMut(F) -> T,
        total: Option<i64>,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        let next = if more { found.get(limit.saturating_sub(1)).map(|last| id(last).to_owned()) } else { None };
        Self { data: found.into_iter().take(limit).map(shape).collect(), next, total }
    }
}

/// An answer with a JSON body.
pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(text) = serde_json::to_vec(body) else {
        tracing::error!("an answer could not be written");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// All went well.
pub(super) fn ok(body: &impl Serialize) -> Response {
    answer(StatusCode::OK, body)
}

/// Something is there now that was not.
pub(super) fn created(body: &impl Serialize) -> Response {
    answer(StatusCode::CREATED, body)
}

/// An answer without a body.
pub(super) fn no_content() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// A field that may be null, which takes away, or not be there, which leaves as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Given<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is null.
    Null,
    /// It has a value.
    Is(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Is))
    }
}

impl<T> Given<T> {
    /// What becomes of what it stands for, its value read by `read`.
    pub(super) fn read<U>(&self, read: impl FnOnce(&T) -> Result<U, Failure>) -> Result<Set<U>, Failure> {
        Ok(match self {
            Self::Absent => Set::Keep,
            Self::Null => Set::Clear,
            Self::Is(value) => Set::To(read(value)?),
        })
    }
}

/// Reads a body as `T`; what is wrong is told by the name of its field.
pub(super) fn read<T: serde::de::DeserializeOwned>(body: Json) -> Result<T, Failure> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let (path, reason) = (error.path().to_string(), error.inner().to_string());
        // Only where it should have been is told of what is missing.
        let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        match (missing, path.as_str()) {
            (Some(name), ".") => Failure::invalid(name, "is missing"),
            (Some(name), path) => Failure::invalid(format!("{path}.{name}"), "is missing"),
            (None, ".") => Failure::invalid("body", reason),
            (None, path) => Failure::invalid(path, reason),
        }
    })
}

/// An e-mail address in a field.
pub(super) fn email(field: &str, text: &str) -> Result<Email, Failure> {
    Email::parse(text).map_err(|_| Failure::invalid(field, "must be an e-mail address such as anna@example.com"))
}

/// A number in a field.
pub(super) fn phone(field: &str, text: &str) -> Result<Phone, Failure> {
    Phone::parse(text, None)
        .map_err(|_| Failure::invalid(field, "must be a number with + and its country code, such as +14255550123"))
}

/// An instant in a field.
pub(super) fn time(field: &str, text: &str) -> Result<Time, Failure> {
    Time::parse_rfc3339(text).ok_or_else(|| Failure::invalid(field, "must be a date such as 2027-01-31T12:00:00Z"))
}

/// The parameters of a query. What nobody asked for by name is refused in the end, so that a slip of the pen does not
/// list everything.
pub(super) struct Asked<'a> {
    pairs: &'a [(String, String)],
    known: Vec<&'static str>,
}

impl<'a> Asked<'a> {
    pub(super) const fn of(pairs: &'a [(String, String)]) -> Self {
        Self { pairs, known: Vec::new() }
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// Every value of a parameter that may stand more than once.
    pub(super) fn all(&mut self, name: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.known.push(name);
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// An instant.
    pub(super) fn time(&mut self, name: &'static str) -> Result<Option<Time>, Failure> {
        self.text(name).map(|text| time(name, text)).transpose()
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Failure> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Failure::invalid(name, "must be true or false")),
        }
    }

    /// How many entries are wanted.
    pub(super) fn limit(&mut self) -> Result<i64, Failure> {
        let Some(text) = self.text("limit") else { return Ok(USUAL) };
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| Failure::invalid("limit", format!("must be a whole number from 1 to {MOST}")))
    }

    /// Where the list goes on: the `next` of the page before.
    pub(super) fn cursor(&mut self) -> Result<Option<String>, Failure> {
        match self.text("cursor") {
            Some(cursor) if !countersign_domain::base::id::is_valid(cursor) => {
                Err(Failure::invalid("cursor", "must be the `next` of the page before"))
            }
            cursor => Ok(cursor.map(str::to_owned)),
        }
    }

    /// Refuses what nobody asked for.
    pub(super) fn done(self) -> Result<(), Failure> {
        match self.pairs.iter().find(|(name, _)| !self.known.iter().any(|known| known == name)) {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(64).collect();
                let known = self.known.join(", ");
                let known = if known.is_empty() { "no parameters".to_owned() } else { known };
                Err(Failure::invalid(name, format!("is no parameter of this route, which takes {known}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Sent {
        name: String,
        #[serde(default)]
        email: Given<String>,
    }

    #[test]
    fn null_is_told_from_nothing_and_a_wrong_field_by_its_name() {
        let sent = |body: Json| read::<Sent>(body);
        assert_eq!(sent(json!({"name": "a"})).unwrap().email, Given::Absent);
        assert_eq!(sent(json!({"name": "a", "email": null})).unwrap().email, Given::Null);
        assert_eq!(sent(json!({"name": "a", "email": "x"})).unwrap().email, Given::Is("x".to_owned()));
        for (body, told) in [
            (json!({}), "name: is missing"),
            (json!({"name": 5}), "name: invalid type"),
            (json!({"name": "a", "nmae": 1}), "nmae: unknown field"),
        ] {
            let failure = sent(body).unwrap_err();
            assert_eq!((failure.status, failure.code), (StatusCode::BAD_REQUEST, "invalid-value"));
            assert!(format!("{failure:?}").contains(told), "{failure:?}");
        }
    }

    #[test]
    fn a_page_says_where_the_next_one_begins() {
        let page = |count: usize| {
            let found: Vec<String> = (0..count).map(|n| n.to_string()).collect();
            serde_json::to_value(Listed::page(found, 2, |id| id, |id| id, Some(7))).unwrap()
        };
        assert_eq!(page(3), json!({"data": ["0", "1"], "next": "1", "total": 7}));
        assert_eq!(page(2), json!({"data": ["0", "1"], "next": null, "total": 7}));
        assert_eq!(page(0), json!({"data": [], "next": null, "total": 7}));
    }

    #[test]
    fn a_parameter_that_no_route_takes_is_refused() {
        let pairs = [("limit", "7"), ("since", "2026-01-01T00:00:00Z"), ("on", "true"), ("stat", "x")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut asked = Asked::of(&pairs);
        assert_eq!((asked.limit().unwrap(), asked.flag("on").unwrap()), (7, Some(true)));
        assert!(asked.time("since").unwrap().is_some() && asked.text("state").is_none());
        assert!(format!("{:?}", asked.done().unwrap_err()).contains("stat: is no parameter"));
        for (name, value) in [("limit", "0"), ("limit", "201"), ("limit", "x"), ("cursor", "a b")] {
            let pairs = [(name.to_owned(), value.to_owned())];
            let mut asked = Asked::of(&pairs);
            assert!(asked.limit().is_err() || asked.cursor().is_err(), "{name}={value}");
        }
    }
}
