//! Sessions: how they begin, go on and end.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Code, Email, Error, Secret};
use countersign_domain::session::{self, Session};
use countersign_domain::signin::step::{self, Stepped};
use countersign_domain::signin::{self, Caller, Factor, Refreshed, SignedIn, Step, enrol};
use countersign_domain::user::User;
use utoipa::OpenApi;

use super::call::{Answered, Call, Identity};
use super::error::{Body, Failure};
use super::mfa::NewApp;
use super::wire::{Authentication, MfaDevices, answer, done, strategy};
use super::{Route, Who, cookie, handler, token};
use crate::http::cookie::imf_fixdate;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/auth/v1/user/token/refresh", Who::Anybody, handler!(refresh))
        .limited(120),
    Route::new(Method::POST, "/identity/resources/auth/v1/logout", Who::Anybody, handler!(logout)),
];

#[derive(OpenApi)]
#[openapi(paths(refresh, logout))]
pub(super) struct Document;

/// Answers a sign-in, whichever way it was: with tokens and their cookies, or with what is yet to be shown.
pub(super) async fn signed_in(call: &Call, status: StatusCode, signed_in: &SignedIn) -> Answered {
    let SignedIn { session, secret, user } = signed_in;
    match signin::next_step(call.project(), user, &session.factors) {
        Step::Done => tokens(call, status, user, session, Some(secret), Extra::default()).await,
        step => {
            if let Some(session) = recognised(call, signed_in, &step).await? {
                return tokens(call, status, user, &session, Some(secret), Extra::default()).await;
            }
            let caller = Caller { user: user.clone(), session: session.clone() };
            lacking(call, status, &caller, secret, &step).await
        }
    }
}

/// The session of somebody whose device is remembered, let in.
async fn recognised(call: &Call, signed_in: &SignedIn, step: &Step) -> Result<Option<Session>, Failure> {
    let device = call.cookie(&cookie::device_name(call.project().client_id())).filter(|name| session::is_device(name));
    let (Some(device), Step::Show(_)) = (device.map(Secret::new), step) else { return Ok(None) };
    let caller = Caller { user: signed_in.user.clone(), session: signed_in.session.clone() };
    let (ctx, hosted, terms) = (call.ctx.clone(), call.hosted.clone(), call.terms());
    let recognised =
        call.app.db.write(move |tx| step::recognise(tx, &ctx, &hosted.project, &terms, &caller, &device)).await?;
    Ok(recognised)
}

/// Asks somebody who showed one factor for another: `token` is for that alone.
pub(super) async fn lacking(call: &Call, status: StatusCode, caller: &Caller, token: &Secret, step: &Step) -> Answered {
    let user = &caller.user;
    let (ctx, of, wanted) = (call.ctx.clone(), user.clone(), step.clone());
    let devices = call.app.db.read(move |tx| step::devices(tx, &ctx, &of, &wanted)).await?;
    let (enrolled, kinds) = match step {
        Step::Show(factors) => (true, factors.as_slice()),
        Step::Enrol(factors) => (false, factors.as_slice()),
        Step::Done => (true, [].as_slice()),
    };
    let app = new_app(call, caller, step).await?;
    let body = Authentication {
        qr_code: app.as_ref().map(|app| app.qr_code.clone()),
        secret: app.map(|app| app.secret),
        mfa_token: Some(token.expose().to_owned()),
        mfa_enrolled: Some(enrolled),
        mfa_devices: Some(MfaDevices::of(devices)),
        mfa_strategies: Some(kinds.iter().copied().map(strategy).collect()),
        ..about(user, true)
    };
    answer(status, &body)
}

/// An authenticator app for whoever must set a factor up, where it may be one. Boxes of 5.79 show its picture, and have no
/// other way to begin.
async fn new_app(call: &Call, caller: &Caller, step: &Step) -> Result<Option<NewApp>, Failure> {
    match step {
        Step::Enrol(kinds) if kinds.contains(&Factor::Totp) => {
            let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), caller.clone());
            let app = call.app.db.write(move |tx| enrol::start_app(tx, &ctx, &hosted.project, &caller)).await?;
            Ok(Some(NewApp::of(&app)?))
        }
        Step::Done | Step::Show(_) | Step::Enrol(_) => Ok(None),
    }
}

/// Answers whoever showed a second factor, or set one up.
pub(super) async fn stepped(call: &Call, status: StatusCode, stepped: &Stepped) -> Answered {
    let SignedIn { session, secret, user } = &stepped.signed_in;
    let extra = Extra { device: stepped.device.as_ref(), recovery_code: stepped.recovery_code.as_ref() };
    tokens(call, status, user, session, Some(secret), extra).await
}

/// What comes with the tokens of somebody who showed a second factor.
#[derive(Default)]
struct Extra<'a> {
    /// The secret of a device that is remembered from now on.
    device: Option<&'a Secret>,
    recovery_code: Option<&'a Secret>,
}

