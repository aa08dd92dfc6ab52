//! The file with the master key: made once, never overwritten, refused when others can read it.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::{Random, Secret};
use data_encoding::BASE64URL_NOPAD;

const PREFIX: &str = "countersign-key-1:";
const COMMENT: &str = "# The master key of a Countersign server. Without it the database's secrets cannot be opened:\n\
                       # keep a copy of this file, and not beside the copies of the database.\n";

/// The master key.
pub type Master = [u8; Keys::MASTER_LEN];

/// Why a key file cannot be used. Each says what to do.
#[derive(Debug)]
pub enum KeyFileError {
    /// There is none.
    Missing(PathBuf),
    /// There is none, beside a database that was sealed with one.
    Lost(PathBuf),
    /// Others than its owner can read or write it.
    Open(PathBuf, u32),
    /// It is not a key file, or not a whole one.
    Malformed(PathBuf, &'static str),
    /// The system refused.
    Io(PathBuf, io::Error),
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(
                f,
                "there is no key file {}: restore your copy of it, or start `countersign serve` on a new database, \
                 which makes one",
                path.display()
            ),
            Self::Lost(path) => write!(
                f,
                "there is no key file {}, but the database holds projects that were sealed with one. Restore your \
                 copy. If it is lost for good, `countersign keys reset` says what is lost with it",
                path.display()
            ),
            Self::Open(path, mode) => write!(
                f,
                "the key file {0} has mode {mode:04o}, so others can get at it: run `chmod 600 {0}`",
                path.display()
            ),
            Self::Malformed(path, what) => write!(
                f,
                "{} {what}: restore your copy of the key file. It is never overwritten; remove it only if there is no \
                 database yet",
                path.display()
            ),
            Self::Io(path, error) => write!(f, "the key file {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for KeyFileError {}

/// Reads the key file, which must exist.
pub fn load(path: &Path) -> Result<Master, KeyFileError> {
    let io = |error| KeyFileError::Io(path.to_owned(), error);
    let malformed = |what| KeyFileError::Malformed(path.to_owned(), what);
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
        _ => io(error),
    })?;
    // Asked of the open file, so that it cannot be exchanged in between.
    let about = file.metadata().map_err(io)?;
    if !about.is_file() {
        return Err(malformed("is not a file"));
    }
    let mode = about.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(path.to_owned(), mode));
    }
    let mut text = String::new();
    file.take(4_096).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => malformed("is not a Countersign key file"),
        _ => io(error),
    })?;
    parse(&Secret::new(text)).map_err(malformed)
}

/// Reads the key file, or makes it with a new key when there is none. It is on the disk before this returns.
pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<Master, KeyFileError> {
    match load(path) {
        Err(KeyFileError::Missing(_)) => {}
        loaded => return loaded,
    }
    match create(path, &random.bytes::<{ Keys::MASTER_LEN }>(), random) {
        // Another process made it at the same time: its key counts. Always read back what is on the disk.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(KeyFileError::Io(path.to_owned(), error)),
        _ => load(path),
    }
}

/// The key file of a database. One that holds projects has one already: another must not be made beside it.
pub fn open(path: &Path, has_projects: bool, random: &dyn Random) -> Result<Master, KeyFileError> {
    match load(path) {
        Err(KeyFileError::Missing(path)) if has_projects => Err(KeyFileError::Lost(path)),
        Err(KeyFileError::Missing(_)) => load_or_create(path, random),
        loaded => loaded,
    }
}

fn parse(text: &Secret) -> Result<Master, &'static str> {
    let mut lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = match (lines.next(), lines.next()) {
        (None, _) => return Err("is empty or was cut short"),
        (Some(line), None) => line,
        (Some(_), Some(_)) => return Err("holds more than one key"),
    };
    let Some(key) = line.strip_prefix(PREFIX) else {
        let cut = PREFIX.starts_with(line);
        let newer = line.starts_with("countersign-key-");
        return Err(match (cut, newer) {
            (true, _) => "is empty or was cut short",
            (_, true) => "was made by a newer Countersign",
            _ => "is not a Countersign key file",
        });
    };
    let bytes = BASE64URL_NOPAD.decode(key.as_bytes()).map_err(|_| "was cut short or changed")?;
    Master::try_from(bytes).map_err(|_| "was cut short or changed")
}

