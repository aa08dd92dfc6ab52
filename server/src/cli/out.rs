//! What commands print: text for people, or JSON; problems on standard error.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use countersign_domain::base::Error;
use serde::Serialize;

use crate::config::ConfigError;
use crate::keyfile::KeyFileError;

/// Why a command failed, in words for people.
#[derive(Debug)]
pub(crate) struct Problem {
    pub text: String,
    pub exit: ExitCode,
}

impl Problem {
    pub(crate) fn new(text: impl Display) -> Self {
        Self { text: text.to_string(), exit: ExitCode::FAILURE }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self { exit: ExitCode::from(2), ..Self::new(error) }
    }
}

impl From<KeyFileError> for Problem {
    fn from(error: KeyFileError) -> Self {
        Self::new(error)
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

pub(crate) type Done = Result<(), Problem>;

/// Prints a line.
pub(crate) fn text(text: &str) -> Done {
    match writeln!(std::io::stdout().lock(), "{text}") {
        // Whoever read the output has seen enough (`… | head`).
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(Problem::from),
    }
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Done {
    text(&serde_json::to_string(value).map_err(Problem::new)?)
}

/// Prints a problem on standard error.
pub(crate) fn problem(as_json: bool, problem: &Problem) {
    let line = if as_json {
        serde_json::json!({ "error": problem.text }).to_string()
    } else {
        format!("error: {}", problem.text)
    };
    // There is nobody left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
