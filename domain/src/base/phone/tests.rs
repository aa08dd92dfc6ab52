//! Spellings of numbers, and what is known of them.

use super::*;
use proptest::prelude::*;

fn e164_of(text: &str, region: Option<&str>) -> Result<String, PhoneError> {
    Phone::parse(text, region).map(|phone| phone.as_e164().to_owned())
}

fn phone(text: &str) -> Phone {
    Phone::parse(text, None).unwrap()
}

/// A spelling, the region that it is read for, and the number.
const SPELLINGS: &[(&str, Option<&str>, &str)] = &[
    // North America
    ("+14255550123", None, "+14255550123"),
    ("+1 (425) 555-0123", None, "+14255550123"),
    ("+1.425.555.0123", None, "+14255550123"),
    ("0014255550123", None, "+14255550123"),
    ("00 1 425 555 0123", Some("DE"), "+14255550123"),
    ("tel:+1-425-555-0123", None, "+14255550123"),
    ("TEL:+14255550123", None, "+14255550123"),
    (" \u{a0}tel: +1\u{a0}425\u{a0}555\u{a0}0123\r\n", None, "+14255550123"),
    ("(425) 555-0123", Some("US"), "+14255550123"),
    ("(425) 555-0123", Some("us"), "+14255550123"),
    ("1 425 555 0123", Some("US"), "+14255550123"),
    ("425/555/0123", Some("CA"), "+14255550123"),
    ("+1 (0) 425 555 0123", None, "+14255550123"),
    ("\u{202a}+1 425\u{2011}555\u{2011}0123\u{202c}", None, "+14255550123"),
    ("\u{200e}+1\u{200b}425\u{2060}555\u{feff}0123", None, "+14255550123"),
    ("(+1) 425-555-0199", None, "+14255550199"),
    ("+19999999999", None, "+19999999999"),
    ("+1425555", None, "+1425555"),
    ("011 44 7911 123456", Some("US"), "+447911123456"),
    ("0044 7911 123456", Some("US"), "+447911123456"),
    ("+1 876 555 0123", None, "+18765550123"),
    // Britain
    ("+447911123456", None, "+447911123456"),
    ("+44 0 7911 123456", None, "+447911123456"),
    ("+44 (0) 7911 123456", None, "+447911123456"),
    ("+44(0)(0)7911 123456", None, "+447911123456"),
    ("07911 123456", Some("GB"), "+447911123456"),
    ("+44\u{2003}7911\u{2009}123\u{202f}456", None, "+447911123456"),
    ("\u{ff0b}\u{ff14}\u{ff14}\u{3000}7911\u{ff0d}123456", None, "+447911123456"),
    // Germany
    ("+49 171 1234567", None, "+491711234567"),
    ("+49 (0) 171 / 123 45 67", None, "+491711234567"),
    ("0171 1234567", Some("DE"), "+491711234567"),
    ("0171/1234567", Some("DE"), "+491711234567"),
    ("0049 171 1234567", Some("DE"), "+491711234567"),
    ("0049 (0) 171 1234567", None, "+491711234567"),
    ("44 7911 123456", Some("GB"), "+447911123456"),
    ("+49 171 1234567", Some("US"), "+491711234567"),
    // Zeros that belong to the number, and zeros that do not
    ("+39 06 6982", None, "+39066982"),
    ("06 698 12345", Some("IT"), "+390669812345"),
    ("+39 347 123 4567", None, "+393471234567"),
    ("347 123 4567", Some("IT"), "+393471234567"),
    ("+225 07 01 23 45 67", None, "+2250701234567"),
    ("07 01 23 45 67", Some("CI"), "+2250701234567"),
    ("+34 612 345 678", None, "+34612345678"),
    ("+34 (0) 612 345 678", None, "+34612345678"),
    ("0612 345 678", Some("ES"), "+34612345678"),
    ("+65 0 8123 4567", None, "+6581234567"),
    // Other digits
    ("+\u{664}\u{664} \u{667}\u{669}\u{661}\u{661} \u{661}\u{662}\u{663}\u{664}\u{665}\u{666}", None, "+447911123456"),
    ("\u{660}\u{661}\u{660}\u{660}\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}", Some("EG"), "+201001234567"),
    ("\u{6f0}\u{6f9}\u{6f1}\u{6f2} \u{6f1}\u{6f2}\u{6f3} \u{6f4}\u{6f5}\u{6f6}\u{6f7}", Some("IR"), "+989121234567"),
    ("+\u{6f9}\u{6f8} \u{6f9}\u{6f1}\u{6f2} 123 4567", None, "+989121234567"),
    ("\u{966}\u{96e}\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}\u{96d}\u{96e}\u{96f}", Some("IN"), "+918123456789"),
    ("+91 81234 56789", None, "+918123456789"),
    ("+\u{9ee}\u{9ee}\u{9e6} 1812 345678", None, "+8801812345678"),
    ("\u{e50}\u{e58}\u{e51} 234 5678", Some("TH"), "+66812345678"),
    // The rest of the world
    ("+7 (8) 912 345-67-89", None, "+79123456789"),
    ("8 912 345-67-89", Some("RU"), "+79123456789"),
    ("+7 701 234 5678", None, "+77012345678"),
    ("06 12 34 56 78", Some("FR"), "+33612345678"),
    ("+33 (0)6.12.34.56.78", None, "+33612345678"),
    ("+36 06 20 123 4567", None, "+36201234567"),
    ("06 20 123 4567", Some("HU"), "+36201234567"),
    ("+54 9 11 2345 6789", None, "+5491123456789"),
    ("+54 11 15 2345 6789", None, "+5491123456789"),
    ("011 15 2345 6789", Some("AR"), "+5491123456789"),
    ("+52 1 55 1234 5678", None, "+525512345678"),
    ("1 55 1234 5678", Some("MX"), "+525512345678"),
    ("+55 11 96123-4567", None, "+5511961234567"),
    ("(11) 96123-4567", Some("BR"), "+5511961234567"),
    ("0 15 11 96123-4567", Some("BR"), "+5511961234567"),
    ("0011 1 425 555 0123", Some("AU"), "+14255550123"),
    ("0412 345 678", Some("AU"), "+61412345678"),
    ("+61 (0)412 345 678", None, "+61412345678"),
    ("090-1234-5678", Some("JP"), "+819012345678"),
    ("010 44 7911 123456", Some("JP"), "+447911123456"),
    ("010-2345-6789", Some("KR"), "+821023456789"),
    ("001 49 171 1234567", Some("KR"), "+491711234567"),
    ("0049 171 1234567", Some("KR"), "+491711234567"),
    ("138 0013 8000", Some("CN"), "+8613800138000"),
    ("+86 138-0013-8000", None, "+8613800138000"),
    ("0501234567", Some("AE"), "+971501234567"),
    ("+971 (0)50 123 4567", None, "+971501234567"),
    ("0803 123 4567", Some("NG"), "+2348031234567"),
    ("082 123 4567", Some("ZA"), "+27821234567"),
    ("+290 51234", None, "+29051234"),
    ("0532 123 45 67", Some("TR"), "+905321234567"),
];

