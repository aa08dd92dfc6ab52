//! `countersign webhook`: where a project's events go.

use std::fmt::Write as _;
use std::time::Duration;

use countersign_domain::base::{Code, Error, Result, Time};
use countersign_domain::webhook::{self, Change, Delivery, EVENTS, New, State, Wanted, Webhook};
use serde_json::{Value as Json, json};

use super::Global;
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::project::{counted_as, get, or_dash, said, table};

/// What to do with webhooks.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Make a webhook; its secret is shown once
    #[command(after_help = "Example:\n  countersign webhook create --project shop --name CRM \
                      --url https://crm.example.com/hooks --events 'user.*,session.create'\n\n\
                      `countersign webhook events` lists what can be told.")]
    Create {
        /// The project
        #[arg(long)]
        project: String,
        /// Where its events go
        #[arg(long)]
        url: String,
        /// What you call it [default: the address's host]
        #[arg(long)]
        name: Option<String>,
        /// What it wants to hear of, separated by commas: `*`, `user.*` or `user.create`
        #[arg(long, value_name = "EVENTS", value_delimiter = ',', default_value = "*")]
        events: Vec<String>,
    },
    /// List the webhooks of a project
    #[command(after_help = "Example:\n  countersign webhook list --project shop")]
    List {
        /// The project
        #[arg(long)]
        project: String,
    },
    /// Show a webhook; its secret is not shown
    #[command(after_help = "Example:\n  countersign webhook show --project shop 0198c0de-0000-7000-8000-000000000000")]
    Show(Which),
    /// Change a webhook, switch it off or on
    #[command(after_help = "Example:\n  countersign webhook update --project shop \
                      0198c0de-0000-7000-8000-000000000000 --events '*' --on\n\n\
                      What waits while it is off goes out when it is on again, for 30 days. What happens meanwhile is \
                      not told.")]
    Update {
        #[command(flatten)]
        which: Which,
        /// Another address
        #[arg(long)]
        url: Option<String>,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Other events
        #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
        events: Option<Vec<String>>,
        /// Switch it on
        #[arg(long, conflicts_with = "off")]
        on: bool,
        /// Switch it off
        #[arg(long)]
        off: bool,
    },
    /// Remove a webhook with its deliveries
    #[command(
        after_help = "Example:\n  countersign webhook delete --project shop 0198c0de-0000-7000-8000-000000000000"
    )]
    Delete(Which),
    /// Give a webhook another secret, shown once; for a while both sign
    #[command(after_help = "Examples:\n  countersign webhook rotate-secret --project shop \
                      0198c0de-0000-7000-8000-000000000000\n  countersign webhook rotate-secret --project shop \
                      0198c0de-0000-7000-8000-000000000000 --keep-hours 0\n\n\
                      With --keep-hours 0 the former secret ends at once: for one that leaked.")]
    RotateSecret {
        #[command(flatten)]
        which: Which,
        /// For how many hours what is sent is signed by the former secret as well
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=168))]
        keep_hours: i64,
    },
    /// Let the running server send a `webhook.ping`, and say what came of it
    #[command(
        after_help = "Example:\n  countersign webhook test --project shop 0198c0de-0000-7000-8000-000000000000\n\n\
                            The exit code is 0 only if the receiver took it."
    )]
    Test(Which),
    /// List what was, is or is to be sent, the newest first
    #[command(after_help = "Example:\n  countersign webhook deliveries --project shop --state dead")]
    Deliveries {
        /// The project
        #[arg(long)]
        project: String,
        /// Only this webhook's
        #[arg(long, value_name = "ID")]
        webhook: Option<String>,
        /// Only those in this state
        #[arg(long, value_parser = ["queued", "sending", "done", "dead"])]
        state: Option<String>,
        /// Only those made before the one with this id: the last of the page before
        #[arg(long, value_name = "ID")]
        before: Option<String>,
        /// How many
        #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(i64).range(1..=200))]
        limit: i64,
    },
    /// Send a delivery once more, or all that are dead
    #[command(
        after_help = "Examples:\n  countersign webhook replay --project shop 0198c0de-0000-7000-8000-000000000000\n  \
                            countersign webhook replay --project shop --all-dead\n\n\
                            It goes out with its old `webhook-id`, by which a receiver that has it already tells it."
    )]
    Replay {
        /// The project
        #[arg(long)]
        project: String,
        /// The delivery
        #[arg(required_unless_present = "all_dead", conflicts_with = "all_dead")]
        id: Option<String>,
        /// All that are dead
        #[arg(long)]
        all_dead: bool,
        /// … of this webhook only
        #[arg(long, value_name = "ID", requires = "all_dead")]
        webhook: Option<String>,
    },
    /// List the events that can be told
    #[command(after_help = "Example:\n  countersign webhook events")]
    Events,
}

