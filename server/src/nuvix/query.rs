//! The queries of a list: JSON objects that say which part of it is wanted (contract nuvix §1.12).

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value as Json;

use super::error::Failure;
use super::params::Params;

/// Most queries of a request.
const MOST: usize = 100;
/// Longest part of a list.
const LONGEST: i64 = 5_000;
/// How many entries are given when nobody says how many.
const USUAL: i64 = 25;

/// The part of a list that is wanted.
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
        if queries.len() > MOST {
            return Err(refused(&format!("Invalid `queries` param: there are more than {MOST}.")));
        }
        let (mut limit, mut offset) = (None, None);
        for (at, text) in queries.iter().enumerate() {
            match Query::parse(text) {
                Ok(Query::Limit(number)) => limit = limit.or(Some(number)),
                Ok(Query::Offset(number)) => offset = offset.or(Some(number)),
                Err(reason) => return Err(refused(&format!("Invalid `queries[{at}]` param: {reason}."))),
            }
        }
        Ok(Self { limit: limit.unwrap_or(USUAL), offset: offset.unwrap_or(0), counts })
    }

    /// The `total` of the answer: 0 for whoever does not want to know (`total=false`).
    pub(super) const fn total(self, total: i64) -> i64 {
        if self.counts { total } else { 0 }
    }
}

fn refused(message: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "general_query_invalid", message)
}

/// A query that lists here understand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Query {
    Limit(i64),
    Offset(i64),
}

/// A query as it is sent. `attribute` is left out: neither method has one.
#[derive(Deserialize)]
struct Written {
    method: String,
    #[serde(default)]
    values: Vec<Json>,
}

impl Query {
    /// The query that `text` spells, or what is wrong with it.
    fn parse(text: &Json) -> Result<Self, String> {
        const SHAPE: &str = "must be a JSON object such as {\"method\":\"limit\",\"values\":[25]}";
        let written: Written =
            text.as_str().and_then(|text| serde_json::from_str(text).ok()).ok_or_else(|| SHAPE.to_owned())?;
        let number = |min: i64, max: i64| match written.values.as_slice() {
            [value] => value.as_i64().filter(|number| (min..=max).contains(number)),
            _ => None,
        };
        match written.method.as_str() {
            "limit" => number(1, LONGEST)
                .map(Self::Limit)
                .ok_or_else(|| format!("limit takes one whole number from 1 to {LONGEST}")),
            "offset" => {
                number(0, i64::MAX).map(Self::Offset).ok_or_else(|| "offset takes one whole number from 0".to_owned())
            }
            other => Err(format!("this list takes limit and offset, but not \"{other:.40}\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::params::Body;
    use super::*;

    fn page(pairs: &[(&str, &str)]) -> Result<Page, Failure> {
        let body = Body::of_query(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        Page::of(Params::of(&body).unwrap())
    }

    fn queries(texts: &[&str]) -> Result<Page, Failure> {
        page(&texts.iter().map(|text| ("queries[]", *text)).collect::<Vec<_>>())
    }

    #[test]
    fn a_list_gives_its_first_25_entries_unless_told_otherwise() {
        assert_eq!(queries(&[]).unwrap(), Page { limit: 25, offset: 0, counts: true });
        let told =
            queries(&[r#"{"method":"offset","values":[7]}"#, r#"{"method":"limit","attribute":"","values":[5000]}"#]);
        assert_eq!(told.unwrap(), Page { limit: 5_000, offset: 7, counts: true });
        let twice = queries(&[r#"{"method":"limit","values":[3]}"#, r#"{"method":"limit","values":[4]}"#]);
        assert_eq!(twice.unwrap().limit, 3);
        let last = queries(&[r#"{"method":"offset","values":[9223372036854775807]}"#]);
        assert_eq!(last.unwrap().offset, i64::MAX);
    }

    #[test]
    fn whoever_does_not_want_the_total_gets_zero() {
        assert_eq!(page(&[("total", "false")]).unwrap().total(9), 0);
        assert_eq!(page(&[("total", "true")]).unwrap().total(9), 9);
        assert_eq!(page(&[("total", "maybe")]).unwrap_err().kind, "general_argument_invalid");
    }

    #[test]
    fn what_is_no_query_is_refused_by_its_place() {
        for text in [
            "",
            "limit(2)",
            "limit",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"method":5}"#,
            r#"{"method":"limit","values":5}"#,
            r#"{"method":"limit"}"#,
            r#"{"method":"limit","values":[]}"#,
            r#"{"method":"limit","values":[0]}"#,
            r#"{"method":"limit","values":[5001]}"#,
            r#"{"method":"limit","values":["5"]}"#,
            r#"{"method":"limit","values":[1.5]}"#,
            r#"{"method":"limit","values":[1,2]}"#,
            r#"{"method":"offset","values":[-1]}"#,
            r#"{"method":"offset","values":[9223372036854775808]}"#,
            &"[".repeat(10_000),
        ] {
            let failure = queries(&[r#"{"method":"limit","values":[3]}"#, text]).unwrap_err();
            assert_eq!((failure.status, failure.kind), (StatusCode::BAD_REQUEST, "general_query_invalid"), "{text}");
            assert!(failure.message.contains("`queries[1]`"), "{}", failure.message);
        }
        let alone = page(&[("queries", r#"{"method":"limit","values":[3]}"#)]).unwrap_err();
        assert!(alone.message.contains("`queries`"), "{}", alone.message);
    }

    #[test]
    fn a_method_that_is_not_known_here_is_named() {
        for method in ["equal", "cursorAfter", "or", "Limit", "\u{1f98a}"] {
            let text = serde_json::json!({"method": method, "attribute": "event", "values": ["x"]}).to_string();
            let failure = queries(&[&text]).unwrap_err();
            assert_eq!(failure.kind, "general_query_invalid");
            assert!(failure.message.contains(&format!("\"{method}\"")), "{}", failure.message);
        }
        let long = serde_json::json!({"method": "x".repeat(9_000)}).to_string();
        assert!(queries(&[&long]).unwrap_err().message.len() < 200);
    }

    #[test]
    fn more_than_a_hundred_queries_are_refused() {
        let one = r#"{"method":"limit","values":[3]}"#;
        assert_eq!(queries(&[one; 100]).unwrap().limit, 3);
        assert_eq!(queries(&[one; 101]).unwrap_err().kind, "general_query_invalid");
    }
}
