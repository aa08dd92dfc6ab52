//! Links that lead to our own page.

use countersign_domain::project::{self, Settings};
use countersign_domain::user;
use serde_json::json;

use super::*;

const EMAIL: &str = "anna@example.com";
const PASSWORD: &str = "correct horse battery";

/// What the form of a link's page sends: all that is in its address but the expiry.
fn form(link: &str) -> String {
    link.split_once('?').unwrap().1.split_once("&expire=").unwrap().0.to_owned()
}

/// The page of a link, which must be one, and tell nobody its address.
async fn open(world: &mut World, link: &str) -> Answer {
    let page = world.get(link).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(page.policy.as_deref(), Some("strict-origin"));
    assert!(page.set.is_empty() && page.body.contains("a***@example.com") && !page.body.contains(EMAIL));
    page
}

/// That the link is of no more use, for its page and for its form.
async fn is_dead(world: &mut World, link: &str) {
    for page in [world.get(link).await, world.post("/login/link", &form(link)).await] {
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.body);
        assert!(page.body.contains("This link does not work") && page.set.is_empty(), "{}", page.body);
    }
}

async fn magic_link(world: &mut World) -> String {
    world.call("/v1/account/tokens/magic-url", &json!({"userId": "anna", "email": EMAIL})).await;
    world.link(EMAIL).await
}

/// An account with a password, signed in by the API.
async fn with_password(world: &mut World) {
    let account = json!({"userId": "anna", "email": EMAIL, "password": PASSWORD});
    world.call("/v1/account", &account).await;
    world.call("/v1/account/sessions/email", &json!({"email": EMAIL, "password": PASSWORD})).await;
}

#[tokio::test]
async fn a_magic_link_signs_in_by_its_button_and_by_nothing_else() {
    let mut world = World::new().await;
    let link = magic_link(&mut world).await;
    assert!(link.starts_with("/login/link?project=demo&purpose=magic-link&userId=anna&secret="), "{link}");
    for _ in 0..3 {
        let page = open(&mut world, &link).await;
        assert!(page.body.contains("Sign in to Demo"), "{}", page.body);
    }
    world.send(Request::head(&link), "").await;
    let done = world.post("/login/link", &form(&link)).await;
    assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some("/login")));
    let page = world.get("/login").await;
    assert!(page.body.contains("Signed in as") && page.body.contains("a***@example.com"), "{}", page.body);
    is_dead(&mut world, &link).await;
}

#[tokio::test]
async fn after_a_magic_link_the_second_factor_is_asked_for_too() {
    let mut world = World::new().await;
    world.sign_in().await;
    let ctx = world.app.system_ctx("demo");
    let phone = world.app.phone(PHONE).unwrap();
    let email = countersign_domain::base::Email::parse(EMAIL).unwrap();
    world
        .app
        .db
        .write(move |tx| {
            let user = user::find_by(tx, "demo", &phone.clone().into())?.unwrap();
            user::set_email(tx, &ctx, &user.id, &email)?;
            user::prove_email(tx, &ctx, &user.id, &email)?;
            user::set_mfa(tx, &ctx, &user.id, true)
        })
        .await
        .unwrap();
    world.cookies.clear();
    world.clock.advance(60);
    world.inbox.clear();
    let link = magic_link(&mut world).await;
    world.post("/login/link", &form(&link)).await;
    assert_eq!(world.get("/login").await.location.as_deref(), Some("/login/second"));
    let page = world.get("/login/second").await;
    assert!(page.body.contains("by SMS") && page.body.contains("+1425***0123"), "{}", page.body);
    let code = world.code(PHONE).await;
    world.post("/login/second/code", &format!("code={code}")).await;
    assert!(world.get("/login").await.body.contains("Signed in as"));
}