/// A webhook of a project.
#[derive(clap::Args, Debug)]
pub(crate) struct Which {
    /// The project
    #[arg(long)]
    project: String,
    /// The webhook's id: `countersign webhook list` says it
    id: String,
}

/// How long `test` waits for a server to make the call.
const PATIENCE: Duration = Duration::from_secs(25);
/// How often it looks.
const PAUSE: Duration = Duration::from_millis(100);
/// Dead deliveries that are put back in one transaction.
const PAGE: i64 = 200;

pub(super) fn run(global: &Global, command: Command) -> Done {
    block_on(async {
        match command {
            Command::Create { project, url, name, events } => create(global, project, url, name, events).await,
            Command::List { project } => list(global, project).await,
            Command::Show(which) => show(global, which).await,
            Command::Update { which, url, name, events, on, off } => {
                let enabled = (on || off).then_some(on);
                update(global, which, Change { name, url, events, enabled }).await
            }
            Command::Delete(which) => delete(global, which).await,
            Command::RotateSecret { which, keep_hours } => rotate(global, which, keep_hours).await,
            Command::Test(which) => test(global, which).await,
            Command::Deliveries { project, webhook, state, before, limit } => {
                let state = state.and_then(|name| State::ALL.into_iter().find(|state| state.name() == name));
                deliveries(global, project, Wanted { webhook, state, before, limit }).await
            }
            Command::Replay { project, id: Some(id), .. } => replay(global, project, id).await,
            Command::Replay { project, webhook, .. } => replay_dead(global, project, webhook).await,
            Command::Events => events(global),
        }
    })
}

/// What went wrong in words for people.
fn wrong(error: &Error, project: &str) -> Problem {
    match &error.code {
        Code::WebhookNotFound => Problem::new(format!(
            "project {project} has no such webhook: `countersign webhook list --project {project}` lists their ids"
        )),
        Code::DeliveryNotFound => Problem::new(format!(
            "project {project} has no such delivery: `countersign webhook deliveries --project {project}` lists their ids"
        )),
        _ => said(error, project),
    }
}

async fn create(global: &Global, project: String, url: String, name: Option<String>, events: Vec<String>) -> Done {
    let (store, reach) = (Store::open(global).await?, global.load(None)?.reach());
    let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', ':']).next()).unwrap_or_default();
    let name = name.unwrap_or_else(|| if host.is_empty() { "webhook".to_owned() } else { host.to_owned() });
    let (ctx, new) = (store.ctx(&project), New { name, url, events });
    let made = store.db.write(move |tx| webhook::create(tx, &ctx, reach, &new)).await;
    let (webhook, secret) = made.map_err(|error| wrong(&error, &project))?;
    if global.json {
        let mut document = document(&webhook);
        document["secret"] = secret.expose().into();
        return out::json(&document);
    }
    out::text(&format!(
        "{}\n\n{}\n\nThis secret is shown once: store it now. Whoever receives the events checks their signatures with it\n\
         (Standard Webhooks). `countersign webhook test --project {project} {}` tries it.",
        lines(&webhook),
        secret.expose(),
        webhook.id,
    ))
}

async fn list(global: &Global, project: String) -> Done {
    let store = Store::open(global).await?;
    get(&store, &project).await?;
    let wanted = project.clone();
    let listed = store.db.read(move |tx| webhook::list(tx, &wanted)).await;
    let webhooks = listed.map_err(|error| wrong(&error, &project))?;
    if global.json {
        return out::json(&webhooks.iter().map(document).collect::<Vec<_>>());
    }
    if webhooks.is_empty() {
        return out::text(&format!("Project {project} has no webhook: `countersign webhook create` makes one."));
    }
    let mut rows = vec![["ID", "NAME", "STATE", "EVENTS", "URL"].map(str::to_owned).to_vec()];
    rows.extend(webhooks.iter().map(|webhook| {
        let state = if webhook.enabled { "on" } else { "off" };
        let events = webhook.events.join(",");
        vec![webhook.id.clone(), webhook.name.clone(), state.to_owned(), events, webhook.url.clone()]
    }));
    out::text(&table(&rows))
}

