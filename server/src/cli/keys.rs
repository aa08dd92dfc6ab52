//! `countersign keys`: the keys of tokens, and what else is sealed with the key file.

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock as _, Ctx, Time};
use countersign_domain::db::{Db, Options};
use countersign_domain::token::{self, Algorithm, KeyInfo, Material, State};
use countersign_domain::{project, signin};
use serde_json::{Value as Json, json};
use std::sync::Arc;

use super::Global;
use super::open::{Store, block_on, up_to_date};
use super::out::{self, Done, Problem};
use super::project::{get, or_dash, said, table};
use crate::keyfile;

/// What to do with keys.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Give up what only a lost key file could open, and go on with a new one
    #[command(after_help = "Example:\n  countersign keys reset --yes")]
    Reset {
        /// Do it
        #[arg(long)]
        yes: bool,
    },
    /// Sign a project's tokens with a new key; what the old one signed counts until it expires
    #[command(after_help = "Examples:\n  countersign keys rotate --project shop\n  countersign keys rotate --all\n  \
                            countersign keys rotate --project shop --at-once\n\nServers may run meanwhile.")]
    Rotate {
        #[command(flatten)]
        whose: Whose,
        /// Somebody else may have the old key: end it now, with every token that it signed
        #[arg(long)]
        at_once: bool,
    },
    /// List the keys that sign and verify tokens
    #[command(after_help = "Example:\n  countersign keys list --project shop")]
    List {
        /// The project [default: all]
        #[arg(long, value_name = "ID")]
        project: Option<String>,
    },
}

/// Which projects a rotation is about.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Whose {
    /// The project
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Every project
    #[arg(long)]
    all: bool,
}

pub(super) fn run(global: &Global, command: &Command) -> Done {
    match command {
        Command::Reset { yes } => reset(global, *yes),
        Command::Rotate { whose, at_once } => block_on(rotate(global, whose.project.as_deref(), *at_once)),
        Command::List { project } => block_on(list(global, project.as_deref())),
    }
}

async fn rotate(global: &Global, only: Option<&str>, at_once: bool) -> Done {
    let store = Store::open(global).await?;
    let mut turned = Vec::new();
    for project in named(&store, only).await? {
        let ctx = store.ctx(&project);
        let now = ctx.now;
        let rsa = rsa_for(&store, &ctx).await.map_err(|error| said(&error, &project))?;
        // One transaction for each: what was done stays done when a later one fails.
        let done = store.db.write(move |tx| signin::keys::rotate(tx, &ctx, at_once, rsa.as_deref())).await;
        let (keys, new) = done.map_err(|error| said(&error, &project))?;
        turned.push((project, keys.list(now), new));
    }
    if global.json {
        let projects: Vec<_> = turned
            .iter()
            .map(|(id, keys, new)| json!({ "project": id, "rotated": new, "keys": as_json(keys) }))
            .collect();
        return out::json(&projects);
    }
    if turned.is_empty() {
        return out::text("There is no project yet.");
    }
    for (project, keys, new) in &turned {
        for algorithm in Algorithm::ALL {
            let keys: Vec<_> = keys.iter().filter(|key| key.algorithm == algorithm).collect();
            if !keys.is_empty() {
                out::text(&told(project, &keys, *new, at_once))?;
            }
        }
    }
    Ok(())
}

/// Another key for RS256, where the project has one. It is made before the transaction, because that takes long.
async fn rsa_for(store: &Store, ctx: &Ctx) -> countersign_domain::base::Result<Option<Arc<Material>>> {
    let keys = {
        let ctx = ctx.clone();
        store.db.read(move |tx| token::list_keys(tx, &ctx)).await?
    };
    if keys.has(Algorithm::Rs256) { Ok(Some(Arc::new(Material::make(Algorithm::Rs256)?))) } else { Ok(None) }
}

/// What came of a rotation, in words.
fn told(project: &str, keys: &[&KeyInfo], new: bool, at_once: bool) -> String {
    let kid = keys.first().map(|key| format!("{} {}", key.algorithm.name(), key.kid)).unwrap_or_default();
    match keys.first().map(|key| key.state) {
        Some(State::Published(at)) if new => {
            let until = keys.get(1).and_then(|key| key.until).map(Time::to_rfc3339).unwrap_or_default();
            format!(
                "{project}: key {kid} is published and signs from {at} on. What the old one signs counts until it \
                 expires; it is removed at {until}."
            )
        }
        Some(State::Published(at)) => {
            format!("{project}: nothing to do, key {kid} is published already and signs from {at} on.")
        }
        _ if !at_once => format!("{project}: nothing to do, key {kid} signs."),
        _ => format!("{project}: key {kid} signs now. The old ones are gone; every token that they signed is refused."),
    }
}

