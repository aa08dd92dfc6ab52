//! What happens to an account when a number or an address proves itself.

use super::{Insert, Origin, Proof, User, announce, find, find_by, get, insert, sql};
use crate::args;
use crate::base::{Code, Ctx, Email, Error, Phone, Result, Target};
use crate::db::Tx;

/// The account of `target`, pending if it had to be made; idempotent. The wanted id is given if it is free.
pub fn ensure_pending(tx: &mut Tx<'_>, ctx: &Ctx, wanted: Option<&str>, target: &Target) -> Result<User> {
    if let Some(user) = find_by(tx, &ctx.project, target)? {
        return Ok(user);
    }
    create_pending(tx, ctx, wanted, target)
}

/// Makes the pending account of a target that finds nobody, or gives the one that another transaction made meanwhile.
pub fn create_pending(tx: &mut Tx<'_>, ctx: &Ctx, wanted: Option<&str>, target: &Target) -> Result<User> {
    for id in wanted.map(str::to_owned).into_iter().chain([ctx.id(), ctx.id()]) {
        if let Some(user) = insert(tx, ctx, &Insert { id: &id, origin: Origin::Flow, name: "", target: Some(target) })?
        {
            return Ok(user);
        }
        if let Some(user) = find_by(tx, &ctx.project, target)? {
            return Ok(user);
        }
    }
    Err(Error::internal("no id is free"))
}

/// A proof that is to sign somebody in.
#[derive(Clone, Copy, Debug)]
pub struct Proving<'a> {
    /// The account that is thought to be behind it.
    pub id: &'a str,
    /// What was proved.
    pub target: &'a Target,
    /// The id that the flow asked for: a pending account takes it if no other account has it.
    pub wanted: Option<&'a str>,
    /// Of which kind.
    pub proof: Proof,
    /// Whether it came in a session of the account itself, so that nothing set up there is a stranger's.
    pub own: bool,
}

/// What became of an account when its number or address was proved.
#[derive(Debug)]
pub enum Proved {
    /// It may be signed in to.
    Ready(User),
    /// It never proved anything before: its own row is clean now, the rest is the caller's to remove.
    Wiped(User),
    /// It proved something else before, so it lost what it only claimed; whoever proved it gets an account of his own.
    /// This is the account as it was.
    Detached(User),
    /// It does not hold what was proved, or no longer exists.
    Gone,
}

/// Marks what was proved as proved, for a sign-in. `Code::UserBlocked` when the account is switched off.
pub fn prove(tx: &mut Tx<'_>, ctx: &Ctx, proving: Proving<'_>) -> Result<Proved> {
    let Proving { id, target, wanted, proof, own } = proving;
    let project = &ctx.project;
    let kind = Statements::of(target);
    let signed_in = tx.find(
        kind.sign_in,
        args![ctx.now, proof.name(), project, id, target.as_str(), wanted.unwrap_or(id), own],
        User::load,
    )?;
    if let Some(user) = signed_in {
        return Ok(Proved::Ready(user));
    }
    let Some(user) = find(tx, project, id)?.filter(|user| user.holds(target)) else {
        return Ok(Proved::Gone);
    };
    if proof == Proof::Mock && !user.takes_mock_codes() {
        // Somebody real took the number while the mock code was out.
        return Ok(Proved::Gone);
    }
    if user.blocked {
        return Err(Code::UserBlocked.into());
    }
    if user.proved_beside(target) {
        if tx.exec(kind.detach, args![ctx.now, project, id, target.as_str()])? == 0 {
            return Ok(Proved::Gone);
        }
        announce(tx, ctx, id)?;
        return Ok(Proved::Detached(user));
    }
    let mut id = id;
    if user.pending
        && let Some(wanted) = wanted.filter(|w| *w != id)
    {
        tx.exec(sql::DELETE_PENDING_BY_ID, args![project, wanted])?;
        if find(tx, project, wanted)?.is_none() {
            if tx.exec(sql::RENAME, args![wanted, project, id])? == 0 {
                // Another flow proved it, or renamed it, at this moment.
                return Ok(Proved::Gone);
            }
            id = wanted;
        }
    }
    if tx.exec(kind.wipe, args![proof.name(), ctx.now, project, id, target.as_str()])? == 0 {
        return Ok(Proved::Gone);
    }
    Ok(Proved::Wiped(get(tx, project, id)?))
}

