//! By whom text messages are sent, and what they say (contract frontegg §2.10).

use axum::http::{Method, StatusCode};
use countersign_domain::message::VerifyChannel;
use countersign_domain::project::sender::{self, By, Change, Product, Sender};
use countersign_domain::project::{self, HIDDEN};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::strategy::WRITE as CONFIGURE;
use super::wire::{answer, done};
use super::{READ, Route, Who, handler};
use crate::text::{self, DEFAULT_LOCALE};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/configurations/v1/sms", Who::Vendor(READ), handler!(get)),
    Route::new(Method::POST, "/identity/resources/configurations/v1/sms", CONFIGURE, handler!(put)),
    Route::new(Method::DELETE, "/identity/resources/configurations/v1/sms", CONFIGURE, handler!(delete)),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/sms/templates",
        Who::Vendor(READ),
        handler!(list_templates),
    ),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/sms/templates/default/all",
        Who::Vendor(READ),
        handler!(list_built_in),
    ),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/sms/templates/{type}",
        Who::Vendor(READ),
        handler!(get_template),
    ),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/sms/templates/{type}/default",
        Who::Vendor(READ),
        handler!(get_built_in),
    ),
    Route::new(
        Method::POST,
        "/identity/resources/configurations/v1/sms/templates/{type}",
        CONFIGURE,
        handler!(put_template),
    ),
    Route::new(
        Method::DELETE,
        "/identity/resources/configurations/v1/sms/templates/{type}",
        CONFIGURE,
        handler!(delete_template),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(
    get,
    put,
    delete,
    list_templates,
    list_built_in,
    get_template,
    get_built_in,
    put_template,
    delete_template
))]
pub(super) struct Document;

/// The Twilio account that sends; empty where the project's other providers do.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggSms)]
struct SmsModel {
    /// A number or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_name: Option<String>,
    /// The account's SID.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    /// Never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "[hidden]")]
    token: Option<&'static str>,
    /// A messaging service, or a service of Twilio Verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<String>,
    /// `Twilio` or `TwilioVerify`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Twilio")]
    provider: Option<&'static str>,
    /// `SMS`; with Twilio Verify also `Voice` and `WhatsApp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "SMS")]
    channel: Option<&'static str>,
}

/// The products, as Frontegg's clients call them.
const PRODUCTS: [(Product, &str); 2] = [(Product::Messaging, "Twilio"), (Product::Verify, "TwilioVerify")];
/// The channels, as they call them.
const CHANNELS: [(VerifyChannel, &str); 3] =
    [(VerifyChannel::Sms, "SMS"), (VerifyChannel::Call, "Voice"), (VerifyChannel::Whatsapp, "WhatsApp")];

/// What stands behind `name` in a list, in whichever case and with whatever between its words; no text names nothing.
fn known<T: Copy>(list: &[(T, &str)], name: Option<&str>, words: &str) -> Result<Option<T>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let found = list.iter().find(|(_, known)| known.eq_ignore_ascii_case(&letters));
    found.map(|(what, _)| Some(*what)).ok_or_else(|| Failure::new(StatusCode::BAD_REQUEST, words))
}

