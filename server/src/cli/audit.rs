//! `countersign audit`: the audit trail.

use countersign_domain::audit::{self, Chain, Head};
use countersign_domain::base::{Code, Time};
use countersign_domain::project;
use serde_json::{Value as Json, json};

use super::Global;
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::project::{counted_as, said};

/// What to do about the audit trail.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Check that no event was altered, removed or inserted: exit code 1 if one was. The server may run meanwhile
    #[command(after_help = "Examples:\n  countersign audit verify\n  \
                            countersign audit verify --project shop --expect 1207:5f0c…\n\n\
                            Note the heads it prints where nobody who gets at the database can change them. Only with \
                            --expect does it see that the newest events were removed together with every trace of them.")]
    Verify {
        /// Only this project's events [default: those of all]
        #[arg(long, value_name = "ID")]
        project: Option<String>,
        /// A head of that project that was noted earlier, which must still be in the chain
        #[arg(long, value_name = "SEQ:HASH", requires = "project")]
        expect: Option<Head>,
    },
}

pub(super) fn run(global: &Global, command: &Command) -> Done {
    let Command::Verify { project, expect } = command;
    block_on(async {
        let chains = verify(global, project.as_deref(), expect.as_ref()).await?;
        let broken = chains.iter().filter(|chain| chain.fault.is_some()).count();
        if global.json {
            let chains: Vec<_> = chains.iter().map(as_json).collect();
            out::json(&json!({ "broken": broken, "chains": chains }))?;
        } else if chains.is_empty() {
            out::text("There are no events yet.")?;
        } else {
            chains.iter().try_for_each(|chain| out::text(&as_text(chain)))?;
        }
        if broken > 0 {
            return Err(Problem::new(format!(
                "the audit trail of {} is broken. Keep a copy of the database as it is now; docs/audit.md says more",
                counted_as(broken as i64, "project")
            )));
        }
        Ok(())
    })
}

async fn verify(global: &Global, only: Option<&str>, expect: Option<&Head>) -> Result<Vec<Chain>, Problem> {
    let store = Store::open(global).await?;
    let (only, expect) = (only.map(str::to_owned), expect.cloned());
    let (ctx, asked) = (store.ctx(""), only.clone().unwrap_or_default());
    let chains = store.db.read(move |tx| {
        // With another key file nothing would fit: what else is sealed tells that apart from tampering.
        let known = project::list(tx, &ctx.keys)?;
        let mut projects = audit::list_projects(tx)?;
        if let Some(only) = &only {
            if !projects.contains(only) && !known.iter().any(|project| project.id == *only) {
                return Err(Code::ProjectNotFound.into());
            }
            projects = vec![only.clone()];
        }
        projects.iter().map(|id| audit::verify(tx, &ctx.keys, ctx.now, id, expect.as_ref())).collect()
    });
    chains.await.map_err(|error| said(&error, &asked))
}

fn as_text(chain: &Chain) -> String {
    let Chain { project, head, waiting, overdue_since, fault } = chain;
    let name = if project.is_empty() { "(no project)" } else { project };
    let found = match (fault, head.seq) {
        (Some(fault), 0) => format!("BROKEN: {fault}"),
        (Some(fault), _) => format!("BROKEN: {fault}; sound up to {head}"),
        (None, 0) => "no event is chained yet".to_owned(),
        (None, seq) => format!("{}, head {head}", counted_as(seq, "event")),
    };
    let warning = overdue_since.map(|since| {
        let waiting = counted_as(*waiting, "event");
        format!("\n  warning: {waiting} not chained, the oldest of {since}: does a server run, and is its log quiet?")
    });
    format!("{name}: {found}{}", warning.unwrap_or_default())
}

fn as_json(chain: &Chain) -> Json {
    let fault = chain.fault.as_ref().map(
        |fault| json!({ "seq": fault.seq, "event": fault.event, "what": fault.what.name(), "text": fault.to_string() }),
    );
    json!({
        "project": chain.project,
        "events": chain.head.seq,
        "head": (chain.head.seq > 0).then(|| chain.head.to_string()),
        "waiting": chain.waiting,
        "overdueSince": chain.overdue_since.map(Time::to_rfc3339),
        "fault": fault,
    })
}
