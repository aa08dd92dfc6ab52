//! The numbers that people sign in by, as those clients see them that keep a list of numbers.
//!
//! An account has at most one number that finds it and one that its user claims ([`user::claim_phone`]). Each is shown as
//! a row of a list, under an id that is made of project, account and number, so that nothing more is stored. What
//! [`super::verify`] demands of a number that takes another's place is demanded here as well.

pub mod reset;
pub mod review;

use data_encoding::HEXLOWER;

use super::finish::consume;
use super::gate::require_recent;
use super::notice::{self, Notice};
use super::verify::{Asked, Number, Token, ask_number, may_take, settle_number, take_claimed};
use super::{Caller, coexistence, manage};
use crate::audit::{self, What};
use crate::base::crypto::Label;
use crate::base::{Code, Ctx, Phone, Result, Secret, Time, id};
use crate::db::Tx;
use crate::device;
use crate::project::Project;
use crate::session;
use crate::user::{self, NumberQuery, NumberRow, User};
use crate::verification::{Handle, Purpose};

/// A number of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PhoneNumber {
    /// Its id, the same as long as account and number belong together.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// The number.
    pub phone: Phone,
    /// Whether it is verified: only then it signs in.
    pub verified: bool,
    /// When its account was made.
    pub created_at: Time,
    /// When its account was changed last.
    pub updated_at: Time,
}

impl PhoneNumber {
    fn of_row(ctx: &Ctx, row: NumberRow) -> Result<Self> {
        let NumberRow { user, phone, verified, created_at, updated_at } = row;
        Ok(Self { id: id_of(ctx, &user, &phone)?, user, phone, verified, created_at, updated_at })
    }
}

/// How many bytes of an id are the account's, and how many are the account's and its number's.
const OF_USER: usize = 5;
const OF_NUMBER: usize = 9;

/// The id of a number. Its first bytes are a MAC of the account, the next of account
/// and number, the rest of all before, by which an id of ours is known for one.
fn id_of(ctx: &Ctx, user: &str, phone: &Phone) -> Result<String> {
    let mac = |parts: &[&[u8]]| ctx.keys.mac(Label::DerivedId, parts);
    let mut bytes = [0_u8; 16];
    let of_user = mac(&[b"user", ctx.project.as_bytes(), user.as_bytes()])?;
    let of_number = mac(&[b"number", ctx.project.as_bytes(), user.as_bytes(), phone.as_e164().as_bytes()])?;
    bytes[..OF_USER].copy_from_slice(&of_user[..OF_USER]);
    bytes[OF_USER..OF_NUMBER].copy_from_slice(&of_number[..OF_NUMBER - OF_USER]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let check = mac(&[b"check", ctx.project.as_bytes(), &bytes[..OF_NUMBER]])?;
    bytes[OF_NUMBER..].copy_from_slice(&check[..16 - OF_NUMBER]);
    Ok(id::derived(bytes))
}

/// Why an account has no number of this id: it is another account's (`Code::NotYours`), or nobody's
/// (`Code::PhoneNotFound`).
fn missing(ctx: &Ctx, user: &str, id: &str) -> Result<Code> {
    let digits = id.to_ascii_lowercase().replace('-', "");
    let Some(bytes) = HEXLOWER.decode(digits.as_bytes()).ok().filter(|bytes| bytes.len() == 16) else {
        return Ok(Code::PhoneNotFound);
    };
    let mac = |parts: &[&[u8]]| ctx.keys.mac(Label::DerivedId, parts);
    let is_ours =
        mac(&[b"check", ctx.project.as_bytes(), &bytes[..OF_NUMBER]])?[..16 - OF_NUMBER] == bytes[OF_NUMBER..];
    let is_his = mac(&[b"user", ctx.project.as_bytes(), user.as_bytes()])?[..OF_USER] == bytes[..OF_USER];
    Ok(if is_ours && !is_his { Code::NotYours } else { Code::PhoneNotFound })
}

/// The numbers of an account: the one that finds it, then the one that its user claims.
pub fn of_user(ctx: &Ctx, user: &User) -> Result<Vec<PhoneNumber>> {
    NumberRow::of(user).into_iter().map(|row| PhoneNumber::of_row(ctx, row)).collect()
}

/// The number of an account with this id: `Code::NotYours`, `Code::PhoneNotFound`.
fn get(ctx: &Ctx, user: &User, id: &str) -> Result<PhoneNumber> {
    let found = of_user(ctx, user)?.into_iter().find(|number| number.id.eq_ignore_ascii_case(id));
    match found {
        Some(number) => Ok(number),
        None => Err(missing(ctx, &user.id, id)?.into()),
    }
}

/// A page of the numbers of a project, and how many there are in all.
pub fn list(tx: &mut Tx<'_>, ctx: &Ctx, query: &NumberQuery) -> Result<(Vec<PhoneNumber>, i64)> {
    let (rows, total) = user::list_numbers(tx, &ctx.project, query)?;
    Ok((rows.into_iter().map(|row| PhoneNumber::of_row(ctx, row)).collect::<Result<_>>()?, total))
}

/// Notes the number that the caller wants to sign in by, and sends a code to it if he wants to prove it now. Until it is
/// proved, it finds nobody, and the number that he has stays. `Code::PhoneAlreadyVerified` when it is his. That it is
/// another account's is told by the proof and not before.
pub fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    number: &Number,
    send: bool,
) -> Result<Option<Token>> {
    let user = caller.reload(tx, ctx)?;
    if user.verified_phone() == Some(&number.phone) {
        return Err(Code::PhoneAlreadyVerified.into());
    }
    may_set_up(ctx, project, &user)?;
    may_take(ctx, project, &user, caller, number)?;
    if user.shown_phone() != Some(&number.phone) {
        user::claim_phone(tx, ctx, &user.id, &number.phone)?;
        audit::record(tx, ctx, What::PhoneUpdate, Some(&user.id), "{}")?;
    }
    if send { ask_number(tx, ctx, project, caller, Purpose::VerifyPhone, number).map(Some) } else { Ok(None) }
}

