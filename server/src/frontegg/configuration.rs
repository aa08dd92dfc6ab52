//! What the environment is set up as (contract frontegg §2.7). What is fixed here is answered as it is, and refused by name
//! where somebody would have it otherwise.

use axum::http::{Method, StatusCode};
use countersign_domain::project::Project;
use countersign_domain::project::coexistence::Strategies;
use countersign_domain::signin::Rules;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::strategy::{WRITE, change};
use super::wire::answer;
use super::{READ, Route, Who, handler};
use crate::http::params::Params;

const ALL: &str = "/identity/resources/configurations/v1";
const MFA: &str = "/identity/resources/configurations/v1/mfa";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, ALL, Who::PeopleOrVendor(READ), handler!(get)),
    Route::new(Method::POST, ALL, WRITE, handler!(update)),
    Route::new(Method::GET, "/identity/resources/configurations/v1/public", Who::Anybody, handler!(get_public)),
    Route::new(Method::GET, MFA, Who::Vendor(READ), handler!(get_mfa)),
    Route::new(Method::POST, MFA, WRITE, handler!(update_mfa)),
];

#[derive(OpenApi)]
#[openapi(paths(get, update, get_public, get_mfa, update_mfa))]
pub(super) struct Document;

/// What is the same in every environment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggFixed)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the contract")]
struct Fixed {
    #[schema(value_type = String, example = "LAX")]
    cookie_same_site: &'static str,
    api_tokens_enabled: bool,
    allow_override_password_complexity: bool,
    allow_override_password_expiration: bool,
    allow_override_enforce_password_history: bool,
    #[schema(value_type = String, example = "RS256")]
    jwt_algorithm: &'static str,
    allow_not_verified_users_login: bool,
    force_permissions: bool,
    force_same_device_on_auth: bool,
    allow_tenant_invitations: bool,
    rotate_refresh_tokens: bool,
    #[schema(value_type = String, example = "ClientCredentials")]
    machine_to_machine_auth_strategy: &'static str,
    add_roles_to_jwt: bool,
    add_permissions_to_jwt: bool,
    add_saml_attributes_to_jwt: bool,
    allow_custom_login_tenant_switch: bool,
}

const FIXED: Fixed = Fixed {
    cookie_same_site: "LAX",
    api_tokens_enabled: false,
    allow_override_password_complexity: false,
    allow_override_password_expiration: false,
    allow_override_enforce_password_history: false,
    jwt_algorithm: "RS256",
    allow_not_verified_users_login: true,
    force_permissions: false,
    force_same_device_on_auth: false,
    allow_tenant_invitations: false,
    rotate_refresh_tokens: true,
    machine_to_machine_auth_strategy: "ClientCredentials",
    add_roles_to_jwt: true,
    add_permissions_to_jwt: true,
    add_saml_attributes_to_jwt: false,
    allow_custom_login_tenant_switch: false,
};

/// The whole configuration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggConfiguration)]
struct Configuration {
    id: String,
    /// Seconds that an access token counts.
    default_token_expiration: i64,
    /// Seconds that a refresh token lives.
    default_refresh_token_expiration: i64,
    /// Seconds that a code to sign in lives.
    default_passwordless_token_expiration: i64,
    /// The key by which access tokens are checked, as PEM.
    public_key: String,
    allow_signups: bool,
    #[schema(value_type = String, example = "EmailAndPassword")]
    auth_strategy: &'static str,
    #[serde(flatten)]
    fixed: Fixed,
}

/// What a login page needs to know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPublicConfiguration)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the contract")]
struct Public {
    allow_signups: bool,
    allow_not_verified_users_login: bool,
    api_tokens_enabled: bool,
    force_permissions: bool,
    #[schema(value_type = String, example = "EmailAndPassword")]
    auth_strategy: &'static str,
    #[schema(value_type = String, example = "ClientCredentials")]
    machine_to_machine_auth_strategy: &'static str,
    allow_tenant_invitations: bool,
}

/// What can be changed. Every other field is fixed: it may be sent as it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggConfigurationBody, rename_all = "camelCase")]
struct ConfigurationBody {
    /// `EmailAndPassword`, `MagicLink`, `Code` or `SmsCode`.
    #[schema(example = "SmsCode")]
    auth_strategy: Option<String>,
    default_token_expiration: Option<i64>,
    default_refresh_token_expiration: Option<i64>,
    default_passwordless_token_expiration: Option<i64>,
    allow_signups: Option<bool>,
    /// `RS256`.
    #[schema(example = "RS256")]
    jwt_algorithm: Option<String>,
}

