//! The command line, as a newcomer and a script use it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use countersign_domain::args;
use countersign_domain::base::Clock as _;
use countersign_domain::base::time::SystemClock;
use countersign_domain::db::testing::wait;
use countersign_domain::db::{Db, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with its own database and key file.
struct Machine(TempDir);

/// What a command left behind.
#[derive(Debug)]
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with the project `shop`.
    fn with_shop() -> Self {
        let machine = Self::new();
        machine.good(&["project", "create", "shop", "--name", "The Shop"]);
        machine
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn key_file(&self) -> PathBuf {
        self.data().join("countersign.key")
    }

    fn run_with(&self, args: &[&str], input: &str) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("COUNTERSIGN_")) {
                command.env_remove(name);
            }
        }
        let command = command.current_dir(self.0.path()).args(args).args(["--data", "data"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that does not read its input may have closed it already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "")
    }

    /// Runs a command that must succeed; gives what it printed.
    #[track_caller]
    fn good(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert!(done.code == 0 && done.err.is_empty(), "{args:?}: {done:?}");
        done.out
    }

    /// The same, as JSON.
    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let out = self.good(&[args, &["--json"]].concat());
        assert_eq!(out.lines().count(), 1, "{out}");
        serde_json::from_str(&out).unwrap()
    }

    /// Runs a command that must fail with `code`; gives what it said.
    #[track_caller]
    fn bad(&self, code: i32, args: &[&str]) -> String {
        let done = self.run(args);
        assert!(done.code == code && !done.err.is_empty(), "{args:?}: {done:?}");
        done.err
    }

    /// The doctor's report as data, with his exit code.
    #[track_caller]
    fn doctor(&self) -> (i32, Value) {
        let done = self.run(&["doctor", "--json"]);
        (done.code, serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}")))
    }

    fn db(&self) -> Db {
        Db::open(&Options::new(format!("sqlite://{}/countersign.db", self.data().display()))).unwrap()
    }
}

/// The texts of all checks of that name which came out as `state`.
fn texts(report: &Value, state: &str, check: &str) -> String {
    let checks = report["checks"].as_array().unwrap().iter();
    let found = checks.filter(|c| c["state"] == state && c["check"] == check);
    found
        .map(|c| format!("{} {}\n", c["text"].as_str().unwrap(), c["remedy"].as_str().unwrap_or_default()))
        .collect::<Vec<_>>()
        .concat()
}

const TWILIO: &str = r#"{"sms": {"providers": [{"name": "main", "baseUrl": "https://127.0.0.1:9", "account":
    {"kind": "twilio", "accountSid": "AC1", "authToken": "t0ps3cret", "from": "+15005550006"}}]}}"#;

const SMTP: &str = r#"{"email": {"providers": [{"name": "main", "from": "no-reply@example.com", "account":
    {"kind": "smtp", "host": "localhost", "port": 9, "username": "mailer", "password": "t0ps3cret"}}]}}"#;

#[test]
fn a_project_is_made_shown_changed_and_deleted() {
    let machine = Machine::new();
    let create = ["project", "create", "shop", "--name", "The Shop", "--set", "otp.length=8"];
    let out = machine.good(&create);
    assert!(out.contains("Project shop is made") && out.contains("sms.countries"), "{out}");
    assert!(machine.bad(1, &create).contains("there is a project \"shop\" already"));

    let out = machine.good(&["project", "set", "shop", "sms.countries=[\"DE\",\"AT\"]", "nevr.rateLimit=false"]);
    assert_eq!(out, "nevr.rateLimit: {\"max\":10,\"window\":60000} → false\nsms.countries: [] → [\"DE\",\"AT\"]\n");
    assert_eq!(
        machine.json(&["project", "set", "shop", "otp.length=6", "--name", "Shop"])["changed"],
        json!([{"key": "name", "from": "The Shop", "to": "Shop"}, {"key": "otp.length", "from": 8, "to": 6}])
    );
    assert!(machine.good(&["project", "set", "shop", "otp.length=6"]).contains("Nothing to change"));

    let out = machine.good(&["project", "show", "shop"]);
    assert!(out.contains("sms.countries=[\"DE\",\"AT\"]  (default [])"), "{out}");
    assert!(machine.good(&["project", "list"]).contains("shop  Shop"));
    assert_eq!(machine.json(&["project", "list"])[0]["settings"]["otp"]["length"], 6);

    let err = machine.bad(1, &["project", "delete", "shop"]);
    assert!(err.contains("0 users") && err.contains("--yes"), "{err}");
    machine.good(&["project", "delete", "shop", "--yes"]);
    assert_eq!(machine.json(&["project", "list"]), json!([]));
    for args in [["project", "show", "shop"], ["project", "delete", "shop"]] {
        assert!(machine.bad(1, &args).contains("there is no project \"shop\""));
    }
}