/// The master key as its file has it.
pub fn encoded(key: &Master) -> Secret {
    Secret::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(key)))
}

/// What [`encoded`] made. The error says what is wrong with it.
pub fn decoded(text: &Secret) -> Result<Master, &'static str> {
    parse(text)
}

/// Makes the key file with this key. An existing one is never overwritten.
pub fn put(path: &Path, key: &Master) -> Result<(), KeyFileError> {
    create(path, key, &SystemRandom::new()).map_err(|error| KeyFileError::Io(path.to_owned(), error))
}

fn create(path: &Path, key: &Master, random: &dyn Random) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            File::open(above)?.sync_all()?;
        }
    }
    let text = Secret::new(format!("{COMMENT}{}\n", encoded(key).expose()));

    // Written aside and linked into place: nobody ever sees half a key file, not even after a crash.
    let aside = folder.join(format!(".countersign-key-{}", random.hex(8)));
    write_new(&aside, &text)?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // A file system without hard links.
        Err(_) => write_new(path, &text)?,
        Ok(()) => {}
    }
    File::open(folder)?.sync_all()
}

/// Makes a file that did not exist (`O_EXCL`), for its owner only, and waits until it is on the disk.
fn write_new(path: &Path, text: &Secret) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.expose().as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;

    use countersign_domain::base::random::{SeededRandom, SystemRandom};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn write(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    #[test]
    fn the_first_start_makes_a_private_file_and_later_ones_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/deep/countersign.key");
        let master = load_or_create(&path, &SeededRandom::new(1)).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(load_or_create(&path, &SeededRandom::new(2)).unwrap(), master);
        assert_eq!(load(&path).unwrap(), master);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with('#') && text.contains("\ncountersign-key-1:"), "{text}");
        let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "nothing is left aside");
    }

    #[test]
    fn loading_alone_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.key");
        assert!(matches!(load(&path), Err(KeyFileError::Missing(_))));
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.key");
        load_or_create(&path, &SeededRandom::new(1)).unwrap();
        for mode in [0o644, 0o640, 0o620, 0o604, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = load_or_create(&path, &SeededRandom::new(1)).unwrap_err();
            assert!(error.to_string().contains(&format!("chmod 600 {}", path.display())), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(load(&path).is_ok());
    }

    #[test]
    fn a_damaged_or_foreign_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.key");
        load_or_create(&path, &SeededRandom::new(1)).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        let key = whole.lines().last().unwrap();
        let mut bad: Vec<String> = (0..whole.trim_end().len()).map(|n| whole[..n].to_owned()).collect();
        bad.extend([
            format!("{whole}{key}\n"),
            key.replace("key-1", "key-2"),
            format!("{key}A"),
            "-----BEGIN PRIVATE KEY-----".to_owned(),
        ]);
        for text in bad {
            write(&path, &text);
            let error = load_or_create(&path, &SeededRandom::new(1)).unwrap_err();
            assert!(matches!(error, KeyFileError::Malformed(..)), "{text:?}: {error}");
            assert!(!error.to_string().contains(&key[PREFIX.len()..]), "the key is not in the message");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        write(&path, key);
        assert!(load(&path).is_ok(), "the comment is not needed");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(load(&path), Err(KeyFileError::Malformed(..))));
        assert!(matches!(load(folder.path()), Err(KeyFileError::Malformed(..))));
    }

    #[test]
    fn processes_that_start_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/countersign.key");
        let barrier = Barrier::new(8);
        let keys: Vec<Master> = std::thread::scope(|scope| {
            let start = || {
                barrier.wait();
                load_or_create(&path, &SystemRandom::new()).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }
}
