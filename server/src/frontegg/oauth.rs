//! Hosted login (contract frontegg §1.5): tokens for the code that a browser carried back from our login page, and their
//! refresh (RFC 6749 §4.1.3, §6; OIDC Core §3.1.3). Where browsers are sent is [`super::oauth_browser`]'s.
//!
//! The identity token and the access token are one: Frontegg's browser client shows the identity token as its bearer.

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Code, Error, Secret};
use countersign_domain::db::Tx;
use countersign_domain::session::{self, Session};
use countersign_domain::signin::authorize::{self, Granted, Shown};
use countersign_domain::signin::{self, Refreshed, SignedIn};
use countersign_domain::user::User;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::OpenApi;

use super::call::{Answered, Call, Identity};
use super::error::{self, Failure};
use super::session::{about, keep_device, over, refresh_cookie};
use super::token::UserClaims;
use super::wire::{Authentication, answer, done};
use super::{Route, Who, cookie, handler, token};
use crate::app::App;
use crate::http::call::{read, text};
use crate::http::cookie::imf_fixdate;
use crate::http::form;

pub(super) const TOKEN: &str = "/oauth/token";
pub(super) const LOGOUT_TOKEN: &str = "/oauth/logout/token";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, TOKEN, Who::Anybody, handler!(create)).limited(120),
    Route::new(Method::POST, "/oauth/authorize/silent", Who::Anybody, handler!(silent)).limited(120),
    Route::new(Method::POST, LOGOUT_TOKEN, Who::Anybody, handler!(revoke)).limited(120),
];

#[derive(OpenApi)]
#[openapi(paths(create, silent, revoke))]
pub(super) struct Document;

/// The longest code that is looked at.
const LONGEST_CODE: usize = 1_024;

/// Tokens (RFC 6749 §5.1).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FronteggTokens)]
struct Tokens {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Who signed in, for the application. It is the access token once more.
    id_token: String,
    /// For the next refresh.
    refresh_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token counts.
    #[schema(example = 3600)]
    expires_in: i64,
}

/// The same beside a sign-in as every other route has it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FronteggSilentTokens)]
struct Silent {
    #[serde(flatten)]
    tokens: Tokens,
    #[serde(flatten)]
    sign_in: Authentication,
}

/// A refusal (RFC 6749 §5.2), which says the same in Frontegg's words.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FronteggTokenError)]
struct Refusal {
    /// `invalid_request`, `invalid_client`, `invalid_grant` or `unsupported_grant_type`.
    error: &'static str,
    error_description: String,
    errors: Vec<String>,
}

fn refused(status: StatusCode, error: &'static str, words: impl Into<String>) -> Answered {
    let words = words.into();
    answer(status, &Refusal { error, error_description: words.clone(), errors: vec![words] })
}

fn invalid_grant(words: &str) -> Answered {
    refused(StatusCode::BAD_REQUEST, "invalid_grant", words)
}

/// What asks for tokens.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggTokenBody)]
struct TokenBody {
    /// `authorization_code` or `refresh_token`.
    grant_type: String,
    /// The project's `frontegg.clientId`, where the client says it.
    client_id: Option<String>,
    /// The code that the browser brought.
    code: Option<String>,
    /// Where the browser was sent, exactly as it was said then.
    redirect_uri: Option<String>,
    /// What `code_challenge` is the SHA-256 of.
    code_verifier: Option<String>,
    /// The token of the last answer.
    refresh_token: Option<String>,
    /// With a refresh token: another of the user's accounts, in which he is to act from now on.
    #[schema(rename = "tenantId")]
    tenant_id: Option<String>,
}

/// Gives an application tokens: for a code, once, or for a refresh token.
#[utoipa::path(post, path = "/oauth/token", tag = "frontegg",
    request_body(content((TokenBody = "application/json"), (TokenBody = "application/x-www-form-urlencoded"))),
    responses((status = 200, body = Tokens), (status = 400, body = Refusal), (status = 401, body = Refusal),
        (status = 429, body = error::Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    let grant = params.text("grant_type", 1, 64);
    let client = params.optional_text("client_id", 1, 64);
    let Some(grant) = grant else { return invalid(&params.failure().into()) };
    if let Err(wrong) = params.check() {
        return invalid(&wrong.into());
    }
    if client.is_some_and(|client| client != call.project().client_id()) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "client_id is none of this project.");
    }
    match grant {
        "authorization_code" => exchange(call).await,
        "refresh_token" => refresh(call).await,
        _ => refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "grant_type must be authorization_code or refresh_token.",
        ),
    }
}

