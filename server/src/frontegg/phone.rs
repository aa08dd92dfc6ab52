//! Numbers to sign in by (contract frontegg §2.2), and the older routes that set one up (§2.3).

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Error, Phone, Secret};
use countersign_domain::signin::Rules;
use countersign_domain::signin::phone::PhoneNumber;
use countersign_domain::signin::verify::{Asked, Number, Token};
use countersign_domain::user::{NumberQuery, NumberSort};
use countersign_domain::verification::{Dialect, Purpose};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call, Identity};
use super::error::{Body, Failure};
use super::wire::{Page, Paged, answer, done};
use super::{READ, Route, WRITE, Who, handler};

/// Codes of one caller's that are sent, or tried, in a minute.
const SENDS: u32 = 20;
const TRIES: u32 = 30;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/users/phone-numbers/v1", Who::PeopleOrFor(WRITE), handler!(create))
        .limited(SENDS),
    Route::new(Method::GET, "/identity/resources/users/phone-numbers/v1", Who::PeopleOrVendor(READ), handler!(list)),
    Route::new(Method::GET, "/identity/resources/users/phone-numbers/v1/me", Who::PeopleOrFor(READ), handler!(own)),
    Route::new(Method::GET, "/identity/resources/users/phone-numbers/v2", Who::Vendor(READ), handler!(list_some)),
    Route::new(
        Method::POST,
        "/identity/resources/users/phone-numbers/v1/preverify",
        Who::PeopleOrFor(WRITE),
        handler!(preverify),
    )
    .limited(SENDS),
    Route::new(
        Method::POST,
        "/identity/resources/users/phone-numbers/v1/verify",
        Who::PeopleOrFor(WRITE),
        handler!(verify),
    )
    .limited(TRIES),
    Route::new(
        Method::DELETE,
        "/identity/resources/users/phone-numbers/v1/{phoneId}",
        Who::People,
        handler!(start_removal),
    )
    .limited(SENDS),
    Route::new(
        Method::POST,
        "/identity/resources/users/phone-numbers/v1/{phoneId}/delete/verify",
        Who::People,
        handler!(finish_removal),
    )
    .limited(TRIES),
    Route::new(
        Method::POST,
        "/identity/resources/users/phone-numbers/v1/vendor/{userId}",
        Who::Vendor(WRITE),
        handler!(set),
    ),
    Route::new(
        Method::DELETE,
        "/identity/resources/users/phone-numbers/v1/vendor/{userId}/{phoneId}",
        Who::Vendor(WRITE),
        handler!(delete),
    ),
    Route::new(Method::POST, "/identity/resources/users/v1/phone", Who::People, handler!(create_card)).limited(SENDS),
    Route::new(Method::POST, "/identity/resources/users/v1/phone/verify", Who::People, handler!(verify_card))
        .limited(TRIES),
];

#[derive(OpenApi)]
#[openapi(paths(
    create,
    list,
    own,
    list_some,
    preverify,
    verify,
    start_removal,
    finish_removal,
    set,
    delete,
    create_card,
    verify_card
))]
pub(super) struct Document;

/// A number of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPhoneNumber)]
struct PhoneModel {
    id: String,
    user_id: String,
    #[schema(example = "+12025550177")]
    phone_number: String,
    /// Whether he proved that it is his: only then it signs in.
    verified: bool,
    /// When its account was made.
    created_at: String,
    /// When its account was changed last.
    updated_at: String,
}

impl From<PhoneNumber> for PhoneModel {
    fn from(number: PhoneNumber) -> Self {
        Self {
            id: number.id,
            user_id: number.user,
            phone_number: number.phone.as_e164().to_owned(),
            verified: number.verified,
            created_at: number.created_at.to_rfc3339(),
            updated_at: number.updated_at.to_rfc3339(),
        }
    }
}

/// That a code is on its way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggOtcToken)]
struct OtcToken {
    /// To be shown with the code. None where no code was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    otc_token: Option<String>,
}

