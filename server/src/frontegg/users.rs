//! Users, as customers' own servers make, find and move them. What they do to one: `vendor_user.rs`.

use axum::http::{Method, StatusCode};
use countersign_domain::base::page::{COUNTED, Condition, Filter, Op, Order, Query, Value};
use countersign_domain::base::{Code, Email, Error, Phone, Secret};
use countersign_domain::password::{Algorithm, Foreign, Hash};
use countersign_domain::signin::import::{self, Candidate, Contact, Trust};
use countersign_domain::signin::invite::{self, Invite};
use countersign_domain::signin::manage::NewUser;
use countersign_domain::tenant;
use countersign_domain::user::{self, Import, Notes, User};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::user::{model, object_text};
use super::vendor_user::change;
use super::wire::{Page, Paged, Reader, UserModel, answer};
use super::{READ, Route, WRITE, Who, handler};
use crate::http::params::Params;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/users/v2", Who::Vendor(WRITE), handler!(invite)),
    Route::new(Method::POST, "/identity/resources/vendor-only/users/v1", Who::Vendor(WRITE), handler!(create)),
    Route::new(Method::GET, "/identity/resources/users/v3", Who::Vendor(READ), handler!(list)),
    Route::new(Method::POST, "/identity/resources/migrations/v1/local", Who::Vendor(WRITE), handler!(migrate)),
];

#[derive(OpenApi)]
#[openapi(paths(invite, create, list, migrate))]
pub(super) struct Document;

/// Somebody who is to be a user.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNewUser, rename_all = "camelCase")]
struct NewUserBody {
    /// His address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// At most 128 characters.
    name: Option<String>,
    /// 8 to 256 characters.
    password: Option<String>,
    /// A number for people to read. It is not proved and signs nobody in.
    phone_number: Option<String>,
    /// A JSON object as text.
    metadata: Option<String>,
    /// A JSON object as text, which only servers read.
    vendor_metadata: Option<String>,
    /// What your system knows him by, at most 256 characters. It need not be unique.
    external_id: Option<String>,
    /// Whether nobody is to ask him for a second factor.
    mfa_bypass: Option<bool>,
    /// To which account he is to belong (`vendor-only`; else `frontegg-tenant-id` says it).
    tenant_id: Option<String>,
}

/// Somebody who comes from another system.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMigration, rename_all = "camelCase")]
struct MigrationBody {
    /// His address, which counts as verified.
    email: Option<String>,
    /// At most 128 characters.
    name: Option<String>,
    /// His number.
    phone_number: Option<String>,
    /// `auth`: the number signs in and counts as verified.
    phone_number_type: Option<String>,
    /// The seed of his authenticator app, as base32.
    authenticator_app_mfa_secret: Option<String>,
    /// The hash of his password.
    password_hash: Option<String>,
    /// `bcrypt` or `argon2`.
    password_hash_type: Option<String>,
    /// A JSON object as text.
    metadata: Option<String>,
    /// A JSON object as text, which only servers read.
    vendor_metadata: Option<String>,
    /// What your system knows him by, at most 256 characters. It need not be unique.
    external_id: Option<String>,
    /// To which account he is to belong.
    tenant_id: Option<String>,
}

/// What every body that makes a user has: whom, and his password.
fn new_user(params: &mut Params<'_>) -> (Option<Invite>, Option<Secret>) {
    let email: Option<Email> = params.email("email");
    let mut change = change(params);
    let name = change.name.take().unwrap_or_default();
    let password = if params.is_absent("password") { None } else { params.secret("password", 8, 256) };
    let new = email.map(|email| NewUser { id: None, email: Some(email), phone: None, name });
    let invite = new.map(|new| Invite { new, tenant: None, change, known_too: false });
    (invite, password)
}

async fn make(call: &Call, invite: Invite, password: Option<Secret>) -> Answered {
    let password = match password {
        Some(password) => Some(call.app.password_by_key(&call.hosted, &invite.new, password).await?),
        None => None,
    };
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let made = call.app.db.write(move |tx| invite::invite(tx, &ctx, &hosted.project, &invite, password.as_ref()));
    answer(StatusCode::CREATED, &model(call, made.await?).await?)
}

/// Makes a user of the account that `frontegg-tenant-id` names; somebody who is there already joins it as he is. No
/// invitation is sent: he signs in by a code, or sets a password by a recovery.
#[utoipa::path(post, path = "/identity/resources/users/v2", tag = "frontegg", request_body = NewUserBody,
    responses((status = 201, body = UserModel), (status = 400, body = Body), (status = 404, body = Body)))]
async fn invite(call: &Call) -> Answered {
    let mut params = call.params();
    let (invite, password) = new_user(&mut params);
    let tenant = call.tenant().map(str::to_owned);
    if tenant.is_none() {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "Name the account in the header frontegg-tenant-id."));
    }
    let Some(invite) = invite else { return Err(params.failure().into()) };
    params.check()?;
    make(call, Invite { tenant, known_too: true, ..invite }, password).await
}

