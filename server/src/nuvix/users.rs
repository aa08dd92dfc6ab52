//! Accounts as a customer's own server sees and changes them. Every route wants an API key with its scope.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::base::{Code, Email, Error, Phone, Secret};
use countersign_domain::password::{self, Algorithm, Foreign};
use countersign_domain::signin::account::Password;
use countersign_domain::signin::manage::{self, NewUser};
use countersign_domain::signin::{self, contact as contacts, custom};
use countersign_domain::user::{self, User};
use countersign_domain::verification::Dialect;
use countersign_domain::{audit, mfa, session};

use super::call::{Call, no_content};
use super::error::{Body, Failure};
use super::params::{CustomId, Params};
use super::query::Page;
use super::session::shown_to_key;
use super::wire::{
    Factors, IdentityList, Jwt, Log, LogList, MembershipList, RecoveryCodes, SessionList, SessionModel, Token,
    UserList, UserModel, prefs,
};
use super::{answer, identity, query, wire};

/// Answers with the account.
async fn shaped(call: &Call, status: StatusCode, user: User) -> Result<Response, Failure> {
    let (ctx, found) = (call.ctx.clone(), user.clone());
    let read = move |tx: &mut countersign_domain::db::Tx<'_>| {
        Ok((contacts::list(tx, &ctx, &found)?, password::find(tx, &ctx, &found.id)?))
    };
    let (contacts, stored) = call.app.db.read(read).await?;
    Ok(answer(status, &UserModel::of(call.flavour, &user, &contacts, stored.as_ref())?))
}

/// Makes a change in a transaction and answers with the account.
async fn changed(
    call: &Call,
    work: impl Fn(
        &mut countersign_domain::db::Tx<'_>,
        &countersign_domain::base::Ctx,
        &str,
    ) -> countersign_domain::base::Result<User>
    + Send
    + 'static,
) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let user = call.app.db.write(move |tx| work(tx, &ctx, &id)).await?;
    shaped(call, StatusCode::OK, user).await
}

/// The parameters that every way of making an account shares.
fn new_user(params: &mut Params<'_>) -> NewUser {
    let id = if params.is_absent("userId") { Some(CustomId::Unique) } else { params.custom_id("userId") };
    NewUser {
        id: match id {
            Some(CustomId::Given(id)) => Some(id.to_owned()),
            Some(CustomId::Unique) | None => None,
        },
        email: given(params, "email").then(|| params.email("email")).flatten(),
        phone: given(params, "phone").then(|| params.phone("phone")).flatten(),
        name: params.optional_text("name", 0, 128).unwrap_or_default().to_owned(),
    }
}

/// Whether there is a value; clients send an empty text for none.
fn given(params: &Params<'_>, name: &str) -> bool {
    !params.is_absent(name) && !params.is_empty(name)
}

async fn create_with(call: &Call, new: NewUser, password: Option<Password>) -> Result<Response, Failure> {
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let user = call.app.db.write(move |tx| manage::create(tx, &ctx, &hosted.project, &new, password.as_ref())).await?;
    shaped(call, StatusCode::CREATED, user).await
}

