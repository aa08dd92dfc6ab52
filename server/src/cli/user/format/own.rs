//! Our own export: a line of JSON for each user, behind a line that says what the file is.

use std::io::Read;

use countersign_domain::base::{Error, Result as DomainResult, Secret, Time};
use countersign_domain::mfa::Moved;
use countersign_domain::password::{Algorithm, Hash};
use countersign_domain::signin::export::Exported;
use countersign_domain::signin::import::{Candidate, Contact, Trust};
use countersign_domain::tenant::Joined;
use countersign_domain::user::{Notes, Proof};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fields::{Fields, wrong};
use super::records::{Broken, Records};
use super::{Parsed, Refusal, hash};

const FORMAT: &str = "countersign-users";
const VERSION: i64 = 1;

/// The first line.
pub(in super::super) fn header(now: Time) -> String {
    json!({ "format": FORMAT, "version": VERSION, "exportedAt": now.to_rfc3339() }).to_string()
}

/// Takes the first line, which must say that the file is ours and can be read.
pub(super) fn check_header<R: Read>(records: &mut Records<R>) -> Result<(), Broken> {
    let broken = |what| Err(Broken::Shape { line: 1, what });
    let record = records.next()?.and_then(|record| record.text);
    let Some(mut fields) = record.and_then(|text| Fields::parse(&text).ok()) else {
        return broken("this is no export of Countersign: its first line is missing");
    };
    match (fields.text("format"), fields.number("version")) {
        (Ok(Some(format)), Ok(Some(VERSION))) if format == FORMAT => Ok(()),
        (Ok(Some(format)), _) if format == FORMAT => broken("this export was made by a newer Countersign"),
        _ => broken("this is no export of Countersign: its first line does not say so"),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_proof: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_proof: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_claim: Option<&'a str>,
    blocked: bool,
    mfa: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_phone: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mfa_bypass: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_metadata: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<Belongs<'a>>,
    labels: &'a [String],
    prefs: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Password<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<Totp<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proved_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_in_at: Option<String>,
    created_at: String,
    updated_at: String,
}

/// An account that a user belongs to: one with an id and a name, or the project's own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Belongs<'a> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_at: Option<String>,
}

impl<'a> Belongs<'a> {
    fn of(joined: &'a Joined) -> Self {
        Self {
            own: joined.id.is_none(),
            id: joined.id.as_deref(),
            name: joined.name.as_deref(),
            active: joined.active,
            joined_at: joined.at.map(exact),
        }
    }
}

#[derive(Serialize)]
struct Kept<'a> {
    hash: &'a str,
    /// How it was made, if not by us.
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'a Algorithm>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Password<'a> {
    #[serde(flatten)]
    present: Kept<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Kept<'a>>,
    changed_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Totp<'a> {
    secret: &'a str,
    last_step: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

/// An instant to the microsecond.
fn exact(time: Time) -> String {
    let text = time.to_rfc3339();
    format!("{}{:03}Z", text.trim_end_matches('Z'), time.micros().rem_euclid(1_000))
}

fn kept(hash: &Hash) -> Kept<'_> {
    let (hash, algorithm) = hash.parts();
    Kept { hash, algorithm }
}

/// The line of a user, its end included.
pub(in super::super) fn line(out: &mut Vec<u8>, exported: &Exported) -> DomainResult<()> {
    let user = &exported.user;
    let password = exported.password.as_ref().map(|stored| Password {
        present: kept(&stored.hash),
        earlier: stored.earlier.iter().map(kept).collect(),
        changed_at: exact(stored.changed_at),
    });
    let totp = exported.totp.as_ref().map(|moved| Totp {
        secret: moved.secret.expose(),
        last_step: moved.last_step,
        verified_at: moved.verified_at.map(exact),
        created_at: moved.created_at.map(exact),
    });
    let line = Line {
        id: &user.id,
        name: &user.name,
        email: user.email.as_ref().map(countersign_domain::base::Email::as_str),
        email_proof: user.email.as_ref().map(|_| user.email_proof.name()),
        phone: user.phone.as_ref().map(countersign_domain::base::Phone::as_e164),
        phone_proof: user.phone.as_ref().map(|_| user.phone_proof.name()),
        phone_claim: user.phone_claim.as_ref().map(countersign_domain::base::Phone::as_e164),
        blocked: user.blocked,
        mfa: user.mfa,
        mfa_phone: user.mfa_phone.as_ref().map(countersign_domain::base::Phone::as_e164),
        mfa_bypass: user.mfa_bypass,
        external_id: exported.notes.external_id.as_deref(),
        vendor_metadata: exported.notes.vendor_metadata.as_deref(),
        tenants: exported.tenants.iter().map(Belongs::of).collect(),
        labels: &user.labels,
        prefs: serde_json::from_str(&user.prefs).map_err(Error::internal)?,
        password,
        totp,
        proved_at: user.proved_at.map(exact),
        signed_in_at: user.signed_in_at.map(exact),
        created_at: exact(user.created_at),
        updated_at: exact(user.updated_at),
    };
    serde_json::to_writer(&mut *out, &line).map_err(Error::internal)?;
    out.push(b'\n');
    Ok(())
}

