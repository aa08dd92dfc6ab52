//! The queries of a list: JSON objects that say which part of it is wanted (contract nuvix §1.12).

#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use countersign_domain::base::page::{Cursor, DEPTH, QUERIES, Query, USUAL};
use serde_json::Value as Json;

use super::error::Failure;
use super::params::Params;
use crate::http::query::Written;

/// Longest `search`, in characters.
const SEARCHED: usize = 256;

/// The part of a list that is wanted, where a list is given as it is.
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
        let (mut limit, mut offset) = (None, None);
        each(queries, |query| {
            match query.method.as_str() {
                "limit" => _ = limit.get_or_insert(query.limit()?),
                "offset" => _ = offset.get_or_insert(query.offset()?),
                other => return Err(format!("this list takes limit and offset, but not \"{other:.40}\"")),
            }
            Ok(())
        })?;
        Ok(Self { limit: limit.unwrap_or(USUAL), offset: offset.unwrap_or(0), counts })
    }

    /// The `total` of the answer: 0 for whoever does not want to know (`total=false`).
    pub(super) const fn total(self, total: i64) -> i64 {
        if self.counts { total } else { 0 }
    }
}

/// Reads `queries`, `total` and `search`, where a list can be asked about. Whether it has the attributes that are named
/// is for the list to say. Of several limits, offsets and cursors the first one counts, as upstream.
pub(super) fn list(mut params: Params<'_>) -> Result<(Query, Option<String>), Failure> {
    let queries = params.list("queries");
    let search = params.optional_text("search", 0, SEARCHED).map(str::to_owned);
    let mut query = Query { counts: params.bool_or("total", true), ..Query::default() };
    params.check()?;
    let (mut limit, mut offset) = (None, None);
    each(queries, |written| {
        match written.method.as_str() {
            "limit" => _ = limit.get_or_insert(written.limit()?),
            "offset" => _ = offset.get_or_insert(written.offset()?),
            "orderAsc" => query.orders.push(written.order(false)),
            "orderDesc" => query.orders.push(written.order(true)),
            "cursorAfter" => _ = query.cursor.get_or_insert(Cursor::After(written.id()?)),
            "cursorBefore" => _ = query.cursor.get_or_insert(Cursor::Before(written.id()?)),
            // Answers have all attributes.
            "select" => {}
            _ => query.filters.push(written.filter(DEPTH)?),
        }
        Ok(())
    })?;
    query.limit = limit.unwrap_or(USUAL);
    query.offset = offset.unwrap_or(0);
    Ok((query, search))
}

/// Reads each query, in order; what is wrong is told by its place.
fn each(queries: &[Json], mut read: impl FnMut(Written) -> Result<(), String>) -> Result<(), Failure> {
    if queries.len() > QUERIES {
        return Err(refused(&format!("Invalid `queries` param: there are more than {QUERIES}.")));
    }
    for (at, text) in queries.iter().enumerate() {
        let outcome = Written::parse(text).and_then(&mut read);
        outcome.map_err(|reason| refused(&format!("Invalid `queries[{at}]` param: {reason}.")))?;
    }
    Ok(())
}

fn refused(message: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "general_query_invalid", message)
}