#[test]
fn credentials_come_by_standard_input_and_are_never_shown() {
    let machine = Machine::with_shop();
    let set = machine.run_with(&["project", "set", "shop", "--file", "-"], TWILIO);
    assert!(set.code == 0 && set.out.contains("[hidden]"), "{set:?}");
    let text = machine.good(&["project", "show", "shop"]);
    let shown = machine.json(&["project", "show", "shop"]);
    for out in [&set.out, &text, &shown.to_string()] {
        assert!(out.contains("[hidden]") && !out.contains("t0ps3cret"), "{out}");
    }

    // What was shown can be given back, and keeps the credential.
    let file = machine.0.path().join("shop.json");
    fs::write(&file, shown.to_string()).unwrap();
    let out = machine.good(&["project", "set", "shop", "--file", "shop.json"]);
    assert!(out.contains("Nothing to change"), "{out}");
    fs::write(&file, TWILIO.replace("t0ps3cret", "another")).unwrap();
    let out = machine.good(&["project", "set", "shop", "--file", "shop.json"]);
    assert_eq!(out, "sms.providers: a credential is changed\n");

    // In another project there is nothing to keep.
    machine.good(&["project", "create", "kiosk", "--name", "Kiosk"]);
    fs::write(&file, shown.to_string()).unwrap();
    let err = machine.bad(1, &["project", "set", "kiosk", "--file", "shop.json"]);
    assert!(err.contains("sms.providers[0].account.authToken"), "{err}");
    assert_eq!(machine.json(&["project", "show", "kiosk"])["settings"]["sms"]["providers"], json!([]));
}

#[test]
fn wrong_settings_are_refused_by_name_and_change_nothing() {
    let machine = Machine::with_shop();
    let before = machine.json(&["project", "show", "shop"]);
    for (setting, name) in [
        ("otp.lenght=8", "otp.lenght"),
        ("otp.length=3", "otp.length"),
        ("otp.length=six", "otp.length"),
        ("opt.length=8", "opt"),
        ("sms.countries=[DE]", "sms.countries"),
        ("sms.templates.mfa=Hello", "sms.templates.mfa"),
        ("sms.templates.signin={{ code }}", "sms.templates.signin"),
        ("sms.templates.sign-in.de={% for x in y %}{% endfor %}", "sms.templates.sign-in.de"),
    ] {
        let err = machine.bad(1, &["project", "set", "shop", "otp.maxAttempts=4", setting]);
        assert!(err.starts_with(&format!("error: {name}")), "{setting}: {err}");
        let err = machine.bad(1, &["project", "create", "other", "--name", "Other", "--set", setting]);
        assert!(err.starts_with(&format!("error: {name}")), "{setting}: {err}");
    }
    assert_eq!(machine.json(&["project", "show", "shop"]), before);
    assert!(machine.bad(1, &["project", "set", "shop", "sms.countries=[DE]"]).contains("quotes"));
    assert!(machine.bad(2, &["project", "set", "shop", "otp.length"]).contains("KEY=VALUE"));
    assert!(machine.bad(1, &["project", "set", "shop"]).contains("nothing to set"));
    let err = machine.bad(1, &["project", "set", "shop", "otp.lenght=8", "--json"]);
    assert!(serde_json::from_str::<Value>(&err).unwrap()["error"].as_str().unwrap().contains("otp.lenght"));
}