/// The kinds of second factor in detail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMfaConfiguration)]
struct MfaConfiguration {
    authentication_app: App,
    sms: Sms,
    email: Email,
}

/// Authenticator apps.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMfaConfigurationApp)]
struct App {
    active: bool,
    /// What apps show.
    service_name: String,
}

/// Codes by SMS.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMfaConfigurationSms)]
struct Sms {
    active: bool,
    /// Seconds that a code lives.
    token_lifetime_seconds: i64,
}

/// Codes by e-mail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMfaConfigurationEmail)]
struct Email {
    active: bool,
    /// Seconds that a code lives.
    token_lifetime_seconds: i64,
    /// From which address, where e-mail is set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
}

impl MfaConfiguration {
    fn of(project: &Project) -> Self {
        let (on, mfa) = (Strategies::of(&project.settings), &project.settings.mfa);
        let usual = Rules::of_frontegg(project).lifetime_seconds;
        Self {
            authentication_app: App {
                active: on.app,
                service_name: mfa.issuer.clone().unwrap_or_else(|| project.name.clone()),
            },
            sms: Sms { active: on.sms, token_lifetime_seconds: mfa.sms_lifetime_seconds.unwrap_or(usual) },
            email: Email {
                active: on.email,
                token_lifetime_seconds: mfa.email_lifetime_seconds.unwrap_or(usual),
                sender: project.settings.email.providers.first().map(|provider| provider.from.clone()),
            },
        }
    }
}

async fn whole(call: &Call, project: &Project, status: StatusCode) -> Answered {
    let hosted = call.app.with_access_key(&call.hosted).await?;
    let (frontegg, now) = (&project.settings.frontegg, call.ctx.now);
    let body = Configuration {
        id: project.client_id().to_owned(),
        default_token_expiration: frontegg.access_token_seconds,
        default_refresh_token_expiration: frontegg.refresh_token_seconds,
        default_passwordless_token_expiration: Rules::of_frontegg(project).lifetime_seconds,
        public_key: hosted.keys.access_pem(now)?.unwrap_or_default(),
        allow_signups: project.settings.auth.sign_up,
        auth_strategy: Strategies::of(&project.settings).main.name(),
        fixed: FIXED,
    };
    answer(status, &body)
}

/// The whole configuration.
#[utoipa::path(get, path = "/identity/resources/configurations/v1", tag = "frontegg",
    responses((status = 200, body = Configuration), (status = 401, body = Body), (status = 403, body = Body)))]
async fn get(call: &Call) -> Answered {
    whole(call, call.project(), StatusCode::OK).await
}

/// Changes the configuration, and answers the whole.
#[utoipa::path(post, path = "/identity/resources/configurations/v1", tag = "frontegg", request_body = ConfigurationBody,
    responses((status = 201, body = Configuration), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn update(call: &Call) -> Answered {
    let mut params = call.params();
    refuse_fixed(&params)?;
    let strategy = params.optional_text("authStrategy", 1, 64);
    let access = params.optional_number("defaultTokenExpiration", 60, 86_400);
    let refresh = params.optional_number("defaultRefreshTokenExpiration", 60, 15_552_000);
    let code = params.optional_number("defaultPasswordlessTokenExpiration", 300, 3_600);
    let sign_up = params.optional_bool("allowSignups");
    params.check()?;
    let mut patch = Patch::default();
    patch.set("frontegg", "mainStrategy", strategy);
    patch.set("frontegg", "accessTokenSeconds", access);
    patch.set("frontegg", "refreshTokenSeconds", refresh);
    patch.set("otp", "lifetimeSeconds", code);
    patch.set("auth", "signUp", sign_up);
    let project = change(call, patch.done()).await?;
    whole(call, &project, StatusCode::CREATED).await
}

/// What differs from what is fixed here.
fn refuse_fixed(params: &Params<'_>) -> Result<(), Failure> {
    let refuse = |words: String| Err(Failure::new(StatusCode::BAD_REQUEST, words));
    if params.any("jwtAlgorithm").is_some_and(|value| value == "HS256") || params.any("jwtSecret").is_some() {
        return refuse(
            "jwtAlgorithm HS256 is not offered: whoever can check such a token can make one. Use RS256 and publicKey, or \
             /.well-known/jwks.json."
                .to_owned(),
        );
    }
    let fixed = serde_json::to_value(FIXED).map_err(countersign_domain::base::Error::internal)?;
    for (name, value) in fixed.as_object().into_iter().flatten() {
        if params.any(name).is_some_and(|sent| sent != value) {
            return refuse(format!("{name} is {value} here and cannot be changed."));
        }
    }
    Ok(())
}

/// Settings that are to be changed.
#[derive(Default)]
struct Patch(Map<String, Json>);

impl Patch {
    fn set(&mut self, section: &str, key: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            let section = self.0.entry(section).or_insert_with(|| json!({}));
            section[key] = value.into();
        }
    }

    fn done(self) -> Json {
        Json::Object(self.0)
    }
}

