//! What this dialect answers (contract frontegg §1.5).

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use countersign_domain::base::{Email, Time};
use countersign_domain::signin::Factor;
use countersign_domain::signin::enrol::Devices;
use countersign_domain::tenant::Belonging;
use countersign_domain::user::{Notes, User};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Answered, Call};
use super::error::Failure;
use super::tenant::TenantModel;
use crate::http::json;

/// A sign-in: tokens, or what is yet to be shown.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggAuthentication)]
pub(super) struct Authentication {
    /// Always `bearer`.
    pub token_type: &'static str,
    /// Whether a second factor is needed; then there is no access token.
    pub mfa_required: bool,
    /// For `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// For the next refresh, where there is no cookie. None after a refresh that another tab was faster with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds that the access token counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3600)]
    pub expires_in: Option<i64>,
    /// Until when it counts, as HTTP writes dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// An authenticator app that is to be set up, as an image in a `data:` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr_code: Option<String>,
    /// Its seed, for typing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// For the routes of second factors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_token: Option<String>,
    /// Whether there is a factor to show; else one is to be set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_enrolled: Option<bool>,
    /// The factors that can be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_devices: Option<MfaDevices>,
    /// The kinds of factor that can be shown, or set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["AuthenticatorApp", "SMS"]))]
    pub mfa_strategies: Option<Vec<&'static str>>,
    /// With the first factor that is set up: by it all can be given up. It is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_code: Option<String>,
}

/// The second factors of a user. Clients read the length of all four lists.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = FronteggMfaDevices)]
pub(super) struct MfaDevices {
    /// Always empty: security keys are not offered.
    #[schema(value_type = Vec<Object>)]
    webauthn: [(); 0],
    phones: Vec<MfaPhone>,
    authenticators: Vec<MfaApp>,
    emails: Vec<MfaEmail>,
}

/// A number.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMfaPhone)]
struct MfaPhone {
    id: String,
    /// Masked.
    #[schema(example = "+1425***0123")]
    phone_number: String,
}

/// An authenticator app.
#[derive(Serialize, ToSchema)]
#[schema(as = FronteggMfaApp)]
struct MfaApp {
    id: String,
}

/// An address.
#[derive(Serialize, ToSchema)]
#[schema(as = FronteggMfaEmail)]
struct MfaEmail {
    /// Masked.
    email: String,
}

impl MfaDevices {
    pub(super) fn of(devices: Devices) -> Self {
        Self {
            webauthn: [],
            phones: devices
                .phones
                .into_iter()
                .map(|(id, phone)| MfaPhone { id, phone_number: phone.hinted() })
                .collect(),
            authenticators: devices.authenticators.into_iter().map(|id| MfaApp { id }).collect(),
            emails: devices.emails.into_iter().map(|email| MfaEmail { email: email.masked() }).collect(),
        }
    }
}

/// A kind of second factor as clients call it (contract frontegg §2.7).
pub(super) const fn strategy(factor: Factor) -> &'static str {
    match factor {
        Factor::Totp => "AuthenticatorApp",
        Factor::Phone => "SMS",
        Factor::Email => "EmailCode",
        Factor::RecoveryCode => "RecoveryCode",
    }
}

/// A server's token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggVendorToken)]
pub(super) struct VendorToken {
    /// For `Authorization: Bearer` or `x-access-token`.
    pub token: String,
    /// Seconds that it counts.
    #[schema(example = 3600)]
    pub expires_in: i64,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the wire has them")]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggUser)]
pub(super) struct UserModel {
    id: String,
    /// The same again.
    sub: String,
    /// None of whoever has a number only.
    email: Option<String>,
    name: String,
    profile_picture_url: Option<String>,
    /// Whether his address is verified, or the number of whoever has no address.
    verified: bool,
    /// Whether he is asked for a second factor.
    mfa_enrolled: bool,
    /// Whether nobody asks him for one. Servers are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_bypass: Option<bool>,
    /// A number for people to read. It signs nobody in.
    phone_number: Option<String>,
    provider: &'static str,
    /// The account that he acts in.
    tenant_id: String,
    /// All his accounts.
    tenant_ids: Vec<String>,
    tenants: Vec<Membership>,
    /// There are none.
    roles: [String; 0],
    /// There are none.
    permissions: [String; 0],
    /// A JSON object as text.
    metadata: String,
    /// A JSON object as text, which servers write. Only they are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_metadata: Option<String>,
    /// What the server's own system knows him by.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    created_at: String,
    last_login: Option<String>,
    activated_for_tenant: bool,
    is_locked: bool,
    sub_account_access_allowed: bool,
    managed_by: &'static str,
}

/// Who reads about a user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reader {
    /// He himself.
    Person,
    /// A server.
    Server,
}

