//! Every route by every kind of caller: `tests/principals.txt`, asked for cell by cell.

mod admin;
mod frontegg;
mod request;
mod table;
mod world;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use request::target;
use table::{Row, rows};
use world::{Session, Shown, World, show, show_nevr};

const FLAVOURS: [(&str, bool); 2] = [("Appwrite", false), ("Nuvix", true)];

/// Status and type of an answer; of a page of the login box its heading, or where it leads.
fn outcome(row: &Row, answer: &Answer) -> String {
    let kind = if row.path == "/login/authorize" {
        // Back with a code or a refusal, or to a page of ours.
        let to = answer.header("location").unwrap_or_default();
        let told = |name: &str| to.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let back = told("code").map(|_| "code").or_else(|| told("error"));
        back.unwrap_or(to).to_owned()
    } else if row.path.starts_with("/login") {
        let heading = answer.body.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>"));
        heading.map(|(heading, _)| heading.to_owned()).unwrap_or_default()
    } else if row.is_admin() {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        body["error"]["code"].as_str().unwrap_or_default().to_owned()
    } else if row.is_frontegg() && answer.status >= 400 {
        let words = answer.json()["errors"][0].as_str().unwrap_or_default().to_owned();
        words.replace(&format!("scope {}", row.scope), "scope SCOPE")
    } else if row.is_nevr() && answer.status >= 400 {
        answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    } else {
        answer.kind()
    };
    format!("{} {kind}", answer.status).trim().to_owned()
}

/// Asks for every cell of a row; what is not as it should be.
fn wrong_cells(world: &World, row: &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    for cell in &row.cells {
        let Some(expected) = &cell.expected else { continue };
        for ((flavour, nuvix), expected) in FLAVOURS.into_iter().zip(expected) {
            let calls: Vec<Call> = if row.is_admin() {
                world.admin_calls(row, cell.column)
            } else if row.is_frontegg() {
                world.frontegg_calls(row, cell.column, nuvix)
            } else {
                let show = if row.is_nevr() { show_nevr } else { show };
                let cases = world.cases(row, cell.column);
                cases.iter().map(|case| show(world.request(row, case), &case.shown, nuvix)).collect()
            };
            for call in calls {
                let answer = call.send();
                let outcome = outcome(row, &answer);
                if outcome != *expected {
                    let Row { method, path, .. } = row;
                    wrong.push(format!("{method} {path} {}, {flavour}: {outcome}, not {expected}", cell.column));
                }
            }
        }
    }
    wrong
}

/// Asks for every cell of these rows, several rows at a time.
fn check(world: &World, rows: &[Row]) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = wrong_cells(world, row);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes: Vec<_> = countersign::router::routes();
    let served: BTreeSet<_> = routes.iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(served.len(), routes.len(), "two routes have one method and path");
    let rows = rows();
    let declared: BTreeSet<_> = rows.iter().flat_map(Row::routes).collect();
    let count: usize = rows.iter().map(|row| row.mounts.len()).sum();
    assert_eq!(declared.len(), count, "two rows have one method and path");
    let missing: Vec<_> = served.difference(&declared).collect();
    assert!(missing.is_empty(), "no row in tests/principals.txt says who may call {missing:?}");
    let gone: Vec<_> = declared.difference(&served).collect();
    assert!(gone.is_empty(), "tests/principals.txt has rows of no route: {gone:?}");
}

#[test]
fn every_cell_is_answered_as_the_table_says() {
    let world = World::new(Kind::Sqlite);
    // After a reset nobody is there any more.
    let rows = rows().into_iter().filter(|row| !row.is_frontegg());
    let (last, rows): (Vec<_>, Vec<_>) = rows.partition(|row| row.path == "/dev/reset");
    check(&world, &rows);
    check(&world, &last);
}

#[test]
fn every_cell_of_frontegg_s_clients_is_answered_as_the_table_says() {
    let world = World::new(Kind::Sqlite);
    let rows: Vec<_> = rows().into_iter().filter(Row::is_frontegg).collect();
    assert!(rows.len() > 30, "{}", rows.len());
    check(&world, &rows);
}

#[test]
fn the_rules_of_sessions_hold_on_postgresql() {
    let world = World::new(Kind::Postgres);
    let few = [
        ("GET", "/v1/account"),
        ("DELETE", "/v1/account/sessions/{sessionId}"),
        ("PUT", "/v1/account/verifications/phone"),
        ("GET", "/v1/account/mfa/recovery-codes"),
        ("PUT", "/v1/account/mfa/challenges"),
        ("POST", "/v1/account/sessions/email"),
    ];
    let rows: Vec<_> = rows().into_iter().filter(|row| few.contains(&(row.method, row.path))).collect();
    assert_eq!(rows.len(), few.len());
    check(&world, &rows);
}