/// What a login page needs to know.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/public", tag = "frontegg",
    responses((status = 200, body = Public)))]
async fn get_public(call: &Call) -> Answered {
    let settings = &call.project().settings;
    let body = Public {
        allow_signups: settings.auth.sign_up,
        allow_not_verified_users_login: FIXED.allow_not_verified_users_login,
        api_tokens_enabled: FIXED.api_tokens_enabled,
        force_permissions: FIXED.force_permissions,
        auth_strategy: Strategies::of(settings).main.name(),
        machine_to_machine_auth_strategy: FIXED.machine_to_machine_auth_strategy,
        allow_tenant_invitations: FIXED.allow_tenant_invitations,
    };
    answer(StatusCode::OK, &body)
}

/// The kinds of second factor in detail.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/mfa", tag = "frontegg",
    responses((status = 200, body = MfaConfiguration), (status = 401, body = Body), (status = 403, body = Body)))]
async fn get_mfa(call: &Call) -> Answered {
    answer(StatusCode::OK, &MfaConfiguration::of(call.project()))
}

/// The kinds of second factor as they are to be. What is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaConfigurationBody, rename_all = "camelCase")]
struct MfaConfigurationBody {
    #[schema(value_type = Option<Object>, example = json!({"active": true, "serviceName": "The Shop"}))]
    authentication_app: Option<Json>,
    #[schema(value_type = Option<Object>, example = json!({"active": true, "tokenLifetimeSeconds": 600}))]
    sms: Option<Json>,
    #[schema(value_type = Option<Object>, example = json!({"active": true, "tokenLifetimeSeconds": 600}))]
    email: Option<Json>,
}

/// Changes the kinds of second factor in detail, and answers the whole.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/mfa", tag = "frontegg", request_body = MfaConfigurationBody,
    responses((status = 201, body = MfaConfiguration), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn update_mfa(call: &Call) -> Answered {
    let mut params = call.params();
    let app = params.optional_object("authenticationApp");
    let (sms, email) = (params.optional_object("sms"), params.optional_object("email"));
    params.check()?;
    let mut patch = Patch::default();
    if let Some(app) = &app {
        let mut params = Params::of(app);
        patch.set("mfa", "totp", params.optional_bool("active"));
        patch.set("mfa", "issuer", params.optional_text("serviceName", 1, 128));
        params.check()?;
    }
    if let Some(sms) = &sms {
        let mut params = Params::of(sms);
        patch.set("mfa", "phone", params.optional_bool("active"));
        patch.set("mfa", "smsLifetimeSeconds", params.optional_number("tokenLifetimeSeconds", 300, 3_600));
        params.check()?;
    }
    if let Some(email) = &email {
        let mut params = Params::of(email);
        patch.set("mfa", "email", params.optional_bool("active"));
        patch.set("mfa", "emailLifetimeSeconds", params.optional_number("tokenLifetimeSeconds", 300, 3_600));
        let sender = params.optional_text("sender", 1, 320);
        params.check()?;
        let own = call.project().settings.email.providers.first().map(|provider| provider.from.as_str());
        if sender.is_some() && sender != own {
            let words = "The sender is that of the project's e-mail provider: change it there.";
            return Err(Failure::new(StatusCode::BAD_REQUEST, words));
        }
    }
    let project = change(call, patch.done()).await?;
    answer(StatusCode::CREATED, &MfaConfiguration::of(&project))
}
