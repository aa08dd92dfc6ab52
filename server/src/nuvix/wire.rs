//! The models of this dialect (contract nuvix §2), in two flavours: unset texts are null for Nuvix and empty for
//! Appwrite, and Nuvix models carry `$permissions`.

use countersign_domain::audit::Event;
use countersign_domain::base::{Result, Secret, Time};
use countersign_domain::contact::Contact;
use countersign_domain::password::Stored;
use countersign_domain::session::Session;
use countersign_domain::signin::{self, Factor, Started, verify};
use countersign_domain::user::User;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Flavour;
use crate::http::agent::{self, Agent};

/// An account as its user sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the contract's model")]
pub(super) struct Account {
    #[serde(rename = "$id")]
    id: String,
    #[serde(rename = "$createdAt")]
    created_at: String,
    #[serde(rename = "$updatedAt")]
    updated_at: String,
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// Empty or null when unset.
    name: Option<String>,
    registration: String,
    /// False when the account is blocked.
    status: bool,
    labels: Vec<String>,
    password_update: Option<String>,
    email: Option<String>,
    /// In E.164.
    phone: Option<String>,
    email_verification: bool,
    phone_verification: bool,
    mfa: bool,
    /// The user's own object.
    #[schema(value_type = Object)]
    prefs: Box<RawValue>,
    targets: Vec<Target>,
    accessed_at: Option<String>,
}

/// Where an account can be written to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    #[serde(rename = "$id")]
    id: String,
    #[serde(rename = "$createdAt")]
    created_at: String,
    #[serde(rename = "$updatedAt")]
    updated_at: String,
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    name: String,
    user_id: String,
    provider_id: Option<String>,
    provider_type: &'static str,
    identifier: String,
    expired: bool,
}

fn permissions(flavour: Flavour, of: Vec<String>) -> Option<Vec<String>> {
    (flavour == Flavour::Nuvix).then_some(of)
}

/// The permissions of a model that has no id: none, but Nuvix names them.
pub(super) fn none(flavour: Flavour) -> Option<Vec<String>> {
    permissions(flavour, Vec::new())
}

fn own(user: &str) -> Vec<String> {
    ["read", "update", "delete"].map(|verb| format!("{verb}(\"user:{user}\")")).to_vec()
}

impl Account {
    pub(super) fn of(flavour: Flavour, user: &User, contacts: &[Contact]) -> Self {
        let text = |value: Option<String>| flavour.unset(value);
        let id = &user.id;
        Self {
            id: id.clone(),
            created_at: user.created_at.to_rfc3339(),
            updated_at: user.updated_at.to_rfc3339(),
            permissions: permissions(
                flavour,
                vec!["read(\"any\")".to_owned(), format!("update(\"user:{id}\")"), format!("delete(\"user:{id}\")")],
            ),
            name: text(Some(user.name.clone()).filter(|n| !n.is_empty())),
            registration: user.created_at.to_rfc3339(),
            status: !user.blocked,
            labels: user.labels.clone(),
            password_update: text(user.password_at.map(Time::to_rfc3339)),
            email: text(user.email.as_ref().map(|e| e.as_str().to_owned())),
            phone: text(user.shown_phone().map(|p| p.as_e164().to_owned())),
            email_verification: user.is_email_verified(),
            phone_verification: user.is_phone_verified(),
            mfa: user.mfa,
            prefs: prefs(user),
            targets: contacts.iter().map(|contact| Target::of(flavour, contact)).collect(),
            accessed_at: text(user.signed_in_at.map(Time::to_rfc3339)),
        }
    }
}

/// The user's own object, as it was stored.
pub(super) fn prefs(user: &User) -> Box<RawValue> {
    RawValue::from_string(user.prefs.clone()).unwrap_or_default()
}

impl Target {
    pub(super) fn of(flavour: Flavour, contact: &Contact) -> Self {
        Self {
            id: contact.id.clone(),
            created_at: contact.created_at.to_rfc3339(),
            updated_at: contact.updated_at.to_rfc3339(),
            permissions: permissions(flavour, own(&contact.user_id)),
            name: contact.name.clone(),
            user_id: contact.user_id.clone(),
            provider_id: flavour.unset(contact.provider_id.clone()),
            provider_type: contact.channel.name(),
            identifier: contact.identifier.clone(),
            expired: false,
        }
    }
}

