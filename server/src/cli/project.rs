//! `countersign project`: tenants, their settings and their front ends.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use countersign_domain::base::{Code, Error};
use countersign_domain::message::{Account, MailAccount};
use countersign_domain::project::{self, Platform, Project, Settings};
use countersign_domain::{signin, user};
use serde_json::{Map, Value as Json, json};

use super::Global;
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use crate::dev;
use crate::text;

/// What to do with projects.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Make a project
    #[command(
        after_help = "Example:\n  countersign project create shop --name \"The Shop\" --set 'sms.countries=[\"DE\", \"AT\"]'"
    )]
    Create {
        /// Its id: letters, digits, '.', '_' and '-', at most 36; clients send it
        id: String,
        /// Its name, which people read in messages
        #[arg(long)]
        name: String,
        /// A setting that is not to have its default; may be given several times
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
        set: Vec<Assignment>,
    },
    /// List the projects
    #[command(after_help = "Example:\n  countersign project list")]
    List,
    /// Show a project's settings and front ends; credentials are hidden
    #[command(after_help = "Example:\n  countersign project show shop")]
    Show {
        /// The project
        id: String,
    },
    /// Change settings
    #[command(after_help = SET_HELP)]
    Set {
        /// The project
        id: String,
        /// A setting and its new value: JSON if it is JSON, else text
        #[arg(value_name = "KEY=VALUE", value_parser = assignment)]
        set: Vec<Assignment>,
        /// Also take settings from this file of JSON, or from standard input if it is -
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Give the project another name
        #[arg(long)]
        name: Option<String>,
    },
    /// Look after the front ends that may call the project, and to which links may lead
    #[command(subcommand)]
    Platform(PlatformCommand),
    /// Remove a project with its users, sessions and keys
    #[command(after_help = "Example:\n  countersign project delete shop --yes")]
    Delete {
        /// The project
        id: String,
        /// Do it; without this, only what would be lost is said
        #[arg(long)]
        yes: bool,
    },
}

/// What to do with front ends.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum PlatformCommand {
    /// Let a front end in
    #[command(after_help = "Example:\n  countersign project platform add shop '*.example.com' --name Web")]
    Add {
        /// The project
        id: String,
        /// Its host name, or *. and a domain
        hostname: String,
        /// Its name [default: the host name]
        #[arg(long)]
        name: Option<String>,
    },
    /// Shut a front end out
    #[command(
        after_help = "Example:\n  countersign project platform remove shop 0198c0de-0000-7000-8000-000000000000\n\n\
                      `countersign project show shop` says the ids."
    )]
    Remove {
        /// The project
        id: String,
        /// The front end's id
        platform: String,
    },
}

const SET_HELP: &str = "\
Examples:
  countersign project set shop otp.length=8 'sms.countries=[\"DE\", \"AT\"]'
  countersign project set shop 'sms.templates.sign-in.de={{ brand }}: {{ code }} ist dein Code.'
  countersign project set shop --file settings.json

Credentials do not belong on a command line, where others can see them. In a file:
  {\"sms\": {\"providers\": [{\"name\": \"main\", \"account\": {
    \"kind\": \"twilio\", \"accountSid\": \"AC…\", \"authToken\": \"…\", \"from\": \"+14255550100\"}}]},
   \"email\": {\"providers\": [{\"name\": \"main\", \"from\": \"no-reply@example.com\", \"account\": {
    \"kind\": \"smtp\", \"host\": \"smtp.example.com\", \"username\": \"…\", \"password\": \"…\"}}]}}

What `countersign project show shop --json` prints may be edited and given back: a credential that is still \"[hidden]\" \
stays as it is. Either all settings of a call are taken, or none.";

pub(super) fn run(global: &Global, command: Command) -> Done {
    block_on(async {
        match command {
            Command::Create { id, name, set } => create(global, id, name, set).await,
            Command::List => list(global).await,
            Command::Show { id } => show(global, id).await,
            Command::Set { id, set, file, name } => {
                if set.is_empty() && file.is_none() && name.is_none() {
                    return Err(Problem::new("there is nothing to set: give KEY=VALUE, --file or --name"));
                }
                change(global, id, set, file.as_deref(), name).await
            }
            Command::Platform(PlatformCommand::Add { id, hostname, name }) => add(global, id, hostname, name).await,
            Command::Platform(PlatformCommand::Remove { id, platform }) => remove(global, id, platform).await,
            Command::Delete { id, yes } => delete(global, id, yes).await,
        }
    })
}

async fn create(global: &Global, id: String, name: String, set: Vec<Assignment>) -> Done {
    let unquoted = set.iter().any(|a| a.unquoted);
    let settings = Settings::default()
        .merged(&patch(json!({}), set))
        .and_then(|settings| text::check_settings(&settings).map(|()| settings));
    let settings = settings.map_err(|error| not_set(&error, &id, unquoted))?;
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(&id), id.clone());
    let made = store.db.write(move |tx| project::create(tx, &ctx, &wanted, &name, settings.clone())).await;
    let project = made.map_err(|error| said(&error, &id))?;
    if global.json {
        return out::json(&document(&project)?);
    }
    let gaps = gaps(&project);
    let still = if gaps.is_empty() { "" } else { " Still to do:" };
    let mut text = format!("Project {id} is made.{still}");
    for gap in gaps {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n\n  {}\n  → {}", gap.what, gap.remedy);
    }
    out::text(&text)
}

