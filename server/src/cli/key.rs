//! `countersign key`: API keys of a customer's own servers.

use clap::builder::PossibleValuesParser;
use countersign_domain::base::time::{DAY, HOUR};
use countersign_domain::base::{Code, Time};
use countersign_domain::project::{self, Key, NewKey, SCOPES};
use serde_json::{Value as Json, json};

use super::Global;
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::project::{get, or_dash, said, table};

/// What to do with API keys.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Make a key; its secret is shown once
    #[command(after_help = "Example:\n  countersign key create --project shop --name backend --scope \
                      users.read,users.write --expires 90d")]
    Create {
        /// The project
        #[arg(long)]
        project: String,
        /// What you call it
        #[arg(long)]
        name: String,
        /// What it may do, separated by commas; may be given several times
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',',
              value_parser = PossibleValuesParser::new(SCOPES))]
        scopes: Vec<String>,
        /// From when on it is refused: 2027-01-31, 2027-01-31T12:00:00Z, 90d or 12h [default: never]
        #[arg(long, value_name = "TIME", value_parser = expiry)]
        expires: Option<Expiry>,
    },
    /// List the keys of a project
    #[command(after_help = "Example:\n  countersign key list --project shop")]
    List {
        /// The project
        #[arg(long)]
        project: String,
    },
    /// Revoke a key at once
    #[command(
        after_help = "Example:\n  countersign key revoke --project shop 0198c0de-0000-7000-8000-000000000000\n\n\
                      `countersign key list --project shop` says the ids."
    )]
    Revoke {
        /// The project
        #[arg(long)]
        project: String,
        /// The key's id, not its secret
        id: String,
    },
}

/// When a key ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expiry {
    /// At this instant.
    At(Time),
    /// So many microseconds from now.
    In(i64),
}

impl Expiry {
    /// The instant that it names, seen from `now`.
    pub(super) fn after(self, now: Time) -> Time {
        match self {
            Self::At(at) => at,
            Self::In(micros) => now.plus_micros(micros),
        }
    }
}

pub(super) fn expiry(text: &str) -> Result<Expiry, String> {
    let unit = [('d', DAY), ('h', HOUR)].into_iter().find(|(letter, _)| text.ends_with(*letter));
    if let Some((letter, micros)) = unit {
        let count = text.trim_end_matches(letter).parse::<i64>().ok().filter(|n| (1..=100_000).contains(n));
        return count.map(|n| Expiry::In(n * micros)).ok_or_else(|| format!("{text:?} is not a time such as 90d"));
    }
    let at = Time::parse_rfc3339(text).or_else(|| Time::parse_rfc3339(&format!("{text}T00:00:00Z")));
    at.map(Expiry::At).ok_or_else(|| "write 2027-01-31, 2027-01-31T12:00:00Z, 90d or 12h".to_owned())
}

pub(super) fn run(global: &Global, command: Command) -> Done {
    block_on(async {
        match command {
            Command::Create { project, name, scopes, expires } => create(global, project, name, scopes, expires).await,
            Command::List { project } => list(global, project).await,
            Command::Revoke { project, id } => revoke(global, project, id).await,
        }
    })
}

async fn create(global: &Global, project: String, name: String, scopes: Vec<String>, expires: Option<Expiry>) -> Done {
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(&project), project.clone());
    let expires_at = expires.map(|expires| expires.after(ctx.now));
    if let Some(at) = expires_at.filter(|at| *at <= ctx.now) {
        return Err(Problem::new(format!("--expires: {at} is in the past; the key would be refused from the start")));
    }
    let new = NewKey { name, scopes, expires_at, secret: None };
    let made = store.db.write(move |tx| project::create_key(tx, &ctx, &wanted, &new)).await;
    let (key, secret) = made.map_err(|error| said(&error, &project))?;
    if global.json {
        let mut document = document(&key);
        document["secret"] = secret.expose().into();
        return out::json(&document);
    }
    out::text(&format!(
        "Key {} for project {project}\n  id       {}\n  scopes   {}\n  expires  {}\n\n{}\n\n\
         This secret is shown once: only a hash of it is kept, so store it now.\n\
         Your server sends it in the header X-Appwrite-Key, beside X-Appwrite-Project: {project}.",
        key.name,
        key.id,
        key.scopes.join(", "),
        key.expires_at.map_or_else(|| "never".to_owned(), Time::to_rfc3339),
        secret.expose(),
    ))
}

async fn list(global: &Global, project: String) -> Done {
    let store = Store::open(global).await?;
    get(&store, &project).await?;
    let wanted = project.clone();
    let listed = store.db.read(move |tx| project::list_keys(tx, &wanted)).await;
    let keys = listed.map_err(|error| said(&error, &project))?;
    if global.json {
        return out::json(&keys.iter().map(document).collect::<Vec<_>>());
    }
    if keys.is_empty() {
        return out::text(&format!("Project {project} has no key: `countersign key create` makes one."));
    }
    let now = store.ctx(&project).now;
    let mut rows = vec![["ID", "NAME", "EXPIRES", "LAST USED", "SCOPES"].map(str::to_owned).to_vec()];
    rows.extend(keys.iter().map(|key| {
        let expires = match key.expires_at {
            None => "never".to_owned(),
            Some(at) if at <= now => format!("{} (over)", day(at)),
            Some(at) => day(at),
        };
        let used = key.accessed_at.map_or_else(|| "never".to_owned(), day);
        vec![key.id.clone(), key.name.clone(), expires, used, or_dash(&key.scopes.join(", "))]
    }));
    out::text(&table(&rows))
}

async fn revoke(global: &Global, project: String, id: String) -> Done {
    let store = Store::open(global).await?;
    get(&store, &project).await?;
    let (ctx, wanted, gone) = (store.ctx(&project), project.clone(), id.clone());
    let revoked = store.db.write(move |tx| project::delete_key(tx, &ctx, &wanted, &gone)).await;
    revoked.map_err(|error| match error.code {
        Code::KeyNotFound => Problem::new(format!(
            "project {project} has no key {id:?}: `countersign key list --project {project}` lists their ids"
        )),
        _ => said(&error, &project),
    })?;
    if global.json {
        return out::json(&json!({ "revoked": id }));
    }
    out::text(&format!("Key {id} of project {project} is revoked: it is refused from now on."))
}

/// The day of an instant.
pub(super) fn day(time: Time) -> String {
    time.to_rfc3339().chars().take(10).collect()
}

fn document(key: &Key) -> Json {
    json!({
        "id": key.id,
        "project": key.project_id,
        "name": key.name,
        "scopes": key.scopes,
        "expiresAt": key.expires_at.map(Time::to_rfc3339),
        "accessedAt": key.accessed_at.map(Time::to_rfc3339),
        "createdAt": key.created_at.to_rfc3339(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_day_an_instant_or_a_span() {
        assert_eq!(expiry("90d"), Ok(Expiry::In(90 * DAY)));
        assert_eq!(expiry("12h"), Ok(Expiry::In(12 * HOUR)));
        let midnight = Time::parse_rfc3339("2027-01-31T00:00:00Z").unwrap();
        assert_eq!(expiry("2027-01-31"), Ok(Expiry::At(midnight)));
        assert_eq!(expiry("2027-01-31T01:00:00+01:00"), Ok(Expiry::At(midnight)));
        for bad in ["", "d", "0d", "-3d", "9999999d", "tomorrow", "2027-02-30", "2027-01-31T12:00"] {
            assert!(expiry(bad).is_err(), "{bad}");
        }
    }
}