/// With what somebody came, and from which country.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Visitor {
    #[serde(flatten)]
    agent: Agent,
    /// Two lower-case letters; unknown: null (Nuvix) or `--` (Appwrite).
    country_code: Option<String>,
    country_name: &'static str,
}

impl Visitor {
    fn of(flavour: Flavour, agent: &str) -> Self {
        let country_code = match flavour {
            Flavour::Nuvix => None,
            Flavour::Appwrite => Some("--".to_owned()),
        };
        Self { agent: agent::parse(agent), country_code, country_name: "Unknown" }
    }
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionModel {
    #[serde(rename = "$id")]
    id: String,
    #[serde(rename = "$createdAt")]
    created_at: String,
    #[serde(rename = "$updatedAt")]
    updated_at: String,
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    user_id: String,
    expire: String,
    /// How it was made: `phone`, `anonymous`, `token` …
    provider: String,
    provider_uid: String,
    provider_access_token: String,
    provider_access_token_expiry: String,
    provider_refresh_token: String,
    ip: String,
    #[serde(flatten)]
    visitor: Visitor,
    /// Whether it is the caller's.
    current: bool,
    /// What was proved in it.
    factors: Vec<String>,
    /// Only API keys see it: the value for `X-Appwrite-Session` or `X-Nuvix-Session`.
    secret: String,
    mfa_updated_at: Option<String>,
}

impl SessionModel {
    pub(super) fn of(flavour: Flavour, session: &Session, current: bool, secret: String) -> Self {
        Self {
            id: session.id.clone(),
            created_at: session.created_at.to_rfc3339(),
            updated_at: session.updated_at.to_rfc3339(),
            permissions: permissions(flavour, own(&session.user_id)),
            user_id: session.user_id.clone(),
            expire: session.expires_at.to_rfc3339(),
            provider: session.provider.clone(),
            provider_uid: session.provider_uid.clone(),
            provider_access_token: String::new(),
            provider_access_token_expiry: String::new(),
            provider_refresh_token: String::new(),
            ip: session.address.clone(),
            visitor: Visitor::of(flavour, &session.agent),
            current,
            factors: session.factors.clone(),
            secret,
            mfa_updated_at: flavour.unset(session.mfa_at.map(Time::to_rfc3339)),
        }
    }
}

/// A token: a code or link that is on its way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token {
    #[serde(rename = "$id")]
    id: String,
    #[serde(rename = "$createdAt")]
    created_at: String,
    #[serde(rename = "$updatedAt")]
    updated_at: String,
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// To be sent back with the code.
    user_id: String,
    /// Empty: the code is in the message alone.
    secret: String,
    expire: String,
    phrase: String,
}

impl Token {
    pub(super) fn of(flavour: Flavour, started: &Started) -> Self {
        let (created_at, expires_at) = (Time::from_micros(started.created_at), Time::from_micros(started.expires_at));
        let phrase = started.phrase.clone().unwrap_or_default();
        Self { phrase, ..Self::new(flavour, &started.id, &started.handle, created_at, expires_at) }
    }

    /// A token that a server made, with its secret.
    pub(super) fn with_secret(flavour: Flavour, started: &Started, secret: &Secret) -> Self {
        Self { secret: secret.expose().to_owned(), ..Self::of(flavour, started) }
    }

    pub(super) fn of_verification(flavour: Flavour, token: &verify::Token) -> Self {
        Self::new(flavour, &token.id, &token.user, token.created_at, token.expires_at)
    }

    fn new(flavour: Flavour, id: &str, user: &str, created_at: Time, expires_at: Time) -> Self {
        let created_at = created_at.to_rfc3339();
        Self {
            id: id.to_owned(),
            updated_at: created_at.clone(),
            created_at,
            permissions: permissions(flavour, own(user)),
            user_id: user.to_owned(),
            secret: String::new(),
            expire: expires_at.to_rfc3339(),
            phrase: String::new(),
        }
    }
}

/// What an account can prove.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the contract's model")]
pub(super) struct Factors {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// A verified authenticator app.
    totp: bool,
    /// A verified phone number.
    phone: bool,
    /// A verified e-mail address.
    email: bool,
    /// A recovery code that is left.
    recovery_code: bool,
}

impl Factors {
    pub(super) fn of(flavour: Flavour, factors: &[Factor], recovery_code: bool) -> Self {
        let has = |factor| factors.contains(&factor);
        Self {
            permissions: none(flavour),
            totp: has(Factor::Totp),
            phone: has(Factor::Phone),
            email: has(Factor::Email),
            recovery_code,
        }
    }
}

