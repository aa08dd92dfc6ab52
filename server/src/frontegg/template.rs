//! The project's own e-mails (contract frontegg §2.10).

use axum::http::{Method, StatusCode};
use countersign_domain::base::Error;
use countersign_domain::project::{self, MailTemplate};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::sms::{must_be_active, or_none};
use super::strategy::WRITE as CONFIGURE;
use super::wire::{answer, done};
use super::{READ, Route, Who, handler};
use crate::text::{self, DEFAULT_LOCALE, MailFacts};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/mail/v1/configs/templates", Who::Vendor(READ), handler!(list)),
    Route::new(Method::POST, "/identity/resources/mail/v1/configs/templates", CONFIGURE, handler!(put)),
    Route::new(
        Method::DELETE,
        "/identity/resources/mail/v1/configs/templates/{templateId}",
        CONFIGURE,
        handler!(delete),
    ),
    Route::new(
        Method::GET,
        "/identity/resources/mail/v1/configs/{type}/default",
        Who::Vendor(READ),
        handler!(get_built_in),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(list, put, delete, get_built_in))]
pub(super) struct Document;

/// Frontegg's types of mail that this server sends, each with the name that it has here.
const TYPES: [(&str, &str); 14] = [
    ("SmsAuthenticationEnabled", "review-phone"),
    ("ResetPhoneNumber", "reset-phone"),
    ("OTC", "sign-in"),
    ("MagicLink", "magic-link"),
    ("MFAOTC", "mfa"),
    ("MFAEnroll", "mfa-on"),
    ("MFAUnenroll", "mfa-off"),
    ("NewMFAMethod", "authenticator-added"),
    ("RemoveMFAMethod", "authenticator-removed"),
    ("MFARecoveryCode", "recovery-codes-changed"),
    ("EmailVerification", "verify-email"),
    ("ResetPassword", "recovery"),
    ("BruteForceProtection", "password-locked"),
    ("UnlockUser", "unlock"),
];

/// A mail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMailTemplate)]
struct TemplateModel {
    /// Its type: there is one of each.
    id: &'static str,
    #[schema(example = "SmsAuthenticationEnabled")]
    r#type: &'static str,
    sender_email: Option<String>,
    from_name: Option<String>,
    subject: Option<String>,
    html_template: Option<String>,
    active: bool,
}

impl TemplateModel {
    fn of(name: &'static str, template: MailTemplate) -> Self {
        let MailTemplate { subject, from_name, sender_email, html_template } = template;
        Self { id: name, r#type: name, sender_email, from_name, subject, html_template, active: true }
    }
}

/// A mail of the project's own. What is left out is as it is built in, or as the provider says.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNewMailTemplate, rename_all = "camelCase")]
struct TemplateBody {
    #[schema(example = "OTC")]
    r#type: String,
    sender_email: Option<String>,
    from_name: Option<String>,
    #[schema(example = "{{brand}}: {{title}}")]
    subject: Option<String>,
    /// With `{{code}}` or `{{link}}` in it, whichever the mail carries.
    #[schema(example = "<h1>{{brand}}</h1><p>{{code}}</p>")]
    html_template: Option<String>,
    active: Option<bool>,
}

fn find(name: &str) -> Option<(&'static str, &'static str)> {
    TYPES.iter().find(|(known, _)| *known == name).copied()
}

fn get(name: &str) -> Result<(&'static str, &'static str), Failure> {
    find(name).ok_or_else(|| {
        let known = TYPES.map(|(name, _)| name).join(", ");
        Failure::new(StatusCode::NOT_FOUND, format!("No mail of this type is sent; there are {known}."))
    })
}

/// The project's own mails, or the one of this type.
#[utoipa::path(get, path = "/identity/resources/mail/v1/configs/templates", tag = "frontegg",
    params(("type" = Option<String>, Query)),
    responses((status = 200, body = Vec<TemplateModel>), (status = 401, body = Body), (status = 403, body = Body)))]
async fn list(call: &Call) -> Answered {
    let (wanted, own) = (call.query("type"), &call.project().settings.email.templates);
    let found = TYPES.into_iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let found = found.filter_map(|(name, purpose)| Some(TemplateModel::of(name, own.get(purpose)?.clone())));
    answer(StatusCode::OK, &found.collect::<Vec<_>>())
}

/// Gives the project a mail of its own, in every language that has none.
#[utoipa::path(post, path = "/identity/resources/mail/v1/configs/templates", tag = "frontegg", request_body = TemplateBody,
    responses((status = 201, body = TemplateModel), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn put(call: &Call) -> Answered {
    let mut params = call.params();
    let kind = params.text("type", 1, 64);
    let active = params.bool_or("active", true);
    let mut text = |name, most| params.optional_text(name, 1, most).map(str::to_owned);
    let template = MailTemplate {
        subject: text("subject", 500),
        from_name: text("fromName", 128),
        sender_email: text("senderEmail", 320),
        html_template: text("htmlTemplate", 65_536),
    };
    let Some(kind) = kind else { return Err(params.failure().into()) };
    params.check()?;
    must_be_active(active)?;
    let (name, purpose) = get(kind)?;
    text::check_mail_template(purpose, &template)
        .map_err(|error| Failure::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let (ctx, own) = (call.ctx.clone(), template.clone());
    call.app
        .db
        .write(move |tx| project::put_mail_template(tx, &ctx, &ctx.project, purpose, None, Some(&own)).map(drop))
        .await?;
    answer(StatusCode::CREATED, &TemplateModel::of(name, template))
}

/// Takes the project's own mail away, if it has one: the built-in one is sent again.
#[utoipa::path(delete, path = "/identity/resources/mail/v1/configs/templates/{templateId}", tag = "frontegg",
    params(("templateId" = String, Path)),
    responses((status = 200, description = "The built-in mail is sent."), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn delete(call: &Call) -> Answered {
    let (_, purpose) = get(call.gap("templateId"))?;
    let ctx = call.ctx.clone();
    let removed =
        call.app.db.write(move |tx| project::put_mail_template(tx, &ctx, &ctx.project, purpose, None, None).map(drop));
    or_none(removed.await)?;
    Ok(done(StatusCode::OK))
}

/// Stands in the built-in mail where its link is, until the variable does.
const LINK: &str = "https://link.invalid/";
/// For how long the code or link of the built-in mail works, in minutes: mails that are really sent say how long.
const MINUTES: i64 = 15;

/// A built-in mail in English, with variables in it: something to begin with.
#[utoipa::path(get, path = "/identity/resources/mail/v1/configs/{type}/default", tag = "frontegg",
    params(("type" = String, Path)),
    responses((status = 200, body = TemplateModel), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn get_built_in(call: &Call) -> Answered {
    let (name, purpose) = get(call.gap("type"))?;
    let facts = MailFacts {
        brand: "{{ brand }}",
        code: Some("{{ code }}"),
        link: Some(LINK),
        minutes: MINUTES,
        ..MailFacts::default()
    };
    let mail = call.app.texts.mail(DEFAULT_LOCALE, purpose, &facts, None).map_err(Error::internal)?;
    let template = MailTemplate {
        subject: Some(mail.subject),
        html_template: Some(mail.html.replace(LINK, "{{ link }}")),
        ..MailTemplate::default()
    };
    answer(StatusCode::OK, &TemplateModel::of(name, template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_a_mail_that_there_is() {
        for (name, purpose) in TYPES {
            assert!(text::mail_templates().any(|known| known == purpose), "{name}");
        }
    }
}
