mod link;
mod second;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use countersign_domain::base::random::SeededRandom;
use countersign_domain::base::testing::START;
use countersign_domain::base::time::MovableClock;
use countersign_domain::db::{Db, Options};
use countersign_domain::webhook::Reach;
use countersign_send::{Options as SendOptions, Sender};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::app::{App, Parts};
use crate::dev::{self, Dev, Inbox, Message};
use crate::{router, worker};

const PHONE: &str = "+14255550123";

/// A server with its demo project, its clock, and one browser's cookies.
struct World {
    app: App,
    clock: Arc<MovableClock>,
    inbox: Arc<Inbox>,
    cookies: Vec<(String, String)>,
    _folder: tempfile::TempDir,
    _stop: DropGuard,
}

struct Answer {
    status: StatusCode,
    location: Option<String>,
    policy: Option<String>,
    set: Vec<String>,
    body: String,
}

impl World {
    async fn new() -> Self {
        let world = Self::on(None, true).await;
        dev::ensure(&world.app).await.unwrap();
        world
    }

    /// A server without its project.
    async fn on(public_url: Option<&str>, is_dev: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("test.db").display());
        let clock = Arc::new(MovableClock::standing(START));
        let inbox = Arc::new(Inbox::new(clock.clone()));
        Db::open(&Options { connections: 1, ..Options::new(&database) }).unwrap().migrate(START).await.unwrap();
        let url = "http://localhost".to_owned();
        let app = App::open(Parts {
            database: database.into(),
            connections: 2,
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
            master: [7; 32],
            sender: Sender::new(clock.clone(), inbox.clone(), SendOptions::default()).unwrap(),
            dev: is_dev.then(|| Dev { clock: clock.clone(), inbox: inbox.clone(), url }),
            trusted_proxies: Vec::new(),
            public_url: public_url.map(str::to_owned),
            default_project: Some(dev::PROJECT.to_owned()),
            reach: Reach::Public,
            body_bytes: 65_536,
            log_requests: false,
        })
        .await
        .unwrap();
        let stop = CancellationToken::new();
        worker::start(&app, &TaskTracker::new(), &stop);
        Self { app, clock, inbox, cookies: Vec::new(), _folder: folder, _stop: stop.drop_guard() }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: &str) -> Answer {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request: Request = request
            .header("host", "localhost")
            .header(COOKIE, jar.join("; "))
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = router::router(self.app.clone()).oneshot(request).await.unwrap();
        let set: Vec<String> =
            response.headers().get_all(SET_COOKIE).iter().map(|v| v.to_str().unwrap().to_owned()).collect();
        for line in &set {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let policy = response.headers().get(REFERRER_POLICY).map(|v| v.to_str().unwrap().to_owned());
        let location = response.headers().get(LOCATION).map(|v| v.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, policy, set, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    async fn post(&mut self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "http://localhost");
        self.send(request, form).await
    }

    /// A call of a client to the API, which must succeed.
    async fn call(&mut self, path: &str, body: &Json) -> Json {
        let answer = self.try_call(path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn try_call(&mut self, path: &str, body: &Json) -> Answer {
        let request =
            Request::post(path).header("content-type", "application/json").header("x-appwrite-project", "demo");
        self.send(request, &body.to_string()).await
    }

    /// The newest message with a code or a link in it.
    async fn message(&self, to: &str) -> Message {
        for _ in 0..500 {
            let newest = self.inbox.newest(Some(to), None, 10);
            if let Some(message) = newest.into_iter().find(|m| m.code.is_some() || m.link.is_some()) {
                return message;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no message came");
    }

    async fn code(&self, to: &str) -> String {
        self.message(to).await.code.unwrap()
    }

    /// Where the newest link leads, from the host on.
    async fn link(&self, to: &str) -> String {
        self.message(to).await.link.unwrap().strip_prefix("http://localhost").unwrap().to_owned()
    }

    fn cookie(&self, name: &str) -> String {
        self.cookies.iter().find(|(n, _)| n == name).unwrap().1.clone()
    }

    /// Signs in by the page, up to where a second factor is asked for.
    async fn sign_in(&mut self) {
        self.inbox.clear();
        self.post("/login", "phone=%2B14255550123").await;
        let code = self.code(PHONE).await;
        let page = self.post("/login/code", &format!("code={code}")).await;
        assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some("/login")));
    }

    fn has(&self, name: &str) -> bool {
        self.cookies.iter().any(|(n, _)| n == name)
    }
}

fn wrong(code: &str) -> String {
    code.chars().map(|c| if c == '1' { '2' } else { '1' }).collect()
}

#[tokio::test]
async fn a_number_and_its_code_sign_in_and_out() {
    let mut world = World::new().await;
    let page = world.get("/login").await;
    assert!(page.body.contains("Sign in to Demo") && page.body.contains("name=\"phone\""));

    let page = world.post("/login", "phone=%2B1+425+555-0123").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("+1425***0123") && page.body.contains("autocomplete=\"one-time-code\""));
    assert!(page.set[0].starts_with("countersign_flow=") && page.set[0].contains("; Max-Age=900"), "{:?}", page.set);
    assert!(page.set[0].ends_with("; Path=/login; HttpOnly; SameSite=Lax"));
    assert!(world.get("/login").await.body.contains("name=\"code\""), "a reload asks for the code again");
    assert!(world.get("/login?number").await.body.contains("name=\"phone\""));

    let code = world.code(PHONE).await;
    let page = world.post("/login/code", &format!("code={}", wrong(&code))).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("name=\"code\""));
    assert!(!world.has("countersign_session"));

    let (first, second) = code.split_at(3);
    let done = world.post("/login/code", &format!("code={first}+{second}")).await;
    assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some("/login")));
    let session = done.set.iter().find(|line| line.starts_with("countersign_session=")).unwrap();
    assert!(session.contains("; Max-Age=31536000") && session.contains("; HttpOnly; SameSite=Lax"), "{session}");
    assert!(!world.has("countersign_flow"));
    let page = world.get("/login").await;
    assert!(page.body.contains("Signed in as") && page.body.contains("+1425***0123"));

    let kept = world.cookies.clone();
    assert_eq!(world.post("/login/out", "").await.status, StatusCode::SEE_OTHER);
    assert!(!world.has("countersign_session"));
    world.cookies = kept;
    assert!(world.get("/login").await.body.contains("name=\"phone\""), "the session itself is gone");
}