#[tokio::test]
async fn a_link_confirms_an_address_once_and_opens_no_session() {
    let mut world = World::new().await;
    with_password(&mut world).await;
    world.call("/v1/account/verifications/email", &json!({})).await;
    let link = world.link(EMAIL).await;
    world.cookies.clear();
    assert!(open(&mut world, &link).await.body.contains("Confirm your e-mail address"));
    let done = world.post("/login/link", &form(&link)).await;
    assert!(done.body.contains("Your address is confirmed") && done.set.is_empty(), "{}", done.body);
    let user = world.app.db.read(|tx| user::get(tx, "demo", "anna")).await.unwrap();
    assert!(user.is_email_verified());
    is_dead(&mut world, &link).await;
}

#[tokio::test]
async fn a_link_lets_a_new_password_be_chosen_and_ends_every_session() {
    let mut world = World::new().await;
    with_password(&mut world).await;
    let api = world.cookies.clone();
    world.cookies.clear();
    world.call("/v1/account/recovery", &json!({"email": EMAIL})).await;
    let link = world.link(EMAIL).await;
    let page = open(&mut world, &link).await;
    assert!(page.body.contains("autocomplete=\"new-password\"") && page.body.contains("All its devices"));
    for (password, say) in [("", "Enter a new password"), ("short", "must have 8 to 256 characters")] {
        let page = world.post("/login/link", &format!("{}&password={password}", form(&link))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.body.contains(say) && page.body.contains("name=\"password\""), "{}", page.body);
    }
    world
        .app
        .db
        .write({
            let ctx = world.app.system_ctx("demo");
            move |tx| {
                project::update(
                    tx,
                    &ctx,
                    "demo",
                    None,
                    &json!({"auth": {"personalDataCheck": true, "passwordHistory": 3}}),
                )
            }
        })
        .await
        .unwrap();
    for (password, say) in
        [("anna@example.com", "must not contain"), ("correct+horse+battery", "used this password before")]
    {
        let page = world.post("/login/link", &format!("{}&password={password}", form(&link))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.body.contains(say), "{}", page.body);
    }
    let done = world.post("/login/link", &format!("{}&password=quite+another+one", form(&link))).await;
    assert!(done.body.contains("Your password is changed") && done.set.is_empty(), "{}", done.body);
    is_dead(&mut world, &link).await;

    world.cookies = api;
    let account = world.send(Request::get("/v1/account").header("x-appwrite-project", "demo"), "").await;
    assert_eq!(account.status, StatusCode::UNAUTHORIZED, "{}", account.body);
    world.cookies.clear();
    world.call("/v1/account/sessions/email", &json!({"email": EMAIL, "password": "quite another one"})).await;
}

#[tokio::test]
async fn a_link_works_for_its_purpose_person_and_project_for_an_hour() {
    let mut world = World::new().await;
    let link = magic_link(&mut world).await;
    for (from, to) in [
        ("purpose=magic-link", "purpose=recovery"),
        ("purpose=magic-link", "purpose=verify-email"),
        ("purpose=magic-link", "purpose=sign-in"),
        ("purpose=magic-link&", ""),
        ("userId=anna", "userId=bert"),
        ("userId=anna", "userId=%2F"),
        ("secret=", "secret=0"),
        ("secret=", "secret=123456&x="),
        ("project=demo", "project="),
        ("project=demo", "project=none"),
    ] {
        is_dead(&mut world, &link.replace(from, to)).await;
    }
    is_dead(&mut world, "/login/link?&expire=").await;
    assert_eq!(world.get("/login/link").await.status, StatusCode::BAD_REQUEST);
    open(&mut world, &link).await;
    world.clock.advance(3_600);
    is_dead(&mut world, &link).await;
}

#[tokio::test]
async fn a_code_is_not_tried_through_the_page_of_links() {
    let mut world = World::new().await;
    world.call("/v1/account/tokens/email", &json!({"userId": "anna", "email": EMAIL})).await;
    let code = world.code(EMAIL).await;
    is_dead(&mut world, &format!("/login/link?project=demo&purpose=magic-link&userId=anna&secret={code}&expire="))
        .await;
    world.call("/v1/account/sessions/token", &json!({"userId": "anna", "secret": code})).await;
}