async fn list(global: &Global) -> Done {
    let store = Store::open(global).await?;
    let keys = store.keys();
    let projects = store.db.read(move |tx| project::list(tx, &keys)).await.map_err(|error| said(&error, ""))?;
    if global.json {
        return out::json(&projects.iter().map(document).collect::<Result<Vec<_>, _>>()?);
    }
    if projects.is_empty() {
        return out::text("There is no project yet: `countersign project create ID --name NAME` makes one.");
    }
    let mut rows = vec![["ID", "NAME", "PROVIDERS", "COUNTRIES", "MADE"].map(str::to_owned).to_vec()];
    for project in &projects {
        let sms = &project.settings.sms;
        let providers: Vec<_> = sms.providers.iter().map(|p| p.name.as_str()).collect();
        rows.push(vec![
            project.id.clone(),
            project.name.clone(),
            or_dash(&providers.join(", ")),
            or_dash(&sms.countries.join(", ")),
            project.created_at.to_rfc3339(),
        ]);
    }
    out::text(&table(&rows))
}

async fn show(global: &Global, id: String) -> Done {
    let store = Store::open(global).await?;
    let project = get(&store, &id).await?;
    if global.json {
        return out::json(&document(&project)?);
    }
    let mut text = format!(
        "{}\n  id       {}\n  made     {}\n  changed  {}\n\nFront ends\n",
        project.name, project.id, project.created_at, project.updated_at
    );
    if project.platforms.is_empty() {
        text += "  none: `countersign project platform add` lets one in\n";
    }
    let rows: Vec<_> =
        project.platforms.iter().map(|p| vec![format!("  {}", p.hostname), p.name.clone(), p.id.clone()]).collect();
    if !rows.is_empty() {
        text += &table(&rows);
        text.push('\n');
    }
    text += "\nSettings\n";
    let defaults = Settings::default().flat()?;
    let rows: Vec<_> = project
        .settings
        .flat()?
        .into_iter()
        .map(|(key, value)| {
            let note = match defaults.get(&key) {
                Some(default) if *default == value => String::new(),
                Some(default) => format!("(default {default})"),
                None => String::new(),
            };
            vec![format!("  {key}={value}"), note]
        })
        .collect();
    // Not as a table: one long value would push the notes of all others off the screen.
    let lines: Vec<_> = rows.iter().map(|row| row.join("  ").trim_end().to_owned()).collect();
    out::text(&(text + &lines.join("\n")))
}

