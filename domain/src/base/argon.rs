//! The only room that names the password hash: Argon2 (RFC 9106), written down as PHC strings. Slow on purpose, so it
//! belongs outside any transaction, and in a server on threads of its own.

use std::cell::Cell;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::{Error, Random, Result, Secret, crypto};

/// Bytes of a hash that is made here.
const TAG_BYTES: usize = 32;

/// What making a hash costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes. They are filled one after the other.
    pub parallelism: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl Cost {
    /// The most memory that is ever taken, in KiB.
    pub const MOST_MEMORY: u32 = 262_144;
    /// The most passes that a project can ask for.
    pub const MOST_ITERATIONS: u32 = 10;
    /// The most lanes that a project can ask for.
    pub const MOST_PARALLELISM: u32 = 4;

    /// The least memory for so many passes, in KiB (OWASP, Password Storage Cheat Sheet).
    pub const fn least_memory(iterations: u32) -> u32 {
        match iterations {
            0 | 1 => 47_104,
            2 => 19_456,
            3 => 12_288,
            4 => 9_216,
            _ => 7_168,
        }
    }

    fn argon(self) -> Result<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.iterations, self.parallelism, Some(TAG_BYTES));
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(Error::internal)?))
    }
}

/// The one spelling of a password, by which it is measured and hashed: NFKC, as NIST SP 800-63B §3.1.1.2 asks for, so
/// that no keyboard or system decides whether a password is right. Case and spaces count.
pub fn normalised(password: &Secret) -> Secret {
    let mut text = String::with_capacity(password.expose().len());
    text.extend(password.expose().nfkc());
    Secret::new(text)
}

/// Makes a PHC string of Argon2id with a salt of 16 bytes.
pub fn hash(cost: Cost, password: &Secret, random: &dyn Random) -> Result<String> {
    let (argon, salt) = (cost.argon()?, random.bytes::<16>());
    let tag = fill(&argon, &normalised(password), &salt, TAG_BYTES)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon.params()).map_err(Error::internal)?,
        salt: Some(Salt::new(&salt).map_err(Error::internal)?),
        hash: Some(Output::new(&tag).map_err(Error::internal)?),
    };
    Ok(hash.to_string())
}

/// Whether `password` is the one of this PHC string, of any variant of Argon2. A string that cannot be read, or that
/// asks for more than a project could, is an error.
pub fn verify(password: &Secret, hash: &str) -> Result<bool> {
    verify_as_given(&normalised(password), hash)
}

/// [`verify`] for a hash that others made, of the password as it was typed.
pub fn verify_as_given(password: &Secret, hash: &str) -> Result<bool> {
    let parsed = Parsed::of(hash).ok_or_else(|| Error::internal("a stored hash is damaged"))?;
    if !parsed.is_affordable() {
        return Err(Error::internal("a stored hash asks for too much"));
    }
    let Parsed { argon, salt, tag } = parsed;
    Ok(crypto::equal(&fill(&argon, password, &salt, tag.len())?, tag.as_bytes()))
}

/// Whether [`verify`] can do with this string.
pub fn is_verifiable(hash: &str) -> bool {
    Parsed::of(hash).is_some_and(|parsed| parsed.is_affordable())
}

/// What a hash cost, and how many bytes it has.
pub fn describe(hash: &str) -> Result<(Cost, usize)> {
    let Parsed { argon, tag, .. } = Parsed::of(hash).ok_or_else(|| Error::internal("a stored hash is damaged"))?;
    let (memory_kib, iterations) = (argon.params().m_cost(), argon.params().t_cost());
    Ok((Cost { memory_kib, iterations, parallelism: argon.params().p_cost() }, tag.len()))
}

/// Takes as long as `verify` of a hash of this cost: for who has no hash, so that time does not tell.
pub fn pretend(cost: Cost, password: &Secret) -> Result<()> {
    fill(&cost.argon()?, &normalised(password), &[0; 16], TAG_BYTES).map(drop)
}

/// Whether a hash is of another kind or cost than `hash` would make now.
pub fn needs_rehash(cost: Cost, hash: &str) -> bool {
    let wanted = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()), TAG_BYTES);
    PasswordHash::new(hash).map_or(true, |found| {
        let length = found.hash.map_or(0, |tag| tag.len());
        let params = Params::try_from(&found).map(|p| (p.m_cost(), p.t_cost(), p.p_cost()));
        (found.algorithm, found.version, length) != wanted
            || params != Ok((cost.memory_kib, cost.iterations, cost.parallelism))
    })
}

struct Parsed {
    argon: Argon2<'static>,
    salt: Salt,
    tag: Output,
}

impl Parsed {
    fn of(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        // Strings from before versions were written down are of 16 (PHC string format, Argon2 encoding).
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
        let params = Params::try_from(&hash).ok()?;
        Some(Self { argon: Argon2::new(algorithm, version, params), salt: hash.salt?, tag: hash.hash? })
    }