/// Makes a user.
#[utoipa::path(post, path = "/identity/resources/vendor-only/users/v1", tag = "frontegg", request_body = NewUserBody,
    responses((status = 201, body = UserModel), (status = 400, body = Body), (status = 409, body = Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    let (invite, password) = new_user(&mut params);
    let tenant = params.optional_text("tenantId", 1, 36).map(str::to_owned);
    let Some(invite) = invite else { return Err(params.failure().into()) };
    params.check()?;
    make(call, Invite { tenant, ..invite }, password).await
}

fn is(attribute: &str, value: &str) -> Filter {
    let values = vec![Value::Text(value.to_owned())];
    Filter::Is(Condition { attribute: attribute.to_owned(), op: Op::Equal, values })
}

/// The users with one of these ids.
fn among(ids: impl IntoIterator<Item = String>) -> Filter {
    let values = ids.into_iter().map(Value::Text).collect();
    Filter::Is(Condition { attribute: "$id".to_owned(), op: Op::Equal, values })
}

/// The filter of an identifier; none where nobody can have it.
fn identified(kind: &str, text: &str) -> Result<Option<Filter>, Failure> {
    match kind {
        "email" => Ok(Email::parse(text).ok().map(|email| is("email", email.as_str()))),
        // A plus in a query that nobody escaped arrives as a space.
        "phoneNumber" => {
            Ok(Phone::parse(&text.replacen(' ', "+", 1), None).ok().map(|phone| is("phone", phone.as_e164())))
        }
        "username" => Ok(None),
        _ => {
            let words = "_identifierType must be email, phoneNumber, externalId or username";
            Err(Failure::new(StatusCode::BAD_REQUEST, words))
        }
    }
}

/// The external id that is asked for. Several users may have it, so it takes a look of its own.
fn external_id(call: &Call) -> Option<&str> {
    call.query("_identifier").filter(|_| call.query("_identifierType") == Some("externalId"))
}

/// What is asked of the list beside an external id; none where nobody can be meant.
fn asked(call: &Call, page: &Page) -> Result<Option<Query>, Failure> {
    let mut filters = Vec::new();
    if let Some(text) = call.query("_identifier").filter(|_| external_id(call).is_none()) {
        match identified(call.query("_identifierType").unwrap_or("email"), text)? {
            Some(filter) => filters.push(filter),
            None => return Ok(None),
        }
    }
    if let Some(text) = call.query("_email") {
        match identified("email", text)? {
            Some(filter) => filters.push(filter),
            None => return Ok(None),
        }
    }
    let ids: Vec<_> = call.queries("ids").iter().flat_map(|ids| ids.split(',')).map(str::to_owned).collect();
    if !ids.is_empty() {
        filters.push(among(ids));
    }
    let attribute = match call.query("_sortBy").unwrap_or("createdAt") {
        "createdAt" => "$createdAt",
        "name" => "name",
        "email" => "email",
        "id" => "$id",
        "verified" => "emailVerification",
        "isLocked" => "status",
        _ => {
            let words = "_sortBy must be createdAt, name, email, id, verified or isLocked";
            return Err(Failure::new(StatusCode::BAD_REQUEST, words));
        }
    };
    let order = Order { attribute: attribute.to_owned(), descending: page.descending };
    Ok(Some(Query {
        filters,
        orders: vec![order],
        limit: page.limit,
        offset: page.offset(),
        cursor: None,
        counts: true,
    }))
}

/// Users, in pages. An identifier finds its owner, a number also while it is not proved.
#[utoipa::path(get, path = "/identity/resources/users/v3", tag = "frontegg",
    params(
        ("_identifier" = Option<String>, Query, description = "An address, a number, or what your system knows him by."),
        ("_identifierType" = Option<String>, Query, description = "`email`, `phoneNumber`, `externalId` or `username`. Nobody has a username."),
        ("_email" = Option<String>, Query, description = "An address."),
        ("_tenantId" = Option<String>, Query, description = "Only members of this account; also `frontegg-tenant-id`."),
        ("ids" = Option<Vec<String>>, Query, description = "Only these, at most 100."),
        ("_limit" = Option<i64>, Query, description = "1 to 200, else 50."),
        ("_offset" = Option<i64>, Query, description = "Which page, from 0."),
        ("_sortBy" = Option<String>, Query, description = "`createdAt`, `name`, `email`, `id`, `verified` or `isLocked`."),
        ("_order" = Option<String>, Query, description = "`ASC` or `DESC`."),
    ),
    responses((status = 200, body = Paged<UserModel>), (status = 400, body = Body)))]
