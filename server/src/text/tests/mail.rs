use std::collections::{BTreeMap, BTreeSet};

use super::super::mail::{Kind, TEMPLATES};
use super::*;

const LINK: &str = "https://login.example.com/verify?userId=a_1&secret=0f3c#x";
const CODE: &str = "739152";

fn all_facts() -> MailFacts<'static> {
    MailFacts {
        brand: BRAND,
        code: Some(CODE),
        link: Some(LINK),
        phrase: Some("Golden Fox"),
        minutes: 15,
        device: Some("Chrome 120.1 on Linux"),
        address: Some("2001:db8::7"),
        country: Some("Iceland"),
        at: Some("2026-03-04 15:06 UTC"),
    }
}

fn mail(locale: &str, template: &str, facts: MailFacts<'_>) -> MailText {
    texts().mail(locale, template, &facts, None).expect("a mail")
}

/// The keys of a file, each with the variables of its text.
fn variables(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '}'])) {
            name.clone_into(&mut key);
            assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{name} is there twice");
        }
        let names = line.split('$').skip(1).map(|rest| rest.split(' ').next().unwrap_or_default().to_owned());
        keys.entry(key.clone()).or_default().extend(names);
    }
    keys
}

#[test]
fn every_locale_has_the_keys_of_the_mails_with_the_same_variables_and_no_other() {
    let english = variables(SOURCES[0].email);
    let mut known: BTreeSet<String> = [
        "subject",
        "footer",
        "valid-minutes",
        "valid-hours",
        "phrase",
        "fallback",
        "fact",
        "fact-device",
        "fact-address",
        "fact-country",
        "fact-time",
    ]
    .map(|key| format!("mail-{key}"))
    .into();
    for (name, kind, advice) in TEMPLATES {
        known.extend([format!("mail-{name}-title"), format!("mail-{name}-text"), format!("mail-advice-{advice}")]);
        if kind == Kind::Link {
            known.insert(format!("mail-{name}-button"));
        }
    }
    assert_eq!(english.keys().cloned().collect::<BTreeSet<_>>(), known);
    for Source { tag, email, .. } in SOURCES {
        let resource = FluentResource::try_new((*email).to_owned()).expect(tag);
        assert_eq!(resource.entries().count(), known.len(), "{tag}: something other than keys and comments");
        assert_eq!(variables(email), english, "{tag}");
    }
}

#[test]
fn every_template_renders_in_every_locale_with_and_without_what_may_be_missing() {
    let texts = texts();
    let bare = MailFacts { brand: BRAND, code: Some(CODE), link: Some(LINK), minutes: 15, ..MailFacts::default() };
    for locale in texts.locales() {
        for (name, kind, _) in TEMPLATES {
            for facts in [all_facts(), bare] {
                let mail = texts.mail(locale, name, &facts, None).expect(name);
                let MailText { subject, text, html, .. } = &mail;
                assert_eq!(mail.locale, locale);
                assert!(
                    subject.contains(BRAND) && !subject.chars().any(char::is_control),
                    "{locale} {name}: {subject}"
                );
                assert!(subject.chars().count() <= 90, "{locale} {name}: {subject}");
                assert!(text.matches(BRAND).count() >= 2 && html.contains(BRAND), "{locale} {name}: {text}");
                assert!(!text.contains(['{', '}', '$']) && !html.contains("{{"), "{locale} {name}: {text}");
                assert_eq!(text.contains("15") && html.contains("15"), kind != Kind::Notice || facts.at.is_some());
                assert!(text.ends_with(['\n']) && !text.contains("\n\n\n"), "{locale} {name}: {text}");
                let device = facts.device.is_some();
                for fact in ["Chrome 120.1 on Linux", "2001:db8::7", "Iceland", "2026-03-04 15:06 UTC"] {
                    assert_eq!(text.contains(fact), device, "{locale} {name}: {text}");
                    assert_eq!(html.contains(fact), device, "{locale} {name}: {html}");
                }
                let has_phrase = device && kind != Kind::Notice;
                assert_eq!(text.contains("Golden Fox") && html.contains("Golden Fox"), has_phrase, "{locale} {name}");
            }
        }
    }
}

#[test]
fn the_code_or_the_link_stands_in_the_text_once_and_never_in_the_subject() {
    let texts = texts();
    for locale in texts.locales() {
        for (name, kind, _) in TEMPLATES {
            let mail = texts.mail(locale, name, &all_facts(), None).expect(name);
            let code = usize::from(kind == Kind::Code);
            let link = usize::from(kind == Kind::Link);
            assert_eq!(mail.text.matches(CODE).count(), code, "{locale} {name}: {}", mail.text);
            assert_eq!(mail.html.matches(CODE).count(), code, "{locale} {name}: {}", mail.html);
            assert_eq!(mail.text.lines().filter(|line| *line == LINK).count(), link, "{locale} {name}: {}", mail.text);
            assert_eq!(mail.text.matches("://").count(), link, "{locale} {name}: {}", mail.text);
            // The button, and the address to copy.
            let href = format!("href=\"{}\"", LINK.replace('&', "&amp;"));
            assert_eq!(mail.html.matches(&href).count(), 2 * link, "{locale} {name}: {}", mail.html);
            assert!(!mail.subject.contains(CODE) && !mail.subject.contains("://"), "{locale} {name}");
            assert!(!format!("{mail:?}").contains(CODE) && !format!("{mail:?}").contains("secret"), "{locale} {name}");
        }
    }
}

