//! The audit trail: chained by the running server, checked by the command line beside it.

use std::fs;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::server::{Home, Server, eventually, on_both};

const PHONE: &str = "+14255550180";
const CHAINED: &str = "SELECT COUNT(*) FROM audit_events WHERE seq IS NOT NULL";
const WAITING: &str = "SELECT COUNT(*) FROM audit_events WHERE seq IS NULL";

/// A server with three events, all chained.
fn three(kind: Kind) -> Server {
    let server = Server::start(kind);
    for n in 1..=3 {
        server.sign_in(&format!("u{n}"), &format!("+1425555018{n}"));
    }
    chained(&server.home, 3);
    server
}

#[track_caller]
fn chained(home: &Home, count: i64) {
    eventually("the events are chained", || (home.count(CHAINED) == count).then_some(()));
}

/// Runs `audit verify` with more arguments: its exit code, and what it printed on each stream.
fn verify(home: &Home, more: &[&str]) -> (i32, String, String) {
    let out = home.command(&[&["audit", "verify"], more].concat()).output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

/// The same as JSON: the exit code and the only chain.
#[track_caller]
fn chain(home: &Home, more: &[&str]) -> (i32, Value) {
    let (code, out, err) = verify(home, &[&["--json"], more].concat());
    let mut report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    assert_eq!(report["chains"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["broken"], code, "{report}");
    (code, report["chains"][0].take())
}

on_both! {
    fn what_happens_is_chained_at_once_and_found_sound_while_the_server_runs(kind: Kind) {
        let server = three(kind);
        let (code, found) = chain(&server.home, &[]);
        assert_eq!((code, &found["project"], &found["events"], &found["waiting"]), (0, &json!("demo"), &json!(3), &json!(0)));
        let head = found["head"].as_str().unwrap();
        let (code, out, err) = verify(&server.home, &["--project", "demo", "--expect", head]);
        assert_eq!((code, out, err), (0, format!("demo: 3 events, head {head}\n"), String::new()));
    }
}

on_both! {
    fn an_altered_event_is_named_and_ends_the_command_with_1(kind: Kind) {
        let server = three(kind);
        server.home.execute("UPDATE audit_events SET user_id = 'somebody' WHERE seq = 2");
        let (code, found) = chain(&server.home, &[]);
        assert_eq!((code, &found["fault"]["seq"], &found["fault"]["what"]), (1, &json!(2), &json!("altered")), "{found}");
        let id = found["fault"]["event"].as_str().unwrap();
        let (code, out, err) = verify(&server.home, &[]);
        assert!(code == 1 && out.starts_with(&format!("demo: BROKEN: event 2 ({id}) is altered")), "{out}");
        assert!(err.starts_with("error: the audit trail of 1 project is broken"), "{err}");
    }
}

#[test]
fn a_tail_that_was_cut_off_with_its_trace_is_missed_by_who_noted_the_head() {
    let server = three(Kind::Sqlite);
    let head = chain(&server.home, &[]).1["head"].as_str().unwrap().to_owned();
    for sql in [
        "UPDATE audit_heads SET seq = 2, hash = (SELECT hash FROM audit_events WHERE seq = 2)",
        "DELETE FROM audit_events WHERE seq = 3",
    ] {
        server.home.execute(sql);
    }
    assert_eq!(chain(&server.home, &[]).0, 0);
    let (code, found) = chain(&server.home, &["--project", "demo", "--expect", &head]);
    assert_eq!((code, &found["fault"]["text"]), (1, &json!("event 3 is missing")), "{found}");
    for bad in [&["--expect", &head][..], &["--project", "demo", "--expect", "3:abc"]] {
        assert_eq!(verify(&server.home, bad).0, 2, "{bad:?}");
    }
    let (code, _, err) = verify(&server.home, &["--project", "nobody"]);
    assert!(code == 1 && err.contains("there is no project \"nobody\""), "{err}");
}

#[test]
fn another_key_file_is_told_apart_from_tampering() {
    let server = three(Kind::Sqlite);
    let other = Server::start(Kind::Sqlite);
    fs::copy(other.home.key_file(), server.home.key_file()).unwrap();
    let (code, out, err) = verify(&server.home, &[]);
    assert!(code == 1 && out.is_empty(), "{out}");
    assert!(
        err.contains("the key file does not belong to this database") && err.contains("countersign doctor"),
        "{err}"
    );
}

on_both! {
    fn at_a_stop_nothing_is_left_unchained(kind: Kind) {
        let server = Server::start(kind);
        server.sign_in("owner", PHONE);
        server.terminate();
        assert_eq!((server.home.count(CHAINED), server.home.count(WAITING)), (1, 0));
    }
}

#[test]
fn two_nodes_leave_one_chain() {
    let home = Home::new(Kind::Postgres);
    let nodes = [Server::on(&home), Server::on(&home)];
    nodes[0].settings(&json!({"nuvix": {"rateLimits": false}}));
    for n in 0..10 {
        nodes[n % 2].sign_in(&format!("u{n}"), &format!("+1425555{:04}", 1_000 + n));
    }
    chained(&home, 10);
    let (code, found) = chain(&home, &[]);
    assert_eq!((code, &found["events"], &found["fault"]), (0, &json!(10), &Value::Null));
}

#[test]
fn a_chain_that_was_tampered_with_is_told_in_the_log_and_goes_no_further() {
    let server = three(Kind::Sqlite);
    server.home.execute("UPDATE audit_heads SET seq = 2");
    server.sign_in("owner", PHONE);
    eventually("the line in the log", || server.home.log().contains("audit events could not be chained").then_some(()));
    assert_eq!((server.home.count(CHAINED), server.home.count(WAITING)), (3, 1));
    let (code, found) = chain(&server.home, &[]);
    assert_eq!((code, &found["fault"]["what"]), (1, &json!("head-altered")), "{found}");
}

#[test]
fn after_a_lost_key_file_the_trail_goes_on_and_says_so() {
    let server = three(Kind::Sqlite);
    let home = server.home.clone();
    server.terminate();
    fs::remove_file(home.key_file()).unwrap();
    let out = home.command(&["keys", "reset", "--yes"]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    let (code, found) = chain(&home, &[]);
    assert_eq!((code, &found["events"], &found["head"], &found["waiting"]), (0, &json!(0), &Value::Null, &json!(4)));
    let _server = Server::in_production(&home);
    chained(&home, 4);
    assert_eq!(chain(&home, &[]).0, 0);
    assert_eq!(home.count("SELECT COUNT(*) FROM audit_events WHERE event = 'keys.reset' AND project_id = 'demo'"), 1);
}
