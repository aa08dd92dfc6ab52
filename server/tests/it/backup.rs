//! Backups while people sign in, and what comes back from them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use countersign_domain::db::Kind;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Home, Server, on_both};
use crate::session::jwt;

const PHONE: &str = "+14255550190";
const PASSPHRASE: &str = "correct horse battery staple\n";

/// What a command left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn json(&self) -> Value {
        assert!(self.code == 0 && self.err.is_empty(), "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    #[track_caller]
    fn refused(&self, text: &str) {
        assert!(self.code == 1 && self.err.contains(text), "{}: {}{}", self.code, self.out, self.err);
    }
}

fn run(home: &Home, arguments: &[&str]) -> Ran {
    let out = home.command(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: out.status.code().unwrap(), out: text(out.stdout), err: text(out.stderr) }
}

/// A folder for backups, with a passphrase in a file.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        let shelf = Self(tempfile::tempdir().unwrap());
        fs::write(shelf.path("passphrase"), PASSPHRASE).unwrap();
        shelf
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

/// An empty database that has the key file of another.
fn heir(kind: Kind, of: &Home) -> Arc<Home> {
    let home = Home::new(kind);
    fs::copy(of.key_file(), home.key_file()).unwrap();
    home
}

/// Nothing of a project is there.
#[track_caller]
fn untouched(home: &Home) {
    assert_eq!(home.rows(), [0; 6]);
    assert_eq!(home.count("SELECT COUNT(*) FROM projects"), 0);
}