async fn change(global: &Global, id: String, set: Vec<Assignment>, file: Option<&Path>, name: Option<String>) -> Done {
    let unquoted = set.iter().any(|a| a.unquoted);
    let patch = patch(file.map_or_else(|| Ok(json!({})), read)?, set);
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(&id), id.clone());
    let written = store.db.write(move |tx| {
        let before = project::get(tx, &ctx.keys, &wanted)?;
        let after = project::update(tx, &ctx, &wanted, name.as_deref(), &patch)?;
        text::check_settings(&after.settings)?;
        Ok((before, after))
    });
    let (before, after) = written.await.map_err(|error| not_set(&error, &id, unquoted))?;
    let changes = differences(&before, &after)?;
    if global.json {
        let changes: Vec<_> =
            changes.iter().map(|(key, from, to)| json!({ "key": key, "from": from, "to": to })).collect();
        return out::json(&json!({ "id": id, "changed": changes }));
    }
    let lines: Vec<_> = changes
        .iter()
        .map(|(key, from, to)| match (from, to) {
            // Neither may be shown.
            (from, to) if from == to => format!("{key}: a credential is changed"),
            (from, to) => format!("{key}: {} → {}", or_none(from), or_none(to)),
        })
        .collect();
    out::text(&if lines.is_empty() { "Nothing to change: it is so already.".to_owned() } else { lines.join("\n") })
}

async fn add(global: &Global, id: String, hostname: String, name: Option<String>) -> Done {
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(&id), id.clone());
    let added = store
        .db
        .write(move |tx| project::create_platform(tx, &ctx, &wanted, name.as_deref().unwrap_or(&hostname), &hostname));
    let platform = added.await.map_err(|error| said(&error, &id))?;
    if global.json {
        return out::json(&front_end(&platform));
    }
    out::text(&format!("{} may call project {id} now (front end {}).", platform.hostname, platform.id))
}

async fn remove(global: &Global, id: String, platform: String) -> Done {
    let store = Store::open(global).await?;
    let (ctx, wanted, gone) = (store.ctx(&id), id.clone(), platform.clone());
    let removed = store.db.write(move |tx| {
        project::get(tx, &ctx.keys, &wanted)?;
        project::delete_platform(tx, &ctx, &wanted, &gone)
    });
    removed.await.map_err(|error| match error.code {
        Code::PlatformNotFound => Problem::new(format!(
            "project {id} has no front end {platform:?}: `countersign project show {id}` lists them"
        )),
        _ => said(&error, &id),
    })?;
    if global.json {
        return out::json(&json!({ "removed": platform }));
    }
    out::text(&format!("Front end {platform} of project {id} is removed."))
}

async fn delete(global: &Global, id: String, yes: bool) -> Done {
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(&id), id.clone());
    if !yes {
        let counted = store.db.read(move |tx| {
            project::get(tx, &ctx.keys, &wanted)?;
            Ok((user::count(tx, &wanted)?, project::list_keys(tx, &wanted)?.len()))
        });
        let (users, keys) = counted.await.map_err(|error| said(&error, &id))?;
        return Err(Problem::new(format!(
            "this would remove project {id} for good, with {}, their sessions and {}. If that is what you want, say --yes",
            counted_as(users, "user"),
            counted_as(keys as i64, "API key"),
        )));
    }
    let deleted = store.db.write(move |tx| signin::delete_project(tx, &ctx, &wanted)).await;
    deleted.map_err(|error| said(&error, &id))?;
    if global.json {
        return out::json(&json!({ "deleted": id }));
    }
    out::text(&format!("Project {id} is removed with everything in it."))
}

/// The project with this id.
pub(super) async fn get(store: &Store, id: &str) -> Result<Project, Problem> {
    let (keys, wanted) = (store.keys(), id.to_owned());
    store.db.read(move |tx| project::get(tx, &keys, &wanted)).await.map_err(|error| said(&error, id))
}

/// What went wrong in words for people; `project` is the one that was asked for.
pub(super) fn said(error: &Error, project: &str) -> Problem {
    match &error.code {
        Code::ProjectNotFound => {
            Problem::new(format!("there is no project {project:?}: `countersign project list` lists those there are"))
        }
        Code::ProjectExists => Problem::new(format!(
            "there is a project {project:?} already: choose another id, or change it with `countersign project set`"
        )),
        Code::KeyFileMismatch => Problem::new(format!("{error}. `countersign doctor` says what to do")),
        Code::StoreUnavailable => {
            Problem::new(format!("the database: {}. `countersign doctor` may know more", store_detail(error)))
        }
        _ => Problem::new(error),
    }
}

/// What the database said.
pub(super) fn store_detail(error: &Error) -> String {
    let text = error.to_string();
    text.strip_prefix("StoreUnavailable: ").unwrap_or(&text).to_owned()
}

