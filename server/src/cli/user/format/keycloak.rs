//! Keycloak: the users of a realm's export.

use countersign_domain::base::{Secret, Time};
use countersign_domain::mfa::Moved;
use countersign_domain::password::{Algorithm, Hash};
use countersign_domain::signin::import::Candidate;
use data_encoding::BASE32_NOPAD;

use super::fields::{Fields, wrong};
use super::{Parsed, Refusal, contact, hash};

pub(super) fn read(fields: &mut Fields) -> Result<Parsed, Refusal> {
    let (mut password, mut totp, mut password_at) = (None, None, None);
    for mut credential in fields.list("credentials")? {
        let made_at = credential.time("createdDate")?;
        match credential.text("type")?.as_deref() {
            Some("password") => {
                password = Some(hashed(credential)?);
                password_at = made_at;
            }
            Some("otp" | "totp") => totp = Some(app(credential, made_at)?),
            // Security keys and recovery codes cannot move.
            _ => {}
        }
    }
    let mut attributes = fields.fields("attributes")?.unwrap_or_default();
    let mut attribute = |name: &str| attributes.texts(name).map(|texts| texts.into_iter().next());
    let phone = match attribute("phoneNumber")? {
        Some(phone) => Some(phone),
        None => attribute("phone_number")?,
    };
    let phone_verified = attribute("phoneNumberVerified")?.is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let names = [fields.text("firstName")?, fields.text("lastName")?];
    let email_verified = fields.flag("emailVerified")? == Some(true);
    Ok(Candidate {
        id: fields.text("id")?,
        email: contact(fields.text("email")?, email_verified),
        phone: contact(phone, phone_verified),
        name: names.into_iter().flatten().collect::<Vec<_>>().join(" "),
        blocked: fields.flag("enabled")? == Some(false),
        // Whoever has an app is asked for it there.
        mfa: totp.is_some(),
        password,
        password_at,
        totp,
        created_at: fields.time("createdTimestamp")?,
        ..Candidate::default()
    }
    .into())
}

/// What a credential consists of: two objects written as text, or, in old exports, values of its own.
fn parts(mut credential: Fields) -> Result<(Fields, Fields), Refusal> {
    match credential.fields("secretData")? {
        Some(secret) => Ok((secret, credential.fields("credentialData")?.unwrap_or_default())),
        None => Ok((Fields::default(), credential)),
    }
}

fn hashed(credential: Fields) -> Result<Hash, Refusal> {
    let (mut secret, mut data) = parts(credential)?;
    let old = data.text("hashedSaltedValue")?;
    let value = old.or(secret.text("value")?).ok_or_else(|| wrong("credentials", "a password has no value"))?;
    let salt = match secret.text("salt")? {
        Some(salt) => salt,
        None => data.text("salt")?.unwrap_or_default(),
    };
    let iterations = data.number("hashIterations")?.unwrap_or(0);
    let name = data.text("algorithm")?.unwrap_or_default();
    let mut more = data.fields("additionalParameters")?.unwrap_or_default();
    let mut option = |name: &str| more.texts(name).map(|texts| texts.into_iter().next());
    if name == "argon2" {
        let kind = option("type")?.unwrap_or_else(|| "id".to_owned());
        let version = if option("version")?.as_deref() == Some("1.0") { 16 } else { 19 };
        let (memory, lanes) = (option("memory")?.unwrap_or_default(), option("parallelism")?.unwrap_or_default());
        let bare = |text: &str| text.trim_end_matches('=').to_owned();
        let (salt, tag) = (bare(&salt), bare(&value));
        return hash::told(format!("$argon2{kind}$v={version}$m={memory},t={iterations},p={lanes}${salt}${tag}"));
    }
    let version = match name.as_str() {
        "pbkdf2" => Some("sha1"),
        name => name.strip_prefix("pbkdf2-"),
    };
    let version = version.and_then(hash::sha).ok_or_else(|| {
        wrong("credentials", "the algorithm of a password must be pbkdf2, pbkdf2-sha256, pbkdf2-sha512 or argon2")
    })?;
    hash::foreign(Algorithm::Pbkdf2 { version, salt, iterations }, value)
}

/// An authenticator app: the bytes of its secret are those of a text, unless it says that they are base32.
fn app(credential: Fields, made_at: Option<Time>) -> Result<Moved, Refusal> {
    let (mut secret, mut data) = parts(credential)?;
    let value = secret.text("value")?.or(data.text("value")?).map(Secret::new);
    let value = value.ok_or_else(|| wrong("credentials", "an authenticator app has no secret"))?;
    let usual = data.text("subType")?.is_none_or(|kind| kind == "totp")
        && data.number("digits")?.unwrap_or(6) == 6
        && data.number("period")?.unwrap_or(30) == 30
        && data.text("algorithm")?.is_none_or(|name| name == "HmacSHA1");
    if !usual {
        return Err(wrong(
            "credentials",
            "an authenticator app must be of SHA-1, 6 digits and 30 seconds. Remove it from the file to import the user \
             without it",
        ));
    }
    let base32 = data.text("secretEncoding")?.is_some_and(|name| name.eq_ignore_ascii_case("base32"));
    let secret = if base32 { value } else { BASE32_NOPAD.encode(value.expose().as_bytes()).into() };
    Ok(Moved { secret, last_step: 0, verified_at: made_at, created_at: made_at })
}
