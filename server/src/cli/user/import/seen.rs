//! What a file had already, in a few bytes each: a million ids take some 20 MB at most.

use std::collections::HashSet;

use countersign_domain::base::crypto::sha256;

/// A set of texts, of which it keeps 64 bits of their SHA-256. That two of a million share them is less likely than one
/// in thirty million; one of them would be refused, and named.
#[derive(Default)]
pub(super) struct Seen(HashSet<u64>);

impl Seen {
    /// Whether the text comes for the first time.
    pub(super) fn is_new(&mut self, text: &str) -> bool {
        let hash = sha256(text.as_bytes());
        self.0.insert(hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}
