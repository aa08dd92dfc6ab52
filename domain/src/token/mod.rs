//! Tokens that other services can check by themselves: JWTs (RFC 7519) signed with ES256, keys as JWKS (RFC 7517).
//!
//! A project has one key that signs. [`rotate`] puts another beside it, which is published first and signs later, so
//! that whoever keeps a copy of the key set knows it in time; the old one goes on verifying until the last token that it
//! signed has expired. What a key may do is asked of the clock each time, never of what was true when it was loaded.

pub(crate) mod sql;
#[cfg(test)]
mod tests;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::args;
use crate::base::crypto::Label;
use crate::base::{Ctx, Error, Result, Secret, Time};
use crate::db::Tx;

const ALGORITHM: &str = "ES256";

/// For how many seconds others may keep a copy of the public keys (`Cache-Control`).
pub const CACHED_SECONDS: i64 = 300;
/// For how many seconds a key is published before it signs: three times as long, because some clients keep what they
/// read for ten minutes, whatever they are told.
pub const PUBLISHED_SECONDS: i64 = 3 * CACHED_SECONDS;
/// The longest life of a token, in seconds: that of the longest setting.
pub const LONGEST_SECONDS: i64 = 86_400;
/// For how many seconds a key verifies after another has taken its place.
const OVERLAP_SECONDS: i64 = LONGEST_SECONDS + PUBLISHED_SECONDS;

/// The signing keys of a project, the newest first.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<SigningKey>,
}

#[derive(Clone)]
struct SigningKey {
    kid: String,
    pkcs8: Zeroizing<Vec<u8>>,
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
    /// How it signs (RFC 7518 §3.1).
    pub algorithm: &'static str,
    /// What it does now.
    pub state: State,
    /// Since when it is published.
    pub since: Time,
    /// From when on nothing that it signed counts, if that is known.
    pub until: Option<Time>,
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
    let rows = tx.list(sql::LIST, args![&ctx.project, ALGORITHM, ctx.now], |row| {
        Ok((
            row.get::<String>(0)?,
            row.get::<Vec<u8>>(1)?,
            row.get::<String>(2)?,
            row.get::<Time>(3)?,
            row.get::<Option<Time>>(4)?,
        ))
    })?;
    let keys = rows.into_iter().map(|(kid, sealed, jwk, created_at, retired_at)| {
        let pkcs8 = ctx.keys.open(Label::SigningKey, &kid, &sealed)?;
        Ok(SigningKey { kid, pkcs8, jwk: serde_json::from_str(&jwk).map_err(Error::internal)?, created_at, retired_at })
    });
    Ok(KeySet { keys: keys.collect::<Result<_>>()? })
}

/// The project's keys; the first one is made when there is none. The caller sees to it that nobody else does the same.
pub fn ensure_keys(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<KeySet> {
    let keys = list_keys(tx, ctx)?;
    if !keys.keys.is_empty() {
        return Ok(keys);
    }
    create_key(tx, ctx)?;
    list_keys(tx, ctx)
}

/// Puts another key in place of the one that signs, and gives all keys; false beside them when a key that does not sign
/// yet is there already, and nothing was changed. The new key signs when it has been published for
/// [`PUBLISHED_SECONDS`]; the old ones are retired when nothing that they signed can be valid. `at_once`, for a key that
/// somebody else may have: the others are removed, their tokens end, and the new one signs. The caller sees to it that
/// nobody else does the same.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, at_once: bool) -> Result<(KeySet, bool)> {
    if at_once {
        // Removed, not dated: they stay dead when the clock steps back.
        tx.exec(sql::DELETE, args![&ctx.project, ALGORITHM])?;
    } else {
        let keys = ensure_keys(tx, ctx)?;
        if keys.list(ctx.now).iter().any(|key| matches!(key.state, State::Published(_))) {
            return Ok((keys, false));
        }
        let retired_at = ctx.now.plus_seconds(PUBLISHED_SECONDS + OVERLAP_SECONDS);
        tx.exec(sql::RETIRE, args![retired_at, &ctx.project, ALGORITHM])?;
    }
    create_key(tx, ctx)?;
    Ok((list_keys(tx, ctx)?, true))
}

/// Removes the keys that have been retired, of all projects.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    tx.exec(sql::PURGE, args![now])
}

fn create_key(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let kid = ctx.id();
    // Key generation is aws-lc's own business: it takes no seeded stream.
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| Error::internal("no signing key could be made"))?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())
        .map_err(|_| Error::internal("no signing key could be made"))?;
    let point = pair.public_key().as_ref();
    // SEC 1 §2.3.3: an uncompressed point is 4, x, y.
    let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
        return Err(Error::internal("a public key of another shape"));
    };
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "alg": ALGORITHM, "use": "sig", "kid": kid,
        "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y),
    });
    let sealed = ctx.keys.seal(Label::SigningKey, &kid, pkcs8.as_ref(), &*ctx.random)?;
    tx.exec(sql::INSERT, args![&kid, &ctx.project, ALGORITHM, &sealed, &jwk.to_string(), ctx.now])?;
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

    /// Whether there is no key.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What each key does at `now`, the newest first.
    pub fn list(&self, now: Time) -> Vec<KeyInfo> {
        let signer = self.signer(now).map(|key| &key.kid);
        self.live(now)
            .map(|key| KeyInfo {
                kid: key.kid.clone(),
                algorithm: ALGORITHM,
                state: match key.retired_at {
                    _ if Some(&key.kid) == signer => State::Signing,
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
    fn signer(&self, now: Time) -> Option<&SigningKey> {
        let known = |key: &&SigningKey| key.created_at.plus_seconds(PUBLISHED_SECONDS) <= now;
        self.live(now).find(known).or_else(|| self.live(now).last())
    }

    /// A token for `user` and `session` that counts for `seconds`, at most [`LONGEST_SECONDS`].
    pub fn issue(&self, ctx: &Ctx, user: &str, session: &str, seconds: i64) -> Result<Secret> {
        if seconds > LONGEST_SECONDS {
            // It would outlive its key.
            return Err(Error::internal("a token of so long a life"));
        }
        let key = self.signer(ctx.now).ok_or_else(|| Error::internal("no signing key"))?;
        let claims = Claims {
            user_id: user.to_owned(),
            session_id: session.to_owned(),
            sub: user.to_owned(),
            aud: ctx.project.to_string(),
            iss: ISSUER.to_owned(),
            iat: ctx.now.seconds(),
            exp: ctx.now.plus_seconds(seconds).seconds(),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&key.pkcs8))
            .map(Secret::new)
            .map_err(Error::internal)
    }

    /// What `token` says, if one of these keys signed it for this project and it has not expired.
    pub fn verify(&self, project: &str, token: &str, now: Time) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid?;
        let key = self.live(now).find(|k| k.kid == kid)?;
        let text = |name: &str| key.jwk.get(name).and_then(Json::as_str);
        let decoding = DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[project]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        // The library would ask the machine's clock.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &decoding, &validation).ok()?.claims;
        (claims.exp > now.seconds()).then_some(claims)
    }
}
