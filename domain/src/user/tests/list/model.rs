//! Whatever can be asked of the list of users, against a model in plain Rust.

use std::cmp::Ordering;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::*;

/// Whether `user` fulfils `filter`; none where the attribute is not set.
fn holds(filter: &Filter, user: &User) -> Option<bool> {
    match filter {
        Filter::Is(condition) => fulfils(condition, user),
        Filter::Not(filter) => holds(filter, user).map(|held| !held),
        Filter::And(filters) => {
            let held: Vec<_> = filters.iter().map(|filter| holds(filter, user)).collect();
            if held.contains(&Some(false)) {
                Some(false)
            } else {
                held.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
            }
        }
        Filter::Or(filters) => {
            let opposite = filters.iter().cloned().map(not).collect();
            holds(&Filter::And(opposite), user).map(|held| !held)
        }
    }
}

/// What people see of an attribute, as a text that sorts as the attribute does.
fn shown(attribute: &str, user: &User) -> Option<String> {
    Some(match attribute {
        "$id" => user.id.clone(),
        "name" => user.name.clone(),
        "email" => user.email.as_ref()?.as_str().to_owned(),
        "phone" => user.shown_phone()?.as_e164().to_owned(),
        "status" => (!user.blocked).to_string(),
        "emailVerification" => user.is_email_verified().to_string(),
        "phoneVerification" => user.is_phone_verified().to_string(),
        "passwordUpdate" => user.password_at?.to_rfc3339(),
        "$updatedAt" => user.updated_at.to_rfc3339(),
        _ => user.created_at.to_rfc3339(),
    })
}

fn fulfils(condition: &Condition, user: &User) -> Option<bool> {
    let Condition { attribute, op, values } = condition;
    let own = shown(attribute, user);
    if *op == Op::IsNull {
        return Some(own.is_none_or(|own| own.is_empty()));
    }
    let values: Vec<_> = values
        .iter()
        .map(|value| match value {
            Value::Bool(value) => value.to_string(),
            Value::Time(time) => time.to_rfc3339(),
            Value::Text(text)
                if attribute.ends_with("At") || matches!(attribute.as_str(), "registration" | "passwordUpdate") =>
            {
                let condition =
                    Condition { values: vec![Value::Text(text.clone())], op: Op::Equal, ..condition.clone() };
                let Value::Time(time) = condition.values_of(crate::base::page::Kind::Time).unwrap()[0] else {
                    panic!()
                };
                time.to_rfc3339()
            }
            Value::Text(text) if attribute == "email" => text.to_ascii_lowercase(),
            Value::Text(text) => text.clone(),
        })
        .collect();
    if attribute == "labels" {
        return Some(*op == Op::Contains && values.iter().any(|value| user.labels.contains(value)));
    }
    let own = own?;
    Some(match op {
        Op::Equal => values.contains(&own),
        Op::Less => own < values[0],
        Op::LessEqual => own <= values[0],
        Op::Greater => own > values[0],
        Op::GreaterEqual => own >= values[0],
        Op::Between => own >= values[0] && own <= values[1],
        Op::Contains => values.iter().any(|value| own.contains(value.as_str())),
        Op::StartsWith => own.starts_with(&values[0]),
        Op::EndsWith => own.ends_with(&values[0]),
        Op::Search => words(&values[0]).iter().all(|word| fold(&own).contains(word)),
        Op::IsNull => unreachable!(),
    })
}

fn words(text: &str) -> Vec<String> {
    fold(text).split(|c: char| c.is_whitespace() || c.is_control()).map(str::to_owned).collect()
}