async fn list(call: &Call) -> Answered {
    let page = Page::read(call, 200)?;
    let Some(query) = asked(call, &page)? else {
        return answer(StatusCode::OK, &Paged::<UserModel>::of(&page, Vec::new(), 0));
    };
    let ctx = call.ctx.clone();
    let wanted = call.query("_tenantId").or_else(|| call.tenant()).map(str::to_owned);
    let external_id = external_id(call).map(str::to_owned);
    let found = call.app.db.read(move |tx| {
        let mut query = query.clone();
        if let Some(external_id) = &external_id {
            let ids = user::find_by_external_id(tx, &ctx.project, external_id)?;
            if ids.is_empty() {
                return Ok((Vec::new(), 0));
            }
            query.filters.push(among(ids));
        }
        let (users, total) = match &wanted {
            Some(id) => user::list_members(tx, &ctx.project, &query, id, *id == *ctx.project)?,
            None => user::list(tx, &ctx.project, &query, None)?,
        };
        let models = users.iter().map(|user| {
            let belonging = tenant::of_user(tx, &ctx, &user.id)?;
            Ok(UserModel::of(user, &belonging, user::find_notes(tx, &ctx.project, &user.id)?, Reader::Server))
        });
        Ok((models.collect::<Result<Vec<_>, Error>>()?, total))
    });
    let (models, total) = found.await?;
    answer(StatusCode::OK, &Paged::of(&page, models, total.min(COUNTED)))
}

/// What a server tells of a user of another system; the account that he is to belong to beside it.
fn candidate(params: &mut Params<'_>) -> Result<(Candidate, Option<String>), Failure> {
    let email = if params.is_absent("email") { None } else { params.email("email") };
    let number = params.optional_text("phoneNumber", 1, 32).map(str::to_owned);
    if email.is_none() && number.is_none() {
        params.refuse::<()>("email", "email or phoneNumber is required");
    }
    let is_second = match params.optional_text("phoneNumberType", 1, 8) {
        None | Some("auth") => false,
        Some("mfa") => true,
        Some(_) => params.refuse("phoneNumberType", "phoneNumberType must be auth or mfa").unwrap_or_default(),
    };
    // One for second factors alone sets them up at once.
    let (number, second) = if is_second { (None, number) } else { (number, None) };
    let seed = params.optional_text("authenticatorAppMfaSecret", 1, 256).map(Secret::new);
    let hash = if params.is_absent("passwordHash") { None } else { params.secret("passwordHash", 1, 1_024) };
    let kind = match (&hash, params.optional_text("passwordHashType", 1, 32)) {
        (None, _) => None,
        (Some(_), Some("bcrypt")) => Some(Algorithm::Bcrypt),
        (Some(_), Some("argon2" | "argon2id")) => Some(Algorithm::Argon2),
        (Some(_), _) => params.refuse("passwordHashType", "passwordHashType must be bcrypt or argon2"),
    };
    let name = params.optional_text("name", 1, 128).unwrap_or_default().to_owned();
    let metadata = object_text(params, "metadata");
    let notes = Notes {
        external_id: params.optional_text("externalId", 1, 256).map(str::to_owned),
        vendor_metadata: object_text(params, "vendorMetadata").map(str::to_owned),
    };
    let tenant = params.optional_text("tenantId", 1, 36).map(str::to_owned);
    let prefs = metadata.map(|text| ("metadata".to_owned(), text.into())).into_iter().collect();
    let verified = |text: String| Contact { text, trust: Trust::Verified };
    let password = hash.zip(kind).map(|(hash, kind)| Foreign::new(kind, hash).map(Hash::Foreign)).transpose()?;
    let candidate = Candidate {
        email: email.map(|email| verified(email.as_str().to_owned())),
        phone: number.map(verified),
        name,
        prefs,
        notes,
        mfa: seed.is_some() || second.is_some(),
        mfa_phone: second,
        totp: seed.map(|secret| countersign_domain::mfa::Moved {
            secret,
            last_step: 0,
            verified_at: None,
            created_at: None,
        }),
        password,
        ..Candidate::default()
    };
    Ok((candidate, tenant))
}

/// Takes a user over from another system, with the hash of his password. Address and number count as verified.
#[utoipa::path(post, path = "/identity/resources/migrations/v1/local", tag = "frontegg", request_body = MigrationBody,
    responses((status = 201, body = UserModel), (status = 400, body = Body), (status = 409, body = Body)))]
async fn migrate(call: &Call) -> Answered {
    let mut params = call.params();
    let (candidate, tenant) = candidate(&mut params)?;
    params.check()?;
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let prepared = import::prepare(&ctx, &import::Rules::default(), Candidate { id: Some(ctx.id()), ..candidate })?;
    let made = call.app.db.write(move |tx| -> Result<User, Error> {
        match import::store(tx, &ctx, std::slice::from_ref(&prepared))?.first() {
            Some(Import::Made) => {}
            Some(_) | None => return Err(Code::UserExists.into()),
        }
        if let Some(tenant) = &tenant {
            tenant::join(tx, &ctx, &invite::own_tenant(&hosted.project), prepared.id(), tenant)?;
        }
        user::get(tx, &ctx.project, prepared.id())
    });
    answer(StatusCode::CREATED, &model(call, made.await?).await?)
}
