//! What this dialect adds to the OpenAPI document.

use axum::http::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::{OpenApi, ToSchema};

use super::{ROUTES, Route, Who};
use super::{
    account, audit, avatar, contact, health, identity, locale, mfa, session, token, users, verification, wire,
};

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

/// An address and a password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct EmailPassword {
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// 8 to 256 characters.
    password: String,
}

/// A number and a password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct PhonePassword {
    /// A number with its country code.
    #[schema(example = "+14255550123")]
    phone: String,
    /// 8 to 256 characters.
    password: String,
}

/// The body of a sign-up.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct NewAccount {
    /// An id for the account, or `unique()`.
    user_id: String,
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// 8 to 256 characters.
    password: String,
    /// A name, at most 128 characters.
    name: Option<String>,
}

/// The body of a change of the password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct PasswordChange {
    /// 8 to 256 characters.
    password: String,
    /// The password so far, if there is one.
    old_password: Option<String>,
}

/// The body of a request for a code by e-mail.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct EmailToken {
    /// An id for the account if the address is new, or `unique()`.
    user_id: String,
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// Whether a phrase is wanted that the answer and the e-mail share.
    phrase: Option<bool>,
}

/// The body of a request for a link by e-mail.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct MagicUrlToken {
    /// An id for the account if the address is new, or `unique()`.
    user_id: String,
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// The address of the page, on one of the project's platforms. Without one: a page of this server.
    #[schema(example = "https://app.example.com/verify")]
    url: Option<String>,
    /// Whether a phrase is wanted that the answer and the e-mail share.
    phrase: Option<bool>,
}

/// The body of a request for a link to the caller's own address.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct Link {
    /// The address of the page, on one of the project's platforms. Without one: a page of this server.
    #[schema(example = "https://app.example.com/verify")]
    url: Option<String>,
}

/// The body of a request to choose a new password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct Recovery {
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// The address of the page, on one of the project's platforms. Without one: a page of this server.
    #[schema(example = "https://app.example.com/verify")]
    url: Option<String>,
}

/// The body that sets a new password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct NewPassword {
    /// The `userId` of the link.
    user_id: String,
    /// The `secret` of the link.
    secret: String,
    /// 8 to 256 characters.
    password: String,
}

/// The body of a request for a challenge.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct NewChallenge {
    /// `email`, `phone`, `totp` or `recoverycode`, in any case.
    #[schema(example = "totp")]
    factor: String,
}

/// The answer to a challenge.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct ChallengeAnswer {
    /// The `$id` of the challenge.
    challenge_id: String,
    /// The code.
    otp: String,
}

/// The body that makes an account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct NewUser {
    /// An id for the account, or `unique()`.
    user_id: Option<String>,
    /// Its e-mail address.
    email: Option<String>,
    /// Its number, with its country code.
    phone: Option<String>,
    /// Its password, or the hash of it where the route is named after one.
    password: Option<String>,
    /// Its name.
    name: Option<String>,
}

/// The body that makes an account with a password hashed by SHA.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct ShaUser {
    /// An id for the account, or `unique()`.
    user_id: Option<String>,
    /// Its e-mail address.
    email: Option<String>,
    /// Its number, with its country code.
    phone: Option<String>,
    /// Its password, or the hash of it where the route is named after one.
    password: Option<String>,
    /// Its name.
    name: Option<String>,
    /// `sha1`, `sha224`, `sha256`, `sha384`, `sha512`, `sha512/224`, `sha512/256`, `sha3-224`, `sha3-256`, `sha3-384` or `sha3-512` (when left out).
    password_version: Option<String>,
}

/// The body that makes an account with a password hashed by scrypt.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct ScryptUser {
    /// An id for the account, or `unique()`.
    user_id: Option<String>,
    /// Its e-mail address.
    email: Option<String>,
    /// Its number, with its country code.
    phone: Option<String>,
    /// Its password, or the hash of it where the route is named after one.
    password: Option<String>,
    /// Its name.
    name: Option<String>,
    /// The salt, as text.
    password_salt: String,
    /// N, 8 when left out.
    password_cpu: Option<i64>,
    /// r, 14 when left out.
    password_memory: Option<i64>,
    /// p, 1 when left out.
    password_parallel: Option<i64>,
    /// Bytes of the hash, 64 when left out.
    password_length: Option<i64>,
}

