//! The texts of messages: the built-in ones, and the project's own.

use axum::response::Response;
use countersign_domain::base::{Code, Error};
use countersign_domain::message::Channel;
use countersign_domain::project;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::project::channel;
use super::wire::{Listed, no_content, ok};
use crate::text::{self, DEFAULT_LOCALE, MailFacts, SMS_PURPOSES, TextError};

/// Stands in the path for all languages.
const ANY_LOCALE: &str = "default";
/// The values of a preview.
const SAMPLE_CODE: &str = "739152";
const SAMPLE_LINK: &str = "https://app.example.com/verify?secret=sample";
const SAMPLE_MINUTES: i64 = 15;

/// The text of a purpose in a language.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateModel {
    #[schema(example = "sms")]
    channel: &'static str,
    #[schema(example = "sign-in")]
    purpose: String,
    /// A language, or `default`: the project's own text for all languages that have none.
    #[schema(example = "de")]
    locale: String,
    /// The built-in text. Of an e-mail with sample values, because it has no text that could be changed.
    built_in: Option<String>,
    /// The project's own text.
    own: Option<String>,
    /// Whether the project can have a text of its own here.
    editable: bool,
}

/// The body that gives a project a text of its own.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewTemplate {
    /// With `{{ code }}` in it, and `{{ brand }}` if you like.
    #[schema(example = "{{ brand }}: {{ code }} ist dein Code.")]
    text: String,
}

/// The body of a preview.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreviewOf {
    /// A text to try; without one what would be sent now.
    #[serde(default)]
    text: Option<String>,
}

/// A message with sample values.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewModel {
    /// The language that it is in.
    locale: &'static str,
    /// Of an e-mail.
    subject: Option<String>,
    text: String,
    /// Of an e-mail.
    html: Option<String>,
    /// What is wrong with the project's own text or origin; the message was made without it.
    fault: Option<String>,
    /// How much room an SMS takes.
    size: Option<SmsSize>,
}

/// How much room an SMS takes.
#[derive(Serialize, ToSchema)]
pub(super) struct SmsSize {
    /// `GSM-7` or `UCS-2`.
    encoding: &'static str,
    /// Septets or code units.
    units: usize,
    segments: usize,
}

/// The texts of a channel: of SMS in every language, of e-mails in the one that is asked for, else English.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/templates/{channel}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."),
        ("purpose" = Option<String>, Query, description = "Only this purpose."),
        ("locale" = Option<String>, Query, description = "Only this language.")),
    responses((status = 200, body = Listed<TemplateModel>), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let (purpose, locale) = (asked.text("purpose"), asked.text("locale"));
    asked.done()?;
    let wanted = |name: &str| purpose.is_none_or(|purpose| purpose == name);
    let found = match channel(call)? {
        Channel::Sms => list_sms(call, wanted, locale).await?,
        Channel::Email => {
            let locale = call.app.texts.choose(&[locale.unwrap_or(DEFAULT_LOCALE)]);
            let brand = call.hosted()?.project.brand();
            let mut found = Vec::new();
            for name in text::mail_templates().filter(|name| wanted(name)) {
                let mail = call.app.texts.mail(locale, name, &sample(brand)).map_err(Error::internal)?;
                found.push(TemplateModel {
                    channel: Channel::Email.name(),
                    purpose: name.to_owned(),
                    locale: locale.to_owned(),
                    built_in: Some(format!("{}\n\n{}", mail.subject, mail.text)),
                    own: None,
                    editable: false,
                });
            }
            found
        }
    };
    Ok(ok(&Listed::all(found)))
}

async fn list_sms(
    call: &Call,
    wanted: impl Fn(&str) -> bool,
    only: Option<&str>,
) -> Result<Vec<TemplateModel>, Failure> {
    let project = call.read(|tx, ctx| project::get(tx, &ctx.keys, &ctx.project)).await?;
    let own = &project.settings.sms.templates;
    // A project may have texts in languages that are not built in.
    let mut locales: Vec<&str> = [ANY_LOCALE].into_iter().chain(call.app.texts.locales()).collect();
    for (_, locale) in own.keys().filter_map(|key| key.split_once('.')) {
        if !locales.contains(&locale) {
            locales.push(locale);
        }
    }
    let mut found = Vec::new();
    for purpose in SMS_PURPOSES.into_iter().filter(|purpose| wanted(purpose)) {
        for locale in locales.iter().copied().filter(|locale| only.is_none_or(|only| only == *locale)) {
            let is_built_in = call.app.texts.locales().any(|there| there == locale);
            let built_in = if is_built_in {
                Some(call.app.texts.sms_template(locale, purpose).map_err(Error::internal)?)
            } else {
                None
            };
            found.push(TemplateModel {
                channel: Channel::Sms.name(),
                purpose: purpose.to_owned(),
                locale: locale.to_owned(),
                built_in,
                own: own.get(&project::template_key(purpose, given(locale))).cloned(),
                editable: true,
            });
        }
    }
    Ok(found)
}