/// How the list puts two users.
fn order(orders: &[Order], a: &User, b: &User) -> Ordering {
    let by = |attribute: &str, descending: bool| {
        let exact = match attribute {
            "" | "$sequence" | "$createdAt" | "registration" => a.created_at.cmp(&b.created_at),
            "$updatedAt" => a.updated_at.cmp(&b.updated_at),
            "passwordUpdate" => a.password_at.cmp(&b.password_at),
            name => shown(name, a).cmp(&shown(name, b)),
        };
        if descending { exact.reverse() } else { exact }
    };
    let first = orders.iter().map(|order| by(&order.attribute, order.descending)).find(|order| order.is_ne());
    let made = if orders.is_empty() { by("", false) } else { Ordering::Equal };
    first.unwrap_or(made).then_with(|| by("$id", orders.last().is_some_and(|order| order.descending)))
}

/// What the list should be.
fn model(query: &Query, search: &str) -> Option<(Vec<User>, i64)> {
    let everybody = people();
    let cursor = match &query.cursor {
        Some(Cursor::After(id) | Cursor::Before(id)) => Some(everybody.iter().find(|user| user.id == *id)?.clone()),
        None => None,
    };
    let searched = |user: &User| {
        let seen =
            ["$id", "name", "email", "phone"].map(|name| shown(name, user).map(|text| fold(&text)).unwrap_or_default());
        words(search).iter().all(|word| seen.iter().any(|text| text.contains(word)))
    };
    let fits = |user: &User| query.filters.iter().all(|filter| holds(filter, user) == Some(true)) && searched(user);
    let mut users: Vec<_> = everybody.into_iter().filter(fits).collect();
    let total = users.len() as i64;
    users.sort_by(|a, b| order(&query.orders, a, b));
    let (limit, offset) = (query.limit as usize, query.offset as usize);
    let backwards = matches!(query.cursor, Some(Cursor::Before(_)));
    if backwards {
        users.reverse();
    }
    if let Some(cursor) = cursor {
        let wanted = if backwards { Ordering::Less } else { Ordering::Greater };
        users.retain(|user| order(&query.orders, user, &cursor) == wanted);
    }
    let mut users: Vec<_> = users.into_iter().skip(offset).take(limit).collect();
    if backwards {
        users.reverse();
    }
    Some((users, if query.counts { total } else { 0 }))
}

fn texts() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "",
        "anna",
        "Anna",
        "ANNA@example.com",
        "@",
        "zoë",
        "Zo",
        "%",
        "_",
        "\\",
        "'",
        "\"",
        "' OR '1'='1",
        "vip",
        "old",
        "o",
        "$1",
        "?1",
        "; DROP TABLE users",
        ANNA,
        BERND,
        "+49",
        "+436641234567",
        "+436641234568",
        "straße",
        "ΟΔΥΣΣΕΥΣ",
        "ς",
        "\u{1f98a}",
        "\0",
        "2026-11-21",
        "2026-11-21T08:00:00.002Z",
        "2026-11-21T08:00:00.005999Z",
        "-9999-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
        "c.1",
        "d-2",
        "true",
    ];
    prop_oneof![4 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => texts().prop_map(Value::Text),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => (T - 2_000..T + 10_000).prop_map(|micros| Value::Time(Time::from_micros(micros))),
    ]
}

fn attributes() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "$id",
        "$createdAt",
        "$updatedAt",
        "registration",
        "name",
        "email",
        "phone",
        "status",
        "emailVerification",
        "phoneVerification",
        "passwordUpdate",
        "labels",
    ];
    const ODD: &[&str] = &["", "$sequence", "password", "id", "name; --", "project_id"];
    prop_oneof![15 => prop::sample::select(KNOWN), 1 => prop::sample::select(ODD)].prop_map(str::to_owned)
}

/// Mostly conditions that can be asked, so that the model has something to say; one in twenty is as it comes.
fn conditions() -> impl Strategy<Value = Filter> {
    const OPS: &[Op] = &[
        Op::Equal,
        Op::Less,
        Op::LessEqual,
        Op::Greater,
        Op::GreaterEqual,
        Op::Between,
        Op::Contains,
        Op::StartsWith,
        Op::EndsWith,
        Op::Search,
        Op::IsNull,
    ];
    let any = (attributes(), prop::sample::select(OPS), prop::collection::vec(values(), 1..4), 0..20);
    any.prop_map(|(attribute, mut op, mut values, careless)| {
        if careless > 0 {
            (op, values) = fitting(&attribute, op, values);
        }
        Filter::Is(Condition { attribute, op, values })
    })
}

