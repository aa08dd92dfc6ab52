//! All that comes in: the dialects, the pages, the command line, the workers. The binary, and the mountable library.

pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod dev;
pub mod docs;
mod embed;
pub mod http;
pub mod keyfile;
pub mod login;
pub mod nevr;
pub mod nuvix;
pub mod page;
pub mod router;
pub mod telemetry;
pub mod text;
pub mod worker;

pub use embed::{Builder, Countersign, Dialect, Otp, Session, SessionRejection, SetupError, User};
