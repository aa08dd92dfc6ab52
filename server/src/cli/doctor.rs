//! `countersign doctor`: looks at everything, changes nothing, and says what to do.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::time::{DAY, SECOND, SystemClock};
use countersign_domain::base::{Clock as _, Code, Error, Time};
use countersign_domain::db::{Db, Kind, Options};
use countersign_domain::message::{self, Account, Entry};
use countersign_domain::{project, webhook};
use serde::Serialize;
use serde_json::json;

use super::Global;
use super::open::block_on;
use super::out::{self, Done, Problem};
use super::project::{counted_as, gaps, store_detail};
use crate::config::Config;
use crate::keyfile::{self, KeyFileError};

/// How far back dead letters are of interest.
const LATELY: i64 = 7 * DAY;
/// How many of them are shown.
const SHOWN: usize = 10;
/// How long a message may be due before nobody seems to send.
const PATIENCE: i64 = 60 * SECOND;
/// A clock before this (2026-01-01) was never set: this program is younger.
const BEFORE_US: Time = Time::from_micros(1_767_225_600_000_000);

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Problem,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What a check found.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// What all checks found.
#[derive(Default)]
struct Report {
    checks: Vec<Finding>,
    dead: Vec<Entry>,
}

pub(super) fn run(global: &Global) -> Done {
    let mut report = Report::default();
    block_on(async {
        report.examine(global).await;
        Ok(())
    })?;
    report.print(global.json)
}

impl Report {
    fn ok(&mut self, check: &'static str, text: impl Into<String>) {
        self.checks.push(Finding { check, state: State::Ok, text: text.into(), remedy: None });
    }

    fn add(&mut self, state: State, check: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        self.checks.push(Finding { check, state, text: text.into(), remedy: Some(remedy.into()) });
    }

    fn problem(&mut self, check: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        self.add(State::Problem, check, text, remedy);
    }

    fn warning(&mut self, check: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        self.add(State::Warning, check, text, remedy);
    }

    fn count(&self, state: State) -> i64 {
        self.checks.iter().filter(|check| check.state == state).count() as i64
    }

    async fn examine(&mut self, global: &Global) {
        let config = match global.load(None) {
            Ok(config) => config,
            Err(error) => {
                return self.problem("configuration", error.to_string(), "Correct it there, then run this again.");
            }
        };
        self.ok("configuration", format!("read from {}", sources(global)));
        let now = SystemClock::default().now();
        let file = config.database.expose().strip_prefix("sqlite://").map(Path::new);
        let missing = file.is_some_and(|file| !file.exists());
        let keys = self.key_file(&config, missing);
        let mut newest = None;
        if missing {
            let file = file.map(Path::display);
            self.problem(
                "database",
                format!("there is no file {}", file.map(|f| f.to_string()).unwrap_or_default()),
                "If this server is new, `countersign serve` makes it. If it is not, check --data, --database, the \
                 configuration and the folder you are in, or restore a backup.",
            );
        } else if let Some(db) = self.database(&config, file).await {
            newest = self.schema(&db).await;
            if newest.is_some() {
                if let Some(keys) = keys {
                    newest = newest.max(self.projects(&config, &db, keys).await);
                }
                self.outbox(&db, now).await;
                self.webhooks(&db, now).await;
            }
        }
        self.clock(now, newest);
    }

