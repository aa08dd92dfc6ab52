//! Messages: what a crash, a dead provider or a slow one may do to them.

use std::thread;
use std::time::Duration;

use aws_lc_rs::hmac;
use countersign_domain::base::Random;
use countersign_domain::base::random::SeededRandom;
use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::masked;
use crate::server::{Home, Server, eventually, on_both};
use crate::twilio::{Asked, Mood, Twilio};

const PHONE: &str = "+14255550131";

/// Providers in order of preference.
fn through(server: &Server, providers: &[Value]) {
    server.settings(&json!({"sms": {"providers": providers}}));
}

fn inbox() -> Value {
    json!({"name": "second", "account": {"kind": "inbox"}})
}

/// Waits until a provider refused the message to a number, which is now to be tried again.
fn refused_once(server: &Server, phone: &str) {
    eventually("a refusal", || {
        server
            .home
            .message_to(phone)
            .filter(|m| m.state == "queued" && m.tries.first().is_some_and(|t| t.outcome == "refused"))
            .map(drop)
    });
}

fn state_of(server: &Server, phone: &str) -> String {
    server.home.message_to(phone).map(|m| m.state).unwrap_or_default()
}

on_both! {
    fn a_kill_between_the_answer_and_the_message_loses_and_doubles_nothing(kind: Kind) {
        let server = Server::start(kind);
        let mut twilio = Twilio::down();
        through(&server, &[twilio.provider("main")]);
        server.ask("owner", PHONE).send().expect(201);
        refused_once(&server, PHONE);
        server.kill9();
        twilio.up();
        let server = server.restarted();
        let sms = eventually("the message", || twilio.asked_for(PHONE).into_iter().next());
        server.home.keep_secret(&sms.code());
        eventually("the settled message", || (state_of(&server, PHONE) == "sent").then_some(()));
        server.exchange("owner", &sms.code()).send().expect(201);
        // No later look at the queue finds it again.
        server.advance(300);
        thread::sleep(Duration::from_millis(200));
        assert_eq!(twilio.asked_for(PHONE).len(), 1);
    }
}

on_both! {
    fn twenty_kills_at_random_moments_never_double_a_message_and_hide_none(kind: Kind) {
        let home = Home::new(kind);
        let twilio = Twilio::started(Mood::Fine);
        let random: &dyn Random = &SeededRandom::new(20);
        let mut phones = Vec::new();
        for round in 0..20 {
            let server = Server::on(&home);
            if round == 0 {
                server.settings(&json!({"nuvix": {"rateLimits": false}}));
                through(&server, &[twilio.provider("main")]);
            }
            let [choice, wait] = random.bytes::<2>();
            for n in 0..=choice % 3 {
                // Each in a prefix of its own: so many to one would look like pumping.
                let phone = format!("+1425{:03}{:04}", 200 + round, 1_000 + round * 10 + u32::from(n));
                server.ask(&format!("user-{round}-{n}"), &phone).send().expect(201);
                phones.push(phone);
            }
            thread::sleep(Duration::from_micros(5_000 * u64::from(wait) / 255));
            server.kill9();
        }
        let server = Server::on(&home);
        if kind == Kind::Postgres {
            // Other nodes may be alive there, so a lease is waited for.
            server.advance(125);
        }
        eventually("every message is settled", || {
            home.messages().iter().all(|m| m.state != "queued" && m.state != "sending").then_some(())
        });
        let (mut sent, mut interrupted) = (0, 0);
        for phone in &phones {
            let asked = twilio.asked_for(phone).len();
            let entry = home.message_to(phone).expect("an answered request is in the outbox");
            assert!(asked <= 1, "{phone} got {asked} messages: {entry:?}");
            match entry.state.as_str() {
                "sent" => assert_eq!(asked, 1, "{entry:?}"),
                "dead" => assert!(entry.reason.starts_with("interrupted"), "{entry:?}"),
                _ => panic!("{entry:?}"),
            }
            sent += usize::from(asked == 1);
            interrupted += usize::from(entry.state == "dead");
        }
        assert_eq!(home.messages().len(), phones.len());
        assert!(sent + interrupted >= phones.len(), "{sent} sent, {interrupted} interrupted of {}", phones.len());
        assert!(sent > 0, "no message survived, which proves nothing");
    }
}