async fn show(global: &Global, which: Which) -> Done {
    let store = Store::open(global).await?;
    let Which { project, id } = which;
    get(&store, &project).await?;
    let wanted = project.clone();
    let found = store.db.read(move |tx| {
        let webhook = webhook::get(tx, &wanted, &id)?;
        let (queued, dead) = (webhook::count_queued(tx, &id, 10_000)?, webhook::count_dead(tx, &id)?);
        Ok((webhook, queued, dead))
    });
    let (webhook, queued, dead) = found.await.map_err(|error| wrong(&error, &project))?;
    if global.json {
        let mut document = document(&webhook);
        document["queued"] = queued.into();
        document["dead"] = dead.into();
        return out::json(&document);
    }
    out::text(&format!("{}\n  queued   {queued}\n  dead     {dead}", lines(&webhook)))
}

async fn update(global: &Global, which: Which, change: Change) -> Done {
    let (store, reach) = (Store::open(global).await?, global.load(None)?.reach());
    let Which { project, id } = which;
    get(&store, &project).await?;
    let ctx = store.ctx(&project);
    let changed = store.db.write(move |tx| webhook::update(tx, &ctx, reach, &id, &change)).await;
    let webhook = changed.map_err(|error| wrong(&error, &project))?;
    if global.json { out::json(&document(&webhook)) } else { out::text(&lines(&webhook)) }
}

async fn delete(global: &Global, which: Which) -> Done {
    let store = Store::open(global).await?;
    let Which { project, id } = which;
    get(&store, &project).await?;
    let (ctx, gone) = (store.ctx(&project), id.clone());
    let deleted = store.db.write(move |tx| webhook::delete(tx, &ctx, &gone)).await;
    deleted.map_err(|error| wrong(&error, &project))?;
    if global.json {
        return out::json(&json!({ "deleted": id }));
    }
    out::text(&format!("Webhook {id} of project {project} is removed with its deliveries."))
}

async fn rotate(global: &Global, which: Which, keep_hours: i64) -> Done {
    let store = Store::open(global).await?;
    let Which { project, id } = which;
    get(&store, &project).await?;
    let ctx = store.ctx(&project);
    let rotated = store.db.write(move |tx| webhook::rotate(tx, &ctx, &id, keep_hours * 3_600)).await;
    let (webhook, secret) = rotated.map_err(|error| wrong(&error, &project))?;
    if global.json {
        let mut document = document(&webhook);
        document["secret"] = secret.expose().into();
        return out::json(&document);
    }
    let former = webhook.previous_until.map_or_else(
        || "The former one signs nothing more.".to_owned(),
        |until| format!("Until {until} what is sent is signed by the former one as well."),
    );
    out::text(&format!("{}\n\nThis secret is shown once: store it now. {former}", secret.expose()))
}

async fn test(global: &Global, which: Which) -> Done {
    let store = Store::open(global).await?;
    let Which { project, id } = which;
    get(&store, &project).await?;
    let ctx = store.ctx(&project);
    let pinged = store.db.write(move |tx| webhook::ping(tx, &ctx, &id)).await;
    let ping = pinged.map_err(|error| wrong(&error, &project))?;
    let delivery = settled(&store, &project, &ping).await?;
    let last = delivery.tries.last();
    let (status, reason) = last.map_or((None, ""), |last| (last.status, last.reason.as_str()));
    if global.json {
        out::json(&json!({ "delivery": ping, "state": delivery.state.name(), "status": status, "reason": reason }))?;
    }
    if delivery.state != State::Done {
        let said = match status {
            Some(410) => "it answered 410, so the webhook was switched off".to_owned(),
            _ => or_dash(reason),
        };
        return Err(Problem::new(format!("the receiver did not take the ping: {said}")));
    }
    if global.json {
        return Ok(());
    }
    out::text(&format!("The receiver took the ping: HTTP {}.", status.unwrap_or_default()))
}

