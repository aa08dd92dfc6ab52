//! `countersign restore`: a backup into an empty database, all or nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_domain::backup::{self, Contents};
use countersign_domain::base::crypto::Keys;
use countersign_domain::base::sealed::{Lock, Opener};
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock as _, Code, Error, Secret};
use countersign_domain::db::{Db, Options};
use countersign_domain::project;

use super::Global;
use super::backup::{Counted, about, checked, document, open_lock, reader, verify};
use super::lock;
use super::open::block_on;
use super::out::{self, Done, Problem};
use super::progress::bar;
use super::project::counted_as;
use crate::keyfile::{self, KeyFileError};

/// What to restore, and what opens it.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The file that `countersign backup` wrote
    file: PathBuf,
    #[command(flatten)]
    lock: lock::LockArgs,
    /// Restore nothing: read FILE to its end and say whether it is whole
    #[arg(long)]
    check: bool,
}

pub(super) fn run(global: &Global, args: &Args) -> Done {
    if args.check {
        return verify(global, &args.file, &args.lock);
    }
    let config = global.load(None)?;
    let held = Arc::new(open_lock(&args.file, &args.lock, &config.key_file)?);
    // The whole of it is known to be sound before anything is written.
    let (contents, bytes) = checked(global, &args.file, &held)?;
    let key = Key::of(&contents, &config.key_file)?;
    block_on(async {
        let clock = SystemClock::default();
        let db = Db::open(&Options { connections: 1, ..Options::new(config.database.expose()) })?;
        let made = key.put(&config.key_file)?;
        let bar = bar(global, "Restoring", Some(bytes));
        let (file, keys, shown) = (args.file.clone(), key.keys()?.map(Arc::new), bar.clone());
        let lock = Arc::clone(&held);
        let loaded = db.write(move |tx| {
            // Read anew when the database asks for another run.
            shown.reset();
            let input = reader(&file).map_err(|problem| Error::invalid("the backup", problem.text))?;
            let mut opener = Opener::new(Counted { from: input, bar: shown.clone() }, lock.lock())?;
            let contents = backup::load(tx, &mut opener, clock.now(), &|| ())?;
            let given = if let Lock::Keys(keys) = lock.lock() { Some(keys) } else { None };
            let given = given.filter(|keys| contents.manifest.fits(keys).unwrap_or(false));
            if let Some(keys) = keys.as_deref().or(given) {
                // What is sealed in it opens, or nothing is kept.
                project::list(tx, keys)?;
            }
            Ok(contents)
        });
        let loaded = loaded.await;
        bar.finish_and_clear();
        let now = SystemClock::default().now();
        let restored = match loaded {
            Ok(restored) => restored,
            Err(error) => {
                if made {
                    // Nobody needs a key file without its database.
                    drop(std::fs::remove_file(&config.key_file));
                }
                return Err(match error.code {
                    Code::InvalidValue { ref field, .. } if field == "the database" => Problem::new(error),
                    _ => about(&args.file, &error),
                });
            }
        };
        let migrated = db.migrate(now).await?;
        report(global, args, bytes, &restored, &migrated, &key, &config.key_file, held.name())
    })
}

#[expect(clippy::too_many_arguments, reason = "all that there is to tell, told in one place")]
fn report(
    global: &Global,
    args: &Args,
    bytes: u64,
    restored: &Contents,
    migrated: &[&str],
    key: &Key,
    key_file: &Path,
    lock: &str,
) -> Done {
    if global.json {
        let mut document = document(&args.file, bytes, restored, lock);
        document["keyFile"] = key.name().into();
        document["migrated"] = migrated.into();
        return out::json(&document);
    }
    out::text(&format!(
        "Restored {} of {}, and compared them with what the database gives back.",
        counted_as(restored.rows().cast_signed(), "row"),
        restored.manifest.created_at,
    ))?;
    if !migrated.is_empty() {
        out::text(&format!("Brought its schema up to date: {}.", migrated.join(", ")))?;
    }
    let path = key_file.display();
    out::text(&match key {
        Key::There(_) => format!("The key file {path} belongs to it."),
        Key::Inside(_) => format!("Its key file was in the backup and is now {path}."),
        Key::Nowhere => format!(
            "There is no key file {path}, and none in the backup: put your copy there before you start a server, and run \
             `countersign doctor`."
        ),
    })
}

/// Where the key file is that the contents are sealed with.
enum Key {
    /// Where the server looks for it.
    There(keyfile::Master),
    /// In the backup.
    Inside(Secret),
    /// Neither here nor there.
    Nowhere,
}

impl Key {
    fn of(contents: &Contents, path: &Path) -> Result<Self, Problem> {
        match keyfile::load(path) {
            Err(KeyFileError::Missing(_)) => Ok(contents.manifest.server_key().map_or(Self::Nowhere, Self::Inside)),
            Err(error) => Err(error.into()),
            Ok(master) if contents.manifest.fits(&Keys::from_master(&master)?)? => Ok(Self::There(master)),
            Ok(_) => Err(Problem::new(format!(
                "the key file {} is another one than that of the backup, whose secrets it cannot open: nothing was \
                 restored. Put the right one there, or choose another --data folder",
                path.display()
            ))),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::There(_) => "present",
            Self::Inside(_) => "restored",
            Self::Nowhere => "missing",
        }
    }

    fn keys(&self) -> Result<Option<Keys>, Problem> {
        Ok(match self {
            Self::There(master) => Some(Keys::from_master(master)?),
            Self::Inside(text) => Some(Keys::from_master(&keyfile::decoded(text).map_err(Problem::new)?)?),
            Self::Nowhere => None,
        })
    }

    /// Writes the key file that was in the backup; true if it did.
    fn put(&self, path: &Path) -> Result<bool, Problem> {
        let Self::Inside(text) = self else { return Ok(false) };
        keyfile::put(path, &keyfile::decoded(text).map_err(Problem::new)?)?;
        Ok(true)
    }
}
