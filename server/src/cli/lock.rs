//! What locks and opens a backup: a passphrase or a key file.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use countersign_domain::base::Secret;
use countersign_domain::base::crypto::Keys;
use countersign_domain::base::sealed::Lock;

use super::out::Problem;
use crate::keyfile::{self, KeyFileError};

/// Longest passphrase, in bytes.
const LONGEST: u64 = 4_096;
/// Shortest new passphrase, in characters.
const SHORTEST: usize = 12;

/// With what a backup is locked.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
pub(crate) struct LockArgs {
    /// A passphrase locks and opens it: it is asked for
    #[arg(long)]
    passphrase: bool,
    /// The passphrase in this file (its first line) locks and opens it
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// This key file locks and opens it [default: the server's own]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// A lock with what it takes.
pub(crate) enum Held {
    Passphrase(Secret),
    Keys(Box<Keys>),
}

impl Held {
    pub(crate) const fn lock(&self) -> Lock<'_> {
        match self {
            Self::Passphrase(passphrase) => Lock::Passphrase(passphrase),
            Self::Keys(keys) => Lock::Keys(keys),
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Passphrase(_) => "passphrase",
            Self::Keys(_) => "key-file",
        }
    }
}

impl LockArgs {
    /// The lock of a new backup.
    pub(crate) fn new_lock(&self, key_file: &Path) -> Result<Held, Problem> {
        if !self.passphrase && self.passphrase_file.is_none() {
            return self.keys(key_file);
        }
        let passphrase = if let Some(file) = &self.passphrase_file {
            read(file)?
        } else {
            let first = ask("Passphrase: ")?;
            if first != ask("Once more: ")? {
                return Err(Problem::new("the two passphrases differ: nothing was written"));
            }
            first
        };
        if passphrase.expose().chars().count() < SHORTEST {
            return Err(Problem::new(format!("the passphrase must have at least {SHORTEST} characters")));
        }
        Ok(Held::Passphrase(passphrase))
    }

    /// The passphrase that opens a backup.
    pub(crate) fn old_passphrase(&self) -> Result<Held, Problem> {
        let passphrase = match &self.passphrase_file {
            Some(file) => read(file)?,
            None => ask("Passphrase: ")?,
        };
        Ok(Held::Passphrase(passphrase))
    }

    /// The key file that is named, or the server's own.
    pub(crate) fn keys(&self, server: &Path) -> Result<Held, Problem> {
        let master = match (&self.key_file, keyfile::load(self.key_file.as_deref().unwrap_or(server))) {
            (None, Err(KeyFileError::Missing(path))) => {
                return Err(Problem::new(format!(
                    "the server's key file opens this, and there is none at {}: put your copy there, or name it by \
                     --key-file",
                    path.display()
                )));
            }
            (_, loaded) => loaded?,
        };
        Ok(Held::Keys(Box::new(Keys::from_master(&master)?)))
    }
}

fn ask(prompt: &str) -> Result<Secret, Problem> {
    let terminal = console::Term::stderr();
    if !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(Problem::new(
            "the passphrase can be asked for on a terminal only: give it by --passphrase-file FILE",
        ));
    }
    terminal.write_str(prompt)?;
    Ok(Secret::new(terminal.read_secure_line()?))
}

fn read(file: &Path) -> Result<Secret, Problem> {
    let failed = |error| Problem::new(format!("the passphrase cannot be read from {}: {error}", file.display()));
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
    let text = Secret::new(text);
    read.map_err(failed)?;
    let line = text.expose().lines().next().unwrap_or_default();
    if line.is_empty() || text.expose().len() as u64 > LONGEST {
        return Err(Problem::new(format!(
            "{} must hold the passphrase in its first line, and at most {LONGEST} bytes",
            file.display()
        )));
    }
    Ok(Secret::new(line))
}
