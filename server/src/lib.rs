//! Phone-first authentication for axum applications: sign-in by SMS code, second factors, custom tokens.
//!
//! [`Countersign::builder`] opens a server inside an application, [`Countersign::router`] gives the routes of the dialects
//! that it mounts, and [`Session`] is the extractor by which handlers learn who is signed in. The `countersign` command is
//! built from the same crate.

mod admin;
#[doc(hidden)]
pub mod app;
#[doc(hidden)]
pub mod cli;
mod config;
#[doc(hidden)]
pub mod dev;
mod docs;
mod embed;
mod frontegg;
#[doc(hidden)]
pub mod http;
#[doc(hidden)]
pub mod keyfile;
mod login;
mod nevr;
mod nuvix;
mod page;
#[doc(hidden)]
pub mod router;
mod telemetry;
#[doc(hidden)]
pub mod text;
mod worker;

pub use embed::{Builder, Countersign, Dialect, Otp, Session, SessionRejection, SetupError, User};
