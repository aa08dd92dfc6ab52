//! To which accounts somebody belonged elsewhere.

use super::{check_name, detail, sql};
use crate::args;
use crate::audit::{self, What};
use crate::base::{Ctx, Error, Result, Time, fold, id};
use crate::db::Tx;

/// Most accounts that one user comes with.
const MOST: usize = 1_000;

/// That somebody belongs to an account, as a file tells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Joined {
    /// The account's id; none: the project's own.
    pub id: Option<String>,
    /// Its name, to make it where it is not there; none: its id.
    pub name: Option<String>,
    /// Whether he acts in it.
    pub active: bool,
    /// When he joined it; none: now, in the order of the list.
    pub at: Option<Time>,
}

/// Checks accounts of one user. `Code::InvalidValue` names `tenants`.
pub(crate) fn check(all: &[Joined]) -> Result<()> {
    let wrong = |rule: &str| Err(Error::invalid("tenants", rule));
    if all.len() > MOST {
        return wrong("must be at most 1000");
    }
    for (at, one) in all.iter().enumerate() {
        if one.id.as_ref().is_some_and(|id| !id::is_valid(id)) {
            return wrong("must have ids of 1 to 36 letters, digits, '.', '_' or '-', that do not begin with a sign");
        }
        if one.name.as_ref().is_some_and(|name| check_name(name).is_err()) {
            return wrong("must have names of 1 to 256 characters in one line");
        }
        if all.iter().take(at).any(|other| other.id == one.id) {
            return wrong("must be different ones");
        }
    }
    if all.iter().filter(|one| one.active).count() > 1 {
        return wrong("must be active in one of them at most");
    }
    Ok(())
}

/// Lets a new user belong to accounts, which [`check`] saw before. One that is not there is made.
pub fn import(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, all: &[Joined]) -> Result<()> {
    for (place, one) in (0..).zip(all) {
        let id = one.id.as_deref().unwrap_or(&ctx.project);
        if id != &*ctx.project {
            let name = one.name.as_deref().unwrap_or(id);
            let made = tx.exec(sql::INSERT, args![&ctx.project, id, name, &fold(name), "{}", ctx.now, ctx.now])?;
            if made == 1 {
                audit::record(tx, ctx, What::TenantCreate, None, &detail(id))?;
            }
        }
        let at = one.at.unwrap_or_else(|| ctx.now.plus_micros(place));
        tx.exec(sql::JOIN, args![&ctx.project, user, id, one.active, at])?;
    }
    Ok(())
}