    /// The keys of the key file, if it can be used.
    fn key_file(&mut self, config: &Config, new: bool) -> Option<Keys> {
        let path = config.key_file.display();
        let error = match keyfile::load(&config.key_file) {
            Ok(master) => match Keys::from_master(&master) {
                Ok(keys) => {
                    let mode = std::fs::metadata(&config.key_file).map(|about| about.permissions().mode() & 0o7777);
                    let mode = mode.map(|mode| format!(", mode {mode:04o}")).unwrap_or_default();
                    self.ok("key file", format!("{path}{mode}"));
                    return Some(keys);
                }
                Err(error) => {
                    self.problem("key file", format!("{path}: {error}"), "Restore your copy of it.");
                    return None;
                }
            },
            Err(error) => error,
        };
        match error {
            KeyFileError::Missing(_) if new => {
                self.warning("key file", format!("there is no file {path} yet"), "The first start makes it.");
            }
            KeyFileError::Missing(_) if !config.database.expose().starts_with("sqlite://") => self.problem(
                "key file",
                format!("there is no file {path}"),
                format!(
                    "If the database is new, `countersign serve` makes it. If another server uses the database, copy \
                     its key file to {path}. If this one was lost, restore your copy. {LOST}"
                ),
            ),
            KeyFileError::Missing(_) | KeyFileError::Lost(_) => self.problem(
                "key file",
                format!("there is no file {path}, but there is a database"),
                format!("Restore your copy to {path}. {LOST}"),
            ),
            KeyFileError::Open(_, mode) => self.problem(
                "key file",
                format!("{path} has mode {mode:04o}, so others than its owner can get at it; the server refuses it"),
                format!("Run `chmod 600 {path}`. If others were on this machine, it may be known to them."),
            ),
            KeyFileError::Malformed(_, what) => self.problem(
                "key file",
                format!("{path} {what}"),
                format!("Restore your copy of it; it is never overwritten. {LOST}"),
            ),
            KeyFileError::Io(_, error) => self.problem(
                "key file",
                format!("{path} cannot be read: {error}"),
                "Run this as the user that the server runs as.",
            ),
        }
        None
    }

    /// The database, if it can be opened. Nothing is made.
    async fn database(&mut self, config: &Config, file: Option<&Path>) -> Option<Db> {
        let shown = file.map_or_else(|| without_password(config.database.expose()), |file| file.display().to_string());
        let about = file.and_then(|file| std::fs::metadata(file).ok());
        if about.as_ref().is_some_and(|about| about.len() == 0) {
            self.problem("database", format!("{shown} is empty"), "Restore a backup, or remove it if there was none.");
            return None;
        }
        let opened = Db::open(&Options { connections: 1, ..Options::new(config.database.expose()) });
        let counted = match opened {
            Ok(db) => db.read(message::count_queued).await.map(|_| Some(db)),
            Err(error) => Err(error),
        };
        let remedy = match file {
            Some(_) => {
                "Check the disk and the file's owner: run this as the user that the server runs as. If the file \
                        is damaged, restore a backup."
            }
            None => {
                "Check that PostgreSQL runs and is reachable from here, and the user, password and name in the \
                     address."
            }
        };
        let db = match counted {
            Ok(db) => db?,
            Err(error) if has_no_tables(&error) => {
                self.problem(
                    "database",
                    format!("{shown} can be opened, but Countersign's tables are not in it"),
                    "If it is meant for Countersign, run `countersign db migrate`; if not, check the configuration.",
                );
                return None;
            }
            Err(error) => {
                self.problem("database", format!("{shown}: {}", store_detail(&error)), remedy);
                return None;
            }
        };
        let kind = match db.kind() {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        };
        let size = about.as_ref().map(|about| format!(", {}", size_of(about.len()))).unwrap_or_default();
        self.ok("database", format!("{kind}, {shown}{size}"));
        if let (Some(file), Some(about)) = (file, about)
            && about.permissions().mode() & 0o007 != 0
            && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
            && std::fs::metadata(folder).is_ok_and(|about| about.permissions().mode() & 0o001 != 0)
        {
            self.warning(
                "database",
                "everybody on this machine can read the file, with all phone numbers in it",
                format!("Run `chmod 700 {}`.", folder.display()),
            );
        }
        Some(db)
    }