/// Tokens for a session that has shown enough, and their cookies. Without a secret the one that the client has goes on.
async fn tokens(
    call: &Call,
    status: StatusCode,
    user: &User,
    session: &Session,
    secret: Option<&Secret>,
    extra: Extra<'_>,
) -> Answered {
    let access = token::of_user(call, user, session).await?;
    let seconds = call.project().settings.frontegg.access_token_seconds;
    let body = Authentication {
        access_token: Some(access.expose().to_owned()),
        refresh_token: secret.map(|secret| secret.expose().to_owned()),
        expires_in: Some(seconds),
        expires: Some(imf_fixdate(call.ctx.now.plus_seconds(seconds))),
        recovery_code: extra.recovery_code.map(|code| code.expose().to_owned()),
        ..about(user, false)
    };
    let mut response = answer(status, &body)?;
    if let Some(secret) = secret {
        cookie::keep_refresh(call, &mut response, secret.expose(), session.expires_at)?;
    }
    match extra.device {
        // Its name is another one now, so that nobody knows it who planted the old one.
        Some(device) => cookie::keep_device(call, &mut response, device.expose())?,
        None => keep_device(call, &mut response)?,
    }
    Ok(response)
}

/// What every answer to a sign-in says of its user.
pub(super) fn about(user: &User, mfa_required: bool) -> Authentication {
    Authentication {
        token_type: "bearer",
        mfa_required,
        user_id: Some(user.id.clone()),
        user_email: user.email.as_ref().map(Email::as_str).map(str::to_owned),
        email_verified: Some(user.is_email_verified()),
        ..Authentication::default()
    }
}

/// The device goes on under its name, or gets one.
pub(super) fn keep_device(call: &Call, response: &mut Response) -> Result<(), Failure> {
    match call.cookie(&cookie::device_name(call.project().client_id())).filter(|name| session::is_device(name)) {
        Some(name) => cookie::keep_device(call, response, name),
        None => cookie::keep_device(call, response, session::new_device(&call.ctx).expose()),
    }
}

/// The refresh token that a client sends: in the body, or in its cookie.
fn refresh_token(call: &Call) -> Result<Option<Secret>, Failure> {
    let mut params = call.params();
    let sent = params.optional_text("refreshToken", 1, 1_024);
    params.check()?;
    Ok(sent.map(Secret::new).or_else(|| refresh_cookie(call)))
}

/// The refresh token in a client's cookie.
pub(super) fn refresh_cookie(call: &Call) -> Option<Secret> {
    let names = cookie::refresh_names(call.project().client_id());
    names.iter().find_map(|name| call.cookie(name)).map(Secret::new)
}

/// Another access token, and another refresh token in place of the one that is shown. One that was replaced before ends
/// its session, because somebody else may have it.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/token/refresh", tag = "frontegg",
    request_body = Option<RefreshBody>,
    responses((status = 201, body = Authentication), (status = 401, body = Body), (status = 429, body = Body)))]
async fn refresh(call: &Call) -> Answered {
    let mut params = call.params();
    let tenant = params.optional_text("tenantId", 1, 36).map(str::to_owned);
    params.check()?;
    let shown = refresh_token(call)?.ok_or_else(Failure::no_session)?;
    let refreshed = call.app.refresh(&call.ctx, &call.hosted, call.terms(), shown, tenant).await;
    let Refreshed { session, user, secret } = refreshed.map_err(|error| match error.code {
        // Clients sign in again, and are told there.
        Code::UserBlocked | Code::MoreFactorsRequired => Failure::no_session(),
        _ => error.into(),
    })?;
    tokens(call, StatusCode::CREATED, &user, &session, secret.as_ref(), Extra::default()).await
}

/// What a client without cookies sends.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggRefresh, rename_all = "camelCase")]
struct RefreshBody {
    /// The token of the last sign-in or refresh, where it is in no cookie.
    refresh_token: Option<String>,
    /// Another of the user's accounts, in which he is to act from now on.
    tenant_id: Option<String>,
}

/// Ends the session of the refresh token, or else of the access token.
#[utoipa::path(post, path = "/identity/resources/auth/v1/logout", tag = "frontegg",
    request_body = Option<RefreshBody>, responses((status = 201, description = "It is over, or there was none.")))]
async fn logout(call: &Call) -> Answered {
    let (ctx, shown) = (call.ctx.clone(), refresh_token(call)?);
    let named = match &call.identity {
        Identity::User(signed) => Some((signed.user.id.clone(), signed.session.id.clone())),
        Identity::Guest | Identity::Vendor(_) => None,
    };
    let ended = call.app.db.write(move |tx| {
        let found = match &shown {
            Some(shown) => signin::find_session(tx, &ctx, shown)?.map(|(session, user)| (user.id, session.id)),
            None => None,
        };
        match found.or_else(|| named.clone()) {
            Some((user, id)) => session::delete(tx, &ctx, &user, &id),
            None => Ok(()),
        }
    });
    over(ended.await)?;
    let mut response = done(StatusCode::CREATED);
    cookie::clear_refresh(call, &mut response)?;
    Ok(response)
}

/// Somebody else may have ended it meanwhile.
pub(super) fn over(ended: Result<(), Error>) -> Result<(), Error> {
    match ended {
        Err(error) if error.code != Code::SessionNotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