/// Makes an account. All of it may be left out.
#[utoipa::path(post, path = "/v1/users", tag = "users", request_body = super::openapi::NewUser,
    responses((status = 201, body = UserModel), (status = 400, body = Body), (status = 409, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let new = new_user(&mut params);
    let password = given(&params, "password").then(|| params.text("password", 8, 256)).flatten().map(Secret::new);
    params.check()?;
    let hashed = match password {
        Some(password) => Some(call.app.password_by_key(&call.hosted, &new, password).await?),
        None => None,
    };
    create_with(call, new, hashed).await
}

async fn create_foreign(
    call: &Call,
    algorithm: impl FnOnce(&mut Params<'_>) -> Result<Option<Algorithm>, Failure>,
) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let new = new_user(&mut params);
    let hash = params.text("password", 1, 1_024).map(Secret::new);
    let algorithm = algorithm(&mut params)?;
    let (Some(hash), Some(algorithm)) = (hash, algorithm) else { return Err(params.failure()) };
    params.check()?;
    let foreign = Foreign::new(algorithm, hash)?;
    create_with(call, new, Some(Password::Foreign(foreign))).await
}

macro_rules! imports {
    ($($(#[doc = $doc:literal])* $name:ident $path:literal $body:ident |$params:ident| $algorithm:expr;)*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(post, path = $path, tag = "users", request_body = super::openapi::$body,
            responses((status = 201, body = UserModel), (status = 400, body = Body), (status = 409, body = Body)))]
        pub(super) async fn $name(call: &Call) -> Result<Response, Failure> {
            create_foreign(call, |$params| $algorithm).await
        }
    )*};
}

imports! {
    /// Makes an account with a password that was hashed by Argon2.
    create_argon2 "/v1/users/argon2" NewUser |_params| Ok(Some(Algorithm::Argon2));
    /// Makes an account with a password that was hashed by bcrypt.
    create_bcrypt "/v1/users/bcrypt" NewUser |_params| Ok(Some(Algorithm::Bcrypt));
    /// Makes an account with a password that was hashed by MD5.
    create_md5 "/v1/users/md5" NewUser |_params| Ok(Some(Algorithm::Md5));
    /// Makes an account with a password that was hashed by `PHPass`.
    create_phpass "/v1/users/phpass" NewUser |_params| Ok(Some(Algorithm::Phpass));
    /// Makes an account with a password that was hashed by a version of SHA.
    create_sha "/v1/users/sha" ShaUser |params| {
        let version = given(params, "passwordVersion").then(|| params.text("passwordVersion", 1, 32)).flatten();
        Ok(Some(Algorithm::sha(version)?))
    };
    /// Makes an account with a password that was hashed by scrypt.
    create_scrypt "/v1/users/scrypt" ScryptUser |params| {
        let salt = params.text("passwordSalt", 0, 128).map(str::to_owned);
        let cost_cpu = params.number_or("passwordCpu", 8, 1, i64::from(u32::MAX));
        let cost_memory = params.number_or("passwordMemory", 14, 1, i64::from(u32::MAX));
        let cost_parallel = params.number_or("passwordParallel", 1, 1, i64::from(u32::MAX));
        let length = params.number_or("passwordLength", 64, 1, 1_024);
        Ok(salt.map(|salt| Algorithm::Scrypt { salt, cost_cpu, cost_memory, cost_parallel, length }))
    };
    /// Makes an account with a password that was hashed by Firebase's scrypt.
    create_scrypt_modified "/v1/users/scrypt-modified" ScryptModifiedUser |params| {
        let mut text = |name| params.text(name, 1, 128).map(str::to_owned);
        let (salt, separator) = (text("passwordSalt"), text("passwordSaltSeparator"));
        let signer = text("passwordSignerKey");
        Ok(match (salt, separator, signer) {
            (Some(salt), Some(salt_separator), Some(signer_key)) => {
                Some(Algorithm::ScryptMod { salt, salt_separator, signer_key, rounds: None, mem_cost: None })
            }
            _ => None,
        })
    };
}

