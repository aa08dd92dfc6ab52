//! `countersign admin`: the people of the console.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use countersign_domain::admin;
use countersign_domain::base::Secret;
use data_encoding::BASE32_NOPAD;
use serde_json::json;

use super::Global;
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::project::said;

/// The shortest password in characters: whoever has it may do anything.
const SHORTEST: usize = 12;
/// The longest in bytes.
const LONGEST: u64 = 1_024;

/// What to do with administrators.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Make an administrator; the password comes from standard input
    #[command(after_help = "Examples:\n  countersign admin create ada@example.com --generate\n  \
                            countersign admin create ada@example.com < password.txt")]
    Create(Args),
    /// Give an administrator another password
    #[command(after_help = "Example:\n  countersign admin password ada@example.com --password-file password.txt")]
    Password(Args),
}

/// Who, and where the password is.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The administrator's e-mail address
    email: String,
    /// Read the password from this file instead of standard input
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    password_file: Option<PathBuf>,
    /// Make up a password and show it once
    #[arg(long)]
    generate: bool,
}

pub(super) fn run(global: &Global, command: &Command) -> Done {
    let (Command::Create(args) | Command::Password(args)) = command;
    let given = if args.generate { None } else { Some(read(args.password_file.as_deref())?) };
    block_on(async {
        let store = Store::open(global).await?;
        let ctx = store.ctx("");
        let password =
            given.unwrap_or_else(|| Secret::new(BASE32_NOPAD.encode(&ctx.random.bytes::<15>()).to_lowercase()));
        let hash = admin::hash_password(&ctx, &password)?;
        let email = args.email.clone();
        let exists = matches!(command, Command::Password(_));
        let put = store
            .db
            .write(move |tx| {
                let fits = admin::exists(tx, &email)? == exists;
                if fits { admin::put(tx, &ctx, &email, &hash).map(|()| true) } else { Ok(false) }
            })
            .await;
        if !put.map_err(|error| said(&error, ""))? {
            return Err(Problem::new(if exists {
                format!("there is no administrator {}: `countersign admin create` makes one", args.email)
            } else {
                format!("{} is an administrator already: `countersign admin password` changes the password", args.email)
            }));
        }
        if global.json {
            let mut document = json!({ "email": args.email.to_lowercase() });
            if args.generate {
                document["password"] = password.expose().into();
            }
            return out::json(&document);
        }
        let mut text = match command {
            Command::Create(_) => format!("{} is an administrator.", args.email),
            Command::Password(_) => format!("{} has a new password.", args.email),
        };
        if args.generate {
            text = format!("{text}\n\n  {}\n\nThis password is shown once: only a hash is kept.", password.expose());
        }
        out::text(&text)
    })
}

/// The password of the file or of standard input: its first line.
fn read(file: Option<&Path>) -> Result<Secret, Problem> {
    let mut text = String::new();
    let done = match file {
        Some(path) => std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)),
        None if std::io::stdin().is_terminal() => {
            return Err(Problem::new(
                "a password typed here could be read over your shoulder: pipe it in, or use --password-file or \
                 --generate",
            ));
        }
        None => std::io::stdin().take(LONGEST + 1).read_to_string(&mut text),
    };
    let text = Secret::new(text);
    done.map_err(|error| {
        let name = file.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
        Problem::new(format!("the password cannot be read from {name}: {error}"))
    })?;
    if text.expose().len() as u64 > LONGEST {
        return Err(Problem::new(format!("the password must have at most {LONGEST} bytes")));
    }
    let password = text.expose().lines().next().unwrap_or_default();
    if password.chars().count() < SHORTEST {
        return Err(Problem::new(format!("the password must have at least {SHORTEST} characters")));
    }
    Ok(Secret::new(password))
}
