//! What other systems made of passwords. Beside `argon` and `crypto` the only room that names a hash or a cipher. None
//! of these is good enough to keep: they are computed once more to know a password again.
//!
//! The callers bound what is asked for; most of it is slow on purpose and belongs outside any transaction.

use std::num::NonZeroU32;
use std::str::FromStr as _;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use bcrypt::HashParts;
use md5::Md5;
use scrypt::Params;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use zeroize::Zeroizing;

use super::{Error, Result};

/// The bytes of a password that bcrypt looks at.
const BCRYPT_BYTES: usize = 72;

/// A member of the SHA families, by the name that the contract gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Sha {
    /// SHA-1.
    #[serde(rename = "sha1")]
    Sha1,
    /// SHA-224.
    #[serde(rename = "sha224")]
    Sha224,
    /// SHA-256.
    #[serde(rename = "sha256")]
    Sha256,
    /// SHA-384.
    #[serde(rename = "sha384")]
    Sha384,
    /// SHA-512/224.
    #[serde(rename = "sha512/224")]
    Sha512To224,
    /// SHA-512/256.
    #[serde(rename = "sha512/256")]
    Sha512To256,
    /// SHA-512.
    #[serde(rename = "sha512")]
    Sha512,
    /// SHA3-224.
    #[serde(rename = "sha3-224")]
    Sha3To224,
    /// SHA3-256.
    #[serde(rename = "sha3-256")]
    Sha3To256,
    /// SHA3-384.
    #[serde(rename = "sha3-384")]
    Sha3To384,
    /// SHA3-512.
    #[default]
    #[serde(rename = "sha3-512")]
    Sha3To512,
}

impl Sha {
    /// Bytes of its hashes.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512To224 | Self::Sha3To224 => 28,
            Self::Sha256 | Self::Sha512To256 | Self::Sha3To256 => 32,
            Self::Sha384 | Self::Sha3To384 => 48,
            Self::Sha512 | Self::Sha3To512 => 64,
        }
    }

    /// The hash of `text`.
    pub fn of(self, text: &[u8]) -> Vec<u8> {
        fn digest<D: Digest>(text: &[u8]) -> Vec<u8> {
            D::digest(text).to_vec()
        }
        match self {
            Self::Sha1 => digest::<Sha1>(text),
            Self::Sha224 => digest::<Sha224>(text),
            Self::Sha256 => digest::<Sha256>(text),
            Self::Sha384 => digest::<Sha384>(text),
            Self::Sha512To224 => digest::<Sha512_224>(text),
            Self::Sha512To256 => digest::<Sha512_256>(text),
            Self::Sha512 => digest::<Sha512>(text),
            Self::Sha3To224 => digest::<Sha3_224>(text),
            Self::Sha3To256 => digest::<Sha3_256>(text),
            Self::Sha3To384 => digest::<Sha3_384>(text),
            Self::Sha3To512 => digest::<Sha3_512>(text),
        }
    }
}

/// MD5 of salt and password, and then `rounds` times that of the last result and the password (phpass's portable
/// hashes).
pub fn md5(rounds: u32, salt: &[u8], password: &[u8]) -> [u8; 16] {
    let mut tag = Md5::new().chain_update(salt).chain_update(password).finalize();
    for _ in 0..rounds {
        tag = Md5::new().chain_update(tag).chain_update(password).finalize();
    }
    tag.into()
}

/// The cost that a bcrypt string (`$2a$`, `$2b$`, `$2x$`, `$2y$`) names; none if it is no such string.
pub fn bcrypt_cost(hash: &str) -> Option<u32> {
    HashParts::from_str(hash).ok().map(|parts| parts.get_cost())
}

/// Whether `password` is the one of this bcrypt string. What a password has beyond 72 bytes does not count.
pub fn bcrypt(password: &[u8], hash: &str) -> Result<bool> {
    let right = if hash.starts_with("$2x$") {
        bcrypt::verify(sign_extended(password).as_slice(), hash)
    } else {
        bcrypt::verify(password, hash)
    };
    right.map_err(|_| Error::internal("a stored hash is damaged"))
}

