//! Which ways to sign in there are, and which second factors (contract frontegg §2.7). What is answered is what is really
//! on, once every rule of their coexistence is applied; what would break one is refused with the reason.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Error};
use countersign_domain::project::coexistence::Strategies;
use countersign_domain::project::{self, Project};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::webauthn::not_offered;
use super::wire::{answer, done};
use super::{READ, Route, Who, handler};

pub(super) const WRITE: Who = Who::Vendor("project.write");
const MFA: &str = "/identity/resources/configurations/v1/mfa/strategies";
const LOGIN: &str = "/identity/resources/configurations/v1/auth/strategies";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, MFA, Who::PeopleOrVendor(READ), handler!(list_mfa)),
    Route::new(Method::POST, MFA, WRITE, handler!(update_mfa)),
    Route::new(Method::GET, LOGIN, Who::PeopleOrVendor(READ), handler!(list)),
    Route::new(Method::POST, LOGIN, WRITE, handler!(update)),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/auth/strategies/public",
        Who::Anybody,
        handler!(list_public),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(list_mfa, update_mfa, list, update, list_public))]
pub(super) struct Document;

/// A strategy, and whether it is on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggStrategy)]
struct Strategy {
    #[schema(value_type = String, example = "SMS")]
    strategy: &'static str,
    is_active: bool,
}

/// The kinds of second factor.
#[derive(Serialize, ToSchema)]
#[schema(as = FronteggMfaStrategies)]
struct MfaStrategies {
    strategies: Vec<Strategy>,
}

/// How people sign in first.
#[derive(Serialize, ToSchema)]
#[schema(as = FronteggMainStrategy)]
struct Main {
    #[schema(value_type = String, example = "EmailAndPassword")]
    strategy: &'static str,
}

/// The ways to sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggLoginStrategies)]
struct LoginStrategies {
    main_auth_strategies: [Main; 1],
    secondary_auth_strategies: Vec<Strategy>,
}

/// A strategy that is to be on or off.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggStrategyBody, rename_all = "camelCase")]
struct StrategyBody {
    #[schema(example = "SmsCodeV2")]
    strategy: String,
    is_active: bool,
}

fn listed(all: &[(&'static str, bool)]) -> Vec<Strategy> {
    all.iter().map(|(strategy, is_active)| Strategy { strategy, is_active: *is_active }).collect()
}

/// Changes the project's settings. What a rule refuses is told in the rule's own words.
pub(super) async fn change(call: &Call, patch: Json) -> Result<Project, Failure> {
    let ctx = call.ctx.clone();
    let changed = call.app.db.write(move |tx| project::update(tx, &ctx, &ctx.project, None, &patch)).await;
    changed.map_err(refused)
}

fn refused(error: Error) -> Failure {
    match error.code {
        Code::InvalidValue { reason, .. } => Failure::new(StatusCode::BAD_REQUEST, reason),
        _ => error.into(),
    }
}

/// Which strategy is meant, and whether it is to be on.
fn wanted(call: &Call) -> Result<(&str, bool), Failure> {
    let mut params = call.params();
    let (strategy, on) = (params.text("strategy", 1, 64), params.optional_bool("isActive"));
    match (strategy, on) {
        (Some(strategy), Some(on)) => Ok((strategy, on)),
        (Some(_), None) if params.is_absent("isActive") => {
            Err(Failure::new(StatusCode::BAD_REQUEST, "isActive is required"))
        }
        _ => Err(params.failure().into()),
    }
}

/// The kinds of second factor.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/mfa/strategies", tag = "frontegg",
    responses((status = 200, body = MfaStrategies), (status = 401, body = Body), (status = 403, body = Body)))]
async fn list_mfa(call: &Call) -> Answered {
    let on = Strategies::of(&call.project().settings);
    let strategies = listed(&[
        ("AuthenticatorApp", on.app),
        ("WebAuthnPlatform", false),
        ("WebAuthnCrossPlatform", false),
        ("SMS", on.sms),
        ("EmailCode", on.email),
    ]);
    answer(StatusCode::OK, &MfaStrategies { strategies })
}

/// Switches a kind of second factor on or off.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/mfa/strategies", tag = "frontegg", request_body = StrategyBody,
    responses((status = 201, description = "It is so."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn update_mfa(call: &Call) -> Answered {
    let (strategy, on) = wanted(call)?;
    let key = match strategy {
        "AuthenticatorApp" => "totp",
        "SMS" => "phone",
        "EmailCode" => "email",
        "WebAuthnPlatform" | "WebAuthnCrossPlatform" if on => return Err(not_offered()),
        "WebAuthnPlatform" | "WebAuthnCrossPlatform" => return Ok(done(StatusCode::CREATED)),
        _ => {
            let words = "strategy must be AuthenticatorApp, SMS, EmailCode, WebAuthnPlatform or WebAuthnCrossPlatform";
            return Err(Failure::new(StatusCode::BAD_REQUEST, words));
        }
    };
    change(call, json!({ "mfa": { key: on } })).await?;
    Ok(done(StatusCode::CREATED))
}

fn login(call: &Call) -> Answered {
    let on = Strategies::of(&call.project().settings);
    let body = LoginStrategies {
        main_auth_strategies: [Main { strategy: on.main.name() }],
        secondary_auth_strategies: listed(&[
            ("SmsCodeV2", on.sms_beside),
            // The card of older boxes.
            ("SmsCode", on.sms_beside),
            ("Passkeys", false),
            ("WebAuthnPlatform", false),
            ("WebAuthnCrossPlatform", false),
        ]),
    };
    answer(StatusCode::OK, &body)
}

/// The ways to sign in, for a login page.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/auth/strategies/public", tag = "frontegg",
    responses((status = 200, body = LoginStrategies)))]
async fn list_public(call: &Call) -> Answered {
    login(call)
}

/// The ways to sign in.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/auth/strategies", tag = "frontegg",
    responses((status = 200, body = LoginStrategies), (status = 401, body = Body), (status = 403, body = Body)))]
async fn list(call: &Call) -> Answered {
    login(call)
}

/// Switches a secondary way to sign in on or off.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/auth/strategies", tag = "frontegg", request_body = StrategyBody,
    responses((status = 201, description = "It is so."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn update(call: &Call) -> Answered {
    let refuse = |words: &str| Err(Failure::new(StatusCode::BAD_REQUEST, words));
    match wanted(call)? {
        ("SmsCodeV2" | "SmsCode", on) => change(call, json!({ "frontegg": { "smsLogin": on } })).await?,
        ("Passkeys" | "WebAuthnPlatform" | "WebAuthnCrossPlatform", true) => return Err(not_offered()),
        ("Passkeys" | "WebAuthnPlatform" | "WebAuthnCrossPlatform", false) => return Ok(done(StatusCode::CREATED)),
        _ => {
            return refuse(
                "strategy must be SmsCodeV2, SmsCode, Passkeys, WebAuthnPlatform or WebAuthnCrossPlatform; the main one is \
                 authStrategy of POST configurations/v1",
            );
        }
    };
    Ok(done(StatusCode::CREATED))
}