fn crosswise(from: Kind, to: Kind) {
    let (server, shelf) = (Server::start(from), Shelf::new());
    let person = server.sign_in("anna", PHONE);
    let token = jwt(&server, &person);
    // People sign in meanwhile.
    let file = shelf.text("backup");
    let made = thread::scope(|scope| {
        let busy = scope.spawn(|| {
            for n in 0..12 {
                server.sign_in(&format!("u{n}"), &format!("+142555502{n:02}"));
            }
        });
        thread::sleep(Duration::from_millis(150));
        let made = run(&server.home, &["backup", &file, "--json"]).json();
        busy.join().unwrap();
        made
    });
    assert_eq!((made["lock"].as_str(), made["serverKey"].as_bool()), (Some("key-file"), Some(false)));
    let rows = |table: &str| made["tables"][table].as_u64().unwrap();
    // Each sign-in is one session and one event; an account may be there before its first.
    assert!(rows("sessions") >= 1 && rows("sessions") == rows("audit_events"), "{made}");
    assert!(rows("users") >= rows("sessions"), "{made}");

    let home = heir(to, &server.home);
    let restored = run(&home, &["restore", &file, "--json"]).json();
    assert_eq!((&restored["tables"], &restored["keyFile"]), (&made["tables"], &"present".into()));
    assert_eq!(home.count("SELECT COUNT(*) FROM sessions").cast_unsigned(), rows("sessions"));

    // People stay signed in, and what other servers were told stays true.
    let keys = server.get("/.well-known/jwks.json").send().expect(200).json();
    let again = Server::on(&home);
    assert_eq!(again.account(&person).expect(200).json()["$id"], "anna");
    assert_eq!(again.get("/.well-known/jwks.json").send().expect(200).json(), keys);
    again.get("/v1/account").header("X-Appwrite-JWT", &token).send().expect(200);
    again.sign_in("newcomer", "+14255550299");
    let verified = run(&home, &["audit", "verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}

#[test]
fn a_backup_while_people_sign_in_is_restored_from_sqlite_into_postgresql() {
    crosswise(Kind::Sqlite, Kind::Postgres);
}

#[test]
fn a_backup_while_people_sign_in_is_restored_from_postgresql_into_sqlite() {
    crosswise(Kind::Postgres, Kind::Sqlite);
}

#[test]
fn one_file_and_one_passphrase_restore_everything() {
    let (server, shelf) = (Server::start(Kind::Sqlite), Shelf::new());
    let person = server.sign_in("anna", PHONE);
    let (file, passphrase) = (shelf.text("backup"), shelf.text("passphrase"));
    let alone = run(&server.home, &["backup", &file, "--with-server-key"]);
    alone.refused("--with-server-key needs a passphrase");
    let backup = ["backup", &file, "--passphrase-file", &passphrase, "--with-server-key", "--json"];
    assert_eq!(run(&server.home, &backup).json()["serverKey"], true);
    let bytes = fs::read(shelf.path("backup")).unwrap();
    for secret in [PHONE, "anna", "countersign-key-1:"] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
    }

    let home = Home::new(Kind::Sqlite);
    let wrong = shelf.text("wrong");
    fs::write(&wrong, "another passphrase").unwrap();
    run(&home, &["restore", &file, "--passphrase-file", &wrong]).refused("the passphrase is another one");
    run(&home, &["restore", &file]).refused("--passphrase-file");
    untouched(&home);
    assert!(!home.key_file().exists());

    let ran = run(&home, &["restore", &file, "--passphrase-file", &passphrase]);
    assert!(ran.code == 0 && ran.out.contains("Its key file was in the backup and is now"), "{}{}", ran.out, ran.err);
    assert_eq!(fs::metadata(home.key_file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read(home.key_file()).unwrap(), fs::read(server.home.key_file()).unwrap());
    assert_eq!(Server::on(&home).account(&person).status, 200);

    // Another key file is never overwritten.
    let other = Home::new(Kind::Sqlite);
    run(&other, &["project", "create", "x", "--name", "X"]);
    run(&other, &["project", "delete", "x", "--yes"]);
    let key = fs::read(other.key_file()).unwrap();
    run(&other, &["restore", &file, "--passphrase-file", &passphrase])
        .refused("is another one than that of the backup");
    assert_eq!(fs::read(other.key_file()).unwrap(), key);
    assert_eq!(other.count("SELECT COUNT(*) FROM users"), 0);
}

#[test]
fn without_the_key_file_the_restore_says_that_it_is_needed() {
    let (server, shelf) = (Server::start(Kind::Sqlite), Shelf::new());
    server.sign_in("anna", PHONE);
    let (file, passphrase) = (shelf.text("backup"), shelf.text("passphrase"));
    assert_eq!(run(&server.home, &["backup", &file, "--passphrase-file", &passphrase]).code, 0);
    let home = Home::new(Kind::Sqlite);
    let ran = run(&home, &["restore", &file, "--passphrase-file", &passphrase]);
    assert!(ran.code == 0 && ran.out.contains("put your copy there before you start"), "{}{}", ran.out, ran.err);
    assert!(!home.key_file().exists());

    // One that the key file locks does not open without it, but with a copy from anywhere.
    let (locked, copy) = (shelf.text("locked"), shelf.text("copy.key"));
    assert_eq!(run(&server.home, &["backup", &locked]).code, 0);
    let home = Home::new(Kind::Sqlite);
    run(&home, &["restore", &locked]).refused("name it by --key-file");
    fs::copy(server.home.key_file(), &copy).unwrap();
    assert_eq!(run(&home, &["restore", &locked, "--key-file", &copy, "--json"]).json()["keyFile"], "missing");
}

on_both! {
    fn what_is_damaged_or_would_mix_is_refused_and_nothing_is_written(kind: Kind) {
        let (server, shelf) = (Server::start(kind), Shelf::new());
        server.sign_in("anna", PHONE);
        let file = shelf.text("backup");
        assert_eq!(run(&server.home, &["backup", &file]).code, 0);
        for arguments in [["backup", "--verify", &file], ["restore", "--check", &file]] {
            let ran = run(&server.home, &arguments);
            assert!(ran.code == 0 && ran.out.contains("is whole: "), "{}{}", ran.out, ran.err);
        }
        let home = heir(kind, &server.home);
        let whole = fs::read(&file).unwrap();
        let bad = shelf.path("bad");
        let mut changed = whole.clone();
        let middle = whole.len() / 2;
        changed[middle] ^= 1;
        let cases: [(&str, &[u8]); 5] = [
            ("cut", &whole[..whole.len() - 1]),
            ("half", &whole[..middle]),
            ("changed", &changed),
            ("longer", &[&whole[..], b"x"].concat()),
            ("no backup of Countersign", b"SQLite format 3\0 and so on"),
        ];
        for (name, bytes) in cases {
            fs::write(&bad, bytes).unwrap();
            for arguments in [&["restore", "--check", shelf.text("bad").as_str()][..], &["restore", &shelf.text("bad")]] {
                let ran = run(&home, arguments);
                assert!(ran.code == 1 && ran.err.contains("bad "), "{name}: {}{}", ran.out, ran.err);
            }
        }
        untouched(&home);
        // The database that it came from is not empty.
        run(&server.home, &["restore", &file]).refused("is not empty");
        assert_eq!(server.home.count("SELECT COUNT(*) FROM sessions"), 1);
        assert_eq!(run(&home, &["restore", &file]).code, 0);
        run(&home, &["restore", &file]).refused("is not empty");
    }
}

#[test]
fn a_backup_is_its_owners_alone_and_takes_no_other_files_place() {
    let (server, shelf) = (Server::start(Kind::Sqlite), Shelf::new());
    let file = shelf.text("backup");
    assert_eq!(run(&server.home, &["backup", &file]).code, 0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&file).unwrap();
    run(&server.home, &["backup", &file]).refused("there is a file");
    assert_eq!(fs::read(&file).unwrap(), before);
    run(&server.home, &["backup", &shelf.text("nowhere/backup")]).refused("cannot be written");
    let short = shelf.text("short");
    fs::write(&short, "short").unwrap();
    run(&server.home, &["backup", &shelf.text("other"), "--passphrase-file", &short]).refused("at least 12 characters");
    run(&server.home, &["backup", &shelf.text("other"), "--passphrase"]).refused("--passphrase-file");
    let mut left: Vec<_> = fs::read_dir(shelf.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["backup", "passphrase", "short"], "nothing half-written is left");

    // On standard output, and nothing else there.
    let out = server.home.command(&["backup", "-"]).output().unwrap();
    assert!(out.status.success() && out.stdout.starts_with(b"countersign-sealed-1 "));
    fs::write(shelf.path("piped"), &out.stdout).unwrap();
    assert_eq!(run(&server.home, &["backup", "--verify", &shelf.text("piped")]).code, 0);
    let nothing = Home::new(Kind::Sqlite);
    run(&nothing, &["backup", &shelf.text("other")]).refused("there is nothing to back up");
}

on_both! {
    fn a_restore_that_is_killed_leaves_all_or_nothing(kind: Kind) {
        let (server, shelf) = (Server::start(Kind::Sqlite), Shelf::new());
        server.sign_in("anna", PHONE);
        server.home.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
 INSERT INTO contacts (project_id, user_id, id, channel, identifier, name, removed, created_at, updated_at)
 SELECT 'demo', 'anna', 'c' || i, 'push', 'token ' || i, '', 0, 0, 0 FROM n",
        );
        let file = shelf.text("backup");
        assert_eq!(run(&server.home, &["backup", &file]).code, 0);
        let home = heir(kind, &server.home);
        let (mut nothing, mut all) = (0, false);
        for millis in [30, 120, 250, 400, 600, 900] {
            let mut child = home.command(&["restore", &file]).spawn().unwrap();
            thread::sleep(Duration::from_millis(millis));
            child.kill().unwrap();
            child.wait().unwrap();
            let (contacts, projects) = (
                home.count("SELECT COUNT(*) FROM contacts"),
                home.count("SELECT COUNT(*) FROM projects"),
            );
            assert!([(0, 0), (20_000, 1)].contains(&(contacts, projects)), "{contacts} of 20000, {projects} of 1");
            all = contacts > 0;
            if all {
                break;
            }
            nothing += 1;
        }
        assert!(nothing > 0, "the first kill came before anything was written");
        if !all {
            assert_eq!(run(&home, &["restore", &file]).code, 0);
        }
        assert_eq!(home.count("SELECT COUNT(*) FROM contacts"), 20_000);
        assert!(Path::new(&file).exists());
    }
}