#[test]
fn no_other_method_is_answered_at_these_paths() {
    let world = World::new(Kind::Sqlite);
    let rows = rows();
    let paths: BTreeSet<_> = rows.iter().map(|row| row.path).collect();
    let session = world.pending().sibling;
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if rows.iter().any(|row| row.method == method && covers(row.path, path)) {
                continue;
            }
            let call = world.server.call(method, &target(path, &session.id)).json(&json!({}));
            let key = Shown::Key(world.server.api_key().to_owned());
            for shown in [Shown::Nothing, Shown::Session(session.clone()), key] {
                let answer = show(call.clone(), &shown, false).send();
                assert!(matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.raw);
            }
        }
    }
}

/// Whether a call of `path` is one of the route `own`: what stands in a gap may be the name of another route.
fn covers(own: &str, path: &str) -> bool {
    let is_gap = |part: &str| part.starts_with('{') && part.ends_with('}');
    own.split('/').count() == path.split('/').count()
        && own.split('/').zip(path.split('/')).all(|(own, part)| own == part || is_gap(own))
}

/// Every way to show a session, or a JWT of it.
fn forms(session: &Session) -> Vec<(&'static str, bool, &'static str, String)> {
    let Session { value, jwt, .. } = session;
    let fallback = |name: &str| json!({ name: value }).to_string();
    vec![
        ("the cookie of Appwrite", false, "Cookie", format!("a_session_demo={value}")),
        ("its twin", false, "Cookie", format!("a_session_demo_legacy={value}")),
        ("the cookie of Nuvix", true, "Cookie", format!("nx_session={value}")),
        ("the header of Appwrite", false, "X-Appwrite-Session", value.clone()),
        ("the header of Nuvix", true, "X-Nuvix-Session", value.clone()),
        ("the fallback of Appwrite", false, "X-Fallback-Cookies", fallback("a_session_demo")),
        ("the fallback of Nuvix", true, "X-Fallback-Cookies", fallback("nx_session")),
        ("a JWT of Appwrite", false, "X-Appwrite-JWT", jwt.clone()),
        ("a JWT of Nuvix", true, "X-Nuvix-JWT", jwt.clone()),
    ]
}

#[test]
fn a_session_that_has_yet_to_show_a_second_factor_is_held_back_in_every_form() {
    let world = World::new(Kind::Sqlite);
    let server = &world.server;
    let person = world.pending();
    let factor = |name: &str| json!({"factor": name});
    let ask = |name: &str| server.post("/v1/account/mfa/challenges", &factor(name));
    let mut rows = rows();
    rows.retain(|row| {
        !row.is_admin() && !row.is_frontegg() && row.expected("p-jwt")[0] == "401 user_more_factors_required"
    });
    assert!(rows.len() > 40, "{}", rows.len());
    for (form, nuvix, header, value) in forms(&person.session) {
        let by = |call: Call| (if nuvix { call.nuvix() } else { call }).header(header, &value).send();
        for row in &rows {
            let is_own = row.method == "DELETE" && row.path == "/v1/account/sessions/{sessionId}";
            // One's own session may be left, but none may be ended from it.
            let session = if is_own { &person.sibling } else { &person.session };
            let answer = by(server.call(row.method, &target(row.path, &session.id)));
            let said = (401, "user_more_factors_required".to_owned());
            assert_eq!(answer.said(), said, "{} {} by {form}: {}", row.method, row.path, answer.raw);
        }
        by(server.get("/v1/account/mfa/factors")).expect(200);
        by(ask("totp")).expect(201);
    }
    // Nothing was done meanwhile, and the way in is open.
    let by_cookie = |call: Call| show(call, &Shown::Session(person.session.clone()), false).send();
    let challenge = by_cookie(ask("recoverycode")).expect(201).json()["$id"].clone();
    let body = json!({"challengeId": challenge, "otp": person.codes[0]});
    by_cookie(server.call("PUT", "/v1/account/mfa/challenges").json(&body)).expect(200);
    for (form, nuvix, header, value) in forms(&person.session) {
        let call = server.get("/v1/account").header(header, &value);
        let answer = if nuvix { call.nuvix() } else { call }.send();
        assert_eq!(answer.json()["name"], if nuvix { Value::Null } else { "".into() }, "{form}");
    }
    assert_eq!(by_cookie(server.get("/v1/account/sessions")).json()["total"], 2);
}
