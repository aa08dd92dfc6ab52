//! Users whom a customer's own server makes as members of an account, and takes out of it.

use super::account::Password;
use super::manage::{self, Change, NewUser};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Result};
use crate::db::Tx;
use crate::project::Project;
use crate::tenant::{self, Belonging, Own};
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
    /// What else is so of a new user.
    pub change: Change,
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
        let user = manage::create(tx, ctx, project, &invite.new, password)?;
        manage::update(tx, ctx, project, &user.id, &invite.change)?
    };
    // Nobody is told where he belongs when he belongs to the project's own alone.
    let belongs = tenant::of_user(tx, ctx, &user.id)?;
    if let Some(tenant) = invite.tenant.as_ref().filter(|tenant| !belongs.all.contains(tenant)) {
        tenant::join(tx, ctx, &own, &user.id, tenant)?;
        user::announce(tx, ctx, &user.id)?;
    }
    Ok(user)
}

/// A user and the accounts that he belongs to. `Code::UserNotFound`, also where one is named and he does not belong to it.
pub fn get_member(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, of: Option<&str>) -> Result<(User, Belonging)> {
    let user = user::get(tx, &ctx.project, id)?;
    let belongs = tenant::of_user(tx, ctx, id)?;
    match of {
        Some(tenant) if !belongs.all.iter().any(|one| one == tenant) => Err(Code::UserNotFound.into()),
        Some(_) | None => Ok((user, belongs)),
    }
}

/// Takes a user out of an account; where none is named, or he belongs to no other, he is removed with every way into his.
/// `Code::UserNotFound`, also where he does not belong to it.
pub fn remove(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, of: Option<&str>) -> Result<()> {
    let (_, belongs) = get_member(tx, ctx, id, of)?;
    match of {
        Some(tenant) if belongs.all.len() > 1 && tenant::leave(tx, ctx, id, tenant)? => {
            audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"tenants"}"#)?;
            user::announce(tx, ctx, id)
        }
        Some(_) | None => manage::delete(tx, ctx, id),
    }
}

/// What a user says of himself. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// His name.
    pub name: Option<String>,
    /// Entries of his own JSON object: each with its value, or with none where it is taken away.
    pub entries: Vec<(&'static str, Option<String>)>,
}

/// Changes what a user says of himself.
pub fn update_profile(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, profile: &Profile) -> Result<User> {
    if user::get(tx, &ctx.project, id)?.blocked {
        return Err(Code::UserBlocked.into());
    }
    if let Some(name) = &profile.name {
        user::update_name(tx, ctx, id, name)?;
    }
    manage::set_entries(tx, ctx, id, &profile.entries)?;
    user::get(tx, &ctx.project, id)
}
