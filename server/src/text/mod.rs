//! The words of SMS and e-mails: built-in texts per locale (Fluent), or for codes by SMS a project's own template
//! (minijinja). E-mails are in `mail`.
//!
//! Each purpose of an SMS has two texts, `sms-<purpose>` and `sms-<purpose>-short`. The full one fits one segment; the
//! short one fits one together with the origin line `@host #code`, by which a browser fills the code in only on the page
//! it was asked for. The text that needs the fewest segments is taken, the full one if both need the same.

mod clean;
mod custom;
mod mail;
mod negotiate;
mod own;
mod plain;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::OnceLock;

use countersign_domain::base::Error;
use countersign_domain::project::{MailTemplate, Settings};
use countersign_send::sms::segments::{Encoding, segments};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use self::clean::{brand, host};
pub use self::custom::check_override;
pub use self::mail::{MailFacts, MailText};
pub use self::negotiate::parse_accept_language;

/// The locale of last resort.
pub const DEFAULT_LOCALE: &str = "en";

/// What an SMS can be for: the names of `verification::Purpose` that go out by SMS.
pub const SMS_PURPOSES: [&str; 6] = ["sign-in", "verify-phone", "change-phone", "remove-phone", "mfa", "recovery"];

/// What an SMS can tell without a code: that the phone number, or what protects the account, was changed.
pub const SMS_NOTICES: [&str; 2] = ["phone", "security"];

/// Whether the project's own texts can be used: what only this room can judge of its settings.
pub fn check_settings(settings: &Settings) -> Result<(), Error> {
    for (name, template) in &settings.sms.templates {
        let field = || format!("sms.templates.{name}");
        let purpose = name.split('.').next().unwrap_or_default();
        if !SMS_PURPOSES.contains(&purpose) {
            let known = SMS_PURPOSES.join(", ");
            return Err(Error::invalid(field(), format!("there are texts for {known}, each also as PURPOSE.LOCALE")));
        }
        check_override(template).map_err(|error| Error::invalid(field(), error.to_string()))?;
    }
    for (name, template) in &settings.email.templates {
        let purpose = name.split('.').next().unwrap_or_default();
        check_mail_template(purpose, template)
            .map_err(|error| Error::invalid(format!("email.templates.{name}"), error.to_string()))?;
    }
    Ok(())
}

/// Refuses a mail of the project's own that could fail or mislead. `purpose` is what the mail is for.
pub fn check_mail_template(purpose: &str, template: &MailTemplate) -> Result<(), TextError> {
    mail::check_own(purpose, template)
}

/// How much room a text takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// `GSM-7` or `UCS-2`.
    pub encoding: &'static str,
    /// Septets or code units.
    pub units: usize,
    /// How many SMS it takes.
    pub segments: usize,
}

/// How much room a text takes as an SMS.
pub fn size(text: &str) -> Size {
    let size = segments(text);
    let encoding = match size.encoding {
        Encoding::Gsm7 => "GSM-7",
        Encoding::Ucs2 => "UCS-2",
    };
    Size { encoding, units: size.units, segments: size.count }
}

/// The names of the e-mails that there are.
pub fn mail_templates() -> impl Iterator<Item = &'static str> {
    mail::TEMPLATES.iter().map(|(name, ..)| *name)
}

/// A built-in locale with its files.
struct Source {
    tag: &'static str,
    sms: &'static str,
    email: &'static str,
}

macro_rules! locales {
    ($($tag:literal),+ $(,)?) => {
        &[$(Source {
            tag: $tag,
            sms: include_str!(concat!("../../locales/", $tag, "/sms.ftl")),
            email: include_str!(concat!("../../locales/", $tag, "/email.ftl")),
        }),+]
    };
}

/// One per language; a second one of the same language would be found by its exact tag only.
const SOURCES: &[Source] = locales![
    "en", "ar", "de", "es", "fa", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt-BR", "ru", "tr", "uk", "vi",
    "zh-Hans",
];

type Bundle = FluentBundle<FluentResource>;

/// All built-in texts. Shared between threads.
pub struct Texts {
    /// Beside `SOURCES`; parsed at first use, for most servers speak few of these languages.
    bundles: Vec<OnceLock<Result<Bundle, String>>>,
}

/// A text that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The whole text, the origin line included. It holds the code.
    pub text: String,
    /// The locale it is in; with an override, the locale that was chosen.
    pub locale: &'static str,
    /// What is wrong with the project's override or origin. The text was made without it.
    pub fault: Option<TextError>,
}