fn name_of<T: Copy + PartialEq>(list: &[(T, &'static str)], what: T) -> Option<&'static str> {
    list.iter().find(|(known, _)| *known == what).map(|(_, name)| *name)
}

impl SmsModel {
    fn of(sender: Option<Sender>) -> Self {
        let Some(Sender { account, by }) = sender else { return Self::default() };
        let product = by.product();
        let (sender_name, service_id, channel) = match by {
            By::Name(name) => (Some(name), None, VerifyChannel::Sms),
            By::Service(service) => (None, Some(service), VerifyChannel::Sms),
            By::Verify { service, channel } => (None, Some(service), channel),
        };
        Self {
            sender_name,
            account_id: Some(account),
            token: Some(HIDDEN),
            service_id,
            provider: name_of(&PRODUCTS, product),
            channel: name_of(&CHANNELS, channel),
        }
    }
}

/// A Twilio account. What is left out stays as it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNewSms, rename_all = "camelCase")]
struct SmsBody {
    /// A number or a name.
    sender_name: Option<String>,
    /// The account's SID.
    account_id: Option<String>,
    /// Its auth token.
    token: Option<String>,
    /// A messaging service (`MG…`) in place of the sender's name, or a service of Twilio Verify (`VA…`).
    service_id: Option<String>,
    /// `Twilio` or `TwilioVerify`.
    provider: Option<String>,
    /// `SMS`; with Twilio Verify also `voice` and `WhatsApp`.
    channel: Option<String>,
}

/// Who sends.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/sms", tag = "frontegg",
    responses((status = 200, body = SmsModel), (status = 401, body = Body), (status = 403, body = Body)))]
async fn get(call: &Call) -> Answered {
    answer(StatusCode::OK, &SmsModel::of(sender::find(&call.project().settings)))
}

/// Lets a Twilio account send, before every other provider of the project: texts by Programmable Messaging, or codes by
/// Twilio Verify. The one takes the place of the other.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/sms", tag = "frontegg", request_body = SmsBody,
    responses((status = 200, body = SmsModel), (status = 201, body = SmsModel), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn put(call: &Call) -> Answered {
    let mut params = call.params();
    let mut text = |name| params.optional_text(name, 1, 256).map(str::to_owned);
    let (account, name, service) = (text("accountId"), text("senderName"), text("serviceId"));
    let token = text("token").filter(|token| token != HIDDEN);
    let (provider, channel) = (text("provider"), text("channel"));
    params.check()?;
    let product = known(&PRODUCTS, provider.as_deref(), "provider must be Twilio or TwilioVerify.")?;
    let channel = known(&CHANNELS, channel.as_deref(), "channel must be SMS, voice or WhatsApp.")?;
    let change = Change { account, token, name, service, product, channel };
    let ctx = call.ctx.clone();
    let (project, created) = call.app.db.write(move |tx| sender::put(tx, &ctx, &change)).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    answer(status, &SmsModel::of(sender::find(&project.settings)))
}

/// Lets the project's other providers send again.
#[utoipa::path(delete, path = "/identity/resources/configurations/v1/sms", tag = "frontegg",
    responses((status = 200, description = "It sends no more."), (status = 401, body = Body), (status = 403, body = Body)))]
async fn delete(call: &Call) -> Answered {
    let ctx = call.ctx.clone();
    call.app.db.write(move |tx| sender::delete(tx, &ctx)).await?;
    Ok(done(StatusCode::OK))
}

/// What each type of text is for.
const TYPES: [&str; 3] = ["mfa", "sign-in", "verify-phone"];

/// A text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggSmsTemplate)]
struct TemplateModel {
    /// 0: a second factor, 1: signing in, 2: proving a number.
    r#type: usize,
    /// With `{{ code }}` in it.
    template: String,
    /// Whether it is the built-in one.
    is_default: bool,
    active: bool,
}

/// A text of the project's own.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNewSmsTemplate)]
struct TemplateBody {
    /// With `{{code}}` in it, and `{{brand}}` if you like.
    #[schema(example = "{{brand}}: {{code}}")]
    template: String,
    active: Option<bool>,
}

/// The type in the path, with what it is for.
fn read_type(call: &Call) -> Result<(usize, &'static str), Failure> {
    let found = TYPES.iter().enumerate().find(|(n, _)| call.gap("type") == n.to_string());
    let words = "There is no such template: type is 0 (second factor), 1 (sign-in) or 2 (proof of a number).";
    found.map(|(n, purpose)| (n, *purpose)).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, words))
}