/// The language in the path, unless it stands for all.
fn given(locale: &str) -> Option<&str> {
    Some(locale).filter(|locale| *locale != ANY_LOCALE)
}

/// Which text is meant. Only SMS have texts of the project's own.
fn editable(call: &Call) -> Result<(String, Option<String>), Failure> {
    let (purpose, locale) = (call.path("purpose"), call.path("locale"));
    if channel(call)? != Channel::Sms || !SMS_PURPOSES.contains(&purpose.as_str()) {
        return Err(Code::TemplateNotFound.into());
    }
    Ok((purpose, given(&locale).map(str::to_owned)))
}

/// Gives the SMS of a purpose a text of the project's own, in a language or (`default`) in all that have none.
#[utoipa::path(put, path = "/admin/v1/projects/{projectId}/templates/{channel}/{purpose}/{locale}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms`."), ("purpose" = String, Path), ("locale" = String, Path)),
    request_body = NewTemplate,
    responses((status = 204), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn put(call: &Call) -> Result<Response, Failure> {
    let ((purpose, locale), NewTemplate { text }) = (editable(call)?, call.body()?);
    text::check_override(&text).map_err(|error| Failure::invalid("text", error.to_string()))?;
    call.write(move |tx, ctx| {
        project::put_template(tx, ctx, &ctx.project, &purpose, locale.as_deref(), Some(&text)).map(drop)
    })
    .await?;
    Ok(no_content())
}

/// Takes a text of the project's own away: the built-in one is sent again.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/templates/{channel}/{purpose}/{locale}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms`."), ("purpose" = String, Path), ("locale" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (purpose, locale) = editable(call)?;
    call.write(move |tx, ctx| {
        project::put_template(tx, ctx, &ctx.project, &purpose, locale.as_deref(), None).map(drop)
    })
    .await?;
    Ok(no_content())
}

/// A message as it would be sent, with sample values.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/templates/{channel}/{purpose}/{locale}/preview", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."), ("purpose" = String, Path), ("locale" = String, Path)),
    request_body = PreviewOf,
    responses((status = 200, body = PreviewModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn preview(call: &Call) -> Result<Response, Failure> {
    let PreviewOf { text: tried } = call.body()?;
    let (purpose, locale) = (call.path("purpose"), call.path("locale"));
    let project = &call.hosted()?.project;
    let locale = given(&locale).unwrap_or(DEFAULT_LOCALE);
    let unknown = |error: TextError| match error {
        TextError::UnknownPurpose(_) | TextError::UnknownTemplate(_) => Failure::from(Code::TemplateNotFound),
        error => Error::internal(error).into(),
    };
    let texts = &call.app.texts;
    Ok(ok(&match channel(call)? {
        Channel::Sms => {
            let sms = &project.settings.sms;
            let own = tried.as_deref().or_else(|| {
                let key = project::template_key(&purpose, Some(texts.choose(&[locale])));
                sms.templates.get(&key).or_else(|| sms.templates.get(&purpose)).map(String::as_str)
            });
            let made = texts.sms(locale, &purpose, SAMPLE_CODE, project.brand(), sms.origin.as_deref(), own);
            let made = made.map_err(unknown)?;
            let text::Size { encoding, units, segments } = text::size(&made.text);
            PreviewModel {
                locale: made.locale,
                subject: None,
                text: made.text,
                html: None,
                fault: made.fault.map(|fault| fault.to_string()),
                size: Some(SmsSize { encoding, units, segments }),
            }
        }
        Channel::Email => {
            if tried.is_some() {
                return Err(Failure::invalid("text", "cannot be tried: e-mails have no text of the project's own"));
            }
            let mail = texts.mail(locale, &purpose, &sample(project.brand())).map_err(unknown)?;
            PreviewModel {
                locale: mail.locale,
                subject: Some(mail.subject),
                text: mail.text,
                html: Some(mail.html),
                fault: None,
                size: None,
            }
        }
    }))
}

const fn sample(brand: &str) -> MailFacts<'_> {
    MailFacts {
        brand,
        code: Some(SAMPLE_CODE),
        link: Some(SAMPLE_LINK),
        phrase: None,
        minutes: SAMPLE_MINUTES,
        device: Some("Chrome on Linux"),
        address: Some("192.0.2.1"),
        country: None,
        at: Some("2026-03-04 15:06 UTC"),
    }
}
