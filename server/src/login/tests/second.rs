//! The second factor on the page.

use aws_lc_rs::hmac;
use countersign_domain::base::{Email, Secret, Time};
use countersign_domain::signin::{Caller, factor};
use countersign_domain::{session, user};

use super::*;

const EMAIL: &str = "anna@example.com";

/// An account with an app, a proved address and recovery codes, which asks for a second factor. Nobody is signed in.
struct Anna {
    id: String,
    seed: String,
    codes: Vec<Secret>,
}

impl Anna {
    /// What the app shows (RFC 6238).
    fn app(&self, now: Time) -> String {
        let seed = data_encoding::BASE32_NOPAD.decode(self.seed.as_bytes()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed);
        let tag = hmac::sign(&key, &(now.seconds() as u64 / 30).to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 15);
        let word = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap());
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }
}

/// Who signed in last, as the database has him.
async fn caller(world: &World) -> Caller {
    let ctx = world.app.system_ctx("demo");
    let phone = world.app.phone(PHONE).unwrap();
    world
        .app
        .db
        .read(move |tx| {
            let user = user::find_by(tx, "demo", &phone.clone().into())?.unwrap();
            let session = session::list(tx, &ctx, &user.id)?.pop().unwrap();
            Ok(Caller { user, session })
        })
        .await
        .unwrap()
}

async fn anna(world: &mut World) -> Anna {
    world.sign_in().await;
    let of = caller(world).await;
    let (ctx, project) = (world.app.system_ctx("demo"), world.app.project("demo").await.unwrap());
    let (by, ours) = (of.clone(), ctx.clone());
    let (seed, codes) = world
        .app
        .db
        .write(move |tx| {
            let app = factor::create_app(tx, &ours, &project.project, &by)?;
            let anna = Anna { id: String::new(), seed: app.secret.expose().to_owned(), codes: Vec::new() };
            factor::verify_app(tx, &ours, &project.project, &by, &Secret::new(anna.app(ours.now)))?;
            let codes = factor::create_codes(tx, &ours, &project.project, &by)?;
            let email = Email::parse(EMAIL).unwrap();
            user::set_email(tx, &ours, &by.user.id, &email)?;
            user::prove_email(tx, &ours, &by.user.id, &email)?;
            factor::set_flag(tx, &ours, &project.project, &by, true)?;
            Ok((app.secret, codes))
        })
        .await
        .unwrap();
    assert_eq!(world.post("/login/out", "").await.status, StatusCode::SEE_OTHER);
    world.clock.advance(60);
    Anna { id: of.user.id, seed: seed.expose().to_owned(), codes }
}

/// Whether the page shows the account.
async fn is_in(world: &mut World) -> bool {
    world.get("/login").await.body.contains("Signed in as")
}

#[tokio::test]
async fn after_the_code_the_app_is_asked_for_and_only_then_somebody_is_signed_in() {
    let mut world = World::new().await;
    let anna = anna(&mut world).await;
    world.sign_in().await;
    let page = world.get("/login").await;
    assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some("/login/second")));
    assert!(page.body.is_empty());
    let page = world.get("/login/second").await;
    assert!(page.body.contains("authenticator app") && page.body.contains("autocomplete=\"one-time-code\""));
    assert!(page.body.contains("inputmode=\"numeric\"") && !page.body.contains("0123"), "{}", page.body);

    let first = world.cookie("countersign_session");
    let code = anna.app(world.app.clock.now());
    for bad in [wrong(&code), "abcdef".to_owned(), String::new(), "1".repeat(11)] {
        let page = world.post("/login/second/code", &format!("code={bad}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(page.body.contains("role=\"alert\"") && page.body.contains("name=\"code\""), "{bad}: {}", page.body);
        assert!(!is_in(&mut world).await);
    }
    let done = world.post("/login/second/code", &format!("code={}+{}", &code[..3], &code[3..])).await;
    assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some("/login")));
    assert!(is_in(&mut world).await && !world.has("countersign_flow"));
    let second = world.cookie("countersign_session");
    assert!(first != second && first[..32] == second[..32], "the same session, another secret");
    assert!(
        done.set.iter().any(|line| line.starts_with("countersign_session=") && line.contains("; Max-Age=31536000"))
    );

    for path in ["/login/second", "/login/second?ways", "/login/second/code"] {
        assert_eq!(world.get(path).await.location.as_deref(), Some("/login"), "{path}");
    }
    world.cookies = vec![("countersign_session".to_owned(), first)];
    assert!(world.get("/login").await.body.contains("name=\"phone\""), "the old secret is nobody's");
}

