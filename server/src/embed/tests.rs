//! An application with a server inside, asked in process.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRef};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post};
use countersign_domain::base::Actor;
use countersign_domain::base::testing::START;
use countersign_domain::base::time::MovableClock;
use countersign_domain::{project, user};
use http_body_util::BodyExt as _;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::*;

const NUMBER: &str = "+14255550123";

/// A state of which Countersign is a part.
#[derive(Clone)]
struct Shop {
    auth: Countersign,
    name: &'static str,
}

impl FromRef<Shop> for Countersign {
    fn from_ref(shop: &Shop) -> Self {
        shop.auth.clone()
    }
}

struct World {
    auth: Countersign,
    shop: Router,
    sent: mpsc::UnboundedReceiver<Otp>,
    folder: TempDir,
}

fn builder(folder: &TempDir) -> Builder {
    Countersign::builder()
        .storage(format!("sqlite://{}", folder.path().join("auth.db").display()))
        .key_file(folder.path().join("auth.key"))
        .project("shop", "The Shop")
        .dialects([Dialect::Nuvix])
        .countries(["US"])
        .clock(Arc::new(MovableClock::standing(START)))
}

async fn world() -> World {
    let folder = TempDir::new().unwrap();
    let (outbox, sent) = mpsc::unbounded_channel();
    let hand_over = move |otp| {
        let done = outbox.send(otp);
        async move { done }
    };
    let auth = builder(&folder).send_otp(hand_over).open().await.unwrap();
    let shop = Router::new()
        .route("/", get(|state: axum::extract::State<Shop>| async move { state.name }))
        .route("/whoami", get(whoami))
        .route("/buy", post(whoami))
        .route("/hello", get(hello))
        .merge(auth.router())
        .with_state(Shop { auth: auth.clone(), name: "the shop" });
    World { auth, shop, sent, folder }
}

async fn whoami(session: Session) -> String {
    session.user.phone.unwrap_or_default()
}

async fn hello(session: Option<Session>) -> &'static str {
    if session.is_some() { "you" } else { "stranger" }
}

fn request(method: &str, path: &str, cookie: &str, body: &Json) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "shop.example")
        .header("x-nuvix-project", "shop")
        .header(CONTENT_TYPE, "application/json")
        .header(COOKIE, cookie)
        .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4_000))))
        .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
        .unwrap()
}

impl World {
    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.shop.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str, cookie: &str) -> (StatusCode, String) {
        read(self.ask(request("GET", path, cookie, &Json::Null)).await).await
    }

    /// Signs a number in by the dialect; the account's id and the cookie of the session.
    async fn sign_in(&mut self) -> (String, String) {
        let body = json!({ "userId": "unique()", "phone": NUMBER });
        let (status, text) = read(self.ask(request("POST", "/v1/account/tokens/phone", "", &body)).await).await;
        assert_eq!(status, StatusCode::CREATED, "{text}");
        let otp = self.sent.recv().await.unwrap();
        assert_eq!((otp.phone_number.as_str(), otp.purpose.as_str(), otp.locale.as_str()), (NUMBER, "sign-in", "en"));
        let code = otp.code.unwrap();
        assert!(otp.text.contains(&code) && otp.text.contains("The Shop"), "the project's own words");
        let user = serde_json::from_str::<Json>(&text).unwrap()["userId"].as_str().unwrap().to_owned();
        let body = json!({ "userId": user, "secret": code });
        let answer = self.ask(request("POST", "/v1/account/sessions/token", "", &body)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        (user, cookie)
    }
}

