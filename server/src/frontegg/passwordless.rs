//! Signing in by a code in an SMS or e-mail, or by a link.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Code, Email, Error, Secret};
use countersign_domain::project::Redirect;
use countersign_domain::project::coexistence::{MainStrategy, Strategies};
use countersign_domain::signin::flow::{Aim, Begin, Begun, Flow, Means, Name, Shown};
use countersign_domain::signin::phone::reset::Sent;
use countersign_domain::signin::{Rules, SignedIn};
use countersign_domain::verification::{Channel, Dialect};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::phone::asked;
use super::session::signed_in;
use super::wire::{Authentication, answer, done};
use super::{Route, Who, cookie, handler, phone_reset};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, SMS_PRE, Who::Anybody, handler!(start_sms)).limited(20),
    Route::new(Method::POST, SMS_POST, Who::Anybody, handler!(finish_sms)).limited(60),
    Route::new(Method::POST, CODE_PRE, Who::Anybody, handler!(start_code)).limited(20),
    Route::new(Method::POST, CODE_POST, Who::Anybody, handler!(finish_code)).limited(60),
    Route::new(Method::POST, LINK_PRE, Who::Anybody, handler!(start_link)).limited(20),
    Route::new(Method::POST, LINK_POST, Who::Anybody, handler!(finish_link)).limited(60),
];

const SMS_PRE: &str = "/identity/resources/auth/v1/passwordless/smscode/prelogin";
const SMS_POST: &str = "/identity/resources/auth/v1/passwordless/smscode/postlogin";
const CODE_PRE: &str = "/identity/resources/auth/v1/passwordless/code/prelogin";
const CODE_POST: &str = "/identity/resources/auth/v1/passwordless/code/postlogin";
const LINK_PRE: &str = "/identity/resources/auth/v1/passwordless/magiclink/prelogin";
const LINK_POST: &str = "/identity/resources/auth/v1/passwordless/magiclink/postlogin";

#[derive(OpenApi)]
#[openapi(paths(start_sms, finish_sms, start_code, finish_code, start_link, finish_link))]
pub(super) struct Document;

/// Who wants to sign in: the first of these that is there. None: whoever the flow of the cookie is about.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPrelogin, rename_all = "camelCase")]
struct PreloginBody {
    #[schema(example = "anna@example.com")]
    email: Option<String>,
    /// In E.164, for a code by SMS.
    #[schema(example = "+12025550123")]
    phone_number: Option<String>,
    user_id: Option<String>,
    /// Nobody has one here.
    username: Option<String>,
    /// Where the project has a captcha policy.
    recaptcha_token: Option<String>,
    /// Taken and not looked at.
    invitation_token: Option<String>,
}

/// What came by SMS or e-mail.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPostlogin, rename_all = "camelCase")]
struct PostloginBody {
    /// The code, or the token of the link.
    #[schema(example = "123456")]
    token: String,
    /// Where the project has a captcha policy.
    recaptcha_token: Option<String>,
    /// Taken and not looked at.
    invitation_token: Option<String>,
}

/// Where a code went.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggCodeSent)]
struct CodeSent {
    /// Its first and last three digits; of somebody unknown digits that look like some.
    #[schema(example = "+120*****123")]
    phone_number: String,
}

