//! The words of an e-mail, as plain text and as HTML with the same words.
//!
//! A mail is a title, one sentence on what it is, then a code or a link with how long it works, what is known of the
//! device that asked, and what to do if it was not the reader. Notices have neither code nor link: a mail that only
//! informs must not teach people to follow links.

use std::fmt;

use fluent_bundle::FluentArgs;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

use countersign_domain::base::Email;
use countersign_domain::project::MailTemplate;

use super::{TextError, Texts, clean, custom, own};

const PAGE: &str = include_str!("../../templates/email/message.html");
/// The locales that are written from right to left.
const RTL: [&str; 2] = ["ar", "fa"];

/// What a mail carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Link,
    Notice,
}

/// Each template with what it carries and which advice it ends with.
pub(super) const TEMPLATES: [(&str, Kind, &str); 23] = [
    ("sign-in", Kind::Code, "code"),
    ("mfa", Kind::Code, "mfa"),
    ("reset-phone", Kind::Code, "code"),
    ("magic-link", Kind::Link, "link"),
    ("verify-email", Kind::Link, "link"),
    ("recovery", Kind::Link, "recovery"),
    ("review-phone", Kind::Link, "review"),
    ("unlock", Kind::Link, "unlock"),
    ("session-alert", Kind::Notice, "notice"),
    ("email-changed", Kind::Notice, "notice"),
    ("phone-changed", Kind::Notice, "notice"),
    ("phone-removed", Kind::Notice, "notice"),
    ("phone-reported", Kind::Notice, "notice"),
    ("password-changed", Kind::Notice, "notice"),
    ("authenticator-added", Kind::Notice, "notice"),
    ("authenticator-removed", Kind::Notice, "notice"),
    ("mfa-phone-added", Kind::Notice, "notice"),
    ("mfa-phone-removed", Kind::Notice, "notice"),
    ("recovery-codes-changed", Kind::Notice, "notice"),
    ("mfa-on", Kind::Notice, "notice"),
    ("mfa-off", Kind::Notice, "notice"),
    ("claim-removed", Kind::Notice, "mistake"),
    ("password-locked", Kind::Notice, "notice"),
];

/// What a mail can tell. What its template has no place for is left out: a notice never shows a code or a link.
#[derive(Clone, Copy, Default)]
pub struct MailFacts<'a> {
    /// Who sends the mail; made harmless here.
    pub brand: &'a str,
    /// The code, ours and trusted.
    pub code: Option<&'a str>,
    /// The whole link, already encoded: `http` or `https`, ASCII only.
    pub link: Option<&'a str>,
    /// The security phrase that the browser or app shows too; only in mails with a code or a link.
    pub phrase: Option<&'a str>,
    /// How long the code or link works, in minutes, rounded up; less than one is shown as one.
    pub minutes: i64,
    /// The device that asked, such as `Chrome on Linux`. This and what follows is shown in every mail that is given it.
    pub device: Option<&'a str>,
    /// Its IP address.
    pub address: Option<&'a str>,
    /// Its country, as it is to be shown.
    pub country: Option<&'a str>,
    /// When it happened, as it is to be shown, with its zone: `2026-03-04 15:06 UTC`.
    pub at: Option<&'a str>,
}

/// Something known: name, label, value, line.
type Known = (&'static str, String, String, String);

/// A mail that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct MailText {
    /// One line without control characters.
    pub subject: String,
    /// The plain text; lines end with `\n`. It may hold the code or the link.
    pub text: String,
    /// The same as an HTML document. It may hold the code or the link.
    pub html: String,
    /// The locale it is in; with a template of the project's own, the locale that was chosen.
    pub locale: &'static str,
    /// The sender's address, if the project's own template says one.
    pub from: Option<Email>,
    /// The sender's name, if it says one.
    pub from_name: Option<String>,
    /// What is wrong with the project's own template. The mail was made without it.
    pub fault: Option<TextError>,
}

