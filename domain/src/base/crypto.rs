//! The only room that names a cipher, but for `foreign_hash` and `sealed`. One master key; every use has a key of its own, derived by HKDF (RFC 5869).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use zeroize::Zeroizing;

use super::{Code, Error, Random, Result, Secret};

/// What a MAC or a sealed text is for. A value made for one purpose never opens for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    /// The MAC of a one-time code or link secret.
    VerificationCode,
    /// The hash of an address that signed somebody in.
    KnownOrigin,
    /// Outbox payloads.
    Message,
    /// Provider credentials.
    Provider,
    /// Private signing keys.
    SigningKey,
    /// The demo project's API key and passwords.
    Demo,
    /// Password hashes.
    Password,
    /// Seeds of authenticator apps.
    Authenticator,
    /// Recovery codes: their MACs, and the copy that can be read for a while.
    RecoveryCode,
    /// The chain of audit events.
    Audit,
    /// Secrets of outgoing webhooks.
    Webhook,
    /// Backups that the key file opens.
    Backup,
    /// Ids of what is stored without one.
    DerivedId,
    /// What stands in an answer for the number of somebody unknown.
    Decoy,
}

impl Label {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::VerificationCode => b"countersign/verification-code/1",
            Self::KnownOrigin => b"countersign/known-origin/1",
            Self::Message => b"countersign/message/1",
            Self::Provider => b"countersign/provider/1",
            Self::SigningKey => b"countersign/signing-key/1",
            Self::Demo => b"countersign/demo/1",
            Self::Password => b"countersign/password/1",
            Self::Authenticator => b"countersign/authenticator/1",
            Self::RecoveryCode => b"countersign/recovery-code/1",
            Self::Audit => b"countersign/audit/1",
            Self::Webhook => b"countersign/webhook/1",
            Self::Backup => b"countersign/backup/1",
            Self::DerivedId => b"countersign/derived-id/1",
            Self::Decoy => b"countersign/decoy/1",
        }
    }
}

/// Keys derived from the key file's master key. Without it the database yields no code, token or credential.
pub struct Keys {
    master: hkdf::Prk,
    code: hmac::Key,
    origin: hmac::Key,
    audit: hmac::Key,
    message: LessSafeKey,
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Keys {
    /// Length of a master key, in bytes.
    pub const MASTER_LEN: usize = 32;

    /// Derives all keys from the master key.
    pub fn from_master(master: &[u8; Self::MASTER_LEN]) -> Result<Self> {
        let master = hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign").extract(master);
        let hmac_key = |label| Ok::<_, Error>(hmac::Key::new(hmac::HMAC_SHA256, &expand::<32>(&master, label)?[..]));
        Ok(Self {
            code: hmac_key(Label::VerificationCode)?,
            origin: hmac_key(Label::KnownOrigin)?,
            audit: hmac_key(Label::Audit)?,
            message: aead_key(&master, Label::Message)?,
            master,
        })
    }

    /// HMAC-SHA-256 over `parts` under the key of `label`. Each part is preceded by its length, so no two lists of
    /// parts give the same text.
    pub fn mac(&self, label: Label, parts: &[&[u8]]) -> Result<[u8; 32]> {
        let mut context = match label {
            Label::VerificationCode => hmac::Context::with_key(&self.code),
            Label::KnownOrigin => hmac::Context::with_key(&self.origin),
            Label::Audit => hmac::Context::with_key(&self.audit),
            Label::Message
            | Label::Provider
            | Label::SigningKey
            | Label::Demo
            | Label::Password
            | Label::Authenticator
            | Label::RecoveryCode
            | Label::Webhook
            | Label::Backup
            | Label::DerivedId
            | Label::Decoy => {
                let key = expand::<32>(&self.master, label)?;
                hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key[..]))
            }
        };
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        Ok(out)
    }

    /// Encrypts `text` (AES-256-GCM, random nonce in front). `bound_to` is authenticated: a sealed text copied to
    /// another row does not open there.
    pub fn seal(&self, label: Label, bound_to: &str, text: &[u8], random: &dyn Random) -> Result<Vec<u8>> {
        let nonce = random.bytes::<NONCE_LEN>();
        let mut out = Vec::with_capacity(NONCE_LEN + text.len() + 16);
        out.extend_from_slice(text);
        self.with_aead(label, |key| {
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to.as_bytes()), &mut out)
                .map_err(|_| Error::internal("sealing failed"))
        })?;
        out.splice(..0, nonce);
        Ok(out)
    }

    /// Decrypts what `seal` made. An error means another key file, another row, or tampering.
    pub fn open(&self, label: Label, bound_to: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let wrong = || Error::from(Code::KeyFileMismatch);
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let mut text = Zeroizing::new(text.to_vec());
        let len = self.with_aead(label, |key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
            key.open_in_place(nonce, Aad::from(bound_to.as_bytes()), &mut text)
                .map(|plain| plain.len())
                .map_err(|_| wrong())
        })?;
        text.truncate(len);
        Ok(text)
    }

    /// A value that is the same at every start on the same key file: `len` bytes as lower-case hex.
    pub fn derived_hex(&self, name: &str, len: usize) -> Result<Secret> {
        let mut out = Vec::with_capacity(len);
        let mut counter = 0_u32;
        while out.len() < len {
            out.extend(self.mac(Label::Demo, &[name.as_bytes(), &counter.to_le_bytes()])?);
            counter += 1;
        }
        out.truncate(len);
        Ok(Secret::new(data_encoding::HEXLOWER.encode(&out)))
    }

    fn with_aead<T>(&self, label: Label, f: impl FnOnce(&LessSafeKey) -> Result<T>) -> Result<T> {
        if label == Label::Message { f(&self.message) } else { f(&aead_key(&self.master, label)?) }
    }
}

