//! The real binary, over real sockets, on both databases. One file per noun; the harness is in `server`, `call` and
//! `twilio`.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod call;
mod server;
mod twilio;

mod account;
mod bad_input;
mod cli;
mod cors;
mod dev;
mod health;
mod limit;
mod outbox;
mod readme;
mod route;
mod session;
mod signin;
