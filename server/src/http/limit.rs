//! Fixed-window counters for the limits of routes (contract nuvix §1.7). A window begins with its first request; the
//! limit-th request still passes.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};

use countersign_domain::base::Time;

const SHARDS: usize = 16;
const MAX_WINDOWS: usize = 200_000;

/// What is counted together: a project, a kind (the route as matched, or a name that routes share) and its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key<'a> {
    /// The project's id.
    pub project: &'a str,
    /// The route's template, or a name that several routes share.
    pub kind: &'a str,
    /// The values: an address, a phone, a user's id.
    pub values: &'a [&'a str],
}

/// How many requests a window takes, and how long it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Requests that pass.
    pub limit: u32,
    /// The window's length.
    pub window_micros: i64,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Requests that pass in a window.
    pub limit: u32,
    /// Requests that still pass in this window.
    pub remaining: u32,
    /// When the window ends.
    pub reset_at: Time,
    /// Whether this request passes.
    pub allowed: bool,
}

impl Hit {
    /// The outcome for the `count`-th request of a window that began at `started_at`. Every store ends here.
    pub fn of(rule: Rule, count: i64, started_at: Time) -> Self {
        let limit = i64::from(rule.limit);
        Self {
            limit: rule.limit,
            remaining: u32::try_from((limit - count).max(0)).unwrap_or(rule.limit),
            reset_at: started_at.plus_micros(rule.window_micros),
            allowed: count <= limit,
        }
    }

    /// Of two limits on one request, the one that its headers tell: a refusal, else the one with the least left.
    #[must_use]
    pub fn tightest(self, other: Self) -> Self {
        let rank = |hit: &Self| (hit.allowed, hit.remaining, std::cmp::Reverse(hit.reset_at));
        if rank(&other) < rank(&self) { other } else { self }
    }
}

/// Counters in this process's memory. Bounded: when full, windows that have ended go first, then the one that ends
/// soonest.
pub struct Windows {
    // SipHash under a random key: nobody outside can make two keys meet. Eight bytes stand for a key of any length.
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    shard_capacity: usize,
}

#[derive(Default)]
struct Shard {
    windows: HashMap<u64, Window, Ready>,
    // In the order in which they end, which is also the order in which they go.
    by_end: BTreeSet<(Time, u64)>,
}

struct Window {
    started_at: Time,
    ends_at: Time,
    count: i64,
}

/// Keys are hashes already.
#[derive(Clone, Default)]
struct Ready;

impl BuildHasher for Ready {
    type Hasher = ReadyHasher;

    fn build_hasher(&self) -> ReadyHasher {
        ReadyHasher(0)
    }
}

struct ReadyHasher(u64);

impl Hasher for ReadyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self::new()
    }
}

impl Windows {
    /// No counters yet, room for 200,000.
    pub fn new() -> Self {
        Self::with_capacity(MAX_WINDOWS)
    }

    fn with_capacity(windows: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
            shard_capacity: (windows / SHARDS).max(1),
        }
    }

    /// Counts a request.
    pub fn hit(&self, key: &Key<'_>, rule: Rule, now: Time) -> Hit {
        let key = self.hash(key);
        // The table takes its buckets from the low bits and its tags from the top ones; the shard takes four between.
        let shard = &self.shards[(key >> 32) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.hit(key, rule, now, self.shard_capacity)
    }

    /// Forgets all counters.
    pub fn clear(&self) {
        for shard in &self.shards {
            *shard.lock().unwrap_or_else(PoisonError::into_inner) = Shard::default();
        }
    }

    fn hash(&self, key: &Key<'_>) -> u64 {
        // `str` hashes with an end mark, so no two lists of values run together.
        self.hasher.hash_one((key.project, key.kind, key.values))
    }
}

impl Shard {
    fn hit(&mut self, key: u64, rule: Rule, now: Time, capacity: usize) -> Hit {
        if let Some(window) = self.windows.get_mut(&key)
            && now < window.ends_at
        {
            window.count = window.count.saturating_add(1);
            return Hit::of(rule, window.count, window.started_at);
        }
        self.make_room(key, now, capacity);
        let ends_at = now.plus_micros(rule.window_micros);
        self.windows.insert(key, Window { started_at: now, ends_at, count: 1 });
        self.by_end.insert((ends_at, key));
        Hit::of(rule, 1, now)
    }

