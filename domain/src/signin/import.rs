//! Accounts that come from another system, many at once.
//!
//! What costs time is done before the transaction: [`prepare`] checks what a file tells of a user and seals what must be
//! sealed. [`store`] then writes many of them at once; one that cannot be taken leaves the others alone.

use data_encoding::HEXLOWER;

use crate::audit::{self, What};
use crate::base::crypto::sha256;
use crate::base::{Ctx, Email, Error, Phone, Result, Time, id};
use crate::db::Tx;
use crate::mfa::{self, Moved};
use crate::password::{self, Hash};
use crate::tenant::{self, Joined};
use crate::user::{self, Import, Imported, Notes, Proof};

/// How far the source vouches for a number or an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    /// It says that it is verified.
    Verified,
    /// It does not.
    Unverified,
    /// One of ours says exactly this.
    Exactly(Proof),
}

impl Trust {
    /// By what a source says about being verified.
    pub const fn of(verified: bool) -> Self {
        if verified { Self::Verified } else { Self::Unverified }
    }
}

/// A number or an address as it stands in a file.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The text.
    pub text: String,
    /// How far it can be trusted.
    pub trust: Trust,
}

/// A user as a file tells of him: nothing of it is checked yet.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    /// The id that the source gave him.
    pub id: Option<String>,
    /// His e-mail address.
    pub email: Option<Contact>,
    /// His number.
    pub phone: Option<Contact>,
    /// A number that he only claims.
    pub phone_claim: Option<String>,
    /// His name, or empty.
    pub name: String,
    /// Switched off.
    pub blocked: bool,
    /// Whether a second factor is asked for.
    pub mfa: bool,
    /// A number for codes of second factors, which the source vouches for.
    pub mfa_phone: Option<String>,
    /// Whether nobody asks him for a second factor.
    pub mfa_bypass: bool,
    /// What a server notes about him.
    pub notes: Notes,
    /// The accounts of users that he belongs to.
    pub tenants: Vec<Joined>,
    /// Labels.
    pub labels: Vec<String>,
    /// His own JSON object.
    pub prefs: serde_json::Map<String, serde_json::Value>,
    /// The hash of his password.
    pub password: Option<Hash>,
    /// Those before it, the newest first.
    pub earlier: Vec<Hash>,
    /// When the password was set.
    pub password_at: Option<Time>,
    /// His authenticator app.
    pub totp: Option<Moved>,
    /// When he first proved that the account is his.
    pub proved_at: Option<Time>,
    /// His last sign-in.
    pub signed_in_at: Option<Time>,
    /// When the account was made.
    pub created_at: Option<Time>,
    /// When it was changed last.
    pub updated_at: Option<Time>,
}

/// What an unverified number or address of another system is to be here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Unverified {
    /// Its user's, as if an API key had set it: whoever proves it is signed in to the account as it is.
    #[default]
    Trusted,
    /// A claim: whoever proves it gets nothing of what somebody else set up on the account.
    Claimed,
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The region of numbers without a country code (ISO 3166-1 alpha-2).
    pub region: Option<String>,
    /// What unverified numbers and addresses are to be.
    pub unverified: Unverified,
}

/// A user who is ready to be stored.
#[derive(Clone, Debug)]
pub struct Prepared {
    user: Imported,
    password: Option<Vec<u8>>,
    totp: Option<(Moved, mfa::Sealed)>,
    tenants: Vec<Joined>,
}

impl Prepared {
    /// The id that he will have.
    pub fn id(&self) -> &str {
        &self.user.id
    }

    /// His e-mail address.
    pub const fn email(&self) -> Option<&Email> {
        self.user.email.as_ref()
    }

    /// His number.
    pub const fn phone(&self) -> Option<&Phone> {
        self.user.phone.as_ref()
    }
}

/// The id of a user whose source knows him by a text that can be no id here: the first 32 hexadecimal digits of its
/// SHA-256, the same in every run.
pub fn derived_id(text: &str) -> String {
    let mut digits = HEXLOWER.encode(&sha256(text.as_bytes()));
    digits.truncate(32);
    digits
}