#[tokio::test]
async fn thirty_links_an_hour_can_be_tried_from_one_network() {
    let mut world = World::new().await;
    let link = magic_link(&mut world).await;
    let other = form(&link).replace("secret=", &format!("secret={}&x=", "0".repeat(64)));
    for _ in 0..30 {
        assert_eq!(world.post("/login/link", &other).await.status, StatusCode::BAD_REQUEST);
    }
    let page = world.post("/login/link", &form(&link)).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("Too many tries") && page.body.contains("Sign in to Demo"), "{}", page.body);
}

async fn create(world: &World, id: &'static str) {
    let settings = Settings::default()
        .merged(&json!({"email": {"providers": [
            {"name": "inbox", "from": "no-reply@example.com", "account": {"kind": "inbox"}}]}}))
        .unwrap();
    let ctx = world.app.system_ctx(id);
    world.app.db.write(move |tx| project::create(tx, &ctx, id, "Shop", settings.clone())).await.unwrap();
}

#[tokio::test]
async fn a_link_leads_where_the_configuration_says_whatever_the_host_and_to_no_page_without_one() {
    let wanted = json!({"userId": "anna", "email": EMAIL});
    let mut world = World::on(Some("https://id.example.com/auth"), false).await;
    create(&world, "demo").await;
    let request = Request::post("/v1/account/tokens/magic-url")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("content-type", "application/json")
        .header("x-appwrite-project", "demo");
    assert_eq!(world.send(request, &wanted.to_string()).await.status, StatusCode::CREATED);
    let link = world.message(EMAIL).await.link.unwrap();
    assert!(link.starts_with("https://id.example.com/auth/login/link?project=demo&"), "{link}");

    let mut world = World::on(None, false).await;
    create(&world, "demo").await;
    for (path, body) in [
        ("/v1/account/tokens/magic-url", wanted.clone()),
        ("/v1/account/tokens/magic-url", json!({"userId": "anna", "email": EMAIL, "url": ""})),
        ("/v1/account/recovery", json!({"email": EMAIL})),
    ] {
        let answer = world.try_call(path, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert!(answer.body.contains("url") && answer.body.contains("public_url"), "{}", answer.body);
    }
    assert!(world.inbox.newest(None, None, 1).is_empty());
}

#[tokio::test]
async fn a_link_of_another_project_signs_in_there_and_stays_there_until_signing_out() {
    let mut world = World::on(Some("http://localhost"), false).await;
    create(&world, "demo").await;
    create(&world, "shop").await;
    let request = Request::post("/v1/account/tokens/magic-url")
        .header("content-type", "application/json")
        .header("x-appwrite-project", "shop");
    world.send(request, &json!({"userId": "anna", "email": EMAIL}).to_string()).await;
    let link = world.link(EMAIL).await;
    assert!(link.contains("project=shop"), "{link}");
    is_dead(&mut world, &link.replace("project=shop", "project=demo")).await;
    world.post("/login/link", &form(&link)).await;
    assert_eq!(world.cookie("countersign_session").split_once('.').unwrap().1, "shop");
    assert!(world.get("/login").await.body.contains("Signed in as"));
    let stolen = world.cookie("countersign_session").replace(".shop", ".demo");
    let kept = std::mem::replace(&mut world.cookies, vec![("countersign_session".to_owned(), stolen)]);
    assert!(world.get("/login").await.body.contains("name=\"phone\""), "a session is its own project's");
    world.cookies = kept;
    world.post("/login/out", "").await;
    assert!(world.get("/login").await.body.contains("name=\"phone\""));
    let found = world.app.db.read(|tx| user::find(tx, "demo", "anna")).await.unwrap();
    assert_eq!(found, None);
    let ctx = world.app.system_ctx("shop");
    let sessions = world.app.db.read(move |tx| countersign_domain::session::list(tx, &ctx, "anna")).await.unwrap();
    assert!(sessions.is_empty());
}
