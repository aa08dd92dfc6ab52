//! The keys of a project's tokens, as whoever runs it sees them.

use crate::audit::{self, What};
use crate::base::{Ctx, Result};
use crate::db::Tx;
use crate::token::{self, Algorithm, KeySet, Material};
use crate::{project, revocation};

/// The project's keys; of several nodes that find none one makes the first.
pub fn ensure(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<KeySet> {
    let keys = token::list_keys(tx, ctx)?;
    if keys.has(Algorithm::Es256) {
        return Ok(keys);
    }
    project::lock(tx, &ctx.project)?;
    token::ensure_keys(tx, ctx)
}

/// Stores the project's first key of an algorithm that is made when it is needed; of several nodes one is first, and the
/// others' material is forgotten. Every node hears of it.
pub fn add(tx: &mut Tx<'_>, ctx: &Ctx, material: &Material) -> Result<()> {
    project::lock(tx, &ctx.project)?;
    token::ensure_key(tx, ctx, material)?;
    revocation::announce(tx, ctx, project::CHANGED, &ctx.project)
}

/// Puts another key in place of the one that signs ([`token::rotate`]); every node hears of it. False beside the keys
/// when one is on its way already.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, at_once: bool, rsa: Option<&Material>) -> Result<(KeySet, bool)> {
    project::lock(tx, &ctx.project)?;
    let (keys, turned) = token::rotate(tx, ctx, at_once, rsa)?;
    if turned {
        audit::record(tx, ctx, What::KeysRotate, None, &format!("{{\"atOnce\":{at_once}}}"))?;
        revocation::announce(tx, ctx, project::CHANGED, &ctx.project)?;
    }
    Ok((keys, turned))
}
