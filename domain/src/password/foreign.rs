//! Hashes that another system made, brought along by users who move here (contract nuvix §4.5). Each is verified as
//! that system did, until its user signs in once; then it is made anew by our rules.
//!
//! What verifying would cost is bounded here, because whoever imports hashes decides how long a sign-in takes. Measured
//! on one processor of a small server:
//!
//! - bcrypt 50 ms at cost 10, 200 ms at 12, and 1.6 s at 15, the most;
//! - scrypt 40 ms as Firebase uses it, 400 ms at N = 131072 and r = 8, and twice that at most;
//! - phpass 1 ms as it is usually set, and 100 ms at most;
//! - PBKDF2 300 ms at 600,000 rounds of SHA-256, and 2 to 2.5 s at most;
//! - Argon2 as long as ours, and 1.8 s at most; MD5 and SHA next to nothing.

use std::fmt;
use std::num::NonZeroU32;

use data_encoding::{BASE64_NOPAD, BitOrder, HEXLOWER_PERMISSIVE, Specification};
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as Unknown;
use serde::{Deserialize, Serialize};

pub use crate::base::foreign_hash::Sha;

use crate::base::argon::{is_verifiable, normalised, verify_as_given};
use crate::base::crypto::equal;
use crate::base::{Error, Result, Secret, foreign_hash};

/// The most that bcrypt may cost, as the logarithm of its rounds.
const BCRYPT_COST: u32 = 15;
/// The most rounds of phpass, as their logarithm.
const PHPASS_COST: usize = 20;
/// The most that N × r × p of scrypt may be: at 128 bytes each, 256 MiB.
const SCRYPT_WORK: u64 = 1 << 21;
/// The most blocks of a hash that PBKDF2 may compute: iterations times the parts of which it is put together. What
/// other systems ask for today is within that, 1,300,000 rounds of SHA-1 for 64 bytes too.
const fn pbkdf2_work(version: Sha) -> u64 {
    match version.length() {
        ..=20 => 5_500_000,
        21..=32 => 4_000_000,
        33.. => 2_000_000,
    }
}
/// What Firebase asks of scrypt if nobody says otherwise: r, and the logarithm of N.
const FIREBASE: (i64, i64) = (8, 14);
/// How many bytes a hash of scrypt or PBKDF2 may have: fewer would be guessed.
const SCRYPT_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;
/// The shortest signer key, in bytes, for the hash is as long. Firebase's have 64.
const SIGNER_KEY: usize = 32;
/// The longest salt, separator or signer key, in characters.
const LONGEST_OPTION: usize = 128;
/// The digits of phpass.
const PHPASS_DIGITS: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How a hash was made. Written as JSON it is the `hashOptions` of the contract.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Algorithm {
    /// Argon2i, Argon2d or Argon2id, as a PHC string.
    Argon2,
    /// bcrypt, as a string that begins with `$2a$`, `$2b$`, `$2x$` or `$2y$`.
    Bcrypt,
    /// MD5, as hexadecimal digits.
    Md5,
    /// One of the SHA families, as hexadecimal digits.
    Sha {
        /// Which, if it was said: else SHA3-512.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Sha>,
    },
    /// A portable hash of phpass: `$P$` or `$H$`.
    Phpass,
    /// scrypt (RFC 7914), as hexadecimal digits.
    Scrypt {
        /// The salt, as text.
        salt: String,
        /// N, a power of two.
        cost_cpu: i64,
        /// r.
        cost_memory: i64,
        /// p.
        cost_parallel: i64,
        /// Bytes of the hash.
        length: i64,
    },
    /// Firebase's scrypt, as base64. The options are base64 too.
    ScryptMod {
        /// The user's salt.
        salt: String,
        /// What follows every salt of the Firebase project.
        salt_separator: String,
        /// The key of the Firebase project.
        signer_key: String,
        /// r, if it is not 8.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rounds: Option<i64>,
        /// The logarithm of N, if it is not 14.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mem_cost: Option<i64>,
    },
    /// PBKDF2 (RFC 8018) with HMAC, as base64. No client of the contract knows it: it comes by imports.
    Pbkdf2 {
        /// Over which hash: SHA-1, SHA-256, SHA-384 or SHA-512.
        version: Sha,
        /// The salt, as base64.
        salt: String,
        /// How many times.
        iterations: i64,
    },
}

