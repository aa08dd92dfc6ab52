//! The users of a project.

mod query;

use axum::response::Response;
use countersign_domain::base::{Code, Secret, Time};
use countersign_domain::session::Session;
use countersign_domain::signin::manage::{self, Change, NewUser, Set};
use countersign_domain::user::{self, User};
use countersign_domain::{mfa, session, signin};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::session::shown;
use super::wire::{Given, Listed, created, email, no_content, ok, phone};

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(super) struct ManagedUser {
    id: String,
    /// How the account came to be: `flow`, `sign-up`, `anonymous`, `key` or `import`.
    #[schema(example = "flow")]
    origin: String,
    /// Made by the send path; nobody proved to be him yet.
    pending: bool,
    /// `active` or `blocked`.
    #[schema(example = "active")]
    status: &'static str,
    name: String,
    #[schema(example = "anna@example.com")]
    email: Option<String>,
    email_verified: bool,
    /// In E.164. One that the user set himself and has not proved stands in front of the one that signs him in.
    #[schema(example = "+14255550123")]
    phone: Option<String>,
    phone_verified: bool,
    /// Whether he is asked for a second factor.
    mfa: bool,
    has_password: bool,
    password_updated_at: Option<String>,
    labels: Vec<String>,
    /// The user's own object.
    #[schema(value_type = Object)]
    prefs: Box<RawValue>,
    /// When somebody first proved to be him.
    proved_at: Option<String>,
    signed_in_at: Option<String>,
    created_at: String,
    updated_at: String,
}

impl ManagedUser {
    fn of(user: User) -> Self {
        Self {
            status: if user.blocked { "blocked" } else { "active" },
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            email_verified: user.is_email_verified(),
            phone: user.shown_phone().map(|phone| phone.as_e164().to_owned()),
            phone_verified: user.is_phone_verified(),
            mfa: user.mfa,
            has_password: user.password_at.is_some(),
            password_updated_at: shown(user.password_at),
            prefs: RawValue::from_string(user.prefs).unwrap_or_default(),
            proved_at: shown(user.proved_at),
            signed_in_at: shown(user.signed_in_at),
            created_at: user.created_at.to_rfc3339(),
            updated_at: user.updated_at.to_rfc3339(),
            id: user.id,
            origin: user.origin,
            pending: user.pending,
            name: user.name,
            labels: user.labels,
        }
    }
}

/// A session of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedSession {
    id: String,
    /// How it was made: `phone`, `email`, `token` …
    provider: String,
    /// What was proved in it.
    factors: Vec<String>,
    /// When the last second factor was proved in it.
    mfa_at: Option<String>,
    address: String,
    agent: String,
    created_at: String,
    updated_at: String,
    expires_at: String,
}

impl ManagedSession {
    fn of(session: Session) -> Self {
        Self {
            mfa_at: shown(session.mfa_at),
            created_at: session.created_at.to_rfc3339(),
            updated_at: session.updated_at.to_rfc3339(),
            expires_at: session.expires_at.to_rfc3339(),
            id: session.id,
            provider: session.provider,
            factors: session.factors,
            address: session.address,
            agent: session.agent,
        }
    }
}

/// A second factor of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedFactor {
    /// `totp`, `email`, `phone` or `recovery-codes`.
    #[schema(example = "totp")]
    factor: &'static str,
    /// Whether it can be used as it is.
    verified: bool,
    /// When it was set up, where that is known.
    created_at: Option<String>,
    /// How many recovery codes are left.
    left: Option<i64>,
    /// Whether it can be removed here; an address or a number is taken away from the user instead.
    removable: bool,
}

/// The body that makes a user. All of it may be left out.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "serde cannot refuse unknown fields beside a flattened struct, so it is read in two steps"
)]
pub(super) struct NewManagedUser {
    /// 1 to 36 letters, digits, `.`, `_` and `-`; made up when left out.
    id: Option<String>,
    #[serde(flatten)]
    change: UserPatch,
}

/// The body that changes a user. What is left out stays as it is; null takes away.
#[derive(Deserialize, ToSchema, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserPatch {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "anna@example.com")]
    email: Given<String>,
    /// Whether the address that he then has is verified.
    #[serde(default)]
    email_verified: Option<bool>,
    /// With its country code. Another number ends the user's sessions.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+14255550123")]
    phone: Given<String>,
    /// Whether the number that he then has is verified.
    #[serde(default)]
    phone_verified: Option<bool>,
    /// 8 to 256 characters. Ends the user's sessions.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Given<String>,
    /// `active` or `blocked`.
    #[serde(default)]
    status: Option<Status>,
    /// Whether he is asked for a second factor.
    #[serde(default)]
    mfa: Option<bool>,
    #[serde(default)]
    labels: Option<Vec<String>>,
    /// The user's own object, whole.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    prefs: Option<Map<String, Json>>,
}

