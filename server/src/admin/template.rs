//! The texts of messages: the built-in ones, and the project's own.

use axum::response::Response;
use countersign_domain::base::{Code, Error};
use countersign_domain::message::Channel;
use countersign_domain::project::{self, MailTemplate, Project};
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
    /// The project's own text of an SMS.
    own: Option<String>,
    /// The project's own e-mail, as it is sent in this language.
    own_mail: Option<OwnMail>,
    /// Whether the project can have a text of its own here.
    editable: bool,
}

/// An e-mail of the project's own. What is left out is as it is built in, or as the provider says.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OwnMail {
    #[schema(example = "{{ brand }}: {{ title }}")]
    subject: Option<String>,
    from_name: Option<String>,
    sender_email: Option<String>,
    /// With `{{ code }}` or `{{ link }}` in it, whichever the e-mail carries.
    #[schema(example = "<h1>{{ brand }}</h1><p>{{ code }}</p>")]
    html_template: Option<String>,
}

impl OwnMail {
    fn of(template: &MailTemplate) -> Self {
        let MailTemplate { subject, from_name, sender_email, html_template } = template.clone();
        Self { subject, from_name, sender_email, html_template }
    }

    fn into_template(self) -> MailTemplate {
        let Self { subject, from_name, sender_email, html_template } = self;
        MailTemplate { subject, from_name, sender_email, html_template }
    }
}

/// The body that gives a project a text of its own.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewTemplate {
    /// Of an SMS: with `{{ code }}` in it, and `{{ brand }}` if you like.
    #[serde(default)]
    #[schema(example = "{{ brand }}: {{ code }} ist dein Code.")]
    text: Option<String>,
    /// Of an e-mail.
    #[serde(default)]
    mail: Option<OwnMail>,
}

/// The body of a preview.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreviewOf {
    /// A text to try; without one what would be sent now.
    #[serde(default)]
    text: Option<String>,
    /// An e-mail to try.
    #[serde(default)]
    mail: Option<OwnMail>,
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
            let project = call.read(|tx, ctx| project::get(tx, &ctx.keys, &ctx.project)).await?;
            let brand = project.brand();
            let mut found = Vec::new();
            for name in text::mail_templates().filter(|name| wanted(name)) {
                let mail = call.app.texts.mail(locale, name, &sample(brand), None).map_err(Error::internal)?;
                found.push(TemplateModel {
                    channel: Channel::Email.name(),
                    purpose: name.to_owned(),
                    locale: locale.to_owned(),
                    built_in: Some(format!("{}\n\n{}", mail.subject, mail.text)),
                    own: None,
                    own_mail: own_mail(&project, name, locale).map(OwnMail::of),
                    editable: true,
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
                own_mail: None,
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

/// The project's own e-mail of this purpose, as it is sent in this language.
fn own_mail<'a>(project: &'a Project, purpose: &str, locale: &str) -> Option<&'a MailTemplate> {
    let templates = &project.settings.email.templates;
    templates.get(&project::template_key(purpose, Some(locale))).or_else(|| templates.get(purpose))
}

/// Which text is meant.
fn editable(call: &Call) -> Result<(Channel, String, Option<String>), Failure> {
    let (purpose, locale) = (call.path("purpose"), call.path("locale"));
    let channel = channel(call)?;
    let is_known = match channel {
        Channel::Sms => SMS_PURPOSES.contains(&purpose.as_str()),
        Channel::Email => text::mail_templates().any(|name| name == purpose),
    };
    if !is_known {
        return Err(Code::TemplateNotFound.into());
    }
    Ok((channel, purpose, given(&locale).map(str::to_owned)))
}

/// Gives the message of a purpose a text of the project's own, in a language or (`default`) in all that have none.
#[utoipa::path(put, path = "/admin/v1/projects/{projectId}/templates/{channel}/{purpose}/{locale}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."), ("purpose" = String, Path), ("locale" = String, Path)),
    request_body = NewTemplate,
    responses((status = 204), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn put(call: &Call) -> Result<Response, Failure> {
    let ((channel, purpose, locale), NewTemplate { text, mail }) = (editable(call)?, call.body()?);
    match (channel, text, mail) {
        (Channel::Sms, Some(text), None) => {
            text::check_override(&text).map_err(|error| Failure::invalid("text", error.to_string()))?;
            call.write(move |tx, ctx| {
                project::put_template(tx, ctx, &ctx.project, &purpose, locale.as_deref(), Some(&text)).map(drop)
            })
            .await?;
        }
        (Channel::Email, None, Some(mail)) => {
            let mail = mail.into_template();
            text::check_mail_template(&purpose, &mail).map_err(|error| Failure::invalid("mail", error.to_string()))?;
            call.write(move |tx, ctx| {
                project::put_mail_template(tx, ctx, &ctx.project, &purpose, locale.as_deref(), Some(&mail)).map(drop)
            })
            .await?;
        }
        (Channel::Sms, ..) => return Err(Failure::invalid("text", "must be there, and nothing beside it")),
        (Channel::Email, ..) => return Err(Failure::invalid("mail", "must be there, and nothing beside it")),
    }
    Ok(no_content())
}

/// Takes a text of the project's own away: the built-in one is sent again.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/templates/{channel}/{purpose}/{locale}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."), ("purpose" = String, Path), ("locale" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (channel, purpose, locale) = editable(call)?;
    call.write(move |tx, ctx| {
        let locale = locale.as_deref();
        match channel {
            Channel::Sms => project::put_template(tx, ctx, &ctx.project, &purpose, locale, None).map(drop),
            Channel::Email => project::put_mail_template(tx, ctx, &ctx.project, &purpose, locale, None).map(drop),
        }
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
    let PreviewOf { text: tried, mail } = call.body()?;
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
            if mail.is_some() {
                return Err(Failure::invalid("mail", "cannot be tried as an SMS: give text"));
            }
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
                return Err(Failure::invalid("text", "cannot be tried as an e-mail: give mail"));
            }
            let tried = mail.map(OwnMail::into_template);
            let own = tried.as_ref().or_else(|| own_mail(project, &purpose, texts.choose(&[locale])));
            let mail = texts.mail(locale, &purpose, &sample(project.brand()), own).map_err(unknown)?;
            PreviewModel {
                locale: mail.locale,
                subject: Some(mail.subject),
                text: mail.text,
                html: Some(mail.html),
                fault: mail.fault.map(|fault| fault.to_string()),
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