/// What is wrong with fields.
fn invalid(failure: &Failure) -> Answered {
    refused(failure.status, "invalid_request", failure.errors.join(" "))
}

async fn exchange(call: &Call) -> Answered {
    let mut params = call.params();
    let code = params.secret("code", 1, LONGEST_CODE);
    let redirect_uri = params.text("redirect_uri", 1, 2_048).map(str::to_owned);
    let verifier = params.secret("code_verifier", 1, 128);
    let (Some(code), Some(redirect_uri), Some(verifier)) = (code, redirect_uri, verifier) else {
        return invalid(&params.failure().into());
    };
    let shown = Shown { code, redirect_uri, verifier };
    let (ctx, hosted, terms) = (call.ctx.clone(), call.hosted.clone(), call.terms());
    let work = move |tx: &mut Tx<'_>| authorize::exchange(tx, &ctx, &hosted.project, &terms, &shown);
    match call.app.db.write(work).await? {
        Ok(Granted { signed_in: SignedIn { session, secret, user }, nonce }) => {
            let tokens = tokens(call, &user, &session, &secret, nonce.as_deref()).await?;
            keeping(call, answer(StatusCode::OK, &tokens)?, &session, Some(&secret))
        }
        Err(error) => match error.code {
            Code::InvalidToken
            | Code::SessionNotFound
            | Code::MoreFactorsRequired
            | Code::UserBlocked
            | Code::UserNotFound => {
                invalid_grant("The code is wrong, was used, or has expired. Send the person to /oauth/authorize again.")
            }
            _ => Err(error.into()),
        },
    }
}

async fn refresh(call: &Call) -> Answered {
    let mut params = call.params();
    let shown = params.secret("refresh_token", 1, LONGEST_CODE);
    let tenant = params.optional_text("tenantId", 1, 36).map(str::to_owned);
    let Some(shown) = shown else { return invalid(&params.failure().into()) };
    params.check()?;
    // A tab remembers the token of its own last refresh; meanwhile another tab of the browser may have had another, which
    // is in the cookie. Whoever has that has no need to steal the older one.
    let cookie = refresh_cookie(call).filter(|cookie| session::id_of(cookie) == session::id_of(&shown));
    let shown = cookie.unwrap_or(shown);
    match call.app.refresh(&call.ctx, &call.hosted, call.terms(), shown.clone(), tenant).await {
        Ok(Refreshed { session, user, secret }) => {
            let tokens = tokens(call, &user, &session, secret.as_ref().unwrap_or(&shown), None).await?;
            keeping(call, answer(StatusCode::OK, &tokens)?, &session, secret.as_ref())
        }
        Err(error) => match error.code {
            Code::SessionNotFound | Code::UserBlocked | Code::MoreFactorsRequired => {
                invalid_grant("The refresh token is wrong, was used, or has expired. Sign in again.")
            }
            _ => Err(error.into()),
        },
    }
}

/// The tokens of a session. Without a new refresh token, `refresh` is the one that the client has.
async fn tokens(
    call: &Call,
    user: &User,
    session: &Session,
    refresh: &Secret,
    nonce: Option<&str>,
) -> Result<Tokens, Failure> {
    let token = token::of_user_with(call, user, session, nonce).await?;
    Ok(Tokens {
        access_token: token.expose().to_owned(),
        id_token: token.expose().to_owned(),
        refresh_token: refresh.expose().to_owned(),
        token_type: "Bearer",
        expires_in: call.project().settings.frontegg.access_token_seconds,
    })
}

/// An answer with the cookies of a sign-in.
fn keeping(call: &Call, mut response: Response, session: &Session, secret: Option<&Secret>) -> Answered {
    if let Some(secret) = secret {
        cookie::keep_refresh(call, &mut response, secret.expose(), session.expires_at)?;
    }
    keep_device(call, &mut response)?;
    Ok(response)
}

/// Whom a silent sign-in is for.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggSilentBody, rename_all = "camelCase")]
struct SilentBody {
    /// Another of the user's accounts, in which he is to act from now on.
    tenant_id: Option<String>,
}

/// Signs in without a page, by the refresh cookie, whose token is replaced.
#[utoipa::path(post, path = "/oauth/authorize/silent", tag = "frontegg", request_body = Option<SilentBody>,
    responses((status = 200, body = Silent), (status = 401, body = error::Body), (status = 429, body = error::Body)))]
