//! `countersign backup`: all of the database in one locked file, while the server runs.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_domain::backup::{self, Contents};
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::sealed::{self, Kind, Opener, Sealer};
use countersign_domain::base::{Error, Random};
use countersign_domain::project;
use indicatif::ProgressBar;
use serde_json::{Value as Json, json};

use super::Global;
use super::lock::{self, Held};
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::progress::bar;
use super::project::{counted_as, said};
use crate::keyfile;

/// What to write where, and with what to lock it.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The file to write, which must not exist, or `-` for standard output
    file: PathBuf,
    #[command(flatten)]
    lock: lock::LockArgs,
    /// Put the server's key file into the backup: the passphrase then opens everything
    #[arg(long)]
    with_server_key: bool,
    /// Write nothing: read FILE to its end and say whether it is whole
    #[arg(long, conflicts_with = "with_server_key")]
    verify: bool,
}

pub(super) fn run(global: &Global, args: &Args) -> Done {
    if args.verify {
        return verify(global, &args.file, &args.lock);
    }
    let config = global.load(None)?;
    let to_stdout = args.file == Path::new("-");
    if !to_stdout && args.file.exists() {
        return Err(Problem::new(format!("there is a file {} already: choose another name", args.file.display())));
    }
    block_on(async {
        // First, so that nobody enters a passphrase for a database that does not open.
        let store = Store::open(global).await?;
        if store.db.read(project::count).await.map_err(|error| said(&error, ""))? == 0 {
            return Err(Problem::new(
                "there is nothing to back up: the database holds no project. Is --data the right folder?",
            ));
        }
        let held = Arc::new(args.lock.new_lock(&config.key_file)?);
        let server_key = match (&*held, args.with_server_key) {
            (_, false) => None,
            (Held::Passphrase(_), true) => Some(keyfile::encoded(&keyfile::load(&config.key_file)?)),
            (Held::Keys(_), true) => {
                return Err(Problem::new(
                    "--with-server-key needs a passphrase (--passphrase or --passphrase-file): a backup that the key file \
                     opens is no place for the key file",
                ));
            }
        };
        let target = Target::new(&args.file, to_stdout)?;
        let (path, lock) = (target.path.clone(), Arc::clone(&held));
        let bar = bar(global, "Backing up", None);
        let (ctx, shown) = (store.ctx(""), bar.clone());
        let written = store.db.snapshot(move |tx| {
            let random = SystemRandom::new();
            // Made anew when the database asks for another run.
            let output: Box<dyn Write> = match &path {
                Some(path) => Box::new(OpenOptions::new().write(true).truncate(true).open(path).map_err(unwritten)?),
                None => Box::new(io::stdout().lock()),
            };
            let mut sealer = Sealer::new(BufWriter::with_capacity(256 * 1_024, output), lock.lock(), &random)?;
            let version = env!("CARGO_PKG_VERSION");
            let contents = backup::write(tx, &ctx, version, server_key.as_ref(), &mut sealer, &|| shown.inc(1))?;
            sealer.finish().map_err(unwritten)?;
            Ok(contents)
        });
        let contents = written.await.map_err(|error| said(&error, ""))?;
        bar.finish_and_clear();
        let bytes = target.keep(&args.file)?;
        if to_stdout {
            return Ok(());
        }
        if global.json {
            return out::json(&document(&args.file, bytes, &contents, held.name()));
        }
        out::text(&format!(
            "{}: {} in {}. {}",
            args.file.display(),
            counted_as(contents.rows().cast_signed(), "row"),
            indicatif::HumanBytes(bytes),
            match (&*held, args.with_server_key) {
                (Held::Keys(_), _) => "The key file opens it: keep a copy of that, and not beside this file.",
                (Held::Passphrase(_), true) => "Its passphrase opens everything: the key file is in it.",
                (Held::Passphrase(_), false) =>
                    "Its passphrase opens it. To run a server on it, the key file is needed as well: keep a copy of that.",
            }
        ))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "its shape is the one that map_err takes")]
fn unwritten(error: io::Error) -> Error {
    Error::invalid("the file", format!("cannot be written: {error}"))
}

/// What is written aside until it is whole.
struct Target {
    path: Option<PathBuf>,
}

impl Target {
    fn new(file: &Path, to_stdout: bool) -> Result<Self, Problem> {
        if to_stdout {
            return Ok(Self { path: None });
        }
        let random = SystemRandom::new();
        let random: &dyn Random = &random;
        let name = file.file_name().ok_or_else(|| Problem::new(format!("{} is no file name", file.display())))?;
        let path = file.with_file_name(format!(".{}.{}", name.to_string_lossy(), random.hex(4)));
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|error| Problem::new(format!("{} cannot be written: {error}", file.display())))?;
        Ok(Self { path: Some(path) })
    }

    /// Gives it its name, when it is on the disk; its length.
    fn keep(mut self, file: &Path) -> Result<u64, Problem> {
        let Some(path) = self.path.take() else { return Ok(0) };
        let kept = (|| {
            let written = File::open(&path)?;
            written.sync_all()?;
            // Not renamed: that would take the place of a file that somebody made meanwhile.
            std::fs::hard_link(&path, file)?;
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()?;
            written.metadata().map(|about| about.len())
        })();
        self.path = Some(path);
        kept.map_err(|error: io::Error| Problem::new(format!("{} cannot be written: {error}", file.display())))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // It may be gone already.
            drop(std::fs::remove_file(path));
        }
    }
}

