//! Authenticator apps: time-based one-time passwords (RFC 6238) as every app knows them, SHA-1, 6 digits, 30 seconds.

use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::Builder;
use zeroize::Zeroizing;

use super::{bound_to, sql};
use crate::args;
use crate::base::crypto::Label;
use crate::base::{Code, Ctx, Error, Result, Secret, Time};
use crate::db::Tx;

/// Bytes of a seed (RFC 4226 §4: 160 bits); 32 characters of base32.
const SEED_BYTES: usize = 20;
/// How many bytes a seed of others may have: 128 bits are the least (RFC 4226 §4).
const SEEDS: std::ops::RangeInclusive<usize> = 16..=64;
/// What a URI escapes: all but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A user's authenticator app, without its seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authenticator {
    /// Its id.
    pub id: String,
    /// When it was verified; until then it proves nothing.
    pub verified_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

/// A new authenticator app.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAuthenticator {
    /// Its id.
    pub id: String,
    /// Its seed as 32 characters of base32 without padding: given here and never again.
    pub secret: Secret,
}

/// Makes an authenticator, in place of one that was never verified. `Code::AuthenticatorAlreadyVerified` if the user
/// has a verified one.
pub fn create_authenticator(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<NewAuthenticator> {
    let id = ctx.id();
    let seed = Zeroizing::new(ctx.random.bytes::<SEED_BYTES>());
    let sealed = ctx.keys.seal(Label::Authenticator, &bound_to(ctx, user, &id), &seed[..], &*ctx.random)?;
    if tx.exec(sql::PUT_AUTHENTICATOR, args![&ctx.project, user, &id, &sealed, ctx.now])? == 0 {
        return Err(Code::AuthenticatorAlreadyVerified.into());
    }
    Ok(NewAuthenticator { id, secret: BASE32_NOPAD.encode(&seed[..]).into() })
}

/// What an app reads from the QR code: `otpauth://totp/<issuer>:<label>?secret=<secret>&issuer=<issuer>`. Period,
/// digits and algorithm are not said (contract nuvix §3.6): they are what apps take for granted. A secret, as it holds
/// the seed.
pub fn uri(issuer: &str, label: &str, secret: &Secret) -> Secret {
    let issuer = utf8_percent_encode(issuer, RESERVED);
    let label = utf8_percent_encode(label, RESERVED);
    Secret::new(format!("otpauth://totp/{issuer}:{label}?secret={}&issuer={issuer}", secret.expose()))
}

/// Verifies the user's authenticator by a code of its app, which is thereby used. `Code::AuthenticatorNotFound`,
/// `Code::AuthenticatorAlreadyVerified` or `Code::InvalidToken`.
pub fn verify_authenticator(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, code: &Secret) -> Result<()> {
    let (authenticator, sealed) = find(tx, ctx, user)?.ok_or(Code::AuthenticatorNotFound)?;
    if authenticator.verified_at.is_some() {
        return Err(Code::AuthenticatorAlreadyVerified.into());
    }
    if !accept(tx, ctx, user, &authenticator.id, &sealed, code)? {
        return Err(Code::InvalidToken.into());
    }
    Ok(())
}

/// Whether `code` is the verified authenticator's, of now or one step before or after (RFC 6238 §5.2). A code is right
/// once, and no earlier one after it, whatever the clock does. Nobody's authenticator: false.
pub fn check_totp(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, code: &Secret) -> Result<bool> {
    match find(tx, ctx, user)? {
        Some((authenticator, sealed)) if authenticator.verified_at.is_some() => {
            accept(tx, ctx, user, &authenticator.id, &sealed, code)
        }
        Some(_) | None => Ok(false),
    }
}

/// The user's authenticator, verified or not.
pub fn find_authenticator(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Option<Authenticator>> {
    Ok(find(tx, ctx, user)?.map(|(authenticator, _)| authenticator))
}

/// A verified authenticator as it moves from one server to another, its seed too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The seed as base32 without padding.
    pub secret: Secret,
    /// The newest step that was used.
    pub last_step: i64,
    /// When it was verified.
    pub verified_at: Option<Time>,
    /// When it was made.
    pub created_at: Option<Time>,
}

/// The row of a moved authenticator, made before its transaction.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    id: String,
    seed: Vec<u8>,
}

