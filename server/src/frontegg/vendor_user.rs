//! One user, as customers' own servers read, change and remove him.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Email};
use countersign_domain::signin::account;
use countersign_domain::signin::invite::{self, Profile};
use countersign_domain::signin::manage::{self, Change, Set};
use countersign_domain::user;
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::user::{model, object_text, profile};
use super::wire::{UserModel, answer, done};
use super::{READ, Route, WRITE, Who, handler};
use crate::http::params::Params;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/vendor-only/users/v1/{userId}", Who::Vendor(READ), handler!(get)),
    Route::new(Method::GET, "/identity/resources/users/v1/{userId}", Who::Vendor(READ), handler!(get_member)),
    Route::new(Method::GET, "/identity/resources/users/v1/email", Who::Vendor(READ), handler!(get_by_email)),
    Route::new(Method::PUT, "/identity/resources/users/v1/{userId}", Who::Vendor(WRITE), handler!(update)),
    Route::new(Method::DELETE, "/identity/resources/users/v1/{userId}", Who::Vendor(WRITE), handler!(remove)),
    Route::new(Method::PUT, "/identity/resources/users/v1/{userId}/email", Who::Vendor(WRITE), handler!(update_email)),
    Route::new(Method::POST, "/identity/resources/users/v1/{userId}/verify", Who::Vendor(WRITE), handler!(verify)),
    Route::new(Method::POST, "/identity/resources/users/v1/{userId}/lock", Who::Vendor(WRITE), handler!(lock)),
    Route::new(Method::POST, "/identity/resources/users/v1/{userId}/unlock", Who::Vendor(WRITE), handler!(unlock)),
];

#[derive(OpenApi)]
#[openapi(paths(get, get_member, get_by_email, update, remove, update_email, verify, lock, unlock))]
pub(super) struct Document;

/// What a server says of a user. What is left out stays as it is.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggUserChange, rename_all = "camelCase")]
struct ChangeBody {
    /// At most 128 characters.
    name: Option<String>,
    /// A number for people to read. It is not proved and signs nobody in.
    #[schema(example = "+1-202-555-0123")]
    phone_number: Option<String>,
    /// The address of a picture; `null` takes it away.
    profile_picture_url: Option<String>,
    /// A JSON object as text.
    #[schema(example = "{}")]
    metadata: Option<String>,
    /// A JSON object as text, which only servers read; `null` takes it away.
    #[schema(example = "{}")]
    vendor_metadata: Option<String>,
    /// What your system knows him by, at most 256 characters; `null` takes it away. It need not be unique.
    external_id: Option<String>,
    /// Whether nobody is to ask him for a second factor.
    mfa_bypass: Option<bool>,
}

/// Another address.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggUserEmail)]
struct EmailBody {
    #[schema(example = "anna@example.com")]
    email: String,
}

/// What a server says of a user beside how he signs in.
pub(super) fn change(params: &mut Params<'_>) -> Change {
    let Profile { name, mut entries } = profile(params);
    if params.is_null("profilePictureUrl") {
        entries.push(("image", None));
    }
    let mfa_bypass = params.optional_bool("mfaBypass");
    let external_id = params.optional_text("externalId", 1, 256);
    let external_id = set(params, "externalId", external_id);
    let metadata = object_text(params, "vendorMetadata");
    let vendor_metadata = set(params, "vendorMetadata", metadata);
    Change { name, entries, mfa_bypass, external_id, vendor_metadata, ..Change::default() }
}

/// Without a value `null` takes away, and nothing changes nothing.
fn set(params: &Params<'_>, name: &str, value: Option<&str>) -> Set<String> {
    match value {
        Some(value) => Set::To(value.to_owned()),
        None if params.is_null(name) => Set::Clear,
        None => Set::Keep,
    }
}

/// A user, whichever accounts he belongs to.
#[utoipa::path(get, path = "/identity/resources/vendor-only/users/v1/{userId}", tag = "frontegg",
    params(("userId" = String, Path)), responses((status = 200, body = UserModel), (status = 404, body = Body)))]
async fn get(call: &Call) -> Answered {
    read(call, None).await
}

/// A user of the account that `frontegg-tenant-id` names; without that header whichever he belongs to.
#[utoipa::path(get, path = "/identity/resources/users/v1/{userId}", tag = "frontegg",
    params(("userId" = String, Path)), responses((status = 200, body = UserModel), (status = 404, body = Body)))]
async fn get_member(call: &Call) -> Answered {
    read(call, call.tenant()).await
}

async fn read(call: &Call, of: Option<&str>) -> Answered {
    let (ctx, id, of) = (call.ctx.clone(), call.gap("userId").to_owned(), of.map(str::to_owned));
    let (user, _) = call.app.db.read(move |tx| invite::get_member(tx, &ctx, &id, of.as_deref())).await?;
    answer(StatusCode::OK, &model(call, user).await?)
}