#[test]
fn a_notice_has_no_link_and_nothing_a_mail_program_would_make_one_of() {
    let facts = MailFacts {
        device: Some("https://evil.com/a www.evil.com evil。com a@evil.co.uk evil.\u{200b}com"),
        country: Some("\\\\evil.com\\x"),
        phrase: Some("evil.com"),
        ..all_facts()
    };
    for (name, ..) in TEMPLATES.iter().filter(|(_, kind, _)| *kind == Kind::Notice) {
        let mail = mail("en", name, facts);
        assert!(!mail.html.contains("<a") && !mail.html.contains("href"), "{name}: {}", mail.html);
        for part in [&mail.text, &mail.html] {
            for sign in ["://", "evil.", "evil。", "www.", "a@"] {
                assert!(!part.contains(sign), "{name} has {sign}: {part}");
            }
        }
        assert!(mail.text.contains("\nDevice: https: evil com a www evil com evil com a evil co"), "{}", mail.text);
    }
}

#[test]
fn what_others_write_is_escaped_and_adds_no_line() {
    let evil = "<script>alert(\"1\")</script>'\r\nBcc: x@example.com\u{2028}&\u{202e}";
    let facts = MailFacts {
        brand: evil,
        code: Some("<b>\"&'"),
        phrase: Some(evil),
        device: Some(evil),
        address: Some(evil),
        country: Some(evil),
        at: Some(evil),
        ..all_facts()
    };
    let texts = texts();
    for locale in texts.locales() {
        for (name, kind, _) in TEMPLATES {
            let plain = texts.mail(locale, name, &all_facts(), None).expect(name);
            let mail = texts.mail(locale, name, &facts, None).expect(name);
            assert!(
                !mail.subject.chars().any(|c| c.is_control() || c == '\u{2028}'),
                "{locale} {name}: {}",
                mail.subject
            );
            assert_eq!(mail.text.lines().count(), plain.text.lines().count(), "{locale} {name}: {}", mail.text);
            assert_eq!(mail.html.lines().count(), plain.html.lines().count(), "{locale} {name}: {}", mail.html);
            assert!(mail.html.contains("&lt;script&gt;"), "{locale} {name}: {}", mail.html);
            assert!(
                !mail.html.contains("<script") && !mail.html.contains("alert(\""),
                "{locale} {name}: {}",
                mail.html
            );
            assert_eq!(mail.html.matches('<').count(), plain.html.matches('<').count(), "{locale} {name}");
            assert_eq!(mail.html.contains("&lt;b&gt;&quot;&amp;&#x27;"), kind == Kind::Code, "{}", mail.html);
            assert!(!mail.html.contains('\u{202e}') && !mail.text.contains('\u{202e}'), "{locale} {name}");
        }
    }
}

#[test]
fn a_mail_whose_code_or_link_is_missing_or_odd_is_refused() {
    let texts = texts();
    let of = |template: &str, facts| texts.mail("en", template, &facts, None).map(|mail| mail.locale);
    for code in [None, Some("")] {
        assert_eq!(of("sign-in", MailFacts { code, ..all_facts() }), Err(TextError::Missing("code")));
    }
    assert_eq!(of("magic-link", MailFacts { link: None, ..all_facts() }), Err(TextError::Missing("link")));
    let bad = [
        "",
        "login.example.com",
        "//login.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "HTTPS ://example.com",
        " https://example.com",
        "https://",
        "https:///x",
        "https://@evil.com",
        "https://example.com/a b",
        "https://example.com/\r\nx",
        "https://example.com/\"onclick=x",
        "https://example.com/<b>",
        "https://example.com/\\x",
        "https://münchen.de/",
    ];
    for link in bad {
        assert_eq!(of("recovery", MailFacts { link: Some(link), ..all_facts() }), Err(TextError::Link), "{link}");
        // A template that has no place for it does not mind it.
        assert_eq!(of("mfa-on", MailFacts { link: Some(link), ..all_facts() }), Ok("en"));
    }
    for link in ["http://localhost:3000/a?b=c", "https://[::1]/x", "https://example.com/it's#a"] {
        assert_eq!(of("recovery", MailFacts { link: Some(link), ..all_facts() }), Ok("en"), "{link}");
    }
    for name in ["verify-phone", "", "sign-in-title"] {
        assert_eq!(of(name, all_facts()), Err(TextError::UnknownTemplate(name.into())));
    }
}