#[test]
fn every_spelling_of_a_number_is_one_number() {
    assert!(SPELLINGS.len() >= 60);
    for (text, region, expected) in SPELLINGS {
        let got = e164_of(text, *region).unwrap_or_default();
        assert_eq!(&got, expected, "{text:?} in {region:?}");
        assert_eq!(e164_of(&got, *region).as_deref(), Ok(*expected), "{got} again");
    }
}

#[test]
fn what_is_not_one_number_is_refused() {
    let long = format!("+14255550123{}", " ".repeat(64));
    for text in [
        "",
        " ",
        "+",
        "++",
        "tel:",
        "bogus",
        "+1-800-FLOWERS",
        "+1 425 555 0123 ext 4",
        "+1 425 555 0123 x4",
        "+1 425 555 0123#4",
        "+1 425 555 0123,4",
        "+1 425 555 0123*4",
        "+1 425 555 0123~4",
        "tel:+14255550123;ext=4",
        "tel:4255550123;phone-context=+1",
        "tel:+14255550123;phone-context=example.com",
        "tel:tel:+14255550123",
        "tel+14255550123",
        "++14255550123",
        "+1+4255550123",
        "\u{ff0b}+14255550123",
        "1+4255550123",
        "14255550123+",
        "+0014255550123",
        "+0491711234567",
        "00014255550123",
        "+1 425 555 0123 or +1 425 555 0124",
        "call +14255550123",
        "+14255550123a",
        "+1425555\n0123",
        "+1425555\u{2028}0123",
        "+1425555\u{0}0123",
        "+1425555½123",
        "+1425555\u{1d7ce}123",
        "+142555",
        "+1234567890123456",
        "+99912345678",
        "+21012345678",
        "+4912345678901234",
        "+\u{0661}",
        "<+14255550123>",
        "\"+14255550123\"",
        long.as_str(),
    ] {
        assert_eq!(Phone::parse(text, None), Err(PhoneError::NotANumber), "{text:?}");
    }
    for (text, region) in [("110", "DE"), ("5550123", "US"), ("12", "GB"), ("0", "DE"), ("911", "US")] {
        assert_eq!(Phone::parse(text, Some(region)), Err(PhoneError::NotANumber), "{text} in {region}");
    }
}