async fn list(global: &Global, only: Option<&str>) -> Done {
    let store = Store::open(global).await?;
    let mut listed = Vec::new();
    for project in named(&store, only).await? {
        let ctx = store.ctx(&project);
        let now = ctx.now;
        let found = store.db.read(move |tx| token::list_keys(tx, &ctx)).await;
        listed.push((project.clone(), found.map_err(|error| said(&error, &project))?.list(now)));
    }
    if global.json {
        let projects: Vec<_> =
            listed.iter().map(|(id, keys)| json!({ "project": id, "keys": as_json(keys) })).collect();
        return out::json(&projects);
    }
    let mut rows = vec![["PROJECT", "KEY", "ALGORITHM", "STATE", "SINCE", "UNTIL"].map(str::to_owned).to_vec()];
    for (project, keys) in &listed {
        rows.extend(keys.iter().map(|key| {
            let state = match key.state {
                State::Published(at) => format!("published, signs from {at}"),
                state => state.name().to_owned(),
            };
            let until = key.until.map(Time::to_rfc3339).unwrap_or_default();
            vec![
                project.clone(),
                key.kid.clone(),
                key.algorithm.name().to_owned(),
                state,
                key.since.to_rfc3339(),
                or_dash(&until),
            ]
        }));
    }
    if rows.len() == 1 {
        return out::text("There is no key yet: a server makes a project's first one when it reads the project.");
    }
    out::text(&table(&rows))
}

/// The ids of all projects, or of the one that is named.
async fn named(store: &Store, only: Option<&str>) -> Result<Vec<String>, Problem> {
    if let Some(id) = only {
        get(store, id).await?;
        return Ok(vec![id.to_owned()]);
    }
    let keys = store.keys();
    let projects = store.db.read(move |tx| project::list(tx, &keys)).await.map_err(|error| said(&error, ""))?;
    Ok(projects.into_iter().map(|project| project.id).collect())
}

fn as_json(keys: &[KeyInfo]) -> Json {
    keys.iter()
        .map(|key| {
            let signs_at = if let State::Published(at) = key.state { Some(at.to_rfc3339()) } else { None };
            json!({
                "kid": key.kid,
                "algorithm": key.algorithm.name(),
                "state": key.state.name(),
                "since": key.since.to_rfc3339(),
                "signsAt": signs_at,
                "until": key.until.map(Time::to_rfc3339),
            })
        })
        .collect()
}

fn reset(global: &Global, yes: bool) -> Done {
    if !yes {
        return Err(Problem::new(
            "this gives up what only the lost key file could open: the credentials of SMS and e-mail providers (set \
             them again), the secrets of webhooks (they are switched off), codes on their way, all JWTs, and the users' \
             passwords and second factors. Accounts, sessions and API keys stay. The audit trail is chained anew. Stop the server first, then add --yes",
        ));
    }
    let config = global.load(None)?;
    block_on(async {
        let clock = SystemClock::default();
        let random = Arc::new(SystemRandom::new());
        let db = Db::open(&Options { connections: 1, ..Options::new(config.database.expose()) })?;
        up_to_date(&db, clock.now()).await?;
        let master = keyfile::load_or_create(&config.key_file, &*random)?;
        let ctx = Ctx::system(clock.now(), random, Arc::new(Keys::from_master(&master)?), Arc::from(""));
        let opens = db.read({
            let keys = Arc::clone(&ctx.keys);
            move |tx| Ok(project::count(tx)? > 0 && project::list(tx, &keys).is_ok())
        });
        if opens.await? {
            return Err(Problem::new("this key file opens the database: nothing is lost, and nothing was changed"));
        }
        let projects = db.write(move |tx| signin::forget_sealed(tx, &ctx)).await?;
        if global.json {
            return out::json(&json!({ "projects": projects }));
        }
        out::text(&match projects.as_slice() {
            [] => "There was nothing to give up.".to_owned(),
            ids => format!("Set the SMS and e-mail providers of these projects again: {}.", ids.join(", ")),
        })
    })
}
