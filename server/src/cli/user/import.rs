//! Users of another system: one thread reads, checks and seals, and what it has ready is written in batches.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign_domain::base::Ctx;
use countersign_domain::db::Kind;
use countersign_domain::signin::import::{self, Prepared, Rules, Unverified};
use countersign_domain::user::{Import, Taken};
use crossbeam_channel::{Receiver, Sender, bounded};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::Global;
use super::super::file::Aside;
use super::super::open::Store;
use super::super::out::{self, Done, Problem};
use super::super::project::{counted_as, get, said};
use super::format::{About, Broken, Entry, HashConfig, Parsed, Reader, Refusal, Source};
use seen::Seen;

mod seen;

/// How many users share a transaction.
const BATCH: usize = 256;
/// How long others may write between two batches: a server on the same SQLite file waits for its turn by looking again
/// and again, and would hardly ever find a gap.
const PAUSE: Duration = Duration::from_millis(4);
/// How many refusals are shown where no file for them was named.
const SHOWN: u64 = 10;

/// How to take users over.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The project
    #[arg(long)]
    project: String,
    /// Whose file it is
    #[arg(long, value_enum)]
    from: Source,
    /// The file, or - for standard input
    file: PathBuf,
    /// Write who was refused, and why, to this file: a line of JSON for each
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Change nothing; say what would happen
    #[arg(long)]
    dry_run: bool,
    /// The region of numbers without a country code, such as DE
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// What numbers and addresses are that the file does not call verified: their users' all the same, or only claimed
    #[arg(long, value_enum, value_name = "WHAT", default_value = "trusted")]
    unverified: UnverifiedArg,
    /// The hash parameters of the Firebase project, as its console shows them
    #[arg(long, value_name = "FILE")]
    firebase_hash_config: Option<PathBuf>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum UnverifiedArg {
    /// Whoever proves one is signed in to the account as it is
    Trusted,
    /// Whoever proves one gets nothing of what somebody else set up with it
    Claimed,
}

/// What became of a record before it came to the database.
enum Ready {
    User(Box<Prepared>),
    Deleted,
    Refused(Refusal),
}

/// A record on its way.
struct Item {
    line: u64,
    record: u64,
    id: Option<String>,
    ready: Ready,
}

#[derive(Default)]
struct Counts {
    read: u64,
    imported: u64,
    there: u64,
    deleted: u64,
    refused: u64,
}

pub(super) async fn run(global: &Global, args: Args) -> Done {
    let usage = |text: String| Problem { exit: ExitCode::from(2), ..Problem::new(text) };
    let firebase = match &args.firebase_hash_config {
        None => None,
        Some(path) => Some(
            HashConfig::load(path)
                .map_err(|error| usage(format!("--firebase-hash-config {}: {error}", path.display())))?,
        ),
    };
    if args.region.as_ref().is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase())) {
        return Err(usage("--region takes two capitals, such as DE".to_owned()));
    }
    let store = Store::open(global).await?;
    get(&store, &args.project).await?;
    let ctx = store.ctx(&args.project);
    let (input, progress) = open(global, &args.file)?;
    let about = About { source: args.from, firebase, now: ctx.now };
    let reader = Reader::new(about, input).map_err(|broken| unreadable(&args.file, &broken))?;
    let unverified = match args.unverified {
        UnverifiedArg::Trusted => Unverified::Trusted,
        UnverifiedArg::Claimed => Unverified::Claimed,
    };
    let rules = Rules { region: args.region.clone(), unverified };
    let errors = args.errors.as_deref().map(|path| Aside::create(path).map_err(|error| unwritable(path, &error)));
    let mut report = Report { file: errors.transpose()?, quiet: global.json, refused: 0 };

    let (sender, batches) = bounded(2);
    let parser = std::thread::Builder::new().name("import".to_owned());
    let thread = parser.spawn(move || parse(reader, &ctx, &rules, &sender))?;
    let written = write(&store, &args, &batches, &progress, &mut report).await;
    progress.bar.finish_and_clear();
    // A parser that still reads finds nobody who takes what it has, and ends.
    drop(batches);
    let parsed = thread.join().map_err(|_| Problem::new("the file could not be read to its end"))?;
    let counts = written?;
    parsed.map_err(|broken| {
        let so_far = if args.dry_run { 0 } else { counts.imported };
        let problem = unreadable(&args.file, &broken);
        Problem::new(format!(
            "{}. {} went in before that; repair the file and run it again: who is there stays as he is",
            problem.text,
            counted_as(so_far as i64, "user")
        ))
    })?;
    if let (Some(file), Some(path)) = (report.file.take(), &args.errors) {
        file.finish().map_err(|error| unwritable(path, &error))?;
    }
    summary(global, &args, &counts)
}