/// The statements that differ between numbers and addresses.
struct Statements {
    sign_in: &'static str,
    wipe: &'static str,
    detach: &'static str,
}

impl Statements {
    const fn of(target: &Target) -> Self {
        match target {
            Target::Phone(_) => {
                Self { sign_in: sql::SIGN_IN_BY_PHONE, wipe: sql::WIPE_BY_PHONE, detach: sql::DETACH_PHONE }
            }
            Target::Email(_) => {
                Self { sign_in: sql::SIGN_IN_BY_EMAIL, wipe: sql::WIPE_BY_EMAIL, detach: sql::DETACH_EMAIL }
            }
        }
    }
}

impl User {
    /// Whether `target` finds it.
    fn holds(&self, target: &Target) -> bool {
        match target {
            Target::Phone(phone) => self.phone.as_ref() == Some(phone),
            Target::Email(email) => self.email.as_ref() == Some(email),
        }
    }

    /// Whether something else than `target` was ever proved to be its user's.
    fn proved_beside(&self, target: &Target) -> bool {
        match target {
            Target::Phone(_) => !self.pending && self.email_proof != Proof::None,
            Target::Email(_) => self.has_proved_beside_email(),
        }
    }

    /// Whether something else than its address was ever proved to be its user's.
    pub(crate) fn has_proved_beside_email(&self) -> bool {
        // A mock code counts as a proof here: whoever tests with one loses an address, not his account.
        !self.pending && (self.proved_at.is_some() || self.phone_proof != Proof::None)
    }
}

/// Clears the row of an account that never proved anything, for the owner of `target`, which it holds.
pub fn wipe(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, target: &Target) -> Result<()> {
    let wiped =
        tx.exec(Statements::of(target).wipe, args![Proof::Code.name(), ctx.now, &ctx.project, id, target.as_str()])?;
    if wiped == 1 { Ok(()) } else { Err(Code::InvalidToken.into()) }
}

/// Turns the number that account `id` claims into its number. `Code::PhoneTaken` when another account holds it,
/// `Code::InvalidToken` when the account does not claim it any more.
pub fn prove_claim(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: &Phone, proof: Proof) -> Result<User> {
    release(tx, ctx, id, phone, proof != Proof::Mock)?;
    let project = &ctx.project;
    let proved = tx.find(sql::PROVE_CLAIM, args![phone, proof.name(), ctx.now, project, id], User::load)?;
    announce(tx, ctx, id)?;
    proved.ok_or_else(|| Code::InvalidToken.into())
}

/// Takes a number from whoever holds it without having proved it. `Code::PhoneTaken` when somebody else has it for good;
/// a mock number's holder gives way to something `real` only.
pub(super) fn release(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: &Phone, real: bool) -> Result<()> {
    let project = &ctx.project;
    let Some(holder) = find_by(tx, project, &Target::Phone(phone.clone()))?.filter(|holder| holder.id != id) else {
        return Ok(());
    };
    if holder.pending {
        tx.exec(sql::DELETE_PENDING_BY_ID, args![project, &holder.id]).map(drop)
    } else if real && holder.takes_mock_codes() {
        tx.exec(sql::DETACH_PHONE, args![ctx.now, project, &holder.id, phone])?;
        announce(tx, ctx, &holder.id)
    } else {
        Err(Code::PhoneTaken.into())
    }
}

/// Marks the address of account `id` as proved; `Code::InvalidToken` when it has another one by now.
pub fn prove_email(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, email: &Email) -> Result<User> {
    let proved = tx.find(sql::PROVE_EMAIL, args![ctx.now, &ctx.project, id, email], User::load)?;
    announce(tx, ctx, id)?;
    proved.ok_or_else(|| Code::InvalidToken.into())
}

/// Removes every unproved claim on `phone`; gives whose they were, as they were.
pub fn drop_claims(tx: &mut Tx<'_>, ctx: &Ctx, phone: &Phone) -> Result<Vec<User>> {
    let losers = tx.list(sql::FIND_CLAIMS, args![phone, &ctx.project], User::load)?;
    for user in &losers {
        tx.push(sql::DROP_CLAIM, args![ctx.now, &ctx.project, &user.id, phone])?;
        announce(tx, ctx, &user.id)?;
    }
    Ok(losers)
}