/// Whether a user may sign in.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserStatus)]
enum Status {
    Active,
    Blocked,
}

impl UserPatch {
    /// As the domain takes it, but for the password.
    fn change(&self) -> Result<Change, Failure> {
        Ok(Change {
            name: self.name.clone(),
            email: self.email.read(|text| email("email", text))?,
            email_verified: self.email_verified,
            phone: self.phone.read(|text| phone("phone", text))?,
            phone_verified: self.phone_verified,
            password: Set::Keep,
            blocked: self.status.map(|status| status == Status::Blocked),
            mfa: self.mfa,
            labels: self.labels.clone(),
            prefs: self.prefs.clone(),
            ..Change::default()
        })
    }

    /// The new password, if there is to be one.
    fn password(&self) -> Result<Set<Secret>, Failure> {
        self.password.read(|text| match text.chars().count() {
            8..=256 => Ok(Secret::new(text)),
            _ => Err(Failure::invalid("password", "must be a text of 8 to 256 characters")),
        })
    }
}

/// The users of a project, whoever came last first. `filter` takes JSON such as
/// `{"method":"contains","attribute":"labels","values":["vip"]}`, as the lists of the Nuvix dialect do, and may stand more
/// than once.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/users", tag = "admin users",
    params(("projectId" = String, Path),
        ("search" = Option<String>, Query, description = "Words of id, name, e-mail address or number."),
        ("status" = Option<String>, Query, description = "`active` or `blocked`."),
        ("email" = Option<String>, Query), ("phone" = Option<String>, Query), ("label" = Option<String>, Query),
        ("emailVerified" = Option<bool>, Query), ("phoneVerified" = Option<bool>, Query),
        ("since" = Option<String>, Query, description = "Not made before."),
        ("until" = Option<String>, Query, description = "Made before."),
        ("filter" = Option<Vec<String>>, Query, description = "More filters, as JSON."),
        ("order" = Option<String>, Query, description = "Attributes such as `name` or `-createdAt`, with commas between."),
        ("total" = Option<bool>, Query, description = "`true`: count them, up to 5000."),
        ("limit" = Option<i64>, Query, description = "1 to 200, else 25."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<ManagedUser>), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let (query, search) = query::read(call, &mut asked)?;
    asked.done()?;
    let (limit, counts) = (query.limit - 1, query.counts);
    let (found, total) = call.read_much(move |tx, ctx| user::list(tx, &ctx.project, &query, search.as_deref())).await?;
    Ok(ok(&Listed::page(found, limit, |user| &user.id, ManagedUser::of, counts.then_some(total))))
}

/// Makes a user: all that is sent, or nothing.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/users", tag = "admin users", params(("projectId" = String, Path)),
    request_body = NewManagedUser,
    responses((status = 201, body = ManagedUser), (status = 400, body = Body), (status = 409, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let mut body = call.json().clone();
    let id = body.as_object_mut().and_then(|fields| fields.remove("id"));
    let patch: UserPatch = super::wire::read(body)?;
    let id = match id {
        None | Some(Json::Null) => None,
        Some(Json::String(id)) if countersign_domain::base::id::is_valid(&id) => Some(id),
        Some(_) => {
            return Err(Failure::invalid(
                "id",
                "must be 1 to 36 letters, digits, '.', '_' or '-', and not begin with a sign",
            ));
        }
    };
    let mut change = patch.change()?;
    let new = NewUser {
        id,
        email: change.email.take(),
        phone: change.phone.take(),
        name: change.name.take().unwrap_or_default(),
    };
    let hosted = call.hosted()?.clone();
    let password = match patch.password()? {
        Set::To(password) => Some(call.app.password_by_key(&hosted, &new, password).await?),
        Set::Keep | Set::Clear => None,
    };
    let made = call
        .write(move |tx, ctx| {
            let user = manage::create(tx, ctx, &hosted.project, &new, password.as_ref())?;
            manage::update(tx, ctx, &hosted.project, &user.id, &change)
        })
        .await?;
    Ok(created(&ManagedUser::of(made)))
}

/// One user.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/users/{userId}", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 200, body = ManagedUser), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.user_id()?;
    Ok(ok(&ManagedUser::of(call.read(move |tx, ctx| user::get(tx, &ctx.project, &id)).await?)))
}