/// Accounts, by what can be asked about them.
#[utoipa::path(get, path = "/v1/users", tag = "users",
    params(
        ("queries[]" = Option<Vec<String>>, Query, description = "Filters, order, `limit` (1 to 5000, else 25), `offset` and cursor, each as `{\"method\":\"equal\",\"attribute\":\"email\",\"values\":[\"anna@example.com\"]}`."),
        ("search" = Option<String>, Query, description = "Words of id, name, e-mail address or number."),
        ("total" = Option<bool>, Query, description = "`false`: `total` is 0.")
    ),
    responses((status = 200, body = UserList), (status = 400, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let (query, search) = query::list(call.params()?)?;
    let ctx = call.ctx.clone();
    // Some of what can be asked reads every account, which on SQLite happens on the thread that asks.
    let db = call.app.db.clone();
    let read = tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(db.read(move |tx| {
            let (users, total) = user::list(tx, &ctx.project, &query, search.as_deref())?;
            let mut found = Vec::with_capacity(users.len());
            let contacts = contacts::list_of_all(tx, &ctx, &users)?;
            for (user, contacts) in users.into_iter().zip(contacts) {
                let stored = password::find(tx, &ctx, &user.id)?;
                found.push((user, contacts, stored));
            }
            Ok((found, total))
        }))
    });
    let (found, total) = read.await.map_err(Error::internal)??;
    let users = found
        .iter()
        .map(|(user, contacts, stored)| UserModel::of(call.flavour, user, contacts, stored.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(answer(StatusCode::OK, &UserList::of(call.flavour, users, total)))
}

/// All accounts elsewhere that one may sign in with: none.
#[utoipa::path(get, path = "/v1/users/identities", tag = "users",
    responses((status = 200, body = IdentityList), (status = 400, body = Body)))]
pub(super) async fn list_identities(call: &Call) -> Result<Response, Failure> {
    identity::none(call)
}

/// Forgets an account elsewhere. There is none with any id.
#[utoipa::path(delete, path = "/v1/users/identities/{identityId}", tag = "users", params(("identityId" = String, Path)),
    responses((status = 404, body = Body)))]
pub(super) async fn delete_identity(call: &Call) -> Result<Response, Failure> {
    identity::delete(call).await
}

/// One account.
#[utoipa::path(get, path = "/v1/users/{userId}", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = UserModel), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let (project, id) = (call.hosted.id.clone(), call.path_id()?);
    let user = call.app.db.read(move |tx| user::get(tx, &project, &id)).await?;
    shaped(call, StatusCode::OK, user).await
}

/// Removes an account with everything in it.
#[utoipa::path(delete, path = "/v1/users/{userId}", tag = "users", params(("userId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    call.app.db.write(move |tx| manage::delete(tx, &ctx, &id)).await?;
    Ok(no_content())
}

/// The user's own object.
#[utoipa::path(get, path = "/v1/users/{userId}/prefs", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Body)))]
pub(super) async fn get_prefs(call: &Call) -> Result<Response, Failure> {
    let (project, id) = (call.hosted.id.clone(), call.path_id()?);
    let user = call.app.db.read(move |tx| user::get(tx, &project, &id)).await?;
    Ok(answer(StatusCode::OK, &prefs(&user)))
}

/// Replaces the user's own object.
#[utoipa::path(patch, path = "/v1/users/{userId}/prefs", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = Object), (status = 404, body = Body)))]
pub(super) async fn update_prefs(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(object) = params.object("prefs").cloned() else { return Err(params.failure()) };
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let user = call.app.db.write(move |tx| user::update_prefs(tx, &ctx, &id, &object)).await?;
    Ok(answer(StatusCode::OK, &prefs(&user)))
}

/// Switches an account off or on. Its sessions stay, and do not work while it is off.
#[utoipa::path(patch, path = "/v1/users/{userId}/status", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 404, body = Body)))]
pub(super) async fn update_status(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(on) = params.bool("status") else { return Err(params.failure()) };
    changed(call, move |tx, ctx, id| manage::set_blocked(tx, ctx, id, !on)).await
}

/// Replaces the labels.
#[utoipa::path(put, path = "/v1/users/{userId}/labels", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn update_labels(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    if params.is_absent("labels") {
        // An empty list takes all away; nobody means that by leaving it out.
        return Err(Failure::invalid(vec!["Param \"labels\" is not optional.".to_owned()]));
    }
    let listed = params.list("labels");
    let labels: Option<Vec<String>> = listed.iter().map(|label| label.as_str().map(str::to_owned)).collect();
    params.check()?;
    let Some(labels) = labels else {
        return Err(Failure::invalid(vec!["Invalid `labels` param: must be a list of texts".to_owned()]));
    };
    changed(call, move |tx, ctx, id| user::set_labels(tx, ctx, id, &labels)).await
}