on_both! {
    fn a_provider_that_fails_refuses_or_hangs_is_passed_over(kind: Kind) {
        let server = Server::start(kind);
        let healthy = server.ask("healthy", "+14255550130").send();
        for (n, twilio) in
            [Twilio::started(Mood::Status(500)), Twilio::down(), Twilio::started(Mood::Hangs)].iter().enumerate()
        {
            through(&server, &[twilio.provider("main"), inbox()]);
            let (user, phone) = (format!("person{n}"), format!("+1425555014{n}"));
            let answer = server.ask(&user, &phone).send();
            assert_eq!(masked(&answer.raw), masked(&healthy.raw).replace("healthy", &user));
            let code = server.code(&phone, 1);
            server.exchange(&user, &code).send().expect(201);
            let entry = eventually("the settled message", || {
                server.home.message_to(&phone).filter(|m| m.state == "sent")
            });
            let tries: Vec<_> = entry.tries.iter().map(|t| (t.provider.as_str(), t.outcome.as_str())).collect();
            let first = if n == 2 { "unknown" } else { "refused" };
            assert_eq!(tries, [("main", first), ("second", "accepted")]);
        }
    }
}

on_both! {
    fn a_message_that_nobody_takes_is_dead_and_told_about(kind: Kind) {
        let server = Server::start(kind);
        let healthy = server.ask("healthy", "+14255550130").send();
        let (broken, refusing) = (Twilio::started(Mood::Status(500)), Twilio::down());
        through(&server, &[broken.provider("main"), refusing.provider("second")]);
        let answer = server.ask("unlucky", PHONE).send();
        assert_eq!(masked(&answer.raw), masked(&healthy.raw).replace("healthy", "unlucky"));
        let entry = eventually("a dead letter", || {
            server.advance(2);
            server.home.message_to(PHONE).filter(|m| m.state == "dead")
        });
        assert_eq!(entry.to, "+1425***0131");
        assert!(entry.tries.len() >= 4 && entry.tries.iter().all(|t| t.outcome == "refused"), "{entry:?}");
        let told = eventually("the line in the log", || {
            server.home.log().lines().find(|l| l.contains("a message is dead")).map(str::to_owned)
        });
        assert!(told.contains("+1425***0131") && told.contains(&entry.id), "{told}");
        let texts = broken.asked_for(PHONE);
        // Providers that repeat number and text in their errors make nothing known.
        for said in [entry.reason.as_str(), entry.tries[0].reason.as_str(), told.as_str()] {
            assert!(!said.contains("4255550131") && !said.contains(&texts[0].code()), "{said}");
        }
        assert!(!texts.is_empty() && texts.iter().all(|sms| sms.code() == texts[0].code()));
        server.home.keep_secret(&texts[0].code());
        // The code is a code all the same: a provider that refused may lie.
        server.exchange("unlucky", &texts[0].code()).send().expect(201);
    }
}

#[test]
fn a_provider_that_hangs_alone_leaves_a_dead_letter_that_is_not_sent_again() {
    let server = Server::start(Kind::Sqlite);
    let twilio = Twilio::started(Mood::Hangs);
    through(&server, &[twilio.provider("main")]);
    server.ask("owner", PHONE).send().expect(201);
    let entry = eventually("a dead letter", || server.home.message_to(PHONE).filter(|m| m.state == "dead"));
    assert!(entry.reason.starts_with("no provider confirmed it"), "{entry:?}");
    server.advance(60);
    let server = server.restarted();
    server.advance(60);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(twilio.asked_for(PHONE).len(), 1);
}

#[test]
fn what_is_dead_is_in_what_doctor_prints() {
    let server = Server::start(Kind::Sqlite);
    let twilio = Twilio::down();
    through(&server, &[twilio.provider("main")]);
    server.ask("owner", PHONE).send().expect(201);
    eventually("a dead letter", || {
        server.advance(2);
        (state_of(&server, PHONE) == "dead").then_some(())
    });
    let out = server.home.command(&["doctor", "--json"]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("+1425***0131"), "{text}{}", String::from_utf8_lossy(&out.stderr));
    assert!(!text.contains(PHONE));
}

#[test]
fn at_a_stop_what_was_answered_is_still_sent() {
    let server = Server::start(Kind::Sqlite);
    let twilio = Twilio::started(Mood::Fine);
    through(&server, &[twilio.provider("main")]);
    server.ask("owner", PHONE).send().expect(201);
    server.terminate();
    assert_eq!(twilio.asked_for(PHONE).len(), 1);
    assert_eq!(state_of(&server, PHONE), "sent");
}

#[test]
fn the_outbox_keeps_no_code_once_a_message_is_settled() {
    let server = Server::start(Kind::Sqlite);
    server.sign_in("owner", PHONE);
    eventually("the settled message", || (state_of(&server, PHONE) == "sent").then_some(()));
    assert_eq!(server.home.count("SELECT COUNT(*) FROM messages WHERE payload IS NOT NULL"), 0);
}

