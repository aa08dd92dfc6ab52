//! Time as a parameter: one instant type, and clocks that tests can move.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Error, Result};

/// An instant: microseconds since the Unix epoch, UTC. Stored as it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(i64);

/// One second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One hour in microseconds.
pub const HOUR: i64 = 3_600 * SECOND;
/// One day in microseconds.
pub const DAY: i64 = 24 * HOUR;

impl Time {
    /// The instant that is `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// This instant moved by `seconds` (negative: back).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    /// This instant moved by `micros` (negative: back).
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form of every date on the wire (RFC 3339).
    pub fn to_rfc3339(self) -> String {
        self.to_string()
    }

    /// Refuses an expiry that is over already; `field` is what it is called.
    pub fn check_future(self, now: Self, field: &str) -> Result<()> {
        if self > now {
            return Ok(());
        }
        Err(Error::invalid(
            field,
            format!("must be in the future: {self} is over, so it would be refused from the start"),
        ))
    }

    /// Reads an RFC 3339 date.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_microsecond()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Civil-from-days after Howard Hinnant's public algorithm: dates are on every answer, so this avoids a formatter.
        let days = self.0.div_euclid(DAY);
        let rest = self.0.rem_euclid(DAY);
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            rest / HOUR,
            rest / (60 * SECOND) % 60,
            rest / SECOND % 60,
            rest / 1_000 % 1_000,
        )
    }
}

/// Where the time comes from. Rules never read the machine's clock themselves.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Time;
}

/// The machine's clock, never running backwards within the process, so that a clock set back cannot lengthen a code's
/// life.
#[derive(Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Time {
        let wall = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
        Time(self.latest.fetch_max(wall, Ordering::Relaxed).max(wall))
    }
}

/// A clock that can be moved forward: on top of another one (`/dev/clock`), or standing still (tests).
pub struct MovableClock {
    base: Option<Arc<dyn Clock>>,
    offset: AtomicI64,
}

impl MovableClock {
    /// Runs with `base`, plus what it was advanced by.
    pub fn over(base: Arc<dyn Clock>) -> Self {
        Self { base: Some(base), offset: AtomicI64::new(0) }
    }

    /// Stands still at `start` until it is advanced.
    pub fn standing(start: Time) -> Self {
        Self { base: None, offset: AtomicI64::new(start.0) }
    }

    /// Moves it by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds.saturating_mul(SECOND), Ordering::SeqCst);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Time {
        let base = self.base.as_ref().map_or(Time(0), |c| c.now());
        base.plus_micros(self.offset.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_jiff_reads_them() {
        for micros in [0, 1_000, 951_782_399_999_000, 951_782_400_000_000, 1_709_164_800_123_000, 4_102_444_799_999_000]
        {
            let time = Time::from_micros(micros);
            assert_eq!(Time::parse_rfc3339(&time.to_rfc3339()), Some(time), "{time}");
        }
        assert_eq!(Time::from_micros(1_795_248_000_056_000).to_rfc3339(), "2026-11-21T08:00:00.056Z");
    }

    #[test]
    fn a_movable_clock_moves_only_when_it_is_told() {
        let clock = MovableClock::standing(Time::from_micros(5));
        assert_eq!(clock.now(), Time::from_micros(5));
        clock.advance(2);
        assert_eq!(clock.now(), Time::from_micros(5).plus_seconds(2));
    }

    #[test]
    fn the_system_clock_never_goes_back() {
        let clock = SystemClock { latest: AtomicI64::new(i64::MAX / 2) };
        assert_eq!(clock.now(), Time::from_micros(i64::MAX / 2));
    }
}
