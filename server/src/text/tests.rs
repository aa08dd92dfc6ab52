mod mail;
mod own;

use std::collections::BTreeSet;

use fluent_bundle::FluentResource;

use super::*;

/// 12 characters.
const BRAND: &str = "Northwind Co";
const HOST: &str = "login.example.com";

fn texts() -> Texts {
    Texts::load().expect("the built-in texts load")
}

/// Counts in another way than the `send` crate: septets by a list of code points, or UTF-16 units.
fn fits_one_segment(text: &str) -> bool {
    let latin = "£¥èéùìòÇØøÅåÆæßÉÄÖÑÜ§¿äöñüà¡";
    let mut septets = 0;
    for c in text.chars() {
        septets += match c {
            '[' | ']' | '{' | '}' | '^' | '~' | '|' | '\\' | '€' => 2,
            '`' => return text.encode_utf16().count() <= 70,
            ' '..='~' | '\n' => 1,
            c if latin.contains(c) => 1,
            _ => return text.encode_utf16().count() <= 70,
        };
    }
    septets <= 160
}

fn override_of(template: &str) -> Rendered {
    texts().sms("en", "mfa", "739152", "Acme", None, Some(template)).expect("a text")
}

#[test]
fn every_locale_has_every_key_with_its_variables_and_no_other() {
    let of_purposes = SMS_PURPOSES.iter().flat_map(|p| [format!("sms-{p}"), format!("sms-{p}-short")]);
    let keys: BTreeSet<String> = of_purposes.chain(SMS_NOTICES.map(|name| format!("sms-notice-{name}"))).collect();
    for Source { tag, sms, .. } in SOURCES {
        let resource = FluentResource::try_new((*sms).to_owned()).expect(tag);
        assert_eq!(resource.entries().count(), keys.len(), "{tag}: something other than keys and comments");
        let found: BTreeSet<String> = sms
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let (key, text) = line.split_once(" = ").expect(line);
                let codes = usize::from(!key.starts_with("sms-notice-"));
                assert_eq!(text.matches("{ $code }").count(), codes, "{tag}: {line}");
                assert_eq!(text.matches("{ $brand }").count(), 1, "{tag}: {line}");
                assert_eq!(text.matches('{').count(), 1 + codes, "{tag}: {line}");
                key.to_owned()
            })
            .collect();
        assert_eq!(found, keys, "{tag}");
    }
}

#[test]
fn only_the_locales_that_were_used_are_parsed_and_all_of_them_can_be() {
    let texts = texts();
    let parsed = || {
        let all = SOURCES.iter().zip(&texts.bundles);
        all.filter(|(_, bundle)| bundle.get().is_some()).map(|(source, _)| source.tag).collect::<Vec<_>>()
    };
    assert_eq!(parsed(), ["en"]);
    texts.sms("de", "mfa", "739152", "Acme", None, None).expect("a text");
    assert_eq!(parsed(), ["en", "de"]);
    for locale in texts.locales() {
        texts.bundle(locale).expect("parses");
    }
    assert_eq!(parsed().len(), SOURCES.len());
}

#[test]
fn every_notice_fits_one_segment_and_has_no_code_and_no_link() {
    let texts = texts();
    for locale in texts.locales() {
        for name in SMS_NOTICES {
            let notice = texts.sms_notice(locale, name, "Countersign").expect("a text");
            assert!(fits_one_segment(&notice.text), "{locale} {name}: {}", notice.text);
            assert_eq!(segments(&notice.text).count, 1, "{locale} {name}: {}", notice.text);
            assert!(notice.text.contains("Countersign") && notice.locale == locale, "{}", notice.text);
            assert!(!notice.text.contains(['\n', '@', '#']) && !notice.text.contains("://"), "{}", notice.text);
        }
    }
    let hostile = texts.sms_notice("en", "phone", "Acme\n@evil.com #123456").expect("a text").text;
    assert_eq!(
        hostile,
        "Acme evil.com: the phone number of your account was changed. If this was not you, please contact us."
    );
    assert_eq!(texts.sms_notice("en", "mfa", "Acme"), Err(TextError::UnknownPurpose("mfa".into())));
}

