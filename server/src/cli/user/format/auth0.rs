//! Auth0: what its export jobs and its support write, and what its bulk import takes.

use countersign_domain::password::{Algorithm, Hash};
use countersign_domain::signin::import::Candidate;
use data_encoding::{BASE64_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};

use super::fields::{Fields, wrong};
use super::{Parsed, Refusal, contact, hash};

pub(super) fn read(fields: &mut Fields) -> Result<Parsed, Refusal> {
    let password = match fields.text_of(&["passwordHash", "password_hash"])? {
        Some(text) => Some(hash::told(text)?),
        None => fields.fields("custom_password_hash")?.map(custom).transpose()?,
    };
    let id = match fields.text("user_id")? {
        // The connection's name stands in front; that of its own database says nothing.
        Some(id) => Some(id.strip_prefix("auth0|").map(str::to_owned).unwrap_or(id)),
        None => match fields.fields("_id")? {
            Some(mut id) => id.text("$oid")?,
            None => None,
        },
    };
    let (email_verified, phone_verified) = (fields.flag("email_verified")?, fields.flag("phone_verified")?);
    Ok(Candidate {
        id,
        email: contact(fields.text("email")?, email_verified == Some(true)),
        phone: contact(fields.text("phone_number")?, phone_verified == Some(true)),
        name: fields.text_of(&["name", "nickname"])?.unwrap_or_default(),
        blocked: fields.flag("blocked")? == Some(true),
        prefs: fields.object("user_metadata")?.unwrap_or_default(),
        password,
        password_at: fields.time("password_set_date")?,
        signed_in_at: fields.time("last_login")?,
        created_at: fields.time("created_at")?,
        updated_at: fields.time("updated_at")?,
        ..Candidate::default()
    }
    .into())
}

/// A value with the encoding that it says it has, decoded.
fn decoded(fields: &mut Fields, name: &str, usual: &str) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(mut part) = fields.fields(name)? else { return Ok(None) };
    let (value, encoding) = (part.text("value")?.unwrap_or_default(), part.text("encoding")?);
    let bytes = match encoding.as_deref().unwrap_or(usual) {
        "utf8" => Some(value.into_bytes()),
        "hex" => HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok(),
        "base64" => BASE64_NOPAD.decode(value.trim_end_matches('=').as_bytes()).ok(),
        _ => None,
    };
    bytes.map(Some).ok_or_else(|| wrong("custom_password_hash", &format!("its {name} is not in the encoding it names")))
}

fn custom(mut fields: Fields) -> Result<Hash, Refusal> {
    let name = fields.text("algorithm")?.unwrap_or_default();
    let usual = if matches!(name.as_str(), "argon2" | "bcrypt" | "pbkdf2") { "utf8" } else { "hex" };
    let salt = decoded(&mut fields, "salt", "utf8")?;
    let value = decoded(&mut fields, "hash", usual)?.unwrap_or_default();
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes).map_err(|_| wrong("custom_password_hash", "must be text in UTF-8 for this algorithm"))
    };
    let plain = |algorithm| {
        if salt.is_some() {
            return Err(wrong("custom_password_hash", &format!("{name} with a salt cannot be verified here")));
        }
        hash::foreign(algorithm, HEXLOWER.encode(&value))
    };
    match name.as_str() {
        "argon2" | "bcrypt" | "pbkdf2" => hash::told(text(value)?),
        "md5" => plain(Algorithm::Md5),
        "sha1" | "sha256" | "sha512" => plain(Algorithm::sha(Some(&name))?),
        "scrypt" => {
            let mut number = |name: &str, usual: i64| fields.number(name).map(|number| number.unwrap_or(usual));
            // What Node.js takes if nobody says otherwise.
            let algorithm = Algorithm::Scrypt {
                cost_cpu: number("cost", 16_384)?,
                cost_memory: number("blockSize", 8)?,
                cost_parallel: number("parallelization", 1)?,
                length: number("keylen", value.len() as i64)?,
                salt: text(salt.unwrap_or_default())?,
            };
            hash::foreign(algorithm, HEXLOWER.encode(&value))
        }
        _ => Err(wrong(
            "custom_password_hash",
            "its algorithm must be one of argon2, bcrypt, pbkdf2, scrypt, md5, sha1, sha256 and sha512",
        )),
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use serde_json::json;

    use super::*;

    fn read_custom(value: serde_json::Value) -> Result<Hash, Refusal> {
        let serde_json::Value::Object(map) = value else { panic!("an object") };
        custom(Fields::of(map))
    }

    #[test]
    fn hashes_of_a_bulk_import_are_read_in_their_encodings() {
        let md5 = HEXLOWER.decode(b"144fa7eaa4904e8ee120651997f70dcc").unwrap();
        for value in [
            json!({"algorithm": "md5", "hash": {"value": "144fa7eaa4904e8ee120651997f70dcc", "encoding": "hex"}}),
            json!({"algorithm": "md5", "hash": {"value": BASE64.encode(&md5), "encoding": "base64"}}),
            json!({"algorithm": "bcrypt", "hash": {"value": "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}}),
        ] {
            assert!(read_custom(value).is_ok());
        }
        for value in [
            json!({"algorithm": "md5", "salt": {"value": "x"}, "hash": {"value": "144fa7eaa4904e8ee120651997f70dcc"}}),
            json!({"algorithm": "ldap", "hash": {"value": "{SSHA}x", "encoding": "utf8"}}),
            json!({"algorithm": "md5", "hash": {"value": "zz", "encoding": "hex"}}),
            json!({}),
        ] {
            assert!(read_custom(value).unwrap_err().message.starts_with("custom_password_hash: "));
        }
    }
}
