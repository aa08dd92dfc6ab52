//! Leading people from our login page to an application: an authorization code that their browser carries there, and the
//! session that the application gets for it (RFC 6749 §4.1, RFC 7636).
//!
//! The code is one more verification. What it is bound to, beside its user and the browser's session, is the secret that
//! is compared: where the browser was sent, and the challenge whose verifier the application keeps. Nothing about it is
//! stored in the clear.

use data_encoding::BASE64URL_NOPAD;

use super::refresh::{admit, until};
use super::start::Terms;
use super::{Caller, SignedIn, find_session_by_id, handle};
use crate::audit::{self, What};
use crate::base::crypto::sha256;
use crate::base::{Code, Ctx, Error, Result, Secret};
use crate::db::Tx;
use crate::project::Project;
use crate::session::{self, HOSTED, Session};
use crate::verification::{self, Channel, Checked, Dialect, NewHandle, Purpose, Subject, Verification};

/// How long a code works, in seconds: browsers carry it over at once (RFC 6749 §4.1.2 recommends ten minutes at most).
pub const LIFETIME_SECONDS: i64 = 60;
/// Random bytes of a code.
const CODE_BYTES: usize = 32;
/// Wrong tries of a code, with another verifier or another address. Nobody guesses one; nobody needs more either.
const TRIES: i64 = 5;
/// The longest nonce, in bytes: it travels in the code.
pub const LONGEST_NONCE: usize = 512;
/// Characters of a verifier. RFC 7636 §4.1 wants 43 at least; Frontegg's browser client makes 16 (contract frontegg
/// §1.5), which are beyond guessing in five tries.
const VERIFIER: std::ops::RangeInclusive<usize> = 16..=128;

/// What an application gives away of the verifier that it keeps: its SHA-256 in base64url (RFC 7636 §4.2, `S256`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge(String);

impl Challenge {
    /// Reads a challenge; none where it is not the hash of anything.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (hash.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The challenge of a verifier; none where no client makes such a verifier.
    fn of(verifier: &Secret) -> Option<Self> {
        let text = verifier.expose();
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        (VERIFIER.contains(&text.len()) && is_plain).then(|| Self(BASE64URL_NOPAD.encode(&sha256(text.as_bytes()))))
    }
}

/// What a code is to be bound to.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Where the browser is sent, as the application wrote it.
    pub redirect_uri: String,
    /// What the application gave away of its verifier.
    pub challenge: Challenge,
    /// What is to stand in the identity token (OIDC Core §3.1.2.1).
    pub nonce: Option<String>,
}

/// What an application shows for a session.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The code.
    pub code: Secret,
    /// Where the browser was sent, as the application says once more (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// What only the application knows that sent the browser here.
    pub verifier: Secret,
}

/// A session that an application was given.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The session.
    pub signed_in: SignedIn,
    /// What is to stand in the identity token.
    pub nonce: Option<String>,
}

/// Makes a code for whoever is signed in at our login page. `Code::MoreFactorsRequired` while his session lacks a factor,
/// or he one that the project demands; `Code::UserBlocked`, `Code::SessionNotFound`.
pub fn issue(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, grant: &Grant) -> Result<Secret> {
    let user = caller.reload(tx, ctx)?;
    let session = session::get(tx, ctx, &user.id, &caller.session.id)?;
    admit(project, &user, &session)?;
    let code = code(ctx, grant.nonce.as_deref())?;
    let target = format!("code:{}", user.id);
    let subject = Subject {
        dialect: Dialect::Page,
        purpose: Purpose::Authorize,
        channel: Channel::Token,
        target: &target,
        session: Some(&session.id),
        wanted_length: 2 * CODE_BYTES as i64,
    };
    let expires_at = ctx.now.plus_seconds(LIFETIME_SECONDS);
    let issued = verification::create(tx, ctx, &subject, subject.wanted_length, Some(&user.id), expires_at)?;
    verification::arm_link(tx, ctx, &issued.id, &subject, &bound_to(&grant.redirect_uri, &grant.challenge))?;
    let hash = handle::of_code(ctx, code.expose());
    let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: TRIES };
    verification::create_handle(tx, ctx, &new, &target, Some(&issued), expires_at)?;
    Ok(code)
}