impl fmt::Debug for Rendered {
    /// Leaves the text out, for it holds the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("locale", &self.locale).field("fault", &self.fault).finish_non_exhaustive()
    }
}

/// Why there is no text. Never holds a code or a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TextError {
    /// A built-in file is broken: its locale and what is wrong.
    BuiltIn(&'static str, String),
    /// No SMS is sent for this purpose or notice.
    UnknownPurpose(String),
    /// No e-mail has this name.
    UnknownTemplate(String),
    /// The e-mail needs a code or a link and got none: which of them.
    Missing(&'static str),
    /// The link of an e-mail is not a plain `http` or `https` one.
    Link,
    /// The origin's host is not a plain host name.
    Host,
    /// The override is longer than 500 characters.
    TemplateTooLong,
    /// The override uses something other than variables and `if`: what it is.
    NotAllowed(String),
    /// The override does not parse or does not render: what minijinja says.
    Template(String),
    /// A project's own mail takes a variable that it does not have: which, and which there are.
    UnknownMailVariable {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A project's own mail does not have its link.
    NoLink,
    /// A project's own subject is none.
    Subject,
    /// A project's own mail is too long.
    MailTooLong,
    /// The override takes a variable that there is not.
    UnknownVariable(String),
    /// The override's text lacks the code, or glues other digits to it.
    NoCode,
    /// The override writes an origin line itself; that line comes from the settings only.
    OriginLine,
    /// The override's text has a control character.
    ControlCharacter,
    /// The override's text is longer than 1000 characters.
    TooLong,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(locale, what) => write!(f, "the built-in text of {locale} is broken: {what}"),
            Self::UnknownPurpose(name) => write!(f, "no SMS is sent for `{name}`"),
            Self::UnknownTemplate(name) => write!(f, "there is no e-mail `{name}`"),
            Self::Missing(what) => write!(f, "the e-mail needs a {what}"),
            Self::Link => f.write_str("the link of an e-mail must begin with https:// or http:// and be encoded"),
            Self::Host => f.write_str("the origin must be a plain host name such as login.example.com"),
            Self::TemplateTooLong => write!(f, "the template is longer than {} characters", custom::MAX_TEMPLATE),
            Self::NotAllowed(what) => write!(f, "the template may only use variables and if, not {what}"),
            Self::Template(what) => write!(f, "the template does not work: {what}"),
            Self::UnknownVariable(name) => {
                write!(f, "the template knows code, secret, brand and project, not `{name}`")
            }
            Self::UnknownMailVariable { name, known } => write!(f, "this mail knows {known}, not `{name}`"),
            Self::NoLink => f.write_str("the mail must have the link: write <a href=\"{{ link }}\">"),
            Self::Subject => {
                f.write_str("the subject must be one line of 1 to 200 characters, without the code and the link")
            }
            Self::MailTooLong => f.write_str("the mail is too long"),
            Self::NoCode => f.write_str("the text must have the code, apart from other digits"),
            Self::OriginLine => {
                f.write_str("the line `@host #code` is added by the origin setting, not by the template")
            }
            Self::ControlCharacter => f.write_str("the text has a control character"),
            Self::TooLong => write!(f, "the text is longer than {} characters", custom::MAX_TEXT),
        }
    }
}

impl std::error::Error for TextError {}

impl Texts {
    /// Gets the built-in texts ready; only those of last resort are parsed.
    pub fn load() -> Result<Self, TextError> {
        let texts = Self { bundles: SOURCES.iter().map(|_| OnceLock::new()).collect() };
        texts.bundle(DEFAULT_LOCALE)?;
        Ok(texts)
    }