#[tokio::test]
async fn a_known_and_an_unknown_number_get_the_same_page() {
    let mut world = World::new().await;
    world.post("/login", "phone=%2B14255550123").await;
    let code = world.code(PHONE).await;
    world.post("/login/code", &format!("code={code}")).await;
    world.clock.advance(3_600);
    let mut pages = Vec::new();
    for number in ["%2B14255550123", "%2B14257770123"] {
        world.cookies.clear();
        let page = world.post("/login", &format!("phone={number}")).await;
        let shape: Vec<_> = page.set.iter().map(|line| line.split_once(';').unwrap().1.to_owned()).collect();
        pages.push((page.status, page.body, shape, page.set[0].len()));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn an_expired_code_says_so_and_offers_the_number_again() {
    let mut world = World::new().await;
    world.post("/login", "phone=%2B14255550123").await;
    let code = world.code(PHONE).await;
    world.clock.advance(901);
    let page = world.post("/login/code", &format!("code={code}")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("has expired") && page.body.contains("value=\"+14255550123\""), "{}", page.body);
    assert!(!world.has("countersign_flow"));
    let page = world.post("/login/code", "code=123456").await;
    assert!(page.body.contains("has expired") && page.body.contains("name=\"phone\""));
}

#[tokio::test]
async fn another_code_can_be_asked_for_and_the_old_one_stops() {
    let mut world = World::new().await;
    world.post("/login", "phone=%2B14255550123").await;
    let old = world.code(PHONE).await;
    world.clock.advance(31);
    world.inbox.clear();
    let page = world.post("/login", "again=1").await;
    assert!(page.body.contains("role=\"status\"") && page.body.contains("+1425***0123"));
    let new = world.code(PHONE).await;
    if old != new {
        assert_eq!(world.post("/login/code", &format!("code={old}")).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.post("/login/code", &format!("code={new}")).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_wrong_with_a_number_is_said_beside_it() {
    let mut world = World::new().await;
    for (form, say) in [
        ("", "Enter your phone number"),
        ("phone=", "Enter your phone number"),
        ("phone=4255550123", "country code"),
        ("phone=%2B1425", "not a phone number"),
        ("phone=%3Cscript%3E", "&lt;script&gt;"),
    ] {
        let page = world.post("/login", form).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(page.body.contains(say) && page.body.contains("name=\"phone\""), "{form}: {}", page.body);
        assert!(!page.body.contains("<script>") && page.set.is_empty());
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let mut world = World::new().await;
    let form = "application/x-www-form-urlencoded";
    for (kind, name, value, status) in [
        (form, "origin", "https://evil.com", StatusCode::FORBIDDEN),
        (form, "origin", "null", StatusCode::FORBIDDEN),
        (form, "sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("text/plain", "origin", "http://localhost", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        for path in ["/login", "/login/code", "/login/second", "/login/second/code", "/login/link", "/login/out"] {
            let request = Request::post(path).header("content-type", kind).header(name, value);
            let page = world.send(request, "phone=%2B14255550123&code=123456").await;
            assert_eq!((page.status, page.set.len()), (status, 0), "{path} {value}");
        }
    }
    assert!(world.inbox.newest(None, None, 1).is_empty());
}

#[tokio::test]
async fn one_network_tries_thirty_codes_in_an_hour() {
    let mut world = World::new().await;
    let mut statuses = Vec::new();
    world.post("/login", "phone=%2B14255550123").await;
    for _ in 0..31 {
        statuses.push(world.post("/login/code", "code=1234567").await.status);
    }
    assert!(statuses[..30].iter().all(|status| *status == StatusCode::BAD_REQUEST), "{statuses:?}");
    assert_eq!(statuses[30], StatusCode::TOO_MANY_REQUESTS);
}
