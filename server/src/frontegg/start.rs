//! What login boxes and portals read before anybody does anything (contract frontegg §2.11, §4.2): of what Frontegg has and
//! we have not, that there is none.

use axum::http::{Method, StatusCode};
use serde_json::{Value as Json, json};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::Body;
use super::wire::answer;
use super::{READ, Route, Who, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/flags", Who::Anybody, handler!(flags)),
    Route::new(Method::GET, "/metadata", Who::Anybody, handler!(metadata)),
    Route::new(Method::GET, "/vendors/public", Who::Anybody, handler!(vendor)),
    Route::new(Method::GET, "/team/resources/sso/v2/configurations/public", Who::Anybody, handler!(sso)),
    Route::new(Method::GET, "/identity/resources/sso/v2", Who::Anybody, handler!(social)),
    Route::new(Method::GET, "/identity/resources/sso/custom/v1", Who::Anybody, handler!(custom_social)),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/sign-up/strategies",
        Who::Anybody,
        handler!(sign_up),
    ),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/sessions/v1",
        Who::PeopleOrVendor(READ),
        handler!(sessions),
    ),
    Route::new(Method::GET, "/identity/resources/configurations/v1/password", Who::Anybody, handler!(password)),
    Route::new(Method::GET, "/identity/resources/users/v1/passwords/config", Who::Anybody, handler!(password_of_user)),
];

#[derive(OpenApi)]
#[openapi(paths(flags, metadata, vendor, sso, social, custom_social, sign_up, sessions, password, password_of_user,))]
pub(super) struct Document;

fn ok(body: &Json) -> Answered {
    answer(StatusCode::OK, body)
}

/// Features that can be switched on: none.
#[utoipa::path(get, path = "/flags", tag = "frontegg", responses((status = 200, body = Object)))]
async fn flags(_: &Call) -> Answered {
    ok(&json!({}))
}

/// How a box looks: as it comes.
#[utoipa::path(get, path = "/metadata", tag = "frontegg",
    params(("entityName" = Option<String>, Query, description = "Which box.")), responses((status = 200, body = Object)))]
async fn metadata(call: &Call) -> Answered {
    let name = call.query("entityName").unwrap_or_default();
    ok(&json!({ "rows": [{ "entityName": name, "configuration": {} }] }))
}

/// The project as people see it.
#[utoipa::path(get, path = "/vendors/public", tag = "frontegg", responses((status = 200, body = Object)))]
async fn vendor(call: &Call) -> Answered {
    let none = Json::Null;
    ok(&json!({ "name": call.project().brand(), "logo": none, "icon": none, "whiteLabelMode": true }))
}

/// Single sign-on: none.
#[utoipa::path(get, path = "/team/resources/sso/v2/configurations/public", tag = "frontegg",
    responses((status = 200, body = Object)))]
async fn sso(_: &Call) -> Answered {
    ok(&json!({ "isActive": false }))
}

/// Social logins: none.
#[utoipa::path(get, path = "/identity/resources/sso/v2", tag = "frontegg", responses((status = 200, body = Vec<Object>)))]
async fn social(_: &Call) -> Answered {
    ok(&json!([]))
}

/// The project's own social logins: none.
#[utoipa::path(get, path = "/identity/resources/sso/custom/v1", tag = "frontegg", responses((status = 200, body = Object)))]
async fn custom_social(_: &Call) -> Answered {
    ok(&json!({ "providers": [] }))
}

/// By what people sign up.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/sign-up/strategies", tag = "frontegg",
    responses((status = 200, body = Vec<Object>)))]
async fn sign_up(call: &Call) -> Answered {
    let auth = &call.project().settings.auth;
    let is_active = auth.sign_up && (auth.email_password || auth.email_otp || auth.magic_url);
    ok(&json!([
        { "strategy": "email", "isActive": is_active, "isRequired": is_active },
        { "strategy": "phoneNumber", "isActive": false, "isRequired": false },
        { "strategy": "username", "isActive": false, "isRequired": false },
    ]))
}

/// How sessions end.
#[utoipa::path(get, path = "/identity/resources/configurations/sessions/v1", tag = "frontegg",
    responses((status = 200, body = Object), (status = 401, body = Body)))]
async fn sessions(call: &Call) -> Answered {
    let settings = &call.project().settings;
    ok(&json!({
        // Older boxes take it for a rest of the mouse, and log out at once where it is above 2³¹ ms.
        "sessionIdleTimeoutConfiguration": { "isActive": false, "timeout": settings.frontegg.refresh_token_seconds },
        "sessionTimeoutConfiguration": { "isActive": true, "timeout": settings.auth.duration },
        "sessionConcurrentConfiguration": { "isActive": true, "maxSessions": settings.auth.sessions_limit },
    }))
}

fn read_password() -> Answered {
    // NIST SP 800-63B §3.1.1: length counts, not the kinds of characters.
    ok(&json!({
        "minLength": 8,
        "maxLength": 256,
        "minOptionalTestsToPass": 0,
        "allowPassphrases": true,
        "minPhraseLength": 8,
        "blockPwnedPasswords": false,
        "requiredTests": [],
        "optionalTests": [],
    }))
}

/// What a password must be like. Boxes take none at a sign-up before they know.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/password", tag = "frontegg",
    responses((status = 200, body = Object)))]
async fn password(_: &Call) -> Answered {
    read_password()
}

/// The same for whoever chooses one by a link.
#[utoipa::path(get, path = "/identity/resources/users/v1/passwords/config", tag = "frontegg",
    params(("userId" = Option<String>, Query, description = "Whose. It is the same for all.")), responses((status = 200, body = Object)))]
async fn password_of_user(_: &Call) -> Answered {
    read_password()
}