    /// When the schema was changed last, if it is usable.
    async fn schema(&mut self, db: &Db) -> Option<Time> {
        let steps = match db.migration_status().await {
            Ok(steps) => steps,
            Err(error) => {
                let remedy = match error.code {
                    Code::StoreUnavailable => {
                        "The database must be writable: check its owner and the room on the disk."
                    }
                    _ => "Run the version of Countersign that this database belongs to, or a newer one.",
                };
                self.problem("schema", format!("the database {}", said_of_database(&error)), remedy);
                return None;
            }
        };
        let missing = steps.iter().filter(|step| step.at.is_none()).count();
        match (missing, db.kind()) {
            (0, _) => self.ok("schema", format!("up to date ({})", counted_as(steps.len() as i64, "step"))),
            (missing, Kind::Sqlite) => self.warning(
                "schema",
                format!("{} behind", counted_as(missing as i64, "step")),
                "The next start brings it up to date; make a backup before.",
            ),
            (missing, Kind::Postgres) => self.problem(
                "schema",
                format!("{} behind, so the server does not start", counted_as(missing as i64, "step")),
                "Make a backup, then run `countersign db migrate`.",
            ),
        }
        Some(steps.iter().filter_map(|step| step.at).max().unwrap_or_default())
    }

    /// Whether the key file opens the projects and each is ready; gives when one was changed last.
    async fn projects(&mut self, config: &Config, db: &Db, keys: Keys) -> Option<Time> {
        let path = config.key_file.display();
        let projects = match db.read(move |tx| project::list(tx, &keys)).await {
            Ok(projects) => projects,
            Err(error) if error.code == Code::KeyFileMismatch => {
                self.problem(
                    "key file",
                    format!(
                        "{path} is not the key file that this database was made with: it was lost and made anew, \
                         swapped, or restored from elsewhere. The server does not start with it"
                    ),
                    format!("Put your copy of the right one back to {path}. {LOST}"),
                );
                return None;
            }
            Err(error) => {
                self.problem("projects", store_detail(&error), "Restore a backup if the database is damaged.");
                return None;
            }
        };
        if projects.is_empty() {
            self.warning("projects", "there is none yet", "`countersign project create ID --name NAME` makes one.");
            return None;
        }
        self.ok("key file", "opens what is sealed in this database");
        for project in &projects {
            let gaps = gaps(project);
            let (id, name) = (&project.id, &project.name);
            if gaps.is_empty() {
                let (sms, email) = (&project.settings.sms.providers, &project.settings.email.providers);
                let kinds = sms.iter().map(|p| p.account.kind()).chain(email.iter().map(|p| p.account.kind()));
                let providers: Vec<_> = kinds.collect();
                let ready = if providers.is_empty() {
                    "SMS and e-mail are off".to_owned()
                } else {
                    format!("sends by {}", providers.join(", "))
                };
                self.ok("project", format!("{id} ({name}): {ready}"));
            }
            for gap in gaps {
                self.warning("project", format!("{id} ({name}): {}", gap.what), gap.remedy);
            }
        }
        let real = |account: &Account| *account != Account::Inbox {} && !account.takes_only_codes();
        if config.public_url.is_none()
            && projects.iter().any(|p| p.settings.sms.providers.iter().any(|p| real(&p.account)))
        {
            self.warning(
                "configuration",
                "public_url is not set, so providers cannot report whether a message arrived",
                "Set public_url = \"https://id.example.com\" in countersign.toml.",
            );
        }
        projects.iter().map(|project| project.updated_at).max()
    }

    async fn outbox(&mut self, db: &Db, now: Time) {
        let since = now.plus_micros(-LATELY);
        let read =
            db.read(move |tx| Ok((message::list_dead(tx, since)?, message::count_queued(tx)?, message::next_due(tx)?)));
        let ((dead, count), queued, due) = match read.await {
            Ok(found) => found,
            Err(error) => {
                return self.problem("outbox", store_detail(&error), "Restore a backup if the database is damaged.");
            }
        };
        let late = due.map(|due| now.micros_since(due)).filter(|late| *late > PATIENCE);
        match (queued, late) {
            (0, _) => self.ok("queue", "no message waits"),
            (_, None) => self.ok("queue", format!("{} to be sent", counted_as(queued, "message"))),
            (_, Some(late)) => self.problem(
                "queue",
                format!(
                    "{} to be sent, the oldest due for {}: nobody sends",
                    counted_as(queued, "message"),
                    span(late)
                ),
                "Is `countersign serve` running on this database? If it is, its log says why nothing leaves.",
            ),
        }
        if count == 0 {
            self.ok("dead letters", "none in the last 7 days");
            return;
        }
        self.dead = dead.into_iter().take(SHOWN).collect();
        let which = if count > SHOWN as i64 { format!("; the newest {SHOWN} are below") } else { String::new() };
        self.warning(
            "dead letters",
            format!(
                "{} of the last 7 days never reached anybody, as far as is known{which}",
                counted_as(count, "message")
            ),
            "The reasons are below. `countersign sms send-test` and `countersign email send-test` try a provider.",
        );
    }

