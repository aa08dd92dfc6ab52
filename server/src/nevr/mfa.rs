//! Second factors: setting them up, and showing one.

use axum::http::StatusCode;
use countersign_domain::base::{Code, Error, Secret};
use countersign_domain::mfa;
use countersign_domain::signin::second::{self, Shown};
use countersign_domain::signin::{Factor, factor};
use countersign_domain::user;
use countersign_domain::verification::Dialect;

use super::call::{Answered, Call, Identity};
use super::error::{Body, Failure};
use super::session::stepped_up;
use super::wire::{BackupCodes, KnownApp, NewApp, Status, TwoFactor, TwoFactorSignIn, UserModel, answer};

/// Demands the password where there is one.
async fn require_password(call: &Call, password: Option<Secret>) -> Result<(), Failure> {
    let (caller, fresh_for) = (call.caller()?, call.nevr().session.fresh_age);
    Ok(call.app.require_password(&call.ctx, &call.hosted, &caller, password, fresh_for).await?)
}

fn plain(codes: &[Secret]) -> Vec<String> {
    codes.iter().map(|code| code.expose().to_owned()).collect()
}

/// Begins to set up an authenticator app, with backup codes. Nothing is asked for before `verify-setup`.
#[utoipa::path(post, path = "/auth/two-factor/enable", tag = "nevr", request_body = super::openapi::TwoFactorEnable,
    responses((status = 200, body = NewApp), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
pub(super) async fn enable(call: &Call) -> Answered {
    let mut params = call.params();
    let password = if params.is_absent("password") { None } else { params.secret("password", 1, 256) };
    let issuer = params.optional_text("issuer", 1, 64).map(str::to_owned);
    params.check()?;
    require_password(call, password).await?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let (app, codes) =
        call.app.db.write(move |tx| factor::start(tx, &ctx, &hosted.project, &caller, issuer.as_deref())).await?;
    let secret = app.secret.expose().to_owned();
    answer(&NewApp { totp_uri: app.uri.expose().to_owned(), backup_codes: plain(&codes), secret })
}

/// Finishes it with a code of the app: from the next sign-in on a second factor is asked for.
#[utoipa::path(post, path = "/auth/two-factor/verify-setup", tag = "nevr", request_body = super::openapi::OneCode,
    responses((status = 200, body = TwoFactor), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn verify_setup(call: &Call) -> Answered {
    let code = code(call)?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let user = call.app.db.write(move |tx| factor::finish(tx, &ctx, &hosted.project, &caller, &code)).await;
    let user = user.map_err(|error| wrong(error, "INVALID_CODE"))?;
    answer(&TwoFactor { success: true, two_factor_enabled: user.mfa })
}

/// The address of the authenticator app, for the app of another device. Needs the password, and a second factor that was
/// shown lately.
#[utoipa::path(post, path = "/auth/two-factor/get-totp-uri", tag = "nevr", request_body = super::openapi::OnePassword,
    responses((status = 200, body = KnownApp), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
pub(super) async fn get_totp_uri(call: &Call) -> Answered {
    require_password(call, password(call)?).await?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let uri = call.app.db.write(move |tx| factor::read_app(tx, &ctx, &hosted.project, &caller)).await?;
    let uri = uri.expose().to_owned();
    answer(&KnownApp { same: uri.clone(), uri })
}

/// Removes app and backup codes. Needs the password, and a second factor that was shown lately.
#[utoipa::path(post, path = "/auth/two-factor/disable", tag = "nevr", request_body = super::openapi::OnePassword,
    responses((status = 200, body = TwoFactor), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
pub(super) async fn disable(call: &Call) -> Answered {
    require_password(call, password(call)?).await?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let user = call.app.db.write(move |tx| factor::delete_all(tx, &ctx, &hosted.project, &caller)).await?;
    answer(&TwoFactor { success: true, two_factor_enabled: user.mfa })
}

/// Makes other backup codes. Needs the password, and a second factor that was shown lately.
#[utoipa::path(post, path = "/auth/two-factor/generate-backup-codes", tag = "nevr", request_body = super::openapi::OnePassword,
    responses((status = 200, body = BackupCodes), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
pub(super) async fn generate_backup_codes(call: &Call) -> Answered {
    require_password(call, password(call)?).await?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let codes = call.app.db.write(move |tx| factor::replace_codes(tx, &ctx, &hosted.project, &caller)).await?;
    answer(&BackupCodes { status: true, backup_codes: plain(&codes) })
}

/// Sends a code as second factor, to the account's number, else to its address.
#[utoipa::path(post, path = "/auth/two-factor/send-otp", tag = "nevr",
    responses((status = 200, body = Status), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn send_otp(call: &Call) -> Answered {
    call.app.send_second(&call.ctx, &call.hosted, call.caller()?, Dialect::Nevr).await.map_err(
        |error| match error.code {
            Code::TooManyAttempts { retry_at } => Failure::rate_limited(retry_at),
            Code::MethodDisabled => Failure::new(
                StatusCode::BAD_REQUEST,
                "OTP_NOT_ENABLED",
                "The account has no other number or address to which a code could be sent.",
            ),
            _ => error.into(),
        },
    )?;
    answer(&Status { status: true })
}

/// Shows the code that was sent. The session gets a new token with it.
#[utoipa::path(post, path = "/auth/two-factor/verify-otp", tag = "nevr", request_body = super::openapi::OneCode,
    responses((status = 200, body = TwoFactorSignIn), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn verify_otp(call: &Call) -> Answered {
    show(call, Factor::Phone, "INVALID_CODE").await
}

/// Shows a code of the authenticator app. The session gets a new token with it.
#[utoipa::path(post, path = "/auth/two-factor/verify-totp", tag = "nevr", request_body = super::openapi::OneCode,
    responses((status = 200, body = TwoFactorSignIn), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn verify_totp(call: &Call) -> Answered {
    show(call, Factor::Totp, "INVALID_CODE").await
}

/// Uses up a backup code. The session gets a new token with it.
#[utoipa::path(post, path = "/auth/two-factor/verify-backup-code", tag = "nevr", request_body = super::openapi::OneCode,
    responses((status = 200, body = TwoFactorSignIn), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn verify_backup_code(call: &Call) -> Answered {
    show(call, Factor::RecoveryCode, "INVALID_BACKUP_CODE").await
}

async fn show(call: &Call, factor: Factor, name: &'static str) -> Answered {
    let code = code(call)?;
    // What waited for this lives as long as was asked for at the sign-in.
    let (terms, waited) = match &call.identity {
        Identity::Halfway(_, remember) => (call.terms(*remember), true),
        _ => (call.terms(true), false),
    };
    let shown = Shown { dialect: Dialect::Nevr, factor, code, seconds: waited.then_some(terms.seconds) };
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let proved = call.app.db.write(move |tx| second::show(tx, &ctx, &hosted.project, &caller, &terms, &shown)).await?;
    let (session, secret) = proved.map_err(|error| wrong(error, name))?;
    let (ctx, id) = (call.ctx.clone(), session.user_id.clone());
    let (user, left) = call
        .app
        .db
        .read(move |tx| {
            let user = user::get(tx, &ctx.project, &id)?;
            let left = mfa::count_recovery_codes(tx, &ctx.project, &id)?;
            Ok((user, left))
        })
        .await?;
    let remaining_backup_codes = (factor == Factor::RecoveryCode).then_some(left);
    let token = secret.expose().to_owned();
    let body = TwoFactorSignIn { token, user: UserModel::of(&user), remaining_backup_codes };
    stepped_up(call, &session, &secret, &body)
}

/// A wrong code of a second factor.
fn wrong(error: Error, name: &'static str) -> Failure {
    let words = "The code is wrong, was used or has expired.";
    Failure::or_wrong(error, StatusCode::UNAUTHORIZED, name, words)
}

fn code(call: &Call) -> Result<Secret, Failure> {
    let mut params = call.params();
    Ok(params.secret("code", 1, 64).ok_or_else(|| params.failure())?)
}

fn password(call: &Call) -> Result<Option<Secret>, Failure> {
    let mut params = call.params();
    let password = if params.is_absent("password") { None } else { params.secret("password", 1, 256) };
    params.check()?;
    Ok(password)
}