/// `op` and `values` as near as can be to what may be asked of the attribute.
fn fitting(attribute: &str, op: Op, mut values: Vec<Value>) -> (Op, Vec<Value>) {
    let is_text = matches!(attribute, "$id" | "name" | "email" | "phone");
    let op = match op {
        Op::IsNull => return (op, Vec::new()),
        _ if attribute == "labels" => Op::Contains,
        Op::Contains | Op::StartsWith | Op::EndsWith | Op::Search if !is_text => Op::Equal,
        op => op,
    };
    match op {
        Op::Equal | Op::Contains => {}
        Op::Between => values.resize(2, values[0].clone()),
        _ => values.truncate(1),
    }
    let fitting = |value| match (attribute, value) {
        ("labels" | "$id" | "name" | "email" | "phone", Value::Text(text)) => Value::Text(text.replace('\0', "")),
        ("labels" | "$id" | "name" | "email" | "phone", _) => text("e"),
        ("status" | "emailVerification" | "phoneVerification", Value::Text(text)) => Value::Bool(text.len() % 2 == 0),
        ("status" | "emailVerification" | "phoneVerification", Value::Time(_)) => Value::Bool(true),
        (_, Value::Text(text)) if text.contains("-1") => Value::Text(text),
        (_, Value::Text(text)) => Value::Time(Time::from_micros(T + 500 * text.len() as i64)),
        (_, Value::Bool(_)) => Value::Time(Time::from_micros(T)),
        (_, value) => value,
    };
    (op, values.into_iter().map(fitting).collect())
}

fn filters() -> impl Strategy<Value = Filter> {
    conditions().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(not),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::And),
            prop::collection::vec(inner, 0..4).prop_map(Filter::Or),
        ]
    })
}

fn queries() -> impl Strategy<Value = Query> {
    let orders = (attributes(), any::<bool>()).prop_map(|(attribute, descending)| Order { attribute, descending });
    let id = prop_oneof![4 => prop::sample::select(people()).prop_map(|user| user.id), 1 => texts()];
    let cursor = (id, any::<bool>()).prop_map(|(id, after)| if after { Cursor::After(id) } else { Cursor::Before(id) });
    (
        prop_oneof![4 => prop::collection::vec(filters(), 1), 1 => prop::collection::vec(filters(), 0..3)],
        prop::collection::vec(orders, 0..4),
        prop_oneof![20 => 1..12_i64, 1 => any::<i64>()],
        prop_oneof![20 => 0..4_i64, 1 => any::<i64>()],
        prop::option::of(cursor),
        any::<bool>(),
    )
        .prop_map(|(filters, orders, limit, offset, cursor, counts)| Query {
            filters,
            orders,
            limit,
            offset,
            cursor,
            counts,
        })
}

on_both!(whatever_is_asked_the_answer_is_that_of_the_model_or_a_refusal, |test| {
    fill(test);
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let strategy = (queries(), prop_oneof![3 => Just(String::new()), 1 => texts()]);
    let answered = std::cell::Cell::new(0);
    runner
        .run(&strategy, |(query, search)| {
            match ask(test, query.clone(), Some(&search)) {
                Ok(answer) => {
                    answered.set(answered.get() + 1);
                    prop_assert_eq!(Some(answer), model(&query, &search));
                }
                Err(Code::CursorNotFound) => prop_assert_eq!(None, model(&query, &search)),
                Err(Code::InvalidQuery { .. } | Code::TooManyValues) => {}
                Err(code) => return Err(TestCaseError::fail(format!("{code:?}"))),
            }
            Ok(())
        })
        .unwrap();
    assert!(answered.get() > 500, "too few were answered: {}", answered.get());
});
