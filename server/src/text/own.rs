//! A project's own e-mails: subject, sender and HTML, with the same variables and `if` as its own SMS, and every value
//! escaped. The plain text is made of the HTML, so that both say the same.

use std::collections::BTreeMap;
use std::io;

use countersign_domain::project::MailTemplate;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use super::mail::Kind;
use super::{TextError, clean, custom, plain};

/// The longest HTML that is made of a template, in bytes.
const MOST: usize = 256 * 1024;
/// Instructions per mail: each variable and each `if` takes a few.
const FUEL: u64 = 50_000;
/// The longest subject, in characters.
const SUBJECT: usize = 200;

/// What a template can say.
pub(super) struct Facts<'a> {
    pub kind: Kind,
    pub code: &'a str,
    pub link: &'a str,
    pub brand: &'a str,
    pub title: &'a str,
    pub text: &'a str,
    pub minutes: i64,
    pub phrase: &'a str,
    pub device: &'a str,
    pub address: &'a str,
    pub country: &'a str,
    pub time: &'a str,
}

/// What was made of a template.
pub(super) struct Own {
    /// One line.
    pub subject: Option<String>,
    /// The HTML with the plain text that says the same.
    pub body: Option<(String, String)>,
}

impl Facts<'_> {
    /// Each variable with its value. What a mail of this kind never has, no template of it can name.
    fn values(&self, html: bool) -> Vec<(&'static str, Value)> {
        let text = |value: &str| Value::from(value);
        // The engine would also write `/` as `&#x2f;`, which programs that look for links do not read.
        let link = if html { super::mail::in_html(self.link) } else { text(self.link) };
        let mut values = vec![
            ("brand", text(self.brand)),
            ("project", text(self.brand)),
            ("title", text(self.title)),
            ("text", text(self.text)),
            ("device", text(self.device)),
            ("address", text(self.address)),
            ("country", text(self.country)),
            ("time", text(self.time)),
        ];
        match self.kind {
            Kind::Code => values.extend([("code", text(self.code)), ("secret", text(self.code))]),
            Kind::Link => values.push(("link", link)),
            Kind::Notice => {}
        }
        if self.kind != Kind::Notice {
            values.extend([("minutes", Value::from(self.minutes.max(1))), ("phrase", text(self.phrase))]);
        }
        values
    }
}

/// Refuses a template that could fail or mislead when a mail is made from it. Called when settings are saved.
pub(super) fn check(template: &MailTemplate, kind: Kind) -> Result<(), TextError> {
    // Codes of every length, and with and without what a mail may lack.
    for (code, more) in [("739152", "x"), ("73915286", ""), ("7391528604", "")] {
        render(
            template,
            &Facts {
                kind,
                code,
                link: "https://app.example.com/verify?userId=a_1&secret=0f3c",
                brand: "Countersign",
                title: "Title",
                text: "Text",
                minutes: 15,
                phrase: more,
                device: more,
                address: more,
                country: more,
                time: more,
            },
        )?;
    }
    Ok(())
}

/// Makes a mail of a template, checked like one that is new: settings may be older than the checks.
pub(super) fn render(template: &MailTemplate, facts: &Facts<'_>) -> Result<Own, TextError> {
    let subject = template.subject.as_deref().map(|subject| make_subject(subject, facts)).transpose()?;
    let body = template.html_template.as_deref().map(|html| make_body(html, facts)).transpose()?;
    Ok(Own { subject, body })
}

fn make_subject(template: &str, facts: &Facts<'_>) -> Result<String, TextError> {
    let subject = run(template, &facts.values(false), false)?;
    let subject = clean::line(&subject);
    let tells = |secret: &str| !secret.is_empty() && subject.contains(secret);
    // A subject is shown on locked screens.
    if subject.is_empty() || subject.chars().count() > SUBJECT || tells(facts.code) || tells(facts.link) {
        return Err(TextError::Subject);
    }
    Ok(subject)
}

fn make_body(template: &str, facts: &Facts<'_>) -> Result<(String, String), TextError> {
    if template.to_ascii_lowercase().contains("<script") {
        return Err(TextError::NotAllowed("a script".to_owned()));
    }
    let html = run(template, &facts.values(true), true)?;
    let text = plain::of_html(&html);
    match facts.kind {
        Kind::Code if !custom::has_code(&text, facts.code) => Err(TextError::NoCode),
        Kind::Link if !text.lines().any(|line| line == facts.link) => Err(TextError::NoLink),
        Kind::Code | Kind::Link | Kind::Notice => Ok((html, text)),
    }
}

fn run(template: &str, values: &[(&'static str, Value)], html: bool) -> Result<String, TextError> {
    custom::allowed(template)?;
    // Empty: no function, filter or test that could be costly.
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(move |_| if html { AutoEscape::Html } else { AutoEscape::None });
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(50);
    engine.set_debug(false);
    // Nothing was rendered yet, so the message cannot have a code in it.
    let parsed = engine.template_from_str(template).map_err(|error| TextError::Template(error.to_string()))?;
    let known = |name: &String| values.iter().any(|(known, _)| known == name);
    if let Some(name) = parsed.undeclared_variables(false).into_iter().filter(|name| !known(name)).min() {
        let known = values.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(TextError::UnknownMailVariable { name, known });
    }
    let mut out = Capped(Vec::new());
    match parsed.render_captured_to(Value::from(values.iter().cloned().collect::<BTreeMap<_, _>>()), &mut out) {
        // It only ever gets whole strings, so nothing is lost here.
        Ok(_) => Ok(String::from_utf8_lossy(&out.0).into_owned()),
        Err(error) if error.kind() == ErrorKind::WriteFailure => Err(TextError::MailTooLong),
        Err(error) => Err(TextError::Template(custom::describe(&error))),
    }
}

/// Takes what a mail can have at most, and refuses the rest while it is being made.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
