//! The real binary, over real sockets, on both databases. One file per noun; the harness is in `server`, `call`, `browser`,
//! `people` and `twilio`.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod call;
mod people;
mod server;
mod twilio;

mod account;
mod admin;
mod audit;
mod avatar;
mod backup;
mod bad_input;
mod challenge;
mod cli;
mod contact;
mod cors;
mod dev;
mod email;
mod frontegg;
mod health;
mod identity;
mod import;
mod keys;
mod limit;
mod login;
mod logs;
mod mfa;
mod mount;
mod nevr;
mod outbox;
mod password;
mod principal;
mod readme;
mod recovery;
mod redirect;
mod route;
mod session;
mod signin;
mod users;
mod verification;
mod webhook;
