//! Phone numbers: codes to sign in, numbers of one's own, and passwords chosen by a code.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::base::{Code, Phone, Secret, Target, Time};
use countersign_domain::signin::number::Shown;
use countersign_domain::signin::verify::{Asked, Number};
use countersign_domain::signin::{HandleKind, Rules, Start, Started, Way};
use countersign_domain::verification::Dialect;

use super::call::{Answered, Call};
use super::cookie;
use super::error::{Body, Failure};
use super::session::opened;
use super::wire::{Checked, Sent, SignIn, Success, UserModel, answer};

/// The longest code that is looked at.
const LONGEST_CODE: usize = 64;
/// The lengths of a password (contract nevr §2, §7).
pub(super) const PASSWORD: (usize, usize) = (8, 128);

/// Sends a code. Without a session it signs in, and the answer sets the cookie by which this client may show it; in a
/// session it proves that the number is the caller's.
#[utoipa::path(post, path = "/auth/phone-number/send-otp", tag = "nevr", request_body = super::openapi::Number,
    responses((status = 200, body = Sent), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
pub(super) async fn send_otp(call: &Call) -> Answered {
    let phone = read_number(call)?;
    if call.full().is_some() {
        let token = call.app.start_number(&call.ctx, &call.hosted, call.caller()?, number(call, phone)).await;
        let token = token.map_err(sending)?;
        return answer(&Sent { success: true, expires_in: seconds_left(call, token.expires_at) });
    }
    let started = start(call, phone, Way::Code, cookie::FLOW).await?;
    let expires_at = Time::from_micros(started.expires_at);
    let mut response = answer(&Sent { success: true, expires_in: seconds_left(call, expires_at) })?;
    cookie::keep_flow(call, &mut response, cookie::FLOW, &started.handle, expires_at)?;
    Ok(response)
}

/// Signs in by the code that came to a number, or by a number and a password. An account that asks for a second factor gets
/// `{"twoFactorRedirect": true}` and the cookie of its next step.
#[utoipa::path(post, path = "/auth/sign-in/phone-number", tag = "nevr", request_body = super::openapi::PhoneSignIn,
    responses((status = 200, body = SignIn), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn sign_in(call: &Call) -> Answered {
    let mut params = call.params();
    let phone = params.phone("phoneNumber");
    let remember = params.bool_or("rememberMe", true);
    let by_password = params.is_absent("code") && !params.is_absent("password");
    let secret = if by_password { params.secret("password", 1, 256) } else { params.secret("code", 1, LONGEST_CODE) };
    let (Some(phone), Some(secret)) = (phone, secret) else { return Err(params.failure().into()) };
    params.check()?;
    let phone = phone?;
    if by_password {
        return sign_in_by_password(call, phone, secret, remember).await;
    }
    let shown = shown(call, phone, secret, cookie::FLOW);
    let signed_in = call.app.sign_in_by_number(&call.ctx, &call.hosted, call.terms(remember), shown).await?;
    let mut response = opened(call, &signed_in, remember, |token, user| SignIn { token, user })?;
    cookie::clear_flow(call, &mut response, cookie::FLOW)?;
    Ok(response)
}

async fn sign_in_by_password(call: &Call, phone: Phone, password: Secret, remember: bool) -> Answered {
    call.passwords_are_on()?;
    let by = Target::Phone(phone);
    let answer =
        call.app.sign_in_by_password_on(&call.ctx, &call.hosted, call.terms(remember), by, password).await.map_err(
            |error| {
                let words = "The phone number or the password is wrong.";
                Failure::or_wrong(error, StatusCode::UNAUTHORIZED, "INVALID_PHONE_NUMBER_OR_PASSWORD", words)
            },
        )?;
    opened(call, &answer, remember, |token, user| SignIn { token, user })
}

/// Says whether a code is right. Nobody is signed in by it. In a session that asked for the code the number becomes the
/// caller's, and the code is used up; without one no account changes, and the code may sign in once.
#[utoipa::path(post, path = "/auth/phone-number/verify", tag = "nevr", request_body = super::openapi::NumberCode,
    responses((status = 200, body = Checked), (status = 400, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
pub(super) async fn verify(call: &Call) -> Answered {
    let mut params = call.params();
    let phone = params.phone("phoneNumber");
    let code = params.secret("code", 1, LONGEST_CODE);
    // better-auth's: what they ask for is what is done here anyway.
    params.bool_or("disableSession", true);
    params.bool_or("updatePhoneNumber", true);
    let (Some(phone), Some(code)) = (phone, code) else { return Err(params.failure().into()) };
    params.check()?;
    let phone = phone?;
    let user = if call.full().is_some() {
        let number = number(call, phone);
        Some(call.app.finish_number(&call.ctx, &call.hosted, call.caller()?, number, code).await?)
    } else {
        call.app.check_number(&call.ctx, shown(call, phone, code, cookie::FLOW)).await?;
        None
    };
    let user = user.as_ref().map(UserModel::of);
    answer(&Checked { success: true, verified: true, status: true, token: None, user })
}

/// Sends a code that lets a new password be chosen, if an account has the number. The answer is the same if none has.
#[utoipa::path(post, path = "/auth/phone-number/request-password-reset", tag = "nevr", request_body = super::openapi::Number,
    responses((status = 200, body = Success), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
pub(super) async fn request_password_reset(call: &Call) -> Answered {
    let phone = read_number(call)?;
    let started = start(call, phone, Way::RecoveryCode, cookie::RESET).await?;
    let mut response = answer(&Success { success: true })?;
    let expires_at = Time::from_micros(started.expires_at);
    cookie::keep_flow(call, &mut response, cookie::RESET, &started.handle, expires_at)?;
    Ok(response)
}

/// Sets a new password by such a code. Every session of the account ends; its second factor stays.
#[utoipa::path(post, path = "/auth/phone-number/reset-password", tag = "nevr", request_body = super::openapi::PasswordReset,
    responses((status = 200, body = Success), (status = 400, body = Body), (status = 429, body = Body)))]
pub(super) async fn reset_password(call: &Call) -> Answered {
    let mut params = call.params();
    let phone = params.phone("phoneNumber");
    let (code, password) =
        (params.secret("otp", 1, LONGEST_CODE), params.secret("newPassword", PASSWORD.0, PASSWORD.1));
    let (Some(phone), Some(code), Some(password)) = (phone, code, password) else {
        return Err(params.failure().into());
    };
    let shown = shown(call, phone?, code, cookie::RESET);
    call.passwords_are_on()?;
    call.app.recover_by_number(&call.ctx, &call.hosted, shown, password).await.map_err(|error| match error.code {
        Code::InvalidToken | Code::TokenExpired => Failure::new(
            StatusCode::BAD_REQUEST,
            "PASSWORD_RESET_OTP_INVALID",
            "The code is wrong, was used or has expired. Ask for a new one.",
        ),
        _ => error.into(),
    })?;
    let mut response = answer(&Success { success: true })?;
    cookie::clear_flow(call, &mut response, cookie::RESET)?;
    Ok(response)
}

/// The number of a request for a code.
fn read_number(call: &Call) -> Result<Phone, Failure> {
    let mut params = call.params();
    let Some(phone) = params.phone("phoneNumber") else { return Err(params.failure().into()) };
    let phone = phone?;
    if call.nevr().takes(&phone) { Ok(phone) } else { Err(Failure::invalid_phone()) }
}

async fn start(call: &Call, phone: Phone, way: Way, name: &str) -> Result<Started, Failure> {
    let start = Start {
        dialect: Dialect::Nevr,
        target: phone.into(),
        way,
        kind: HandleKind::Opaque,
        wanted: call.cookie(name).map(str::to_owned),
        rules: Rules::of_nevr(&call.hosted.project),
        phrase: false,
        idempotency_key: None,
    };
    call.app.start_sign_in(&call.ctx, &call.hosted, start).await.map_err(sending)
}

/// Too many messages are too many requests.
fn sending(error: countersign_domain::base::Error) -> Failure {
    match error.code {
        Code::TooManyAttempts { retry_at } => Failure::rate_limited(retry_at),
        _ => error.into(),
    }
}

fn seconds_left(call: &Call, until: Time) -> i64 {
    (until.micros_since(call.ctx.now) + 999_999).div_euclid(1_000_000)
}

fn shown(call: &Call, phone: Phone, code: Secret, name: &str) -> Shown {
    Shown { dialect: Dialect::Nevr, phone, handle: call.cookie(name).map(str::to_owned), code }
}

fn number(call: &Call, phone: Phone) -> Number {
    let rules = Rules::of_nevr(&call.hosted.project);
    Number {
        phone,
        asked: Asked { dialect: Dialect::Nevr, rules, fresh_for: call.nevr().session.fresh_age, review: None },
    }
}

/// Makes the browser forget that a code is under way.
pub(super) fn forget_flows(call: &Call, response: &mut Response) -> Result<(), Failure> {
    for name in [cookie::FLOW, cookie::RESET] {
        if call.cookie(name).is_some() {
            cookie::clear_flow(call, response, name)?;
        }
    }
    Ok(())
}