/// Sends a code by SMS to the verified number of whoever is named. Its cookie is asked for with the code. Somebody unknown,
/// or without a number, is answered the same; but where a code by SMS is how people sign in first, somebody without a number
/// gets a code by e-mail, and `resetPhoneNumberToken` to name one with it.
#[utoipa::path(post, path = "/identity/resources/auth/v1/passwordless/smscode/prelogin", tag = "frontegg",
    request_body = PreloginBody,
    responses((status = 201, body = CodeSent), (status = 400, body = Body), (status = 403, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start_sms(call: &Call) -> Answered {
    let name = read_prelogin(call, true).await?;
    if !strategies(call).is_sms_login() {
        return Err(disabled("SMS code"));
    }
    if let Some(flow) = send_named(call, name.as_ref()).await? {
        return sent(call, &flow);
    }
    match begin(call, name, Means::Sms).await? {
        Begun::Flow(flow) => sent(call, &flow),
        Begun::NoNumber(user) => {
            let Some(email) = user.email else { return Err(Code::PhoneNotFound.into()) };
            phone_reset::started(call, StatusCode::CREATED, email).await
        }
    }
}

fn sent(call: &Call, flow: &Flow) -> Answered {
    let phone_number = flow.mask.clone().unwrap_or_default();
    kept(call, answer(StatusCode::CREATED, &CodeSent { phone_number })?, flow)
}

/// Sends a code to the number that was named in the cookie's flow, if there is one (`PUT users/v1/phone/change`) and whoever
/// asks now names nobody, or himself by the same address.
async fn send_named(call: &Call, name: Option<&Name>) -> Result<Option<Flow>, Failure> {
    let Some(held) = held(call) else { return Ok(None) };
    let email = match name {
        None => None,
        Some(Name::Email(email)) => Some(email.clone()),
        Some(Name::Phone(_) | Name::User(_) | Name::Username(_)) => return Ok(None),
    };
    let rules = Rules::of_frontegg(call.project());
    let sent = call.app.send_named(&call.ctx, &call.hosted, held.to_owned(), email, rules).await.map_err(waiting)?;
    let flow =
        |sent: Sent| Ok(Flow { mask: Some(sent.phone.hinted()), handle: sent.handle, expires_at: sent.expires_at });
    sent.map(flow).transpose().map_err(|error: Error| error.into())
}

/// Signs in by the code that came by SMS. After five wrong ones another has to be asked for.
#[utoipa::path(post, path = "/identity/resources/auth/v1/passwordless/smscode/postlogin", tag = "frontegg",
    request_body = PostloginBody,
    responses((status = 201, body = Authentication), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn finish_sms(call: &Call) -> Answered {
    let code = read_postlogin(call, 64).await?;
    if let Some(held) = held(call) {
        let (terms, asked, code) = (call.terms(), asked(call)?, code.clone());
        let named = call.app.sign_in_by_named(&call.ctx, &call.hosted, terms, held.to_owned(), code, asked).await?;
        if let Some(signed_in) = named {
            return entered(call, &signed_in).await;
        }
    }
    finish_by(call, Channel::Sms, code).await
}

/// Sends a code by e-mail to whoever is named. Its cookie is asked for with the code. Somebody unknown is answered the same.
#[utoipa::path(post, path = "/identity/resources/auth/v1/passwordless/code/prelogin", tag = "frontegg",
    request_body = PreloginBody,
    responses((status = 201, description = "It is on its way, if somebody has the name."), (status = 400, body = Body), (status = 403, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start_code(call: &Call) -> Answered {
    let name = read_prelogin(call, false).await?;
    if strategies(call).main != MainStrategy::Code {
        return Err(disabled("OTC"));
    }
    started(call, StatusCode::CREATED, name, Means::Email).await
}

/// Signs in by the code that came by e-mail.
#[utoipa::path(post, path = "/identity/resources/auth/v1/passwordless/code/postlogin", tag = "frontegg",
    request_body = PostloginBody,
    responses((status = 201, body = Authentication), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn finish_code(call: &Call) -> Answered {
    let code = read_postlogin(call, 64).await?;
    finish_by(call, Channel::Email, code).await
}

/// Sends a link by e-mail to whoever is named. It leads to the application's page `/account/login/magic-link`. Somebody
/// unknown is answered the same.
#[utoipa::path(post, path = "/identity/resources/auth/v1/passwordless/magiclink/prelogin", tag = "frontegg",
    request_body = PreloginBody,
    responses((status = 200, description = "It is on its way, if somebody has the name."), (status = 400, body = Body), (status = 403, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start_link(call: &Call) -> Answered {
    let name = read_prelogin(call, false).await?;
    if strategies(call).main != MainStrategy::MagicLink {
        return Err(disabled("Magic link"));
    }
    let page = page(call, "account/login/magic-link")?;
    started(call, StatusCode::OK, name, Means::Link(page)).await
}

/// Signs in by the token of a link. Where the project wants the same device, the cookie of whoever asked is needed as well.
#[utoipa::path(post, path = "/identity/resources/auth/v1/passwordless/magiclink/postlogin", tag = "frontegg",
    request_body = PostloginBody,
    responses((status = 201, body = Authentication), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn finish_link(call: &Call) -> Answered {
    let secret = read_postlogin(call, 256).await?;
    let same_device = call.project().settings.frontegg.force_same_device_on_auth;
    let asker = same_device.then(|| held(call).map(str::to_owned));
    finish(call, Shown::Link { asker, secret }).await
}

/// Whoever is named, once it is known that a person asks.
async fn read_prelogin(call: &Call, by_phone: bool) -> Result<Option<Name>, Failure> {
    let mut params = call.params();
    let captcha = params.optional_text("recaptchaToken", 1, 8_192);
    let _ = params.optional_text("invitationToken", 1, 4_096);
    let email: Option<Email> = if params.is_absent("email") { None } else { params.email("email") };
    let phone = if by_phone && !params.is_absent("phoneNumber") { params.phone("phoneNumber") } else { None };
    let user = params.optional_text("userId", 1, 36).map(str::to_owned);
    let username = params.optional_text("username", 1, 256).map(str::to_owned);
    params.check()?;
    let phone = phone.transpose()?;
    call.app.require_person(&call.ctx, &call.hosted, captcha, email.as_ref()).await?;
    let (email, phone) = (email.map(Name::Email), phone.map(Name::Phone));
    Ok(email.or(phone).or(user.map(Name::User)).or(username.map(Name::Username)))
}

/// What is shown, once it is known that a person asks.
async fn read_postlogin(call: &Call, longest: usize) -> Result<Secret, Failure> {
    let mut params = call.params();
    let captcha = params.optional_text("recaptchaToken", 1, 8_192);
    let _ = params.optional_text("invitationToken", 1, 4_096);
    let Some(token) = params.secret("token", 1, longest) else { return Err(params.failure().into()) };
    params.check()?;
    if call.project().settings.frontegg.captcha.as_ref().is_some_and(|captcha| captcha.enabled) {
        let email = match held(call) {
            Some(held) => call.app.email_of_flow(&call.ctx, Dialect::Frontegg, held).await?,
            None => None,
        };
        call.app.require_person(&call.ctx, &call.hosted, captcha, email.as_ref()).await?;
    }
    Ok(token)
}

/// The handle of the flow that the client keeps.
fn held(call: &Call) -> Option<&str> {
    call.cookie(&cookie::flow_name(call.project().client_id()))
}

/// What is on, once the rules of how SMS logs in beside second factors are applied.
fn strategies(call: &Call) -> Strategies {
    Strategies::of(&call.project().settings)
}

fn disabled(what: &str) -> Failure {
    let words = format!("Invalid authentication type: {what} authentication should be enabled.");
    Failure::new(StatusCode::BAD_REQUEST, words)
}

async fn begin(call: &Call, name: Option<Name>, means: Means) -> Result<Begun, Failure> {
    let begin = Begin {
        dialect: Dialect::Frontegg,
        name,
        means,
        aim: Aim::SignIn,
        held: held(call).map(str::to_owned),
        rules: Rules::of_frontegg(call.project()),
        needs_number: strategies(call).main == MainStrategy::SmsCode,
    };
    call.app.start_flow(&call.ctx, &call.hosted, begin).await.map_err(waiting)
}

async fn started(call: &Call, status: StatusCode, name: Option<Name>, means: Means) -> Answered {
    match begin(call, name, means).await? {
        Begun::Flow(flow) => kept(call, done(status), &flow),
        Begun::NoNumber(_) => Err(Code::EmailNotFound.into()),
    }
}

/// Too many codes: when to ask again, and what to do instead.
pub(super) fn waiting(error: Error) -> Failure {
    let is_wait = matches!(error.code, Code::TooManyAttempts { .. });
    let mut failure = Failure::from(error);
    if is_wait {
        let words = "Too many codes were asked for. Wait for the seconds in Retry-After, or sign in another way.";
        failure.errors = vec![words.to_owned()];
    }
    failure
}

/// An answer with the cookie of a flow.
fn kept(call: &Call, mut response: Response, flow: &Flow) -> Answered {
    let name = cookie::flow_name(call.project().client_id());
    cookie::set(call, &mut response, &name, &flow.handle, cookie::seconds_until(call, flow.expires_at))?;
    Ok(response)
}

async fn finish_by(call: &Call, channel: Channel, code: Secret) -> Answered {
    finish(call, Shown::Code { channel, held: held(call).map(str::to_owned), code }).await
}

async fn finish(call: &Call, shown: Shown) -> Answered {
    let opened = call.app.finish_flow(&call.ctx, &call.hosted, Dialect::Frontegg, call.terms(), shown).await;
    let opened = opened.map_err(|error| match error.code {
        // Whoever has only claimed an address elsewhere is not told more.
        Code::SignUpDisabled => Code::InvalidToken.into(),
        _ => Failure::from(error),
    })?;
    entered(call, &opened).await
}

/// The answer to whoever is in. His flow is over.
async fn entered(call: &Call, opened: &SignedIn) -> Answered {
    let mut response = signed_in(call, StatusCode::CREATED, opened).await?;
    if held(call).is_some() {
        cookie::clear(call, &mut response, &cookie::flow_name(call.project().client_id()))?;
    }
    Ok(response)
}

/// A page of the application: below its address in the settings, else below the origin of the page that asks, if that is
/// one of the project's front ends.
pub(super) fn page(call: &Call, path: &str) -> Result<Redirect, Failure> {
    let set = call.project().settings.frontegg.app_url.trim_end_matches('/');
    if !set.is_empty() {
        return Ok(Redirect::own(&format!("{set}/{path}"))?);
    }
    let Some(origin) = call.origin() else {
        let words = "A link can lead nowhere: set frontegg.appUrl to the address of the application.";
        return Err(Failure::new(StatusCode::BAD_REQUEST, words));
    };
    Ok(Redirect::check(call.project(), &format!("{origin}/{path}"), call.app.dev.is_some())?)
}