    async fn webhooks(&mut self, db: &Db, now: Time) {
        let read = db.read(|tx| {
            let all = webhook::list_all(tx)?;
            let dead = all.iter().map(|one| webhook::count_dead(tx, &one.id)).collect::<Result<Vec<_>, _>>()?;
            Ok((webhook::waiting(tx)?, all, dead))
        });
        let (waiting, all, dead) = match read.await {
            Ok(found) => found,
            Err(error) => {
                return self.problem("webhooks", store_detail(&error), "Restore a backup if the database is damaged.");
            }
        };
        let late = |id: &str| {
            let due = waiting.iter().find(|(other, _)| other == id).and_then(|(_, due)| *due);
            // A ping is due since ever, so that it overtakes what waits.
            due.filter(|due| due.micros() > 0).map(|due| now.micros_since(due)).filter(|late| *late > PATIENCE)
        };
        let mut well = 0;
        for (one, dead) in all.iter().zip(dead) {
            let (id, project, name) = (&one.id, &one.project, &one.name);
            let so_far = self.checks.len();
            if !one.enabled {
                self.warning(
                    "webhooks",
                    format!("{name:?} of project {project} is off: {}", one.off_reason),
                    format!("`countersign webhook update --project {project} {id} --on` switches it on again."),
                );
            } else if let Some(late) = late(id) {
                self.warning(
                    "webhooks",
                    format!("{name:?} of project {project} lags behind by {}", span(late)),
                    "Its receiver may be slow, or nobody sends: is `countersign serve` running on this database?",
                );
            }
            if dead > 0 {
                self.warning(
                    "webhooks",
                    format!("{name:?} of project {project} did not take {}", counted_as(dead, "event")),
                    format!(
                        "`countersign webhook deliveries --project {project} --webhook {id} --state dead` says why,                          `countersign webhook replay --project {project} --all-dead --webhook {id}` sends them once more."
                    ),
                );
            }
            well += i64::from(self.checks.len() == so_far);
        }
        if well == all.len() as i64 {
            self.ok("webhooks", if well == 0 { "there is none".to_owned() } else { format!("{well} on, all well") });
        }
    }

    fn clock(&mut self, now: Time, newest: Option<Time>) {
        const REMEDY: &str = "Set the machine's clock and keep it set (NTP): codes and sessions end by it.";
        let ahead = newest.map(|newest| newest.micros_since(now)).filter(|ahead| *ahead > PATIENCE);
        if now < BEFORE_US {
            self.problem("clock", format!("it says {now}, which is before this program was written"), REMEDY);
        } else if let Some(ahead) = ahead {
            let text = format!("it says {now}, but the database was changed {} later than that", span(ahead));
            self.problem("clock", text, REMEDY);
        } else {
            self.ok("clock", format!("{now}"));
        }
    }