async fn read(answer: Response<Body>) -> (StatusCode, String) {
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn code(answer: &(StatusCode, String)) -> (u16, String) {
    let body: Json = serde_json::from_str(&answer.1).unwrap();
    (answer.0.as_u16(), body["error"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_number_signs_in_and_the_handlers_of_the_application_know_it() {
    let mut world = world().await;
    assert_eq!(world.get("/", "").await, (StatusCode::OK, "the shop".to_owned()), "the application's own routes stay");
    assert_eq!(code(&world.get("/whoami", "").await), (401, "sign_in_first".to_owned()));
    assert_eq!(world.get("/hello", "").await.1, "stranger");
    let (_, cookie) = world.sign_in().await;
    assert_eq!(world.get("/whoami", &cookie).await, (StatusCode::OK, NUMBER.to_owned()));
    assert_eq!(world.get("/hello", &cookie).await.1, "you");
    let ended = world.ask(request("DELETE", "/v1/account/sessions/current", &cookie, &Json::Null)).await;
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    assert_eq!(code(&world.get("/whoami", &cookie).await), (401, "sign_in_first".to_owned()));
}

#[tokio::test]
async fn a_session_that_may_do_nothing_here_does_nothing_there() {
    let mut world = world().await;
    let (user, cookie) = world.sign_in().await;
    let app = world.auth.0.app.clone();
    let ctx = app.ctx(Arc::from("shop"), Actor::System, None);
    let change = |mfa: bool, blocked: bool| {
        let (app, ctx, user) = (app.clone(), ctx.clone(), user.clone());
        async move {
            app.db
                .write(move |tx| {
                    user::set_mfa(tx, &ctx, &user, mfa)?;
                    user::set_blocked(tx, &ctx, &user, blocked)
                })
                .await
                .unwrap();
        }
    };
    change(true, false).await;
    for path in ["/whoami", "/hello"] {
        assert_eq!(code(&world.get(path, &cookie).await), (401, "second_factor_required".to_owned()), "{path}");
    }
    change(false, true).await;
    for path in ["/whoami", "/hello"] {
        assert_eq!(code(&world.get(path, &cookie).await), (401, "user_blocked".to_owned()), "{path}");
    }
    change(false, false).await;
    assert_eq!(world.get("/whoami", &cookie).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_foreign_page_changes_nothing_with_the_cookie_of_a_person() {
    let mut world = world().await;
    let (_, cookie) = world.sign_in().await;
    for (origin, status) in [
        (None, StatusCode::OK),
        (Some("https://shop.example"), StatusCode::OK),
        (Some("https://evil.example"), StatusCode::FORBIDDEN),
        (Some("null"), StatusCode::FORBIDDEN),
    ] {
        let mut request = request("POST", "/buy", &cookie, &Json::Null);
        if let Some(origin) = origin {
            request.headers_mut().insert(ORIGIN, origin.parse().unwrap());
        }
        assert_eq!(world.ask(request).await.status(), status, "{origin:?}");
    }
}

#[tokio::test]
async fn a_request_from_nowhere_is_refused_because_it_could_not_be_counted() {
    let world = world().await;
    let mut request = request("GET", "/v1/account", "", &Json::Null);
    request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    assert_eq!(world.ask(request).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn only_what_was_asked_for_is_mounted_and_every_answer_is_guarded() {
    let world = world().await;
    for path in ["/login", "/docs", "/metrics", "/health", "/dev"] {
        assert_eq!(world.get(path, "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = world.ask(request("GET", "/.well-known/jwks.json", "", &Json::Null)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers().contains_key("x-request-id"));
    let with_page = builder(&TempDir::new().unwrap()).login_page().open().await.unwrap();
    let login: Router = with_page.router();
    let answer = login.oneshot(request("GET", "/login", "", &Json::Null)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn frontegg_clients_sign_in_beside_routes_that_stay_the_applications_own() {
    let folder = TempDir::new().unwrap();
    let (outbox, mut sent) = mpsc::unbounded_channel();
    let hand_over = move |otp| {
        let done = outbox.send(otp);
        async move { done }
    };
    let auth = builder(&folder)
        .dialects([Dialect::Frontegg])
        .settings(json!({ "frontegg": { "mainStrategy": "SmsCode" } }))
        .public_url("https://shop.example")
        .send_otp(hand_over)
        .open()
        .await
        .unwrap();
    let shop: Router = Router::new()
        .route("/flags", get(async || "flags of the shop"))
        .route("/metadata", get(async || "metadata of the shop"))
        .route("/whoami", get(whoami))
        .merge(auth.router())
        .with_state(Shop { auth: auth.clone(), name: "the shop" });
    let ask = async |method: &str, path: &str, show: &str, cookie: &str, body: Json| {
        let mut request = request(method, path, cookie, &body);
        if !show.is_empty() {
            request.headers_mut().insert(AUTHORIZATION, format!("Bearer {show}").parse().unwrap());
        }
        let answer = shop.clone().oneshot(request).await.unwrap();
        let cookie = answer.headers().get(SET_COOKIE).map(|line| line.to_str().unwrap().to_owned()).unwrap_or_default();
        let (status, text) = read(answer).await;
        (status.as_u16(), text, cookie.split(';').next().unwrap().to_owned())
    };
    let field = |text: &str, name: &str| serde_json::from_str::<Json>(text).unwrap()[name].as_str().unwrap().to_owned();

    let app = auth.0.app.clone();
    let ctx = app.ctx(Arc::from("shop"), Actor::System, None);
    let key = project::NewKey {
        name: "server".to_owned(),
        scopes: vec!["users.read".to_owned(), "users.write".to_owned()],
        expires_at: None,
        secret: None,
    };
    let (_, secret) = app.db.write(move |tx| project::create_key(tx, &ctx, "shop", &key)).await.unwrap();
    let who = json!({ "clientId": "shop", "secret": secret.expose() });
    let (status, text, _) = ask("POST", "/auth/vendor", "", "", who).await;
    assert_eq!(status, 200, "{text}");
    let vendor = field(&text, "token");
    let new = json!({ "email": "anna@example.com" });
    let (status, text, _) = ask("POST", "/identity/resources/vendor-only/users/v1", &vendor, "", new).await;
    assert_eq!(status, 201, "{text}");
    let id = field(&text, "id");
    let path = format!("/frontegg/identity/resources/users/phone-numbers/v1/vendor/{id}");
    let (status, text, _) = ask("POST", &path, &vendor, "", json!({ "phoneNumber": NUMBER })).await;
    assert_eq!(status, 201, "{text}");

    for mount in ["/frontegg/identity", "/identity"] {
        let path = |last: &str| format!("{mount}/resources/auth/v1/passwordless/smscode/{last}");
        let asked = json!({ "phoneNumber": NUMBER });
        let (status, text, flow) = ask("POST", &path("prelogin"), "", "", asked).await;
        assert_eq!((status, field(&text, "phoneNumber").as_str()), (201, "+142*****123"));
        let otp = sent.recv().await.unwrap();
        assert_eq!((otp.phone_number.as_str(), otp.purpose.as_str()), (NUMBER, "sign-in"));
        let shown = json!({ "token": otp.code.unwrap() });
        let (status, text, _) = ask("POST", &path("postlogin"), "", &flow, shown).await;
        assert_eq!(status, 201, "{text}");
        let token = field(&text, "accessToken");
        let (status, me, _) = ask("GET", &format!("{mount}/resources/users/v2/me"), &token, "", Json::Null).await;
        assert_eq!((status, field(&me, "email").as_str()), (200, "anna@example.com"));
        let (status, number, _) = ask("GET", "/whoami", &token, "", Json::Null).await;
        assert_eq!((status, number.as_str()), (200, NUMBER), "the application's handlers know the token");
    }

    for (path, status, body) in [
        ("/flags", 200, "flags of the shop"),
        ("/metadata", 200, "metadata of the shop"),
        ("/frontegg/flags", 200, "{}"),
        ("/vendors/public", 404, ""),
        ("/v1/account", 404, ""),
        ("/login", 404, ""),
    ] {
        let (answered, text, _) = ask("GET", path, "", "", Json::Null).await;
        assert_eq!((answered, text.as_str()), (status, body), "{path}");
    }
    let (status, text, _) = ask("GET", "/frontegg/metadata?entityName=adminBox", "", "", Json::Null).await;
    assert!(status == 200 && text.contains("adminBox"), "{text}");
    auth.shutdown().await;
}

#[tokio::test]
async fn the_code_decides_the_settings_at_each_start_and_writes_only_what_changed() {
    let World { auth, folder, .. } = world().await;
    let stored = |auth: &Countersign| {
        let app = auth.0.app.clone();
        async move {
            let keys = Arc::clone(&app.keys);
            app.db.read(move |tx| project::get(tx, &keys, "shop")).await.unwrap()
        }
    };
    let first = stored(&auth).await;
    assert_eq!(first.settings.sms.countries, ["US"]);
    auth.shutdown().await;
    drop(auth);

    let later = Arc::new(MovableClock::standing(START.plus_seconds(60)));
    let again = builder(&folder).send_otp(|_| async { Ok::<_, String>(()) }).clock(later.clone()).open().await.unwrap();
    assert_eq!(stored(&again).await, first, "nothing was written");
    drop(again);

    let changed = builder(&folder)
        .settings(json!({ "otp": { "length": 8 } }))
        .platform("app.shop.example")
        .clock(later)
        .open()
        .await
        .unwrap();
    let second = stored(&changed).await;
    assert_eq!((second.settings.otp.length, second.settings.sms.countries.as_slice()), (8, &["US".to_owned()][..]));
    assert_eq!(second.settings.sms.providers, first.settings.sms.providers, "what the code does not name stays");
    assert_eq!(second.platforms.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_at_the_start_is_said_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let refused = async |builder: Builder| builder.open().await.unwrap_err().to_string();
    let text = refused(Countersign::builder().storage("mysql://localhost/auth")).await;
    assert!(text.contains("sqlite://"), "{text}");
    let text = refused(builder(&folder).settings(json!({ "otp": { "length": 3 } }))).await;
    assert!(text.contains("otp.length"), "{text}");
    let text = refused(builder(&folder).trusted_proxies(["everybody"])).await;
    assert!(text.contains("everybody"), "{text}");
    let no_country: [&str; 0] = [];
    let text = refused(builder(&folder).countries(no_country).send_otp(|_| async { Ok::<_, String>(()) })).await;
    assert!(text.contains("countries([\"DE\", \"AT\"])"), "{text}");
    std::fs::remove_file(folder.path().join("auth.key")).unwrap();
    let text = refused(builder(&folder)).await;
    assert!(text.contains("auth.key") && text.contains("Restore your copy"), "{text}");
}

#[test]
fn a_message_that_is_printed_tells_neither_number_nor_code() {
    let otp = Otp {
        phone_number: NUMBER.to_owned(),
        code: Some("271828".to_owned()),
        text: "271828 is your code".to_owned(),
        user_id: None,
        purpose: "sign-in".to_owned(),
        locale: "en".to_owned(),
        message_id: "m1".to_owned(),
    };
    let printed = format!("{otp:?}");
    assert!(printed.contains("sign-in") && !printed.contains("271828") && !printed.contains(NUMBER), "{printed}");
}
