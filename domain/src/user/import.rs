//! Accounts that another system had before.

use super::{Notes, Origin, Proof, User, announce, find, find_by, sql};
use crate::args;
use crate::base::{Ctx, Email, Phone, Result, Target, Time, fold};
use crate::db::Tx;

/// An account to be taken over: what it holds was checked before.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own meaning")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// Its id.
    pub id: String,
    /// Switched off.
    pub blocked: bool,
    /// Its name, or empty.
    pub name: String,
    /// Its e-mail address.
    pub email: Option<Email>,
    /// Why that is trusted.
    pub email_proof: Proof,
    /// The number that finds it.
    pub phone: Option<Phone>,
    /// Why that is trusted.
    pub phone_proof: Proof,
    /// A number that its user only claims.
    pub phone_claim: Option<Phone>,
    /// Whether a second factor is asked for.
    pub mfa: bool,
    /// Whether it has a verified authenticator app.
    pub totp: bool,
    /// Whether it has a password.
    pub password: bool,
    /// When that was set, if somebody knows.
    pub password_at: Option<Time>,
    /// A number for codes of second factors.
    pub mfa_phone: Option<Phone>,
    /// Whether nobody asks it for a second factor.
    pub mfa_bypass: bool,
    /// What a server notes about it.
    pub notes: Notes,
    /// Labels, as stored.
    pub labels: String,
    /// The user's own JSON object, as stored.
    pub prefs: String,
    /// When somebody first proved that it is his.
    pub proved_at: Option<Time>,
    /// The last sign-in.
    pub signed_in_at: Option<Time>,
    /// When it was made; now, if nobody knows.
    pub created_at: Option<Time>,
    /// When it was changed last; when it was made, if nobody knows.
    pub updated_at: Option<Time>,
}

impl Imported {
    /// When its password counts as set, at `now`.
    pub(crate) fn password_at(&self, now: Time) -> Option<Time> {
        self.password.then(|| self.password_at.or(self.updated_at).or(self.created_at).unwrap_or(now))
    }
}

/// What stands in the way of an import, for good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Its id: an account that no import made has it.
    Id,
    /// Its e-mail address: the account with this id has it.
    Email(String),
    /// Its number: the account with this id has it.
    Phone(String),
}

/// What became of an import, or would become of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Import {
    /// It is made.
    Made,
    /// It is there already, by an import; nothing is changed.
    There,
    /// It is not made, and nothing is changed.
    Taken(Taken),
}

/// Those who give way to an import.
#[derive(Default)]
struct Yielding {
    pending: Vec<String>,
    mock: Option<User>,
}

/// What would become of an import now.
pub fn find_place(tx: &mut Tx<'_>, ctx: &Ctx, new: &Imported) -> Result<Import> {
    Ok(look(tx, ctx, new)?.err().unwrap_or(Import::Made))
}

fn look(tx: &mut Tx<'_>, ctx: &Ctx, new: &Imported) -> Result<Result<Yielding, Import>> {
    let project = &ctx.project;
    let mut yielding = Yielding::default();
    match find(tx, project, &new.id)? {
        Some(user) if user.pending => yielding.pending.push(user.id),
        Some(user) if user.origin == Origin::Import.name() => return Ok(Err(Import::There)),
        Some(_) => return Ok(Err(Import::Taken(Taken::Id))),
        None => {}
    }
    if let Some(email) = &new.email {
        match find_by(tx, project, &Target::Email(email.clone()))? {
            Some(user) if user.pending => yielding.pending.push(user.id),
            Some(user) => return Ok(Err(Import::Taken(Taken::Email(user.id)))),
            None => {}
        }
    }
    if let Some(phone) = &new.phone {
        let real = !matches!(new.phone_proof, Proof::None | Proof::Mock);
        match find_by(tx, project, &Target::Phone(phone.clone()))? {
            Some(user) if user.pending => yielding.pending.push(user.id),
            Some(user) if real && user.takes_mock_codes() => yielding.mock = Some(user),
            Some(user) => return Ok(Err(Import::Taken(Taken::Phone(user.id)))),
            None => {}
        }
    }
    Ok(Ok(yielding))
}

/// Takes an account over. A pending one holds nothing against it, and a mock number gives way to a real one.
pub fn import(tx: &mut Tx<'_>, ctx: &Ctx, new: &Imported) -> Result<Import> {
    // Hardly any is in the way, so that is looked at only after the row did not go in. Another transaction may take
    // something between the look and the second try.
    for _ in 0..3 {
        if insert(tx, ctx, new)? {
            return Ok(Import::Made);
        }
        let yielding = match look(tx, ctx, new)? {
            Err(outcome) => return Ok(outcome),
            Ok(yielding) => yielding,
        };
        for id in &yielding.pending {
            tx.exec(sql::DELETE_PENDING_BY_ID, args![&ctx.project, id])?;
        }
        if let (Some(user), Some(phone)) = (&yielding.mock, &new.phone) {
            tx.exec(sql::DETACH_PHONE, args![ctx.now, &ctx.project, &user.id, phone])?;
            announce(tx, ctx, &user.id)?;
        }
    }
    Ok(Import::Taken(Taken::Id))
}

fn insert(tx: &mut Tx<'_>, ctx: &Ctx, new: &Imported) -> Result<bool> {
    let created_at = new.created_at.unwrap_or(ctx.now);
    let made = tx.exec(
        sql::IMPORT,
        args![
            &ctx.project,
            &new.id,
            new.blocked,
            &new.name,
            new.email.as_ref(),
            new.email_proof.name(),
            new.phone.as_ref(),
            new.phone_proof.name(),
            new.phone_claim.as_ref(),
            new.mfa,
            &new.labels,
            &new.prefs,
            new.proved_at,
            new.signed_in_at,
            created_at,
            new.updated_at.unwrap_or(created_at),
            new.totp,
            new.password_at(ctx.now),
            &fold(&new.name),
            new.mfa_phone.as_ref(),
            new.mfa_bypass,
            new.notes.external_id.as_deref(),
            new.notes.vendor_metadata.as_deref(),
        ],
    )?;
    Ok(made == 1)
}
