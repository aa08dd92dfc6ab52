//! Access tokens: signed with RS256, of whatever claims a dialect has beside those that are checked here.

use jsonwebtoken::{DecodingKey, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use data_encoding::BASE64URL_NOPAD;

use super::key::{Private, public_pem, sign_rs256};
use super::{Algorithm, KeySet, LONGEST_SECONDS, SigningKey};
use crate::base::{Ctx, Error, Result, Secret, Time};

/// The claims that every access token has (RFC 7519 §4.1), with those of the dialect.
#[derive(Serialize, Deserialize)]
struct Registered<C> {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    claims: C,
}

impl KeySet {
    /// Whether an access token could be signed now.
    pub fn signs_access(&self, now: Time) -> bool {
        self.access_signer(now).is_some()
    }

    fn access_signer(&self, now: Time) -> Option<&SigningKey> {
        self.signer(Algorithm::Rs256, now)
    }

    /// The public half of the key that signs access tokens, as PEM, if there is one.
    pub fn access_pem(&self, now: Time) -> Result<Option<String>> {
        match self.access_signer(now).map(|key| &key.private) {
            Some(Private::Rsa(pair)) => public_pem(pair).map(Some),
            Some(Private::Ec(_)) | None => Ok(None),
        }
    }

    /// A token for `audience` that counts for `seconds`, at most [`LONGEST_SECONDS`].
    pub fn issue_access(
        &self,
        ctx: &Ctx,
        issuer: &str,
        audience: &str,
        seconds: i64,
        claims: &impl Serialize,
    ) -> Result<Secret> {
        if seconds > LONGEST_SECONDS {
            // It would outlive its key.
            return Err(Error::internal("a token of so long a life"));
        }
        let key = self.access_signer(ctx.now).ok_or_else(|| Error::internal("no signing key"))?;
        let Private::Rsa(pair) = &key.private else { return Err(Error::internal("a key of another algorithm")) };
        let claims = Registered {
            iss: issuer.to_owned(),
            aud: audience.to_owned(),
            iat: ctx.now.seconds(),
            exp: ctx.now.plus_seconds(seconds).seconds(),
            claims,
        };
        let header = json!({ "alg": Algorithm::Rs256.name(), "kid": key.kid, "typ": "JWT" }).to_string();
        let claims = serde_json::to_vec(&claims).map_err(Error::internal)?;
        let text = format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(&claims));
        let signature = sign_rs256(pair, &text)?;
        Ok(Secret::new(format!("{text}.{signature}")))
    }

    /// The dialect's claims of `token`, if one of these keys signed it for `audience` and it has not expired.
    pub fn verify_access<C: DeserializeOwned>(&self, audience: &str, token: &str, now: Time) -> Option<C> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.live(now).find(|key| key.algorithm == Algorithm::Rs256 && key.kid == kid)?;
        let text = |name: &str| key.jwk.get(name).and_then(Json::as_str);
        let decoding = DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?;
        let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        // The library would ask the machine's clock.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Registered<C>>(token, &decoding, &validation).ok()?.claims;
        (claims.exp > now.seconds()).then_some(claims.claims)
    }
}

/// What a token says of itself before anything about it is checked: only good for finding the keys to check it with.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Unchecked {
    /// For whom it is.
    pub aud: String,
    /// What kind it is.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Unchecked {
    /// Reads a token's claims without checking it. None where it is none, or an access token of nobody.
    pub fn read(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()
    }
}
