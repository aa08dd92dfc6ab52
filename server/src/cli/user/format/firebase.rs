//! Firebase: what `firebase auth:export` writes, and the parameters of a project's password hash.

use std::path::Path;

use countersign_domain::base::Secret;
use countersign_domain::password::Algorithm;
use countersign_domain::signin::import::Candidate;
use serde_json::Value;

use super::fields::Fields;
use super::{Parsed, Refusal, contact, hash};

/// The columns of its CSV, which has no header.
pub(super) const COLUMNS: [&str; 28] = [
    "localId",
    "email",
    "emailVerified",
    "passwordHash",
    "salt",
    "displayName",
    "photoUrl",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "createdAt",
    "lastSignedInAt",
    "phoneNumber",
    "disabled",
    "customAttributes",
];

/// The code of a hash that came without the project's parameters: there is no use in going on.
pub(super) const NO_CONFIG: &str = "no-hash-config";
/// What to do then.
pub(super) const WHAT_CONFIG: &str = "this file has hashes of passwords: give the project's hash parameters with --firebase-hash-config (console, \
     Authentication, the menu above the users, \"Password hash parameters\")";

/// A project's parameters of the password hash.
#[derive(Debug)]
pub(in super::super) struct HashConfig {
    signer_key: Secret,
    salt_separator: String,
    rounds: Option<i64>,
    mem_cost: Option<i64>,
}

impl HashConfig {
    /// From a file with what the console shows, or JSON with the same names.
    pub(in super::super) fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&Secret::new(text))
    }

    fn parse(text: &Secret) -> Result<Self, String> {
        let value = |name: &str| {
            let (_, rest) = text.expose().split_once(name)?;
            let rest = rest.trim_start_matches(['"', ' ', '\t']).strip_prefix([':', '='])?;
            let end = rest.find([',', '\n', '}']).unwrap_or(rest.len());
            let value = rest.get(..end)?.trim_matches(|c: char| c.is_whitespace() || c == '"');
            (!value.is_empty()).then(|| value.to_owned())
        };
        if value("algorithm").is_some_and(|name| name != "SCRYPT") {
            return Err("is of another algorithm than SCRYPT".to_owned());
        }
        let number = |name: &str, usual: i64| match value(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) if number == usual => Ok(None),
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("has a {name} that is no number")),
            },
        };
        Ok(Self {
            signer_key: value("base64_signer_key").ok_or("has no base64_signer_key")?.into(),
            salt_separator: value("base64_salt_separator").ok_or("has no base64_salt_separator")?,
            rounds: number("rounds", 8)?,
            mem_cost: number("mem_cost", 14)?,
        })
    }
}

pub(super) fn read(fields: &mut Fields, config: Option<&HashConfig>) -> Result<Parsed, Refusal> {
    let (password, salt) = (fields.text("passwordHash")?, fields.text("salt")?);
    let password = match (password, config) {
        (None, _) => None,
        (Some(_), None) => return Err(Refusal { code: NO_CONFIG, message: WHAT_CONFIG.to_owned() }),
        (Some(password), Some(config)) => Some(hash::foreign(
            Algorithm::ScryptMod {
                salt: salt.unwrap_or_default(),
                salt_separator: config.salt_separator.clone(),
                signer_key: config.signer_key.expose().to_owned(),
                rounds: config.rounds,
                mem_cost: config.mem_cost,
            },
            password,
        )?),
    };
    let email_verified = fields.flag("emailVerified")? == Some(true);
    // The admin API lists who has which; a number is there only once it was proved.
    let factors = matches!(fields.take("mfaInfo"), Some(Value::Array(factors)) if !factors.is_empty());
    Ok(Candidate {
        id: fields.text("localId")?,
        email: contact(fields.text("email")?, email_verified),
        phone: contact(fields.text("phoneNumber")?, true),
        name: fields.text("displayName")?.unwrap_or_default(),
        blocked: fields.flag("disabled")? == Some(true),
        mfa: factors,
        password,
        signed_in_at: fields.time("lastSignedInAt")?.or(fields.time("lastLoginAt")?),
        created_at: fields.time("createdAt")?,
        ..Candidate::default()
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: XyEK/+==,\n  \
                           base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 12,\n}\n";

    #[test]
    fn the_parameters_are_read_as_the_console_shows_them_and_as_json() {
        let json = r#"{"algorithm": "SCRYPT", "base64_signer_key": "XyEK/+==", "base64_salt_separator": "Bw==",
            "rounds": 8, "mem_cost": 12}"#;
        for text in [CONSOLE, json] {
            let config = HashConfig::parse(&Secret::new(text)).unwrap();
            assert_eq!((config.signer_key.expose(), config.salt_separator.as_str()), ("XyEK/+==", "Bw=="));
            // What is usual is not written down, as the contract has it.
            assert_eq!((config.rounds, config.mem_cost), (None, Some(12)));
        }
        for (text, says) in [
            (CONSOLE.replace("signer", "sinner"), "base64_signer_key"),
            (CONSOLE.replace("SCRYPT", "BCRYPT"), "another algorithm"),
            (CONSOLE.replace("12", "many"), "mem_cost"),
            (String::new(), "base64_signer_key"),
        ] {
            let error = HashConfig::parse(&Secret::new(text)).unwrap_err();
            assert!(error.contains(says) && !error.contains("XyEK"), "{error}");
        }
    }
}
