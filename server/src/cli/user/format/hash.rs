//! Hashes of passwords, by the name of their algorithm or by how they begin.

use countersign_domain::base::Secret;
use countersign_domain::password::foreign::Sha;
use countersign_domain::password::{Algorithm, Foreign, Hash};
use serde_json::{Map, Value};

use super::Refusal;
use super::fields::wrong;

/// A hash that can be verified.
pub(super) fn foreign(algorithm: Algorithm, hash: String) -> Result<Hash, Refusal> {
    Ok(Hash::Foreign(Foreign::new(algorithm, Secret::new(hash))?))
}

/// A hash of an algorithm that has this name, with its options as the users' API shows them.
pub(super) fn named(name: &str, mut options: Map<String, Value>, hash: String) -> Result<Hash, Refusal> {
    let name = match name {
        "scryptModified" | "scrypt-modified" => "scryptMod",
        name => name,
    };
    options.insert("type".to_owned(), Value::String(name.to_owned()));
    match serde_json::from_value(Value::Object(options)) {
        Ok(algorithm) => foreign(algorithm, hash),
        Err(_) if NAMES.contains(&name) => Err(wrong("hashOptions", &format!("are not those of {name}"))),
        Err(_) => Err(wrong("hash", &format!("must be one of {}", NAMES.join(", ")))),
    }
}

const NAMES: [&str; 8] = ["argon2", "bcrypt", "md5", "phpass", "sha", "scrypt", "scryptMod", "pbkdf2"];

/// A hash that says itself how it was made.
pub(super) fn told(hash: String) -> Result<Hash, Refusal> {
    if hash.starts_with("$argon2") {
        foreign(Algorithm::Argon2, hash)
    } else if hash.starts_with("$2") {
        foreign(Algorithm::Bcrypt, hash)
    } else if hash.starts_with("$P$") || hash.starts_with("$H$") {
        foreign(Algorithm::Phpass, hash)
    } else if hash.starts_with("$pbkdf2") {
        let (algorithm, tag) = pbkdf2(&hash)
            .ok_or_else(|| wrong("password", "must be $pbkdf2-…$i=…,l=…$salt$hash if it begins with $pbkdf2"))?;
        foreign(algorithm, tag)
    } else {
        Err(wrong("password", "the hash does not say how it was made: it must begin with $2, $argon2, $pbkdf2 or $P$"))
    }
}

/// A PHC string of PBKDF2, or that of passlib, which writes the rounds alone and a dot for a plus.
fn pbkdf2(text: &str) -> Option<(Algorithm, String)> {
    let mut parts = text.strip_prefix("$pbkdf2")?.split('$');
    let version = sha(match parts.next()? {
        "" => "sha1",
        name => name.strip_prefix('-')?,
    })?;
    let costs = parts.next()?;
    let rounds = costs.split(',').find_map(|part| part.strip_prefix("i=")).unwrap_or(costs);
    let iterations = rounds.parse().ok()?;
    let (salt, tag) = (parts.next()?.replace('.', "+"), parts.next()?.replace('.', "+"));
    parts.next().is_none().then_some((Algorithm::Pbkdf2 { version, salt, iterations }, tag))
}

/// The member of the family that goes with PBKDF2 under this name.
pub(super) fn sha(name: &str) -> Option<Sha> {
    Some(match name.to_ascii_lowercase().as_str() {
        "sha1" => Sha::Sha1,
        "sha256" => Sha::Sha256,
        "sha384" => Sha::Sha384,
        "sha512" => Sha::Sha512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7914 §11 as PHC string, as passlib writes it, and as options.
    #[test]
    fn pbkdf2_is_read_in_every_notation() {
        const TAG: &str = "TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y";
        const SHORT: &str = "TdzY9guYviGDDO5e8icB+WQaRBg";
        let told_of = |text: &str| told(text.to_owned()).map(|hash| format!("{:?}", hash.parts().1));
        let salt = "TmFDbA";
        for text in [
            format!("$pbkdf2-sha256$i=80000,l=32${salt}${TAG}"),
            format!("$pbkdf2-sha256$80000${salt}${}", TAG.replace('+', ".")),
            format!("$pbkdf2$1000${salt}${SHORT}"),
        ] {
            let told = told_of(&text);
            assert!(told.is_ok(), "{told:?}");
        }
        for text in
            ["$pbkdf2-md5$1$TmFDbA$TmFDbA", "$pbkdf2-sha256$x$TmFDbA$TmFDbA", "$pbkdf2-sha256$1$TmFDbA", "plain"]
        {
            let refusal = told_of(text).unwrap_err();
            assert!(refusal.message.starts_with("password"), "{}", refusal.message);
        }
    }

    #[test]
    fn an_unknown_algorithm_and_wrong_options_are_told_apart() {
        let message = |name| named(name, Map::new(), "x".to_owned()).unwrap_err().message;
        assert!(message("rot13").starts_with("hash: must be one of"), "{}", message("rot13"));
        assert!(message("scrypt").starts_with("hashOptions:"), "{}", message("scrypt"));
        assert!(message("plaintext").starts_with("hash:"));
    }
}