fn expand<const N: usize>(master: &hkdf::Prk, label: Label) -> Result<Zeroizing<[u8; N]>> {
    let mut out = Zeroizing::new([0; N]);
    master
        .expand(&[label.name()], Length(N))
        .and_then(|okm| okm.fill(&mut out[..]))
        .map_err(|_| Error::internal("key derivation failed"))?;
    Ok(out)
}

fn aead_key(master: &hkdf::Prk, label: Label) -> Result<LessSafeKey> {
    let key = expand::<32>(master, label)?;
    let key = UnboundKey::new(&AES_256_GCM, &key[..]).map_err(|_| Error::internal("key derivation failed"))?;
    Ok(LessSafeKey::new(key))
}

/// SHA-256. For secrets that are random enough to need no key: session secrets, API keys, handles.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Compares without telling by its time where the difference is.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    fn keys(byte: u8) -> Keys {
        Keys::from_master(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_mac_is_bound_to_its_label_and_to_where_its_parts_end() {
        let mac = |label, parts: &[&[u8]]| keys(1).mac(label, parts).unwrap();
        assert_eq!(mac(Label::VerificationCode, &[b"a", b"b"]), mac(Label::VerificationCode, &[b"a", b"b"]));
        assert_ne!(mac(Label::VerificationCode, &[b"ab"]), mac(Label::VerificationCode, &[b"a", b"b"]));
        assert_ne!(mac(Label::VerificationCode, &[b"a"]), mac(Label::KnownOrigin, &[b"a"]));
        assert_ne!(mac(Label::VerificationCode, &[b"a"]), keys(2).mac(Label::VerificationCode, &[b"a"]).unwrap());
    }

    #[test]
    fn a_sealed_text_opens_only_where_it_belongs() {
        let random = SeededRandom::new(1);
        for label in [Label::Message, Label::Provider] {
            let sealed = keys(1).seal(label, "row 1", b"hello", &random).unwrap();
            assert_eq!(&keys(1).open(label, "row 1", &sealed).unwrap()[..], b"hello");
            assert!(keys(1).open(label, "row 2", &sealed).is_err());
            assert!(keys(2).open(label, "row 1", &sealed).is_err());
            assert!(keys(1).open(Label::SigningKey, "row 1", &sealed).is_err());
            assert!(keys(1).open(label, "row 1", &sealed[..sealed.len() - 1]).is_err());
            assert!(keys(1).open(label, "row 1", b"short").is_err());
        }
    }

    #[test]
    fn derived_values_repeat_for_one_key_file_only() {
        assert_eq!(keys(1).derived_hex("key", 128).unwrap(), keys(1).derived_hex("key", 128).unwrap());
        assert_ne!(keys(1).derived_hex("key", 16).unwrap(), keys(2).derived_hex("key", 16).unwrap());
        assert_eq!(keys(1).derived_hex("key", 128).unwrap().expose().len(), 256);
    }
}
