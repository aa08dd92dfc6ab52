//! Circuit breakers: a provider that keeps failing is left alone for a while, so that codes take the other one at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_domain::base::Time;
use countersign_domain::base::time::SECOND;

/// Failures in a row that open a circuit.
pub const FAILURES: u32 = 5;
/// Seconds for which an open circuit lets nothing through, and for which the one probe after that may take.
pub const OPEN_SECONDS: i64 = 30;

/// Whose circuit it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// `sms` or `email`: providers of both may have one name.
    pub channel: &'static str,
    /// The project's id.
    pub project: String,
    /// The provider's name in that project.
    pub provider: String,
}

/// What a circuit does with calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It lets them through.
    Closed,
    /// It refuses them.
    Open,
    /// It waits for the one probe that decides, or has let it through.
    HalfOpen,
}

/// The circuits of all providers. A circuit that nothing is known about is closed and takes no memory.
#[derive(Default)]
pub struct Circuits(Mutex<HashMap<Key, Trouble>>);

#[derive(Clone, Copy)]
enum Trouble {
    Failing(u32),
    Open(Time),
    Probing(Time),
}

impl Circuits {
    /// Whether a call may be made at `now`. In the half-open state this answers true once: that call is the probe, and
    /// its [`report`](Self::report) decides. A probe that never reports is given up after [`OPEN_SECONDS`].
    pub fn allows(&self, key: &Key, now: Time) -> bool {
        match self.lock().get_mut(key) {
            None | Some(Trouble::Failing(_)) => true,
            Some(trouble) if trouble.is_over(now) => {
                *trouble = Trouble::Probing(now);
                true
            }
            Some(_) => false,
        }
    }

    /// Notes how a call went. `ok` means that the provider works, whatever it said to this one message.
    pub fn report(&self, key: &Key, ok: bool, now: Time) {
        let mut circuits = self.lock();
        if ok {
            circuits.remove(key);
            return;
        }
        match circuits.get_mut(key) {
            None => {
                circuits.insert(key.clone(), Trouble::Failing(1));
            }
            Some(trouble) => {
                *trouble = match *trouble {
                    Trouble::Failing(n) if n + 1 < FAILURES => Trouble::Failing(n + 1),
                    Trouble::Failing(_) | Trouble::Probing(_) => Trouble::Open(now),
                    // A call from before it opened, or one forced through: it must not keep the circuit open for ever.
                    open @ Trouble::Open(_) => open,
                }
            }
        }
    }

    /// The state at `now`, for metrics. Changes nothing.
    pub fn state(&self, key: &Key, now: Time) -> State {
        match self.lock().get(key) {
            None | Some(Trouble::Failing(_)) => State::Closed,
            Some(Trouble::Open(since)) if !Trouble::Open(*since).is_over(now) => State::Open,
            Some(_) => State::HalfOpen,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Trouble>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trouble {
    fn is_over(self, now: Time) -> bool {
        match self {
            Self::Failing(_) => true,
            Self::Open(since) | Self::Probing(since) => now.micros_since(since) >= OPEN_SECONDS * SECOND,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time::from_micros(0).plus_seconds(second)
    }

    fn key(provider: &str) -> Key {
        Key { channel: "sms", project: "p".into(), provider: provider.into() }
    }

    fn opened_at(second: i64) -> Circuits {
        let circuits = Circuits::default();
        for _ in 0..FAILURES {
            assert!(circuits.allows(&key("a"), at(second)));
            circuits.report(&key("a"), false, at(second));
        }
        circuits
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_four_do_not() {
        let circuits = Circuits::default();
        for _ in 0..4 {
            circuits.report(&key("a"), false, at(0));
        }
        assert_eq!(circuits.state(&key("a"), at(0)), State::Closed);
        circuits.report(&key("a"), true, at(0));
        for _ in 0..4 {
            circuits.report(&key("a"), false, at(0));
        }
        assert!(circuits.allows(&key("a"), at(0)), "a success in between starts the count anew");
        circuits.report(&key("a"), false, at(0));
        assert!(!circuits.allows(&key("a"), at(0)));
        assert_eq!(circuits.state(&key("a"), at(0)), State::Open);
    }

    #[test]
    fn one_circuit_says_nothing_about_another() {
        let circuits = opened_at(0);
        assert!(circuits.allows(&key("b"), at(0)));
        assert!(circuits.allows(&Key { project: "q".into(), ..key("a") }, at(0)));
        assert!(circuits.allows(&Key { channel: "email", ..key("a") }, at(0)));
    }

    #[test]
    fn after_thirty_seconds_one_probe_goes_through_and_its_success_closes_it() {
        let circuits = opened_at(0);
        assert!(!circuits.allows(&key("a"), at(29)));
        assert_eq!(circuits.state(&key("a"), at(30)), State::HalfOpen);
        assert!(circuits.allows(&key("a"), at(30)));
        assert!(!circuits.allows(&key("a"), at(31)), "only one probe at a time");
        assert_eq!(circuits.state(&key("a"), at(31)), State::HalfOpen);
        circuits.report(&key("a"), true, at(32));
        assert_eq!(circuits.state(&key("a"), at(32)), State::Closed);
        assert!(circuits.allows(&key("a"), at(32)) && circuits.allows(&key("a"), at(32)));
    }

    #[test]
    fn a_failed_probe_opens_it_for_another_thirty_seconds() {
        let circuits = opened_at(0);
        assert!(circuits.allows(&key("a"), at(30)));
        circuits.report(&key("a"), false, at(35));
        assert!(!circuits.allows(&key("a"), at(64)));
        assert!(circuits.allows(&key("a"), at(65)));
    }

    #[test]
    fn a_probe_that_never_reports_does_not_block_the_provider_for_ever() {
        let circuits = opened_at(0);
        assert!(circuits.allows(&key("a"), at(30)));
        assert!(!circuits.allows(&key("a"), at(59)));
        assert!(circuits.allows(&key("a"), at(60)));
    }

    #[test]
    fn late_failures_do_not_prolong_it() {
        let circuits = opened_at(0);
        circuits.report(&key("a"), false, at(25));
        assert!(circuits.allows(&key("a"), at(30)));
    }
}
