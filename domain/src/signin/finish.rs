//! From the right code to a session, in one transaction.

use super::{HandleKind, sql};
use crate::args;
use crate::base::{Code, Ctx, Error, Phone, Result, Secret};
use crate::db::{Kind, Tx};
use crate::project::Project;
use crate::session::{self, Session};
use crate::user::{self, Proof, Proved, User};
use crate::verification::{self, Checked, Purpose, Verification};
use crate::{audit, limit};

/// Somebody who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The new session.
    pub session: Session,
    /// Its secret, given here and never again.
    pub secret: Secret,
    /// The account.
    pub user: User,
}

/// Checks `secret` through `handle` and signs in. The outer result is for the store; the inner one is the answer, and
/// is committed with the attempt whatever it is, so no error, crash or disconnect gives an attempt back.
pub fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    kind: HandleKind,
    handle: &str,
    secret: &Secret,
) -> Result<Result<SignedIn>> {
    let refused = || Ok(Err(Error::from(Code::InvalidToken)));
    let hash = kind.hash(ctx, handle);
    if tx.kind() == Kind::Postgres {
        tx.push(sql::LOCK_TARGET_ON_POSTGRES, args![&ctx.project, &hash])?;
    }
    match verification::check(tx, ctx, &hash, Purpose::SignIn, secret)? {
        Checked::NoHandle => refused(),
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            refused()
        }
        Checked::Right { verification, wanted_user } => {
            tx.attempt(|tx| sign_in(tx, ctx, project, &verification, wanted_user.as_deref()))
        }
    }
}

fn sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    verification: &Verification,
    wanted: Option<&str>,
) -> Result<SignedIn> {
    if !verification::consume(tx, ctx, &verification.id)? {
        return Err(Code::InvalidToken.into());
    }
    let phone = Phone::from_stored(verification.target.clone());
    let proof = if verification.mock { Proof::Mock } else { Proof::Code };
    let user = owner(tx, ctx, project, verification, &phone, wanted, proof)?;
    if !verification.mock {
        for loser in user::drop_claims(tx, ctx, &phone)? {
            audit::record(tx, ctx, "phone.claim-removed", Some(&loser), "{}")?;
        }
        // A mock code says nothing about the number's real owner.
        limit::count_proof(tx, ctx, &verification.target, phone.prefix(), phone.country())?;
    }
    open(tx, ctx, project, user, "phone")
}

/// The account that the number's owner signs in to; made here if the worker's is gone.
fn owner(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    verification: &Verification,
    phone: &Phone,
    wanted: Option<&str>,
    proof: Proof,
) -> Result<User> {
    let mut id = verification.user.clone();
    for _ in 0..2 {
        let known = match &id {
            Some(id) => id.clone(),
            None if project.settings.auth.sign_up || user::find_by_phone(tx, &ctx.project, phone)?.is_some() => {
                user::ensure_pending(tx, ctx, wanted, phone)?.id
            }
            None => return Err(Code::SignUpDisabled.into()),
        };
        admit(tx, ctx, project, &known)?;
        match user::prove_phone(tx, ctx, &known, phone, wanted, proof)? {
            Proved::Ready(user) => return Ok(user),
            Proved::Wiped(user) => {
                session::delete_all(tx, ctx, &user.id)?;
                return Ok(user);
            }
            // Deleted, or renamed by another flow, since the code went out: the number decides.
            Proved::Gone => id = None,
        }
    }
    Err(Code::InvalidToken.into())
}

/// A pending account becomes a user by its first proof, so what stands against newcomers stands against it.
fn admit(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, id: &str) -> Result<()> {
    let auth = &project.settings.auth;
    if auth.sign_up && auth.limit == 0 {
        return Ok(());
    }
    if !user::find(tx, &ctx.project, id)?.is_some_and(|user| user.pending) {
        return Ok(());
    }
    if !auth.sign_up {
        return Err(Code::SignUpDisabled.into());
    }
    if user::count(tx, &ctx.project)? >= auth.limit {
        return Err(Code::UserLimitReached.into());
    }
    Ok(())
}

/// Signs a guest in to a new account of his own.
pub fn sign_in_anonymously(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project) -> Result<SignedIn> {
    let auth = &project.settings.auth;
    if !auth.anonymous {
        return Err(Code::MethodDisabled.into());
    }
    if !auth.sign_up {
        return Err(Code::SignUpDisabled.into());
    }
    if auth.limit > 0 && user::count(tx, &ctx.project)? >= auth.limit {
        return Err(Code::UserLimitReached.into());
    }
    let user = user::create_anonymous(tx, ctx)?;
    open(tx, ctx, project, user, "anonymous")
}

fn open(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: User, factor: &str) -> Result<SignedIn> {
    let auth = &project.settings.auth;
    let new = session::New {
        user: &user.id,
        provider: factor,
        factors: &[factor],
        seconds: auth.duration,
        limit: auth.sessions_limit,
    };
    audit::record(tx, ctx, "session.create", Some(&user.id), "{}")?;
    // Last, because it waits for the database: a write that fails is noticed while the attempt can still be kept.
    let (session, secret) = session::create(tx, ctx, new)?;
    Ok(SignedIn { session, secret, user })
}
