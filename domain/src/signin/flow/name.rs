//! Who a requester says he is, whom that names, and what stands in the answer where it names nobody.

use crate::base::crypto::Label;
use crate::base::{Ctx, Email, Error, Phone, Result, Target, id, phone};
use crate::db::Tx;
use crate::project::Project;
use crate::user::{self, User};
use crate::verification::{self, Dialect, Purpose};

use super::super::handle::HandleKind;

/// By what somebody names himself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    /// An e-mail address.
    Email(Email),
    /// A phone number.
    Phone(Phone),
    /// The id of an account.
    User(String),
    /// A user name. Nobody has one here, and nobody is told so.
    Username(String),
}

/// What the budgets of a name are kept under: a number or address is one that can be written to, and this is none.
const PREFIX: &str = "name:";

impl Name {
    /// Under what its budgets are kept, where the code goes to something else than is named.
    pub(super) fn key(&self) -> String {
        let (kind, value) = match self {
            Self::Email(email) => ("email", email.as_str()),
            Self::Phone(phone) => ("phone", phone.as_e164()),
            Self::User(id) => ("user", id.as_str()),
            Self::Username(name) => ("username", name.as_str()),
        };
        format!("{PREFIX}{kind}:{value}")
    }

    /// The name whose budgets are kept under `key`, or the number or address that `key` is.
    fn of_key(key: &str) -> Self {
        let value = |value: &str| value.to_owned();
        let Some((kind, name)) = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':')) else {
            return match Target::from_stored(value(key)) {
                Target::Email(email) => Self::Email(email),
                Target::Phone(phone) => Self::Phone(phone),
            };
        };
        match kind {
            "email" => Self::Email(Email::from_stored(value(name))),
            "phone" => Self::Phone(Phone::from_stored(value(name))),
            "user" => Self::User(value(name)),
            _ => Self::Username(value(name)),
        }
    }

    /// The account of this name, by one indexed read whatever the name.
    pub(super) fn find(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Option<User>> {
        let found = match self {
            Self::Email(email) => user::find_by(tx, &ctx.project, &Target::Email(email.clone()))?,
            Self::Phone(phone) => user::find_by(tx, &ctx.project, &Target::Phone(phone.clone()))?,
            Self::User(id) => user::find(tx, &ctx.project, id)?,
            // No account has an empty id.
            Self::Username(_) => user::find(tx, &ctx.project, "")?,
        };
        Ok(found.filter(|user| !user.pending))
    }

    /// What the holder of a flow named himself by: for a client that asks again and names nothing.
    pub(super) fn of_flow(tx: &mut Tx<'_>, ctx: &Ctx, dialect: Dialect, held: Option<&str>) -> Result<Self> {
        match held_name(tx, ctx, dialect, held)? {
            Some(name) => Ok(name),
            None => Err(Error::invalid("email", "give an email, a phoneNumber or a userId")),
        }
    }
}

/// The name behind a flow, if the flow still lives.
fn held_name(tx: &mut Tx<'_>, ctx: &Ctx, dialect: Dialect, held: Option<&str>) -> Result<Option<Name>> {
    let Some(held) = held else { return Ok(None) };
    let handle = verification::find_handle(tx, &HandleKind::Opaque.hash(ctx, held))?;
    let Some(handle) = handle.filter(|handle| handle.expires_at > ctx.now) else { return Ok(None) };
    let Some(id) = &handle.verification else { return Ok(Some(Name::of_key(&handle.target))) };
    let Some(verification) = verification::find(tx, id)?.filter(|v| v.dialect == dialect) else {
        return Ok(None);
    };
    Ok(match verification.purpose {
        Purpose::SignIn | Purpose::MagicLink => Some(Name::of_key(&handle.target)),
        _ => None,
    })
}

/// The address that the holder of a flow named, if he named one.
pub fn email_of(tx: &mut Tx<'_>, ctx: &Ctx, dialect: Dialect, held: &str) -> Result<Option<Email>> {
    Ok(match held_name(tx, ctx, dialect, Some(held))? {
        Some(Name::Email(email)) => Some(email),
        Some(Name::Phone(_) | Name::User(_) | Name::Username(_)) | None => None,
    })
}