#[test]
fn every_folder_of_locales_is_built_in_and_no_language_is_there_twice() {
    let folders: BTreeSet<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/locales"))
        .expect("the folder")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .collect();
    assert_eq!(folders, texts().locales().map(str::to_owned).collect());
    let languages: BTreeSet<&str> = texts().locales().filter_map(|tag| tag.split('-').next()).collect();
    assert_eq!(languages.len(), texts().locales().count());
}

#[test]
fn every_text_fits_one_segment_with_and_without_an_origin_line() {
    let texts = texts();
    for locale in texts.locales() {
        for purpose in SMS_PURPOSES {
            for origin in [None, Some(HOST)] {
                let text = texts.sms(locale, purpose, "7391528604", BRAND, origin, None).expect("a text").text;
                assert!(fits_one_segment(&text), "{locale} {purpose} {origin:?}: {text}");
                assert_eq!(segments(&text).count, 1, "{locale} {purpose} {origin:?}: {text}");
                assert!(text.contains("7391528604") && text.contains(BRAND), "{text}");
                assert!(!text.contains(['\u{2068}', '\u{2069}']), "{text}");
            }
        }
    }
}

#[test]
fn every_short_text_fits_one_segment_with_an_origin_line_whatever_the_alphabet_of_the_brand() {
    let texts = texts();
    for locale in texts.locales() {
        for purpose in SMS_PURPOSES {
            let text = texts.sms(locale, purpose, "7391528604", "Čokoládovna1", Some(HOST), None).expect("a text").text;
            assert!(fits_one_segment(&text), "{locale} {purpose}: {text}");
        }
    }
}

#[test]
fn the_full_text_stays_when_the_short_one_saves_nothing() {
    let name = "Ж".repeat(32);
    let rendered = texts().sms("ru", "sign-in", "7391528604", &name, Some(HOST), None).expect("a text");
    assert!(rendered.text.contains("Никому"), "{}", rendered.text);
}

#[test]
fn the_origin_line_is_the_last_line_and_comes_from_the_host_alone() {
    let texts = texts();
    for origin in ["login.example.com", "https://login.example.com", "https://Login.Example.com:8443/"] {
        let rendered = texts.sms("en", "sign-in", "739152", "Acme", Some(origin), None).expect("a text");
        assert_eq!(
            rendered.text,
            "Acme: 739152 is your sign-in code. Do not share it with anyone.\n@login.example.com #739152"
        );
        assert_eq!(rendered.fault, None);
    }
    let with_override = texts.sms("en", "sign-in", "739152", "Acme", Some(HOST), Some("{{code}} for {{brand}}\n\n"));
    assert_eq!(with_override.expect("a text").text, "739152 for Acme\n@login.example.com #739152");
}

#[test]
fn a_bad_host_is_refused_when_saved_and_left_out_when_sent() {
    let long = "a.".repeat(130);
    for bad in [
        "",
        "https://",
        "a b",
        "a\nb",
        "evil.com #1",
        "u@evil.com",
        "a/b",
        "a..b",
        "-a",
        "[::1]",
        "a:b",
        "münchen.de",
        &long,
    ] {
        assert_eq!(host(bad), Err(TextError::Host), "{bad}");
        let rendered = texts().sms("en", "sign-in", "739152", "Acme", Some(bad), None).expect("a text");
        assert_eq!(rendered.fault, Some(TextError::Host));
        assert!(!rendered.text.contains('\n'), "{}", rendered.text);
    }
    assert_eq!(host("localhost:3000").as_deref(), Ok("localhost"));
    assert_eq!(host("xn--mnchen-3ya.de").as_deref(), Ok("xn--mnchen-3ya.de"));
}

#[test]
fn the_locale_is_negotiated() {
    let texts = texts();
    for (wanted, chosen) in [
        (&["de"][..], "de"),
        (&["DE-at"], "de"),
        (&["pt"], "pt-BR"),
        (&["pt-PT"], "pt-BR"),
        (&["pt_BR"], "pt-BR"),
        (&["zh"], "zh-Hans"),
        (&["zh-CN"], "zh-Hans"),
        (&["zh-Hans-SG"], "zh-Hans"),
        (&["zh-TW"], "zh-Hans"),
        (&["in-ID"], "id"),
        (&["es-419"], "es"),
        (&["de-u-co-phonebk"], "de"),
        (&["xx", "fr"], "fr"),
        (&["fr-CA", "en"], "fr"),
        (&["en-GB", "fr"], "en"),
        (&["dex"], "en"),
        (&["d"], "en"),
        (&["", "*", "-", "_"], "en"),
        (&["uk-😀"], "uk"),
        (&[], "en"),
    ] {
        assert_eq!(texts.choose(wanted), chosen, "{wanted:?}");
    }
    assert_eq!(texts.choose(&["de-".to_owned() + &"x".repeat(1_000_000)]), "en");
}

