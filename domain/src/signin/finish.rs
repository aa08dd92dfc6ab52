//! From the right code or link to a session, in one transaction.

use serde::Serialize;

use super::challenge::forgive_others;
use super::gate::{Step, is_lacking, step};
use super::handle::{self, HandleKind};
use super::notice::{self, Notice};
use super::start::Terms;
use super::{custom, erase_access, sql};
use crate::args;
use crate::audit::{self, What};
use crate::base::{Actor, Code, Ctx, Error, Phone, Result, Secret, Target};
use crate::db::{Kind, Tx};
use crate::limit;
use crate::project::Project;
use crate::session::{self, Session};
use crate::user::{self, Proof, Proved, Proving, User};
use crate::verification::{self, Checked, Purpose, Verification};

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

/// Secrets from this length on are those of links: nobody types them, and no code is as long.
const LINK_LENGTH: usize = 32;

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
    if secret.expose().len() >= LINK_LENGTH {
        let link = handle::of_link(ctx, Purpose::MagicLink, handle, secret.expose());
        return match exchange(tx, ctx, project, &link, Purpose::MagicLink, secret)? {
            Exchanged::NoHandle => {
                let token = handle::of_link(ctx, Purpose::CustomToken, handle, secret.expose());
                Ok(exchange(tx, ctx, project, &token, Purpose::CustomToken, secret)?.answer())
            }
            exchanged @ (Exchanged::Wrong | Exchanged::Done(_)) => Ok(exchanged.answer()),
        };
    }
    let hash = kind.hash(ctx, handle);
    lock_target_of(tx, ctx, &hash)?;
    let exchanged = exchange(tx, ctx, project, &hash, Purpose::SignIn, secret)?;
    if kind != HandleKind::UserId || matches!(exchanged, Exchanged::Done(_)) {
        return Ok(exchanged.answer());
    }
    match custom::check_short(tx, ctx, handle, secret)? {
        custom::Shown::None => {}
        custom::Shown::Wrong => limit::count_failure(tx, ctx, &custom::target(handle))?,
        custom::Shown::Right(verification) => {
            return tx.attempt(|tx| custom::sign_in(tx, ctx, project, &verification));
        }
    }
    Ok(exchanged.answer())
}

/// What became of a secret that was shown.
enum Exchanged {
    NoHandle,
    Wrong,
    Done(Box<Result<SignedIn>>),
}

impl Exchanged {
    fn answer(self) -> Result<SignedIn> {
        match self {
            Self::NoHandle | Self::Wrong => Err(Code::InvalidToken.into()),
            Self::Done(answer) => *answer,
        }
    }
}

fn exchange(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    hash: &[u8; 32],
    purpose: Purpose,
    secret: &Secret,
) -> Result<Exchanged> {
    Ok(match verification::check(tx, ctx, hash, purpose, secret)? {
        Checked::NoHandle => Exchanged::NoHandle,
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            Exchanged::Wrong
        }
        Checked::Right { verification, wanted_user } => Exchanged::Done(Box::new(tx.attempt(|tx| {
            if purpose == Purpose::CustomToken {
                custom::sign_in(tx, ctx, project, &verification)
            } else {
                sign_in(tx, ctx, project, &Terms::of(project), &verification, wanted_user.as_deref())
            }
        })?)),
    })
}

/// Requests and guesses for one target wait for each other at its row and nowhere else.
pub(super) fn lock_target_of(tx: &mut Tx<'_>, ctx: &Ctx, hash: &[u8; 32]) -> Result<()> {
    if tx.kind() == Kind::Postgres {
        tx.push(sql::LOCK_TARGET_ON_POSTGRES, args![&ctx.project, hash])?;
    }
    Ok(())
}

/// Uses a verification up and writes down that its target was proved. An error when somebody was faster.
pub(super) fn consume(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification) -> Result<Proof> {
    if !verification::consume(tx, ctx, &verification.id)? {
        return Err(Code::InvalidToken.into());
    }
    if verification.mock {
        // A mock code says nothing about the number's real owner.
        return Ok(Proof::Mock);
    }
    match Target::from_stored(verification.target.clone()) {
        Target::Phone(phone) => {
            limit::count_proof(tx, ctx, &verification.target)?;
            limit::count_conversion(tx, ctx, phone.prefix(), phone.country())?;
        }
        Target::Email(_) => limit::count_proof(tx, ctx, &verification.target)?,
    }
    Ok(Proof::Code)
}

/// Signs in whoever showed the right code or link: uses it up, proves its target, opens a session.
pub(super) fn sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    verification: &Verification,
    wanted: Option<&str>,
) -> Result<SignedIn> {
    let proof = consume(tx, ctx, verification)?;
    let target = Target::from_stored(verification.target.clone());
    let proved = Proving { id: "", target: &target, wanted, proof, own: false };
    let user = owner(tx, ctx, project, terms.sign_up, verification.user.clone(), proved)?;
    let opening = match (&target, verification.purpose) {
        (Target::Phone(_), _) => Opening { provider: "phone", uid: "", factor: "phone" },
        (Target::Email(_), Purpose::MagicLink) => Opening { provider: "magic-url", uid: "", factor: "email" },
        // Contract nuvix §3.2: the exchange of a code from an e-mail is provider `token`.
        (Target::Email(_), _) => Opening { provider: "token", uid: "", factor: "email" },
    };
    if verification.purpose == Purpose::MagicLink {
        verification::consume_all(tx, ctx, Purpose::MagicLink, &verification.target)?;
    }
    if proof == Proof::Code {
        forgive_others(tx, ctx, &user, &verification.target)?;
    }
    if let (Target::Phone(phone), Proof::Code) = (&target, proof) {
        drop_claims(tx, ctx, project, phone)?;
    }
    let created = user.origin == "flow" && user.proved_at == Some(ctx.now);
    // A proof leaves `updated_at` as it is unless it was the first of this number or address.
    let verified = created || proof == Proof::Code && user.updated_at == ctx.now;
    let kind = match target {
        Target::Phone(_) => "phone",
        Target::Email(_) => "email",
    };
    open(tx, ctx, project, terms, user, opening, First { created, verified: verified.then_some(kind) })
}