/// The delivery once a server has made the call.
async fn settled(store: &Store, project: &str, id: &str) -> Result<Delivery, Problem> {
    let looks = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..looks {
        let (project, id) = (project.to_owned(), id.to_owned());
        let delivery = store.db.read(move |tx| webhook::get_delivery(tx, &project, &id)).await?;
        if delivery.settled_at.is_some() {
            return Ok(delivery);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Problem::new(format!(
        "no server made the call within {} seconds: is `countersign serve` running on this database? It will go out when \
         one does",
        PATIENCE.as_secs()
    )))
}

async fn deliveries(global: &Global, project: String, wanted: Wanted) -> Done {
    let store = Store::open(global).await?;
    get(&store, &project).await?;
    let asked = project.clone();
    let listed = store.db.read(move |tx| webhook::list_deliveries(tx, &asked, &wanted)).await;
    let deliveries = listed.map_err(|error| wrong(&error, &project))?;
    if global.json {
        return out::json(&deliveries.iter().map(delivery_document).collect::<Vec<_>>());
    }
    if deliveries.is_empty() {
        return out::text("There are none.");
    }
    let mut rows = vec![["ID", "MADE", "EVENT", "STATE", "CALLS", "LAST"].map(str::to_owned).to_vec()];
    rows.extend(deliveries.iter().map(|delivery| {
        let last = delivery.tries.last().map_or_else(String::new, |last| match last.status {
            Some(status) => format!("HTTP {status}"),
            None if last.reason.is_empty() => last.outcome.clone(),
            None => last.reason.clone(),
        });
        let made: String = delivery.created_at.to_rfc3339().chars().take(19).collect();
        let (event, state) = (delivery.event.clone(), delivery.state.name().to_owned());
        vec![delivery.id.clone(), made, event, state, delivery.tries.len().to_string(), or_dash(&last)]
    }));
    out::text(&table(&rows))
}

async fn replay(global: &Global, project: String, id: String) -> Done {
    let store = Store::open(global).await?;
    get(&store, &project).await?;
    let ctx = store.ctx(&project);
    let replayed = store.db.write(move |tx| webhook::replay(tx, &ctx, &id)).await;
    let delivery = replayed.map_err(|error| wrong(&error, &project))?;
    if global.json {
        return out::json(&delivery_document(&delivery));
    }
    out::text(&format!("Delivery {} is {}.", delivery.id, delivery.state.name()))
}

async fn replay_dead(global: &Global, project: String, only: Option<String>) -> Done {
    let store = Store::open(global).await?;
    get(&store, &project).await?;
    let wanted = project.clone();
    let listed = store.db.read(move |tx| match &only {
        Some(id) => Ok(vec![webhook::get(tx, &wanted, id)?]),
        None => webhook::list(tx, &wanted),
    });
    let mut count = 0;
    for webhook in listed.await.map_err(|error| wrong(&error, &project))? {
        loop {
            let (ctx, id) = (store.ctx(&project), webhook.id.clone());
            let replayed = store.db.write(move |tx| webhook::replay_dead(tx, &ctx, &id, PAGE)).await;
            match replayed.map_err(|error| wrong(&error, &project))? {
                0 => break,
                more => count += more,
            }
        }
    }
    if global.json {
        return out::json(&json!({ "replayed": count }));
    }
    out::text(&format!("{} will be sent once more.", counted_as(count as i64, "event")))
}

fn events(global: &Global) -> Done {
    if global.json { out::json(&EVENTS) } else { out::text(&EVENTS.join("\n")) }
}

fn lines(webhook: &Webhook) -> String {
    let state = if webhook.enabled { "on".to_owned() } else { format!("off: {}", webhook.off_reason) };
    let mut text = format!(
        "Webhook {} of project {}\n  id       {}\n  url      {}\n  events   {}\n  state    {state}",
        webhook.name,
        webhook.project,
        webhook.id,
        webhook.url,
        webhook.events.join(", "),
    );
    if let Some(since) = webhook.failing_since {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  failing  since {since}");
    }
    text
}

fn document(webhook: &Webhook) -> Json {
    json!({
        "id": webhook.id,
        "project": webhook.project,
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "enabled": webhook.enabled,
        "offReason": webhook.off_reason,
        "previousSecretUntil": webhook.previous_until.map(Time::to_rfc3339),
        "failingSince": webhook.failing_since.map(Time::to_rfc3339),
        "createdAt": webhook.created_at.to_rfc3339(),
        "updatedAt": webhook.updated_at.to_rfc3339(),
    })
}

fn delivery_document(delivery: &Delivery) -> Json {
    let tries: Vec<_> = delivery
        .tries
        .iter()
        .map(|t| {
            json!({
                "at": Time::from_micros(t.at).to_rfc3339(), "outcome": t.outcome, "status": t.status, "reason": t.reason,
            })
        })
        .collect();
    json!({
        "id": delivery.id,
        "project": delivery.project,
        "webhook": delivery.webhook,
        "event": delivery.event,
        "payload": serde_json::from_str::<Json>(&delivery.payload).unwrap_or(Json::Null),
        "state": delivery.state.name(),
        "tries": tries,
        "dueAt": (delivery.state == State::Queued).then(|| delivery.due_at.to_rfc3339()),
        "createdAt": delivery.created_at.to_rfc3339(),
        "settledAt": delivery.settled_at.map(Time::to_rfc3339),
    })
}