async fn silent(call: &Call) -> Answered {
    let mut params = call.params();
    let tenant = params.optional_text("tenantId", 1, 36).map(str::to_owned);
    params.check()?;
    let shown = refresh_cookie(call).ok_or_else(Failure::no_session)?;
    let refreshed = call.app.refresh(&call.ctx, &call.hosted, call.terms(), shown.clone(), tenant).await;
    let Refreshed { session, user, secret } = refreshed.map_err(|error| match error.code {
        // Clients send people to the login page, where they are told.
        Code::UserBlocked | Code::MoreFactorsRequired => Failure::no_session(),
        _ => error.into(),
    })?;
    let tokens = tokens(call, &user, &session, secret.as_ref().unwrap_or(&shown), None).await?;
    let sign_in = Authentication {
        access_token: Some(tokens.access_token.clone()),
        refresh_token: Some(tokens.refresh_token.clone()),
        expires_in: Some(tokens.expires_in),
        expires: Some(imf_fixdate(call.ctx.now.plus_seconds(tokens.expires_in))),
        ..about(&user, false)
    };
    keeping(call, answer(StatusCode::OK, &Silent { tokens, sign_in })?, &session, secret.as_ref())
}

/// What ends a session.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggRevokeBody)]
struct RevokeBody {
    /// A refresh token or an access token (RFC 7009 §2.1).
    token: Option<String>,
    /// A refresh token, as Frontegg's mobile clients call it.
    #[schema(rename = "refreshToken")]
    refresh_token: Option<String>,
}

/// Ends the session of a token: one in the body, or the refresh cookie, or the bearer. Nobody is told whether there was
/// one (RFC 7009 §2.2).
#[utoipa::path(post, path = "/oauth/logout/token", tag = "frontegg",
    request_body(content((RevokeBody = "application/json"), (RevokeBody = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "It is over, or there was none.")))]
async fn revoke(call: &Call) -> Answered {
    let mut params = call.params();
    let names = ["token", "refreshToken", "refresh_token"];
    let sent = names.into_iter().find_map(|name| params.optional_text(name, 1, 8_192));
    params.check()?;
    let ended = match sent.map(Secret::new) {
        Some(token) => match said_by(call, &token) {
            Some(UserClaims { sub, sid, .. }) => Ending::Named(sub, sid),
            None => Ending::Shown(token),
        },
        None => match (refresh_cookie(call), &call.identity) {
            (Some(cookie), _) => Ending::Shown(cookie),
            (None, Identity::User(signed)) => Ending::Named(signed.user.id.clone(), signed.session.id.clone()),
            (None, Identity::Guest | Identity::Vendor(_)) => return Ok(done(StatusCode::OK)),
        },
    };
    let ctx = call.ctx.clone();
    let ended = call.app.db.write(move |tx| match &ended {
        Ending::Named(user, id) => session::delete(tx, &ctx, user, id),
        Ending::Shown(secret) => match signin::find_session(tx, &ctx, secret)? {
            Some((session, user)) => session::delete(tx, &ctx, &user.id, &session.id),
            None => Ok(()),
        },
    });
    over(ended.await)?;
    let mut response = done(StatusCode::OK);
    cookie::clear_refresh(call, &mut response)?;
    Ok(response)
}

/// Which session is to end.
enum Ending {
    /// That of a user with this id.
    Named(String, String),
    /// The one with this secret.
    Shown(Secret),
}

/// What an access token says, if it is one of a person.
fn said_by(call: &Call, token: &Secret) -> Option<UserClaims> {
    let claims: UserClaims =
        call.hosted.keys.verify_access(call.project().client_id(), token.expose(), call.ctx.now)?;
    (claims.kind == token::USER).then_some(claims)
}

/// OAuth's clients send forms (RFC 6749 §4.1.3), while what follows reads JSON. A form of another page is refused there
/// by its `Origin`, which no browser leaves out.
pub(super) async fn unfolded(app: &App, request: Request) -> Result<Request, Failure> {
    let kind = text(request.headers(), CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let too_large = |words: String| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words);
    let bytes = read(app, body).await.map_err(too_large)?;
    let mut fields = Map::new();
    for (name, value) in form::pairs(&String::from_utf8_lossy(&bytes)) {
        if fields.insert(name, Json::String(value)).is_some() {
            return Err(Failure::new(StatusCode::BAD_REQUEST, "A parameter is there more than once."));
        }
    }
    parts.headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    let body = serde_json::to_vec(&fields).map_err(Error::internal)?;
    Ok(Request::from_parts(parts, body.into()))
}
