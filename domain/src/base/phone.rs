//! Phone numbers: one normaliser for every spelling of a number.
//!
//! Budgets, uniqueness and ownership hang on `Phone`, so two spellings of one number must never give two values.
//! libphonenumber knows calling codes, national prefixes and kinds of numbers; what may be written between the digits
//! is decided here, because the library skips over text that it does not understand.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region,
};

/// Longest text that may be one number, in bytes: 15 full-width digits with spaces between fit.
const MAX_BYTES: usize = 64;

/// Most digits a spelling may have: 15, an international prefix and a carrier code.
const MAX_DIGITS: usize = 24;

/// The zeros of the digits that phones and keyboards write, each followed by its one to nine (Unicode `Nd`).
const ZEROS: [char; 14] = [
    '0', '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{be6}', '\u{e50}', '\u{ed0}',
    '\u{1040}', '\u{17e0}', '\u{ff10}',
];

/// A phone number in E.164 (`^\+[1-9]\d{6,14}$`). `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(Box<str>);

/// Why a text is no phone number. The messages are for people and never hold the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PhoneError {
    /// The digits start with no calling code, and no (known) region says which one is meant.
    #[error("The phone number must start with + and the country code.")]
    MissingCountryCode,
    /// Too short, too long, no such calling code, or more in the text than one number.
    #[error("This is not a phone number.")]
    NotANumber,
}

impl Phone {
    /// The number that `text` spells.
    ///
    /// Takes `+`, `00`, `tel:`, the usual separators, every kind of space, direction marks and digits of many scripts.
    /// With a `region` (ISO 3166-1 alpha-2) also numbers as they are dialled there. An unknown region counts as none.
    /// Accepts what is legal in E.164 and parseable by libphonenumber (contract nuvix §3, phone validation), also when
    /// nobody has such a number; see [`may_receive_sms`](Self::may_receive_sms).
    /// Refuses letters, extensions, parameters, a second plus and whatever else is not part of one number.
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, PhoneError> {
        let mut spelled = read(text)?;
        if spelled.starts_with('+') {
            return Self::settle(spelled);
        }
        let region = region.and_then(|code| Region::from_code(code).ok());
        if spelled.starts_with("00") {
            // Korea dials 001 and Brazil 00 with a carrier; elsewhere 00 is what people write for the plus.
            if let Some(e164) = region.and_then(|region| dialled_abroad(&spelled, region)) {
                return Self::settle(e164);
            }
            spelled.replace_range(..2, "+");
            return Self::settle(spelled);
        }
        let region = region
            .filter(|&region| PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some())
            .ok_or(PhoneError::MissingCountryCode)?;
        let number = without_stray_prefix(library_parse(&spelled, Some(region))?);
        // A local number without its area code would become another number.
        if !is_possible(&number) {
            return Err(PhoneError::NotANumber);
        }
        Self::settle(e164(&number))
    }

    /// A number read back from a row: it was normalised when it was written and is taken as it is.
    pub fn from_stored(e164: String) -> Self {
        Self(e164.into_boxed_str())
    }