fn unreadable(path: &Path, broken: &Broken) -> Problem {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    Problem::new(format!("{name}: {broken}"))
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("{} cannot be written: {error}", path.display()))
}

/// How far it is.
struct Progress {
    bar: ProgressBar,
    bytes: Arc<AtomicU64>,
}

/// Counts what is read.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

fn open(global: &Global, path: &Path) -> Result<(Counted<Box<dyn Read + Send>>, Progress), Problem> {
    let bytes = Arc::new(AtomicU64::new(0));
    let (input, length): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let cannot = |error| Problem::new(format!("{} cannot be read: {error}", path.display()));
        let file = File::open(path).map_err(cannot)?;
        let about = file.metadata().map_err(cannot)?;
        (Box::new(file), about.is_file().then_some(about.len()))
    };
    let bar = match length {
        _ if global.json => ProgressBar::hidden(),
        None => ProgressBar::new_spinner(),
        Some(length) => {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} to go");
            ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }
    };
    Ok((Counted(input, Arc::clone(&bytes)), Progress { bar, bytes }))
}

/// Reads, checks and seals, a batch at a time.
fn parse<R: Read>(mut reader: Reader<R>, ctx: &Ctx, rules: &Rules, batches: &Sender<Vec<Item>>) -> Result<(), Broken> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut seen = Seen::default();
    loop {
        let next = reader.next();
        let is_over = !matches!(next, Ok(Some(_)));
        if let Ok(Some(entry)) = next {
            batch.push(ready(ctx, rules, &mut seen, entry));
        } else if let Err(broken) = next {
            // What stood before that is sound, and goes in.
            drop(batches.send(batch));
            return Err(broken);
        }
        if is_over || batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.send(full).is_err() || is_over {
                return Ok(());
            }
        }
    }
}

fn ready(ctx: &Ctx, rules: &Rules, seen: &mut Seen, entry: Entry) -> Item {
    let Entry { line, record, id, parsed } = entry;
    let prepared = parsed.and_then(|parsed| match parsed {
        Parsed::Deleted => Ok(Ready::Deleted),
        Parsed::User(candidate) => {
            let prepared = import::prepare(ctx, rules, *candidate)?;
            if !seen.is_new(prepared.id()) {
                let message = "another user of this file has the same id".to_owned();
                return Err(Refusal { code: "duplicate-id", message });
            }
            Ok(Ready::User(Box::new(prepared)))
        }
    });
    Item { line, record, id, ready: prepared.unwrap_or_else(Ready::Refused) }
}