/// What stands for the number or address of a name that has none: always the same of the same name, and nothing that
/// could be written to.
pub(super) struct Decoy {
    /// A target that no account can have.
    pub target: Target,
    /// The mask that is shown.
    pub mask: String,
    /// Near which id an account is read in place of the one that there is not: always the same for a time.
    pub stand_in: String,
}

impl Decoy {
    pub(super) fn of(ctx: &Ctx, project: &Project, key: &str, by_mail: bool) -> Result<Self> {
        let mac = ctx.keys.mac(Label::Decoy, &[ctx.project.as_bytes(), key.as_bytes()])?;
        let number =
            |at: usize| mac.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes);
        let target = if by_mail {
            Target::Email(Email::from_stored(format!("{:08x}{:08x}@decoy.invalid", number(0), number(4))))
        } else {
            // No calling code begins with 0.
            Target::Phone(Phone::from_stored(format!("+0{:010}", u64::from(number(0)) * 2 + 1)))
        };
        let age = u64::try_from(ctx.now.micros_since(project.created_at)).unwrap_or_default();
        // Half of the time at least, and the same part of it until it has doubled.
        let part = (age / 2 + 1).next_power_of_two() - 1;
        let at = u64::from(number(16)) << 32 | u64::from(number(20));
        let stand_in = id::floor(project.created_at.plus_micros((at & part) as i64));
        let beginnings = beginnings(project);
        let beginning = beginnings.get(number(8) as usize % beginnings.len().max(1)).copied().unwrap_or("120");
        Ok(Self { target, mask: phone::hint(beginning, &format!("{:03}", number(12) % 1_000)), stand_in })
    }
}

/// First three digits of mobile numbers, of the countries that the project sends to: a decoy looks like its people's.
fn beginnings(project: &Project) -> Vec<&'static str> {
    let countries = &project.settings.sms.countries;
    let common = |country: &str| BEGINNINGS.iter().find(|(name, _)| *name == country).map(|(_, all)| *all);
    let served: Vec<_> = countries
        .iter()
        .filter(|country| *country != "*")
        .flat_map(|country| match common(country) {
            Some(beginnings) => beginnings.to_vec(),
            None => phone::mobile_beginning(country).into_iter().collect(),
        })
        .collect();
    if served.is_empty() || countries.iter().any(|country| country == "*") {
        return BEGINNINGS.iter().flat_map(|(_, beginnings)| beginnings.iter().copied()).collect();
    }
    served
}

/// Of the countries where most people are, as often as they occur.
const BEGINNINGS: &[(&str, &[&str])] = &[
    ("US", &["120", "121", "130", "131", "140", "150", "161", "170", "172", "180", "191", "197"]),
    ("CA", &["141", "143", "151", "160", "164", "177"]),
    ("GB", &["447", "447", "447"]),
    ("DE", &["491", "491", "491"]),
    ("FR", &["336", "337"]),
    ("ES", &["346", "346", "347"]),
    ("IT", &["393", "393"]),
    ("NL", &["316"]),
    ("BE", &["324"]),
    ("AT", &["436"]),
    ("CH", &["417"]),
    ("SE", &["467"]),
    ("DK", &["452", "453", "454", "455"]),
    ("NO", &["474", "479"]),
    ("PL", &["485", "486", "487", "488"]),
    ("PT", &["351"]),
    ("IE", &["353"]),
    ("IL", &["972", "972"]),
    ("AE", &["971"]),
    ("IN", &["916", "917", "918", "919", "919"]),
    ("AU", &["614", "614"]),
    ("NZ", &["642"]),
    ("JP", &["817", "818", "819"]),
    ("KR", &["821"]),
    ("SG", &["658", "659"]),
    ("BR", &["551", "552", "553", "554"]),
    ("MX", &["521", "525", "528"]),
    ("ZA", &["276", "277", "278"]),
    ("TR", &["905"]),
    ("UA", &["380"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_from_its_key() {
        let (mail, number) = (Email::parse("anna@example.com").unwrap(), Phone::parse("+4915112345678", None).unwrap());
        for name in [
            Name::Email(mail.clone()),
            Name::Phone(number.clone()),
            Name::User("a:b".into()),
            Name::Username("a:b@c".into()),
        ] {
            assert_eq!(Name::of_key(&name.key()), name);
        }
        assert_eq!(Name::of_key(number.as_e164()), Name::Phone(number));
        assert_eq!(Name::of_key(mail.as_str()), Name::Email(mail));
    }
}