#[tokio::test]
async fn each_way_of_the_account_can_be_chosen_and_opening_a_page_sends_nothing() {
    let mut world = World::new().await;
    let anna = anna(&mut world).await;
    world.sign_in().await;
    world.inbox.clear();
    let page = world.get("/login/second?ways").await;
    for (way, shown) in [("totp", true), ("email", true), ("recoverycode", true), ("phone", false)] {
        assert_eq!(page.body.contains(&format!("value=\"{way}\"")), shown, "{way}: {}", page.body);
    }
    assert!(page.body.contains("a***@example.com") && !page.body.contains(EMAIL));
    world.get("/login/second?factor=email").await;
    assert!(world.inbox.newest(None, None, 1).is_empty());

    let page = world.post("/login/second", "factor=email").await;
    assert!(page.body.contains("a***@example.com") && page.body.contains("by e-mail"), "{}", page.body);
    let code = world.code(EMAIL).await;
    let page = world.get("/login/second").await;
    assert!(page.body.contains("a***@example.com"), "a reload asks for the same");
    world.clock.advance(31);
    world.inbox.clear();
    let page = world.post("/login/second", "factor=email&again=1").await;
    assert!(page.body.contains("role=\"status\"") && page.body.contains("name=\"code\""), "{}", page.body);
    let newest = world.code(EMAIL).await;
    if code != newest {
        assert_eq!(world.post("/login/second/code", &format!("code={code}")).await.status, StatusCode::BAD_REQUEST);
    }
    world.post("/login/second/code", &format!("code={newest}")).await;
    assert!(is_in(&mut world).await);

    world.post("/login/out", "").await;
    world.clock.advance(3_600);
    world.sign_in().await;
    let page = world.post("/login/second", "factor=RECOVERYCODE").await;
    assert!(page.body.contains("recovery codes") && page.body.contains("autocomplete=\"off\""), "{}", page.body);
    let page = world.post("/login/second/code", "code=0000000000").await;
    assert!(page.body.contains("none of your recovery codes"), "{}", page.body);
    let (head, tail) = anna.codes[0].expose().split_at(5);
    let typed = format!("code=+{}-{tail}", head.to_uppercase());
    assert_eq!(world.post("/login/second/code", &typed).await.status, StatusCode::SEE_OTHER);
    assert!(is_in(&mut world).await);

    for (form, say) in [("", "Choose one"), ("factor=sms", "Choose one"), ("factor=phone", "")] {
        world.post("/login/out", "").await;
        world.clock.advance(3_600);
        world.sign_in().await;
        let page = world.post("/login/second", form).await;
        assert!(page.body.contains(say), "{form}: {}", page.body);
        assert!(!is_in(&mut world).await);
    }
}

#[tokio::test]
async fn what_was_the_first_step_is_no_second() {
    let mut world = World::new().await;
    anna(&mut world).await;
    world.sign_in().await;
    world.clock.advance(120);
    world.inbox.clear();
    let page = world.post("/login/second", "factor=phone").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let code = world.code(PHONE).await;
    world.post("/login/second/code", &format!("code={code}")).await;
    assert!(!is_in(&mut world).await, "the number counts once");
}

#[tokio::test]
async fn a_challenge_answers_only_to_its_session_and_only_in_time() {
    let mut world = World::new().await;
    let anna = anna(&mut world).await;
    world.sign_in().await;
    let theirs = world.cookie("countersign_flow");
    world.cookies.clear();
    world.clock.advance(31);
    world.sign_in().await;
    world.cookies.retain(|(name, _)| name != "countersign_flow");
    world.cookies.push(("countersign_flow".to_owned(), theirs));
    let code = anna.app(world.app.clock.now());
    let page = world.post("/login/second/code", &format!("code={code}")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "the right code for a challenge of another session");
    assert!(!is_in(&mut world).await);

    world.clock.advance(901);
    let code = anna.app(world.app.clock.now());
    let page = world.post("/login/second/code", &format!("code={code}")).await;
    assert!(page.body.contains("took too long") && page.body.contains("value=\"totp\""), "{}", page.body);
    world.post("/login/second", "factor=totp").await;
    world.post("/login/second/code", &format!("code={code}")).await;
    assert!(is_in(&mut world).await);
}

#[tokio::test]
async fn where_nothing_else_is_set_up_the_page_says_what_to_do_and_signs_out() {
    let mut world = World::new().await;
    world.sign_in().await;
    let (of, ctx) = (caller(&world).await, world.app.system_ctx("demo"));
    world.app.db.write(move |tx| user::set_mfa(tx, &ctx, &of.user.id, true)).await.unwrap();
    assert_eq!(world.get("/login").await.location.as_deref(), Some("/login/second"));
    let page = world.get("/login/second").await;
    assert!(page.body.contains("nothing is set up"), "{}", page.body);
    assert!(page.body.contains("ask the people who run Demo") && !page.body.contains("name=\"factor\""));
    let page = world.post("/login/second/code", "code=123456").await;
    assert!(page.body.contains("nothing is set up"));
    assert_eq!(world.post("/login/out", "").await.status, StatusCode::SEE_OTHER);
    assert!(world.get("/login").await.body.contains("name=\"phone\""));
}

#[tokio::test]
async fn a_blocked_account_is_told_so_and_offered_nothing() {
    let mut world = World::new().await;
    let anna = anna(&mut world).await;
    world.sign_in().await;
    let ctx = world.app.system_ctx("demo");
    world.app.db.write(move |tx| user::set_blocked(tx, &ctx, &anna.id, true)).await.unwrap();
    let page = world.post("/login/second/code", "code=123456").await;
    assert!(page.body.contains("is blocked") && !page.body.contains("name=\"factor\""), "{}", page.body);
    let page = world.get("/login/second?ways").await;
    assert!(page.body.contains("is blocked") && page.body.contains("Sign out"));
}

#[tokio::test]
async fn five_wrong_codes_of_the_app_end_a_challenge_and_thirty_the_hour() {
    let mut world = World::new().await;
    let anna = anna(&mut world).await;
    world.sign_in().await;
    let code = anna.app(world.app.clock.now());
    for _ in 0..5 {
        let page = world.post("/login/second/code", &format!("code={}", wrong(&code))).await;
        assert!(page.body.contains("wrong or was used"), "{}", page.body);
    }
    assert_eq!(world.post("/login/second/code", &format!("code={code}")).await.status, StatusCode::BAD_REQUEST);
    let mut statuses = Vec::new();
    for _ in 6..31 {
        statuses.push(world.post("/login/second/code", &format!("code={}", wrong(&code))).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::BAD_REQUEST).count(), 24);
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    world.clock.advance(3_600);
    world.post("/login/second", "factor=totp").await;
    let code = anna.app(world.app.clock.now());
    world.post("/login/second/code", &format!("code={code}")).await;
    assert!(is_in(&mut world).await);
}