impl Algorithm {
    /// Its name in the contract.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Argon2 => "argon2",
            Self::Bcrypt => "bcrypt",
            Self::Md5 => "md5",
            Self::Sha { .. } => "sha",
            Self::Phpass => "phpass",
            Self::Scrypt { .. } => "scrypt",
            Self::ScryptMod { .. } => "scryptMod",
            Self::Pbkdf2 { .. } => "pbkdf2",
        }
    }

    /// SHA by the name of its version. An unknown one is `Code::InvalidValue` of `passwordVersion`.
    pub fn sha(version: Option<&str>) -> Result<Self> {
        let parse = |name: &str| {
            Sha::deserialize(name.into_deserializer()).map_err(|_: Unknown| {
                let reason = "must be one of sha1, sha224, sha256, sha384, sha512/224, sha512/256, sha512, sha3-224, \
                              sha3-256, sha3-384 and sha3-512";
                Error::invalid("passwordVersion", reason)
            })
        };
        Ok(Self::Sha { version: version.map(parse).transpose()? })
    }
}

/// Only the name: salts and keys are nobody's business.
impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A hash that another system made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Foreign {
    algorithm: Algorithm,
    hash: Secret,
}

impl Foreign {
    /// Takes a hash that can be verified. Else it is `Code::InvalidValue` of `password`, `passwordSalt`, `passwordCpu`,
    /// `passwordMemory`, `passwordParallel`, `passwordLength`, `passwordSaltSeparator`, `passwordSignerKey`,
    /// `passwordVersion` or `passwordIterations`.
    pub fn new(algorithm: Algorithm, hash: Secret) -> Result<Self> {
        let foreign = Self { algorithm, hash };
        foreign.work()?;
        Ok(foreign)
    }

    /// One that was taken before.
    pub(super) const fn stored(algorithm: Algorithm, hash: Secret) -> Self {
        Self { algorithm, hash }
    }

    /// How it was made.
    pub const fn algorithm(&self) -> &Algorithm {
        &self.algorithm
    }

    /// The hash, as it was given.
    pub const fn hash(&self) -> &Secret {
        &self.hash
    }

    /// Whether `password` is its password: as it was typed, for others hash just that, or as we would spell it. Takes
    /// as long as the other system wanted, twice for a wrong password with more than one spelling: never inside a
    /// transaction.
    pub fn verify(&self, password: &Secret) -> Result<bool> {
        let work = self.work().map_err(|_| Error::internal("a stored hash is damaged"))?;
        if work.is_of(password)? {
            return Ok(true);
        }
        let spelled = normalised(password);
        Ok(spelled != *password && work.is_of(&spelled)?)
    }