/// That a user belongs to an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMembership)]
struct Membership {
    tenant_id: String,
    /// There are none.
    roles: [String; 0],
}

impl UserModel {
    pub(super) fn of(user: &User, belonging: &Belonging, notes: Notes, reader: Reader) -> Self {
        let for_server = reader == Reader::Server;
        let in_tenant = |id: &String| Membership { tenant_id: id.clone(), roles: [] };
        Self {
            id: user.id.clone(),
            sub: user.id.clone(),
            email: user.email.as_ref().map(Email::as_str).map(str::to_owned),
            name: user.name.clone(),
            profile_picture_url: user.pref("image"),
            verified: user.is_email_verified() || user.email.is_none() && user.is_phone_verified(),
            mfa_enrolled: user.mfa,
            mfa_bypass: for_server.then_some(user.mfa_bypass),
            phone_number: user.pref("phoneNumber"),
            provider: "local",
            tenant_id: belonging.active.clone(),
            tenant_ids: belonging.all.clone(),
            tenants: belonging.all.iter().map(in_tenant).collect(),
            roles: [],
            permissions: [],
            metadata: user.pref("metadata").unwrap_or_else(|| "{}".to_owned()),
            vendor_metadata: for_server.then(|| notes.vendor_metadata.unwrap_or_else(|| "{}".to_owned())),
            external_id: notes.external_id,
            created_at: user.created_at.to_rfc3339(),
            last_login: user.signed_in_at.map(Time::to_rfc3339),
            activated_for_tenant: true,
            is_locked: user.blocked,
            sub_account_access_allowed: false,
            managed_by: "frontegg",
        }
    }
}

/// The accounts of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggTenantsOfUser)]
pub(super) struct TenantsOfUser {
    pub tenants: Vec<TenantModel>,
    pub active_tenant: TenantModel,
}

/// Which page of a list is wanted.
pub(super) struct Page {
    /// Entries on each.
    pub limit: i64,
    /// Which one, from 0.
    pub number: i64,
    /// Whether the last comes first.
    pub descending: bool,
}

impl Page {
    /// Reads `_limit`, of at most `most`, `_offset`, which counts pages, and `_order`.
    pub(super) fn read(call: &Call, most: i64) -> Result<Self, Failure> {
        let number = |name: &str, usual: i64, range: std::ops::RangeInclusive<i64>| match call.query(name) {
            None => Ok(usual),
            Some(text) => text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
                let words = format!("{name} must be a whole number from {} to {}", range.start(), range.end());
                Failure::new(StatusCode::BAD_REQUEST, words)
            }),
        };
        let descending = match call.query("_order") {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("asc") => false,
            Some(order) if order.eq_ignore_ascii_case("desc") => true,
            Some(_) => return Err(Failure::new(StatusCode::BAD_REQUEST, "_order must be ASC or DESC")),
        };
        let limit = number("_limit", most.min(50), 1..=most)?;
        Ok(Self { limit, number: number("_offset", 0, 0..=1_000_000)?, descending })
    }

    /// The entries before it.
    pub(super) const fn offset(&self) -> i64 {
        self.number * self.limit
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = FronteggPage)]
pub(super) struct Paged<T> {
    items: Vec<T>,
    #[serde(rename = "_links")]
    links: Links,
    #[serde(rename = "_metadata")]
    metadata: Metadata,
}

/// The queries of other pages; empty where there is none.
#[derive(Serialize, ToSchema)]
#[schema(as = FronteggLinks)]
struct Links {
    next: String,
    prev: String,
    first: String,
    last: String,
}

/// How much there is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMetadata)]
struct Metadata {
    total_items: i64,
    total_pages: i64,
}

impl<T> Paged<T> {
    pub(super) fn of(page: &Page, items: Vec<T>, total: i64) -> Self {
        let pages = (total + page.limit - 1) / page.limit;
        let link = |number: i64| {
            if (0..pages).contains(&number) { format!("_limit={}&_offset={number}", page.limit) } else { String::new() }
        };
        let links =
            Links { next: link(page.number + 1), prev: link(page.number - 1), first: link(0), last: link(pages - 1) };
        Self { items, links, metadata: Metadata { total_items: total, total_pages: pages } }
    }
}

/// An answer with a JSON body.
pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Answered {
    Ok(json::answer(status, body)?)
}

/// An answer that says no more than that it was done. Clients read an object.
pub(super) fn done(status: StatusCode) -> Response {
    json::answer_bytes(status, Bytes::from_static(b"{}"))
}