    fn print(&self, as_json: bool) -> Done {
        let (problems, warnings) = (self.count(State::Problem), self.count(State::Warning));
        if as_json {
            out::json(&json!({
                "problems": problems,
                "warnings": warnings,
                "checks": self.checks,
                "deadLetters": self.dead,
            }))?;
        } else {
            out::text(&self.text())?;
        }
        if problems > 0 {
            let problems = counted_as(problems, "problem");
            return Err(Problem::new(match warnings {
                0 => problems,
                warnings => format!("{problems}, {}", counted_as(warnings, "warning")),
            }));
        }
        match (as_json, warnings) {
            (true, _) => Ok(()),
            (false, 0) => out::text("\nAll is well."),
            (false, warnings) => out::text(&format!("\nNo problem, {}.", counted_as(warnings, "warning"))),
        }
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        for Finding { check, state, text, remedy } in &self.checks {
            for (n, line) in wrapped(text).into_iter().enumerate() {
                let (state, check) = if n == 0 { (state.name(), *check) } else { ("", "") };
                lines.push(format!("{state:<8} {check:<14} {line}"));
            }
            for (n, line) in remedy.iter().flat_map(|remedy| wrapped(remedy)).enumerate() {
                lines.push(format!("{:<8} {:<14} {} {line}", "", "", if n == 0 { "→" } else { " " }));
            }
        }
        for entry in &self.dead {
            let at = entry.created_at.to_rfc3339();
            let mut line = format!(
                "\n  {}  {}  {} in project {}: {}",
                at.get(..19).unwrap_or(&at).replace('T', " "),
                entry.to,
                entry.purpose,
                entry.project,
                if entry.reason.is_empty() { "no reason is known" } else { &entry.reason }
            );
            for attempt in &entry.tries {
                let colon = if attempt.reason.is_empty() { "" } else { ": " };
                // Writing to a String cannot fail.
                let _ = write!(line, "\n    {} {}{colon}{}", attempt.provider, attempt.outcome, attempt.reason);
            }
            lines.push(line);
        }
        lines.join("\n")
    }
}

/// What it means that a key file is gone.
const LOST: &str = "If there is no copy, what was sealed with it is lost: the providers' credentials, which must be set \
                    again, codes on their way, and JWTs. Sessions and API keys stay valid, for only their hashes are \
                    stored. `countersign keys reset` gives the lost up and goes on with a new key file.";

/// Where the configuration comes from, for people.
fn sources(global: &Global) -> String {
    let mut from = Vec::new();
    match &global.config {
        Some(path) => from.push(path.display().to_string()),
        None if Path::new("countersign.toml").exists() => from.push("./countersign.toml".to_owned()),
        None => {}
    }
    // Values may be secret; and these prefixes are not ours (see `config`).
    let foreign = ["COUNTERSIGN_PORT", "COUNTERSIGN_SERVICE_", "COUNTERSIGN_TEST_"];
    let ours = |name: &OsString| {
        let name = name.to_str()?;
        (name.starts_with("COUNTERSIGN_") && !foreign.iter().any(|f| name.starts_with(f))).then(|| name.to_owned())
    };
    let mut variables: Vec<_> = std::env::vars_os().filter_map(|(name, _)| ours(&name)).collect();
    variables.sort();
    from.extend(variables);
    from.extend(global.data.as_ref().map(|_| "--data".to_owned()));
    from.extend(global.database.as_ref().map(|_| "--database".to_owned()));
    from.insert(0, "the built-in defaults".to_owned());
    from.join(", then ")
}

/// A PostgreSQL address without user, password and options.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{}", place.split('?').next().unwrap_or_default())
}

fn has_no_tables(error: &Error) -> bool {
    let text = error.to_string();
    // SQLite's words and PostgreSQL's code for it.
    text.contains("no such table") || text.contains("42P01")
}

fn said_of_database(error: &Error) -> String {
    let text = store_detail(error);
    text.strip_prefix("database: ").map_or_else(|| format!("says: {text}"), str::to_owned)
}

fn size_of(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn span(micros: i64) -> String {
    match micros / SECOND {
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds @ 120..7_200 => format!("{} minutes", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} hours", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// `text` in lines that fit beside the first two columns.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 88;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for url in ["postgres://u:p%40ss@db.example:5432/main?password=x", "postgres://u:p@ss@db.example:5432/main"] {
            assert_eq!(without_password(url), "postgres://db.example:5432/main");
        }
    }

    #[test]
    fn long_texts_are_wrapped_at_blanks() {
        let lines = wrapped(&"word ".repeat(40));
        assert!(lines.len() > 1 && lines.iter().all(|line| line.chars().count() <= 88), "{lines:?}");
    }
}
