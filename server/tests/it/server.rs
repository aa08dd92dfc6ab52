//! The real server in a process of its own, on data that outlives it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use countersign_domain::args;
use countersign_domain::base::crypto::Keys;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock as _, Ctx, Phone, Result};
use countersign_domain::db::testing::{TestDb, wait};
use countersign_domain::db::{Kind, Tx};
use countersign_domain::message::{self, Entry};
use countersign_domain::project::{self, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::call::{Answer, Call};
use crate::people::Link;

/// How long something that happens by itself may take.
const BOUND: Duration = Duration::from_secs(20);

/// Writes a test once and runs it on both databases.
macro_rules! on_both {
    ($(#[$meta:meta])* fn $name:ident($kind:ident: Kind) $body:block) => {
        mod $name {
            use super::*;

            $(#[$meta])*
            fn body($kind: Kind) $body

            #[test]
            fn sqlite() {
                body(Kind::Sqlite);
            }

            #[test]
            fn postgres() {
                body(Kind::Postgres);
            }
        }
    };
}
pub(crate) use on_both;

/// Looks again and again until `look` finds something.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let pause = Duration::from_millis(10);
    for _ in 0..BOUND.as_millis() / pause.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(pause);
    }
    panic!("{what}: not within {BOUND:?}")
}

/// Data, key file and log of servers that run one after the other, or beside each other.
pub struct Home {
    db: TestDb,
    folder: TempDir,
    log: Arc<Mutex<String>>,
    /// What may stand in no log.
    secrets: Mutex<BTreeSet<String>>,
}

impl Home {
    pub fn new(kind: Kind) -> Arc<Self> {
        let (db, folder) = (TestDb::new(kind), tempfile::tempdir().unwrap());
        Arc::new(Self { db, folder, log: Arc::default(), secrets: Mutex::default() })
    }

    /// The binary with what it needs to find this data.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .args(arguments)
            .args(["--database", &self.db.url])
            .env("COUNTERSIGN_KEY_FILE", self.key_file())
            // A countersign.toml of whoever runs the tests is none of theirs.
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("countersign.key")
    }

    /// The bytes of a SQLite database, as a thief would have them.
    pub fn stolen(&self) -> Vec<u8> {
        let path = self.db.url.strip_prefix("sqlite://").expect("SQLite");
        let mut bytes = std::fs::read(path).unwrap();
        bytes.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
        bytes
    }

    /// Runs a statement behind the server's back.
    pub fn execute(&self, sql: &'static str) {
        wait(self.db.db.write(move |tx| tx.exec(sql, args![]))).unwrap();
    }

    /// How many rows a statement counts.
    pub fn count(&self, sql: &'static str) -> i64 {
        wait(self.db.db.read(move |tx| tx.find(sql, args![], |row| row.get::<i64>(0)))).unwrap().unwrap_or(0)
    }

    /// The newest messages of the demo project, as people may see them.
    pub fn messages(&self) -> Vec<Entry> {
        wait(self.db.db.read(|tx| message::list(tx, "demo", 1_000))).unwrap()
    }

    /// The state of the newest message to a number.
    pub fn message_to(&self, phone: &str) -> Option<Entry> {
        let mask = Phone::from_stored(phone.to_owned()).masked();
        self.messages().into_iter().find(|m| m.to == mask)
    }

    /// How much is stored, to see that a refused request wrote nothing.
    pub fn rows(&self) -> [i64; 6] {
        [
            self.count("SELECT COUNT(*) FROM users"),
            self.count("SELECT COUNT(*) FROM sessions"),
            self.count("SELECT COUNT(*) FROM messages"),
            self.count("SELECT COUNT(*) FROM verifications"),
            self.count("SELECT COUNT(*) FROM handles"),
            self.count("SELECT COUNT(*) FROM targets"),
        ]
    }

    /// Makes a project with front ends on these hosts, as the command line would.
    pub fn create_project(&self, id: &'static str, hosts: &'static [&str]) {
        self.write(id, 0, move |tx, ctx| {
            project::create(tx, ctx, id, id, Settings::default())?;
            hosts.iter().try_for_each(|host| project::create_platform(tx, ctx, id, host, host).map(drop))
        });
    }

    /// Writes as another process with the same key file would, whose clock is `ahead` seconds ahead of the machine's.
    pub fn write<T: Send + 'static>(
        &self,
        project: &str,
        ahead: i64,
        work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
    ) -> T {
        let random = Arc::new(SystemRandom::new());
        let master = countersign::keyfile::load_or_create(&self.key_file(), &*random).unwrap();
        let keys = Keys::from_master(&master).unwrap();
        let now = SystemClock::default().now().plus_seconds(ahead);
        let ctx = Ctx::system(now, random, Arc::new(keys), Arc::from(project));
        wait(self.db.db.write(move |tx| work(tx, &ctx))).unwrap()
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// No log line may hold this.
    pub fn keep_secret(&self, text: &str) {
        self.secrets.lock().unwrap().insert(text.to_owned());
    }

    /// What was kept so far.
    pub fn secrets(&self) -> BTreeSet<String> {
        self.secrets.lock().unwrap().clone()
    }

    /// Fails when a log line holds a secret.
    pub fn check_log(&self) {
        let log = self.log();
        for secret in &*self.secrets.lock().unwrap() {
            let told = log.match_indices(secret.as_str()).find(|(at, _)| {
                // A code is told only where its digits stand alone: times and ids hold any six.
                let before = log[..*at].chars().next_back();
                let after = log[at + secret.len()..].chars().next();
                let joined = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
                !joined(before) && !after.is_some_and(|c| c.is_ascii_alphanumeric())
            });
            if let Some((at, _)) = told {
                let line = log[..at].lines().count();
                panic!("{secret:?} is in line {line} of the log:\n{log}");
            }
        }
    }
}

