//! Outgoing webhooks: the real binary, and a receiver that checks what it gets.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_lc_rs::hmac;
use countersign_domain::db::Kind;
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::net::TcpSocket;

use crate::server::{Home, Server, eventually, on_both};

const PHONE: &str = "+14255550150";

/// How a receiver behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mood {
    Status(u16),
    /// It does not answer.
    Hangs,
}

const FINE: Mood = Mood::Status(204);

/// A call as it arrived.
#[derive(Clone, Debug)]
struct Arrived {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

impl Arrived {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    fn user(&self) -> String {
        self.json()["data"]["userId"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether one of the signatures is that of this secret (Standard Webhooks, `v1`).
    fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let text = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
        let expected = format!("v1,{}", BASE64.encode(mac.as_ref()));
        self.signature.split(' ').any(|one| one == expected)
    }
}

struct Shared {
    mood: Mutex<Mood>,
    arrived: Mutex<Vec<Arrived>>,
    ended: AtomicBool,
}

struct Receiver {
    address: SocketAddr,
    /// Bound and not listening: connections are refused, and nobody else gets the port.
    reserved: Option<TcpSocket>,
    shared: Arc<Shared>,
}

impl Receiver {
    fn down() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        let shared = Shared { mood: Mutex::new(FINE), arrived: Mutex::default(), ended: AtomicBool::new(false) };
        Self { address, reserved: Some(socket), shared: Arc::new(shared) }
    }

    fn started(mood: Mood) -> Self {
        let mut receiver = Self::down();
        receiver.set(mood);
        receiver.up();
        receiver
    }

    fn up(&mut self) {
        let socket = self.reserved.take().expect("it is down");
        let listener: TcpListener =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                let listener = socket.listen(128).unwrap().into_std().unwrap();
                listener.set_nonblocking(false).unwrap();
                listener
            });
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&shared)) else { continue };
                thread::spawn(move || while answer(&stream, &shared).is_some() {});
            }
        });
    }

    fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.shared.arrived.lock().unwrap().clone()
    }

    /// The events that arrived, in the order of their names.
    fn events(&self) -> Vec<String> {
        let mut events: Vec<_> = self.arrived().iter().map(Arrived::event).collect();
        events.sort();
        events
    }

    #[track_caller]
    fn wait_for(&self, count: usize) -> Vec<Arrived> {
        eventually("the events", || Some(self.arrived()).filter(|arrived| arrived.len() >= count))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        if self.reserved.is_none() {
            // Wakes the thread that accepts, which then ends.
            drop(TcpStream::connect(self.address));
        }
    }
}

/// Answers one request of a connection; `None` at its end.
fn answer(stream: &TcpStream, shared: &Shared) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let mut body = vec![0; header("content-length").parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    assert_eq!(header("content-type"), "application/json");
    let arrived = Arrived {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body).ok()?,
    };
    let mood = *shared.mood.lock().unwrap();
    shared.arrived.lock().unwrap().push(arrived);
    let Mood::Status(status) = mood else {
        while !shared.ended.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(20));
        }
        return None;
    };
    let mut writer = stream;
    writer.write_all(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()).ok()
}

/// A webhook that was made by the command line.
struct Hook {
    id: String,
    secret: String,
}

/// Runs `webhook` with these arguments.
fn webhook(home: &Home, arguments: &[&str]) -> Output {
    home.command(&[&["webhook"], arguments].concat()).output().unwrap()
}

/// The same, which must succeed, as JSON.
#[track_caller]
fn told(home: &Home, arguments: &[&str]) -> Value {
    let out = webhook(home, &[arguments, &["--json"]].concat());
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// What it says when it fails.
#[track_caller]
fn refused(home: &Home, arguments: &[&str]) -> String {
    let out = webhook(home, arguments);
    assert!(!out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stdout));
    String::from_utf8(out.stderr).unwrap()
}

#[track_caller]
fn hook(home: &Home, receiver: &Receiver, events: &str) -> Hook {
    let made = told(home, &["create", "--project", "demo", "--url", &receiver.url(), "--events", events]);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    home.keep_secret(made["secret"].as_str().unwrap());
    Hook { id: text("id"), secret: text("secret") }
}

/// All sent so far arrived, and nothing more is on its way.
fn quiet(home: &Home) {
    eventually("everything is delivered", || {
        let open = home.count("SELECT COUNT(*) FROM webhook_deliveries WHERE settled_at IS NULL");
        let unchained = home.count("SELECT COUNT(*) FROM audit_events WHERE seq IS NULL");
        let news = home.count("SELECT COUNT(*) FROM messages WHERE news = TRUE");
        let behind = home.count(
            "SELECT COUNT(*) FROM webhook_cursors c JOIN audit_heads h ON h.project_id = c.project_id WHERE h.seq > c.seq",
        );
        (open + unchained + news + behind == 0).then_some(())
    });
}