/// The key that a defect of `crypt_blowfish` made of a password (CVE-2011-2483), for which `$2x$` stands: it took bytes
/// as signed, so that one of 128 and more overwrote those before it in its word.
fn sign_extended(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = password.iter().copied().chain([0]).cycle();
    let mut key = Zeroizing::new(Vec::with_capacity(BCRYPT_BYTES));
    while key.len() < BCRYPT_BYTES {
        let word = bytes.by_ref().take(4).fold(0, |word: i32, byte| (word << 8) | i32::from(byte.cast_signed()));
        key.extend(word.to_be_bytes());
    }
    key
}

/// The first `length` bytes of scrypt (RFC 7914), with N as its logarithm, r and p. Takes 128 × N × r bytes of memory.
pub fn scrypt(
    password: &[u8],
    salt: &[u8],
    (log_n, r, p): (u8, u32, u32),
    length: usize,
) -> Result<Zeroizing<Vec<u8>>> {
    let params = Params::new(log_n, r, p).map_err(Error::internal)?;
    let mut out = Zeroizing::new(vec![0; length]);
    scrypt::scrypt(password, salt, &params, &mut out).map_err(Error::internal)?;
    Ok(out)
}

/// The first `length` bytes of PBKDF2 (RFC 8018 §5.2) with HMAC over SHA-1 or a SHA-2 of 256 bits and more; none for
/// another member of the families.
pub fn pbkdf2(
    sha: Sha,
    password: &[u8],
    salt: &[u8],
    iterations: NonZeroU32,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = match sha {
        Sha::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
        Sha::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        Sha::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
        Sha::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        Sha::Sha224
        | Sha::Sha512To224
        | Sha::Sha512To256
        | Sha::Sha3To224
        | Sha::Sha3To256
        | Sha::Sha3To384
        | Sha::Sha3To512 => return None,
    };
    let mut out = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(algorithm, iterations, salt, password, &mut out);
    Some(out)
}