fn not_set(error: &Error, id: &str, unquoted: bool) -> Problem {
    let mut problem = said(error, id);
    if unquoted && matches!(error.code, Code::InvalidValue { .. }) {
        problem.text += "\nA value begins like JSON and is none, so it was taken for text. \
                         Shells take quotes away: write 'sms.countries=[\"DE\"]'";
    }
    problem
}

/// Something that a project needs before people can sign in and are told what changed.
pub(super) struct Gap {
    pub what: &'static str,
    pub remedy: String,
}

/// What the project still needs.
pub(super) fn gaps(project: &Project) -> Vec<Gap> {
    let (id, auth, sms, email) = (&project.id, &project.settings.auth, &project.settings.sms, &project.settings.email);
    let inbox = !sms.providers.is_empty() && sms.providers.iter().all(|p| p.account == Account::Inbox {});
    let mut gaps = Vec::new();
    if inbox && id == dev::PROJECT {
        // Made by `serve --dev`, which is content with it.
        return gaps;
    }
    if auth.phone {
        if sms.providers.is_empty() {
            gaps.push(Gap {
                what: "it has no SMS provider, so no code is sent",
                remedy: "`countersign project set --help` shows how to give it one.".to_owned(),
            });
        } else if inbox {
            gaps.push(Gap {
                what: "its only SMS provider is the development inbox, so no code reaches a phone",
                remedy: "`countersign project set --help` shows how to give it a real one.".to_owned(),
            });
        } else if sms.providers.iter().all(|p| p.account.takes_only_codes()) {
            gaps.push(Gap {
                what: "Twilio Verify alone sends its SMS, and that carries codes only: notices by SMS reach nobody",
                remedy: "`countersign project set --help` shows how to put another provider behind it.".to_owned(),
            });
        }
        if sms.countries.is_empty() {
            gaps.push(Gap {
                what: "it allows SMS to no country",
                remedy: format!("Run `countersign project set {id} 'sms.countries=[\"DE\", \"AT\"]'`, with yours."),
            });
        }
    }
    if auth.magic_url || auth.email_otp {
        let off = format!("`countersign project set {id} auth.magicUrl=false auth.emailOtp=false` does without.");
        if email.providers.is_empty() {
            gaps.push(Gap {
                what: "it has no e-mail provider, so no link or code is sent by e-mail",
                remedy: format!("`countersign project set --help` shows how to give it one; {off}"),
            });
        } else if email.providers.iter().all(|p| p.account == MailAccount::Inbox {}) {
            gaps.push(Gap {
                what: "its only e-mail provider is the development inbox, so nothing reaches a mailbox",
                remedy: format!("`countersign project set --help` shows how to give it a real one; {off}"),
            });
        }
    }
    if project.platforms.is_empty() {
        gaps.push(Gap {
            what: "no front end is let in, so web pages of other hosts cannot call it",
            remedy: format!("Run `countersign project platform add {id} app.example.com`, with yours."),
        });
    }
    gaps
}

/// Rows under each other, their columns aligned.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let width = |text: &String| text.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|n| rows.iter().filter_map(|row| row.get(n)).map(width).max().unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, wide)| format!("{cell:<wide$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `1 user`, `2 users`.
pub(super) fn counted_as(count: i64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A dash for what is empty.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

fn or_none(value: &Json) -> String {
    if value.is_null() { "none".to_owned() } else { value.to_string() }
}

fn document(project: &Project) -> Result<Json, Problem> {
    Ok(json!({
        "id": project.id,
        "name": project.name,
        "settings": project.settings.shown()?,
        "platforms": project.platforms.iter().map(front_end).collect::<Vec<_>>(),
        "createdAt": project.created_at.to_rfc3339(),
        "updatedAt": project.updated_at.to_rfc3339(),
    }))
}

fn front_end(platform: &Platform) -> Json {
    json!({ "id": platform.id, "name": platform.name, "hostname": platform.hostname })
}

/// One `KEY=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    path: Vec<String>,
    value: Json,
    /// Whether the value looks like JSON that lost its quotes.
    unquoted: bool,
}

/// Settings whose entries are named by the customer: what follows is one name, dots and all.
const MAPS: [&str; 2] = ["sms.templates.", "sms.prices."];

