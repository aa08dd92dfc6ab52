//! `countersign db`: the schema.

use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock as _, Time};
use countersign_domain::db::{Db, Options};

use super::Global;
use super::open::block_on;
use super::out::{self, Done};

/// What to do with the schema.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Bring the schema up to date
    #[command(
        after_help = "Example:\n  countersign db migrate --database postgres://countersign@localhost/countersign"
    )]
    Migrate,
    /// Say which steps are applied
    #[command(after_help = "Example:\n  countersign db status --json")]
    Status,
}

pub(super) fn run(global: &Global, command: &Command) -> Done {
    let config = global.load(None)?;
    block_on(async {
        let db = Db::open(&Options { connections: 1, ..Options::new(config.database.expose()) })?;
        match command {
            Command::Migrate => {
                let applied = db.migrate(SystemClock::default().now()).await?;
                if global.json {
                    return out::json(&serde_json::json!({ "applied": applied }));
                }
                out::text(&match applied.as_slice() {
                    [] => "The schema is up to date.".to_owned(),
                    names => format!("Applied: {}.", names.join(", ")),
                })
            }
            Command::Status => {
                let steps = db.migration_status().await?;
                if global.json {
                    let steps: Vec<_> = steps
                        .iter()
                        .map(|s| {
                            let at = s.at.map(Time::to_rfc3339);
                            serde_json::json!({ "version": s.version, "name": s.name, "appliedAt": at })
                        })
                        .collect();
                    return out::json(&steps);
                }
                for step in steps {
                    let state = step.at.map_or("missing".to_owned(), |at| format!("applied {at}"));
                    out::text(&format!("{:04}  {:<20} {state}", step.version, step.name))?;
                }
                Ok(())
            }
        }
    })
}
