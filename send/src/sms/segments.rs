//! How many SMS a text is: GSM 03.38 (3GPP TS 23.038 §6.2) and UCS-2 counting, for prices and for `sms lint`.

/// How a text is encoded on the air.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// The 7-bit default alphabet with its extension table.
    Gsm7,
    /// 16-bit units (UTF-16 in practice).
    Ucs2,
}

/// The size of a text on the air.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segments {
    /// How it is encoded.
    pub encoding: Encoding,
    /// Septets (extension characters are two) or 16-bit units.
    pub units: usize,
    /// How many SMS it is; each is paid for. 1 for an empty text.
    pub count: usize,
}

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Counts the parts of `text`: 160 septets or 70 units in one message, 153 or 67 in each part of a longer one. What
/// takes two units (an extension character, a surrogate pair) is never split between parts.
pub fn segments(text: &str) -> Segments {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    match septets {
        Some(widths) => pack(Encoding::Gsm7, &widths, 160, 153),
        None => pack(Encoding::Ucs2, &text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) { Some(1) } else { EXTENSION.contains(c).then_some(2) }
}

fn pack(encoding: Encoding, widths: &[usize], single: usize, part: usize) -> Segments {
    let units = widths.iter().sum();
    if units <= single {
        return Segments { encoding, units, count: 1 };
    }
    let (mut count, mut filled) = (1, 0);
    for width in widths {
        if filled + width > part {
            count += 1;
            filled = 0;
        }
        filled += width;
    }
    Segments { encoding, units, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> (Encoding, usize, usize) {
        let Segments { encoding, units, count } = segments(text);
        (encoding, units, count)
    }

    #[test]
    fn the_alphabet_has_the_characters_of_the_standard() {
        // 128 codes without the escape; ten more by escape.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        for c in "àèéìòùäöüñÄÖÜÑÇß€[]{}".chars() {
            assert_eq!(segments(&c.to_string()).encoding, Encoding::Gsm7, "{c}");
        }
        for c in "çáíóú`\têАک’“…".chars() {
            assert_eq!(segments(&c.to_string()).encoding, Encoding::Ucs2, "{c}");
        }
    }

    #[test]
    fn a_latin_text_holds_160_characters_and_153_in_each_part() {
        use Encoding::Gsm7;
        for (n, count) in [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
            assert_eq!(size(&"a".repeat(n)), (Gsm7, n, count), "{n}");
        }
    }

    #[test]
    fn a_persian_text_holds_70_characters_and_67_in_each_part() {
        use Encoding::Ucs2;
        for (n, count) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(size(&"ک".repeat(n)), (Ucs2, n, count), "{n}");
        }
        assert_eq!(size("کد شما: 123456"), (Ucs2, 14, 1));
    }

    #[test]
    fn an_extension_character_counts_two_and_is_not_split() {
        use Encoding::Gsm7;
        assert_eq!(size(&"€".repeat(80)), (Gsm7, 160, 1));
        assert_eq!(size(&"€".repeat(81)), (Gsm7, 162, 2));
        // 76 to a part, one septet of 153 stays empty: 153 of them are 306 septets but three parts.
        assert_eq!(size(&"€".repeat(152)), (Gsm7, 304, 2));
        assert_eq!(size(&"€".repeat(153)), (Gsm7, 306, 3));
    }

    #[test]
    fn a_surrogate_pair_counts_two_and_is_not_split() {
        use Encoding::Ucs2;
        assert_eq!(size(&"😀".repeat(35)), (Ucs2, 70, 1));
        assert_eq!(size(&"😀".repeat(66)), (Ucs2, 132, 2));
        assert_eq!(size(&"😀".repeat(67)), (Ucs2, 134, 3));
    }
}
