//! The ledger of what happened to whom. Rows are added, never changed.

pub(crate) mod sql;

use crate::args;
use crate::base::{Actor, Ctx, Result};
use crate::db::Tx;

/// Writes down that `event` (`session.create`, `phone.claim-removed` …) happened to `user`. `detail` is a JSON object
/// without secrets or whole numbers.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, event: &str, user: Option<&str>, detail: &str) -> Result<()> {
    let actor = match &ctx.actor {
        Actor::Guest => "guest".to_owned(),
        Actor::System => "system".to_owned(),
        Actor::User { user, .. } => format!("user:{user}"),
        Actor::Key(key) => format!("key:{key}"),
    };
    let address = ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default();
    let agent = ctx.user_agent.as_deref().unwrap_or_default();
    tx.push(sql::INSERT, args![&ctx.id(), &ctx.project, ctx.now, event, &actor, user, &address, agent, detail])
}