impl fmt::Debug for MailText {
    /// Leaves text and HTML out, for they hold the code or the link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailText").field("subject", &self.subject).field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// Refuses a template of the project's own that could fail or mislead when a mail is made from it. `name` is the mail's.
pub(super) fn check_own(name: &str, template: &MailTemplate) -> Result<(), TextError> {
    let unknown = || TextError::UnknownTemplate(name.chars().take(64).collect());
    let &(_, kind, _) = TEMPLATES.iter().find(|(known, ..)| *known == name).ok_or_else(unknown)?;
    own::check(template, kind)
}

impl Texts {
    /// The text of an e-mail. `template` is the name of a purpose that goes out by e-mail, or of a notice; `own` is the
    /// project's own. Refuses a mail whose code or link is missing, and a link that is not plain `http` or `https`. What
    /// is wrong with `own` is left out and reported in `fault`, so that people can still sign in.
    pub fn mail(
        &self,
        locale: &str,
        template: &str,
        facts: &MailFacts<'_>,
        own: Option<&MailTemplate>,
    ) -> Result<MailText, TextError> {
        let &(name, kind, advice) = TEMPLATES
            .iter()
            .find(|(name, ..)| *name == template)
            .ok_or_else(|| TextError::UnknownTemplate(template.chars().take(64).collect()))?;
        let locale = self.choose(&[locale]);
        let brand = clean::brand(facts.brand);
        let say = |key: &str| {
            let mut args = FluentArgs::with_capacity(1);
            args.set("brand", brand.as_str());
            self.format(locale, &format!("mail-{key}"), &args)
        };

        let title = say(&format!("{name}-title"))?;
        let text = say(&format!("{name}-text"))?;
        let code = match facts.code {
            _ if kind != Kind::Code => None,
            Some(code) if !code.is_empty() => Some(code),
            _ => return Err(TextError::Missing("code")),
        };
        let link = match facts.link {
            _ if kind != Kind::Link => None,
            Some(link) if is_plain_link(link) => Some(link),
            Some(_) => return Err(TextError::Link),
            None => return Err(TextError::Missing("link")),
        };
        let phrase = facts.phrase.filter(|_| kind != Kind::Notice).map(clean::fact).filter(|phrase| !phrase.is_empty());
        let phrase_note = phrase.as_ref().map(|_| say("phrase")).transpose()?;
        let valid = if kind == Kind::Notice { None } else { Some(self.valid(locale, facts.minutes)?) };
        let button = link.map(|_| say(&format!("{name}-button"))).transpose()?;
        let fallback = link.map(|_| say("fallback")).transpose()?;
        let known = self.known(locale, facts)?;
        let advice = say(&format!("advice-{advice}"))?;
        let footer = say("footer")?;

        let mut args = FluentArgs::with_capacity(2);
        args.set("brand", brand.as_str());
        args.set("title", title.as_str());
        let subject = self.format(locale, "mail-subject", &args)?;

        let value = |label: &str| {
            let found = known.iter().find(|(name, ..)| *name == label);
            found.map_or("", |(_, _, value, _)| value.as_str())
        };
        let made = own.map(|own| {
            let facts = own::Facts {
                kind,
                code: code.unwrap_or_default(),
                link: link.unwrap_or_default(),
                brand: &brand,
                title: &title,
                text: &text,
                minutes: facts.minutes,
                phrase: phrase.as_deref().unwrap_or_default(),
                device: value("device"),
                address: value("address"),
                country: value("country"),
                time: value("time"),
            };
            own::render(own, &facts)
        });
        let (made, fault) = match made {
            Some(Ok(made)) => (made, None),
            Some(Err(fault)) => (own::Own { subject: None, body: None }, Some(fault)),
            None => (own::Own { subject: None, body: None }, None),
        };
        let subject = made.subject.unwrap_or(subject);
        let own = own.filter(|_| fault.is_none());
        let from = own.and_then(|own| own.sender_email.as_deref()).and_then(|from| Email::parse(from).ok());
        let from_name = own.and_then(|own| own.from_name.clone());
        if let Some((html, text)) = made.body {
            return Ok(MailText { subject, text, html, locale, from, from_name, fault });
        }

        let phrase_lines = phrase_note.as_ref().zip(phrase.as_ref()).map(|(note, phrase)| format!("{note}\n{phrase}"));
        let known_lines = known.iter().map(|(.., line)| line.as_str()).collect::<Vec<_>>().join("\n");
        let parts = [
            Some(text.as_str()),
            code.or(link),
            phrase_lines.as_deref(),
            valid.as_deref(),
            Some(known_lines.as_str()).filter(|lines| !lines.is_empty()),
            Some(advice.as_str()),
            Some(footer.as_str()),
        ];
        let plain = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n") + "\n";

        let html = page(context! {
            lang => locale,
            dir => if RTL.contains(&locale) { "rtl" } else { "ltr" },
            link => link.map(in_html),
            subject => subject.as_str(),
            facts => known.iter().map(|(_, label, value, _)| context! { label, value }).collect::<Vec<_>>(),
            brand, title, text, code, button, fallback, phrase_note, phrase, valid, advice, footer,
        })
        .map_err(|error| TextError::BuiltIn(locale, format!("mail: {}", custom::describe(&error))))?;
        Ok(MailText { subject, text: plain, html, locale, from, from_name, fault })
    }

    /// How long a code or link works: in hours if these are whole, or so many that a rest hardly matters.
    fn valid(&self, locale: &'static str, minutes: i64) -> Result<String, TextError> {
        let minutes = minutes.max(1);
        let mut args = FluentArgs::with_capacity(1);
        if minutes % 60 == 0 || minutes > 600 {
            args.set("hours", minutes / 60);
            self.format(locale, "mail-valid-hours", &args)
        } else {
            args.set("minutes", minutes);
            self.format(locale, "mail-valid-minutes", &args)
        }
    }

    /// What is known of the device that asked: its name among the facts, label, value, and both as a line of text.
    fn known(&self, locale: &'static str, facts: &MailFacts<'_>) -> Result<Vec<Known>, TextError> {
        let given =
            [("device", facts.device), ("address", facts.address), ("country", facts.country), ("time", facts.at)];
        let mut known = Vec::new();
        for (name, value) in given {
            let Some(value) = value.map(clean::fact).filter(|value| !value.is_empty()) else { continue };
            let label = self.format(locale, &format!("mail-fact-{name}"), &FluentArgs::new())?;
            let mut args = FluentArgs::with_capacity(2);
            args.set("label", label.as_str());
            args.set("value", value.as_str());
            let line = self.format(locale, "mail-fact", &args)?;
            known.push((name, label, value, line));
        }
        Ok(known)
    }
}

/// The HTML document. The engine is made each time: few mails are sent, and an idle server keeps nothing of it.
fn page(context: Value) -> Result<String, minijinja::Error> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    engine.template_from_str(PAGE)?.render(context)
}

/// Whether a link is what it looks like: `http` or `https`, then a host, in the characters of RFC 3986 alone.
fn is_plain_link(link: &str) -> bool {
    let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    let begins = |c: char| c.is_ascii_alphanumeric() || c == '[';
    rest.is_some_and(|rest| rest.starts_with(begins))
        && link.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b))
}

/// A plain link, escaped. The engine would also write `/` as `&#x2f;`, which programs that look for links do not read.
pub(super) fn in_html(link: &str) -> Value {
    Value::from_safe_string(link.replace('&', "&amp;").replace('\'', "&#39;"))
}
