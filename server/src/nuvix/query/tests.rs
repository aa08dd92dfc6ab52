use std::cell::Cell;

use countersign_domain::base::Email;
use countersign_domain::base::testing::ctx;
use countersign_domain::db::Kind;
use countersign_domain::db::testing::{TestDb, wait};
use countersign_domain::user;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::super::params::Body;
use countersign_domain::base::page::{Condition, Filter, Op, Order, Value};

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

fn asked(texts: &[String]) -> Result<(Query, Option<String>), Failure> {
    let pairs = texts.iter().enumerate().map(|(at, text)| (format!("queries[{at}]"), text.clone())).collect();
    list(Params::of(&Body::of_query(pairs)).unwrap())
}

fn query(json: &Json) -> Query {
    asked(&[json.to_string()]).unwrap().0
}

/// The one filter that `json` spells, and its opposite.
fn filter(json: &Json) -> (Filter, Filter) {
    let [filter] = <[Filter; 1]>::try_from(query(json).filters).unwrap();
    (filter.clone(), Filter::Not(Box::new(filter)))
}

#[test]
fn each_method_of_a_filter_is_read() {
    for (method, op) in [
        ("equal", Op::Equal),
        ("lessThan", Op::Less),
        ("lessThanEqual", Op::LessEqual),
        ("greaterThan", Op::Greater),
        ("greaterThanEqual", Op::GreaterEqual),
        ("between", Op::Between),
        ("contains", Op::Contains),
        ("startsWith", Op::StartsWith),
        ("endsWith", Op::EndsWith),
        ("search", Op::Search),
        ("isNull", Op::IsNull),
    ] {
        let of = |method: &str| filter(&json!({"method": method, "attribute": "name", "values": ["a", true]}));
        let values = vec![Value::Text("a".to_owned()), Value::Bool(true)];
        let (read, opposite) = of(method);
        assert_eq!(read, Filter::Is(Condition { attribute: "name".to_owned(), op, values }));
        let negated = match method {
            "isNull" => "isNotNull".to_owned(),
            "lessThan" | "lessThanEqual" | "greaterThan" | "greaterThanEqual" => continue,
            method => format!("not{}{}", method[..1].to_uppercase(), &method[1..]),
        };
        assert_eq!(of(&negated).0, opposite, "{negated}");
    }
}

#[test]
fn queries_are_nested_as_objects_or_as_texts() {
    let (inner, opposite) = filter(&json!({"method": "isNull", "attribute": "email"}));
    let object = json!({"method": "isNull", "attribute": "email"});
    let text = Json::String(object.to_string());
    for (method, nested) in [("or", Filter::Or as fn(Vec<Filter>) -> Filter), ("and", Filter::And)] {
        let (read, _) = filter(&json!({"method": method, "values": [object, text]}));
        assert_eq!(read, nested(vec![inner.clone(), inner.clone()]));
    }
    assert_eq!(filter(&json!({"method": "not", "values": [text]})).0, opposite);
}

#[test]
fn the_rest_of_a_query_is_read_and_the_first_of_each_counts() {
    let texts = [
        json!({"method": "orderDesc", "attribute": "name"}),
        json!({"method": "orderAsc"}),
        json!({"method": "limit", "values": [2]}),
        json!({"method": "limit", "values": [3]}),
        json!({"method": "cursorBefore", "values": ["a"]}),
        json!({"method": "cursorAfter", "values": ["b"]}),
        json!({"method": "offset", "values": [4], "attribute": null}),
        json!({"method": "select", "values": ["name", "*"]}),
    ];
    let order = |name: &str, descending| Order { attribute: name.to_owned(), descending };
    let expected = Query {
        filters: Vec::new(),
        orders: vec![order("name", true), order("", false)],
        limit: 2,
        offset: 4,
        cursor: Some(Cursor::Before("a".to_owned())),
        counts: true,
    };
    assert_eq!(asked(&texts.map(|json| json.to_string())).unwrap(), (expected, None));
    assert_eq!(asked(&[]).unwrap(), (Query::default(), None));
    let body = Body::of_query(vec![("search".to_owned(), "anna".to_owned()), ("total".to_owned(), "false".to_owned())]);
    let (query, search) = list(Params::of(&body).unwrap()).unwrap();
    assert_eq!((query.counts, search.as_deref()), (false, Some("anna")));
    let body = Body::of_query(vec![("search".to_owned(), "a".repeat(257))]);
    assert_eq!(list(Params::of(&body).unwrap()).unwrap_err().kind, "general_argument_invalid");
}

