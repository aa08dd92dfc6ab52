//! The send budget: cool-downs that grow, and the arithmetic of prefixes, countries and money.

use std::fmt::Write as _;

use crate::base::Time;

/// The kind of the counter per number prefix.
pub const PREFIX: &str = "prefix";
/// The kind of the counter per country.
pub const COUNTRY: &str = "country";
/// The kind of the counter of money, in millionths of the project's currency.
pub const MONEY: &str = "money";

/// The cool-downs of one number: per purpose how many codes went out in a row, and until when none does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cooldowns(Vec<(String, usize, Time)>);

impl Cooldowns {
    /// Reads `to_text`'s form; what is not readable counts as no cool-down.
    pub fn parse(text: &str) -> Self {
        Self(
            text.split(' ')
                .filter_map(|part| {
                    let mut fields = part.split(':');
                    let purpose = fields.next()?.to_owned();
                    let stage = fields.next()?.parse().ok()?;
                    let until = fields.next()?.parse().ok().map(Time::from_micros)?;
                    Some((purpose, stage, until))
                })
                .collect(),
        )
    }

    /// `purpose:stage:until`, separated by spaces.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for (purpose, stage, until) in &self.0 {
            let gap = if out.is_empty() { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = write!(out, "{gap}{purpose}:{stage}:{}", until.micros());
        }
        out
    }

    /// Until when no code for `purpose` may go out, if that is after `now`.
    pub fn until(&self, purpose: &str, now: Time) -> Option<Time> {
        self.0.iter().find(|(p, _, until)| p == purpose && *until > now).map(|(_, _, until)| *until)
    }

    /// Whether no code for `purpose` may go out at `now`.
    pub fn is_cooling(&self, purpose: &str, now: Time) -> bool {
        self.until(purpose, now).is_some()
    }

    /// Writes down that a code for `purpose` goes out at `now`; `steps` are the waits in seconds, the last one
    /// repeats, and none is longer than half of `lifetime_seconds`, so that a code can always be replaced in time.
    pub fn start(&mut self, purpose: &str, now: Time, steps: &[i64], lifetime_seconds: i64) {
        let stage = self.0.iter().find(|(p, ..)| p == purpose).map_or(0, |(_, stage, _)| *stage);
        let wait = steps.get(stage).or_else(|| steps.last()).copied().unwrap_or(0).min(lifetime_seconds / 2);
        self.0.retain(|(p, _, until)| p != purpose && *until > now);
        self.0.push((purpose.to_owned(), stage + 1, now.plus_seconds(wait)));
    }
}

/// Messages of a day below which a prefix is never under suspicion.
const FEW_TO_PREFIX: i64 = 50;
/// The same for a country.
const FEW_TO_COUNTRY: i64 = 1_000;

/// Whether messages to a prefix or country look like pumping: many, and hardly any leads to a sign-in. Numbers that
/// converted before are served all the same.
pub fn looks_pumped(kind: &str, sent: i64, converted: i64) -> bool {
    let few = if kind == PREFIX { FEW_TO_PREFIX } else { FEW_TO_COUNTRY };
    sent >= few && converted.saturating_mul(10) < sent
}

/// Whether a message for `price` may go out when `used` of `ceiling` is spent (all in millionths). A fifth of the
/// ceiling is kept for numbers that converted before.
pub fn fits_ceiling(used: i64, price: i64, ceiling: i64, converted: bool) -> bool {
    let limit = if converted { ceiling } else { ceiling / 5 * 4 };
    price == 0 || used.saturating_add(price) <= limit
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [i64; 3] = [30, 60, 120];

    fn at(seconds: i64) -> Time {
        Time::from_micros(0).plus_seconds(seconds)
    }

    #[test]
    fn waits_grow_and_the_last_one_repeats() {
        let mut cooldowns = Cooldowns::default();
        let mut now = 0;
        for wait in [30, 60, 120, 120] {
            cooldowns.start("sign-in", at(now), &STEPS, 900);
            assert!(cooldowns.is_cooling("sign-in", at(now + wait - 1)), "{wait}");
            assert!(!cooldowns.is_cooling("sign-in", at(now + wait)), "{wait}");
            now += wait;
        }
    }

    #[test]
    fn purposes_cool_down_apart_and_survive_being_stored() {
        let mut cooldowns = Cooldowns::default();
        cooldowns.start("sign-in", at(0), &STEPS, 900);
        cooldowns.start("mfa", at(10), &STEPS, 900);
        let read = Cooldowns::parse(&cooldowns.to_text());
        assert_eq!(read, cooldowns);
        assert!(read.is_cooling("sign-in", at(29)) && !read.is_cooling("sign-in", at(31)));
        assert!(read.is_cooling("mfa", at(31)) && !read.is_cooling("recovery", at(1)));
    }

    #[test]
    fn no_wait_is_longer_than_half_of_the_lifetime() {
        let mut cooldowns = Cooldowns::default();
        cooldowns.start("sign-in", at(0), &[600], 300);
        assert!(!cooldowns.is_cooling("sign-in", at(150)));
    }

    #[test]
    fn pumping_is_many_messages_with_hardly_a_sign_in() {
        assert!(!looks_pumped(PREFIX, 49, 0));
        assert!(looks_pumped(PREFIX, 50, 4));
        assert!(!looks_pumped(PREFIX, 50, 5));
        assert!(!looks_pumped(COUNTRY, 999, 0));
        assert!(looks_pumped(COUNTRY, 1_000, 99));
    }

    #[test]
    fn a_fifth_of_the_money_is_kept_for_numbers_that_converted() {
        assert!(fits_ceiling(79, 1, 100, false));
        assert!(!fits_ceiling(80, 1, 100, false));
        assert!(fits_ceiling(80, 1, 100, true));
        assert!(!fits_ceiling(100, 1, 100, true));
        assert!(fits_ceiling(1_000, 0, 100, false));
    }
}