/// The user with an address, of the account that `frontegg-tenant-id` names if it names one.
#[utoipa::path(get, path = "/identity/resources/users/v1/email", tag = "frontegg",
    params(("email" = String, Query)),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body)))]
async fn get_by_email(call: &Call) -> Answered {
    let words = "email is required: an e-mail address in the query";
    let email = call.query("email").and_then(|text| Email::parse(text).ok());
    let email = email.ok_or_else(|| Failure::new(StatusCode::BAD_REQUEST, words))?;
    let (ctx, of) = (call.ctx.clone(), call.tenant().map(str::to_owned));
    let found = call.app.db.read(move |tx| {
        let user = user::find_by(tx, &ctx.project, &email.clone().into())?.ok_or(Code::UserNotFound)?;
        invite::get_member(tx, &ctx, &user.id, of.as_deref())
    });
    answer(StatusCode::OK, &model(call, found.await?.0).await?)
}

/// Changes a user, whichever accounts he belongs to. Address and number that sign him in are changed elsewhere.
#[utoipa::path(put, path = "/identity/resources/users/v1/{userId}", tag = "frontegg", request_body = ChangeBody,
    params(("userId" = String, Path)),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body)))]
async fn update(call: &Call) -> Answered {
    let mut params = call.params();
    let change = change(&mut params);
    params.check()?;
    let (ctx, hosted, id) = (call.ctx.clone(), call.hosted.clone(), call.gap("userId").to_owned());
    let user = call.app.db.write(move |tx| manage::update(tx, &ctx, &hosted.project, &id, &change)).await?;
    answer(StatusCode::OK, &model(call, user).await?)
}

/// Takes a user out of the account that `frontegg-tenant-id` names; without that header, or when he belongs to no other,
/// he is removed with every way into his.
#[utoipa::path(delete, path = "/identity/resources/users/v1/{userId}", tag = "frontegg",
    params(("userId" = String, Path)), responses((status = 200, description = "He is gone."), (status = 404, body = Body)))]
async fn remove(call: &Call) -> Answered {
    let (ctx, id, of) = (call.ctx.clone(), call.gap("userId").to_owned(), call.tenant().map(str::to_owned));
    call.app.db.write(move |tx| invite::remove(tx, &ctx, &id, of.as_deref())).await?;
    Ok(done(StatusCode::OK))
}

/// Gives a user another address. It signs him in from now on, and counts as verified after `verify` or his own proof.
#[utoipa::path(put, path = "/identity/resources/users/v1/{userId}/email", tag = "frontegg", request_body = EmailBody,
    params(("userId" = String, Path)), responses((status = 200, body = UserModel), (status = 400, body = Body),
        (status = 404, body = Body), (status = 409, body = Body)))]
async fn update_email(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(email) = params.email("email") else { return Err(params.failure().into()) };
    let (ctx, id) = (call.ctx.clone(), call.gap("userId").to_owned());
    let user = call.app.db.write(move |tx| manage::update_email(tx, &ctx, &id, Some(&email))).await?;
    answer(StatusCode::OK, &model(call, user).await?)
}

/// Says that the user's address is verified.
#[utoipa::path(post, path = "/identity/resources/users/v1/{userId}/verify", tag = "frontegg",
    params(("userId" = String, Path)), responses((status = 200, description = "It is."), (status = 404, body = Body)))]
async fn verify(call: &Call) -> Answered {
    let (ctx, id) = (call.ctx.clone(), call.gap("userId").to_owned());
    call.app.db.write(move |tx| manage::verify_email(tx, &ctx, &id, true)).await?;
    Ok(done(StatusCode::OK))
}

/// Switches the user off: his tokens open nothing any more.
#[utoipa::path(post, path = "/identity/resources/users/v1/{userId}/lock", tag = "frontegg",
    params(("userId" = String, Path)), responses((status = 200, description = "He is locked."), (status = 404, body = Body)))]
async fn lock(call: &Call) -> Answered {
    let (ctx, id) = (call.ctx.clone(), call.gap("userId").to_owned());
    call.app.db.write(move |tx| manage::set_blocked(tx, &ctx, &id, true)).await?;
    Ok(done(StatusCode::OK))
}

/// Switches the user on again, and lets his password sign in again where too many wrong ones locked it.
#[utoipa::path(post, path = "/identity/resources/users/v1/{userId}/unlock", tag = "frontegg",
    params(("userId" = String, Path)), responses((status = 200, description = "He is not locked."), (status = 404, body = Body)))]
async fn unlock(call: &Call) -> Answered {
    let (ctx, id) = (call.ctx.clone(), call.gap("userId").to_owned());
    let unlocked = call.app.db.write(move |tx| {
        manage::set_blocked(tx, &ctx, &id, false)?;
        account::unlock(tx, &ctx, &id).map(drop)
    });
    unlocked.await?;
    Ok(done(StatusCode::OK))
}
