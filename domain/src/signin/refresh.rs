//! Refreshing a session: another secret in its place, and the end of it where a spent one comes back.

use super::gate::{Step, step};
use super::start::Terms;
use super::{find_session, find_session_by_id};
use crate::base::{Code, Ctx, Result, Secret, Time};
use crate::db::Tx;
use crate::project::Project;
use crate::session::{self, Session};
use crate::tenant;
use crate::user::User;

/// For how many seconds a spent secret is taken from a tab that asked at the same moment as another.
const GRACE_SECONDS: i64 = 10;

/// A session that goes on.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// The session.
    pub session: Session,
    /// The account.
    pub user: User,
    /// The session's new secret. None where somebody else was given it a moment ago.
    pub secret: Option<Secret>,
}

/// Replaces the secret of the session that `shown` belongs to, and lets it live on: as long as the terms say from now, and
/// never longer than `auth.duration` from its beginning. The outer result is for the store; the inner one is the answer.
///
/// A secret that was replaced before ends its session: either the one who shows it or the one who has the newer secret
/// stole it (RFC 9700 §4.14.2). Within ten seconds it is taken for a parallel tab. What was never a secret changes
/// nothing, because the id that secrets begin with is no secret. `Code::SessionNotFound`, `Code::UserBlocked`,
/// `Code::MoreFactorsRequired`.
///
/// The user acts in `tenant` from then on, if one is named: `Code::TenantNotFound` where it is none of his, and then
/// nothing is spent.
pub fn refresh(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    shown: &Secret,
    tenant: Option<&str>,
) -> Result<Result<Refreshed>> {
    if let Some((session, user)) = find_session(tx, ctx, shown)? {
        if let Err(error) = admit(project, &user, &session) {
            return Ok(Err(error));
        }
        if let Some(tenant) = tenant {
            match tenant::activate(tx, ctx, &user.id, tenant) {
                Err(error) if error.code == Code::TenantNotFound => return Ok(Err(error)),
                activated => activated?,
            }
        }
        let until = until(ctx, project, terms, &session);
        if let Some((session, secret)) = session::renew(tx, ctx, &session, shown, until, terms.shape)? {
            return Ok(Ok(Refreshed { session, user, secret: Some(secret) }));
        }
        // Somebody else was faster.
    }
    let Some(spent) = session::find_spent(tx, ctx, shown)? else { return Ok(Err(Code::SessionNotFound.into())) };
    let Some((session, user)) = find_session_by_id(tx, ctx, &spent.session_id)? else {
        return Ok(Err(Code::SessionNotFound.into()));
    };
    if ctx.now >= spent.at.plus_seconds(GRACE_SECONDS) {
        session::delete_reused(tx, ctx, &session)?;
        return Ok(Err(Code::SessionNotFound.into()));
    }
    Ok(admit(project, &user, &session).map(|()| Refreshed { session, user, secret: None }))
}

/// Whether somebody is let in: `Code::UserBlocked`, `Code::MoreFactorsRequired`.
pub(super) fn admit(project: &Project, user: &User, session: &Session) -> Result<()> {
    if user.blocked {
        return Err(Code::UserBlocked.into());
    }
    match step(project, user, &session.factors) {
        Step::Done => Ok(()),
        Step::Show(_) | Step::Enrol(_) => Err(Code::MoreFactorsRequired.into()),
    }
}

/// Until when a session lives from now.
pub(super) fn until(ctx: &Ctx, project: &Project, terms: &Terms, session: &Session) -> Time {
    let longest = session.created_at.plus_seconds(project.settings.auth.duration);
    ctx.now.plus_seconds(terms.seconds).min(longest)
}
