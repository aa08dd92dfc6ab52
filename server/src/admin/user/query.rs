//! What is asked of the list of users, in the words of the domain.

use countersign_domain::base::page::{Condition, Cursor, DEPTH, Filter, Op, Order, Query, Value};
use serde_json::Value as Json;

use super::super::call::Call;
use super::super::error::Failure;
use super::super::wire::Asked;
use crate::http::query::Written;

/// The name of an attribute as the domain has it.
fn attribute(name: &str) -> &str {
    match name {
        "id" => "$id",
        "createdAt" => "$createdAt",
        "updatedAt" => "$updatedAt",
        "emailVerified" => "emailVerification",
        "phoneVerified" => "phoneVerification",
        "passwordUpdatedAt" => "passwordUpdate",
        other => other,
    }
}

/// A filter in the words of the domain: attributes by their names there, and the status as the switch that it is.
fn translated(filter: Filter) -> Filter {
    let all = |filters: Vec<Filter>| filters.into_iter().map(translated).collect();
    match filter {
        Filter::Is(mut condition) => {
            if condition.attribute == "status" {
                for value in &mut condition.values {
                    match value {
                        Value::Text(text) if text == "active" => *value = Value::Bool(true),
                        Value::Text(text) if text == "blocked" => *value = Value::Bool(false),
                        _ => {}
                    }
                }
            }
            condition.attribute = attribute(&condition.attribute).to_owned();
            Filter::Is(condition)
        }
        Filter::And(filters) => Filter::And(all(filters)),
        Filter::Or(filters) => Filter::Or(all(filters)),
        Filter::Not(filter) => Filter::Not(Box::new(translated(*filter))),
    }
}

fn is(attribute: &str, op: Op, value: Value) -> Filter {
    Filter::Is(Condition { attribute: attribute.to_owned(), op, values: vec![value] })
}

/// What is asked of the list: the page, and words to search for.
pub(super) fn read(call: &Call, asked: &mut Asked<'_>) -> Result<(Query, Option<String>), Failure> {
    let mut filters = Vec::new();
    match asked.text("status") {
        None => {}
        Some("active") => filters.push(is("status", Op::Equal, Value::Bool(true))),
        Some("blocked") => filters.push(is("status", Op::Equal, Value::Bool(false))),
        Some(_) => return Err(Failure::invalid("status", "must be active or blocked")),
    }
    if let Some(text) = asked.text("email") {
        filters.push(is("email", Op::Equal, Value::Text(text.to_owned())));
    }
    if let Some(text) = asked.text("phone") {
        // A plus in a query that nobody escaped arrives as a space.
        let number = call.app.phone(&text.replacen(' ', "+", 1))?;
        filters.push(is("phone", Op::Equal, Value::Text(number.as_e164().to_owned())));
    }
    if let Some(text) = asked.text("label") {
        filters.push(is("labels", Op::Contains, Value::Text(text.to_owned())));
    }
    for (name, attribute) in [("emailVerified", "emailVerification"), ("phoneVerified", "phoneVerification")] {
        if let Some(verified) = asked.flag(name)? {
            filters.push(is(attribute, Op::Equal, Value::Bool(verified)));
        }
    }
    if let Some(since) = asked.time("since")? {
        filters.push(is("$createdAt", Op::GreaterEqual, Value::Time(since)));
    }
    if let Some(until) = asked.time("until")? {
        filters.push(is("$createdAt", Op::Less, Value::Time(until)));
    }
    for text in asked.all("filter") {
        let written = Written::parse(&Json::String(text.to_owned())).and_then(|written| written.filter(DEPTH));
        filters.push(translated(written.map_err(|reason| Failure::invalid("filter", reason))?));
    }
    let orders: Vec<Order> = match asked.text("order") {
        // As one looks for somebody: who came last, first.
        None => vec![Order { attribute: String::new(), descending: true }],
        Some(text) => text
            .split(',')
            .map(|name| Order {
                attribute: attribute(name.strip_prefix('-').unwrap_or(name)).to_owned(),
                descending: name.starts_with('-'),
            })
            .collect(),
    };
    let search = asked.text("search").map(str::to_owned);
    let counts = asked.flag("total")?.unwrap_or(false);
    let cursor = asked.cursor()?.map(Cursor::After);
    Ok((Query { filters, orders, limit: asked.limit()? + 1, offset: 0, cursor, counts }, search))
}