/// Reads a backup to its end, and says what it holds.
pub(super) fn verify(global: &Global, file: &Path, lock: &lock::LockArgs) -> Done {
    let config = global.load(None)?;
    let held = open_lock(file, lock, &config.key_file)?;
    let (contents, bytes) = checked(global, file, &held)?;
    if global.json {
        return out::json(&document(file, bytes, &contents, held.name()));
    }
    out::text(&format!(
        "{} is whole: {} of {}, schema {}, by Countersign {}.",
        file.display(),
        counted_as(contents.rows().cast_signed(), "row"),
        contents.manifest.created_at,
        contents.manifest.schema,
        contents.manifest.version,
    ))
}

/// Asks for what opens a backup, after a look at its first line.
pub(super) fn open_lock(file: &Path, lock: &lock::LockArgs, key_file: &Path) -> Result<Held, Problem> {
    match sealed::kind(&mut reader(file)?).map_err(|error| about(file, &error))? {
        Kind::Passphrase => lock.old_passphrase(),
        Kind::Keys => lock.keys(key_file),
    }
}

/// The file, from its beginning.
pub(super) fn reader(file: &Path) -> Result<BufReader<File>, Problem> {
    let opened = File::open(file).map_err(|error| Problem::new(format!("{}: {error}", file.display())))?;
    Ok(BufReader::with_capacity(256 * 1_024, opened))
}

/// What is wrong with a file, by its name.
pub(super) fn about(file: &Path, error: &Error) -> Problem {
    let text = error.to_string();
    match text.strip_prefix("the file: ") {
        Some(reason) => Problem::new(format!("{} {reason}", file.display())),
        None => said(error, ""),
    }
}

/// Reads a backup to its end; what it holds, and its length.
pub(super) fn checked(global: &Global, file: &Path, held: &Held) -> Result<(Contents, u64), Problem> {
    let input = reader(file)?;
    let bytes = input.get_ref().metadata().map_or(0, |about| about.len());
    let bar = bar(global, "Checking", Some(bytes));
    let counted = Counted { from: input, bar: bar.clone() };
    let checked = Opener::new(counted, held.lock()).and_then(|mut opener| backup::check(&mut opener, &|| ()));
    bar.finish_and_clear();
    Ok((checked.map_err(|error| about(file, &error))?, bytes))
}

/// Moves a bar on by what is read.
pub(super) struct Counted<R> {
    pub from: R,
    pub bar: ProgressBar,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(out)?;
        self.bar.inc(read as u64);
        Ok(read)
    }
}

/// A backup as data.
pub(super) fn document(file: &Path, bytes: u64, contents: &Contents, lock: &str) -> Json {
    let tables: serde_json::Map<_, _> = contents.sums.iter().map(|sum| (sum.table.clone(), sum.rows.into())).collect();
    json!({
        "file": file.display().to_string(),
        "bytes": bytes,
        "createdAt": contents.manifest.created_at,
        "version": contents.manifest.version,
        "schema": contents.manifest.schema,
        "database": contents.manifest.database,
        "lock": lock,
        "serverKey": contents.manifest.server_key().is_some(),
        "rows": contents.rows(),
        "tables": tables,
    })
}
