//! The guess budget: how likely a stranger may be to guess a code of one number or person in a day.
//!
//! A day's budget is 3·10⁻⁵. One guess at a code of n digits costs 10⁻ⁿ; opening a handle reserves all its tries. A
//! third is kept for networks that signed the person in before. When a short code no longer fits, it grows, so nobody
//! is locked out.

use crate::base::time::{DAY, HOUR};

/// The unit of the budget: one guess at a ten-digit code, 10⁻¹⁰.
pub const UNIT_DIGITS: u32 = 10;
/// 3·10⁻⁵ in units.
pub const DAILY: i64 = 300_000;
/// Over how long the budget reaches, in microseconds.
pub const WINDOW: i64 = DAY;
/// The longest code.
pub const MAX_LENGTH: i64 = 10;
/// The kind of the counter of a project's wrong guesses.
pub const WRONG: &str = "wrong-guess";
/// Its window, in microseconds.
pub const WRONG_WINDOW: i64 = HOUR;
/// Wrong guesses in an hour over all numbers of a project from which on codes grow: somebody sprays.
pub const SPRAY: i64 = 1_000;
/// Wrong guesses in a row at one number after which its codes grow (NIST SP 800-63B §5.2.2).
pub const FAILURES: i64 = 100;

/// What one guess at a code of `length` digits costs.
pub fn weight(length: i64) -> i64 {
    // Ten-digit codes are beyond guessing and always fit.
    if length >= MAX_LENGTH { 0 } else { 10_i64.pow(UNIT_DIGITS.saturating_sub(length.max(1) as u32)) }
}

/// What one guess at a token of `length` hexadecimal digits costs, rounded up.
pub fn hex_weight(length: i64) -> i64 {
    let all = 16_i64.checked_pow(u32::try_from(length.max(1)).unwrap_or(u32::MAX));
    all.map_or(0, |all| 10_i64.pow(UNIT_DIGITS) / all + 1).min(10_i64.pow(UNIT_DIGITS))
}

/// The shortest length, not below `wanted`, at which `tries` guesses fit in what is left after `used`.
pub fn length_that_fits(wanted: i64, tries: i64, used: i64, familiar: bool) -> i64 {
    let share = if familiar { DAILY } else { DAILY / 3 * 2 };
    for length in [wanted, 8, MAX_LENGTH] {
        // Short codes leave a tenth of the share to the longer ones.
        let room = if length < 8 { share / 10 * 9 } else { share };
        if length >= wanted && used + tries * weight(length) <= room {
            return length;
        }
    }
    MAX_LENGTH
}

/// The length at least needed when a number or a project is under attack.
pub fn length_under_attack(failures_in_a_row: i64, wrong_in_the_hour: i64) -> i64 {
    if failures_in_a_row >= FAILURES || wrong_in_the_hour >= SPRAY { 8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stranger_gets_three_short_codes_a_familiar_network_five_then_they_grow() {
        let mut used = 0;
        let mut lengths = Vec::new();
        for _ in 0..6 {
            let length = length_that_fits(6, 5, used, false);
            used += 5 * weight(length);
            lengths.push(length);
        }
        assert_eq!(lengths, [6, 6, 6, 8, 8, 8]);
        assert_eq!(length_that_fits(6, 5, used, true), 6);
        assert_eq!(length_that_fits(6, 5, 250_000, true), 8);
        assert_eq!(length_that_fits(6, 5, DAILY, true), 10);
    }

    #[test]
    fn a_guess_at_a_token_costs_what_it_may_gain() {
        assert_eq!([4, 5, 6, 8, 16].map(hex_weight), [152_588, 9_537, 597, 3, 0]);
        assert_eq!(hex_weight(128), 0);
    }

    #[test]
    fn four_digits_never_fit() {
        assert_eq!(length_that_fits(4, 5, 0, false), 8);
        assert_eq!(length_that_fits(5, 5, 0, true), 8);
    }

    #[test]
    fn an_attack_lengthens_codes() {
        assert_eq!(length_under_attack(0, 0), 0);
        assert_eq!(length_under_attack(100, 0), 8);
        assert_eq!(length_under_attack(0, 1_000), 8);
    }

    proptest! {
        #[test]
        fn whatever_is_opened_the_day_never_costs_more_than_its_budget(
            opened in prop::collection::vec((4_i64..=10, 1_i64..=5, any::<bool>()), 0..2_000),
        ) {
            let mut used = 0;
            for (wanted, tries, familiar) in opened {
                used += tries * weight(length_that_fits(wanted, tries, used, familiar));
                prop_assert!(used <= DAILY);
            }
        }
    }
}
