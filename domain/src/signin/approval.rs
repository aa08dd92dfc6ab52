//! What a provider that carries codes is told of them: the outbox knows which it carried, the verification whether it was
//! shown.

use crate::args;
use crate::base::time::HOUR;
use crate::base::{Ctx, Result, id};
use crate::db::Tx;

use super::sql;

/// Messages of so long ago at most are told of. No code lives longer.
const WINDOW: i64 = HOUR;
/// The most that are told in one go.
const MOST: i64 = 100;

/// A message whose code was shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownCode {
    /// Its id.
    pub message: String,
    /// The provider's id for it.
    pub provider_message: String,
}

/// The messages that went out by the provider of this name, and whose code was shown since: the oldest first, and only
/// those of which it is not known yet that they arrived ([`message::note_delivery`](crate::message::note_delivery)).
pub fn list_shown(tx: &mut Tx<'_>, ctx: &Ctx, provider: &str) -> Result<Vec<ShownCode>> {
    let since = id::floor(ctx.now.plus_micros(-WINDOW));
    let all = tx.list(sql::LIST_SHOWN, args![&ctx.project, &since, provider, MOST], |row| {
        Ok((row.get::<String>(0)?, row.get::<Option<String>>(1)?))
    })?;
    let with_id = |(message, its)| Some(ShownCode { message, provider_message: its? });
    Ok(all.into_iter().filter_map(with_id).collect())
}