/// The body that makes an account with a password hashed by Firebase's scrypt.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct ScryptModifiedUser {
    /// An id for the account, or `unique()`.
    user_id: Option<String>,
    /// Its e-mail address.
    email: Option<String>,
    /// Its number, with its country code.
    phone: Option<String>,
    /// Its password, or the hash of it where the route is named after one.
    password: Option<String>,
    /// Its name.
    name: Option<String>,
    /// The salt, in base64.
    password_salt: String,
    /// The separator, in base64.
    password_salt_separator: String,
    /// The signer key, in base64.
    password_signer_key: String,
}

/// The body that makes a token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct CustomToken {
    /// Hexadecimal digits: 4 to 128, else 6.
    length: Option<i64>,
    /// Seconds that it works: 60 to 31536000, else 900.
    expire: Option<i64>,
}

/// The body that makes a JWT for a user.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct UserJwt {
    /// A session of the user; his newest when left out or `recent`.
    session_id: Option<String>,
    /// Seconds that it works: 0 to 3600, else 900.
    duration: Option<i64>,
}

/// The body that adds a target to a user.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct NewTarget {
    /// An id for it, or `unique()`.
    target_id: String,
    /// `email`, `sms` or `push`.
    provider_type: String,
    /// The address, the number with its country code, or the device's token.
    identifier: String,
    /// The provider, by your own name for it.
    provider_id: Option<String>,
    /// Its name.
    name: Option<String>,
}

/// The body that changes a target. What is left out or empty stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct TargetChange {
    /// Another address, number or token.
    identifier: Option<String>,
    /// The provider, by your own name for it.
    provider_id: Option<String>,
    /// Its name.
    name: Option<String>,
}

/// The body that registers a device.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct NewPushTarget {
    /// An id for it, or `unique()`.
    target_id: String,
    /// The device's token.
    identifier: String,
    /// The provider, by your own name for it.
    provider_id: Option<String>,
}

/// The body that gives a device another token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(rename_all = "camelCase")]
pub(super) struct PushToken {
    /// The device's token.
    identifier: String,
}

#[derive(OpenApi)]
#[openapi(
    paths(
        token::create_phone_token,
        session::create,
        session::create_by_put,
        session::create_anonymous,
        session::create_by_password,
        token::create_email_token,
        token::create_magic_url_token,
        account::create,
        account::update_email,
        account::update_phone,
        account::update_password,
        verification::create_email,
        verification::update_email,
        verification::create_phone,
        verification::update_phone,
        verification::create_recovery,
        verification::update_recovery,
        mfa::update,
        mfa::list_factors,
        mfa::create_authenticator,
        mfa::verify_authenticator,
        mfa::delete_authenticator,
        mfa::create_recovery_codes,
        mfa::update_recovery_codes,
        mfa::get_recovery_codes,
        mfa::create_challenge,
        mfa::update_challenge,
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
        users::list,
        users::list_identities,
        users::delete_identity,
        contact::list,
        contact::create,
        contact::get,
        contact::update,
        contact::delete,
        contact::create_push,
        contact::update_push,
        contact::delete_push,
        users::create,
        users::create_argon2,
        users::create_bcrypt,
        users::create_md5,
        users::create_phpass,
        users::create_sha,
        users::create_scrypt,
        users::create_scrypt_modified,
        users::get,
        users::delete,
        users::get_prefs,
        users::update_prefs,
        users::update_status,
        users::update_labels,
        users::update_name,
        users::update_password,
        users::update_email,
        users::update_phone,
        users::update_email_verification,
        users::update_phone_verification,
        users::list_sessions,
        users::create_session,
        users::delete_sessions,
        users::delete_session,
        users::list_logs,
        users::list_memberships,
        users::create_token,
        users::create_jwt,
        users::update_mfa,
        users::list_factors,
        users::get_recovery_codes,
        users::create_recovery_codes,
        users::update_recovery_codes,
        users::delete_authenticator,
        audit::list,
        identity::list,
        identity::delete,
        avatar::get_qr,
        locale::get,
        health::get,
        health::ping
    ),
    components(schemas(wire::Target)),
    tags(
        (name = "sessions", description = "Signing in and out (Nuvix and Appwrite clients)."),
        (name = "account", description = "The account of whoever is signed in."),
        (name = "verification", description = "Showing that an address or a number is one's own, and recovery."),
        (name = "mfa", description = "Second factors."),
        (name = "users", description = "Accounts as a customer's own server sees them."),
        (name = "avatars", description = "Images that clients show."),
        (name = "locale", description = "Where the caller seems to be."),
        (name = "health", description = "Whether the server is well.")
    )
)]
struct Document;