/// Whether somebody may set up a number to sign in by, beside what any change of his factors needs. Servers are free.
fn may_set_up(ctx: &Ctx, project: &Project, user: &User) -> Result<()> {
    if ctx.is_by_key() { Ok(()) } else { coexistence::may_set_number(project, user) }
}

/// Checks a code that [`create`] sent, and gives the caller the number that it went to. `token` is what [`create`] gave.
/// `Code::PhoneTaken` when another account holds it by now. The outer result is for the store; the inner one is the
/// answer, committed with the attempt.
pub fn verify(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    token: &str,
    asked: &Asked,
    secret: &Secret,
) -> Result<Result<User>> {
    settle_number(tx, ctx, caller, Purpose::VerifyPhone, &is(token), secret, |tx, verification| {
        let number = Number { phone: Phone::from_stored(verification.target.clone()), asked: asked.clone() };
        may_set_up(ctx, project, &caller.reload(tx, ctx)?)?;
        take_claimed(tx, ctx, project, caller, &number, verification)
    })
}

/// Whether a handle is the one that its requester was told of.
fn is(token: &str) -> impl Fn(&Handle) -> bool {
    move |held| held.id == token
}

/// Sends a code to the caller's number that he wants to give up. Nothing is given up yet. `Code::PhoneNotFound`,
/// `Code::NotYours`.
pub fn start_removal(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    id: &str,
    asked: &Asked,
) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    let number = Number { phone: get(ctx, &user, id)?.phone, asked: asked.clone() };
    may_give_up(ctx, project, &user, caller)?;
    ask_number(tx, ctx, project, caller, Purpose::RemovePhone, &number)
}

/// Gives up the number by the code that came to it. The sessions that began with it end, but not the caller's.
pub fn finish_removal(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    id: &str,
    token: &str,
    secret: &Secret,
) -> Result<Result<User>> {
    // A wrong id is no guess at the code.
    get(ctx, &caller.reload(tx, ctx)?, id)?;
    settle_number(tx, ctx, caller, Purpose::RemovePhone, &is(token), secret, |tx, verification| {
        let user = caller.reload(tx, ctx)?;
        let number = get(ctx, &user, id)?;
        if number.phone.as_e164() != verification.target {
            return Err(Code::InvalidToken.into());
        }
        may_give_up(ctx, project, &user, caller)?;
        consume(tx, ctx, verification)?;
        remove(tx, ctx, &user, &number.phone, &caller.session.id)?;
        notice::send(tx, ctx, project, &user, Notice::PhoneRemoved)?;
        user::get(tx, &ctx.project, &user.id)
    })
}

/// Taking a factor away needs a second factor that was shown lately. The code to the number is one, unless the session
/// began with it.
fn may_give_up(ctx: &Ctx, project: &Project, user: &User, caller: &Caller) -> Result<()> {
    let is_second = !caller.session.began_by(BY_PHONE);
    if ctx.is_by_key() || is_second { Ok(()) } else { require_recent(ctx, project, user, &caller.session) }
}

/// What a session began with whose user signed in by his number.
const BY_PHONE: &str = "phone";

/// Takes a number from an account, with the sessions that began with it, but for `keep`.
fn remove(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, phone: &Phone, keep: &str) -> Result<()> {
    user::remove_phone(tx, ctx, &user.id, phone)?;
    device::delete_all(tx, ctx, &user.id)?;
    audit::record(tx, ctx, What::PhoneDelete, Some(&user.id), "{}")?;
    if user.phone.as_ref() == Some(phone) {
        for session in session::list(tx, ctx, &user.id)? {
            if session.began_by(BY_PHONE) && session.id != keep {
                session::delete(tx, ctx, &user.id, &session.id)?;
            }
        }
    }
    Ok(())
}

/// Gives an account a number by a server's word: it is verified at once. Whoever was signed in when it had another one is
/// signed out. `Code::PhoneTaken` when another account has it.
pub fn set(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &str, phone: &Phone) -> Result<User> {
    let change = manage::Change {
        phone: manage::Set::To(phone.clone()),
        phone_verified: Some(true),
        ..manage::Change::default()
    };
    manage::update(tx, ctx, project, user, &change)
}

/// Takes a number from an account by a server's word, and tells its user. `Code::UserNotFound`, `Code::PhoneNotFound`,
/// `Code::NotYours`.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &str, id: &str) -> Result<()> {
    let user = user::get(tx, &ctx.project, user)?;
    let number = get(ctx, &user, id)?;
    remove(tx, ctx, &user, &number.phone, "")?;
    if number.verified { notice::send(tx, ctx, project, &user, Notice::PhoneRemoved) } else { Ok(()) }
}