fn assignment(text: &str) -> Result<Assignment, String> {
    let Some((key, value)) = text.split_once('=') else {
        return Err("write KEY=VALUE, such as otp.length=8".to_owned());
    };
    let map = MAPS.iter().find(|map| key.starts_with(*map));
    let path: Vec<String> = match map.and_then(|map| key.split_at_checked(map.len())) {
        Some((map, name)) => map.split_terminator('.').chain([name]).map(str::to_owned).collect(),
        None => key.split('.').map(str::to_owned).collect(),
    };
    if path.iter().any(String::is_empty) {
        return Err(format!("{key:?} is not the name of a setting, such as otp.length"));
    }
    let parsed = serde_json::from_str(value);
    let unquoted = parsed.is_err() && value.starts_with(['[', '{']) && !value.starts_with("{{");
    Ok(Assignment { path, value: parsed.unwrap_or_else(|_| value.into()), unquoted })
}

/// The file's settings with `set` laid over them.
fn patch(mut patch: Json, set: Vec<Assignment>) -> Json {
    for Assignment { path, value, .. } in set {
        let mut place = &mut patch;
        for key in path {
            if !place.is_object() {
                *place = Json::Object(Map::new());
            }
            place = &mut place[key];
        }
        *place = value;
    }
    patch
}

fn read(path: &Path) -> Result<Json, Problem> {
    let stdin = path == Path::new("-");
    let name = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let text = if stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| Problem::new(format!("{name} cannot be read: {error}")))?;
    let mut json: Json =
        serde_json::from_str(&text).map_err(|error| Problem::new(format!("{name} is not JSON: {error}")))?;
    if !json.is_object() {
        return Err(Problem::new(format!("{name} must hold a JSON object such as {{\"otp\": {{\"length\": 8}}}}")));
    }
    // What `project show --json` printed.
    Ok(match json.get_mut("settings") {
        Some(settings) if settings.is_object() => settings.take(),
        _ => json,
    })
}

/// What changed: the key, and what it showed before and shows now.
fn differences(before: &Project, after: &Project) -> Result<Vec<(String, Json, Json)>, Problem> {
    let (old, new) = (before.settings.flat()?, after.settings.flat()?);
    let mut changes = Vec::new();
    if before.name != after.name {
        changes.push(("name".to_owned(), json!(before.name), json!(after.name)));
    }
    for key in before.settings.changes(&after.settings)? {
        let (from, to) = (old.get(&key).cloned().unwrap_or_default(), new.get(&key).cloned().unwrap_or_default());
        changes.push((key, from, to));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Json {
        patch(json!({}), texts.iter().map(|text| assignment(text).unwrap()).collect())
    }

    #[test]
    fn a_value_is_json_if_it_can_be_and_text_otherwise() {
        assert_eq!(of(&["otp.length=8"]), json!({"otp": {"length": 8}}));
        assert_eq!(of(&["sms.countries=[\"DE\"]", "sms.brand=The Shop"]), {
            json!({"sms": {"countries": ["DE"], "brand": "The Shop"}})
        });
        assert_eq!(of(&["sms.brand=a=b"]), json!({"sms": {"brand": "a=b"}}));
        assert!(assignment("sms.countries=[DE]").unwrap().unquoted);
        assert!(!assignment("sms.templates.mfa={{ code }}").unwrap().unquoted);
    }

    #[test]
    fn names_of_templates_may_hold_dots() {
        assert_eq!(of(&["sms.templates.sign-in.de=x"]), json!({"sms": {"templates": {"sign-in.de": "x"}}}));
        assert_eq!(of(&["sms.prices.DE=0.07"]), json!({"sms": {"prices": {"DE": 0.07}}}));
        for bad in ["otp.length", "=8", "otp.=8", "sms.templates.=x"] {
            assert!(assignment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn later_settings_win() {
        assert_eq!(of(&["otp.length=8", "otp.length=9"]), json!({"otp": {"length": 9}}));
        assert_eq!(of(&["nevr.rateLimit=false", "nevr.rateLimit.max=5"]), json!({"nevr": {"rateLimit": {"max": 5}}}));
    }

    #[test]
    fn columns_are_aligned_and_lines_have_no_blanks_at_their_end() {
        let rows = vec![vec!["a".to_owned(), "b".to_owned()], vec!["größe".to_owned(), String::new()]];
        assert_eq!(table(&rows), "a      b\ngröße");
    }
}