#[test]
fn a_text_in_one_language_is_a_setting_of_its_own() {
    let machine = Machine::with_shop();
    machine.good(&["project", "set", "shop", "sms.templates.sign-in.de={{ brand }}: {{ code }}"]);
    let templates = &machine.json(&["project", "show", "shop"])["settings"]["sms"]["templates"];
    assert_eq!(*templates, json!({"sign-in.de": "{{ brand }}: {{ code }}"}));
}

#[test]
fn front_ends_are_let_in_and_shut_out() {
    let machine = Machine::with_shop();
    let added = machine.json(&["project", "platform", "add", "shop", "App.example.com"]);
    assert_eq!(added["hostname"], "app.example.com");
    machine.bad(1, &["project", "platform", "add", "shop", "app.example.com"]);
    machine.bad(1, &["project", "platform", "add", "shop", "https://app.example.com"]);
    machine.bad(1, &["project", "platform", "add", "nobody", "app.example.com"]);
    assert_eq!(machine.json(&["project", "show", "shop"])["platforms"], json!([added]));
    assert!(machine.good(&["project", "show", "shop"]).contains("app.example.com"));
    let id = added["id"].as_str().unwrap();
    machine.good(&["project", "platform", "remove", "shop", id]);
    assert!(machine.bad(1, &["project", "platform", "remove", "shop", id]).contains("no front end"));
}