fn built_in(call: &Call, (n, purpose): (usize, &str)) -> Result<TemplateModel, Failure> {
    let template = call.app.texts.sms_template(DEFAULT_LOCALE, purpose);
    let template = template.map_err(countersign_domain::base::Error::internal)?;
    Ok(TemplateModel { r#type: n, template, is_default: true, active: true })
}

fn in_use(call: &Call, (n, purpose): (usize, &str)) -> Result<TemplateModel, Failure> {
    match call.project().settings.sms.templates.get(purpose) {
        Some(own) => Ok(TemplateModel { r#type: n, template: own.clone(), is_default: false, active: true }),
        None => built_in(call, (n, purpose)),
    }
}

/// The texts, as they are sent.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/sms/templates", tag = "frontegg",
    responses((status = 200, body = Vec<TemplateModel>), (status = 401, body = Body), (status = 403, body = Body)))]
async fn list_templates(call: &Call) -> Answered {
    let all = TYPES.into_iter().enumerate().map(|one| in_use(call, one)).collect::<Result<Vec<_>, _>>()?;
    answer(StatusCode::OK, &all)
}

/// The built-in texts.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/sms/templates/default/all", tag = "frontegg",
    responses((status = 200, body = Vec<TemplateModel>), (status = 401, body = Body), (status = 403, body = Body)))]
async fn list_built_in(call: &Call) -> Answered {
    let all = TYPES.into_iter().enumerate().map(|one| built_in(call, one)).collect::<Result<Vec<_>, _>>()?;
    answer(StatusCode::OK, &all)
}

/// A text, as it is sent.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/sms/templates/{type}", tag = "frontegg",
    params(("type" = String, Path)),
    responses((status = 200, body = TemplateModel), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn get_template(call: &Call) -> Answered {
    answer(StatusCode::OK, &in_use(call, read_type(call)?)?)
}

/// A built-in text.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/sms/templates/{type}/default", tag = "frontegg",
    params(("type" = String, Path)),
    responses((status = 200, body = TemplateModel), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn get_built_in(call: &Call) -> Answered {
    answer(StatusCode::OK, &built_in(call, read_type(call)?)?)
}

/// Refuses a switched-off text: what is not to be sent is removed.
pub(super) fn must_be_active(active: bool) -> Result<(), Failure> {
    let words = "A template that is not active cannot be kept: delete it, and the built-in one is sent.";
    if active { Ok(()) } else { Err(Failure::new(StatusCode::BAD_REQUEST, words)) }
}

/// Gives the project a text of its own, in every language that has none.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/sms/templates/{type}", tag = "frontegg",
    params(("type" = String, Path)), request_body = TemplateBody,
    responses((status = 201, body = TemplateModel), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn put_template(call: &Call) -> Answered {
    let (n, purpose) = read_type(call)?;
    let mut params = call.params();
    let (template, active) = (params.text("template", 1, 1_000), params.bool_or("active", true));
    let Some(template) = template.map(str::to_owned) else { return Err(params.failure().into()) };
    params.check()?;
    must_be_active(active)?;
    text::check_override(&template)
        .map_err(|error| Failure::new(StatusCode::BAD_REQUEST, format!("template: {error}")))?;
    let (ctx, own) = (call.ctx.clone(), template.clone());
    call.app
        .db
        .write(move |tx| project::put_template(tx, &ctx, &ctx.project, purpose, None, Some(&own)).map(drop))
        .await?;
    answer(StatusCode::CREATED, &TemplateModel { r#type: n, template, is_default: false, active: true })
}

/// Takes the project's own text away, if it has one: the built-in one is sent again.
#[utoipa::path(delete, path = "/identity/resources/configurations/v1/sms/templates/{type}", tag = "frontegg",
    params(("type" = String, Path)),
    responses((status = 200, description = "The built-in text is sent."), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn delete_template(call: &Call) -> Answered {
    let (_, purpose) = read_type(call)?;
    let ctx = call.ctx.clone();
    let removed =
        call.app.db.write(move |tx| project::put_template(tx, &ctx, &ctx.project, purpose, None, None).map(drop));
    or_none(removed.await)?;
    Ok(done(StatusCode::OK))
}

/// What is not there is gone.
pub(super) fn or_none(removed: Result<(), countersign_domain::base::Error>) -> Result<(), Failure> {
    match removed {
        Err(error) if error.code != countersign_domain::base::Code::TemplateNotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
