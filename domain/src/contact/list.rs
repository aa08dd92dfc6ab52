//! The contacts of a user, and what can be asked about them. There are few, so they are looked through in memory.

use std::cmp::Ordering;

use super::{Contact, Owner, Stored, own_id};
use crate::base::page::{Condition, Cursor, Filter, Kind, Op, Query, Value};
use crate::base::{Code, Result, Time};

/// All contacts of the owner, the oldest first: `stored` is what is stored about him and counts.
pub fn list(owner: Owner<'_>, stored: Vec<Stored>) -> Vec<Contact> {
    let replaced = |own: &Contact| stored.iter().any(|row| row.id == own.id);
    let mut contacts: Vec<_> = owner.own().filter(|own| !replaced(own)).collect();
    contacts.extend(stored.into_iter().filter_map(|row| shown(owner, row)));
    // Of the same age: the address, the number, and then what is stored.
    contacts.sort_by_key(|contact| contact.created_at);
    contacts
}

/// A row as a contact: one without an identifier has that of the account, if there is any.
pub(super) fn shown(owner: Owner<'_>, row: Stored) -> Option<Contact> {
    if row.removed {
        return None;
    }
    let followed = || {
        let mut own = owner.own();
        own.find(|own| own.id == row.id && own_id(owner.id, row.channel) == row.id).map(|own| own.identifier)
    };
    let identifier = row.identifier.clone().or_else(followed)?;
    Some(Contact {
        id: row.id,
        user_id: row.user_id,
        channel: row.channel,
        identifier,
        name: row.name,
        provider_id: row.provider_id,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Those of `contacts` whom `query` asks for, and how many it asks for in all, or 0 when nobody wants to know.
/// `Code::InvalidQuery`, `Code::TooManyValues`, `Code::CursorNotFound`.
pub fn select(contacts: Vec<Contact>, query: &Query) -> Result<(Vec<Contact>, i64)> {
    query.check(kind_of)?;
    let contacts: Vec<_> = contacts.into_iter().enumerate().collect();
    let known = |id: &str| contacts.iter().find(|(_, contact)| contact.id == id).cloned().ok_or(Code::CursorNotFound);
    let cursor = match &query.cursor {
        Some(Cursor::After(id)) => Some((known(id)?, Ordering::Greater)),
        Some(Cursor::Before(id)) => Some((known(id)?, Ordering::Less)),
        None => None,
    };
    let mut found = Vec::with_capacity(contacts.len());
    for (at, contact) in contacts {
        let mut wanted = true;
        for filter in &query.filters {
            wanted &= holds(filter, &contact)? == Some(true);
        }
        if wanted {
            found.push((at, contact));
        }
    }
    let total = if query.counts { found.len() as i64 } else { 0 };
    // Those that are alike stand in the order of the list.
    let order = |(a_at, a): &(usize, Contact), (b_at, b): &(usize, Contact)| {
        let turned = |order: Ordering, descending: bool| if descending { order.reverse() } else { order };
        let named = query.orders.iter().map(|order| {
            let name = order.attribute.as_str();
            turned(key(a, name).cmp(&key(b, name)), order.descending)
        });
        let last = query.orders.last().is_some_and(|order| order.descending);
        named.chain([turned(a_at.cmp(b_at), last)]).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    found.sort_by(order);
    let whole = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let (offset, limit) = (whole(query.offset), whole(query.limit));
    let backwards = cursor.as_ref().is_some_and(|(_, side)| side.is_lt());
    if let Some((cursor, side)) = &cursor {
        found.retain(|contact| order(contact, cursor) == *side);
    }
    if backwards {
        // The last ones before it.
        found.truncate(found.len().saturating_sub(offset));
        found.drain(..found.len().saturating_sub(limit));
    } else {
        found.drain(..offset.min(found.len()));
        found.truncate(limit);
    }
    Ok((found.into_iter().map(|(_, contact)| contact).collect(), total))
}

fn kind_of(name: &str) -> Option<Kind> {
    match name {
        "$id" | "userId" | "providerId" | "identifier" | "providerType" | "name" => Some(Kind::Text),
        "$createdAt" | "$updatedAt" => Some(Kind::Time),
        "$sequence" => Some(Kind::Rank),
        _ => None,
    }
}

fn text<'c>(contact: &'c Contact, name: &str) -> Option<&'c str> {
    match name {
        "$id" => Some(&contact.id),
        "userId" => Some(&contact.user_id),
        "providerId" => contact.provider_id.as_deref(),
        "identifier" => Some(&contact.identifier),
        "providerType" => Some(contact.channel.name()),
        "name" => Some(contact.name.as_str()).filter(|name| !name.is_empty()),
        _ => None,
    }
}

fn time(contact: &Contact, name: &str) -> Option<i64> {
    match name {
        "" | "$sequence" | "$createdAt" => Some(millis(contact.created_at)),
        "$updatedAt" => Some(millis(contact.updated_at)),
        _ => None,
    }
}

/// People see no more of an instant.
fn millis(time: Time) -> i64 {
    time.micros().div_euclid(1_000)
}

/// By what it is ordered; what is not set comes first.
fn key<'c>(contact: &'c Contact, name: &str) -> (Option<i64>, Option<&'c str>) {
    (time(contact, name), text(contact, name))
}

/// Whether a contact fulfils a filter; none where what is asked for is not set, which is neither (SQL's NULL).
fn holds(filter: &Filter, contact: &Contact) -> Result<Option<bool>> {
    Ok(match filter {
        Filter::Is(condition) => is(condition, contact)?,
        Filter::Not(filter) => holds(filter, contact)?.map(|is| !is),
        Filter::And(filters) => joined(filters, contact, false)?,
        Filter::Or(filters) => joined(filters, contact, true)?,
    })
}

/// All of them, or one of them; `decisive` is the answer that decides.
fn joined(filters: &[Filter], contact: &Contact, decisive: bool) -> Result<Option<bool>> {
    let mut all = Some(!decisive);
    for filter in filters {
        match holds(filter, contact)? {
            Some(is) if is == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => all = None,
        }
    }
    Ok(all)
}

fn is(condition: &Condition, contact: &Contact) -> Result<Option<bool>> {
    let name = condition.attribute.as_str();
    let values = condition.values_of(kind_of(name).unwrap_or(Kind::Text))?;
    let (text, time) = (text(contact, name), time(contact, name));
    if condition.op == Op::IsNull {
        return Ok(Some(text.is_none() && time.is_none()));
    }
    let compare = |value: &Value| match value {
        Value::Text(value) => text.map(|text| text.cmp(value.as_str())),
        Value::Time(value) => time.map(|time| time.cmp(&millis(*value))),
        Value::Bool(_) => None,
    };
    let first = || values.first().and_then(compare);
    let part = |fits: fn(&str, &str) -> bool| {
        let one = |value: &Value| {
            if let (Value::Text(value), Some(text)) = (value, text) { fits(text, value) } else { false }
        };
        text.map(|_| values.iter().any(one))
    };
    Ok(match condition.op {
        Op::IsNull => None,
        Op::Equal => {
            values.iter().map(compare).collect::<Option<Vec<_>>>().map(|found| found.iter().any(|o| o.is_eq()))
        }
        Op::Less => first().map(Ordering::is_lt),
        Op::LessEqual => first().map(Ordering::is_le),
        Op::Greater => first().map(Ordering::is_gt),
        Op::GreaterEqual => first().map(Ordering::is_ge),
        Op::Between => first().zip(values.get(1).and_then(compare)).map(|(from, to)| from.is_ge() && to.is_le()),
        Op::Contains => part(|text, value| text.contains(value)),
        Op::StartsWith => part(|text, value| text.starts_with(value)),
        Op::EndsWith => part(|text, value| text.ends_with(value)),
        Op::Search => part(|text, value| {
            let text = text.to_lowercase();
            value.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
        }),
    })
}