/// Gives the application that shows a code its session. The outer result is for the store; the inner one is the answer,
/// and is committed with the attempt whatever it is.
///
/// `Code::InvalidToken` for a code that is unknown, used or too old, or is bound to something else; `Code::UserBlocked`,
/// `Code::SessionNotFound`, `Code::MoreFactorsRequired` where the browser's session is no longer what it was. A used code
/// that is shown again ends the session that came of it, because two have it (RFC 6749 §4.1.2).
pub fn exchange(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    shown: &Shown,
) -> Result<Result<Granted>> {
    // A verifier that is none is compared all the same, as one that cannot be right.
    let challenge = Challenge::of(&shown.verifier).unwrap_or_else(|| Challenge(String::new()));
    let bound = bound_to(&shown.redirect_uri, &challenge);
    let hash = handle::of_code(ctx, shown.code.expose());
    match verification::check(tx, ctx, &hash, Purpose::Authorize, &bound)? {
        Checked::NoHandle => {
            end_replayed(tx, ctx, &shown.code)?;
            Ok(Err(Code::InvalidToken.into()))
        }
        Checked::Wrong { .. } => Ok(Err(Code::InvalidToken.into())),
        Checked::Right { verification, .. } => tx.attempt(|tx| open(tx, ctx, project, terms, &verification, shown)),
    }
}

/// Ends the session of a browser at our login page with all that applications got by it; from whichever of them it is.
pub fn leave(tx: &mut Tx<'_>, ctx: &Ctx, session: &Session) -> Result<()> {
    session::delete_family(tx, ctx, session).map(drop)
}

fn open(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    verification: &Verification,
    shown: &Shown,
) -> Result<Granted> {
    if !verification::consume(tx, ctx, &verification.id)? {
        return Err(Code::InvalidToken.into());
    }
    let id = verification.session.as_deref().ok_or(Code::InvalidToken)?;
    let found =
        find_session_by_id(tx, ctx, id)?.filter(|(_, user)| verification.user.as_deref() == Some(user.id.as_str()));
    let (browser, user) = found.ok_or(Code::SessionNotFound)?;
    admit(project, &user, &browser)?;
    let detail = format!(r#"{{"provider":"{HOSTED}"}}"#);
    audit::record(tx, ctx, What::SessionCreate, Some(&user.id), &detail)?;
    let until = until(ctx, project, terms, &browser);
    let limit = project.settings.auth.sessions_limit;
    let (session, secret) = session::create_from(tx, ctx, &browser, until, limit, terms.shape)?;
    session::spend(tx, ctx, &session, &spent(&shown.code))?;
    let nonce = nonce_of(&shown.code)?;
    Ok(Granted { signed_in: SignedIn { session, secret, user }, nonce })
}

fn end_replayed(tx: &mut Tx<'_>, ctx: &Ctx, code: &Secret) -> Result<()> {
    let Some(spent) = session::find_spent(tx, ctx, &spent(code))? else { return Ok(()) };
    match find_session_by_id(tx, ctx, &spent.session_id)? {
        Some((session, _)) => session::delete_reused(tx, ctx, &session),
        None => Ok(()),
    }
}

/// A new code. The nonce is part of it, so that it need not be kept: it is the application's own and no secret, and with
/// another one the code is another code.
fn code(ctx: &Ctx, nonce: Option<&str>) -> Result<Secret> {
    let random = ctx.random.hex(CODE_BYTES);
    match nonce {
        None => Ok(Secret::new(random)),
        Some(nonce) if nonce.len() <= LONGEST_NONCE => {
            Ok(Secret::new(format!("{random}.{}", BASE64URL_NOPAD.encode(nonce.as_bytes()))))
        }
        Some(_) => Err(Error::invalid("nonce", format!("must be at most {LONGEST_NONCE} bytes"))),
    }
}

fn nonce_of(code: &Secret) -> Result<Option<String>> {
    let Some((_, nonce)) = code.expose().split_once('.') else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(nonce.as_bytes()).map_err(Error::internal)?;
    String::from_utf8(bytes).map(Some).map_err(Error::internal)
}

/// What is compared of a code.
fn bound_to(redirect_uri: &str, Challenge(challenge): &Challenge) -> Secret {
    Secret::new(format!("{challenge} {redirect_uri}"))
}

/// Under which name a used code is known: no refresh token is written like this, so it is not taken for a spent one.
fn spent(code: &Secret) -> Secret {
    Secret::new(format!("code {}", code.expose()))
}
