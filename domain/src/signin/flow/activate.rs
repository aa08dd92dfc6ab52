//! Accounts that are made with an address alone, and finished by a link that goes there.

use super::super::account;
use super::super::finish::{self, SignedIn, lock_target_of};
use super::super::handle;
use super::super::start::Terms;
use super::super::verify;
use super::{Begin, Name, link_user};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Result, Secret};
use crate::db::Tx;
use crate::project::Project;
use crate::project::coexistence::{MainStrategy, Strategies};
use crate::user::{self, Proof, User};
use crate::verification::{self, Checked, Purpose, Verification};

/// Makes an account with the address alone that `begin` names, unless there is one, and sends a link there that finishes
/// it. Its owner is not told which.
pub fn sign_up(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, begin: &Begin, name: &str) -> Result<()> {
    let Some(Name::Email(email)) = &begin.name else { return Err(Code::InvalidEmail.into()) };
    account::create_without_password(tx, ctx, project, email, name)?;
    super::start(tx, ctx, project, begin).map(drop)
}

/// Whether an account is finished with a password, because that is how people sign in first.
pub fn wants_password(project: &Project) -> bool {
    Strategies::of(&project.settings).main == MainStrategy::EmailAndPassword
}

/// Whether a link to its address may finish this account: nobody ever showed anything for it; or what is sent there lets
/// its owner in anyway, from whichever device.
pub(in super::super) fn may_activate(project: &Project, user: &User) -> bool {
    let by_mail = matches!(Strategies::of(&project.settings).main, MainStrategy::Code | MainStrategy::MagicLink)
        && !project.settings.frontegg.force_same_device_on_auth;
    !user.blocked && !user.pending && (by_mail || is_new(user))
}

/// Whether nobody ever showed anything for an account, and nothing opens it.
fn is_new(user: &User) -> bool {
    user.email_proof == Proof::None && !user.has_proved_beside_email() && user.password_at.is_none()
}

/// Who may finish his account by this link. Uses nothing up. `Code::InvalidToken` when nobody.
pub fn find_activation(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &str, token: &Secret) -> Result<User> {
    let verification = verify::look(tx, ctx, Purpose::VerifyEmail, &link_user(user), token)?;
    owner(tx, ctx, project, &verification)
}

fn owner(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, verification: &Verification) -> Result<User> {
    let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
    let user = user::find(tx, &ctx.project, id)?.filter(|user| may_activate(project, user));
    user.ok_or_else(|| Code::InvalidToken.into())
}

/// Follows the link of [`sign_up`]: the address is its owner's, and he is signed in. `hash` is made of his password, where
/// the project [wants one](wants_password). The outer result is for the store; the inner one is the answer, and is
/// committed with the attempt.
pub fn activate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    user: &str,
    token: &Secret,
    hash: Option<&str>,
) -> Result<Result<SignedIn>> {
    if wants_password(project) != hash.is_some() {
        return Ok(Err(Code::InvalidToken.into()));
    }
    let purpose = Purpose::VerifyEmail;
    let held = handle::of_link(ctx, purpose, &link_user(user), token.expose());
    lock_target_of(tx, ctx, &held)?;
    let Checked::Right { verification, .. } = verification::check(tx, ctx, &held, purpose, token)? else {
        return Ok(Err(Code::InvalidToken.into()));
    };
    let terms = Terms { sign_up: false, ..*terms };
    tx.attempt(|tx| {
        let before = owner(tx, ctx, project, &verification)?;
        let mut signed_in = finish::sign_in(tx, ctx, project, &terms, &verification, None)?;
        verification::consume_all(tx, ctx, purpose, &verification.target)?;
        if is_new(&before) && !before.name.is_empty() {
            // A first proof clears what a stranger may have set up. A name opens nothing, and is all that there was.
            signed_in.user = user::update_name(tx, ctx, &signed_in.user.id, &before.name)?;
        }
        if let Some(hash) = hash {
            audit::record(tx, ctx, What::PasswordUpdate, Some(&signed_in.user.id), "{}")?;
            signed_in.user = account::store(tx, ctx, project, &signed_in.user.id, None, hash)?;
        }
        Ok(signed_in)
    })
}