/// Changes the name.
#[utoipa::path(patch, path = "/v1/users/{userId}/name", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 404, body = Body)))]
pub(super) async fn update_name(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(name) = params.text("name", 0, 128).map(str::to_owned) else { return Err(params.failure()) };
    changed(call, move |tx, ctx, id| user::update_name(tx, ctx, id, &name)).await
}

/// Sets the password; an empty one takes it away. The user's sessions end.
#[utoipa::path(patch, path = "/v1/users/{userId}/password", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn update_password(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let least = if params.is_empty("password") { 0 } else { 8 };
    let Some(password) = params.text("password", least, 256).map(Secret::new) else { return Err(params.failure()) };
    let new = if password.expose().is_empty() {
        None
    } else {
        Some(call.app.changed_by_key(&call.ctx, &call.hosted, &call.path_id()?, password).await?)
    };
    let hosted = call.hosted.clone();
    changed(call, move |tx, ctx, id| manage::update_password(tx, ctx, &hosted.project, id, new.as_ref())).await
}

/// Sets the e-mail address; an empty one takes it away.
#[utoipa::path(patch, path = "/v1/users/{userId}/email", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update_email(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let email: Option<Email> = if params.is_empty("email") {
        None
    } else {
        let Some(email) = params.email("email") else { return Err(params.failure()) };
        Some(email)
    };
    changed(call, move |tx, ctx, id| manage::update_email(tx, ctx, id, email.as_ref())).await
}

/// Sets the phone number, as `phone` (Nuvix) or `number` (Appwrite); an empty one takes it away.
#[utoipa::path(patch, path = "/v1/users/{userId}/phone", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update_phone(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let name = if params.is_absent("number") { "phone" } else { "number" };
    let phone: Option<Phone> = if params.is_empty(name) {
        None
    } else {
        let Some(phone) = params.phone(name) else { return Err(params.failure()) };
        Some(phone)
    };
    changed(call, move |tx, ctx, id| manage::update_phone(tx, ctx, id, phone.as_ref())).await
}

/// Says whether the e-mail address is verified.
#[utoipa::path(patch, path = "/v1/users/{userId}/verifications/email", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn update_email_verification(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(verified) = params.bool("emailVerification") else { return Err(params.failure()) };
    changed(call, move |tx, ctx, id| manage::verify_email(tx, ctx, id, verified)).await
}

/// Says whether the phone number is verified.
#[utoipa::path(patch, path = "/v1/users/{userId}/verifications/phone", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update_phone_verification(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(verified) = params.bool("phoneVerification") else { return Err(params.failure()) };
    changed(call, move |tx, ctx, id| manage::verify_phone(tx, ctx, id, verified)).await
}

/// All sessions of a user.
#[utoipa::path(get, path = "/v1/users/{userId}/sessions", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = SessionList), (status = 404, body = Body)))]
pub(super) async fn list_sessions(call: &Call) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let found = call
        .app
        .db
        .read(move |tx| {
            user::get(tx, &ctx.project, &id)?;
            session::list(tx, &ctx, &id)
        })
        .await?;
    Ok(answer(StatusCode::OK, &SessionList::of(call.flavour, &found, None)))
}