#[test]
fn accept_language_is_read_by_weight_and_within_bounds() {
    for (header, tags) in [
        ("de-CH, fr;q=0.9, en;q=0.8, *;q=0.5", &["de-CH", "fr", "en"][..]),
        ("en;q=0.1,de;q=1.000 , fr ; q=0.999", &["de", "fr", "en"]),
        ("a;q=0.5,b;q=0.5,c", &["c", "a", "b"]),
        ("de;q=0,fr;q=0.000,it;q=2,es;q=nan,nl;q=-1,pl;q=0.1234,tr;q=,ru;x=1", &[]),
        ("de\u{e9}, <b>, ,;q=1", &[]),
        ("", &[]),
        ("a,b,c,d,e,f,g,h,i,j,de", &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]),
    ] {
        assert_eq!(parse_accept_language(header), tags, "{header}");
    }
    assert_eq!(parse_accept_language(&format!("de,fr{}", "é".repeat(100_000))), ["de"]);
    assert_eq!(parse_accept_language(&"é".repeat(100_000)), [""; 0]);
}

#[test]
fn a_hostile_brand_adds_no_line_and_no_code() {
    for (name, clean) in [
        ("Acme", "Acme"),
        ("  Acme \t &  Sons ", "Acme & Sons"),
        ("Acme\n@evil.com #123456", "Acme evil.com"),
        ("Acme\r\nYour code: 12 34 56", "Acme Your code"),
        ("Acme 1-2-3-4", "Acme"),
        ("Acme 1\u{200d}2\u{200b}3\u{200c}4", "Acme"),
        ("Acme 12@34", "Acme"),
        ("Acme １２３４ ٤٣٢١ ۱۲۳۴ १२३४ ①②③④", "Acme"),
        ("Acme\u{2028}@x\u{2029}\u{85}\u{b}\u{c}\u{0}y", "Acme x y"),
        ("\u{202e}Acme\u{2066}", "Acme"),
        ("Acme＠x＃y", "Acmexy"),
        ("Route 66 Bar 24", "Route 66 Bar 24"),
        ("7-Eleven", "7-Eleven"),
        ("123456", "Login"),
        ("", "Login"),
        ("{{code}} { $code }", "{{code}} { $code }"),
        ("…", "Login"),
    ] {
        assert_eq!(brand(name), clean, "{name:?}");
    }
    assert_eq!(brand(&"x".repeat(1_000_000)).chars().count(), 32);
    let name = "Acme\n@evil.com #111111";
    for template in [None, Some("{{code}} {{project}}")] {
        let text = texts().sms("en", "sign-in", "739152", name, Some(HOST), template).expect("a text").text;
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains("111111") && !text.contains("@evil"), "{text}");
        assert!(text.ends_with("\n@login.example.com #739152"), "{text}");
    }
}

#[test]
fn every_name_of_the_variables_works_in_an_override() {
    for template in
        ["{{code}} {{brand}}", "{{ secret }} {{ project }}", "{{secret}} {{brand}}", "{{- code }} {{ project -}}"]
    {
        assert_eq!(check_override(template), Ok(()), "{template}");
        let rendered = override_of(template);
        assert_eq!((rendered.text.as_str(), rendered.fault), ("739152 Acme", None), "{template}");
    }
    let choice =
        "{% if project == \"Acme\" %}A{%- elif brand == 'B' %}B{% else %}C{% endif %}: {{ secret }}. It's \"safe\" * ~";
    assert_eq!(check_override(choice), Ok(()));
    assert_eq!(override_of(choice).text, "A: 739152. It's \"safe\" * ~");
    assert_eq!(override_of("Für {{brand}} & <b>: {{code}}").text, "Für Acme & <b>: 739152");
}