/// An authenticator app that is being set up.
#[derive(Serialize, ToSchema)]
pub(super) struct NewApp {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// The seed in base32, for typing.
    secret: String,
    /// The same as an `otpauth://` address, for a QR code.
    uri: String,
}

impl NewApp {
    pub(super) fn of(flavour: Flavour, app: &signin::factor::NewApp) -> Self {
        let (secret, uri) = (app.secret.expose().to_owned(), app.uri.expose().to_owned());
        Self { permissions: none(flavour), secret, uri }
    }
}

/// Recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodes {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// Ten hexadecimal digits each.
    recovery_codes: Vec<String>,
}

impl RecoveryCodes {
    pub(super) fn of(flavour: Flavour, codes: &[Secret]) -> Self {
        Self { permissions: none(flavour), recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
    }
}

/// A challenge of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Challenge {
    /// To be sent back with the code.
    #[serde(rename = "$id")]
    id: String,
    #[serde(rename = "$createdAt")]
    created_at: String,
    #[serde(rename = "$updatedAt")]
    updated_at: String,
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    user_id: String,
    expire: String,
}

impl Challenge {
    pub(super) fn of(flavour: Flavour, token: &verify::Token) -> Self {
        let created_at = token.created_at.to_rfc3339();
        Self {
            id: token.id.clone(),
            updated_at: created_at.clone(),
            created_at,
            permissions: permissions(flavour, own(&token.user)),
            user_id: token.user.clone(),
            expire: token.expires_at.to_rfc3339(),
        }
    }
}

/// What happened to an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// For example `session.create`.
    event: String,
    user_id: String,
    user_email: Option<String>,
    user_name: Option<String>,
    /// `default`, or `admin` when a key, an administrator or the server itself did it.
    mode: &'static str,
    /// Empty, as what follows, unless the account's user did it: where somebody else is, is not his to know.
    ip: String,
    time: String,
    #[serde(flatten)]
    visitor: Visitor,
}

/// What guests do by proving that the account is theirs. In other events a guest is a stranger: one who proves a number
/// takes it from a pending claim.
const PROVED: [&str; 5] = ["user.create", "session.create", "recovery.complete", "email.verify", "phone.verify"];

impl Log {
    pub(super) fn of(flavour: Flavour, user: &User, event: Event) -> Self {
        let (kind, by) = event.actor.split_once(':').unwrap_or((&event.actor, ""));
        let own = kind == "user" && by == user.id || kind == "guest" && PROVED.contains(&event.event.as_str());
        Self::shown(flavour, user, event, own)
    }

    /// As a customer's own server sees it: it may know where a stranger was.
    pub(super) fn for_key(flavour: Flavour, user: &User, event: Event) -> Self {
        Self::shown(flavour, user, event, true)
    }

    fn shown(flavour: Flavour, user: &User, event: Event, own: bool) -> Self {
        let kind = event.actor.split_once(':').map_or(event.actor.as_str(), |(kind, _)| kind);
        let (address, agent) = if own { (event.address, event.agent.as_str()) } else { (String::new(), "") };
        Self {
            permissions: none(flavour),
            user_id: user.id.clone(),
            user_email: flavour.unset(user.email.as_ref().map(|e| e.as_str().to_owned())),
            user_name: flavour.unset(Some(user.name.clone()).filter(|n| !n.is_empty())),
            mode: if matches!(kind, "user" | "guest") { "default" } else { "admin" },
            ip: address,
            time: event.at.to_rfc3339(),
            visitor: Visitor::of(flavour, agent),
            event: event.event,
        }
    }
}

/// A list once more, for the other of its two keys (contract nuvix §1.12).
pub(super) fn again<T: Serialize>(list: &[T]) -> Vec<Box<RawValue>> {
    list.iter().filter_map(|item| serde_json::value::to_raw_value(item).ok()).collect()
}

/// A list of what happened to an account, under both keys.
#[derive(Serialize, ToSchema)]
pub(super) struct LogList {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    pub total: i64,
    pub logs: Vec<Log>,
    /// The same list under Nuvix's key.
    #[schema(value_type = Vec<Log>)]
    pub data: Vec<Box<RawValue>>,
}

impl LogList {
    pub(super) fn of(flavour: Flavour, logs: Vec<Log>, total: i64) -> Self {
        Self { permissions: none(flavour), total, data: again(&logs), logs }
    }
}

