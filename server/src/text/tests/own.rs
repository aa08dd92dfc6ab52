//! A project's own e-mails.

use countersign_domain::project::MailTemplate;

use super::super::mail::{Kind, TEMPLATES};
use super::*;

const LINK: &str = "https://login.example.com/verify?userId=a_1&secret=0f3c";
const CODE: &str = "739152";

fn facts() -> MailFacts<'static> {
    MailFacts {
        brand: BRAND,
        code: Some(CODE),
        link: Some(LINK),
        minutes: 15,
        device: Some("Chrome on Linux"),
        ..MailFacts::default()
    }
}

fn html(html: &str) -> MailTemplate {
    MailTemplate { html_template: Some(html.to_owned()), ..MailTemplate::default() }
}

fn subject(subject: &str) -> MailTemplate {
    MailTemplate { subject: Some(subject.to_owned()), ..MailTemplate::default() }
}

fn refusal(name: &str, template: &MailTemplate) -> String {
    check_mail_template(name, template).unwrap_err().to_string()
}

#[test]
fn a_mail_of_the_projects_own_has_its_subject_sender_and_html_and_a_text_that_says_the_same() {
    let own = MailTemplate {
        subject: Some("{{ brand }} &amp; {{ title }}".to_owned()),
        from_name: Some("Acme".to_owned()),
        sender_email: Some("hello@acme.example".to_owned()),
        html_template: Some(
            "<h1>{{ brand }}</h1>{% if device %}<p>{{ device }}</p>{% endif %}<p>{{code}}, {{minutes}} min</p>"
                .to_owned(),
        ),
    };
    check_mail_template("sign-in", &own).unwrap();
    let mail = texts().mail("de", "sign-in", &facts(), Some(&own)).unwrap();
    assert_eq!(mail.subject, format!("{BRAND} &amp; Ihr Anmeldecode"), "a subject is no HTML");
    assert_eq!(mail.html, format!("<h1>{BRAND}</h1><p>Chrome on Linux</p><p>739152, 15 min</p>"));
    assert_eq!(mail.text, format!("{BRAND}\n\nChrome on Linux\n\n739152, 15 min\n"));
    assert_eq!((mail.from.unwrap().as_str(), mail.from_name.as_deref()), ("hello@acme.example", Some("Acme")));
    assert_eq!((mail.fault, mail.locale), (None, "de"));
}

#[test]
fn what_is_left_out_is_as_it_is_built_in() {
    let built_in = texts().mail("en", "mfa", &facts(), None).unwrap();
    let mail = texts().mail("en", "mfa", &facts(), Some(&subject("Hello"))).unwrap();
    assert_eq!((mail.subject.as_str(), &mail.text), ("Hello", &built_in.text));
    assert_eq!(mail.html, built_in.html.replace(&built_in.subject, "Hello"), "where it stands as the title");
    let mail = texts().mail("en", "mfa", &facts(), Some(&html("<p>{{ code }}</p>"))).unwrap();
    assert_eq!((&mail.subject, mail.text.as_str()), (&built_in.subject, "739152\n"));
    assert_eq!((mail.from, mail.from_name), (None, None));
}

#[test]
fn values_are_escaped_and_a_link_stays_one() {
    let evil = MailFacts { brand: "<b>A&B</b>", phrase: Some("\"x\" <script>"), ..facts() };
    let own = html("<p title=\"{{ brand }}\">{{ brand }} {{ phrase }}</p><a href=\"{{ link }}\">Go</a>");
    let mail = texts().mail("en", "magic-link", &evil, Some(&own)).unwrap();
    assert_eq!(mail.fault, None);
    assert!(!mail.html.contains("<b>") && !mail.html.contains("<script>"), "{}", mail.html);
    assert!(
        mail.html.contains("href=\"https://login.example.com/verify?userId=a_1&amp;secret=0f3c\""),
        "{}",
        mail.html
    );
    assert!(mail.text.lines().any(|line| line == LINK), "{}", mail.text);
}

#[test]
fn a_mail_without_what_it_is_for_is_refused() {
    assert!(refusal("sign-in", &html("<p>Hello</p>")).contains("must have the code"));
    assert!(
        refusal("sign-in", &html("<style>{{ code }}</style>")).contains("must have the code"),
        "nobody reads it there"
    );
    assert!(refusal("sign-in", &html("<p>1{{ code }}</p>")).contains("must have the code"));
    assert!(refusal("magic-link", &html("<p>Hello</p>")).contains("must have the link"));
    assert!(refusal("magic-link", &html("<p>{{ link }}x</p>")).contains("must have the link"));
    check_mail_template("magic-link", &html("<p>{{ link }}</p>")).unwrap();
    check_mail_template("phone-changed", &html("<p>{{ text }}</p>")).unwrap();
}

#[test]
fn a_template_is_refused_for_what_it_may_not_do() {
    for (template, words) in [
        ("<p>{{ code }}{{ link }}</p>", "not `link`"),
        ("<p>{{ code }}{{ user.email }}</p>", "not `user`"),
        ("<p>{{ code }}{% for x in 'ab' %}{% endfor %}</p>", "not `for`"),
        ("<p>{{ code }}{{ 'x' * 9999 }}</p>", "between braces"),
        ("<p>{{ code }}</p><script>1</script>", "not a script"),
        ("<p>{{ code }</p>", "does not work"),
        ("<p>{{ code }}{% if brand %}</p>", "does not work"),
    ] {
        assert!(
            refusal("sign-in", &html(template)).contains(words),
            "{template}: {}",
            refusal("sign-in", &html(template))
        );
    }
    assert!(refusal("phone-changed", &html("<p>{{ code }}</p>")).contains("not `code`"), "a notice has none");
    assert!(refusal("nothing", &html("<p>{{ code }}</p>")).contains("nothing"));
    for bad in ["", " ", "{{ code }}", "{% if brand %}{% endif %}", "x".repeat(201).as_str()] {
        assert_eq!(check_mail_template("sign-in", &subject(bad)), Err(TextError::Subject), "{bad}");
    }
    assert_eq!(check_mail_template("magic-link", &subject("{{ link }}")), Err(TextError::Subject));
}

#[test]
fn a_mail_is_sent_whatever_became_of_its_template() {
    let own = MailTemplate { sender_email: Some("x@acme.example".to_owned()), ..html("<p>no code</p>") };
    let mail = texts().mail("en", "sign-in", &facts(), Some(&own)).unwrap();
    assert_eq!(mail.fault, Some(TextError::NoCode));
    assert!(mail.text.contains(CODE) && mail.from.is_none());
}

#[test]
fn every_mail_can_be_the_projects_own() {
    for (name, kind, _) in TEMPLATES {
        let body = match kind {
            Kind::Code => "<p>{{ title }}: {{ text }} {{ code }}</p>",
            Kind::Link => "<p>{{ title }}: {{ text }} <a href=\"{{ link }}\">x</a></p>",
            Kind::Notice => "<p>{{ title }}: {{ text }}</p>",
        };
        let own = html(body);
        check_mail_template(name, &own).expect(name);
        for locale in texts().locales() {
            let mail = texts().mail(locale, name, &facts(), Some(&own)).expect(name);
            assert_eq!(mail.fault, None, "{locale} {name}");
        }
    }
}

#[test]
fn settings_with_a_bad_mail_are_refused_by_name() {
    let patch = serde_json::json!({"email": {"templates": {"sign-in.de": {"htmlTemplate": "<p>no code</p>"}}}});
    let settings = Settings::default().merged(&patch).unwrap();
    assert!(check_settings(&settings).unwrap_err().to_string().starts_with("email.templates.sign-in.de: "));
}