/// Changes a user: all that is sent, or nothing.
#[utoipa::path(patch, path = "/admin/v1/projects/{projectId}/users/{userId}", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)), request_body = UserPatch,
    responses((status = 200, body = ManagedUser), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update(call: &Call) -> Result<Response, Failure> {
    let (id, patch) = (call.user_id()?, call.body::<UserPatch>()?);
    let (mut change, hosted) = (patch.change()?, call.hosted()?.clone());
    change.password = match patch.password()? {
        Set::Keep => Set::Keep,
        Set::Clear => Set::Clear,
        Set::To(password) => Set::To(call.app.changed_by_key(&call.ctx, &hosted, &id, password).await?),
    };
    let changed = call.write(move |tx, ctx| manage::update(tx, ctx, &hosted.project, &id, &change)).await?;
    Ok(ok(&ManagedUser::of(changed)))
}

/// Removes a user with every way into the account.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/users/{userId}", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let id = call.user_id()?;
    call.write(move |tx, ctx| manage::delete(tx, ctx, &id)).await?;
    Ok(no_content())
}

/// The sessions of a user, the oldest first.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/users/{userId}/sessions", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 200, body = Listed<ManagedSession>), (status = 404, body = Body)))]
pub(super) async fn list_sessions(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.user_id()?;
    let found = call
        .read(move |tx, ctx| {
            user::get(tx, &ctx.project, &id)?;
            session::list(tx, ctx, &id)
        })
        .await?;
    Ok(ok(&Listed::all(found.into_iter().map(ManagedSession::of).collect())))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/users/{userId}/sessions", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete_sessions(call: &Call) -> Result<Response, Failure> {
    let id = call.user_id()?;
    call.write(move |tx, ctx| {
        user::get(tx, &ctx.project, &id)?;
        session::delete_all(tx, ctx, &id)
    })
    .await?;
    Ok(no_content())
}

/// Ends a session of a user.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/users/{userId}/sessions/{sessionId}", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path), ("sessionId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete_session(call: &Call) -> Result<Response, Failure> {
    let (id, session) = (call.user_id()?, call.path("sessionId"));
    call.write(move |tx, ctx| {
        user::get(tx, &ctx.project, &id)?;
        session::delete(tx, ctx, &id, &session)
    })
    .await?;
    Ok(no_content())
}

/// What a user can show as a second factor.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/users/{userId}/factors", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 200, body = Listed<ManagedFactor>), (status = 404, body = Body)))]
pub(super) async fn list_factors(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.user_id()?;
    let (user, app, codes) = call
        .read(move |tx, ctx| {
            let user = user::get(tx, &ctx.project, &id)?;
            let app = mfa::find_authenticator(tx, ctx, &id)?.map(|app| (app.created_at, app.verified_at.is_some()));
            Ok((user, app, mfa::count_recovery_codes(tx, &ctx.project, &id)?))
        })
        .await?;
    let usable = signin::factors(&call.hosted()?.project, &user);
    let plain = |factor, has: bool, which| {
        let verified = usable.contains(&which);
        has.then_some(ManagedFactor { factor, verified, created_at: None, left: None, removable: false })
    };
    let found = [
        app.map(|(created_at, verified): (Time, bool)| ManagedFactor {
            factor: "totp",
            verified,
            created_at: Some(created_at.to_rfc3339()),
            left: None,
            removable: true,
        }),
        plain("email", user.email.is_some(), signin::Factor::Email),
        plain("phone", user.phone.is_some(), signin::Factor::Phone),
        (codes > 0).then_some(ManagedFactor {
            factor: "recovery-codes",
            verified: true,
            created_at: None,
            left: Some(codes),
            removable: true,
        }),
    ];
    Ok(ok(&Listed::all(found.into_iter().flatten().collect())))
}

/// Removes the authenticator app (`totp`) or the recovery codes (`recovery-codes`) of a user: they stop at once.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/users/{userId}/factors/{factor}", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path), ("factor" = String, Path, description = "`totp` or `recovery-codes`.")),
    responses((status = 204), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete_factor(call: &Call) -> Result<Response, Failure> {
    let id = call.user_id()?;
    match call.path("factor").as_str() {
        "totp" => call.write(move |tx, ctx| manage::delete_app(tx, ctx, &id)).await?,
        "recovery-codes" => call.write(move |tx, ctx| manage::delete_codes(tx, ctx, &id)).await?,
        "email" | "phone" => {
            let reason = "is no factor to remove: take the address or the number away from the user instead";
            return Err(Failure::invalid("factor", reason));
        }
        _ => return Err(Code::AuthenticatorNotFound.into()),
    }
    Ok(no_content())
}
