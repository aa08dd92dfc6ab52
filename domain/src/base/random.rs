//! Randomness as a parameter: the machine's generator in production, a seeded stream in tests.

use std::sync::Mutex;

use aws_lc_rs::rand::SecureRandom as _;
use aws_lc_rs::{digest, rand};

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

impl dyn Random + '_ {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// `n` uniform decimal digits, leading zeros kept. Bytes of 250 and more are thrown away, so no digit is likelier.
    pub fn digits(&self, n: usize) -> String {
        let mut out = String::with_capacity(n);
        while out.len() < n {
            for byte in self.bytes::<16>() {
                if byte < 250 && out.len() < n {
                    out.push(char::from(b'0' + byte % 10));
                }
            }
        }
        out
    }

    /// `2 * n` lower-case hex digits of `n` random bytes.
    pub fn hex(&self, n: usize) -> String {
        let mut bytes = vec![0; n];
        self.fill(&mut bytes);
        data_encoding::HEXLOWER.encode(&bytes)
    }
}

/// The operating system's generator, through aws-lc.
#[derive(Default)]
pub struct SystemRandom(rand::SystemRandom);

impl SystemRandom {
    /// A handle to the generator.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Random for SystemRandom {
    #[expect(clippy::expect_used, reason = "without a random generator nothing safe can be done: the process must end")]
    fn fill(&self, out: &mut [u8]) {
        self.0.fill(out).expect("the operating system's random generator failed");
    }
}

/// A repeatable stream for tests: SHA-256 over a seed and a counter.
pub struct SeededRandom {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededRandom {
    /// The stream of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, out: &mut [u8]) {
        let mut counter = self.counter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in out.chunks_mut(32) {
            let mut block = [0; 16];
            block[..8].copy_from_slice(&self.seed.to_le_bytes());
            block[8..].copy_from_slice(&counter.to_le_bytes());
            *counter += 1;
            chunk.copy_from_slice(&digest::digest(&digest::SHA256, &block).as_ref()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_uniform_and_keep_leading_zeros() {
        let random: &dyn Random = &SeededRandom::new(7);
        let text = random.digits(100_000);
        let mut counts = [0_u32; 10];
        for digit in text.bytes() {
            counts[usize::from(digit - b'0')] += 1;
        }
        // Nine degrees of freedom: 27.9 is the 0.1 % point of the chi-square distribution.
        let chi: f64 = counts.iter().map(|&n| (f64::from(n) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi < 27.9, "chi-square {chi}, counts {counts:?}");
        assert!((0..1_000).any(|_| random.digits(6).starts_with('0')));
    }

    #[test]
    fn one_seed_gives_one_stream() {
        let (a, b, c): (&dyn Random, &dyn Random, &dyn Random) =
            (&SeededRandom::new(1), &SeededRandom::new(1), &SeededRandom::new(2));
        assert_eq!(a.hex(40), b.hex(40));
        assert_ne!(a.hex(40), c.hex(40));
    }
}