on_both! {
    fn a_sign_in_by_phone_is_told_once_and_signed(kind: Kind) {
        let (server, receiver) = (Server::start(kind), Receiver::started(FINE));
        let hook = hook(&server.home, &receiver, "*");
        let owner = server.sign_in("owner", PHONE);
        let arrived = receiver.wait_for(4);
        quiet(&server.home);
        assert_eq!(receiver.events(), ["message.sent", "phone.verify", "session.create", "user.create"]);
        assert!(arrived.iter().all(|one| one.is_signed_by(&hook.secret)), "{arrived:?}");
        let ids: BTreeSet<_> = arrived.iter().map(|one| &one.id).collect();
        assert_eq!(ids.len(), 4);
        let of = |event: &str| arrived.iter().find(|one| one.event() == event).unwrap().json();
        for event in ["user.create", "phone.verify", "session.create"] {
            assert_eq!((&of(event)["data"]["userId"], &of(event)["data"]["projectId"]), (&json!(owner.user), &json!("demo")));
        }
        assert_eq!(of("session.create")["data"]["detail"], json!({"provider": "phone"}));
        let message = &of("message.sent")["data"]["detail"];
        assert_eq!((&message["to"], &message["purpose"]), (&json!("+1425***0150"), &json!("sign-in")));
        let code = server.inbox(PHONE)[0]["code"].as_str().unwrap().to_owned();
        let all = arrived.iter().map(|one| one.body.as_str()).collect::<String>();
        assert!(!all.contains(PHONE) && !all.contains(&format!("\"{code}\"")), "{all}");

        // The second time nothing is new but the session.
        server.advance(60);
        let handle = server.ask("owner", PHONE).send().expect(201).json()["userId"].as_str().unwrap().to_owned();
        let code = server.code(PHONE, 2);
        server.exchange(&handle, &code).send().expect(201);
        receiver.wait_for(6);
        quiet(&server.home);
        let expected = ["message.sent", "message.sent", "phone.verify", "session.create", "session.create", "user.create"];
        assert_eq!(receiver.events(), expected);
    }
}

on_both! {
    fn what_a_receiver_missed_arrives_when_it_is_up_again(kind: Kind) {
        let (server, mut receiver) = (Server::start(kind), Receiver::down());
        let hook = hook(&server.home, &receiver, "user.create");
        server.sign_in("owner", PHONE);
        let failed = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'queued' AND attempts = 1";
        eventually("the first call fails", || (server.home.count(failed) == 1).then_some(()));
        let listed = told(&server.home, &["deliveries", "--project", "demo", "--webhook", &hook.id]);
        assert_eq!(listed[0]["tries"][0]["reason"], "connection refused", "{listed}");
        receiver.up();
        server.advance(7);
        let arrived = receiver.wait_for(1);
        quiet(&server.home);
        assert_eq!(receiver.events(), ["user.create"]);
        assert!(arrived[0].is_signed_by(&hook.secret));
        assert_eq!(arrived[0].id, listed[0]["id"]);
    }
}

on_both! {
    fn a_kill_in_the_middle_of_a_call_leads_to_another_call_with_the_same_id(kind: Kind) {
        let (server, receiver) = (Server::start(kind), Receiver::started(Mood::Hangs));
        hook(&server.home, &receiver, "session.create");
        server.sign_in("owner", PHONE);
        let first = receiver.wait_for(1).remove(0);
        receiver.set(FINE);
        let server = server.restarted();
        // On PostgreSQL another node could have made the call: the lease has to run out.
        server.advance(61);
        let second = receiver.wait_for(2).remove(1);
        assert_eq!((&second.id, &second.body), (&first.id, &first.body));
        quiet(&server.home);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'done'"), 1);
    }
}

on_both! {
    fn kills_at_any_moment_lose_no_event_and_make_none_twice(kind: Kind) {
        let receiver = Receiver::started(FINE);
        let mut server = Server::start(kind);
        hook(&server.home, &receiver, "user.create,session.create");
        for n in 0..5 {
            server.sign_in(&format!("u{n}"), &format!("+1425555015{n}"));
            thread::sleep(Duration::from_millis(170 * n));
            server = server.restarted();
        }
        server.advance(61);
        eventually("all arrived", || {
            let told: BTreeSet<_> = receiver.arrived().iter().map(|one| (one.event(), one.user())).collect();
            (told.len() == 10).then_some(())
        });
        quiet(&server.home);
        // One that is repeated has its old id.
        let ids: BTreeSet<_> = receiver.arrived().into_iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), 10);
    }
}