/// Seals a moved authenticator for `user`. `Code::InvalidValue` of `totp` when no app could have its seed.
pub(crate) fn seal_moved(ctx: &Ctx, user: &str, moved: &Moved) -> Result<Sealed> {
    let text = Zeroizing::new(moved.secret.expose().trim_end_matches('=').to_ascii_uppercase());
    let seed = BASE32_NOPAD.decode(text.as_bytes()).map(Zeroizing::new).ok().filter(|seed| SEEDS.contains(&seed.len()));
    let seed = seed.ok_or_else(|| {
        let (least, most) = (SEEDS.start(), SEEDS.end());
        Error::invalid("totp", format!("the secret must be base32 of {least} to {most} bytes"))
    })?;
    let id = ctx.id();
    let seed = ctx.keys.seal(Label::Authenticator, &bound_to(ctx, user, &id), &seed, &*ctx.random)?;
    Ok(Sealed { id, seed })
}

/// Gives a moved authenticator to a user who was just made.
pub(crate) fn insert_moved(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, moved: &Moved, sealed: &Sealed) -> Result<()> {
    let (verified_at, created_at) = (moved.verified_at.unwrap_or(ctx.now), moved.created_at.unwrap_or(ctx.now));
    tx.push(
        sql::INSERT_MOVED,
        args![&ctx.project, user, &sealed.id, &sealed.seed, moved.last_step, verified_at, created_at],
    )
}

/// The seed of an authenticator's row, as base32.
pub(crate) fn open_seed(ctx: &Ctx, user: &str, id: &str, sealed: &[u8]) -> Result<Secret> {
    let seed = ctx.keys.open(Label::Authenticator, &bound_to(ctx, user, id), sealed)?;
    Ok(BASE32_NOPAD.encode(&seed).into())
}

/// The seed of the user's verified authenticator as base32, or `Code::AuthenticatorNotFound`.
pub fn read_seed(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Secret> {
    match find(tx, ctx, user)? {
        Some((app, sealed)) if app.verified_at.is_some() => open_seed(ctx, user, &app.id, &sealed),
        Some(_) | None => Err(Code::AuthenticatorNotFound.into()),
    }
}

/// Removes the user's authenticator, verified or not, or `Code::AuthenticatorNotFound`.
pub fn delete_authenticator(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    if tx.exec(sql::DELETE_AUTHENTICATOR, args![&ctx.project, user])? == 0 {
        return Err(Code::AuthenticatorNotFound.into());
    }
    Ok(())
}

/// The user's authenticator and its sealed seed.
fn find(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Option<(Authenticator, Vec<u8>)>> {
    tx.find(sql::FIND_AUTHENTICATOR, args![&ctx.project, user], |row| {
        Ok((Authenticator { id: row.get(0)?, verified_at: row.get(1)?, created_at: row.get(2)? }, row.get(3)?))
    })
}

/// Uses up the step of a right code, unless it or a later one is used.
fn accept(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str, sealed: &[u8], code: &Secret) -> Result<bool> {
    let seed = ctx.keys.open(Label::Authenticator, &bound_to(ctx, user, id), sealed)?;
    let Some(step) = matched_step(&seed, code, ctx.now)? else { return Ok(false) };
    Ok(tx.exec(sql::ACCEPT_STEP, args![step, ctx.now, &ctx.project, user, id])? == 1)
}

/// The step whose code it is, among the present one and its two neighbours.
pub(super) fn matched_step(seed: &[u8], code: &Secret, now: Time) -> Result<Option<i64>> {
    if !SEEDS.contains(&seed.len()) {
        return Err(Error::internal("a seed of another length"));
    }
    // The library begins with the values that we want: SHA-1, 6 digits, 30 seconds, one step to either side.
    let totp = Builder::new().with_secret(seed).build().map_err(Error::internal)?;
    let seconds = u64::try_from(now.seconds()).unwrap_or(0);
    Ok(totp.check(code.expose(), seconds).and_then(|step| i64::try_from(step).ok()))
}
