//! Files that are whole or not there: written aside, for their owner only, and put into place at the end.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file that is being written. Dropped before [`finish`](Self::finish), it leaves nothing.
pub(crate) struct Aside {
    file: Option<BufWriter<File>>,
    hidden: PathBuf,
    path: PathBuf,
}

impl Aside {
    /// Begins a file that will be at `path`, where another one may be until then.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let hidden = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&hidden)?;
        Ok(Self { file: Some(BufWriter::with_capacity(256 << 10, file)), hidden, path: path.to_owned() })
    }

    /// Puts it into place, durably.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let file = self.file.take().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&self.hidden, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After `finish` there is nothing at this place.
        drop(std::fs::remove_file(&self.hidden));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_whole_and_private_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.ndjson");
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let mut file = Aside::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(names(), 0);

        std::fs::write(&path, "the one before").unwrap();
        let mut file = Aside::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "the one before");
        file.finish().unwrap();
        assert_eq!((std::fs::read_to_string(&path).unwrap().as_str(), names()), ("whole", 1));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Aside::create(Path::new("/")).is_err());
    }
}
