//! Log lines on standard error: for people in development and on a terminal, else one JSON object per line.
//!
//! Nothing secret may reach a line (security.md 34). Records of the `log` crate are not collected: tokio-postgres
//! writes statement parameters there.

use std::error::Error;
use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// Starts logging for the whole process; once. `dev` makes `auto` human even without a terminal.
pub fn init(format: LogFormat, level: &str, dev: bool) -> Result<(), Box<dyn Error + Send + Sync>> {
    let terminal = stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_writer(stderr).with_env_filter(filter(level)?);
    let human = match format {
        LogFormat::Auto => dev || terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    if !human {
        lines.json().flatten_event(true).with_current_span(false).finish().try_init()?;
    } else if terminal {
        // Colours are left to the library here, because it honours NO_COLOR.
        lines.compact().with_target(false).finish().try_init()?;
    } else {
        lines.compact().with_target(false).with_ansi(false).finish().try_init()?;
    }
    Ok(())
}

/// What passes at `level`. A bare level is for our own crates; libraries stay at `warn`.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, Box<dyn Error + Send + Sync>> {
    // Without this a misspelt level would be taken for the name of a module, and nothing would be logged.
    if let Some(wrong) = level.split(',').find(|part| !part.contains('=') && part.parse::<LevelFilter>().is_err()) {
        return Err(format!("{wrong:?} is no log level").into());
    }
    Ok(match level.parse::<LevelFilter>() {
        Ok(level) if level > LevelFilter::WARN => EnvFilter::builder().parse(format!("warn,countersign={level}"))?,
        _ => EnvFilter::builder().parse(level)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_for_our_own_crates() {
        assert_eq!(filter("debug").unwrap().to_string(), "countersign=debug,warn");
        assert_eq!(filter("error").unwrap().to_string(), "error");
        assert_eq!(filter("warn,countersign::worker=trace").unwrap().to_string(), "countersign::worker=trace,warn");
        assert!(filter("inof").is_err());
        assert!(filter("warn,inof").is_err());
        assert!(filter("countersign=loud").is_err());
    }
}
