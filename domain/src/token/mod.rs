//! Tokens that other services can check by themselves: JWTs (RFC 7519) signed with ES256, access tokens of Frontegg's
//! clients with RS256, keys as JWKS (RFC 7517).
//!
//! A project has one key that signs in each of these ways; that of RS256 is made when it is first needed. [`rotate`] puts another beside it, which is published first and signs later, so
//! that whoever keeps a copy of the key set knows it in time; the old one goes on verifying until the last token that it
//! signed has expired. What a key may do is asked of the clock each time, never of what was true when it was loaded.

mod access;
mod key;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

pub use access::Unchecked;
pub use key::{Algorithm, Material};

use key::Private;

use crate::args;
use crate::base::crypto::Label;
use crate::base::{Ctx, Error, Result, Secret, Time};
use crate::db::Tx;

/// For how many seconds others may keep a copy of the public keys (`Cache-Control`).
pub const CACHED_SECONDS: i64 = 300;
/// For how many seconds a key is published before it signs: three times as long, because some clients keep what they
/// read for ten minutes, whatever they are told.
pub const PUBLISHED_SECONDS: i64 = 3 * CACHED_SECONDS;
/// The longest life of a token, in seconds: that of the longest setting.
pub const LONGEST_SECONDS: i64 = 86_400;
/// For how many seconds a key verifies after another has taken its place.
const OVERLAP_SECONDS: i64 = LONGEST_SECONDS + PUBLISHED_SECONDS;

/// The signing keys of a project, of both algorithms, the newest first.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<SigningKey>,
}

#[derive(Clone)]
struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    private: Private,
    jwk: Json,
    created_at: Time,
    retired_at: Option<Time>,
}

/// What a key does at some instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It is published, and signs from this instant on.
    Published(Time),
    /// It signs.
    Signing,
    /// It only verifies what it signed.
    Verifying,
}

impl State {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Published(_) => "published",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
        }
    }
}

/// A key without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyInfo {
    /// By which name tokens call it.
    pub kid: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What it does now.
    pub state: State,
    /// Since when it is published.
    pub since: Time,
    /// From when on nothing that it signed counts, if that is known.
    pub until: Option<Time>,
}

impl KeyInfo {
    /// Whether it is a key of `algorithm` that does not sign yet.
    fn waits_in(&self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm && matches!(self.state, State::Published(_))
    }
}

/// What a token says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The user's id.
    pub user_id: String,
    /// The session's id; empty when the token stands for none.
    pub session_id: String,
    /// The user's id again, where the standard looks for it.
    pub sub: String,
    /// The project: a token of one is none in another.
    pub aud: String,
    /// Who made it.
    pub iss: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// From when on it does not count, in seconds.
    pub exp: i64,
}

/// The `iss` of every token.
pub const ISSUER: &str = "countersign";

/// The project's keys that have not been retired; there may be none yet.
pub fn list_keys(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<KeySet> {
    let rows = tx.list(sql::LIST, args![&ctx.project, ctx.now], |row| {
        Ok((
            row.get::<String>(0)?,
            row.get::<String>(1)?,
            row.get::<Vec<u8>>(2)?,
            row.get::<String>(3)?,
            row.get::<Time>(4)?,
            row.get::<Option<Time>>(5)?,
        ))
    })?;
    let keys = rows.into_iter().map(|(kid, algorithm, sealed, jwk, created_at, retired_at)| {
        let algorithm = Algorithm::parse(&algorithm).ok_or_else(|| Error::internal("a key of unknown algorithm"))?;
        let private = Private::open(algorithm, ctx.keys.open(Label::SigningKey, &kid, &sealed)?)?;
        let jwk = serde_json::from_str(&jwk).map_err(Error::internal)?;
        Ok(SigningKey { kid, algorithm, private, jwk, created_at, retired_at })
    });
    Ok(KeySet { keys: keys.collect::<Result<_>>()? })
}

/// The project's keys; the first one for ES256 is made when there is none. The caller sees to it that nobody else does
/// the same.
pub fn ensure_keys(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<KeySet> {
    let keys = list_keys(tx, ctx)?;
    if keys.has(Algorithm::Es256) {
        return Ok(keys);
    }
    create_key(tx, ctx, &Material::make(Algorithm::Es256)?)?;
    list_keys(tx, ctx)
}

/// The same with a key that was made before; it is left alone when the project has one of its algorithm.
pub fn ensure_key(tx: &mut Tx<'_>, ctx: &Ctx, material: &Material) -> Result<()> {
    if list_keys(tx, ctx)?.has(material.algorithm) {
        return Ok(());
    }
    create_key(tx, ctx, material)
}

/// Puts another key in place of the one that signs, and gives all keys; false beside them when a key that does not sign
/// yet is there already, and nothing was changed. The new key signs when it has been published for
/// [`PUBLISHED_SECONDS`]; the old ones are retired when nothing that they signed can be valid. `at_once`, for a key that
/// somebody else may have: the others are removed, their tokens end, and the new one signs. The caller sees to it that
/// nobody else does the same.
///
/// `rsa` takes the place of the key for RS256, where the project has one. Without it such a key stays as it is; `at_once`
/// it goes as well, and the next is made when it is needed.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, at_once: bool, rsa: Option<&Material>) -> Result<(KeySet, bool)> {
    let keys = ensure_keys(tx, ctx)?;
    let waits = |algorithm| keys.list(ctx.now).iter().any(|key| key.waits_in(algorithm));
    let rsa = rsa.filter(|_| keys.has(Algorithm::Rs256));
    if at_once {
        // Removed, not dated: they stay dead when the clock steps back.
        tx.exec(sql::DELETE, args![&ctx.project])?;
    }
    let mut turned = false;
    if at_once || !waits(Algorithm::Es256) {
        replace_key(tx, ctx, &Material::make(Algorithm::Es256)?)?;
        turned = true;
    }
    if let Some(rsa) = rsa
        && (at_once || !waits(Algorithm::Rs256))
    {
        replace_key(tx, ctx, rsa)?;
        turned = true;
    }
    if turned { Ok((list_keys(tx, ctx)?, true)) } else { Ok((keys, false)) }
}

fn replace_key(tx: &mut Tx<'_>, ctx: &Ctx, material: &Material) -> Result<()> {
    let retired_at = ctx.now.plus_seconds(PUBLISHED_SECONDS + OVERLAP_SECONDS);
    tx.exec(sql::RETIRE, args![retired_at, &ctx.project, material.algorithm.name()])?;
    create_key(tx, ctx, material)
}

/// Removes the keys that have been retired, of all projects.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    tx.exec(sql::PURGE, args![now])
}