/// The same for a number that is to be given up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPhoneRemoval)]
struct Removal {
    phone_id: String,
    otc_token: String,
}

/// The same for the old quick card.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPhoneCard)]
struct Card {
    change_phone_id: String,
}

/// A number.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNumber, rename_all = "camelCase")]
struct NumberBody {
    /// With `+` and its country code.
    #[schema(example = "+12025550177")]
    phone_number: String,
}

/// A number to sign in by.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNewNumber, rename_all = "camelCase")]
struct NewNumberBody {
    /// With `+` and its country code.
    #[schema(example = "+12025550177")]
    phone_number: String,
    /// Whether a code is sent to it at once.
    #[schema(default = true)]
    verify: Option<bool>,
}

/// A code.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNumberCode, rename_all = "camelCase")]
struct CodeBody {
    /// What the answer was that sent the code.
    otc_token: String,
    /// The code.
    #[schema(example = "645413")]
    code: String,
}

/// A code of the old quick card.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggCardCode, rename_all = "camelCase")]
struct CardBody {
    /// What the answer was that sent the code.
    change_phone_id: String,
    /// The code.
    code: String,
}

/// How this dialect asks for the proof of a number. Who has one may replace it for as long after a sign-in as a second
/// factor counts as shown lately.
pub(super) fn asked(call: &Call) -> Result<Asked, Failure> {
    let project = call.project();
    Ok(Asked {
        dialect: Dialect::Frontegg,
        rules: Rules::of_frontegg(project),
        fresh_for: project.settings.mfa.recent_seconds,
        review: call.app.link_page(&project.id, Purpose::ReviewPhone)?,
    })
}

/// The number of a body.
pub(super) fn read_phone(call: &Call) -> Result<Phone, Failure> {
    let mut params = call.params();
    let phone = params.phone("phoneNumber");
    let Some(phone) = phone else { return Err(params.failure().into()) };
    params.check()?;
    Ok(phone?)
}

/// A code is checked where it is used; a wrong one here is no sign that nobody is signed in.
pub(super) fn wrong_code(error: Error) -> Failure {
    Failure::or_wrong(error, StatusCode::BAD_REQUEST, "The code is wrong, was used or has expired. Ask for a new one.")
}

/// No number of the account has the id.
fn by_id(error: Error) -> Failure {
    match error.code {
        Code::PhoneNotFound => Failure::new(StatusCode::NOT_FOUND, "There is no such phone number."),
        _ => wrong_code(error),
    }
}

async fn ask(call: &Call, send: bool) -> Result<Option<Token>, Failure> {
    let number = Number { phone: read_phone(call)?, asked: asked(call)? };
    Ok(call.app.create_phone(&call.ctx, &call.hosted, call.caller()?, number, send).await?)
}

/// Sets up a number to sign in by, in place of the one that is there once it is proved. A code is sent to it, unless
/// `verify` is false.
#[utoipa::path(post, path = "/identity/resources/users/phone-numbers/v1", tag = "frontegg", request_body = NewNumberBody,
    responses((status = 201, body = OtcToken), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    let send = params.bool_or("verify", true);
    params.check()?;
    let token = ask(call, send).await?;
    answer(StatusCode::CREATED, &OtcToken { otc_token: token.map(|token| token.id) })
}

