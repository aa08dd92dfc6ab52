//! The models of this dialect (contract nuvix §2), in two flavours: unset texts are null for Nuvix and empty for
//! Appwrite, and Nuvix models carry `$permissions`.

use countersign_domain::base::crypto::sha256;
use countersign_domain::base::{Phone, Time};
use countersign_domain::session::Session;
use countersign_domain::signin::Started;
use countersign_domain::user::User;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Flavour;
use crate::http::agent;

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
    pub(super) fn of(flavour: Flavour, user: &User) -> Self {
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
            targets: user.phone.iter().map(|phone| Target::sms(flavour, user, phone)).collect(),
            accessed_at: text(user.signed_in_at.map(Time::to_rfc3339)),
        }
    }
}

/// The user's own object, as it was stored.
pub(super) fn prefs(user: &User) -> Box<RawValue> {
    RawValue::from_string(user.prefs.clone()).unwrap_or_default()
}

impl Target {
    fn sms(flavour: Flavour, user: &User, phone: &Phone) -> Self {
        let digest = sha256(format!("sms\0{}\0{}", user.id, phone.as_e164()).as_bytes());
        let mut id = data_encoding::HEXLOWER.encode(&digest);
        id.truncate(20);
        Self {
            id,
            created_at: user.created_at.to_rfc3339(),
            updated_at: user.updated_at.to_rfc3339(),
            permissions: permissions(flavour, own(&user.id)),
            name: String::new(),
            user_id: user.id.clone(),
            provider_id: flavour.unset(None),
            provider_type: "sms",
            identifier: phone.as_e164().to_owned(),
            expired: false,
        }
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
    os_code: String,
    os_name: String,
    os_version: String,
    client_type: String,
    client_code: String,
    client_name: String,
    client_version: String,
    client_engine: String,
    client_engine_version: String,
    device_name: String,
    device_brand: String,
    device_model: String,
    /// Two lower-case letters; unknown: null (Nuvix) or `--` (Appwrite).
    country_code: Option<String>,
    country_name: String,
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
        let agent = agent::parse(&session.agent);
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
            os_code: agent.os_code.to_string(),
            os_name: agent.os_name.to_string(),
            os_version: agent.os_version.clone(),
            client_type: agent.client_type.to_string(),
            client_code: agent.client_code.to_string(),
            client_name: agent.client_name.to_string(),
            client_version: agent.client_version.clone(),
            client_engine: agent.client_engine.to_string(),
            client_engine_version: agent.client_engine_version.clone(),
            device_name: agent.device_name.to_string(),
            device_brand: agent.device_brand.to_string(),
            device_model: agent.device_model.clone(),
            country_code: match flavour {
                Flavour::Nuvix => None,
                Flavour::Appwrite => Some("--".to_owned()),
            },
            country_name: "Unknown".to_owned(),
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
        let created_at = Time::from_micros(started.created_at).to_rfc3339();
        Self {
            id: started.id.clone(),
            updated_at: created_at.clone(),
            created_at,
            permissions: permissions(flavour, own(&started.handle)),
            user_id: started.handle.clone(),
            secret: String::new(),
            expire: Time::from_micros(started.expires_at).to_rfc3339(),
            phrase: String::new(),
        }
    }
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