/// The ways to say who asks: name, where it stands, and what it is.
const SCHEMES: [(&str, Place, &str); 4] = [
    (COOKIE, Place::Cookie("a_session_PROJECT"), "The session, as browsers keep it. `nx_session` for Nuvix clients."),
    (SESSION, Place::Header("X-Appwrite-Session"), "The same value in a header, or `X-Nuvix-Session`."),
    (JWT, Place::Header("X-Appwrite-JWT"), "A JWT of a session, or `X-Nuvix-JWT`."),
    (KEY, Place::Header("X-Appwrite-Key"), "An API key with the scope that is named, or `X-Nuvix-Key`."),
];
const COOKIE: &str = "cookie";
const SESSION: &str = "session";
const JWT: &str = "jwt";
const KEY: &str = "key";

#[derive(Clone, Copy)]
enum Place {
    Cookie(&'static str),
    Header(&'static str),
}

/// The paths and models of this dialect, with who may call each as the table of routes has it.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    for (name, place, what) in SCHEMES {
        let key = match place {
            Place::Cookie(name) => ApiKey::Cookie(ApiKeyValue::with_description(name, what)),
            Place::Header(name) => ApiKey::Header(ApiKeyValue::with_description(name, what)),
        };
        components.add_security_scheme(name, SecurityScheme::ApiKey(key));
    }
    for route in ROUTES {
        if let Some(operation) = operation(&mut document, route) {
            operation.security = Some(callers(route));
        }
    }
    document
}

/// The operation of a route, under its documented path.
fn operation<'a>(document: &'a mut utoipa::openapi::OpenApi, route: &Route) -> Option<&'a mut Operation> {
    let item = document.paths.paths.get_mut(&format!("/v1{}", route.paths.first()?))?;
    match route.method {
        Method::GET => &mut item.get,
        Method::POST => &mut item.post,
        Method::PUT => &mut item.put,
        Method::PATCH => &mut item.patch,
        Method::DELETE => &mut item.delete,
        _ => return None,
    }
    .as_mut()
}

/// Who may call a route: any one of these will do, and an empty one is nobody who is known.
fn callers(route: &Route) -> Vec<SecurityRequirement> {
    let Who { guest, session, jwt, key } = route.who;
    let plain = |name| SecurityRequirement::new(name, [""; 0]);
    [
        (guest, SecurityRequirement::default()),
        (session, plain(COOKIE)),
        (session, plain(SESSION)),
        (jwt, plain(JWT)),
        (key, SecurityRequirement::new(KEY, [route.scope])),
    ]
    .into_iter()
    .filter_map(|(may, requirement)| may.then_some(requirement))
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_route_is_documented_with_who_may_call_it() {
        let mut document = document();
        for route in ROUTES {
            let found = operation(&mut document, route).and_then(|operation| operation.security.as_ref());
            assert!(found.is_some_and(|callers| !callers.is_empty()), "{} {:?}", route.method, route.paths);
        }
    }

    #[test]
    fn nothing_is_documented_that_is_no_route() {
        let document = serde_json::to_value(document()).unwrap();
        let count = document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len());
        assert_eq!(count.sum::<usize>(), ROUTES.len());
    }

    #[test]
    fn callers_are_those_of_the_table_of_routes() {
        let document = serde_json::to_value(document()).unwrap();
        let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
        let people = json!([{"cookie": []}, {"session": []}, {"jwt": []}]);
        assert_eq!(security("/v1/account", "get"), people);
        assert_eq!(security("/v1/health", "get"), json!([{"key": ["health.read"]}]));
        let anybody = json!([{}, {"cookie": []}, {"session": []}, {"jwt": []}, {"key": ["sessions.write"]}]);
        assert_eq!(security("/v1/account/tokens/phone", "post"), anybody);
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        assert_eq!(schemes["key"]["name"], "X-Appwrite-Key");
        assert_eq!(schemes["cookie"]["in"], Value::from("cookie"));
    }
}