/// Sends a code to a number, also once more.
#[utoipa::path(post, path = "/identity/resources/users/phone-numbers/v1/preverify", tag = "frontegg", request_body = NumberBody,
    responses((status = 200, body = OtcToken), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
async fn preverify(call: &Call) -> Answered {
    let token = ask(call, true).await?;
    answer(StatusCode::OK, &OtcToken { otc_token: token.map(|token| token.id) })
}

async fn prove(call: &Call, name: &'static str) -> Answered {
    let (token, code) = read_code(call, name)?;
    call.app
        .verify_phone(&call.ctx, &call.hosted, call.caller()?, token, asked(call)?, code)
        .await
        .map_err(wrong_code)?;
    Ok(done(StatusCode::OK))
}

fn read_code(call: &Call, name: &'static str) -> Result<(String, Secret), Failure> {
    let mut params = call.params();
    let (token, code) = (params.text(name, 1, 128), params.secret("code", 1, 64));
    let (Some(token), Some(code)) = (token, code) else { return Err(params.failure().into()) };
    Ok((token.to_owned(), code))
}

/// Proves a number by the code that came to it. It signs in from now on, and its user is asked by e-mail whether it was he
/// who set it up.
#[utoipa::path(post, path = "/identity/resources/users/phone-numbers/v1/verify", tag = "frontegg", request_body = CodeBody,
    responses((status = 200, description = "It is the user's."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
async fn verify(call: &Call) -> Answered {
    prove(call, "otcToken").await
}

/// The numbers of the user: one that signs in, and one that waits for its proof.
#[utoipa::path(get, path = "/identity/resources/users/phone-numbers/v1/me", tag = "frontegg",
    responses((status = 200, body = Vec<PhoneModel>), (status = 400, body = Body), (status = 401, body = Body)))]
async fn own(call: &Call) -> Answered {
    let numbers = call.app.phones_of(&call.ctx, call.user()?.id.clone()).await?;
    answer(StatusCode::OK, &numbers.into_iter().map(PhoneModel::from).collect::<Vec<_>>())
}

/// The numbers of the project, or of whoever is signed in.
#[utoipa::path(get, path = "/identity/resources/users/phone-numbers/v1", tag = "frontegg",
    params(("_limit" = Option<i64>, Query, description = "Numbers on a page, up to 250."),
        ("_offset" = Option<i64>, Query, description = "Which page, from 0."),
        ("_sortBy" = Option<String>, Query, description = "`phoneNumber` or `userId`."),
        ("_order" = Option<String>, Query, description = "`ASC` or `DESC`."),
        ("_phoneNumber" = Option<String>, Query, description = "Only this number.")),
    responses((status = 200, body = Paged<PhoneModel>), (status = 400, body = Body), (status = 401, body = Body)))]
async fn list(call: &Call) -> Answered {
    let users = match &call.identity {
        Identity::User(signed) => Some(vec![signed.user.id.clone()]),
        Identity::Vendor(_) | Identity::Guest => None,
    };
    listed(call, users).await
}

/// The numbers of the project, or of some of its users.
#[utoipa::path(get, path = "/identity/resources/users/phone-numbers/v2", tag = "frontegg",
    params(("_limit" = Option<i64>, Query, description = "Numbers on a page, up to 250."),
        ("_offset" = Option<i64>, Query, description = "Which page, from 0."),
        ("_sortBy" = Option<String>, Query, description = "`phoneNumber` or `userId`."),
        ("_order" = Option<String>, Query, description = "`ASC` or `DESC`."),
        ("_phoneNumber" = Option<String>, Query, description = "Only this number."),
        ("userIds" = Option<Vec<String>>, Query, description = "Only those of these users, up to 250.")),
    responses((status = 200, body = Paged<PhoneModel>), (status = 400, body = Body), (status = 401, body = Body)))]
async fn list_some(call: &Call) -> Answered {
    // Several in one text are several.
    let ids: Vec<String> =
        call.queries("userIds").into_iter().flat_map(|ids| ids.split(',')).map(|id| id.trim().to_owned()).collect();
    if ids.len() > LARGEST as usize {
        return Err(Failure::new(StatusCode::BAD_REQUEST, format!("userIds must be at most {LARGEST} ids")));
    }
    listed(call, (!ids.is_empty()).then_some(ids)).await
}

/// The most numbers on a page, and users whose are asked for (contract §2.2).
const LARGEST: i64 = 250;