on_both! {
    fn a_dead_letter_is_shown_and_replayed(kind: Kind) {
        let (server, receiver) = (Server::start(kind), Receiver::started(Mood::Status(500)));
        let home = server.home.clone();
        let hook = hook(&home, &receiver, "user.create");
        server.sign_in("owner", PHONE);
        let waits = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'queued' AND attempts = 1";
        eventually("the first call fails", || (home.count(waits) == 1).then_some(()));
        // The six calls in between are the domain's to test.
        home.execute("UPDATE webhook_deliveries SET attempts = 7");
        server.advance(7);
        let list = ["deliveries", "--project", "demo", "--state", "dead"];
        let dead = eventually("the last call fails", || told(&home, &list).as_array().unwrap().first().cloned());
        assert_eq!((&dead["event"], &dead["webhook"]), (&json!("user.create"), &json!(hook.id)));
        assert_eq!(dead["tries"].as_array().unwrap().last().unwrap()["reason"], "HTTP 500");
        let doctor = String::from_utf8(home.command(&["doctor", "--json"]).output().unwrap().stdout).unwrap();
        assert!(doctor.contains("did not take 1 event") && doctor.contains("webhook replay"), "{doctor}");
        assert!(home.log().contains("a webhook did not take an event"));

        receiver.set(FINE);
        let id = dead["id"].as_str().unwrap();
        let before = receiver.arrived().len();
        assert_eq!(told(&home, &["replay", "--project", "demo", id])["state"], "queued");
        let again = receiver.wait_for(before + 1).remove(before);
        assert_eq!((again.id.as_str(), again.event().as_str()), (id, "user.create"));
        assert!(again.is_signed_by(&hook.secret));
        quiet(&home);
        home.execute("UPDATE webhook_deliveries SET state = 'dead'");
        assert_eq!(told(&home, &["replay", "--project", "demo", "--all-dead"]), json!({"replayed": 1}));
        receiver.wait_for(before + 2);
        quiet(&home);
        assert_eq!(told(&home, &list), json!([]));
        let metrics = server.get("/metrics").send().expect(200).body.clone();
        assert!(metrics.contains(r#"countersign_webhook_calls_total{outcome="done"} 2"#), "{metrics}");
    }
}

#[test]
fn a_receiver_that_says_gone_is_called_no_more_until_somebody_switches_it_on() {
    let (server, receiver) = (Server::start(Kind::Sqlite), Receiver::started(Mood::Status(410)));
    let home = server.home.clone();
    let hook = hook(&home, &receiver, "user.create");
    server.sign_in("u1", "+14255550151");
    eventually("it is off", || home.log().contains("a webhook was switched off").then_some(()));
    let show = ["show", "--project", "demo", hook.id.as_str()];
    let off = told(&home, &show);
    assert_eq!((&off["enabled"], &off["offReason"]), (&json!(false), &json!("its receiver answered 410 Gone")));
    let doctor = String::from_utf8(home.command(&["doctor"]).output().unwrap().stdout).unwrap();
    assert!(doctor.contains("is off: its receiver answered 410"), "{doctor}");
    server.sign_in("u2", "+14255550152");
    thread::sleep(Duration::from_secs(1));
    assert_eq!(receiver.arrived().len(), 1);
    receiver.set(FINE);
    assert_eq!(told(&home, &["update", "--project", "demo", &hook.id, "--on"])["enabled"], true);
    server.sign_in("u3", "+14255550153");
    receiver.wait_for(2);
    quiet(&home);
    let users: Vec<_> = receiver.arrived().iter().map(Arrived::user).collect();
    assert_eq!(users, ["u1", "u3"], "what happened while it was off is not told");
}

#[test]
fn a_slow_receiver_does_not_hold_up_the_others() {
    let (server, slow, fast) = (Server::start(Kind::Sqlite), Receiver::started(Mood::Hangs), Receiver::started(FINE));
    hook(&server.home, &slow, "*");
    hook(&server.home, &fast, "*");
    for n in 0..10 {
        server.sign_in(&format!("u{n}"), &format!("+1425555016{n}"));
    }
    // Less than one call of the slow one takes.
    let all = eventually("the fast one has all", || Some(fast.arrived()).filter(|all| all.len() == 40));
    assert_eq!(all.iter().filter(|one| one.event() == "user.create").count(), 10);
    assert_eq!(slow.arrived().len(), 8, "so many calls at once, and no more");
}

#[test]
fn during_a_rotation_both_secrets_are_good() {
    let (server, receiver) = (Server::start(Kind::Sqlite), Receiver::started(FINE));
    let home = server.home.clone();
    let hook = hook(&home, &receiver, "user.create");
    let rotated = told(&home, &["rotate-secret", "--project", "demo", &hook.id, "--keep-hours", "1"]);
    let second = rotated["secret"].as_str().unwrap();
    home.keep_secret(second);
    server.sign_in("u1", "+14255550151");
    let during = receiver.wait_for(1).remove(0);
    assert!(during.is_signed_by(&hook.secret) && during.is_signed_by(second));
    server.advance(3_601);
    server.sign_in("u2", "+14255550152");
    let after = receiver.wait_for(2).remove(1);
    assert!(!after.is_signed_by(&hook.secret) && after.is_signed_by(second));
    let shown = told(&home, &["show", "--project", "demo", &hook.id]).to_string();
    assert!(!shown.contains("whsec_"), "{shown}");
}

#[test]
fn a_ping_says_what_came_of_it() {
    let (server, receiver) = (Server::start(Kind::Sqlite), Receiver::started(FINE));
    let home = server.home.clone();
    let hook = hook(&home, &receiver, "user.create");
    let test = ["test", "--project", "demo", hook.id.as_str()];
    let said = told(&home, &test);
    assert_eq!((&said["state"], &said["status"]), (&json!("done"), &json!(204)));
    assert_eq!(receiver.events(), ["webhook.ping"]);
    assert!(receiver.arrived()[0].is_signed_by(&hook.secret));
    receiver.set(Mood::Status(302));
    let said = refused(&home, &test);
    assert!(said.contains("did not take the ping: HTTP 302"), "{said}");
    told(&home, &["update", "--project", "demo", &hook.id, "--off"]);
    let said = refused(&home, &test);
    assert!(said.contains("switch it on first"), "{said}");
}

#[test]
fn in_production_no_private_address_is_called() {
    let (home, receiver) = (Home::new(Kind::Sqlite), Receiver::started(FINE));
    home.create_project("shop", &[]);
    let server = Server::in_production(&home);
    let made = told(&home, &["create", "--project", "shop", "--url", &receiver.url()]);
    home.keep_secret(made["secret"].as_str().unwrap());
    let said = refused(&home, &["test", "--project", "shop", made["id"].as_str().unwrap()]);
    assert!(said.contains("unencrypted only inside private_networks"), "{said}");
    assert!(receiver.arrived().is_empty());
    drop(server);
    let server = Server::with_arguments(
        &home,
        &["serve", "--json", "--listen", "127.0.0.1:0"],
        &[("COUNTERSIGN_PRIVATE_NETWORKS", "127.0.0.1")],
    );
    told(&home, &["test", "--project", "shop", made["id"].as_str().unwrap()]);
    assert_eq!(receiver.events(), ["webhook.ping"]);
    drop(server);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let home = Home::new(Kind::Sqlite);
    home.create_project("shop", &[]);
    for (arguments, part) in [
        (&["create", "--project", "shop", "--url", "http://shop.example/"][..], "https://"),
        (&["create", "--project", "shop", "--url", "https://user:pw@shop.example/"], "no user name"),
        (&["create", "--project", "shop", "--url", "https://shop.example/", "--events", "user.crate"], "is no event"),
        (&["create", "--project", "nobody", "--url", "https://shop.example/"], "there is no project"),
        (&["show", "--project", "shop", "no"], "no such webhook"),
        (&["replay", "--project", "shop", "no"], "no such delivery"),
        (&["replay", "--project", "shop", "--all-dead", "--webhook", "no"], "no such webhook"),
    ] {
        let said = refused(&home, arguments);
        assert!(said.starts_with("error: ") && said.contains(part), "{arguments:?}: {said}");
    }
}

#[test]
fn two_nodes_call_once() {
    let home = Home::new(Kind::Postgres);
    let receiver = Receiver::started(FINE);
    let nodes = [Server::on(&home), Server::on(&home)];
    nodes[0].settings(&json!({"nuvix": {"rateLimits": false}}));
    hook(&home, &receiver, "*");
    for n in 0..10 {
        nodes[n % 2].sign_in(&format!("u{n}"), &format!("+1425555{:04}", 1_000 + n));
    }
    receiver.wait_for(40);
    quiet(&home);
    let ids: BTreeSet<_> = receiver.arrived().into_iter().map(|one| one.id).collect();
    assert_eq!((receiver.arrived().len(), ids.len()), (40, 40));
}

#[test]
fn every_event_has_its_line_in_the_documentation() {
    let page = include_str!("../../../docs/webhook.md");
    let listed = told(&Home::new(Kind::Sqlite), &["events"]);
    for event in listed.as_array().unwrap() {
        let row = format!("| `{}` |", event.as_str().unwrap());
        assert!(page.contains(&row), "{row}");
    }
    assert_eq!(page.matches("\n| `").count(), listed.as_array().unwrap().len());
}