fn create_key(tx: &mut Tx<'_>, ctx: &Ctx, material: &Material) -> Result<()> {
    let kid = ctx.id();
    let mut jwk = material.jwk.clone();
    jwk["kid"] = json!(kid);
    let sealed = ctx.keys.seal(Label::SigningKey, &kid, &material.pkcs8, &*ctx.random)?;
    let algorithm = material.algorithm.name();
    tx.exec(sql::INSERT, args![&kid, &ctx.project, algorithm, &sealed, &jwk.to_string(), ctx.now])?;
    Ok(())
}

/// Forgets every signing key, because the key that sealed them is lost: all tokens end, new keys are made when needed.
pub fn forget_keys(tx: &mut Tx<'_>) -> Result<u64> {
    tx.exec(sql::DELETE_ALL, args![])
}

impl KeySet {
    /// The public keys, for `/.well-known/jwks.json`.
    pub fn jwks(&self, now: Time) -> Json {
        json!({ "keys": self.live(now).map(|k| &k.jwk).collect::<Vec<_>>() })
    }

    /// Whether there is a key of this algorithm.
    pub fn has(&self, algorithm: Algorithm) -> bool {
        self.keys.iter().any(|key| key.algorithm == algorithm)
    }

    /// What each key does at `now`, the newest first.
    pub fn list(&self, now: Time) -> Vec<KeyInfo> {
        let signers = Algorithm::ALL.map(|algorithm| self.signer(algorithm, now).map(|key| key.kid.as_str()));
        self.live(now)
            .map(|key| KeyInfo {
                kid: key.kid.clone(),
                algorithm: key.algorithm,
                state: match key.retired_at {
                    _ if signers.contains(&Some(key.kid.as_str())) => State::Signing,
                    None => State::Published(key.created_at.plus_seconds(PUBLISHED_SECONDS)),
                    Some(_) => State::Verifying,
                },
                since: key.created_at,
                until: key.retired_at,
            })
            .collect()
    }

    fn live(&self, now: Time) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(move |key| key.retired_at.is_none_or(|at| now < at))
    }

    /// The newest key that has been published for long enough. The oldest where there is none: nothing came before it.
    fn signer(&self, algorithm: Algorithm, now: Time) -> Option<&SigningKey> {
        let live = || self.live(now).filter(|key| key.algorithm == algorithm);
        let known = |key: &&SigningKey| key.created_at.plus_seconds(PUBLISHED_SECONDS) <= now;
        live().find(known).or_else(|| live().last())
    }

    /// A token for `user` and `session` that counts for `seconds`, at most [`LONGEST_SECONDS`].
    pub fn issue(&self, ctx: &Ctx, user: &str, session: &str, seconds: i64) -> Result<Secret> {
        if seconds > LONGEST_SECONDS {
            // It would outlive its key.
            return Err(Error::internal("a token of so long a life"));
        }
        let key = self.signer(Algorithm::Es256, ctx.now).ok_or_else(|| Error::internal("no signing key"))?;
        let Private::Ec(pkcs8) = &key.private else { return Err(Error::internal("a key of another algorithm")) };
        let claims = Claims {
            user_id: user.to_owned(),
            session_id: session.to_owned(),
            sub: user.to_owned(),
            aud: ctx.project.to_string(),
            iss: ISSUER.to_owned(),
            iat: ctx.now.seconds(),
            exp: ctx.now.plus_seconds(seconds).seconds(),
        };
        let mut header = Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(pkcs8))
            .map(Secret::new)
            .map_err(Error::internal)
    }

    /// What `token` says, if one of these keys signed it for this project and it has not expired.
    pub fn verify(&self, project: &str, token: &str, now: Time) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid?;
        let key = self.live(now).find(|k| k.algorithm == Algorithm::Es256 && k.kid == kid)?;
        let text = |name: &str| key.jwk.get(name).and_then(Json::as_str);
        let decoding = DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?;
        let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
        validation.set_audience(&[project]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        // The library would ask the machine's clock.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &decoding, &validation).ok()?.claims;
        (claims.exp > now.seconds()).then_some(claims)
    }
}
