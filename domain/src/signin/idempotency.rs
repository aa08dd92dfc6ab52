//! Answers that are kept for a retry with the same `Idempotency-Key`.

use data_encoding::BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::sql;
use crate::args;
use crate::base::crypto::{Label, sha256};
use crate::base::time::DAY;
use crate::base::{Actor, Ctx, Error, Result};
use crate::db::Tx;

/// Answers a request once: the same key with the same request gets the first answer again for a day, with another
/// request it is refused. The caller holds a lock that two requests with one key share.
pub(super) fn once<T: Serialize + DeserializeOwned>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: &str,
    request: &str,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    let hash = sha256(format!("{}\0{key}", requester(ctx)).as_bytes());
    let request = sha256(request.as_bytes());
    let earlier = tx.find(sql::FIND_IDEMPOTENT, args![&ctx.project, &hash, ctx.now.plus_micros(-DAY)], |row| {
        Ok((row.get::<Vec<u8>>(0)?, row.get::<String>(1)?))
    })?;
    match earlier {
        Some((same, answer)) if same == request => open_answer(ctx, &hash, &answer),
        Some(_) => Err(Error::invalid("Idempotency-Key", "was used for another request: take a new one")),
        None => {
            let answer = work(tx)?;
            let sealed = seal_answer(ctx, &hash, &answer)?;
            tx.push(sql::INSERT_IDEMPOTENT, args![&ctx.project, &hash, &request, &sealed, ctx.now])?;
            Ok(answer)
        }
    }
}

/// Whose idempotency keys these are: a stranger who guesses one elsewhere gets an answer of his own.
fn requester(ctx: &Ctx) -> String {
    match &ctx.actor {
        Actor::Key(id) => format!("key {id}"),
        Actor::User { user, .. } => format!("user {user}"),
        Actor::Admin(id) => format!("admin {id}"),
        Actor::Guest | Actor::System => ctx.network().unwrap_or_default(),
    }
}

/// The answer as it is kept for a retry: sealed, because it holds the handle.
fn seal_answer<T: Serialize>(ctx: &Ctx, key: &[u8; 32], answer: &T) -> Result<String> {
    let text = serde_json::to_vec(answer).map_err(Error::internal)?;
    let sealed = ctx.keys.seal(Label::Message, &BASE64.encode(key), &text, &*ctx.random)?;
    Ok(BASE64.encode(&sealed))
}

fn open_answer<T: DeserializeOwned>(ctx: &Ctx, key: &[u8; 32], answer: &str) -> Result<T> {
    let sealed = BASE64.decode(answer.as_bytes()).map_err(Error::internal)?;
    let text = ctx.keys.open(Label::Message, &BASE64.encode(key), &sealed)?;
    serde_json::from_slice(&text).map_err(Error::internal)
}
