//! Hosted login (contract frontegg §1.5): where applications send browsers, and what they read about that. Who is signed
//! in there our login page knows, at our own address; so these routes look at the request and lead to it.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, ORIGIN, REFERRER_POLICY};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use countersign_domain::base::{Error, Secret};
use countersign_domain::session::Session;
use countersign_domain::signin::{self, authorize as signin_authorize};
use countersign_domain::token::CACHED_SECONDS;
use minijinja::context;
use serde::Serialize;
use utoipa::OpenApi;

use super::call::{Answered, Call, Identity};
use super::error::{Body, Failure};
use super::oauth::{LOGOUT_TOKEN, TOKEN};
use super::session::refresh_cookie;
use super::wire::{answer, done};
use super::{Route, Who, cookie, handler};
use crate::app::App;
use crate::http::oidc::{self, Asked};
use crate::http::security::ORIGIN_ONLY;
use crate::page;

const AUTHORIZE: &str = "/oauth/authorize";
pub(super) const LOGOUT: &str = "/oauth/logout";
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, AUTHORIZE, Who::Anybody, handler!(authorize)).limited(120),
    Route::new(Method::GET, LOGOUT, Who::Anybody, handler!(logout)).limited(120),
    Route::new(Method::GET, DISCOVERY, Who::Anybody, handler!(discover)),
];

#[derive(OpenApi)]
#[openapi(paths(authorize, logout, discover))]
pub(super) struct Document;

fn without_address() -> Failure {
    let words = "This server does not know its own address yet. Whoever runs it sets public_url.";
    Failure::new(StatusCode::NOT_FOUND, words)
}

/// Leads a browser on.
fn lead(to: &str) -> Result<Response, Failure> {
    let mut response = StatusCode::FOUND.into_response();
    let to = HeaderValue::from_str(to).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, to);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Where an application sends a browser for its person to sign in. It comes back to `redirect_uri` with `code`, `state`
/// and `iss`, or with `error`. What may lead nowhere is told to the person, and the browser stays here.
#[utoipa::path(get, path = "/oauth/authorize", tag = "frontegg",
    params(
        ("client_id" = String, Query, description = "The project's `frontegg.clientId`, or its id."),
        ("redirect_uri" = String, Query, description = "Where the browser comes back to: an http or https address of one of the project's platforms."),
        ("response_type" = String, Query, description = "`code`."),
        ("code_challenge" = String, Query, description = "The SHA-256 of the verifier, in base64url."),
        ("code_challenge_method" = String, Query, description = "`S256`."),
        ("state" = Option<String>, Query, description = "Comes back as it is."),
        ("nonce" = Option<String>, Query, description = "Stands in the token."),
        ("prompt" = Option<String>, Query, description = "`none`: no page is shown; `login`: the person signs in in any case."),
        ("max_age" = Option<i64>, Query, description = "How long ago he may have signed in, in seconds."),
        ("login_hint" = Option<String>, Query, description = "A number to begin with."),
        ("scope" = Option<String>, Query, description = "Not looked at: a token says all it can."),
    ),
    responses((status = 302, description = "To our login page, or back to the application."),
        (status = 400, description = "A page that says what is wrong.", content_type = "text/html", body = String),
        (status = 429, body = Body)))]
async fn authorize(call: &Call) -> Answered {
    let mut pairs = Vec::new();
    for name in oidc::NAMES {
        pairs.extend(call.queries(name).into_iter().map(|value| (name.to_owned(), value.to_owned())));
    }
    match Asked::read(&call.app, &pairs).await? {
        Ok(asked) => {
            let base = call.app.base_url().ok_or_else(without_address)?;
            lead(&format!("{base}/login/authorize?{}", asked.query()))
        }
        Err(oidc::Refused::Back(to)) => lead(&to),
        Err(oidc::Refused::Here(words)) => {
            let context = context! { title => "This did not work", message => words, to_login => false };
            let html = page::render("login/refused.html", context)?;
            Ok((StatusCode::BAD_REQUEST, [(CACHE_CONTROL, "no-store")], Html(html)).into_response())
        }
    }
}