    /// What there is to do to verify a password.
    fn work(&self) -> Result<Work<'_>> {
        let hash = self.hash.expose();
        Ok(match &self.algorithm {
            Algorithm::Argon2 if is_verifiable(hash) => Work::Argon2(hash),
            Algorithm::Argon2 => {
                return Err(wrong("must be a PHC string of Argon2, of 256 MiB and ten passes over them at most"));
            }
            Algorithm::Bcrypt => {
                let cost = foreign_hash::bcrypt_cost(hash).filter(|cost| (4..=BCRYPT_COST).contains(cost));
                cost.map(|_| Work::Bcrypt(hash)).ok_or_else(|| {
                    let kind = "60 characters that begin with $2a$, $2b$, $2x$ or $2y$";
                    wrong(format!("must be a bcrypt hash ({kind}) with a cost of 4 to {BCRYPT_COST}"))
                })?
            }
            Algorithm::Md5 => Work::Md5 { rounds: 0, salt: "", tag: hex(hash, 16)? },
            Algorithm::Sha { version } => {
                let version = version.unwrap_or_default();
                Work::Sha { version, tag: hex(hash, version.length())? }
            }
            Algorithm::Phpass => phpass(hash).ok_or_else(|| {
                let (kind, rounds) = ("34 characters that begin with $P$ or $H$", 1_u32 << PHPASS_COST);
                wrong(format!("must be a portable phpass hash ({kind}) of {rounds} rounds at most"))
            })?,
            Algorithm::Scrypt { salt, cost_cpu, cost_memory, cost_parallel, length } => {
                let params = scrypt_params(*cost_cpu, *cost_memory, *cost_parallel)?;
                let length = usize::try_from(*length).ok().filter(|length| SCRYPT_LENGTH.contains(length));
                let length = length.ok_or_else(|| {
                    let (least, most) = (SCRYPT_LENGTH.start(), SCRYPT_LENGTH.end());
                    Error::invalid("passwordLength", format!("must be {least} to {most}"))
                })?;
                Work::Scrypt { salt: option("passwordSalt", salt)?, params, tag: hex(hash, length)? }
            }
            Algorithm::ScryptMod { salt, salt_separator, signer_key, rounds, mem_cost } => {
                let mut salt = base64_option("passwordSalt", salt)?;
                salt.extend(base64_option("passwordSaltSeparator", salt_separator)?);
                let signer_key = base64_option("passwordSignerKey", signer_key)?;
                if signer_key.len() < SIGNER_KEY {
                    return Err(Error::invalid("passwordSignerKey", format!("must have {SIGNER_KEY} bytes or more")));
                }
                let tag = base64(hash).filter(|tag| tag.len() == signer_key.len());
                let tag = tag.ok_or_else(|| wrong("must be base64 of as many bytes as the signer key has"))?;
                let params = firebase_params(rounds.unwrap_or(FIREBASE.0), mem_cost.unwrap_or(FIREBASE.1))?;
                Work::Firebase { salt, params, signer_key, tag }
            }
            Algorithm::Pbkdf2 { version, salt, iterations } => pbkdf2(*version, salt, *iterations, hash)?,
        })
    }
}

/// A hash and its options, read and found acceptable.
enum Work<'a> {
    Argon2(&'a str),
    Bcrypt(&'a str),
    Md5 { rounds: u32, salt: &'a str, tag: Vec<u8> },
    Sha { version: Sha, tag: Vec<u8> },
    Scrypt { salt: &'a str, params: (u8, u32, u32), tag: Vec<u8> },
    Firebase { salt: Vec<u8>, params: (u8, u32, u32), signer_key: Vec<u8>, tag: Vec<u8> },
    Pbkdf2 { version: Sha, salt: Vec<u8>, iterations: NonZeroU32, tag: Vec<u8> },
}

impl Work<'_> {
    /// Whether exactly this spelling was hashed.
    fn is_of(&self, password: &Secret) -> Result<bool> {
        let bytes = password.expose().as_bytes();
        match self {
            Self::Argon2(hash) => verify_as_given(password, hash),
            Self::Bcrypt(hash) => foreign_hash::bcrypt(bytes, hash),
            Self::Md5 { rounds, salt, tag } => Ok(equal(&foreign_hash::md5(*rounds, salt.as_bytes(), bytes), tag)),
            Self::Sha { version, tag } => Ok(equal(&version.of(bytes), tag)),
            Self::Scrypt { salt, params, tag } => {
                foreign_hash::scrypt(bytes, salt.as_bytes(), *params, tag.len()).map(|found| equal(&found, tag))
            }
            Self::Firebase { salt, params, signer_key, tag } => {
                foreign_hash::firebase(bytes, salt, *params, signer_key).map(|found| equal(&found, tag))
            }
            Self::Pbkdf2 { version, salt, iterations, tag } => {
                let found = foreign_hash::pbkdf2(*version, bytes, salt, *iterations, tag.len());
                Ok(found.is_some_and(|found| equal(&found, tag)))
            }
        }
    }
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::invalid("password", reason)
}

fn hex(text: &str, length: usize) -> Result<Vec<u8>> {
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().filter(|bytes| bytes.len() == length);
    bytes.ok_or_else(|| wrong(format!("must be {} hexadecimal digits", length * 2)))
}

/// Base64 of either alphabet, padded or not: Firebase's tools write it in different ways.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    BASE64_NOPAD.decode(text.as_bytes()).ok()
}

fn option<'a>(field: &str, text: &'a str) -> Result<&'a str> {
    if (1..=LONGEST_OPTION).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(Error::invalid(field, format!("must have 1 to {LONGEST_OPTION} characters")))
}