#[test]
fn a_national_number_needs_a_known_region() {
    for region in [None, Some(""), Some("XX"), Some("001"), Some("DEU"), Some("é")] {
        assert_eq!(Phone::parse("0171 1234567", region), Err(PhoneError::MissingCountryCode), "{region:?}");
        assert_eq!(Phone::parse("14255550123", region), Err(PhoneError::MissingCountryCode), "{region:?}");
    }
}

#[test]
fn countries_of_shared_calling_codes_are_told_apart() {
    for (text, country) in [
        ("+14255550123", Some("US")),
        ("+19999999999", Some("US")),
        ("+1425555", Some("US")),
        ("+16132345678", Some("CA")),
        ("+18765550123", Some("JM")),
        ("+18760000000", Some("JM")),
        ("+16585550123", Some("JM")),
        ("+18095551234", Some("DO")),
        ("+17875551234", Some("PR")),
        ("+12425551234", Some("BS")),
        ("+14415551234", Some("BM")),
        ("+79123456789", Some("RU")),
        ("+77012345678", Some("KZ")),
        ("+447400123456", Some("GB")),
        ("+447911123456", Some("GG")),
        ("+447781123456", Some("GG")),
        ("+447797123456", Some("JE")),
        ("+447624123456", Some("IM")),
        ("+390212345678", Some("IT")),
        ("+390669812345", Some("VA")),
        ("+491711234567", Some("DE")),
        ("+38344123456", Some("XK")),
        ("+590690001234", Some("GP")),
        ("+262692123456", Some("RE")),
        ("+262639012345", Some("YT")),
        ("+358457123456", Some("FI")),
        ("+61412345678", Some("AU")),
        ("+212650123456", Some("MA")),
        ("+882161234567", None),
        ("+80012345678", None),
    ] {
        let found = Phone::from_stored(text.to_owned()).country();
        assert_eq!(found, country, "{text}");
    }
}

#[test]
fn premium_satellite_and_special_ranges_get_no_sms() {
    for text in [
        "+19002345678",
        "+18002345678",
        "+18882345678",
        "+449012345678",
        "+448001234567",
        "+448431234567",
        "+445512345678",
        "+447640123456",
        "+499001234567",
        "+498001234567",
        "+491803123456",
        "+33891123456",
        "+39800123456",
        "+39899123456",
        "+4117712345678",
        "+870773123456",
        "+881612345678",
        "+882161234567",
        "+883510012345",
        "+888123456789",
        "+878101234567890",
        "+979123456789",
        "+80012345678",
        "+80812345678",
        "+1425555",
        "+15550123",
        "+142555501234",
        "+4479111234567",
    ] {
        assert!(!Phone::from_stored(text.to_owned()).may_receive_sms(), "{text}");
    }
    for text in [
        "+14255550123",
        "+14255550199",
        "+19999999999",
        "+447911123456",
        "+442079460958",
        "+445612345678",
        "+447012345678",
        "+491711234567",
        "+39347123456",
        "+390669812345",
        "+77012345678",
        "+5491123456789",
        "+8613800138000",
        "+29051234",
    ] {
        assert!(phone(text).may_receive_sms(), "{text}");
    }
}

#[test]
fn the_list_of_calling_codes_is_the_librarys() {
    for code in PHONE_NUMBER_UTIL.get_supported_calling_codes() {
        let text = format!("+{code}2345678");
        assert_eq!(calling_code_len(&text), code.to_string().len(), "{code}");
    }
    for code in PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes() {
        assert!(is_worldwide(code), "{code}");
    }
}

#[test]
fn examples_of_every_region_settle_and_say_where_they_are_from() {
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, PhoneNumberType::Mobile)
        else {
            continue;
        };
        let name = region_name(region).unwrap();
        assert_eq!(name, region.as_region_str().as_str());
        let international = phone(&e164(&example));
        let national = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::National);
        assert_eq!(Phone::parse(&national, Some(name)).as_ref(), Ok(&international), "{name} {national}");
        assert_eq!(international.library_number().as_ref(), Some(&example), "{name}");
        assert!(international.may_receive_sms(), "{name}");
        assert_eq!(
            PHONE_NUMBER_UTIL.get_country_code_for_region(region),
            international
                .country()
                .and_then(|c| { PHONE_NUMBER_UTIL.get_country_code_for_region(Region::from_code(c).unwrap()) }),
            "{name}"
        );
    }
}