/// Firebase's variant of scrypt: what comes out encrypts the project's signer key (AES-256-CTR, counter from 0).
pub fn firebase(password: &[u8], salt: &[u8], params: (u8, u32, u32), signer_key: &[u8]) -> Result<Vec<u8>> {
    let failed = |_| Error::internal("a cipher failed");
    let key = scrypt(password, salt, params, 32)?;
    let key = UnboundCipherKey::new(&AES_256, &key).and_then(EncryptingKey::ctr).map_err(failed)?;
    let mut out = signer_key.to_vec();
    let counter = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    key.less_safe_encrypt(&mut out, counter).map_err(failed)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    /// From `crypt_blowfish` 1.3 (`wrapper.c`), the last three made by libxcrypt.
    #[test]
    fn hashes_of_crypt_blowfish_are_verified() {
        let long =
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored";
        for (hash, password) in [
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", b"U*U".as_slice()),
            ("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", b"U*U"),
            ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", b"U*U*U"),
            ("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", long),
            ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
            ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xa3"),
            ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
            ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
            ("$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", "\u{451}".as_bytes()),
            ("$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS", b"\xd0\xc1\xd2\xcf\xcc\xd8"),
            (
                "$2x$05$6bNw2HLQYeqHYyBfLMsv/OwHk7pcvKe2DhU1qXRo4ipuj7awtz/DO",
                "gr\u{fc}\u{df}e aus k\u{f6}ln".as_bytes(),
            ),
            (
                "$2y$05$6bNw2HLQYeqHYyBfLMsv/OQ02layjeQEEGbH0XH65bOwcBVPzAik2",
                "gr\u{fc}\u{df}e aus k\u{f6}ln".as_bytes(),
            ),
        ] {
            assert!(bcrypt(password, hash).unwrap(), "{hash}");
            assert!(!bcrypt(b"another", hash).unwrap(), "{hash}");
            assert_eq!(bcrypt_cost(hash), Some(5));
        }
        assert!(!bcrypt(&long[..71], "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui").unwrap());
    }

    #[test]
    fn what_is_no_bcrypt_string_has_no_cost() {
        let good = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        for bad in [
            "",
            "$2a$05$",
            &good[..59],
            &good.replace("$2a", "$2z"),
            &good.replace("05", "5x"),
            &good.replace("CCC", "C C"),
        ] {
            assert_eq!(bcrypt_cost(bad), None, "{bad}");
        }
    }

    /// FIPS 180-4 and FIPS 202, the examples for "abc"; RFC 1321 for MD5.
    #[test]
    fn every_member_of_the_families_is_the_standard_one() {
        for (sha, begin) in [
            (Sha::Sha1, "a9993e364706816aba3e25717850c26c"),
            (Sha::Sha224, "23097d223405d8228642a477bda255b3"),
            (Sha::Sha256, "ba7816bf8f01cfea414140de5dae2223"),
            (Sha::Sha384, "cb00753f45a35e8bb5a03d699ac65007"),
            (Sha::Sha512To224, "4634270f707b6a54daae7530460842e2"),
            (Sha::Sha512To256, "53048e2681941ef99b2e29b76b4c7dab"),
            (Sha::Sha512, "ddaf35a193617abacc417349ae204131"),
            (Sha::Sha3To224, "e642824c3f8cf24ad09234ee7d3c766f"),
            (Sha::Sha3To256, "3a985da74fe225b2045c172d6bd390bd"),
            (Sha::Sha3To384, "ec01498288516fc926459f58e2c6ad8d"),
            (Sha::Sha3To512, "b751850b1a57168a5693cd924b6b096e"),
        ] {
            assert!(hex(&sha.of(b"abc")).starts_with(begin), "{sha:?}");
            assert_eq!(sha.of(b"abc").len(), sha.length(), "{sha:?}");
        }
        assert_eq!(hex(&md5(0, b"", b"abc")), "900150983cd24fb0d6963f7d28e17f72");
    }

    /// RFC 6070 for SHA-1, RFC 7914 §11 for SHA-256; those of the others were made by Python's `hashlib`.
    #[test]
    fn pbkdf2_is_the_standard_one() {
        for (sha, password, salt, iterations, begin) in [
            (Sha::Sha1, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            (Sha::Sha1, "password", "salt", 4_096, "4b007901b765489abead49d926f721d065a429c1"),
            (
                Sha::Sha1,
                "passwordPASSWORDpassword",
                "saltSALTsaltSALTsaltSALTsaltSALTsalt",
                4_096,
                "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
            ),
            (Sha::Sha256, "passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
            (
                Sha::Sha256,
                "Password",
                "NaCl",
                80_000,
                "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
            ),
            (
                Sha::Sha384,
                "password",
                "salt",
                4_096,
                "559726be38db125bc85ed7895f6e3cf574c7a01c080c3447db1e8a76764deb3c",
            ),
            (
                Sha::Sha512,
                "password",
                "salt",
                4_096,
                "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5",
            ),
        ] {
            let iterations = NonZeroU32::new(iterations).unwrap();
            let out = pbkdf2(sha, password.as_bytes(), salt.as_bytes(), iterations, begin.len() / 2).unwrap();
            assert_eq!(hex(&out), begin, "{sha:?}");
        }
        assert!(pbkdf2(Sha::Sha3To256, b"password", b"salt", NonZeroU32::MIN, 32).is_none());
    }

    /// RFC 7914 §12.
    #[test]
    fn scrypt_is_the_standard_one() {
        let out = scrypt(b"password", b"NaCl", (10, 8, 16), 64).unwrap();
        assert!(hex(&out).starts_with("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"));
    }
}