/// Writes what is ready.
async fn write(
    store: &Store,
    args: &Args,
    batches: &Receiver<Vec<Item>>,
    progress: &Progress,
    report: &mut Report,
) -> Result<Counts, Problem> {
    let mut counts = Counts::default();
    let (mut emails, mut phones) = (Seen::default(), Seen::default());
    while let Ok(batch) = batches.recv() {
        let (mut users, mut items) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for Item { line, record, id, ready } in batch {
            let refusal = match ready {
                Ready::User(prepared) => {
                    users.push(*prepared);
                    None
                }
                Ready::Deleted => Some(None),
                Ready::Refused(refusal) => Some(Some(refusal)),
            };
            items.push((line, record, id, refusal));
        }
        let (ctx, users, dry_run) = (store.ctx(&args.project), Arc::new(users), args.dry_run);
        let outcomes = if users.is_empty() {
            Vec::new()
        } else if dry_run {
            let looked = Arc::clone(&users);
            store
                .db
                .read(move |tx| import::find_places(tx, &ctx, &looked))
                .await
                .map_err(|e| said(&e, &args.project))?
        } else {
            let stored = Arc::clone(&users);
            store.db.write(move |tx| import::store(tx, &ctx, &stored)).await.map_err(|e| said(&e, &args.project))?
        };
        let mut outcomes = users.iter().zip(outcomes);
        for (line, record, id, refusal) in items {
            counts.read += 1;
            let refusal = match refusal {
                Some(None) => {
                    counts.deleted += 1;
                    continue;
                }
                Some(Some(refusal)) => refusal,
                None => match outcomes.next().map(|(user, outcome)| {
                    if dry_run { within(user, outcome, &mut emails, &mut phones) } else { outcome }
                }) {
                    Some(Import::Made) => {
                        counts.imported += 1;
                        continue;
                    }
                    Some(Import::There) => {
                        counts.there += 1;
                        continue;
                    }
                    Some(Import::Taken(taken)) => refusal_of(taken),
                    None => return Err(Problem::new("a user got no answer")),
                },
            };
            counts.refused += 1;
            report
                .refuse(line, record, id.as_deref(), &refusal)
                .map_err(|error| unwritable(args.errors.as_deref().unwrap_or(Path::new("standard error")), &error))?;
        }
        progress.bar.set_position(progress.bytes.load(Ordering::Relaxed));
        progress.bar.set_message(counted_as(counts.read as i64, "user"));
        if !dry_run && store.db.kind() == Kind::Sqlite {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(counts)
}

/// In a dry run nothing is stored, so users of one file who are in each other's way are found here.
fn within(user: &Prepared, outcome: Import, emails: &mut Seen, phones: &mut Seen) -> Import {
    if outcome != Import::Made {
        return outcome;
    }
    let other = "an earlier user of this file";
    if user.email().is_some_and(|email| !emails.is_new(email.as_str())) {
        return Import::Taken(Taken::Email(other.to_owned()));
    }
    if user.phone().is_some_and(|phone| !phones.is_new(phone.as_e164())) {
        return Import::Taken(Taken::Phone(other.to_owned()));
    }
    outcome
}

fn refusal_of(taken: Taken) -> Refusal {
    match taken {
        Taken::Id => Refusal { code: "user-exists", message: "an account that no import made has this id".to_owned() },
        Taken::Email(id) => {
            Refusal { code: "email-taken", message: format!("the e-mail address belongs to another account: {id}") }
        }
        Taken::Phone(id) => {
            Refusal { code: "phone-taken", message: format!("the number belongs to another account: {id}") }
        }
    }
}

/// Who was refused.
struct Report {
    file: Option<Aside>,
    quiet: bool,
    refused: u64,
}

impl Report {
    fn refuse(&mut self, line: u64, record: u64, id: Option<&str>, refusal: &Refusal) -> io::Result<()> {
        self.refused += 1;
        let Refusal { code, message } = refusal;
        if let Some(file) = &mut self.file {
            let line = json!({ "line": line, "record": record, "id": id, "code": code, "message": message });
            return writeln!(file, "{line}");
        }
        if !self.quiet && self.refused <= SHOWN {
            let who = id.map(|id| format!(" ({id:?})")).unwrap_or_default();
            return writeln!(io::stderr().lock(), "line {line}, record {record}{who}: {message}");
        }
        Ok(())
    }
}

fn summary(global: &Global, args: &Args, counts: &Counts) -> Done {
    let Counts { read, imported, there, deleted, refused } = *counts;
    if global.json {
        out::json(&json!({
            "project": args.project,
            "dryRun": args.dry_run,
            "read": read,
            "imported": imported,
            "alreadyThere": there,
            "deleted": deleted,
            "refused": refused,
            "errors": args.errors,
        }))?;
    } else {
        let went = if args.dry_run { "would go in" } else { "imported" };
        // Writing to a String cannot fail.
        let mut text = format!("{} read: {imported} {went}, {there} already there", counted_as(read as i64, "user"));
        if deleted > 0 {
            let _ = write!(text, ", {deleted} left out whom their system had deleted");
        }
        let _ = write!(text, ", {refused} refused.");
        out::text(&text)?;
    }
    if refused == 0 {
        return Ok(());
    }
    let what = counted_as(refused as i64, "user");
    Err(Problem::new(match &args.errors {
        Some(path) => format!("{what} refused: {} says why", path.display()),
        None => format!("{what} refused: --errors FILE writes down all of them, with the reasons"),
    }))
}