#[test]
fn a_bad_override_is_refused_when_saved_and_replaced_when_sent() {
    let long = format!("{{{{code}}}}{}", "x".repeat(500));
    for (template, wanted) in [
        ("", Some(TextError::NoCode)),
        ("Hello {{brand}}", Some(TextError::NoCode)),
        ("{{code}}99", Some(TextError::NoCode)),
        ("9{{code}}", Some(TextError::NoCode)),
        ("{% if brand == 'x' %}{{code}}{% endif %}", Some(TextError::NoCode)),
        ("{{code}}\n@evil.com #{{code}}", Some(TextError::OriginLine)),
        ("  @evil.com #{{code}}\n{{code}}", Some(TextError::OriginLine)),
        ("{{code}}\u{8}", Some(TextError::ControlCharacter)),
        ("{{code}}\rx", Some(TextError::ControlCharacter)),
        (&long, Some(TextError::TemplateTooLong)),
        ("{{code", None),
        ("{{code}", None),
        ("{{code}} {% if %}", None),
        ("{{code}} {% if code %}", None),
        ("{{code}} {% endif %}", None),
        ("{{code}} {{ code.x }}", None),
        ("{{code}} {{ code | upper }}", None),
        ("{{code}} {# note #}", Some(TextError::NotAllowed("comments".into()))),
        ("{{code}} {{ 'x' * 99999999 }}", None),
        ("{{code}} {{ '}}' * 9 }}", Some(TextError::NotAllowed("a brace in a string".into()))),
        ("{{code}} {{ \"'} \" * 9 }}", Some(TextError::NotAllowed("a brace in a string".into()))),
        ("{{code}} {{ '\\'' }}", Some(TextError::NotAllowed("`\\` between braces".into()))),
        ("{{code}} {% if brand == '%} ' * 9 %}{% endif %}", Some(TextError::NotAllowed("a brace in a string".into()))),
        ("{{code}} {{ \"%}{{\" ~ code }}", None),
        ("{{code}} {% set x = code %}", Some(TextError::NotAllowed("`set`".into()))),
        ("{{code}} {%- for x in code %}{% endfor %}", Some(TextError::NotAllowed("`for`".into()))),
        ("{{code}} {%+ for x in code %}{% endfor %}", None),
        ("{{code}} {% include 'x' %}", Some(TextError::NotAllowed("`include`".into()))),
        ("{{code}} {% macro x() %}{% endmacro %}", None),
        ("{{code}} {% raw %}x{% endraw %}", Some(TextError::NotAllowed("`raw`".into()))),
        ("{{code}} {{ range(9) }}", None),
    ] {
        let error = check_override(template).expect_err(template);
        if let Some(wanted) = wanted {
            assert_eq!(error, wanted, "{template}");
        }
        assert!(!error.to_string().is_empty());
        let rendered = override_of(template);
        assert_eq!(rendered.fault, Some(error), "{template}");
        assert!(rendered.text.starts_with("Acme: 739152 is your two-step"), "{}", rendered.text);
    }
    assert_eq!(check_override("{{code}} {{name}}"), Err(TextError::UnknownVariable("name".into())));
    assert_eq!(
        check_override("{{code}}{% if brand == 'x' %}{{name}}{% endif %}"),
        Err(TextError::UnknownVariable("name".into()))
    );
    assert!(override_of("{{code}} {{name}}").fault.is_some());
}

#[test]
fn an_unknown_purpose_is_an_error_and_the_prefix_of_the_key_is_optional() {
    let texts = texts();
    let of = |purpose| texts.sms("de", purpose, "739152", "Acme", None, None);
    assert_eq!(of("sign-in"), of("sms-sign-in"));
    assert_eq!(of("magic-link"), Err(TextError::UnknownPurpose("magic-link".into())));
    assert_eq!(of("sign-in-short"), Err(TextError::UnknownPurpose("sign-in-short".into())));
}

#[test]
fn no_error_and_no_debug_output_shows_the_code() {
    let rendered = override_of("{{code}} {{ code.x }} {{ code - 1 }}");
    assert!(!format!("{rendered:?}").contains("739152"));
    assert!(!rendered.fault.expect("a fault").to_string().contains("739152"));
}

#[test]
fn texts_are_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Texts>();
}
