//! The account of whoever is signed in.

use axum::http::StatusCode;
use countersign_domain::user;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::{Updated, UserModel, Way, answer};

/// Changes name or picture. Number and address change by their proof alone.
#[utoipa::path(post, path = "/auth/update-user", tag = "nevr", request_body = super::openapi::UserUpdate,
    responses((status = 200, body = Updated), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn update(call: &Call) -> Answered {
    let mut params = call.params();
    if params.is_truthy("phoneNumber") {
        return Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "PHONE_NUMBER_CANNOT_BE_UPDATED",
            "A phone number changes by its proof alone: send a code to it, then verify the code.",
        ));
    }
    if params.is_truthy("email") {
        let words = "An e-mail address cannot be changed here.";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "EMAIL_CAN_NOT_BE_UPDATED", words));
    }
    let name = params.optional_text("name", 1, 128).map(str::to_owned);
    let image = if params.is_null("image") { Some(None) } else { params.optional_url("image").map(Some) };
    let image = image.map(|url| url.map(str::to_owned));
    params.check()?;
    if name.is_none() && image.is_none() {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "There is nothing to update."));
    }
    let (ctx, id) = (call.ctx.clone(), call.user()?.id.clone());
    let user = call
        .app
        .db
        .write(move |tx| {
            if let Some(name) = &name {
                user::update_name(tx, &ctx, &id, name)?;
            }
            if let Some(image) = &image {
                user::set_pref(tx, &ctx, &id, "image", image.as_deref())?;
            }
            user::get(tx, &ctx.project, &id)
        })
        .await?;
    answer(&Updated { status: true, user: UserModel::of(&user) })
}

/// The ways into the account beside its number: `credential` for a password.
#[utoipa::path(get, path = "/auth/list-accounts", tag = "nevr", responses((status = 200, body = Vec<Way>), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Answered {
    let accounts: Vec<_> = Way::credential(call.user()?).into_iter().collect();
    answer(&accounts)
}