#[test]
fn a_key_is_shown_once_listed_without_its_secret_and_revoked() {
    let machine = Machine::with_shop();
    let create = ["key", "create", "--project", "shop", "--name", "backend", "--scope", "users.read,users.write"];
    let made = machine.json(&[&create[..], &["--expires", "90d"]].concat());
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("standard_") && secret.len() == 265, "{made}");
    let out = machine.good(&create);
    assert!(out.contains("shown once") && out.contains("standard_") && out.contains("never"), "{out}");

    let list = machine.json(&["key", "list", "--project", "shop"]);
    let mut expected = made.clone();
    expected.as_object_mut().unwrap().remove("secret");
    assert_eq!((list.as_array().unwrap().len(), &list[0]), (2, &expected));
    let out = machine.good(&["key", "list", "--project", "shop"]);
    assert!(out.contains("backend") && !out.contains("standard_"), "{out}");

    let id = made["id"].as_str().unwrap();
    assert_eq!(machine.json(&["key", "revoke", "--project", "shop", id]), json!({"revoked": id}));
    assert!(machine.bad(1, &["key", "revoke", "--project", "shop", id]).contains("has no key"));
    assert_eq!(machine.json(&["key", "list", "--project", "shop"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_key_that_could_not_work_is_not_made() {
    let machine = Machine::with_shop();
    let create = |more: &[&'static str]| [&["key", "create", "--project", "shop", "--name", "x"][..], more].concat();
    assert!(machine.bad(2, &create(&["--scope", "user.read"])).contains("users.read"));
    assert!(machine.bad(2, &create(&[])).contains("--scope"));
    assert!(machine.bad(2, &create(&["--scope", "users.read", "--expires", "soon"])).contains("90d"));
    assert!(machine.bad(1, &create(&["--scope", "users.read", "--expires", "2020-01-31"])).contains("in the past"));
    let elsewhere = ["key", "create", "--project", "nobody", "--name", "x", "--scope", "users.read"];
    assert!(machine.bad(1, &elsewhere).contains("there is no project \"nobody\""));
}

#[test]
fn an_administrators_password_is_given_or_made_up() {
    let machine = Machine::new();
    let done = machine.run_with(&["admin", "create", "ada@example.com"], "correct horse battery\n");
    assert!(done.code == 0 && done.out == "ada@example.com is an administrator.\n", "{done:?}");
    let done = machine.run_with(&["admin", "password", "ada@example.com"], "short\n");
    assert!(done.code == 1 && done.err.contains("12 characters"), "{done:?}");
    fs::write(machine.0.path().join("password"), "another horse battery").unwrap();
    machine.good(&["admin", "password", "ada@example.com", "--password-file", "password"]);
    let made = machine.json(&["admin", "create", "bob@example.com", "--generate"]);
    assert_eq!(made["password"].as_str().unwrap().len(), 24);
    assert!(machine.good(&["admin", "password", "bob@example.com", "--generate"]).contains("shown once"));
    assert!(machine.bad(1, &["admin", "create", "bob", "--generate"]).contains("email"));
    assert!(machine.bad(1, &["admin", "create", "x@y.z", "--password-file", "nowhere"]).contains("nowhere"));
}

#[test]
fn administrators_and_their_tokens_are_listed_and_removed() {
    let machine = Machine::new();
    assert!(machine.good(&["admin", "list"]).contains("countersign admin create"));
    machine.good(&["admin", "create", "ada@example.com", "--generate"]);
    assert!(machine.bad(1, &["admin", "create", "ADA@example.com", "--generate"]).contains("already"));
    assert!(machine.bad(1, &["admin", "delete", "ada@example.com"]).contains("the only administrator"));
    assert!(machine.bad(1, &["admin", "delete", "bob@example.com"]).contains("countersign admin list"));
    machine.good(&["admin", "create", "bob@example.com", "--generate"]);
    let token = ["admin", "token", "create", "ada@example.com", "--name", "deploy", "--expires", "90d"];
    let made = machine.json(&token);
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with("cs_admin_") && secret.len() == 73, "{made}");
    let listed = machine.good(&["admin", "token", "list"]);
    assert!(listed.contains(id) && listed.contains("ada@example.com") && !listed.contains(secret), "{listed}");
    let over = ["admin", "token", "create", "ada@example.com", "--name", "x", "--expires", "2020-01-31"];
    assert!(machine.bad(1, &over).contains("in the future"));
    machine.good(&["admin", "token", "revoke", id]);
    assert!(machine.bad(1, &["admin", "token", "revoke", id]).contains("countersign admin token list"));
    machine.json(&token);
    machine.good(&["admin", "delete", "ada@example.com"]);
    assert!(machine.good(&["admin", "token", "list"]).contains("There is no token"));
    assert_eq!(machine.json(&["admin", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_test_text_says_honestly_what_became_of_it() {
    let machine = Machine::with_shop();
    let send = ["sms", "send-test", "--project", "shop", "+14255550123"];
    assert!(machine.bad(1, &send).contains("no SMS provider"));
    assert_eq!(machine.run_with(&["project", "set", "shop", "--file", "-"], TWILIO).code, 0);
    // Providers at an address of our own network are never called.
    let err = machine.bad(1, &send);
    assert!(err.contains("\"main\" did not take the message"), "{err}");
    let done = machine.run(&[&send[..], &["--json"]].concat());
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &answer["outcome"], &answer["to"]), (1, &json!("refused"), &json!("+1425***0123")));
    assert!(!done.out.contains("+14255550123") && !done.err.contains("t0ps3cret"), "{done:?}");
    assert!(machine.bad(1, &[&send[..], &["--provider", "spare"]].concat()).contains("there are: main"));
    assert!(machine.bad(1, &["sms", "send-test", "--project", "shop", "4255550123"]).contains("country code"));
    let inbox = "sms.providers=[{\"name\":\"inbox\",\"account\":{\"kind\":\"inbox\"}}]";
    machine.good(&["project", "set", "shop", inbox]);
    assert!(machine.bad(1, &send).contains("development inbox"));
    let verify = TWILIO
        .replace("\"twilio\"", "\"twilioVerify\"")
        .replace("\"from\": \"+15005550006\"", "\"serviceSid\": \"VA1\"");
    assert_eq!(machine.run_with(&["project", "set", "shop", "--file", "-"], &verify).code, 0);
    // It would have been called, with a code to carry.
    assert!(machine.bad(1, &send).contains("private"));
    assert!(texts(&machine.doctor().1, "warning", "project").contains("notices by SMS reach nobody"));
}

#[test]
fn a_test_mail_says_honestly_what_became_of_it() {
    let machine = Machine::with_shop();
    let send = ["email", "send-test", "--project", "shop", "anna@example.com"];
    assert!(machine.bad(1, &send).contains("no e-mail provider"));
    let set = machine.run_with(&["project", "set", "shop", "--file", "-"], SMTP);
    assert!(set.code == 0 && set.out.contains("email.providers") && !set.out.contains("t0ps3cret"), "{set:?}");
    let other = SMTP.replace("t0ps3cret", "an0ther");
    let set = machine.run_with(&["project", "set", "shop", "--file", "-"], &other);
    assert_eq!(set.out, "email.providers: a credential is changed\n");
    // Servers at an address of our own network are never called.
    let err = machine.bad(1, &send);
    assert!(err.contains("\"main\" did not take the message: the address is private"), "{err}");
    let done = machine.run(&[&send[..], &["--json"]].concat());
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &answer["outcome"], &answer["to"]), (1, &json!("refused"), &json!("a***@example.com")));
    assert!(!done.out.contains("anna@") && !done.err.contains("an0ther"), "{done:?}");
    // Unless the operator says so: now somebody could answer.
    let file = machine.0.path().join("countersign.toml");
    fs::write(&file, "private_networks = ['127.0.0.1', '::1']").unwrap();
    let err = machine.bad(1, &send);
    assert!(err.contains("did not take the message: connection") && !err.contains("private"), "{err}");
    fs::write(&file, "private_networks = ['127.0.0.1/8']").unwrap();
    let err = machine.bad(2, &send);
    assert!(err.contains("private_networks[0]") && err.contains("did you mean 127.0.0.0/8?"), "{err}");
    fs::remove_file(&file).unwrap();
    assert!(machine.bad(1, &[&send[..], &["--provider", "spare"]].concat()).contains("there are: main"));
    assert!(machine.bad(1, &["email", "send-test", "--project", "shop", "anna"]).contains("e-mail address"));
    let inbox = "email.providers=[{\"name\":\"inbox\",\"from\":\"a@example.com\",\"account\":{\"kind\":\"inbox\"}}]";
    machine.good(&["project", "set", "shop", inbox]);
    assert!(machine.bad(1, &send).contains("development inbox"));
    assert!(texts(&machine.doctor().1, "warning", "project").contains("nothing reaches a mailbox"));
}

#[test]
fn texts_are_measured_and_long_ones_are_told() {
    let machine = Machine::new();
    let out = machine.good(&["sms", "lint"]);
    assert!(out.contains("Built-in texts") && out.contains("fit one SMS each"), "{out}");
    assert!(!machine.data().exists(), "measuring texts makes no database");
    machine.good(&["project", "create", "shop", "--name", "The Shop"]);
    let rows = machine.json(&["sms", "lint"]);
    assert!(rows.as_array().unwrap().iter().all(|row| row["segments"] == 1));
    assert!(rows.as_array().unwrap().iter().any(|row| row["project"] == "shop" && row["encoding"] == "UCS-2"));

    let long = format!("sms.templates.mfa.sv={{{{ brand }}}} {{{{ code }}}} {}", "å".repeat(150));
    machine.good(&["project", "set", "shop", &long]);
    let done = machine.run(&["sms", "lint", "--project", "shop"]);
    assert!(done.code == 1 && done.out.contains("! mfa in sv: takes 2"), "{done:?}");
    assert!(done.err.contains("1 text of"), "{done:?}");
}

#[test]
fn prices_are_shown_with_what_was_spent() {
    let machine = Machine::with_shop();
    machine.good(&["project", "set", "shop", "sms.countries=[\"DE\",\"AT\"]", "sms.prices.DE=0.07"]);
    let out = machine.good(&["sms", "price", "--project", "shop"]);
    assert!(out.contains("0.00 of 50.00 USD") && out.contains("DE  0.0700"), "{out}");
    assert!(out.contains("AT  0.0000  (no price is set)"), "{out}");
    assert_eq!(machine.json(&["sms", "price", "--project", "shop"])["spentToday"], 0.0);
}

#[test]
fn the_doctor_makes_nothing_in_a_fresh_folder() {
    let machine = Machine::new();
    let (code, report) = machine.doctor();
    assert_eq!((code, &report["problems"]), (1, &json!(1)), "{report}");
    assert!(texts(&report, "problem", "database").contains("countersign serve"), "{report}");
    assert!(texts(&report, "warning", "key file").contains("The first start makes it"), "{report}");
    assert_eq!(fs::read_dir(machine.0.path()).unwrap().count(), 0);
    // A folder that is there, but empty.
    fs::create_dir(machine.data()).unwrap();
    assert_eq!(machine.doctor().0, 1);
    assert_eq!(fs::read_dir(machine.data()).unwrap().count(), 0);
}

#[test]
fn the_doctor_is_content_with_a_good_server() {
    let machine = Machine::with_shop();
    let (code, report) = machine.doctor();
    assert_eq!((code, &report["problems"]), (0, &json!(0)), "{report}");
    let missing = texts(&report, "warning", "project");
    assert!(missing.contains("no SMS provider") && missing.contains("sms.countries"), "{missing}");
    assert!(missing.contains("no e-mail provider") && missing.contains("auth.magicUrl=false"), "{missing}");

    fs::write(machine.0.path().join("countersign.toml"), "public_url = 'https://id.example.com'\n").unwrap();
    assert_eq!(machine.run_with(&["project", "set", "shop", "--file", "-", "sms.countries=[\"DE\"]"], TWILIO).code, 0);
    assert_eq!(machine.run_with(&["project", "set", "shop", "--file", "-"], SMTP).code, 0);
    machine.good(&["project", "platform", "add", "shop", "app.example.com"]);
    let out = machine.good(&["doctor"]);
    assert!(out.contains("countersign.toml") && out.ends_with("\nAll is well.\n"), "{out}");
}

#[test]
fn the_doctor_knows_a_key_file_that_was_lost_or_swapped() {
    let machine = Machine::with_shop();
    let other = Machine::with_shop();
    let key = fs::read(machine.key_file()).unwrap();
    fs::remove_file(machine.key_file()).unwrap();
    let (code, report) = machine.doctor();
    let text = texts(&report, "problem", "key file");
    assert!(code == 1 && text.contains("there is a database") && text.contains("Sessions"), "{report}");
    assert!(!machine.key_file().exists());

    fs::copy(other.key_file(), machine.key_file()).unwrap();
    let (code, report) = machine.doctor();
    let text = texts(&report, "problem", "key file");
    assert!(code == 1 && text.contains("is not the key file that this database was made with"), "{report}");
    assert!(text.contains("credentials") && text.contains("Sessions"), "{report}");
    assert!(machine.bad(1, &["project", "list"]).contains("countersign doctor"));

    fs::write(machine.key_file(), key).unwrap();
    assert_eq!(machine.doctor().0, 0);
}

#[test]
fn the_doctor_refuses_a_key_file_that_others_can_read() {
    let machine = Machine::with_shop();
    fs::set_permissions(machine.key_file(), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, report) = machine.doctor();
    let text = texts(&report, "problem", "key file");
    assert!(code == 1 && text.contains("0644") && text.contains("chmod 600"), "{report}");
    assert!(texts(&report, "ok", "database").contains("SQLite"), "the rest is looked at all the same: {report}");
}

#[test]
fn the_doctor_lists_dead_letters_and_a_queue_that_nobody_empties() {
    const MESSAGE: &str = "INSERT INTO messages (id, project_id, channel, purpose, target_mask, state, tries, reason,
        due_at, expires_at, created_at) VALUES ($1, 'shop', 'sms', 'sign-in', '+1425***0123', $2, $3, $4, $5, $5, $5)";
    let machine = Machine::with_shop();
    let tries = r#"[{"provider": "main", "at": 0, "outcome": "refused", "reason": "HTTP 401"}]"#;
    let db = machine.db();
    let now = SystemClock::default().now();
    wait(db.write(move |tx| {
        tx.exec(MESSAGE, args!["m1", "dead", tries, "HTTP 401", now.plus_seconds(-60)])?;
        tx.exec(MESSAGE, args!["m2", "dead", "[]", "long ago", now.plus_seconds(-8 * 86_400)])?;
        tx.exec(MESSAGE, args!["m3", "queued", "[]", "", now.plus_seconds(-3_600)])
    }))
    .unwrap();
    drop(db);
    let (code, report) = machine.doctor();
    assert_eq!((code, report["deadLetters"].as_array().unwrap().len()), (1, 1), "{report}");
    assert_eq!(report["deadLetters"][0]["reason"], "HTTP 401");
    assert!(texts(&report, "warning", "dead letters").contains("1 message of the last 7 days"), "{report}");
    assert!(texts(&report, "problem", "queue").contains("60 minutes"), "{report}");
    let out = machine.run(&["doctor"]).out;
    assert!(out.contains("+1425***0123") && out.contains("main refused: HTTP 401"), "{out}");
}

#[test]
fn the_doctor_leaves_what_is_no_database_of_ours_alone() {
    let machine = Machine::with_shop();
    let file = machine.data().join("countersign.db");
    for (content, said) in [("", "is empty"), ("This is a letter to my grandmother, not a database.", "not a database")]
    {
        fs::write(&file, content).unwrap();
        let (code, report) = machine.doctor();
        assert!(code == 1 && texts(&report, "problem", "database").contains(said), "{report}");
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    fs::remove_file(&file).unwrap();
    let db = machine.db();
    wait(db.write(|tx| tx.exec("CREATE TABLE recipes (name TEXT)", &[]))).unwrap();
    drop(db);
    let (code, report) = machine.doctor();
    assert!(code == 1 && texts(&report, "problem", "database").contains("tables are not in it"), "{report}");

    fs::write(machine.0.path().join("countersign.toml"), "lissten = '127.0.0.1:1'\n").unwrap();
    let (code, report) = machine.doctor();
    assert!(code == 1 && texts(&report, "problem", "configuration").contains("lissten"), "{report}");
}

#[test]
fn every_command_helps_with_an_example_and_unknown_ones_end_with_2() {
    let machine = Machine::new();
    for command in [
        "project create",
        "project list",
        "project show",
        "project set",
        "project platform add",
        "project platform remove",
        "project delete",
        "key create",
        "key list",
        "key revoke",
        "admin create",
        "admin password",
        "admin list",
        "admin delete",
        "admin token create",
        "admin token list",
        "admin token revoke",
        "audit verify",
        "sms send-test",
        "sms lint",
        "sms price",
        "email send-test",
        "doctor",
        "db status",
        "serve",
    ] {
        let words: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let out = machine.good(&words);
        assert!(out.contains("Example") && out.contains(&format!("countersign {command}")), "{out}");
    }
    for words in [&["projct"][..], &["project", "make"], &["key", "list"]] {
        machine.bad(2, words);
    }
    assert!(machine.good(&["completions", "bash"]).contains("_countersign"));
    let openapi: Value = serde_json::from_str(&machine.good(&["openapi"])).unwrap();
    assert!(openapi["paths"]["/v1/account"].is_object());
}