/// A request to sign out that no script of an application made: a link, an address, an image. Any page can have made it,
/// so it goes on to a page of ours that looks at where it comes from, and asks. What scripts add to a request no page of
/// somebody else may add.
pub(super) fn asked_by_page(app: &App, request: &Request) -> Option<Response> {
    let headers = request.headers();
    let is_script = headers.contains_key(AUTHORIZATION)
        || headers.contains_key("x-access-token")
        || headers.contains_key(ORIGIN)
        || headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if request.method() != Method::GET || is_script {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    let led = app.base_url().ok_or_else(without_address).and_then(|base| lead(&format!("{base}/login/leave?{query}")));
    let mut response = led.unwrap_or_else(|failure| failure.into_response(app.clock.now()));
    // The page over there is told from where the person comes.
    response.headers_mut().insert(REFERRER_POLICY, ORIGIN_ONLY);
    Some(response)
}

/// Signs out: the session of the refresh cookie or else of the access token, the one of this browser at our login page,
/// and all that came of it. A browser that is led here, and not asked by the application's script, is asked on our page
/// unless an application of the project or a token shows that it should be; then it goes to `post_logout_redirect_uri`.
#[utoipa::path(get, path = "/oauth/logout", tag = "frontegg",
    params(
        ("post_logout_redirect_uri" = Option<String>, Query, description = "Where a browser goes then: on one of the project's platforms."),
        ("state" = Option<String>, Query, description = "Goes there too."),
        ("client_id" = Option<String>, Query, description = "The project's `frontegg.clientId`, or its id."),
        ("id_token_hint" = Option<String>, Query, description = "A token of whoever is to be signed out. It may have expired."),
    ),
    responses((status = 200, description = "It is over, or there was none."),
        (status = 302, description = "To our page.")))]
async fn logout(call: &Call) -> Answered {
    if is_foreign(call) {
        return Err(Failure::unauthorized());
    }
    let secrets: Vec<Secret> = refresh_cookie(call).into_iter().chain(page_cookie(call)).collect();
    let named = match &call.identity {
        Identity::User(signed) => Some(signed.session.clone()),
        Identity::Guest | Identity::Vendor(_) => None,
    };
    let ctx = call.ctx.clone();
    let ended = call.app.db.write(move |tx| {
        let mut sessions: Vec<Session> = named.iter().cloned().collect();
        for secret in &secrets {
            sessions.extend(signin::find_session(tx, &ctx, secret)?.map(|(session, _)| session));
        }
        for session in &sessions {
            signin_authorize::leave(tx, &ctx, session)?;
        }
        Ok(())
    });
    ended.await?;
    let mut response = done(StatusCode::OK);
    cookie::clear_refresh(call, &mut response)?;
    Ok(response)
}

/// Whether a page asks that is none of the project's and brings no token of whoever is to be signed out.
fn is_foreign(call: &Call) -> bool {
    let is_own = |origin: &str| {
        let rest = call.app.base_url().and_then(|base| base.strip_prefix(origin));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let brings_token = matches!(call.identity, Identity::User(_));
    !brings_token && !call.cross_site && call.origin().is_some_and(|origin| !is_own(origin))
}

/// The secret of whoever is signed in at our login page in this browser.
fn page_cookie(call: &Call) -> Option<Secret> {
    let (secret, project) = call.cookie(oidc::PAGE_SESSION)?.split_once('.')?;
    (project == &*call.hosted.id).then(|| Secret::new(secret))
}

/// What an application need not be told about hosted login (OIDC Discovery §3, RFC 8414 §2, RFC 9207 §3).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FronteggDiscovery)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    end_session_endpoint: String,
    revocation_endpoint: String,
    jwks_uri: String,
    #[schema(value_type = Vec<String>)]
    scopes_supported: [&'static str; 3],
    #[schema(value_type = Vec<String>)]
    response_types_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    response_modes_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    grant_types_supported: [&'static str; 2],
    #[schema(value_type = Vec<String>)]
    subject_types_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    id_token_signing_alg_values_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_methods_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    code_challenge_methods_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    prompt_values_supported: [&'static str; 2],
    #[schema(value_type = Vec<String>)]
    claims_supported: [&'static str; 14],
    authorization_response_iss_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

/// Where everything is, for clients of OIDC.
#[utoipa::path(get, path = "/.well-known/openid-configuration", tag = "frontegg",
    responses((status = 200, body = Discovery), (status = 404, body = Body, description = "`public_url` is not set.")))]
async fn discover(call: &Call) -> Answered {
    let base = call.app.base_url().ok_or_else(without_address)?;
    let at = |path: &str| format!("{base}{path}");
    let discovery = Discovery {
        issuer: base.to_owned(),
        authorization_endpoint: at(AUTHORIZE),
        token_endpoint: at(TOKEN),
        end_session_endpoint: at(LOGOUT),
        revocation_endpoint: at(LOGOUT_TOKEN),
        jwks_uri: at("/.well-known/jwks.json"),
        scopes_supported: ["openid", "profile", "email"],
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: ["none"],
        revocation_endpoint_auth_methods_supported: ["none"],
        code_challenge_methods_supported: ["S256"],
        prompt_values_supported: ["none", "login"],
        claims_supported: [
            "iss",
            "aud",
            "sub",
            "iat",
            "exp",
            "auth_time",
            "nonce",
            "sid",
            "email",
            "email_verified",
            "name",
            "amr",
            "acr",
            "tenantId",
        ],
        authorization_response_iss_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
    };
    let mut response = answer(StatusCode::OK, &discovery)?;
    let cached = HeaderValue::from_str(&format!("public, max-age={CACHED_SECONDS}")).map_err(Error::internal)?;
    response.headers_mut().insert(CACHE_CONTROL, cached);
    Ok(response)
}
