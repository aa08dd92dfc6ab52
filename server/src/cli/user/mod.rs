//! `countersign user`: accounts of people.

mod export;
mod format;
mod import;
mod show;

use std::path::PathBuf;

use countersign_domain::base::{Code, Ctx, Email, Phone, Target};
use countersign_domain::user::{self, User};

use super::Global;
use super::open::{Store, block_on};
use super::out::{Done, Problem};
use super::project::said;

/// What to do with users.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// List users, the first made first; numbers and addresses are masked
    #[command(after_help = "Examples:\n  countersign user list --project shop --search anna\n  \
                            countersign user list --project shop --limit 100 --after 67409f5f002ab0f3c4d1")]
    List {
        /// The project
        #[arg(long)]
        project: String,
        /// Only those who have each of these words in their id, name, e-mail address or number
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(i64).range(1..=5_000))]
        limit: i64,
        /// Only those behind the user with this id
        #[arg(long, value_name = "ID")]
        after: Option<String>,
    },
    /// Show a user: what he has, his second factors, sessions and last events
    #[command(after_help = "Example:\n  countersign user show --project shop anna@example.com")]
    Show(Who),
    /// Switch a user off at once: he cannot sign in, and his sessions answer that he is blocked
    #[command(after_help = "Example:\n  countersign user block --project shop 67409f5f002ab0f3c4d1")]
    Block(Who),
    /// Let a blocked user in again
    #[command(after_help = "Example:\n  countersign user unblock --project shop 67409f5f002ab0f3c4d1")]
    Unblock(Who),
    /// Remove a user for good, with his sessions and second factors
    #[command(after_help = "Example:\n  countersign user delete --project shop 67409f5f002ab0f3c4d1 --yes")]
    Delete {
        #[command(flatten)]
        who: Who,
        /// Do it
        #[arg(long)]
        yes: bool,
    },
    /// Take users over from another system, with their passwords. It can be run again: who is there stays as he is
    #[command(
        after_help = "Examples:\n  countersign user import --project shop --from auth0 export.ndjson --dry-run\n  \
                            countersign user import --project shop --from firebase users.json \
                            --firebase-hash-config hash.txt --errors refused.ndjson\n\n\
                            The exit code is 0 if all went in, 1 if some were refused. docs/import.md says what is taken \
                            from each system."
    )]
    Import(import::Args),
    /// Write all users with everything that `import` can restore on another server
    #[command(after_help = "Example:\n  countersign user export --project shop --out users.ndjson\n\n\
                            The file holds hashes of passwords and the secrets of authenticator apps in the clear: \
                            keep it like a key file, and remove it when it is of no use any more.")]
    Export {
        /// The project
        #[arg(long)]
        project: String,
        /// The file to write, or - for standard output
        #[arg(long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
    },
}

/// One user.
#[derive(clap::Args, Debug)]
pub(crate) struct Who {
    /// The project
    #[arg(long)]
    project: String,
    /// The user's id, e-mail address or number
    user: String,
}

pub(super) fn run(global: &Global, command: Command) -> Done {
    block_on(async {
        match command {
            Command::List { project, search, limit, after } => show::list(global, &project, search, limit, after).await,
            Command::Show(who) => show::show(global, &who).await,
            Command::Block(who) => show::set_blocked(global, &who, true).await,
            Command::Unblock(who) => show::set_blocked(global, &who, false).await,
            Command::Delete { who, yes } => show::delete(global, &who, yes).await,
            Command::Import(args) => import::run(global, args).await,
            Command::Export { project, out } => export::run(global, &project, &out).await,
        }
    })
}

/// The user whom the operator means.
async fn find(store: &Store, ctx: &Ctx, who: &Who) -> Result<User, Problem> {
    super::project::get(store, &who.project).await?;
    let (project, text) = (ctx.project.clone(), who.user.clone());
    let found = store.db.read(move |tx| {
        // PostgreSQL would not even take some of what is no id.
        if countersign_domain::base::id::is_valid(&text)
            && let Some(user) = user::find(tx, &project, &text)?
        {
            return Ok(Some(user));
        }
        let target = match (Email::parse(&text), Phone::parse(&text, None)) {
            (Ok(email), _) => Target::Email(email),
            (_, Ok(phone)) => Target::Phone(phone),
            _ => return Ok(None),
        };
        user::find_by(tx, &project, &target)
    });
    found.await.map_err(|error| said(&error, &who.project))?.ok_or_else(|| nobody(who))
}

fn nobody(who: &Who) -> Problem {
    Problem::new(format!(
        "project {0} has no user {1:?}: `countersign user list --project {0} --search …` finds them",
        who.project, who.user
    ))
}

/// What went wrong, in words for people.
fn failed(error: &countersign_domain::base::Error, who: &Who) -> Problem {
    if error.code == Code::UserNotFound { nobody(who) } else { said(error, &who.project) }
}