    /// The number in E.164, unmasked: for the store, the provider and answers to its owner, never for a log.
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// The region that the number belongs to, as ISO 3166-1 alpha-2 (and libphonenumber's `AC`, `TA`, `XK`).
    /// For numbers that nobody has, the main region of the calling code. `None` for codes of no country (`+881`).
    pub fn country(&self) -> Option<&'static str> {
        let number = self.library_number()?;
        let region = PHONE_NUMBER_UTIL
            .get_region_for_number(&number)
            .or_else(|| PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code))?;
        region_name(region)
    }

    /// Whether a text message to this number can reach a person at an ordinary price.
    ///
    /// `false` for premium rate, shared cost, toll free, company-wide, voicemail and pager numbers, satellite and
    /// other calling codes of no country, and lengths that the numbering plan does not have: some networks ignore
    /// surplus digits, which would give one handset ten numbers. `true` where the library does not know the kind.
    pub fn may_receive_sms(&self) -> bool {
        self.is_ordinary() && self.library_number().is_some_and(|number| is_possible(&number))
    }

    /// [`may_receive_sms`](Self::may_receive_sms), but of whatever length: also numbers of examples, which nobody can
    /// have.
    pub fn is_ordinary(&self) -> bool {
        let Some(number) = self.library_number() else { return false };
        if is_worldwide(number.country_code) {
            return false;
        }
        match PHONE_NUMBER_UTIL.get_number_type(&number) {
            PhoneNumberType::FixedLine
            | PhoneNumberType::Mobile
            | PhoneNumberType::FixedLineOrMobile
            | PhoneNumberType::VoIP
            | PhoneNumberType::PersonalNumber
            | PhoneNumberType::Unknown => true,
            PhoneNumberType::TollFree
            | PhoneNumberType::PremiumRate
            | PhoneNumberType::SharedCost
            | PhoneNumberType::Pager
            | PhoneNumberType::UAN
            | PhoneNumberType::VoiceMail => false,
        }
    }

    /// The leading part that shares an abuse budget: all but the last 4 digits, thus at most 10,000 numbers.
    pub fn prefix(&self) -> &str {
        self.0.len().checked_sub(4).and_then(|end| self.0.get(..end)).unwrap_or("")
    }

    /// The number for logs and for people who need not know it: `+1425***0123`.
    ///
    /// Shows the calling code and at most 7 digits of the rest (fewer of short numbers); at least 3 stay hidden.
    pub fn masked(&self) -> String {
        let (head, tail) = self.mask();
        [head, "***", tail].concat()
    }

    /// The number for whoever names its owner or has shown one factor of his (contract frontegg §2.1): three digits, five
    /// stars whatever its length, three digits.
    pub fn hinted(&self) -> String {
        let digits = self.0.get(1..).unwrap_or_default();
        let last = digits.len().checked_sub(3).and_then(|at| digits.get(at..));
        hint(digits.get(..3).unwrap_or_default(), last.unwrap_or_default())
    }

    /// The two ends that a mask shows.
    fn mask(&self) -> (&str, &str) {
        let start = 1 + calling_code_len(&self.0);
        let rest = self.0.len().saturating_sub(start);
        let (first, last) = match rest {
            10.. => (3, 4),
            7..=9 => (rest - 7, 3),
            5..=6 => (0, 2),
            _ => (0, 0),
        };
        let head = self.0.get(..start + first).unwrap_or("");
        let tail = self.0.get(self.0.len().saturating_sub(last)..).unwrap_or("");
        (head, tail)
    }

    /// The number that a text in E.164 stands for once the library has had its say on national prefixes.
    fn settle(mut text: String) -> Result<Self, PhoneError> {
        // `+44 0 0 …` loses one zero per round; what comes out must come out of itself.
        for _ in 0..4 {
            let settled = e164(&without_stray_prefix(library_parse(&text, None)?));
            if settled == text {
                return if is_e164(&text) { Ok(Self(text.into_boxed_str())) } else { Err(PhoneError::NotANumber) };
            }
            text = settled;
        }
        Err(PhoneError::NotANumber)
    }

    /// The library's form of this number. It is not parsed again: a `Phone` is settled already.
    fn library_number(&self) -> Option<PhoneNumber> {
        let (code, national) = self.0.get(1..)?.split_at_checked(calling_code_len(&self.0))?;
        library_number(code, national)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = self.mask();
        write!(f, "{head}***{tail}")
    }
}

/// [`Phone::hinted`] of a number of which these are the ends.
pub fn hint(first: &str, last: &str) -> String {
    format!("+{first}*****{last}")
}