/// Opens a session for a user. Its `secret` is what a client shows.
#[utoipa::path(post, path = "/v1/users/{userId}/sessions", tag = "users", params(("userId" = String, Path)),
    responses((status = 201, body = SessionModel), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn create_session(call: &Call) -> Result<Response, Failure> {
    let (ctx, hosted, id) = (call.ctx.clone(), call.hosted.clone(), call.path_id()?);
    let signed_in = call.app.db.write(move |tx| manage::create_session(tx, &ctx, &hosted.project, &id)).await?;
    Ok(answer(StatusCode::CREATED, &shown_to_key(call, &signed_in)))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/v1/users/{userId}/sessions", tag = "users", params(("userId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete_sessions(call: &Call) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    call.app
        .db
        .write(move |tx| {
            user::get(tx, &ctx.project, &id)?;
            session::delete_all(tx, &ctx, &id)
        })
        .await?;
    Ok(no_content())
}

/// Ends a session of a user.
#[utoipa::path(delete, path = "/v1/users/{userId}/sessions/{sessionId}", tag = "users",
    params(("userId" = String, Path), ("sessionId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete_session(call: &Call) -> Result<Response, Failure> {
    let (ctx, id, session) = (call.ctx.clone(), call.path_id()?, call.second_path_value().to_owned());
    call.app
        .db
        .write(move |tx| {
            user::get(tx, &ctx.project, &id)?;
            session::delete(tx, &ctx, &id, &session)
        })
        .await?;
    Ok(no_content())
}

/// What happened to a user, the newest first.
#[utoipa::path(get, path = "/v1/users/{userId}/logs", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = LogList), (status = 404, body = Body)))]
pub(super) async fn list_logs(call: &Call) -> Result<Response, Failure> {
    let page = Page::of(call.params()?)?;
    let (project, id) = (call.hosted.id.clone(), call.path_id()?);
    let (user, events, total) = call
        .app
        .db
        .read(move |tx| {
            let user = user::get(tx, &project, &id)?;
            let (events, total) = audit::list(tx, &project, &id, page.limit, page.offset)?;
            Ok((user, events, total))
        })
        .await?;
    let logs = events.into_iter().map(|event| Log::for_key(call.flavour, &user, event)).collect();
    Ok(answer(StatusCode::OK, &LogList::of(call.flavour, logs, page.total(total))))
}

/// The teams of a user: there are none.
#[utoipa::path(get, path = "/v1/users/{userId}/memberships", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = MembershipList), (status = 404, body = Body)))]
pub(super) async fn list_memberships(call: &Call) -> Result<Response, Failure> {
    let (project, id) = (call.hosted.id.clone(), call.path_id()?);
    call.app.db.read(move |tx| user::get(tx, &project, &id)).await?;
    Ok(answer(StatusCode::OK, &MembershipList::none(call.flavour)))
}

/// Makes a token that signs the user in, once.
#[utoipa::path(post, path = "/v1/users/{userId}/tokens", tag = "users", params(("userId" = String, Path)),
    request_body = super::openapi::CustomToken,
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn create_token(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let length = params.number_or("length", 6, 4, 128);
    let seconds = params.number_or("expire", 900, 60, 31_536_000);
    params.check()?;
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let token = call.app.db.write(move |tx| custom::create(tx, &ctx, Dialect::Nuvix, &id, length, seconds)).await?;
    Ok(answer(StatusCode::CREATED, &Token::with_secret(call.flavour, &token.started, &token.secret)))
}

/// Makes a JWT for a user: of his newest session, or of the one that is named.
#[utoipa::path(post, path = "/v1/users/{userId}/jwts", tag = "users", params(("userId" = String, Path)),
    request_body = super::openapi::UserJwt,
    responses((status = 201, body = Jwt), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn create_jwt(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let wanted = params.optional_text("sessionId", 0, 36).unwrap_or_default().to_owned();
    let seconds = params.number_or("duration", 900, 0, 3_600);
    params.check()?;
    let wanted = Some(wanted).filter(|id| !id.is_empty() && id != "recent");
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let session = {
        let (ctx, id) = (ctx.clone(), id.clone());
        call.app.db.read(move |tx| manage::find_session_for_token(tx, &ctx, &id, wanted.as_deref())).await?
    };
    let session = session.map(|session| session.id).unwrap_or_default();
    let jwt = call.hosted.keys.issue(&ctx, &id, &session, seconds)?;
    Ok(answer(StatusCode::CREATED, &Jwt { permissions: wire::none(call.flavour), jwt: jwt.expose().to_owned() }))
}

/// Asks a user for a second factor, or no more.
#[utoipa::path(patch, path = "/v1/users/{userId}/mfa", tag = "users", params(("userId" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = UserModel), (status = 404, body = Body)))]
pub(super) async fn update_mfa(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(on) = params.bool("mfa") else { return Err(params.failure()) };
    changed(call, move |tx, ctx, id| manage::set_mfa(tx, ctx, id, on)).await
}

/// What a user can prove.
#[utoipa::path(get, path = "/v1/users/{userId}/mfa/factors", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = Factors), (status = 404, body = Body)))]
pub(super) async fn list_factors(call: &Call) -> Result<Response, Failure> {
    let (project, id) = (call.hosted.id.clone(), call.path_id()?);
    let (user, codes) = call
        .app
        .db
        .read(move |tx| Ok((user::get(tx, &project, &id)?, mfa::count_recovery_codes(tx, &project, &id)?)))
        .await?;
    let project = &call.hosted.project;
    let has_codes = codes > 0 && project.settings.mfa.recovery_codes;
    Ok(answer(StatusCode::OK, &Factors::of(call.flavour, &signin::factors(project, &user), has_codes)))
}

/// The recovery codes of a user that are left, while they can be read.
#[utoipa::path(get, path = "/v1/users/{userId}/mfa/recovery-codes", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = RecoveryCodes), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn get_recovery_codes(call: &Call) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let codes = call.app.db.read(move |tx| manage::read_codes(tx, &ctx, &id)).await?;
    Ok(answer(StatusCode::OK, &RecoveryCodes::of(call.flavour, &codes)))
}

async fn make_codes(call: &Call, again: bool) -> Result<Response, Failure> {
    let (ctx, hosted, id) = (call.ctx.clone(), call.hosted.clone(), call.path_id()?);
    let codes = call.app.db.write(move |tx| manage::make_codes(tx, &ctx, &hosted.project, &id, again)).await?;
    Ok(answer(StatusCode::OK, &RecoveryCodes::of(call.flavour, &codes)))
}

/// Makes recovery codes for a user who has none.
#[utoipa::path(patch, path = "/v1/users/{userId}/mfa/recovery-codes", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = RecoveryCodes), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn create_recovery_codes(call: &Call) -> Result<Response, Failure> {
    make_codes(call, false).await
}

/// Makes others in place of those that a user has.
#[utoipa::path(put, path = "/v1/users/{userId}/mfa/recovery-codes", tag = "users", params(("userId" = String, Path)),
    responses((status = 200, body = RecoveryCodes), (status = 404, body = Body)))]
pub(super) async fn update_recovery_codes(call: &Call) -> Result<Response, Failure> {
    make_codes(call, true).await
}

/// Removes a user's authenticator app.
#[utoipa::path(delete, path = "/v1/users/{userId}/mfa/authenticators/{type}", tag = "users",
    params(("userId" = String, Path), ("type" = String, Path, description = "`totp`")),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete_authenticator(call: &Call) -> Result<Response, Failure> {
    super::mfa::only_totp(call.second_path_value())?;
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    call.app.db.write(move |tx| manage::delete_app(tx, &ctx, &id)).await?;
    Ok(no_content())
}

impl Call {
    /// The user's id in the path. No account is called what is none.
    pub(super) fn path_id(&self) -> Result<String, Failure> {
        if countersign_domain::base::id::is_valid(&self.path_value) {
            Ok(self.path_value.clone())
        } else {
            Err(Code::UserNotFound.into())
        }
    }
}