#[test]
fn two_nodes_share_one_outbox_and_send_nothing_twice() {
    let home = Home::new(Kind::Postgres);
    let nodes = [Server::on(&home), Server::on(&home)];
    let twilio = Twilio::started(Mood::Fine);
    nodes[0].settings(&json!({"nuvix": {"rateLimits": false}}));
    through(&nodes[0], &[twilio.provider("main")]);
    // The other node hears of it within a second.
    eventually("the settings on the other node", || {
        let none = nodes[1].exchange("nobody", "000000").send();
        none.header("x-ratelimit-limit").is_none().then_some(())
    });
    let phones: Vec<_> = (0..40).map(|n| format!("+1425{:03}0132", 300 + n)).collect();
    thread::scope(|scope| {
        for (n, phone) in phones.iter().enumerate() {
            let node = &nodes[n % 2];
            scope.spawn(move || node.ask(&format!("u{n}"), phone).send().expect(201).status);
        }
    });
    eventually("every message is settled", || home.messages().iter().all(|m| m.state == "sent").then_some(()));
    for phone in &phones {
        assert_eq!(twilio.asked_for(phone).len(), 1, "{phone}");
    }
}

on_both! {
    fn at_the_most_talkative_level_the_log_still_tells_no_secret(kind: Kind) {
        let home = Home::new(kind);
        let server = Server::with(&home, &[("COUNTERSIGN_LOG__LEVEL", "trace"), ("COUNTERSIGN_LOG__REQUESTS", "true")]);
        let (broken, fine) = (Twilio::started(Mood::Status(400)), Twilio::started(Mood::Fine));
        home.keep_secret("tw1l10-t0ken");
        through(&server, &[broken.provider("main"), fine.provider("second")]);
        server.ask("owner", PHONE).send().expect(201);
        let code = eventually("the message", || fine.asked_for(PHONE).first().map(Asked::code));
        home.keep_secret(&code);
        server.exchange("owner", "999999999").send().expect(401);
        let person = server.person(server.exchange("owner", &code).send().expect(201));
        server.account(&person).expect(200);
        server.get(&format!("/v1/health?apikey={}", server.api_key())).send().expect(200);
        server.call("DELETE", "/v1/account/sessions").header("Cookie", person.cookie()).send().expect(204);
    }
}

#[test]
fn the_line_that_binds_a_code_to_a_site_comes_from_the_settings_alone() {
    let server = Server::start(Kind::Sqlite);
    server.settings(&json!({"sms": {"origin": "login.example.com", "brand": "Acme"}}));
    let call = server.ask("owner", PHONE).host("evil.example").header("X-Forwarded-Host", "evil.example");
    call.send().expect(201);
    let code = server.code(PHONE, 1);
    let body = server.inbox(PHONE)[0]["body"].as_str().unwrap().to_owned();
    assert!(body.ends_with(&format!("\n@login.example.com #{code}")), "{body:?}");
    assert!(body.starts_with("Acme: ") && !body.contains("evil"), "{body:?}");
}

/// Twilio's signature: HMAC-SHA-1 under the auth token, over the address and the sorted parameters.
fn signed_by_twilio(url: &str, form: &[(&str, &str)]) -> String {
    let mut text = url.to_owned();
    let mut sorted = form.to_vec();
    sorted.sort_unstable();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"tw1l10-t0ken");
    data_encoding::BASE64.encode(hmac::sign(&key, text.as_bytes()).as_ref())
}

#[test]
fn a_signed_receipt_says_that_the_message_arrived_and_a_forged_one_says_nothing() {
    let home = Home::new(Kind::Sqlite);
    let server = Server::with(&home, &[("COUNTERSIGN_PUBLIC_URL", "https://id.example.com")]);
    let twilio = Twilio::started(Mood::Fine);
    through(&server, &[twilio.provider("main")]);
    server.ask("owner", PHONE).send().expect(201);
    eventually("the message is sent", || home.message_to(PHONE).filter(|m| m.state == "sent"));
    let asked = twilio.asked_for(PHONE);
    assert_eq!(asked[0].callback, "https://id.example.com/webhooks/sms/demo");

    let sid = format!("SM{:032}", 1);
    let form = [("MessageSid", sid.as_str()), ("MessageStatus", "delivered")];
    let body = format!("MessageSid={sid}&MessageStatus=delivered");
    let receipt = |signature: &str| {
        let call = server.call("POST", "/webhooks/sms/demo").header("X-Twilio-Signature", signature);
        call.body("application/x-www-form-urlencoded", body.clone()).send()
    };
    receipt(&signed_by_twilio("https://evil.example.com/webhooks/sms/demo", &form)).expect(403);
    assert_eq!(home.message_to(PHONE).unwrap().state, "sent");
    receipt(&signed_by_twilio("https://id.example.com/webhooks/sms/demo", &form)).expect(204);
    assert_eq!(home.message_to(PHONE).unwrap().state, "delivered");
}