async fn listed(call: &Call, users: Option<Vec<String>>) -> Answered {
    let page = Page::read(call, LARGEST)?;
    let sort = match call.query("_sortBy") {
        None | Some("phoneNumber") => NumberSort::Phone,
        Some("userId") => NumberSort::User,
        Some(_) => return Err(Failure::new(StatusCode::BAD_REQUEST, "_sortBy must be phoneNumber or userId")),
    };
    let phone = match call.query("_phoneNumber") {
        // A plus that nobody escaped arrives as a space.
        Some(text) => Some(call.app.phone(&text.replacen(' ', "+", usize::from(text.starts_with(' '))))?),
        None => None,
    };
    let query = NumberQuery { limit: page.limit, page: page.number, sort, descending: page.descending, phone, users };
    let (numbers, total) = call.app.list_phones(&call.ctx, query).await?;
    answer(StatusCode::OK, &Paged::of(&page, numbers.into_iter().map(PhoneModel::from).collect(), total))
}

/// Sends a code to a number of one's own that is to be given up. Nothing is given up yet.
#[utoipa::path(delete, path = "/identity/resources/users/phone-numbers/v1/{phoneId}", tag = "frontegg",
    params(("phoneId" = String, Path)),
    responses((status = 200, body = Removal), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn start_removal(call: &Call) -> Answered {
    let id = call.gap("phoneId").to_owned();
    let token = call.app.start_phone_removal(&call.ctx, &call.hosted, call.caller()?, id.clone(), asked(call)?).await;
    let otc_token = token.map_err(by_id)?.id;
    answer(StatusCode::OK, &Removal { phone_id: id, otc_token })
}

/// Gives the number up, by the code that came to it. Sessions that began with it end, but not this one.
#[utoipa::path(post, path = "/identity/resources/users/phone-numbers/v1/{phoneId}/delete/verify", tag = "frontegg",
    params(("phoneId" = String, Path)), request_body = CodeBody,
    responses((status = 200, description = "It is gone."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn finish_removal(call: &Call) -> Answered {
    let (token, code) = read_code(call, "otcToken")?;
    let id = call.gap("phoneId").to_owned();
    call.app.finish_phone_removal(&call.ctx, &call.hosted, call.caller()?, id, token, code).await.map_err(by_id)?;
    Ok(done(StatusCode::OK))
}

/// Gives a user a number. It is verified at once.
#[utoipa::path(post, path = "/identity/resources/users/phone-numbers/v1/vendor/{userId}", tag = "frontegg",
    params(("userId" = String, Path)), request_body = NumberBody,
    responses((status = 201, description = "It is his."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
async fn set(call: &Call) -> Answered {
    let (user, phone) = (call.gap("userId").to_owned(), read_phone(call)?);
    call.app.set_phone(&call.ctx, &call.hosted, user, phone).await?;
    Ok(done(StatusCode::CREATED))
}

/// Takes a number from a user. He is told.
#[utoipa::path(delete, path = "/identity/resources/users/phone-numbers/v1/vendor/{userId}/{phoneId}", tag = "frontegg",
    params(("userId" = String, Path), ("phoneId" = String, Path)),
    responses((status = 200, description = "It is gone."), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn delete(call: &Call) -> Answered {
    let (user, id) = (call.gap("userId").to_owned(), call.gap("phoneId").to_owned());
    call.app.delete_phone(&call.ctx, &call.hosted, user, id).await.map_err(by_id)?;
    Ok(done(StatusCode::OK))
}

/// Sends a code to a number, as the old quick card asks for it.
#[utoipa::path(post, path = "/identity/resources/users/v1/phone", tag = "frontegg", request_body = NumberBody,
    responses((status = 200, body = Card), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
async fn create_card(call: &Call) -> Answered {
    let token = ask(call, true).await?;
    answer(StatusCode::OK, &Card { change_phone_id: token.map(|token| token.id).unwrap_or_default() })
}

/// Proves the number of the old quick card.
#[utoipa::path(post, path = "/identity/resources/users/v1/phone/verify", tag = "frontegg", request_body = CardBody,
    responses((status = 200, description = "It is the user's."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
async fn verify_card(call: &Call) -> Answered {
    prove(call, "changePhoneId").await
}
