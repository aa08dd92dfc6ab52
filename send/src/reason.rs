//! Makes a provider's words fit for our log: they may echo the number, the text, the code or our credentials.

/// Characters of a cleaned text at most.
const LONGEST: usize = 120;
/// A run of so many digits could be a code or a part of a number; error codes of providers are read from their fields.
const LONGEST_NUMBER: usize = 3;
/// An ASCII word longer than this is taken for a token, key or link.
const LONGEST_WORD: usize = 24;

/// `text` on one line, shortened, with `*` in place of every secret, e-mail address, long number and long word.
pub(crate) fn clean(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    let mut secrets: Vec<&str> = secrets.iter().map(|s| s.trim()).filter(|s| !s.is_empty()).collect();
    // A secret may be a part of another.
    secrets.sort_unstable_by_key(|s| std::cmp::Reverse(s.len()));
    for secret in secrets {
        text = text.replace(secret, "*");
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .map(|w| if w.contains('@') || w.is_ascii() && w.len() > LONGEST_WORD { "*" } else { w })
        .collect();
    mask_numbers(&words.join(" ")).chars().take(LONGEST).collect()
}

/// Masks runs of digits of any script, also when written with separators as in `+1 (425) 555-0199`.
fn mask_numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_numeric() {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let end = end_of_number(&chars, at);
        if chars[at..end].iter().filter(|c| c.is_numeric()).count() > LONGEST_NUMBER {
            out.push('*');
        } else {
            out.extend(&chars[at..end]);
        }
        at = end;
    }
    out
}

/// Where the number that begins at `start` ends: after its last digit, up to two separators between digits.
fn end_of_number(chars: &[char], start: usize) -> usize {
    let mut end = start + 1;
    while let Some(step) = (0..=2).find(|&gap| {
        chars.get(end + gap).is_some_and(|c| c.is_numeric())
            && chars[end..end + gap].iter().all(|c| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '_' | ','))
    }) {
        end += step + 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_masked_however_they_are_written() {
        for (text, expected) in [
            ("The 'To' number +14255550199 is not valid", "The 'To' number +* is not valid"),
            ("The 'To' number +1 (425) 555-0199 is not valid", "The 'To' number +* is not valid"),
            ("code 4041 and 404 174", "code * and *"),
            ("کد ۱۲۳۴۵۶ شما", "کد * شما"),
            ("G-123456.", "G-*."),
            ("try in 30 s", "try in 30 s"),
        ] {
            assert_eq!(clean(text, &[]), expected);
        }
    }

    #[test]
    fn secrets_tokens_and_line_breaks_are_taken_out() {
        assert_eq!(
            clean("bad key s3cret!\r\nfor Your code is AB12CD", &["s3cret!", "AB12CD"]),
            "bad key * for Your code is *"
        );
        assert_eq!(clean("see https://example.com/reset?token=abcdef now", &[]), "see * now");
        assert_eq!(clean("<anna@example.com>: no such user anna", &["anna"]), "* no such user *");
        assert_eq!(clean("<Anna@example.com>: User unknown", &[]), "* User unknown");
        assert_eq!(clean("a b c", &["b", "a b"]), "* c");
        assert_eq!(clean("a\0b\u{1b}[31m", &["", " "]), "a b [31m");
        assert_eq!(clean(&"word ".repeat(100), &[]).chars().count(), 120);
    }
}