#[test]
fn masks_hide_the_middle() {
    for (text, mask) in [
        ("+14255550123", "+1425***0123"),
        ("+491711234567", "+49171***4567"),
        ("+8613800138000", "+86138***8000"),
        ("+34612345678", "+3461***678"),
        ("+4520123456", "+452***456"),
        ("+2905123", "+290***"),
        ("+29051234", "+290***34"),
        ("+1425555", "+1***55"),
        ("", "***"),
        ("+", "***"),
    ] {
        let phone = Phone::from_stored(text.to_owned());
        assert_eq!(phone.masked(), mask);
        assert_eq!(format!("{phone}"), mask);
        assert_eq!(format!("{phone:?}"), mask);
    }
}

#[test]
fn a_prefix_is_ten_thousand_numbers() {
    assert_eq!(phone("+14255550123").prefix(), "+1425555");
    assert_eq!(phone("+491711234567").prefix(), "+49171123");
    assert_eq!(Phone::from_stored("+1".to_owned()).prefix(), "");
}

#[test]
fn errors_do_not_repeat_the_number() {
    for text in ["+1425555012345678", "14255550123"] {
        let error = Phone::parse(text, None).unwrap_err();
        assert!(!error.to_string().contains(|c: char| c.is_ascii_digit()), "{error}");
    }
}

const NUMBERS: [&str; 12] = [
    "+14255550123",
    "+19999999999",
    "+18765550123",
    "+447911123456",
    "+491711234567",
    "+390669812345",
    "+393471234567",
    "+34612345678",
    "+5491123456789",
    "+79123456789",
    "+8613800138000",
    "+2250701234567",
];

/// Ways to begin a number with its calling code.
const STARTS: [&str; 8] = ["+", "\u{ff0b}", "00", "tel:+", " Tel: +", "\u{200e}+", "(+", "\u{660}\u{660}"];

/// Regions with prefixes of many kinds.
const REGIONS: [&str; 9] = ["DE", "US", "GB", "IT", "BR", "AR", "MX", "KR", "JP"];

proptest! {
    #[test]
    fn noise_between_the_digits_changes_nothing(
        number in prop::sample::select(&NUMBERS[..]),
        start in prop::sample::select(&STARTS[..]),
        noise in prop::collection::vec((0..ZEROS.len(), 0..12_usize), 16),
        region in prop::sample::select(&[None, Some("DE"), Some("US"), Some("IT"), Some("BR"), Some("JP")][..]),
    ) {
        let separators = [" ", "-", ".", "\u{a0}", "\u{200f}", ")", "(", "/", "", "", "", ""];
        let mut text = start.to_owned();
        for (digit, (script, gap)) in number[1..].chars().zip(noise) {
            let digit = char::from_u32(u32::from(ZEROS[script]) + digit.to_digit(10).unwrap()).unwrap();
            let gap = separators[gap];
            if text.len() + digit.len_utf8() + gap.len() + 3 * number.len() < MAX_BYTES {
                text.push(digit);
                text.push_str(gap);
            } else {
                text.push(char::from_digit(digit_value(digit), 10).unwrap());
            }
        }
        prop_assume!(text.len() <= MAX_BYTES);
        prop_assert_eq!(e164_of(&text, region), Ok(number.to_owned()), "{:?}", text);
    }

    #[test]
    fn any_text_gives_a_settled_number_or_an_error(text in ".{0,70}", region in prop::option::of("[A-Z]{2}")) {
        check_any(&text, region.as_deref())?;
    }

    #[test]
    fn any_digits_give_a_settled_number_or_an_error(
        text in "(\\+|00|0|)[0-9]{1,18}",
        region in prop::option::of(prop::sample::select(&REGIONS[..])),
    ) {
        check_any(&text, region)?;
    }
}

fn digit_value(c: char) -> u32 {
    digit(c).unwrap().to_digit(10).unwrap()
}

fn check_any(text: &str, region: Option<&str>) -> Result<(), TestCaseError> {
    let Ok(phone) = Phone::parse(text, region) else { return Ok(()) };
    prop_assert!(is_e164(phone.as_e164()));
    prop_assert_eq!(Phone::parse(phone.as_e164(), None), Ok(phone.clone()));
    prop_assert_eq!(Phone::parse(phone.as_e164(), region), Ok(phone.clone()));
    let parsed = library_parse(phone.as_e164(), None).unwrap();
    prop_assert_eq!(phone.library_number(), Some(parsed));
    phone.country();
    phone.may_receive_sms();
    let shown = phone.masked().bytes().filter(u8::is_ascii_digit).count();
    prop_assert!(shown <= phone.as_e164().len() - 1 - 3);
    prop_assert!(phone.prefix().len() + 4 == phone.as_e164().len());
    Ok(())
}
