//! Users whom a customer's own server makes as members of an account.

use super::account::Password;
use super::manage::{self, NewUser};
use crate::base::{Code, Ctx, Result};
use crate::db::Tx;
use crate::project::Project;
use crate::tenant::{self, Own};
use crate::user::{self, User};

/// What the project's own account is while nobody changed it.
pub fn own_tenant(project: &Project) -> Own {
    Own { name: project.name.clone(), created_at: project.created_at }
}

/// What a server says of somebody.
#[derive(Clone, Debug, Default)]
pub struct Invite {
    /// The account of the user.
    pub new: NewUser,
    /// To which account of users he is to belong; none: the project's own, by belonging to no other.
    pub tenant: Option<String>,
    /// Entries of the user's own JSON object.
    pub prefs: Vec<(&'static str, String)>,
    /// Whether nobody is to ask a new user for a second factor.
    pub mfa_bypass: bool,
    /// Whether somebody who is there already joins the account as he is. Else `Code::UserExists`.
    pub known_too: bool,
}

/// Makes a user and lets him belong to an account. `Code::TenantNotFound`, `Code::UserExists`.
pub fn invite(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    invite: &Invite,
    password: Option<&Password>,
) -> Result<User> {
    let own = own_tenant(project);
    if let Some(tenant) = &invite.tenant {
        tenant::get(tx, ctx, &own, tenant)?;
    }
    let known = match &invite.new.email {
        Some(email) if invite.known_too => user::find_by(tx, &ctx.project, &email.clone().into())?,
        Some(_) | None => None,
    };
    let user = if let Some(user) = known.filter(|user| !user.pending) {
        user
    } else {
        let mut user = manage::create(tx, ctx, project, &invite.new, password)?;
        if invite.mfa_bypass {
            user = manage::set_mfa_bypass(tx, ctx, &user.id, true)?;
        }
        set(tx, ctx, user, &invite.prefs)?
    };
    // Nobody is told where he belongs when he belongs to the project's own alone.
    let belongs = tenant::of_user(tx, ctx, &user.id)?;
    if let Some(tenant) = invite.tenant.as_ref().filter(|tenant| !belongs.all.contains(tenant)) {
        tenant::join(tx, ctx, &own, &user.id, tenant)?;
        user::announce(tx, ctx, &user.id)?;
    }
    Ok(user)
}

fn set(tx: &mut Tx<'_>, ctx: &Ctx, user: User, prefs: &[(&'static str, String)]) -> Result<User> {
    prefs.iter().try_fold(user, |user, (name, value)| user::set_pref(tx, ctx, &user.id, name, Some(value)))
}

/// What a user says of himself. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// His name.
    pub name: Option<String>,
    /// Entries of his own JSON object.
    pub prefs: Vec<(&'static str, String)>,
}

/// Changes what a user says of himself.
pub fn update_profile(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, profile: &Profile) -> Result<User> {
    let mut user = user::get(tx, &ctx.project, id)?;
    if user.blocked {
        return Err(Code::UserBlocked.into());
    }
    if let Some(name) = &profile.name {
        user = user::update_name(tx, ctx, id, name)?;
    }
    set(tx, ctx, user, &profile.prefs)
}
