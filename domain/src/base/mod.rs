//! What every room shares: time, randomness, ids, secrets, phone numbers, e-mail addresses, the one list of error codes.

pub mod argon;
mod context;
pub mod crypto;
pub mod email;
pub mod error;
mod fold;
pub mod foreign_hash;
pub mod id;
pub mod json;
pub mod page;
pub mod phone;
pub mod random;
pub mod sealed;
pub mod secret;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;

pub use context::{Actor, Ctx};
pub use email::{Email, EmailError};
pub use error::{Code, Error, Result};
pub use fold::fold;
pub use phone::{Phone, PhoneError};
pub use random::Random;
pub use secret::Secret;
pub use target::Target;
pub use time::{Clock, Time};