#[test]
fn minutes_and_hours_take_the_plural_of_their_language() {
    let texts = texts();
    for (locale, minutes, sentence) in [
        ("en", -5, "Valid for 1 minute."),
        ("en", 0, "Valid for 1 minute."),
        ("en", 1, "Valid for 1 minute."),
        ("en", 2, "Valid for 2 minutes."),
        ("en", 59, "Valid for 59 minutes."),
        ("en", 60, "Valid for 1 hour."),
        ("en", 61, "Valid for 61 minutes."),
        ("en", 90, "Valid for 90 minutes."),
        ("en", 1440, "Valid for 24 hours."),
        ("en", 1441, "Valid for 24 hours."),
        ("ru", 1, "Срок действия — 1 минута."),
        ("ru", 2, "Срок действия — 2 минуты."),
        ("ru", 5, "Срок действия — 5 минут."),
        ("ru", 11, "Срок действия — 11 минут."),
        ("ru", 21, "Срок действия — 21 минута."),
        ("ru", 1320, "Срок действия — 22 часа."),
        ("uk", 21, "Термін дії — 21 хвилина."),
        ("pl", 1, "Ważność: 1 minuta."),
        ("pl", 2, "Ważność: 2 minuty."),
        ("pl", 5, "Ważność: 5 minut."),
        ("pl", 21, "Ważność: 21 minut."),
        ("pl", 22, "Ważność: 22 minuty."),
        ("ar", 1, "مدة الصلاحية: دقيقة واحدة."),
        ("ar", 2, "مدة الصلاحية: دقيقتان."),
        ("ar", 5, "مدة الصلاحية: 5 دقائق."),
        ("ar", 21, "مدة الصلاحية: 21 دقيقة."),
        ("ar", 120, "مدة الصلاحية: ساعتان."),
        ("de", 1, "Gültig für 1 Minute."),
        ("fr", 2, "Valable 2 minutes."),
        ("pt-BR", 1, "Válido por 1 minuto."),
        ("pt-BR", 2, "Válido por 2 minutos."),
        ("zh-Hans", 5, "有效期为 5 分钟。"),
    ] {
        for template in ["sign-in", "magic-link"] {
            let mail = texts.mail(locale, template, &MailFacts { minutes, ..all_facts() }, None).expect("a mail");
            assert!(mail.text.contains(&format!("\n\n{sentence}\n\n")), "{locale} {minutes}: {}", mail.text);
            assert!(mail.html.contains(sentence), "{locale} {minutes}: {}", mail.html);
        }
    }
}

#[test]
fn arabic_and_persian_run_from_right_to_left_and_all_others_from_left_to_right() {
    let texts = texts();
    for locale in texts.locales() {
        let right_to_left = locale == "ar" || locale == "fa";
        let dir = if right_to_left { "rtl" } else { "ltr" };
        for (name, ..) in TEMPLATES {
            let mail = texts.mail(locale, name, &all_facts(), None).expect(name);
            assert_eq!(mail.html.matches(&format!("lang=\"{locale}\" dir=\"{dir}\"")).count(), 2, "{locale} {name}");
            // The first letter decides how a subject and each paragraph of plain text is laid out.
            for line in [mail.subject.as_str(), mail.text.lines().next().unwrap_or_default()] {
                let is_arabic = line.chars().next().is_some_and(|c| ('\u{600}'..='\u{6ff}').contains(&c));
                assert_eq!(is_arabic, right_to_left, "{locale} {name}: {line}");
            }
            assert_eq!(mail.text.contains("\u{2068}2026-03-04 15:06 UTC\u{2069}"), right_to_left, "{locale} {name}");
        }
    }
}

#[test]
fn a_mail_loads_nothing_from_elsewhere() {
    for (name, ..) in TEMPLATES {
        let html = mail("en", name, all_facts()).html;
        for sign in ["<img", "src=", "url(", "@import", "<link", "<style", "<script", "<table"] {
            assert!(!html.contains(sign), "{name} has {sign}: {html}");
        }
    }
}

#[test]
fn a_mail_says_what_it_is_how_long_it_works_and_what_to_do() {
    let facts = MailFacts { brand: "Acme", code: Some(CODE), minutes: 10, ..MailFacts::default() };
    let sent = mail("en-GB", "sign-in", facts);
    assert_eq!(sent.subject, "Acme: Your sign-in code");
    assert_eq!(
        sent.text,
        "Use this code to sign in to Acme.\n\n739152\n\nValid for 10 minutes.\n\n\
         If you did not ask for this code, you can ignore this message. Please do not share the code with anyone.\n\n\
         This is an automatic message from Acme.\n"
    );
    let facts =
        MailFacts { brand: "Acme", device: Some("Firefox on macOS"), country: Some(" "), ..MailFacts::default() };
    let sent = mail("en", "session-alert", facts);
    assert_eq!(
        sent.text,
        "There was a new sign-in to your Acme account.\n\nDevice: Firefox on macOS\n\n\
         If this was not you, please contact us.\n\nThis is an automatic message from Acme.\n"
    );
    let facts =
        MailFacts { brand: "Acme", link: Some(LINK), phrase: Some("Red Kite"), minutes: 1, ..MailFacts::default() };
    let sent = mail("en", "magic-link", facts);
    assert!(
        sent.text.contains(&format!(
            "\n\n{LINK}\n\nPlease check that your app or browser shows the same security phrase:\nRed Kite\n\nValid"
        )),
        "{}",
        sent.text
    );
}
