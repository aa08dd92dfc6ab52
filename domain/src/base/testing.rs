//! Surroundings for tests: a standing clock, a seeded stream, one key file.

use std::sync::Arc;

use super::crypto::Keys;
use super::random::SeededRandom;
use super::{Actor, Ctx, Time};

/// The instant at which tests begin: 2026-11-21T08:00:00Z.
pub const START: Time = Time::from_micros(1_795_248_000_000_000);

/// A guest of project `p1` at `START`, from 192.0.2.1.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn ctx() -> Ctx {
    Ctx {
        now: START,
        random: Arc::new(SeededRandom::new(1)),
        keys: Arc::new(Keys::from_master(&[7; 32]).expect("keys derive")),
        actor: Actor::Guest,
        project: Arc::from("p1"),
        address: Some([192, 0, 2, 1].into()),
        user_agent: None,
        locale: None,
    }
}
