//! Makes harmless what others write into our SMS and e-mails: the brand, the origin's host, what a device says of itself.

use super::TextError;

/// The longest brand in characters.
const MAX_BRAND: usize = 32;
/// The longest fact of an e-mail in characters. An IPv6 address has 45 at most.
const MAX_FACT: usize = 64;
/// Stands in for a brand of which nothing is left.
const NO_BRAND: &str = "Login";

/// The brand as it may stand in an SMS: one line of at most 32 characters that cannot form an origin line (no `@`, no
/// `#`) nor pass for a code (no four digits in a row, however they are separated).
pub fn brand(name: &str) -> String {
    let mut clean = String::new();
    // A text that is longer than this has nothing to say.
    for c in name.chars().take(512) {
        if c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') {
            clean.push(' ');
        } else if !is_invisible(c) && !matches!(c, '@' | '＠' | '﹫' | '#' | '＃' | '﹟') {
            clean.push(c);
        }
    }
    let clean = without_codes(&clean);
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = clean.chars().take(MAX_BRAND).collect();
    let cut = cut.trim_end();
    if cut.chars().any(char::is_alphanumeric) { cut.to_owned() } else { NO_BRAND.to_owned() }
}

/// A device, address, country, time or phrase as it may stand in an e-mail: one line of at most 64 characters in which
/// a mail program finds no host name or address to make a link of.
pub(super) fn fact(text: &str) -> String {
    let mut clean = String::new();
    let mut chars = text.chars().take(512).filter(|c| !is_invisible(*c)).peekable();
    while let Some(c) = chars.next() {
        let is_dot = matches!(c, '.' | '。' | '．' | '｡');
        // The dots of versions, IPv4 addresses and abbreviations stay.
        let parts_names = is_dot && chars.peek().is_some_and(|next| !next.is_ascii_digit() && !next.is_whitespace());
        if parts_names || c.is_control() || c.is_whitespace() || matches!(c, '/' | '\\' | '@' | '＠' | '﹫') {
            clean.push(' ');
        } else {
            clean.push(c);
        }
    }
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    clean.chars().take(MAX_FACT).collect::<String>().trim_end().to_owned()
}

/// A project's own subject on one line, without what could reorder or split it.
pub(super) fn line(text: &str) -> String {
    let seen = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c });
    seen.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `c` shows nothing but can reorder or split what is shown: bidi controls, zero-width and tag characters. The
/// two joiners stay, for Persian and Indian scripts need them.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Takes out runs of four and more digits of any script. What is neither letter nor digit does not end a run.
fn without_codes(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    let mut digits = 0;
    // The letter at the end closes the last run.
    for c in text.chars().chain(['x']) {
        if c.is_numeric() {
            digits += 1;
        }
        if c.is_alphabetic() {
            if digits < 4 {
                out.push_str(&run);
            } else {
                out.push(' ');
            }
            run.clear();
            digits = 0;
            out.push(c);
        } else {
            run.push(c);
        }
    }
    out.pop();
    out
}

/// The host of an origin of the settings, as it stands in the origin line: `https://login.example.com:8443` and
/// `login.example.com` both give `login.example.com`. Anything but a plain host name is refused.
pub fn host(origin: &str) -> Result<String, TextError> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).unwrap_or(origin);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let host = match rest.split_once(':') {
        Some((host, port)) if !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return Err(TextError::Host),
        None => rest,
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if host.len() <= 253 && host.split('.').all(label) { Ok(host.to_ascii_lowercase()) } else { Err(TextError::Host) }
}
