//! Ids: UUIDv7 (RFC 9562 §5.7) from the injected clock and randomness, so that tests see stable ones.

use super::{Random, Time};

/// A new id: 36 characters, sorted by time.
pub fn new(now: Time, random: &dyn Random) -> String {
    let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid().to_string()
}

/// An id that is made of what it names, so that it need not be stored: a UUID of version 8 (RFC 9562 §5.8).
pub fn derived(bytes: [u8; 16]) -> String {
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// The lowest id that could have been made at `time`: ids are ordered by time, so it cuts off all older ones.
pub fn floor(time: Time) -> String {
    let millis = u64::try_from(time.micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid().to_string()
}

/// Above every id that was made at any time.
const ABOVE_ALL: &str = "g";

/// What ids lie below that were made before `until`, and before the one that is `after` in a list of the newest first.
/// Without either, all.
pub fn below(until: Option<Time>, after: Option<&str>) -> String {
    let after = after.unwrap_or(ABOVE_ALL).to_owned();
    until.map(floor).map_or(after.clone(), |until| until.min(after))
}

/// Whether `id` may name something a client chose: `^[a-zA-Z0-9][a-zA-Z0-9._-]{0,35}$` (contract nuvix §1.11).
pub fn is_valid(id: &str) -> bool {
    id.len() <= 36
        && id.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    #[test]
    fn ids_sort_by_time_and_are_valid() {
        let random = SeededRandom::new(1);
        let early = new(Time::from_micros(1_000_000), &random);
        let late = new(Time::from_micros(2_000_000), &random);
        assert!(early < late);
        assert!(is_valid(&early) && early.len() == 36);
    }

    #[test]
    fn a_derived_id_is_one_of_version_8() {
        assert_eq!(derived([0xff; 16]), "ffffffff-ffff-8fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_floor_is_above_all_older_ids_and_below_all_younger_ones() {
        let random = SeededRandom::new(1);
        let time = Time::from_micros(1_795_248_000_000_000);
        assert!(new(time.plus_micros(-1_000), &random) < floor(time));
        assert!(floor(time) <= new(time, &random));
    }

    #[test]
    fn a_list_goes_on_below_the_older_of_a_time_and_an_id() {
        let random = SeededRandom::new(1);
        let time = Time::from_micros(1_795_248_000_000_000);
        let (early, late) = (new(time.plus_micros(-1_000), &random), new(time.plus_micros(1_000), &random));
        assert!(late < below(None, None));
        assert_eq!(below(None, Some(&late)), late);
        assert_eq!(below(Some(time), None), floor(time));
        assert_eq!(below(Some(time), Some(&late)), floor(time));
        assert_eq!(below(Some(time), Some(&early)), early);
    }

    #[test]
    fn client_ids_follow_the_contract() {
        for good in ["a", "A9._-", "67409f5f002ab0f3c4d1", &"x".repeat(36)] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", ".a", "-a", "_a", "a b", "ä", "unique()", &"x".repeat(37)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