fn base64_option(field: &str, text: &str) -> Result<Vec<u8>> {
    base64(option(field, text)?).ok_or_else(|| Error::invalid(field, "must be base64"))
}

/// A portable hash of phpass: its kind, a digit with the logarithm of the rounds, eight characters of salt, the MD5.
fn phpass(hash: &str) -> Option<Work<'_>> {
    let rest = hash.strip_prefix("$P$").or_else(|| hash.strip_prefix("$H$"))?;
    let (rounds, rest) = rest.split_at_checked(1)?;
    let (salt, tag) = rest.split_at_checked(8)?;
    let rounds = PHPASS_DIGITS.find(rounds).filter(|cost| (7..=PHPASS_COST).contains(cost)).map(|cost| 1 << cost)?;
    let mut digits = Specification::new();
    digits.symbols.push_str(PHPASS_DIGITS);
    digits.bit_order = BitOrder::LeastSignificantFirst;
    let tag = digits.encoding().ok()?.decode(tag.as_bytes()).ok()?;
    (tag.len() == 16).then_some(Work::Md5 { rounds, salt, tag })
}

/// PBKDF2 over what the library has, of a cost that can be borne.
fn pbkdf2<'a>(version: Sha, salt: &str, iterations: i64, hash: &str) -> Result<Work<'a>> {
    if !matches!(version, Sha::Sha1 | Sha::Sha256 | Sha::Sha384 | Sha::Sha512) {
        return Err(Error::invalid("passwordVersion", "must be one of sha1, sha256, sha384 and sha512"));
    }
    let salt = base64_option("passwordSalt", salt)?;
    let tag = base64(hash).filter(|tag| SCRYPT_LENGTH.contains(&tag.len()));
    let tag = tag.ok_or_else(|| wrong("must be base64 of 16 to 128 bytes"))?;
    let most = pbkdf2_work(version) / tag.len().div_ceil(version.length()) as u64;
    let affordable = u32::try_from(iterations).ok().filter(|count| u64::from(*count) <= most);
    let iterations = affordable.and_then(NonZeroU32::new).ok_or_else(|| {
        Error::invalid("passwordIterations", format!("must be 1 to {most} for a hash of this length"))
    })?;
    Ok(Work::Pbkdf2 { version, salt, iterations, tag })
}

/// N as its logarithm, r and p, in the words of Firebase.
fn firebase_params(rounds: i64, mem_cost: i64) -> Result<(u8, u32, u32)> {
    let cpu = u32::try_from(mem_cost).ok().and_then(|cost| 1_i64.checked_shl(cost)).filter(|cpu| *cpu > 1);
    scrypt_params(cpu.unwrap_or(0), rounds, 1).map_err(|_| {
        let most = SCRYPT_WORK.ilog2();
        Error::invalid("passwordMemory", format!("rounds and memory cost must be 1 or more, of 2^{most} together"))
    })
}

/// N as its logarithm, r and p.
fn scrypt_params(cpu: i64, memory: i64, parallel: i64) -> Result<(u8, u32, u32)> {
    let number = |field: &str, value: i64| {
        let number = u32::try_from(value).ok().filter(|value| (1..=SCRYPT_WORK).contains(&u64::from(*value)));
        number.ok_or_else(|| Error::invalid(field, format!("must be 1 to {SCRYPT_WORK}")))
    };
    let n = number("passwordCpu", cpu)?;
    if n < 2 || !n.is_power_of_two() {
        return Err(Error::invalid("passwordCpu", "must be a power of two, 2 or more"));
    }
    let (r, p) = (number("passwordMemory", memory)?, number("passwordParallel", parallel)?);
    if u64::from(n) * u64::from(r) * u64::from(p) > SCRYPT_WORK {
        let reason = format!("times passwordCpu and passwordParallel must be {SCRYPT_WORK} at most");
        return Err(Error::invalid("passwordMemory", reason));
    }
    Ok((n.trailing_zeros() as u8, r, p))
}