/// Takes a proved number from everybody who only claimed it, and tells them.
pub(super) fn drop_claims(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, phone: &Phone) -> Result<()> {
    for loser in user::drop_claims(tx, ctx, phone)? {
        audit::record(tx, ctx, What::ClaimRemove, Some(&loser.id), "{}")?;
        notice::send(tx, ctx, project, &loser, Notice::ClaimRemoved)?;
    }
    Ok(())
}

/// The account that the target's owner signs in to; made here if the worker's is gone. `proving` says all but whose.
fn owner(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    sign_up: bool,
    mut id: Option<String>,
    proving: Proving<'_>,
) -> Result<User> {
    let Proving { target, wanted, .. } = proving;
    for _ in 0..3 {
        let known = match &id {
            Some(id) => id.clone(),
            None if sign_up || user::find_by(tx, &ctx.project, target)?.is_some() => {
                user::ensure_pending(tx, ctx, wanted, target)?.id
            }
            None => return Err(Code::SignUpDisabled.into()),
        };
        admit(tx, ctx, project, sign_up, &known)?;
        let own = matches!(&ctx.actor, Actor::User { user, .. } if *user == known);
        match user::prove(tx, ctx, Proving { id: &known, own, ..proving })? {
            Proved::Ready(user) => return Ok(user),
            Proved::Wiped(user) => {
                erase_access(tx, ctx, &user.id)?;
                return Ok(user);
            }
            Proved::Detached(loser) => {
                audit::record(tx, ctx, What::ClaimRemove, Some(&loser.id), "{}")?;
                notice::send(tx, ctx, project, &loser, Notice::ClaimRemoved)?;
                id = None;
            }
            // Deleted, or renamed by another flow, since the code went out: the target decides.
            Proved::Gone => id = None,
        }
    }
    Err(Code::InvalidToken.into())
}

/// A pending account becomes a user by its first proof, so what stands against newcomers stands against it.
fn admit(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, sign_up: bool, id: &str) -> Result<()> {
    if sign_up && project.settings.auth.limit == 0 {
        return Ok(());
    }
    if !user::find(tx, &ctx.project, id)?.is_some_and(|user| user.pending) {
        return Ok(());
    }
    if sign_up { admit_another(tx, ctx, project) } else { Err(Code::SignUpDisabled.into()) }
}

/// Whether the project takes one more user.
pub(super) fn admit_another(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project) -> Result<()> {
    let auth = &project.settings.auth;
    if !auth.sign_up {
        return Err(Code::SignUpDisabled.into());
    }
    if auth.limit > 0 && user::count(tx, &ctx.project)? >= auth.limit {
        return Err(Code::UserLimitReached.into());
    }
    Ok(())
}

/// Signs a guest in to a new account of his own.
pub fn sign_in_anonymously(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project) -> Result<SignedIn> {
    if !project.settings.auth.anonymous && !ctx.is_by_key() {
        return Err(Code::MethodDisabled.into());
    }
    admit_another(tx, ctx, project)?;
    let user = user::create_anonymous(tx, ctx)?;
    let opening = Opening { provider: "anonymous", uid: "", factor: "anonymous" };
    open(tx, ctx, project, &Terms::of(project), user, opening, First { created: true, verified: None })
}

/// How a session begins.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    /// The name of the way.
    pub provider: &'a str,
    /// The identity there.
    pub uid: &'a str,
    /// What was proved first.
    pub factor: &'a str,
}

/// What happens for the first time by a sign-in. The audit trail notes it in the entry of the session, so that a sign-in
/// writes one; webhooks tell of each (`webhook::EVENTS`).
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct First {
    /// The account became a user's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub created: bool,
    /// A number (`phone`) or address (`email`) was proved that was not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<&'static str>,
}

/// What the audit trail notes about a new session.
#[derive(Serialize)]
struct Detail<'a> {
    provider: &'a str,
    #[serde(flatten)]
    first: First,
}

/// Opens a session on a dialect's terms. Whoever asked for alerts is told about every one but the first.
pub(super) fn open(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    user: User,
    opening: Opening<'_>,
    first: First,
) -> Result<SignedIn> {
    let auth = &project.settings.auth;
    // Whoever signs in by an e-mail has one in his hands that tells it.
    if auth.session_alerts && opening.factor != "email" && !session::list(tx, ctx, &user.id)?.is_empty() {
        notice::send(tx, ctx, project, &user, Notice::SessionAlert)?;
    }
    let shown = [opening.factor];
    let is_pending = is_lacking(project, &user, &shown) || (terms.enrols && step(project, &user, &shown) != Step::Done);
    let new = session::New {
        user: &user.id,
        provider: opening.provider,
        provider_uid: opening.uid,
        factors: &[opening.factor],
        seconds: terms.pending_seconds.filter(|_| is_pending).unwrap_or(terms.seconds),
        limit: auth.sessions_limit,
    };
    let detail = serde_json::to_string(&Detail { provider: opening.provider, first }).map_err(Error::internal)?;
    audit::record(tx, ctx, What::SessionCreate, Some(&user.id), &detail)?;
    // Last, because it waits for the database: a write that fails is noticed while the attempt can still be kept.
    let (session, secret) = session::create_shaped(tx, ctx, new, terms.shape)?;
    Ok(SignedIn { session, secret, user })
}
