//! What our access tokens say (contract frontegg §1.5).

use countersign_domain::base::{Email, Secret};
use countersign_domain::session::Session;
use countersign_domain::tenant;
use countersign_domain::token::ISSUER;
use countersign_domain::user::User;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::call::Call;
use super::error::Failure;

/// The `type` of a person's token.
pub(super) const USER: &str = "userToken";
/// The `type` of a server's.
pub(super) const VENDOR: &str = "vendor";
/// How long a server's token counts, in seconds.
pub(super) const VENDOR_SECONDS: i64 = 3_600;
/// The `acr` of somebody who showed two factors: what the step-up check of clients looks for.
const MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// What is read of a person's token.
#[derive(Deserialize)]
pub(super) struct UserClaims {
    #[serde(rename = "type")]
    pub kind: String,
    /// The user.
    pub sub: String,
    /// The session.
    pub sid: String,
}

/// What a person's token says beside what every one says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    sub: &'a str,
    user_id: &'a str,
    sid: &'a str,
    #[serde(rename = "auth_time")]
    auth_time: i64,
    tenant_id: &'a str,
    tenant_ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(rename = "email_verified")]
    email_verified: bool,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_picture_url: Option<String>,
    metadata: Map<String, Json>,
    roles: [&'static str; 0],
    permissions: [&'static str; 0],
    amr: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    /// What the application said when it sent the browser here (OIDC Core §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// What a server's token says beside what every one says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VendorClaims {
    #[serde(rename = "type")]
    pub kind: String,
    /// The project, as its clients know it.
    sub: String,
    /// The same again, where Frontegg has it.
    vendor_id: String,
    /// The API key that it was made of.
    pub key_id: String,
}

/// How somebody proved himself, in the words of RFC 8176, and of Frontegg for codes by SMS and e-mail.
fn amr(session: &Session) -> (Vec<&'static str>, bool) {
    // A device that is remembered, and what was proved before second factors were switched on, is none that was shown.
    let is_multi = session.mfa_at.is_some();
    let mut amr = if is_multi { vec!["mfa"] } else { Vec::new() };
    for factor in session.factors.iter().filter(|factor| *factor != "device") {
        let name = match factor.as_str() {
            "password" => "pwd",
            "phone" | countersign_domain::session::RESET => "sms",
            _ => "otp",
        };
        if !amr.contains(&name) {
            amr.push(name);
        }
    }
    (amr, is_multi)
}

/// An access token for a session of a user.
pub(super) async fn of_user(call: &Call, user: &User, session: &Session) -> Result<Secret, Failure> {
    of_user_with(call, user, session, None).await
}

/// The same with the nonce of an application, to which it says who signed in.
pub(super) async fn of_user_with(
    call: &Call,
    user: &User,
    session: &Session,
    nonce: Option<&str>,
) -> Result<Secret, Failure> {
    let (amr, is_multi) = amr(session);
    let belonging = {
        let (ctx, id) = (call.ctx.clone(), user.id.clone());
        call.app.db.read(move |tx| tenant::of_user(tx, &ctx, &id)).await?
    };
    let claims = Person {
        kind: USER,
        sub: &user.id,
        user_id: &user.id,
        sid: &session.id,
        auth_time: session.mfa_at.unwrap_or(session.created_at).seconds(),
        tenant_id: &belonging.active,
        tenant_ids: &belonging.all,
        email: user.email.as_ref().map(Email::as_str),
        email_verified: user.is_email_verified(),
        name: &user.name,
        profile_picture_url: user.pref("image"),
        metadata: user.pref("metadata").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        roles: [],
        permissions: [],
        amr,
        acr: is_multi.then_some(MULTI_FACTOR),
        nonce,
    };
    issue(call, call.project().settings.frontegg.access_token_seconds, &claims).await
}

/// A token for whoever has an API key.
pub(super) async fn of_vendor(call: &Call, key: &str) -> Result<Secret, Failure> {
    let client = call.project().client_id().to_owned();
    let claims =
        VendorClaims { kind: VENDOR.to_owned(), sub: client.clone(), vendor_id: client, key_id: key.to_owned() };
    issue(call, VENDOR_SECONDS, &claims).await
}

async fn issue(call: &Call, seconds: i64, claims: &impl Serialize) -> Result<Secret, Failure> {
    let hosted = call.app.with_access_key(&call.hosted).await?;
    let issuer = call.app.base_url().unwrap_or(ISSUER);
    Ok(hosted.keys.issue_access(&call.ctx, issuer, call.project().client_id(), seconds, claims)?)
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;

    use super::*;

    fn session(factors: &[&str]) -> Session {
        Session {
            factors: factors.iter().map(|factor| (*factor).to_owned()).collect(),
            mfa_at: (factors.len() > 1 && factors[1] != "device").then_some(START),
            ..Session::vouched("u1", START)
        }
    }

    #[test]
    fn a_token_says_how_somebody_proved_himself() {
        for (factors, expected, is_multi) in [
            (&["password"][..], &["pwd"][..], false),
            (&["phone"], &["sms"], false),
            (&["email"], &["otp"], false),
            (&["password", "phone"], &["mfa", "pwd", "sms"], true),
            (&["email", "totp"], &["mfa", "otp"], true),
            (&["password", "device"], &["pwd"], false),
        ] {
            assert_eq!(amr(&session(factors)), (expected.to_vec(), is_multi), "{factors:?}");
        }
    }
}
