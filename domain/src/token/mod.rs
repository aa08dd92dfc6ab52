//! Tokens that other services can check by themselves: JWTs (RFC 7519) signed with ES256, keys as JWKS (RFC 7517).

pub(crate) mod sql;

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

/// The signing keys of a project, the newest first. Only that one signs; all of them verify.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<SigningKey>,
}

#[derive(Clone)]
struct SigningKey {
    kid: String,
    pkcs8: Zeroizing<Vec<u8>>,
    jwk: Json,
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

/// The project's keys; the first one is made when there is none.
pub fn ensure_keys(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<KeySet> {
    let keys = list(tx, ctx)?;
    if !keys.is_empty() {
        return Ok(KeySet { keys });
    }
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
    Ok(KeySet { keys: list(tx, ctx)? })
}

/// Forgets every signing key, because the key that sealed them is lost: all tokens end, new keys are made when needed.
pub fn forget_keys(tx: &mut Tx<'_>) -> Result<u64> {
    tx.exec(sql::DELETE_ALL, args![])
}

fn list(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<SigningKey>> {
    let rows = tx.list(sql::LIST, args![&ctx.project, ALGORITHM], |row| {
        Ok((row.get::<String>(0)?, row.get::<Vec<u8>>(1)?, row.get::<String>(2)?))
    })?;
    rows.into_iter()
        .map(|(kid, sealed, jwk)| {
            let pkcs8 = ctx.keys.open(Label::SigningKey, &kid, &sealed)?;
            Ok(SigningKey { kid, pkcs8, jwk: serde_json::from_str(&jwk).map_err(Error::internal)? })
        })
        .collect()
}

impl KeySet {
    /// The public keys, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Json {
        json!({ "keys": self.keys.iter().map(|k| &k.jwk).collect::<Vec<_>>() })
    }

    /// A token for `user` and `session` that counts for `seconds`.
    pub fn issue(&self, ctx: &Ctx, user: &str, session: &str, seconds: i64) -> Result<Secret> {
        let key = self.keys.first().ok_or_else(|| Error::internal("no signing key"))?;
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
        let key = self.keys.iter().find(|k| k.kid == kid)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::ctx;
    use crate::db::testing::wait;
    use crate::on_both;

    on_both!(a_token_counts_in_its_project_until_it_expires, |test| {
        let ctx = ctx();
        let keys = wait(test.db.write({
            let ctx = ctx.clone();
            move |tx| ensure_keys(tx, &ctx)
        }))
        .unwrap();
        let token = keys.issue(&ctx, "u1", "s1", 900).unwrap();
        let text = token.expose();
        let claims = keys.verify("p1", text, ctx.now).unwrap();
        assert_eq!((claims.user_id.as_str(), claims.session_id.as_str()), ("u1", "s1"));
        assert_eq!(keys.verify("p1", text, ctx.now.plus_seconds(900)), None);
        assert_eq!(keys.verify("p2", text, ctx.now), None);
        assert_eq!(keys.verify("p1", &text[..text.len() - 1], ctx.now), None);
        assert_eq!(keys.verify("p1", &format!("{text}A"), ctx.now), None);
        let again = wait(test.db.write(move |tx| ensure_keys(tx, &ctx))).unwrap();
        assert_eq!(again.jwks(), keys.jwks());
    });

    on_both!(a_token_of_another_algorithm_or_key_is_refused, |test| {
        let ctx = ctx();
        let keys = wait(test.db.write({
            let ctx = ctx.clone();
            move |tx| ensure_keys(tx, &ctx)
        }))
        .unwrap();
        let token = keys.issue(&ctx, "u1", "s1", 900).unwrap();
        let (_, rest) = token.expose().split_once('.').unwrap();
        let (payload, _) = rest.split_once('.').unwrap();
        let kid = keys.keys[0].kid.clone();
        let none = BASE64URL_NOPAD.encode(json!({"alg": "none", "kid": kid}).to_string().as_bytes());
        assert_eq!(keys.verify("p1", &format!("{none}.{payload}."), ctx.now), None);
        // HS256 with the public key as its secret: the classic confusion.
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(kid);
        let public = BASE64URL_NOPAD.decode(keys.keys[0].jwk["x"].as_str().unwrap().as_bytes()).unwrap();
        let claims = keys.verify("p1", token.expose(), ctx.now).unwrap();
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(keys.verify("p1", &forged, ctx.now), None);
        let mut stranger = Header::new(Algorithm::ES256);
        stranger.kid = Some("unknown".into());
        let forged = jsonwebtoken::encode(&stranger, &claims, &EncodingKey::from_ec_der(&keys.keys[0].pkcs8)).unwrap();
        assert_eq!(keys.verify("p1", &forged, ctx.now), None);
    });
}
