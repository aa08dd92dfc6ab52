//! Phone numbers: one normaliser for every spelling of a number.
//!
//! Budgets, uniqueness and ownership hang on `Phone`, so two spellings of one number must never give two values.
//! libphonenumber knows calling codes, national prefixes and kinds of numbers; what may be written between the digits
//! is decided here, because the library skips over text that it does not understand.

#[cfg(test)]
mod tests;

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