    /// Takes out the ended window of `key`, up to two others that have ended (so that memory falls again), and, when
    /// full, whichever ends soonest.
    fn make_room(&mut self, key: u64, now: Time, capacity: usize) {
        if let Some(old) = self.windows.remove(&key) {
            self.by_end.remove(&(old.ends_at, key));
        }
        for _ in 0..2 {
            match self.by_end.first() {
                Some(&(ends_at, _)) if ends_at <= now || self.windows.len() >= capacity => {
                    if let Some((_, key)) = self.by_end.pop_first() {
                        self.windows.remove(&key);
                    }
                }
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;
    use countersign_domain::base::time::{HOUR, SECOND};

    use super::*;

    const RULE: Rule = Rule { limit: 3, window_micros: HOUR };

    fn key<'a>(values: &'a [&'a str]) -> Key<'a> {
        Key { project: "p1", kind: "POST /v1/account", values }
    }

    #[test]
    fn the_limit_th_request_still_passes() {
        let windows = Windows::new();
        let hits: Vec<_> = (0..5).map(|_| windows.hit(&key(&["192.0.2.1"]), RULE, START)).collect();
        assert_eq!(hits.iter().map(|hit| hit.allowed).collect::<Vec<_>>(), [true, true, true, false, false]);
        assert_eq!(hits.iter().map(|hit| hit.remaining).collect::<Vec<_>>(), [2, 1, 0, 0, 0]);
        assert!(hits.iter().all(|hit| hit.limit == 3 && hit.reset_at == START.plus_micros(HOUR)));
    }

    #[test]
    fn a_window_is_fixed_and_the_next_one_starts_fresh() {
        let windows = Windows::new();
        let at = |seconds| windows.hit(&key(&["a"]), RULE, START.plus_seconds(seconds));
        for seconds in [0, 1_800, 3_599, 3_599] {
            at(seconds);
        }
        assert!(!at(3_599).allowed);
        let next = at(3_600);
        assert!(next.allowed);
        assert_eq!((next.remaining, next.reset_at), (2, START.plus_seconds(7_200)));
    }

    #[test]
    fn a_clock_set_back_does_not_open_a_window() {
        let windows = Windows::new();
        for _ in 0..3 {
            windows.hit(&key(&["a"]), RULE, START);
        }
        assert!(!windows.hit(&key(&["a"]), RULE, START.plus_seconds(-10_000)).allowed);
    }

    #[test]
    fn keys_are_counted_apart() {
        let windows = Windows::new();
        let first = |key: Key<'_>| windows.hit(&key, RULE, START).remaining == 2;
        assert!(first(key(&["ab", "c"])));
        assert!(first(key(&["a", "bc"])));
        assert!(first(key(&["abc"])));
        assert!(first(Key { project: "p2", ..key(&["abc"]) }));
        assert!(first(Key { kind: "PUT /v1/account", ..key(&["abc"]) }));
        assert!(!first(key(&["abc"])));
    }

    #[test]
    fn a_limit_of_nothing_lets_nothing_pass() {
        assert!(!Windows::new().hit(&key(&[]), Rule { limit: 0, window_micros: HOUR }, START).allowed);
    }

    #[test]
    fn memory_is_bounded_and_what_ends_soonest_goes_first() {
        let windows = Windows::with_capacity(SHARDS * 10);
        let long = Rule { limit: 3, window_micros: 2 * HOUR };
        for _ in 0..4 {
            windows.hit(&key(&["kept"]), long, START);
        }
        for n in 0..10_000 {
            windows.hit(&key(&[&n.to_string()]), RULE, START.plus_micros(n));
        }
        let held = |windows: &Windows| -> Vec<usize> {
            windows
                .shards
                .iter()
                .map(|shard| {
                    let shard = shard.lock().unwrap();
                    assert_eq!(shard.windows.len(), shard.by_end.len());
                    shard.windows.len()
                })
                .collect()
        };
        assert!(held(&windows).iter().all(|&n| n == 10), "{:?}", held(&windows));
        assert!(!windows.hit(&key(&["kept"]), long, START.plus_seconds(1)).allowed);

        // Once they have ended, each new window takes two old ones out.
        for n in 0..500 {
            windows.hit(
                &key(&["later", &n.to_string()]),
                Rule { limit: 1, window_micros: SECOND },
                START.plus_seconds(90_000 + 2 * n),
            );
        }
        assert!(held(&windows).iter().all(|&n| n <= 2), "{:?}", held(&windows));
        windows.clear();
        assert_eq!(held(&windows).iter().sum::<usize>(), 0);
    }

    #[test]
    fn threads_lose_no_count() {
        let windows = Windows::new();
        let rule = Rule { limit: 500, window_micros: HOUR };
        let passed: usize = std::thread::scope(|scope| {
            let count = || (0..250).filter(|_| windows.hit(&key(&["a"]), rule, START).allowed).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 500);
    }

    #[test]
    fn headers_tell_the_tightest_of_several_limits() {
        let hit =
            |limit, count, seconds| Hit::of(Rule { limit, window_micros: HOUR }, count, START.plus_seconds(seconds));
        let (roomy, tight, refused) = (hit(10, 1, 0), hit(3, 2, 0), hit(1, 2, 0));
        assert_eq!(roomy.tightest(tight), tight);
        assert_eq!(tight.tightest(roomy), tight);
        assert_eq!(hit(2, 2, 0).tightest(refused), refused);
        // Of two refusals, the one that lasts longer: that is how long to wait.
        assert_eq!(refused.tightest(hit(1, 2, 60)), hit(1, 2, 60));
    }
}