    fn is_affordable(&self) -> bool {
        let work = |memory: u32, iterations: u32| u64::from(memory) * u64::from(iterations);
        let (memory, iterations) = (self.argon.params().m_cost(), self.argon.params().t_cost());
        memory <= Cost::MOST_MEMORY && work(memory, iterations) <= work(Cost::MOST_MEMORY, Cost::MOST_ITERATIONS)
    }
}

thread_local! {
    /// The memory of the thread's last hash. Fresh pages for each would cost a third more on a busy machine.
    static BLOCKS: Cell<Vec<Block>> = const { Cell::new(Vec::new()) };
}

/// Takes the memory of the thread's last hash away, and gives its size in KiB: so much was filled at least.
#[cfg(test)]
pub(crate) fn take_filled() -> usize {
    BLOCKS.take().len()
}

/// A key of 32 bytes that a passphrase gives with this salt.
pub(super) fn derive(cost: Cost, passphrase: &Secret, salt: &[u8]) -> Result<Vec<u8>> {
    fill(&cost.argon()?, &normalised(passphrase), salt, TAG_BYTES)
}

fn fill(argon: &Argon2<'_>, password: &Secret, salt: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut blocks = BLOCKS.take();
    if let Some(missing) = argon.params().block_count().checked_sub(blocks.len()) {
        blocks.try_reserve_exact(missing).map_err(Error::internal)?;
        blocks.resize(blocks.len() + missing, Block::default());
    }
    let mut tag = vec![0; length];
    let filled = argon.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut tag, &mut blocks);
    BLOCKS.set(blocks);
    filled.map(|()| tag).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    const CHEAP: Cost = Cost { memory_kib: 64, iterations: 1, parallelism: 1 };

    fn made(password: &str) -> String {
        hash(CHEAP, &Secret::new(password), &SeededRandom::new(1)).unwrap()
    }

    fn right(password: &str, hash: &str) -> bool {
        verify(&Secret::new(password), hash).unwrap()
    }

    /// From the reference implementation (P-H-C/phc-winner-argon2): its README and `src/test.c`.
    #[test]
    fn hashes_of_the_reference_implementation_are_verified() {
        for hash in [
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
            "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
        ] {
            assert!(right("password", hash), "{hash}");
            assert!(!right("Password", hash), "{hash}");
        }
    }

    #[test]
    fn a_hash_names_what_it_cost_and_has_a_salt_of_its_own() {
        let random = SeededRandom::new(1);
        let [one, other] = [(); 2].map(|()| hash(Cost::default(), &Secret::new("secret wish"), &random).unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(right("secret wish", &one) && right("secret wish", &other));
        assert!(!right("secret Wish", &one) && !right("secret wish ", &one) && !right("", &one));
    }

    #[test]
    fn every_spelling_of_a_password_is_one_password() {
        for (one, other) in [
            ("gr\u{fc}\u{df}e aus k\u{f6}ln", "gru\u{308}\u{df}e aus ko\u{308}ln"),
            ("\u{212b}ngstr\u{f6}m", "\u{c5}ngstro\u{308}m"),
            ("ｐａｓｓｗｏｒｄ１２", "password12"),
            ("zwei\u{a0}worte", "zwei worte"),
            ("o\u{fb03}ce hours", "office hours"),
        ] {
            assert!(right(one, &made(other)) && right(other, &made(one)), "{one}");
        }
        assert!(!right("Kennwort 1", &made("kennwort 1")));
    }

    #[test]
    fn memory_that_is_used_again_changes_no_hash() {
        let first = made("one and only");
        let big = Cost { memory_kib: 1_024, iterations: 2, parallelism: 4 };
        hash(big, &Secret::new("another"), &SeededRandom::new(2)).unwrap();
        assert_eq!(made("one and only"), first);
        assert!(std::thread::spawn(move || made("one and only") == first).join().unwrap());
    }

    #[test]
    fn to_pretend_is_as_much_work_as_to_verify() {
        let filled = |work: fn()| std::thread::spawn(move || (work(), take_filled()).1).join().unwrap();
        let verified = filled(|| assert!(!right("another", &made("one and only"))));
        assert_eq!((verified, filled(|| pretend(CHEAP, &Secret::new("another")).unwrap())), (64, 64));
    }

    #[test]
    fn a_hash_that_is_damaged_or_asks_for_too_much_is_refused() {
        for hash in [
            "",
            "password",
            "$2b$10$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=65536,t=4000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            let error = verify(&Secret::new("password"), hash).unwrap_err();
            assert!(!error.to_string().contains("CTFh"), "{error}");
        }
    }

    #[test]
    fn a_hash_of_another_kind_or_cost_is_made_again() {
        let hash = made("secret wish");
        assert!(!needs_rehash(CHEAP, &hash));
        for cost in [Cost { memory_kib: 128, ..CHEAP }, Cost { iterations: 2, ..CHEAP }, Cost::default()] {
            assert!(needs_rehash(cost, &hash));
        }
        for other in [hash.replace("argon2id", "argon2i"), hash.replace("v=19", "v=16"), "$2b$10$abc".to_owned()] {
            assert!(needs_rehash(CHEAP, &other), "{other}");
        }
    }
}
