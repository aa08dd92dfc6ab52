//! What this dialect adds to the OpenAPI document.

use utoipa::{OpenApi, ToSchema};

use super::{account, health, locale, session, token, wire};

/// The body of the exchange of a code for a session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct Exchange {
    /// The `userId` of the token.
    user_id: String,
    /// The code from the message: 1 to 256 characters.
    secret: String,
}

/// The body of a request for a code.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct PhoneToken {
    /// An id for the account if the number is new, or `unique()`.
    user_id: String,
    /// A number with its country code.
    #[schema(example = "+14255550123")]
    phone: String,
}

#[derive(OpenApi)]
#[openapi(
    paths(
        token::create_phone_token,
        session::create,
        session::create_anonymous,
        account::get,
        account::get_prefs,
        account::update_prefs,
        account::update_name,
        account::block,
        session::list,
        session::delete_all,
        session::get,
        session::extend,
        session::delete,
        token::create_jwt,
        locale::get,
        health::get,
        health::ping
    ),
    components(schemas(wire::Target)),
    tags(
        (name = "sessions", description = "Signing in and out (Nuvix and Appwrite clients)."),
        (name = "account", description = "The account of whoever is signed in."),
        (name = "locale", description = "Where the caller seems to be."),
        (name = "health", description = "Whether the server is well.")
    )
)]
struct Document;

/// The paths and models of this dialect.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
