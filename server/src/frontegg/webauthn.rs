//! Security keys and built-in devices, which are not offered: clients that ask for them are told so.

use axum::http::{Method, StatusCode};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::{Route, Who, handler};

/// Routes of which each is refused in the same words.
macro_rules! not_offered {
    ($($who:expr, $name:ident, $path:literal;)+) => {
        /// The rows of this file.
        pub(super) static ROUTES: &[Route] =
            &[$(Route::new(Method::POST, $path, $who, handler!($name)).limited(30)),+];

        #[derive(OpenApi)]
        #[openapi(paths($($name),+))]
        pub(super) struct Document;

        $(
            /// Security keys and built-in devices are not offered: always 400.
            #[utoipa::path(post, path = $path, tag = "frontegg",
                responses((status = 400, body = Body), (status = 401, body = Body)))]
            async fn $name(_: &Call) -> Answered {
                Err(not_offered())
            }
        )+
    };
}

/// The refusal.
pub(super) fn not_offered() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "WebAuthn is not offered here. Use an authenticator app, SMS or e-mail.")
}

/// Whoever has second factors of his own.
const OWN: Who = Who::PeopleOrFor("users.write");

not_offered! {
    OWN, enroll, "/identity/resources/users/v1/mfa/webauthn/enroll";
    OWN, verify_enroll, "/identity/resources/users/v1/mfa/webauthn/enroll/verify";
    OWN, disable, "/identity/resources/users/v1/mfa/webauthn/{deviceId}/disable";
    OWN, verify_disable, "/identity/resources/users/v1/mfa/webauthn/{deviceId}/disable/verify";
    Who::Anybody, enroll_at_login, "/identity/resources/auth/v1/user/mfa/webauthn/enroll";
    Who::Anybody, verify_enroll_at_login, "/identity/resources/auth/v1/user/mfa/webauthn/enroll/verify";
    Who::Anybody, start, "/identity/resources/auth/v1/user/mfa/webauthn/{deviceId}";
    Who::Anybody, verify, "/identity/resources/auth/v1/user/mfa/webauthn/{deviceId}/verify";
}