/// A list of teams, under both keys. There are none.
#[derive(Serialize, ToSchema)]
pub(super) struct MembershipList {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    total: i64,
    #[schema(value_type = Vec<Object>)]
    memberships: [(); 0],
    /// The same list under Nuvix's key.
    #[schema(value_type = Vec<Object>)]
    data: [(); 0],
}

impl MembershipList {
    pub(super) fn none(flavour: Flavour) -> Self {
        Self { permissions: none(flavour), total: 0, memberships: [], data: [] }
    }
}

/// An account as a customer's own server sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserModel {
    #[serde(flatten)]
    account: Account,
    /// The hash of the password.
    password: Option<String>,
    /// Its algorithm.
    hash: Option<String>,
    /// What the algorithm was given.
    #[schema(value_type = Object)]
    hash_options: serde_json::Value,
}

impl UserModel {
    pub(super) fn of(flavour: Flavour, user: &User, contacts: &[Contact], stored: Option<&Stored>) -> Result<Self> {
        let shown = stored.map(Stored::shown).transpose()?;
        let (password, hash, options) = match shown {
            Some(shown) => (Some(shown.password.expose().to_owned()), Some(shown.hash.to_owned()), shown.options),
            None => (None, None, serde_json::json!({})),
        };
        Ok(Self {
            account: Account::of(flavour, user, contacts),
            password: flavour.unset(password),
            hash: flavour.unset(hash),
            hash_options: options,
        })
    }
}

/// A list of accounts, under both keys.
#[derive(Serialize, ToSchema)]
pub(super) struct UserList {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// Counted up to 5000.
    total: i64,
    users: Vec<UserModel>,
    /// The same list under Nuvix's key.
    #[schema(value_type = Vec<UserModel>)]
    data: Vec<Box<RawValue>>,
}

impl UserList {
    pub(super) fn of(flavour: Flavour, users: Vec<UserModel>, total: i64) -> Self {
        Self { permissions: none(flavour), total, data: again(&users), users }
    }
}

/// A list of where an account can be written to, under both keys.
#[derive(Serialize, ToSchema)]
pub(super) struct TargetList {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// Of all that fit, whatever part of them is here.
    total: i64,
    targets: Vec<Target>,
    /// The same list under Nuvix's key.
    #[schema(value_type = Vec<Target>)]
    data: Vec<Box<RawValue>>,
}

impl TargetList {
    pub(super) fn of(flavour: Flavour, contacts: &[Contact], total: i64) -> Self {
        let targets: Vec<_> = contacts.iter().map(|contact| Target::of(flavour, contact)).collect();
        Self { permissions: none(flavour), total, data: again(&targets), targets }
    }
}

/// A list of accounts elsewhere that one may sign in with, under both keys. There are none.
#[derive(Serialize, ToSchema)]
pub(super) struct IdentityList {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    pub total: i64,
    #[schema(value_type = Vec<Object>)]
    pub identities: [(); 0],
    /// The same list under Nuvix's key.
    #[schema(value_type = Vec<Object>)]
    pub data: [(); 0],
}

/// A list of sessions, under both keys (contract nuvix §1.12).
#[derive(Serialize, ToSchema)]
pub(super) struct SessionList {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    pub total: usize,
    pub sessions: Vec<SessionModel>,
    /// The same list under Nuvix's key.
    #[schema(value_type = Vec<SessionModel>)]
    pub data: Vec<Box<RawValue>>,
}

impl SessionList {
    /// `current` is the id of the caller's own.
    pub(super) fn of(flavour: Flavour, sessions: &[Session], current: Option<&str>) -> Self {
        let sessions: Vec<_> = sessions
            .iter()
            .map(|s| SessionModel::of(flavour, s, current == Some(s.id.as_str()), String::new()))
            .collect();
        Self { permissions: none(flavour), total: sessions.len(), data: again(&sessions), sessions }
    }
}

/// A token for other services.
#[derive(Serialize, ToSchema)]
pub(super) struct Jwt {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    pub jwt: String,
}

/// Where the caller seems to be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Locale {
    #[serde(rename = "$permissions", skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    pub ip: String,
    pub country_code: &'static str,
    pub country: &'static str,
    pub continent_code: &'static str,
    pub continent: &'static str,
    pub eu: bool,
    pub currency: Option<&'static str>,
}

/// The state of the server.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    pub name: &'static str,
    /// Milliseconds that the database took to answer.
    pub ping: i64,
    pub status: &'static str,
}