/// Checks what a file tells of a user, and seals his secrets for the project of `ctx`. `Code::InvalidValue` names what
/// is wrong; a user is taken whole or not at all.
pub fn prepare(ctx: &Ctx, rules: &Rules, candidate: Candidate) -> Result<Prepared> {
    user::check_name(&candidate.name)?;
    let labels = user::labels_text(&candidate.labels)?;
    let prefs = user::prefs_text(&candidate.prefs)?;
    candidate.notes.check()?;
    tenant::check(&candidate.tenants)?;
    let (email, email_proof) = match &candidate.email {
        Some(contact) => {
            let email = Email::parse(&contact.text).map_err(|error| Error::invalid("email", error.to_string()))?;
            (Some(email), proof(contact.trust, rules))
        }
        None => (None, Proof::None),
    };
    let parse = |text: &str| {
        Phone::parse(text, rules.region.as_deref()).map_err(|error| Error::invalid("phone", error.to_string()))
    };
    let mut phone_claim = candidate.phone_claim.as_deref().map(parse).transpose()?;
    let (phone, phone_proof) = match &candidate.phone {
        Some(contact) => {
            let phone = parse(&contact.text)?;
            match (contact.trust, proof(contact.trust, rules)) {
                // What nobody vouches for finds nobody.
                (Trust::Unverified, Proof::None) => {
                    phone_claim = Some(phone);
                    (None, Proof::None)
                }
                (_, proof) => (Some(phone), proof),
            }
        }
        None => (None, Proof::None),
    };
    let mfa_phone = candidate.mfa_phone.as_deref().map(parse).transpose()?;
    let id = known_by(&candidate, email.as_ref(), phone.as_ref().or(phone_claim.as_ref()))?;
    let password = match &candidate.password {
        Some(hash) => Some(password::seal_imported(ctx, &id, hash, &candidate.earlier)?),
        None => None,
    };
    let totp = match candidate.totp {
        Some(moved) => {
            let sealed = mfa::seal_moved(ctx, &id, &moved)?;
            Some((moved, sealed))
        }
        None => None,
    };
    let user = Imported {
        id,
        blocked: candidate.blocked,
        name: candidate.name,
        email,
        email_proof,
        phone,
        phone_proof,
        phone_claim,
        mfa: candidate.mfa,
        totp: totp.is_some(),
        password: password.is_some(),
        password_at: candidate.password_at,
        mfa_phone,
        mfa_bypass: candidate.mfa_bypass,
        notes: candidate.notes,
        labels,
        prefs,
        proved_at: candidate.proved_at,
        signed_in_at: candidate.signed_in_at,
        created_at: candidate.created_at,
        updated_at: candidate.updated_at,
    };
    Ok(Prepared { user, password, totp, tenants: candidate.tenants })
}

/// The id that a user will have.
fn known_by(candidate: &Candidate, email: Option<&Email>, phone: Option<&Phone>) -> Result<String> {
    if let Some(source) = &candidate.id {
        return Ok(if id::is_valid(source) { source.clone() } else { derived_id(source) });
    }
    let text = email.map(Email::as_str).or(phone.map(Phone::as_e164));
    text.map(derived_id)
        .ok_or_else(|| Error::invalid("id", "there is no id, e-mail address or number to know the user by"))
}

const fn proof(trust: Trust, rules: &Rules) -> Proof {
    match (trust, rules.unverified) {
        (Trust::Exactly(proof), _) => proof,
        (Trust::Verified, _) => Proof::Vouched,
        (Trust::Unverified, Unverified::Trusted) => Proof::Set,
        (Trust::Unverified, Unverified::Claimed) => Proof::None,
    }
}

/// Takes users over, in their order, and says what became of each. A user whom an import made before is left as he is,
/// so that what was interrupted can be run again. Accounts of users that are not there are made. Nobody is told, and the limit of users does not count: that is for
/// people who sign up.
pub fn store(tx: &mut Tx<'_>, ctx: &Ctx, users: &[Prepared]) -> Result<Vec<Import>> {
    let mut outcomes = Vec::with_capacity(users.len());
    for Prepared { user, password, totp, tenants } in users {
        let outcome = user::import(tx, ctx, user)?;
        if outcome == Import::Made {
            if let (Some(sealed), Some(at)) = (password, user.password_at(ctx.now)) {
                password::insert_imported(tx, ctx, &user.id, sealed, at)?;
            }
            if let Some((moved, sealed)) = totp {
                mfa::insert_moved(tx, ctx, &user.id, moved, sealed)?;
            }
            tenant::import(tx, ctx, &user.id, tenants)?;
            audit::record(tx, ctx, What::UserCreate, Some(&user.id), r#"{"by":"import"}"#)?;
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// What [`store`] would do now, each user taken for himself.
pub fn find_places(tx: &mut Tx<'_>, ctx: &Ctx, users: &[Prepared]) -> Result<Vec<Import>> {
    users.iter().map(|prepared| user::find_place(tx, ctx, &prepared.user)).collect()
}