#[test]
fn what_is_no_query_of_a_list_is_refused_by_its_place() {
    let nested = (0..4).fold(
        json!({"method": "isNull", "attribute": "name"}),
        |inner, _| json!({"method": "or", "values": [inner.to_string()]}),
    );
    for (json, reason) in [
        (json!({"method": "equal", "attribute": "name", "values": [5]}), "equal takes texts"),
        (json!({"method": "equal", "attribute": "name", "values": [null]}), "equal takes texts"),
        (json!({"method": "equal", "attribute": "name", "values": [["a"]]}), "equal takes texts"),
        (json!({"method": "equal", "attribute": 5}), "JSON object"),
        (json!({"method": "equal", "attribute": "name", "values": "a"}), "JSON object"),
        (json!({"method": "cursorAfter", "values": []}), "one id"),
        (json!({"method": "regex", "attribute": "name", "values": ["a"]}), "\"regex\""),
        (
            json!({"method": "or", "values": [{"method": "limit", "values": [5]}]}),
            "in \"or\": there is no method \"limit\"",
        ),
        (json!({"method": "and", "values": ["x"]}), "in \"and\""),
        (json!({"method": "not", "values": []}), "one query"),
        (nested, "nested 3 deep"),
    ] {
        let failure = asked(&[json!({"method": "orderAsc"}).to_string(), json.to_string()]).unwrap_err();
        assert_eq!((failure.status, failure.kind), (StatusCode::BAD_REQUEST, "general_query_invalid"), "{json}");
        let place = "Invalid `queries[1]` param: ";
        assert!(failure.message.starts_with(place) && failure.message.contains(reason), "{}", failure.message);
    }
}

/// One user of each of two projects.
fn users() -> TestDb {
    let test = TestDb::new(Kind::Sqlite);
    let made = test.db.write(|tx| {
        let mut other = ctx();
        other.project = "p2".into();
        let email = Email::parse("anna@example.com").unwrap();
        user::create(tx, &ctx(), Some("anna"), &email, "Anna")?;
        user::create(tx, &other, Some("anna"), &email, "Stranger")?;
        user::create(tx, &other, Some("bernd"), &Email::parse("bernd@example.com").unwrap(), "Bernd")
    });
    wait(made).unwrap();
    test
}

fn jsons() -> impl Strategy<Value = Json> {
    const METHODS: &[&str] = &[
        "equal",
        "notEqual",
        "lessThan",
        "greaterThanEqual",
        "between",
        "notBetween",
        "contains",
        "notContains",
        "search",
        "notSearch",
        "startsWith",
        "notEndsWith",
        "isNull",
        "isNotNull",
        "and",
        "or",
        "not",
        "select",
        "orderAsc",
        "orderDesc",
        "limit",
        "offset",
        "cursorAfter",
        "cursorBefore",
        "regex",
    ];
    const ATTRIBUTES: &[&str] = &[
        "$id",
        "name",
        "email",
        "phone",
        "status",
        "labels",
        "registration",
        "passwordUpdate",
        "$sequence",
        "project_id",
        "",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        prop::sample::select(&["anna", "", "x' OR ''='", "%", "2026-11-21", "\0", "bernd", "0"][..])
            .prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
    ];
    let texts = |of: &'static [&'static str]| prop::sample::select(of).prop_map(Json::from);
    leaf.prop_recursive(4, 40, 4, move |inner| {
        let values = prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from);
        let written = (texts(METHODS), texts(ATTRIBUTES), values.clone())
            .prop_map(|(method, attribute, values)| json!({"method": method, "attribute": attribute, "values": values}));
        let odd = (inner.clone(), inner.clone(), inner)
            .prop_map(|(method, attribute, values)| json!({"method": method, "attribute": attribute, "values": values}));
        prop_oneof![8 => written.clone(), 2 => written.prop_map(|json| Json::from(json.to_string())), 1 => odd, 1 => values]
    })
}

#[test]
fn whatever_is_sent_nobody_of_another_project_is_found_and_nothing_breaks() {
    let test = users();
    let mut runner = TestRunner::new(Config { cases: 3_000, failure_persistence: None, ..Config::default() });
    let texts =
        prop::collection::vec(prop_oneof![9 => jsons().prop_map(|json| json.to_string()), 1 => ".{0,20}"], 0..4);
    let answered = Cell::new(0);
    runner
        .run(&texts, |texts| {
            let Ok((query, search)) = asked(&texts) else { return Ok(()) };
            let (limit, offset) = (query.limit, query.offset);
            match wait(test.db.read(move |tx| user::list(tx, "p1", &query, search.as_deref()))) {
                Ok((users, total)) => {
                    prop_assert!(users.iter().all(|user| user.name == "Anna"));
                    prop_assert!(users.len() as i64 <= total && users.len() as i64 <= limit && offset >= 0);
                    answered.set(answered.get() + 1);
                }
                Err(error) => {
                    let failure = Failure::from(error);
                    prop_assert_eq!(failure.status, StatusCode::BAD_REQUEST, "{:?}", failure.kind);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(answered.get() > 500, "too few were answered: {}", answered.get());
}
