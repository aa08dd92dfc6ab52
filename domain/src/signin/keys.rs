//! The keys of a project's tokens, as whoever runs it sees them.

use crate::audit::{self, What};
use crate::base::{Ctx, Result};
use crate::db::Tx;
use crate::token::{self, KeySet};
use crate::{project, revocation};

/// The project's keys; of several nodes that find none one makes the first.
pub fn ensure(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<KeySet> {
    let keys = token::list_keys(tx, ctx)?;
    if !keys.is_empty() {
        return Ok(keys);
    }
    project::lock(tx, &ctx.project)?;
    token::ensure_keys(tx, ctx)
}

/// Puts another key in place of the one that signs ([`token::rotate`]); every node hears of it. False beside the keys
/// when one is on its way already.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, at_once: bool) -> Result<(KeySet, bool)> {
    project::lock(tx, &ctx.project)?;
    let (keys, turned) = token::rotate(tx, ctx, at_once)?;
    if turned {
        audit::record(tx, ctx, What::KeysRotate, None, &format!("{{\"atOnce\":{at_once}}}"))?;
        revocation::announce(tx, ctx, project::CHANGED, &ctx.project)?;
    }
    Ok((keys, turned))
}