pub(super) fn read(fields: &mut Fields) -> Result<Parsed, Refusal> {
    let email = exactly(fields, "email", "emailProof")?;
    let phone = exactly(fields, "phone", "phoneProof")?;
    let (mut password, mut earlier, mut password_at) = (None, Vec::new(), None);
    if let Some(mut kept) = fields.fields("password")? {
        password_at = kept.time("changedAt")?;
        for mut older in kept.list("earlier")? {
            earlier.push(hash_of(&mut older)?);
        }
        password = Some(hash_of(&mut kept)?);
    }
    let totp = match fields.fields("totp")? {
        Some(mut totp) => Some(Moved {
            secret: totp.text("secret")?.map(Secret::new).ok_or_else(|| wrong("totp", "has no secret"))?,
            last_step: totp.number("lastStep")?.unwrap_or(0),
            verified_at: totp.time("verifiedAt")?,
            created_at: totp.time("createdAt")?,
        }),
        None => None,
    };
    Ok(Candidate {
        id: Some(fields.text("id")?.ok_or_else(|| wrong("id", "is missing"))?),
        email,
        phone,
        phone_claim: fields.text("phoneClaim")?,
        name: fields.text("name")?.unwrap_or_default(),
        blocked: fields.flag("blocked")? == Some(true),
        mfa: fields.flag("mfa")? == Some(true),
        mfa_phone: fields.text("mfaPhone")?,
        mfa_bypass: fields.flag("mfaBypass")? == Some(true),
        notes: Notes { external_id: fields.text("externalId")?, vendor_metadata: fields.text("vendorMetadata")? },
        tenants: fields.list("tenants")?.into_iter().map(joined).collect::<Result<_, _>>()?,
        labels: fields.texts("labels")?,
        prefs: fields.object("prefs")?.unwrap_or_default(),
        password,
        earlier,
        password_at,
        totp,
        proved_at: fields.time("provedAt")?,
        signed_in_at: fields.time("signedInAt")?,
        created_at: fields.time("createdAt")?,
        updated_at: fields.time("updatedAt")?,
    }
    .into())
}

fn joined(mut fields: Fields) -> Result<Joined, Refusal> {
    let own = fields.flag("own")? == Some(true);
    let id = fields.text("id")?.filter(|_| !own);
    if id.is_none() && !own {
        return Err(wrong("tenants", "must have an id each"));
    }
    Ok(Joined {
        id,
        name: fields.text("name")?.filter(|_| !own),
        active: fields.flag("active")? == Some(true),
        at: fields.time("joinedAt")?,
    })
}

fn exactly(fields: &mut Fields, name: &str, proof: &str) -> Result<Option<Contact>, Refusal> {
    let (text, told) = (fields.text(name)?, fields.text(proof)?);
    let trust = match told.as_deref() {
        None => Trust::Unverified,
        Some(told) => Proof::find(told)
            .map(Trust::Exactly)
            .ok_or_else(|| wrong(proof, "must be one of none, set, vouched, mock and code"))?,
    };
    Ok(text.map(|text| Contact { text, trust }))
}

fn hash_of(fields: &mut Fields) -> Result<Hash, Refusal> {
    let text = fields.text("hash")?.ok_or_else(|| wrong("password", "has no hash"))?;
    match fields.object("algorithm")? {
        None => Ok(Hash::own(Secret::new(text))?),
        Some(algorithm) => {
            let algorithm = serde_json::from_value(Value::Object(algorithm));
            hash::foreign(algorithm.map_err(|_| wrong("password", "is of an unknown algorithm"))?, text)
        }
    }
}
