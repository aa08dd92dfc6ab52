//! Texts as they are searched.

use unicode_normalization::UnicodeNormalization as _;

/// `text` as it is searched: one spelling for letters that look alike or differ in case, whichever the database knows.
pub fn fold(text: &str) -> String {
    // By way of upper case, so that ß finds ss and every sigma the other.
    text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}