/// A server that answers. It is killed when this is dropped, and its log is looked through for secrets.
pub struct Server {
    pub home: Arc<Home>,
    /// What it printed at its start.
    pub facts: Value,
    pub address: SocketAddr,
    child: Mutex<Child>,
    reader: Option<JoinHandle<()>>,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: String,
    /// The session's id.
    pub session: String,
    /// The value of the cookie, which is also that of the header.
    pub value: String,
}

impl Person {
    pub fn cookie(&self) -> String {
        format!("a_session_demo={}", self.value)
    }
}

impl Server {
    /// A server without limits on routes, which most tests would only run into.
    pub fn start(kind: Kind) -> Self {
        let server = Self::strict(kind);
        server.settings(&json!({
            "nuvix": {"rateLimits": false},
            "frontegg": {"rateLimits": false},
            "nevr": {
                "rateLimit": false,
                "baseRateLimits": {"signIn": false, "signUp": false, "password": false, "twoFactor": false},
            },
        }));
        server
    }

    /// A server as `--dev` has it.
    pub fn strict(kind: Kind) -> Self {
        Self::on(&Home::new(kind))
    }

    /// A server on this data.
    pub fn on(home: &Arc<Home>) -> Self {
        Self::with(home, &[])
    }

    /// A server on this data that is also told something by its environment.
    pub fn with(home: &Arc<Home>, environment: &[(&str, &str)]) -> Self {
        Self::run(home, &["serve", "--dev", "--json", "--listen", "127.0.0.1:0"], environment)
    }

    /// A server on this data as it is run in production.
    pub fn in_production(home: &Arc<Home>) -> Self {
        Self::run(home, &["serve", "--json", "--listen", "127.0.0.1:0"], &[])
    }

    /// A server that is started in this way.
    pub fn with_arguments(home: &Arc<Home>, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::run(home, arguments, environment)
    }

    fn run(home: &Arc<Home>, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = home
            .command(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stderr = child.stderr.take().unwrap();
        let log = Arc::clone(&home.log);
        let reader = thread::spawn(move || {
            let mut part = [0; 4_096];
            while let Ok(n) = stderr.read(&mut part) {
                if n == 0 {
                    return;
                }
                log.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..n]));
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let facts: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            drop(child.kill());
            drop(child.wait());
            panic!("{error}: {line:?}\n{}", home.log())
        });
        let address = facts["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        let secrets = [&facts["apiKey"], &facts["clientSecret"], &facts["admin"]["password"]];
        for secret in secrets.into_iter().filter_map(Value::as_str) {
            home.keep_secret(secret);
        }
        Self { home: Arc::clone(home), facts, address, child: Mutex::new(child), reader: Some(reader) }
    }

