//! Key pairs: made, stored as PKCS#8, shown as JWK (RFC 7517, RFC 7518 §6) and PEM (RFC 7468).

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::base::{Error, Result};

/// How a key signs (RFC 7518 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// ECDSA on P-256: small and fast, for whatever has no client that wants another.
    Es256,
    /// RSA of 2048 bits: what Frontegg's clients verify (contract frontegg §1.5).
    Rs256,
}

impl Algorithm {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Es256, Self::Rs256];

    /// Its name in tokens and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// A key pair that is not stored yet.
pub struct Material {
    pub(super) algorithm: Algorithm,
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    /// The public half, without the name that it will have.
    pub(super) jwk: Json,
}

impl Material {
    /// Makes a key pair. One for RSA takes a good part of a second and up to several: never in a transaction.
    pub fn make(algorithm: Algorithm) -> Result<Self> {
        // Key generation is aws-lc's own business: it takes no seeded stream.
        let failed = |_| Error::internal("no signing key could be made");
        match algorithm {
            Algorithm::Es256 => {
                let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
                let pkcs8 = Zeroizing::new(made.map_err(failed)?.as_ref().to_vec());
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
                    .map_err(|_| Error::internal("no signing key could be made"))?;
                // SEC 1 §2.3.3: an uncompressed point is 4, x, y.
                let point = pair.public_key().as_ref();
                let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
                    return Err(Error::internal("a public key of another shape"));
                };
                let jwk = json!({
                    "kty": "EC", "crv": "P-256", "alg": algorithm.name(), "use": "sig",
                    "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y),
                });
                Ok(Self { algorithm, pkcs8, jwk })
            }
            Algorithm::Rs256 => {
                let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(failed)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                let public = pair.public_key();
                let number = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
                let jwk = json!({
                    "kty": "RSA", "alg": algorithm.name(), "use": "sig",
                    "n": number(public.modulus().big_endian_without_leading_zero()),
                    "e": number(public.exponent().big_endian_without_leading_zero()),
                });
                Ok(Self { algorithm, pkcs8: Zeroizing::new(der.as_ref().to_vec()), jwk })
            }
        }
    }
}

/// The private half of a key, ready to sign.
#[derive(Clone)]
pub(super) enum Private {
    Ec(Zeroizing<Vec<u8>>),
    /// Taken apart once: checking its numbers costs more than signing.
    Rsa(Arc<rsa::KeyPair>),
}

impl Private {
    pub(super) fn open(algorithm: Algorithm, pkcs8: Zeroizing<Vec<u8>>) -> Result<Self> {
        Ok(match algorithm {
            Algorithm::Es256 => Self::Ec(pkcs8),
            Algorithm::Rs256 => Self::Rsa(Arc::new(rsa::KeyPair::from_pkcs8(&pkcs8).map_err(Error::internal)?)),
        })
    }
}

/// A signature in the way of RS256 (RFC 7518 §3.3), as text.
pub(super) fn sign_rs256(pair: &rsa::KeyPair, text: &str) -> Result<String> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| Error::internal("no token could be signed"))?;
    Ok(BASE64URL_NOPAD.encode(&signature))
}

/// The public half of an RSA key as PEM.
pub(super) fn public_pem(pair: &rsa::KeyPair) -> Result<String> {
    let der: PublicKeyX509Der<'_> =
        pair.public_key().as_der().map_err(|_| Error::internal("a public key of another shape"))?;
    let text = BASE64.encode(der.as_ref());
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.extend([line, "\n"]);
        rest = more;
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    Ok(pem)
}
