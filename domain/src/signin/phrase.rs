//! Security phrases: words that stand in the application and in the e-mail, so that a person sees that both belong
//! together.

use crate::base::crypto::Label;
use crate::base::{Ctx, Error, Result};

const QUALITIES: [&str; 32] = [
    "Amber", "Brave", "Calm", "Clever", "Crimson", "Curious", "Early", "Fearless", "Gentle", "Golden", "Happy",
    "Honest", "Humble", "Icy", "Jolly", "Kind", "Lively", "Lucky", "Mellow", "Mighty", "Noble", "Patient", "Proud",
    "Quiet", "Rapid", "Silver", "Steady", "Sunny", "Swift", "Tender", "Velvet", "Wise",
];
const THINGS: [&str; 32] = [
    "Badger", "Beacon", "Bridge", "Candle", "Cedar", "Comet", "Dolphin", "Falcon", "Fern", "Forest", "Garden",
    "Harbour", "Heron", "Island", "Lantern", "Lark", "Lemon", "Maple", "Meadow", "Ocean", "Orchid", "Otter", "Panda",
    "Pearl", "Pine", "River", "Sparrow", "Summit", "Tiger", "Violin", "Walnut", "Willow",
];
const PLACES: [&str; 32] = [
    "Autumn", "Bronze", "Clouds", "Copper", "Dawn", "Dreams", "Dunes", "Dusk", "Echoes", "Embers", "Flowers", "Frost",
    "Glass", "Hills", "Honey", "Ivory", "Jade", "Light", "Marble", "Mist", "Moss", "Music", "Rain", "Salt", "Sand",
    "Shadows", "Silk", "Snow", "Spring", "Stone", "Thunder", "Winter",
];

/// The phrase of a handle: the same whenever it is asked for, and nothing that a stranger can work out. 35 bits.
pub(super) fn of(ctx: &Ctx, handle: &str) -> Result<String> {
    let bytes = ctx.keys.mac(Label::VerificationCode, &[b"phrase", ctx.project.as_bytes(), handle.as_bytes()])?;
    let [quality, thing, place, ending @ ..] = bytes;
    let word = |list: &[&'static str; 32], byte: u8| {
        list.get(usize::from(byte % 32)).copied().ok_or_else(|| Error::internal("no word"))
    };
    let ending = data_encoding::BASE32_NOPAD.encode(&ending).to_lowercase();
    let ending = ending.get(..4).unwrap_or(&ending);
    Ok(format!("{} {} of {}-{ending}", word(&QUALITIES, quality)?, word(&THINGS, thing)?, word(&PLACES, place)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::ctx;

    #[test]
    fn a_handle_has_one_phrase_and_another_handle_another() {
        let ctx = ctx();
        let phrase = of(&ctx, "a").unwrap();
        assert_eq!(phrase, of(&ctx, "a").unwrap());
        assert_ne!(phrase, of(&ctx, "b").unwrap());
        let words: Vec<_> = phrase.split(' ').collect();
        assert_eq!((words.len(), words[2]), (4, "of"));
        assert!(phrase.is_ascii() && phrase.len() < 64);
    }

    #[test]
    fn no_word_is_there_twice() {
        for list in [QUALITIES, THINGS, PLACES] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }
}