    /// Ends it the hard way, in the middle of whatever it does.
    pub fn kill9(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(&self) {
        let mut child = self.child.lock().unwrap();
        let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(child.wait().unwrap().success(), "{}", self.home.log());
    }

    /// Another process on the same data; this one is killed.
    pub fn restarted(self) -> Self {
        self.kill9();
        let home = Arc::clone(&self.home);
        drop(self);
        Self::on(&home)
    }

    pub fn call(&self, method: &str, target: &str) -> Call {
        Call::new(self.address, method, target)
    }

    pub fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    pub fn post(&self, target: &str, body: &Value) -> Call {
        self.call("POST", target).json(body)
    }

    pub fn api_key(&self) -> &str {
        self.facts["apiKey"].as_str().unwrap()
    }

    /// Changes settings of the demo project.
    #[track_caller]
    pub fn settings(&self, patch: &Value) {
        self.post("/dev/settings", patch).send().expect(200);
    }

    /// Moves the server's clock.
    #[track_caller]
    pub fn advance(&self, seconds: i64) {
        self.post("/dev/clock", &json!({"advanceSeconds": seconds})).send().expect(200);
    }

    /// What the inbox holds for a number or an address, the newest first.
    pub fn inbox(&self, to: &str) -> Vec<Value> {
        let target = format!("/dev/inbox?to={}", to.replace('+', "%2B"));
        let messages = self.get(&target).send().expect(200).json();
        for message in messages.as_array().unwrap() {
            if let Some(code) = message["code"].as_str() {
                self.home.keep_secret(code);
            }
            if let Some(link) = message["link"].as_str().and_then(Link::find) {
                self.home.keep_secret(&link.secret);
            }
        }
        messages.as_array().unwrap().clone()
    }

    /// The newest code that a number got, once it has `count` of them.
    #[track_caller]
    pub fn code(&self, phone: &str, count: usize) -> String {
        eventually("a code", || {
            let messages = self.inbox(phone);
            (messages.len() >= count).then(|| messages[0]["code"].as_str().unwrap().to_owned())
        })
    }

    /// A request for a code.
    pub fn ask(&self, user: &str, phone: &str) -> Call {
        self.home.keep_secret(phone);
        self.post("/v1/account/tokens/phone", &json!({"userId": user, "phone": phone}))
    }

    /// The exchange of a code for a session.
    pub fn exchange(&self, user: &str, code: &str) -> Call {
        self.post("/v1/account/sessions/token", &json!({"userId": user, "secret": code}))
    }

    /// Signs in with a number that has got no code yet.
    #[track_caller]
    pub fn sign_in(&self, user: &str, phone: &str) -> Person {
        self.ask(user, phone).send().expect(201);
        let code = self.code(phone, 1);
        self.person(self.exchange(user, &code).send().expect(201))
    }

    /// Whose session an answer opens.
    #[track_caller]
    pub fn person(&self, opened: &Answer) -> Person {
        let body = opened.json();
        let value = ["a_session_demo", "nx_session"].iter().find_map(|name| opened.cookie(name)).expect("a cookie");
        self.home.keep_secret(value);
        self.home.keep_secret(&secret_of(value));
        Person {
            user: body["userId"].as_str().unwrap().to_owned(),
            session: body["$id"].as_str().unwrap().to_owned(),
            value: value.to_owned(),
        }
    }

    /// `GET /v1/account` with a cookie.
    pub fn account(&self, person: &Person) -> Answer {
        self.get("/v1/account").header("Cookie", person.cookie()).send()
    }
}

/// The secret inside the value of a session on the wire.
pub fn secret_of(value: &str) -> String {
    let json = data_encoding::BASE64.decode(value.as_bytes()).expect("base64");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    json["secret"].as_str().unwrap().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let child = self.child.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(child.kill());
        drop(child.wait());
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.home.log());
        } else {
            self.home.check_log();
        }
    }
}

#[test]
fn a_log_that_tells_a_secret_fails_its_test() {
    let check = |line: &str, secret: &str| {
        let home = Home::new(Kind::Sqlite);
        home.log.lock().unwrap().push_str(line);
        home.keep_secret(secret);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| home.check_log())).is_err()
    };
    assert!(check("to=+14255550123 sent", "+14255550123"));
    assert!(check("body: \"Demo: 123456 is your code\"", "123456"));
    assert!(!check("2026-01-01T00:00:00.123456Z WARN id=a123456b to=+1425***0123", "123456"));
}
