//! The words of a message, in the project's own if it has any.

use countersign_domain::base::{Phone, Secret, Target, Time};
use countersign_domain::message::{Mail, Sms};
use countersign_domain::project;
use countersign_domain::signin::{Notice, Ready};
use countersign_domain::verification::Purpose;

use crate::app::App;
use crate::http::agent;
use crate::text::{DEFAULT_LOCALE, MailFacts, Rendered, TextError};

/// A message that can be handed to a provider.
pub(super) enum Worded {
    Sms(Sms),
    Mail(Mail),
}

/// Puts `ready` into words. The error says why there are none, without a secret.
pub(super) fn word(app: &App, ready: &Ready) -> Result<Worded, String> {
    let locale = ready.message.payload.locale.as_deref().unwrap_or(DEFAULT_LOCALE);
    let worded = match ready.message.payload.target() {
        Target::Phone(phone) => sms(app, ready, phone, locale).map(Worded::Sms),
        Target::Email(email) => mail(app, ready, locale).map(|text| {
            Worded::Mail(Mail {
                id: ready.message.id.clone(),
                project: ready.message.project.clone(),
                to: email,
                brand: ready.project.brand().to_owned(),
                from: text.from,
                from_name: text.from_name,
                subject: text.subject,
                text: Secret::new(text.text),
                html: Secret::new(text.html),
                code: ready.message.payload.code.clone().map(Secret::new),
                link: ready.message.payload.link.clone().map(Secret::new),
                template: text_of(ready).to_owned(),
                locale: text.locale.to_owned(),
                user: ready.message.payload.user.clone(),
            })
        }),
    };
    worded.map_err(|error| format!("no text could be made: {error}"))
}

/// The name of the text that the message has: several purposes may share one.
fn text_of(ready: &Ready) -> &str {
    let purpose = ready.message.purpose.as_str();
    Purpose::parse(purpose).map_or(purpose, |known| known.text())
}

fn sms(app: &App, ready: &Ready, to: Phone, locale: &str) -> Result<Sms, TextError> {
    let text = match &ready.message.payload.code {
        Some(code) => code_by_sms(app, ready, code, locale)?,
        None => app.texts.sms_notice(locale, sms_notice(&ready.message.purpose), ready.project.brand())?,
    };
    Ok(Sms {
        id: ready.message.id.clone(),
        project: ready.message.project.clone(),
        to,
        body: Secret::new(text.text),
        code: ready.message.payload.code.clone().map(Secret::new),
        template: text_of(ready).to_owned(),
        locale: text.locale.to_owned(),
        user: ready.message.payload.user.clone(),
        receipt_url: app.public_url.as_ref().map(|url| format!("{url}/webhooks/sms/{}", ready.message.project)),
    })
}

fn code_by_sms(app: &App, ready: &Ready, code: &str, locale: &str) -> Result<Rendered, TextError> {
    let settings = &ready.project.settings.sms;
    let purpose = text_of(ready);
    let own = settings.templates.get(&format!("{purpose}.{locale}")).or_else(|| settings.templates.get(purpose));
    let brand = ready.project.brand();
    let text = app.texts.sms(locale, purpose, code, brand, settings.origin.as_deref(), own.map(String::as_str))?;
    if let Some(fault) = &text.fault {
        let project = &ready.message.project;
        tracing::warn!(project, %fault, "a text of the project is not usable; the built-in one was sent");
    }
    Ok(text)
}

/// An SMS says that something changed; what it was is for the account's own page.
fn sms_notice(notice: &str) -> &'static str {
    let of_phone = [Notice::PhoneChanged, Notice::PhoneRemoved];
    if of_phone.iter().any(|one| one.name() == notice) { "phone" } else { "security" }
}

fn mail(app: &App, ready: &Ready, locale: &str) -> Result<crate::text::MailText, TextError> {
    let payload = &ready.message.payload;
    let doer = payload.doer.clone().unwrap_or_default();
    let device = device(&doer.agent);
    let at = at(Time::from_micros(doer.at));
    let told = |text: &'_ str| payload.doer.is_some() && !text.is_empty();
    let facts = MailFacts {
        brand: ready.project.brand(),
        code: payload.code.as_deref(),
        link: payload.link.as_deref(),
        phrase: payload.phrase.as_deref(),
        minutes: minutes(ready),
        device: Some(device.as_str()).filter(|text| told(text)),
        address: Some(doer.address.as_str()).filter(|text| told(text)),
        country: None,
        at: Some(at.as_str()).filter(|text| told(text)),
    };
    let (templates, purpose) = (&ready.project.settings.email.templates, text_of(ready));
    let own = templates.get(&project::template_key(purpose, Some(locale))).or_else(|| templates.get(purpose));
    let mail = app.texts.mail(locale, purpose, &facts, own)?;
    if let Some(fault) = &mail.fault {
        let project = &ready.message.project;
        tracing::warn!(project, %fault, "a mail of the project is not usable; the built-in one was sent");
    }
    Ok(mail)
}

fn minutes(ready: &Ready) -> i64 {
    ready.lifetime.map_or(0, |(from, until)| (until.micros_since(from) + 59_999_999).div_euclid(60_000_000))
}

/// `Chrome on Linux`, as far as the `User-Agent` tells.
fn device(user_agent: &str) -> String {
    let agent = agent::parse(user_agent);
    match (agent.client_name, agent.os_name) {
        ("", os) => os.to_owned(),
        (client, "") => client.to_owned(),
        (client, os) => format!("{client} on {os}"),
    }
}

/// `2026-03-04 15:06 UTC`.
fn at(time: Time) -> String {
    let text = time.to_rfc3339();
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    format!("{date} {} UTC", clock.get(..5).unwrap_or(clock))
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;

    use super::*;

    #[test]
    fn a_device_is_told_as_far_as_it_is_known() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
        assert_eq!(device(chrome), "Chrome on GNU/Linux");
        assert_eq!(device(""), "");
        assert_eq!(device("curl/8.5.0"), "curl");
    }

    #[test]
    fn an_instant_is_told_to_the_minute_and_with_its_zone() {
        assert_eq!(at(START.plus_seconds(125)), "2026-11-21 08:02 UTC");
    }
}
