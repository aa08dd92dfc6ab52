//! What this dialect answers (contract nevr §2, §7).

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use countersign_domain::base::{Email, Phone};
use countersign_domain::session::Session;
use countersign_domain::user::User;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Answered;
use crate::http::json;

/// An account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrUser)]
pub(super) struct UserModel {
    id: String,
    /// The number, also one that is not verified yet.
    phone_number: Option<String>,
    phone_number_verified: bool,
    name: String,
    /// None of whoever has a number only.
    email: Option<String>,
    email_verified: bool,
    image: Option<String>,
    created_at: String,
    updated_at: String,
    two_factor_enabled: bool,
}

impl UserModel {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            phone_number: user.shown_phone().map(Phone::as_e164).map(str::to_owned),
            phone_number_verified: user.is_phone_verified(),
            name: user.name.clone(),
            email: user.email.as_ref().map(Email::as_str).map(str::to_owned),
            email_verified: user.is_email_verified(),
            image: user.pref("image"),
            created_at: user.created_at.to_rfc3339(),
            updated_at: user.updated_at.to_rfc3339(),
            two_factor_enabled: user.mfa,
        }
    }
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrSession)]
pub(super) struct SessionModel {
    id: String,
    /// What `revoke-session` takes. It opens nothing: only the answer of a sign-in holds the session's own token.
    token: String,
    user_id: String,
    expires_at: String,
    created_at: String,
    updated_at: String,
    ip_address: String,
    user_agent: String,
}

impl SessionModel {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            id: session.id.clone(),
            token: session.id.clone(),
            user_id: session.user_id.clone(),
            expires_at: session.expires_at.to_rfc3339(),
            created_at: session.created_at.to_rfc3339(),
            updated_at: session.updated_at.to_rfc3339(),
            ip_address: session.address.clone(),
            user_agent: session.agent.clone(),
        }
    }
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrSignedIn)]
pub(super) struct Current {
    pub session: SessionModel,
    pub user: UserModel,
}

/// Sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrSessionList)]
pub(super) struct Sessions {
    pub sessions: Vec<SessionModel>,
}

/// That it was done.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrSuccess)]
pub(super) struct Success {
    pub success: bool,
}

/// That it was done, as other routes say it.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrStatus)]
pub(super) struct Status {
    pub status: bool,
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrSent)]
pub(super) struct Sent {
    pub success: bool,
    /// Seconds that the code works.
    #[schema(example = 300)]
    pub expires_in: i64,
}

/// The code is right.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrVerified)]
pub(super) struct Checked {
    pub success: bool,
    pub verified: bool,
    /// What better-auth's clients read.
    pub status: bool,
    /// Nobody is signed in by this.
    pub token: Option<String>,
    /// The account that has the number now: none without a session.
    pub user: Option<UserModel>,
}

/// A sign-in.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrSignIn)]
pub(super) struct SignIn {
    /// The session's token, for `Authorization: Bearer`.
    pub token: String,
    pub user: UserModel,
}

/// A sign-in by e-mail.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrEmailSignIn)]
pub(super) struct EmailSignIn {
    pub token: String,
    pub user: UserModel,
    /// Whether the client is to go on at `url`.
    pub redirect: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A second factor is needed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrTwoFactorRedirect)]
pub(super) struct TwoFactorRedirect {
    pub two_factor_redirect: bool,
    pub message: &'static str,
}

/// An account as it was changed.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrUpdated)]
pub(super) struct Updated {
    pub status: bool,
    pub user: UserModel,
}

/// A changed password.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrPasswordChanged)]
pub(super) struct PasswordChanged {
    pub status: bool,
    /// The session's token stays as it is.
    pub token: Option<String>,
    pub user: UserModel,
}

/// A way into an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrAccount)]
pub(super) struct Way {
    pub id: String,
    /// `credential`: a password.
    pub provider_id: &'static str,
    pub account_id: String,
    pub created_at: String,
    pub updated_at: String,
}

impl Way {
    /// The password of somebody who has one.
    pub(super) fn credential(user: &User) -> Option<Self> {
        let set_at = user.password_at?;
        Some(Self {
            id: user.id.clone(),
            provider_id: "credential",
            account_id: user.id.clone(),
            created_at: user.created_at.to_rfc3339(),
            updated_at: set_at.to_rfc3339(),
        })
    }
}

/// An authenticator app that is being set up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrNewApp)]
pub(super) struct NewApp {
    /// For a QR code.
    #[serde(rename = "totpUri")]
    pub totp_uri: String,
    /// Each works once. Shown here and never again.
    pub backup_codes: Vec<String>,
    /// The seed, for typing.
    pub secret: String,
}

/// An authenticator app that is set up, once more.
#[derive(Serialize, ToSchema)]
#[schema(as = NevrKnownApp)]
pub(super) struct KnownApp {
    /// As better-auth's clients read it.
    #[serde(rename = "totpURI")]
    pub uri: String,
    /// The same, as nevr's other answers call it.
    #[serde(rename = "totpUri")]
    pub same: String,
}

/// Other backup codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrBackupCodes)]
pub(super) struct BackupCodes {
    pub status: bool,
    pub backup_codes: Vec<String>,
}

/// Second factors are on or off.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrTwoFactor)]
pub(super) struct TwoFactor {
    pub success: bool,
    pub two_factor_enabled: bool,
}

/// A second factor was right.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NevrTwoFactorSignIn)]
pub(super) struct TwoFactorSignIn {
    /// The session's new token.
    pub token: String,
    pub user: UserModel,
    /// After a backup code: how many are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_backup_codes: Option<i64>,
}

/// An answer with a JSON body.
pub(super) fn answer(body: &impl Serialize) -> Answered {
    Ok(json::answer(StatusCode::OK, body)?)
}

pub(super) fn answer_bytes(body: Bytes) -> Response {
    json::answer_bytes(StatusCode::OK, body)
}