/// The first three digits of mobile numbers of a country (ISO 3166-1 alpha-2), or of some of them. None for what is no
/// country.
pub fn mobile_beginning(country: &str) -> Option<&'static str> {
    static BEGINNINGS: LazyLock<BTreeMap<&'static str, Box<str>>> = LazyLock::new(|| {
        let regions = (0..REGION_NAMES.len() / 2).filter_map(|n| REGION_NAMES.get(2 * n..2 * n + 2));
        let beginning = |name: &str| {
            let region = Region::from_code(name).ok()?;
            let kind = PhoneNumberType::Mobile;
            let number = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok()?;
            Some(Box::from(e164(&number).get(1..4)?))
        };
        regions.filter_map(|name| Some((name, beginning(name)?))).collect()
    });
    BEGINNINGS.get(country).map(AsRef::as_ref)
}

/// Loads the metadata (some 10 ms), so that start-up pays for it and not the first request.
pub fn warm_up() {
    for text in ["+14255550123", "+447911123456", "+491711234567"] {
        if let Ok(phone) = Phone::parse(text, None) {
            let _ = (phone.country(), phone.may_receive_sms());
        }
    }
    let _ = mobile_beginning("US");
}

/// The digits of `text` in ASCII, after `+` if it has one. Refuses everything that is not part of one number.
fn read(text: &str) -> Result<String, PhoneError> {
    if text.len() > MAX_BYTES {
        return Err(PhoneError::NotANumber);
    }
    let text = text.trim_matches(is_blank);
    let text = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
        _ => text,
    };
    let mut spelled = String::with_capacity(16);
    for c in text.chars() {
        if let Some(digit) = digit(c) {
            if spelled.len() > MAX_DIGITS {
                return Err(PhoneError::NotANumber);
            }
            spelled.push(digit);
        } else if matches!(c, '+' | '\u{ff0b}') && spelled.is_empty() {
            spelled.push('+');
        } else if !is_separator(c) {
            return Err(PhoneError::NotANumber);
        }
    }
    if spelled.bytes().any(|b| b != b'+') { Ok(spelled) } else { Err(PhoneError::NotANumber) }
}

/// The ASCII digit with the value of `c`.
fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let value = ZEROS.iter().find_map(|&zero| u32::from(c).checked_sub(zero.into()).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// What may surround a number: spaces, line ends and marks that nobody sees.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// What may stand between the digits of a number. A line end may not: it is more likely two numbers.
fn is_separator(c: char) -> bool {
    match c {
        ' ' | '-' | '.' | '(' | ')' | '/' | '\t'
        // Dashes, the minus, and the full-width and small forms of all of these.
        | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}'
        | '\u{ff08}' | '\u{ff09}' | '\u{ff0d}'..='\u{ff0f}' => true,
        '\u{2028}' | '\u{2029}' => false,
        _ => is_invisible(c) || (c.is_whitespace() && !c.is_control()),
    }
}

/// Zero-width characters, direction marks and soft hyphens, as they come with copied contacts.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// Parses ASCII digits, with a plus or for a region.
fn library_parse(digits: &str, region: Option<Region>) -> Result<PhoneNumber, PhoneError> {
    PHONE_NUMBER_UTIL.parse(digits, region).map_err(|_| PhoneError::NotANumber)
}

/// The number in E.164 if `digits` are a valid number after the region's own international prefix.
fn dialled_abroad(digits: &str, region: Region) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(region)).ok()?;
    let with_prefix = number.country_code_source() == CountryCodeSource::FromNumberWithIdd;
    (with_prefix && PHONE_NUMBER_UTIL.is_valid_number(&number)).then(|| e164(&number))
}