    /// The built-in locales.
    pub fn locales(&self) -> impl Iterator<Item = &'static str> + Clone {
        SOURCES.iter().map(|source| source.tag)
    }

    /// The best built-in locale for `wanted`, the most wanted first: by the exact tag, then by the language alone (`pt`
    /// and `pt-PT` give `pt-BR`, `zh-CN` gives `zh-Hans`), else English.
    pub fn choose<S: AsRef<str>>(&self, wanted: &[S]) -> &'static str {
        wanted.iter().find_map(|tag| negotiate::find(self.locales(), tag.as_ref())).unwrap_or(DEFAULT_LOCALE)
    }

    /// The text of an SMS. `purpose` is the name of the purpose, with or without the `sms-` of its key; `code` is ours
    /// and trusted; `name` is the brand, made harmless here; `origin` is the host (or origin) of the settings, never of
    /// a request. A bad override or origin is left out and reported in `fault`, so that people can still sign in.
    pub fn sms(
        &self,
        locale: &str,
        purpose: &str,
        code: &str,
        name: &str,
        origin: Option<&str>,
        override_template: Option<&str>,
    ) -> Result<Rendered, TextError> {
        let locale = self.choose(&[locale]);
        let purpose = purpose.strip_prefix("sms-").unwrap_or(purpose);
        if !SMS_PURPOSES.contains(&purpose) {
            return Err(TextError::UnknownPurpose(purpose.chars().take(64).collect()));
        }
        let brand = brand(name);
        let mut fault = None;
        let line = match origin.map(host).transpose() {
            Ok(host) => host.map(|host| format!("\n@{host} #{code}")).unwrap_or_default(),
            Err(error) => {
                fault = Some(error);
                String::new()
            }
        };
        if let Some(template) = override_template {
            match custom::render(template, code, &brand) {
                Ok(text) => return Ok(Rendered { text: text + &line, locale, fault }),
                Err(error) => fault = Some(error),
            }
        }
        let mut args = FluentArgs::with_capacity(2);
        args.set("code", code);
        args.set("brand", brand.as_str());
        let full = self.format(locale, &format!("sms-{purpose}"), &args)? + &line;
        if segments(&full).count == 1 {
            return Ok(Rendered { text: full, locale, fault });
        }
        let short = self.format(locale, &format!("sms-{purpose}-short"), &args)? + &line;
        let text = if segments(&short).count < segments(&full).count { short } else { full };
        Ok(Rendered { text, locale, fault })
    }

    /// The built-in text of an SMS as a project's own could be written: with `{{ code }}` and `{{ brand }}`.
    pub fn sms_template(&self, locale: &str, purpose: &str) -> Result<String, TextError> {
        if !SMS_PURPOSES.contains(&purpose) {
            return Err(TextError::UnknownPurpose(purpose.chars().take(64).collect()));
        }
        let mut args = FluentArgs::with_capacity(2);
        args.set("code", "{{ code }}");
        args.set("brand", "{{ brand }}");
        self.format(self.choose(&[locale]), &format!("sms-{purpose}"), &args)
    }

    /// The text of an SMS that tells of a change, one of `SMS_NOTICES`. It has neither code nor origin line.
    pub fn sms_notice(&self, locale: &str, name: &str, brand: &str) -> Result<Rendered, TextError> {
        let locale = self.choose(&[locale]);
        if !SMS_NOTICES.contains(&name) {
            return Err(TextError::UnknownPurpose(name.chars().take(64).collect()));
        }
        let mut args = FluentArgs::with_capacity(1);
        args.set("brand", clean::brand(brand));
        let text = self.format(locale, &format!("sms-notice-{name}"), &args)?;
        Ok(Rendered { text, locale, fault: None })
    }

    fn format(&self, locale: &'static str, key: &str, args: &FluentArgs<'_>) -> Result<String, TextError> {
        let broken = |what: String| TextError::BuiltIn(locale, what);
        let bundle = self.bundle(locale)?;
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        let pattern = pattern.ok_or_else(|| broken(format!("no {key}")))?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        // The errors name variables, never their values.
        if let Some(error) = errors.first() { Err(broken(format!("{key}: {error}"))) } else { Ok(text) }
    }

    fn bundle(&self, locale: &'static str) -> Result<&Bundle, TextError> {
        let broken = |what: &str| TextError::BuiltIn(locale, what.to_owned());
        let mut all = SOURCES.iter().zip(&self.bundles);
        let (source, bundle) = all.find(|(source, _)| source.tag == locale).ok_or_else(|| broken("missing"))?;
        bundle.get_or_init(|| parse(source)).as_ref().map_err(|what| broken(what))
    }
}

fn parse(source: &Source) -> Result<Bundle, String> {
    // Its language decides which plural a number takes.
    let language: LanguageIdentifier = source.tag.parse().map_err(|_| "is not a language".to_owned())?;
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The isolation marks would turn every text into UCS-2.
    bundle.set_use_isolating(false);
    for file in [source.sms, source.email] {
        let resource = FluentResource::try_new(file.to_owned())
            .map_err(|(_, errors)| errors.first().map_or_else(|| "does not parse".to_owned(), ToString::to_string))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| errors.first().map_or_else(|| "has a key twice".to_owned(), ToString::to_string))?;
    }
    Ok(bundle)
}
