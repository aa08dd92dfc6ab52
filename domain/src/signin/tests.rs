//! The rules of signing in by phone, each with a sentence of its own.

mod account;
mod budget;
mod check;
mod handle;
mod mock;
mod race;
mod resend;
mod send;
mod store;
mod world;