/// Drops a prefix that the library leaves where that makes a better number: the zeros of `+34 (0) 612…` (those that
/// belong to the number, as in Italy, stay) and the 1 of `+52 1 55…`, which Mexico gave up in 2019 and apps still
/// write.
fn without_stray_prefix(number: PhoneNumber) -> PhoneNumber {
    let bare = if number.italian_leading_zero() {
        PhoneNumber { italian_leading_zero: None, number_of_leading_zeros: None, ..number.clone() }
    } else if number.country_code == 52 && number.national_number / 10_000_000_000 == 1 {
        PhoneNumber { national_number: number.national_number % 10_000_000_000, ..number.clone() }
    } else {
        return number;
    };
    let rank = |number| (PHONE_NUMBER_UTIL.is_valid_number(number), is_possible(number));
    if rank(&bare) > rank(&number) { bare } else { number }
}

/// Whether the numbering plan has complete numbers of this length.
fn is_possible(number: &PhoneNumber) -> bool {
    PHONE_NUMBER_UTIL.is_possible_number_with_reason(number) == Ok(NumberLengthType::IsPossible)
}

fn e164(number: &PhoneNumber) -> String {
    PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164).into_owned()
}

/// `^\+[1-9]\d{6,14}$`
fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

fn library_number(code: &str, national: &str) -> Option<PhoneNumber> {
    let zeros = national.bytes().take_while(|&b| b == b'0').count().min(national.len().saturating_sub(1));
    Some(PhoneNumber {
        country_code: code.parse().ok()?,
        national_number: national.parse().ok()?,
        italian_leading_zero: (zeros > 0).then_some(true),
        number_of_leading_zeros: (zeros > 1).then_some(zeros as i32),
        ..PhoneNumber::default()
    })
}

/// How many digits of a number in E.164 are its calling code (ITU-T E.164 list of assigned codes).
fn calling_code_len(e164: &str) -> usize {
    match e164.as_bytes() {
        [b'+', b'1' | b'7', ..] => 1,
        [b'+', b'2', b'0' | b'7', ..]
        | [b'+', b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'+', b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'+', b'5', b'1'..=b'8', ..]
        | [b'+', b'6', b'0'..=b'6', ..]
        | [b'+', b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'+', b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

/// Calling codes of no country: freephone, shared cost, Inmarsat, personal, Iridium and other satellites, networks,
/// relief, premium (ITU-T E.164 list, "global services" and "networks").
fn is_worldwide(calling_code: i32) -> bool {
    matches!(calling_code, 800 | 808 | 870 | 878 | 881 | 882 | 883 | 888 | 979)
}

/// All names of two letters, `AA` to `ZZ`, one after the other.
const REGION_NAMES: &str = {
    const BYTES: [u8; 26 * 26 * 2] = {
        let mut bytes = [0; 26 * 26 * 2];
        let mut i = 0;
        while i < 26 * 26 {
            bytes[2 * i] = b'A' + (i / 26) as u8;
            bytes[2 * i + 1] = b'A' + (i % 26) as u8;
            i += 1;
        }
        bytes
    };
    match str::from_utf8(&BYTES) {
        Ok(names) => names,
        Err(_) => "",
    }
};

/// The name of a region for the life of the program; the library only lends it.
fn region_name(region: Region) -> Option<&'static str> {
    let [first, second] = (region as u16).to_be_bytes().map(|letter| letter.checked_sub(b'A'));
    let start = (usize::from(first?) * 26 + usize::from(second?)) * 2;
    REGION_NAMES.get(start..start + 2)
}

#[cfg(test)]
mod tests {
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
        (
            "+\u{664}\u{664} \u{667}\u{669}\u{661}\u{661} \u{661}\u{662}\u{663}\u{664}\u{665}\u{666}",
            None,
            "+447911123456",
        ),
        ("\u{660}\u{661}\u{660}\u{660}\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}", Some("EG"), "+201001234567"),
        (
            "\u{6f0}\u{6f9}\u{6f1}\u{6f2} \u{6f1}\u{6f2}\u{6f3} \u{6f4}\u{6f5}\u{6f6}\u{6f7}",
            Some("IR"),
            "+989121234567",
        ),
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
}
