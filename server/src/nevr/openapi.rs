//! What this dialect adds to the OpenAPI document.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::{OpenApi, ToSchema};

use super::{ROUTES, Who};
use super::{account, cookie, health, mfa, password, phone, session};

/// A phone number.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrNumber, rename_all = "camelCase")]
pub(super) struct Number {
    /// A number with its country code.
    #[schema(example = "+14255550123")]
    phone_number: String,
}

/// A phone number with the code that came to it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrNumberCode, rename_all = "camelCase")]
pub(super) struct NumberCode {
    /// A number with its country code.
    #[schema(example = "+14255550123")]
    phone_number: String,
    /// The code.
    #[schema(example = "123456")]
    code: String,
}

/// A phone number with a code or a password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrPhoneSignIn, rename_all = "camelCase")]
pub(super) struct PhoneSignIn {
    /// A number with its country code.
    #[schema(example = "+14255550123")]
    phone_number: String,
    /// The code that came to it.
    #[schema(example = "123456")]
    code: Option<String>,
    /// In place of a code: the account's password.
    password: Option<String>,
    /// `false`: the session lives for a day at most.
    remember_me: Option<bool>,
}

/// The body that sets a new password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrPasswordReset, rename_all = "camelCase")]
pub(super) struct PasswordReset {
    /// A number with its country code.
    #[schema(example = "+14255550123")]
    phone_number: String,
    /// The code that came to it.
    #[schema(example = "123456")]
    otp: String,
    /// 8 to 128 characters.
    new_password: String,
}

/// The body of a sign-up.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrSignUp, rename_all = "camelCase")]
pub(super) struct SignUp {
    /// A name, at most 128 characters.
    name: String,
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// 8 to 128 characters.
    password: String,
    /// The address of a picture.
    image: Option<String>,
    /// A number that becomes the account's by its proof.
    phone_number: Option<String>,
    /// `false`: the session lives for a day at most.
    remember_me: Option<bool>,
}

/// An address and a password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrEmailPassword, rename_all = "camelCase")]
pub(super) struct EmailPassword {
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// The password.
    password: String,
    /// Where the client is to go on: a path, or an address on a platform of the project.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// `false`: the session lives for a day at most.
    remember_me: Option<bool>,
}

/// The body of a change of the password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrPasswordChange, rename_all = "camelCase")]
pub(super) struct PasswordChange {
    /// The password so far, if there is one.
    current_password: Option<String>,
    /// 8 to 128 characters.
    new_password: String,
}

/// What changes of an account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrUserUpdate, rename_all = "camelCase")]
pub(super) struct UserUpdate {
    /// A name, at most 128 characters.
    name: Option<String>,
    /// The address of a picture; null takes it away.
    image: Option<String>,
}

/// Which session is meant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrToken)]
pub(super) struct Token {
    /// The `token` of the list.
    token: String,
}

/// A code of a second factor.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrCode)]
pub(super) struct OneCode {
    /// The code.
    #[schema(example = "123456")]
    code: String,
}

/// The account's password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrPassword)]
pub(super) struct OnePassword {
    /// The password, if the account has one; else the session must have just begun.
    password: Option<String>,
}

/// The body that begins to set up an authenticator app.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = NevrTwoFactorEnable)]
pub(super) struct TwoFactorEnable {
    /// The password, if the account has one; else the session must have just begun.
    password: Option<String>,
    /// The name that the app shows; the project's if left out.
    issuer: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    paths(
        phone::send_otp,
        phone::sign_in,
        phone::verify,
        phone::request_password_reset,
        phone::reset_password,
        password::sign_up,
        password::sign_in,
        password::change,
        session::sign_out,
        session::get,
        session::list,
        session::revoke,
        session::revoke_all,
        session::revoke_others,
        account::update,
        account::list,
        mfa::enable,
        mfa::verify_setup,
        mfa::get_totp_uri,
        mfa::disable,
        mfa::generate_backup_codes,
        mfa::send_otp,
        mfa::verify_otp,
        mfa::verify_totp,
        mfa::verify_backup_code,
        health::show
    ),
    tags((name = "nevr", description = "Signing in and out (nevr and better-auth clients). Everything below `/auth` is also below `/api/auth`."))
)]
struct Document;

const COOKIE: &str = "nevrCookie";
const BEARER: &str = "nevrBearer";

/// The paths and models of this dialect, with who may call each as the table of routes has it.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    let key = ApiKeyValue::with_description(cookie::SESSION, "The session, as browsers keep it.");
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(key)));
    components.add_security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for route in ROUTES {
        let Some(item) = document.paths.paths.get_mut(&format!("/auth{}", route.path)) else { continue };
        let operation = if route.method == axum::http::Method::GET { &mut item.get } else { &mut item.post };
        if let Some(operation) = operation {
            let named = [COOKIE, BEARER].map(|name| SecurityRequirement::new(name, [""; 0]));
            let nobody = (route.who == Who::Anybody).then(SecurityRequirement::default);
            operation.security = Some(nobody.into_iter().chain(named).collect());
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_documented_with_who_may_call_it() {
        let document = serde_json::to_value(document()).unwrap();
        for route in ROUTES {
            // An alias says what it is an alias of.
            let path = if route.path == "/session" { "/get-session" } else { route.path };
            let operation = &document["paths"][format!("/auth{path}")][route.method.as_str().to_lowercase()];
            assert_eq!(
                operation["security"].as_array().map(Vec::len),
                Some(if route.who == Who::Anybody { 3 } else { 2 }),
                "{}",
                route.path
            );
        }
        // The alias, and the health route that is below no mount.
        let paths = document["paths"].as_object().unwrap().len();
        assert_eq!(paths, ROUTES.len());
    }
}
