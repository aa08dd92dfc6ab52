//! Accounts with a password: signing up and in, the first one, another one.

use std::thread;
use std::time::Duration;

use countersign_domain::base::Random;
use countersign_domain::base::random::SeededRandom;
use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, masked, shape};
use crate::people::{PAGE, PASSWORD};
use crate::server::{Home, Person, Server, eventually, on_both};
use crate::session::{forms, jwt};

const EMAIL: &str = "anna@example.com";
const PHONE: &str = "+14255550411";
const OTHER: &str = "another horse entirely";

fn change(server: &Server, person: &Person, body: &Value) -> Call {
    server.by(person, "PATCH", "/v1/account/password").json(body)
}

/// The body of a change from the usual password.
fn to(password: &str) -> Value {
    json!({"password": password, "oldPassword": PASSWORD})
}

on_both! {
    fn an_account_with_a_password_is_made_and_signed_in_to(kind: Kind) {
        let server = Server::start(kind);
        let made = server.sign_up("anna", " Anna@Example.COM ", PASSWORD).send();
        server.home.keep_secret(EMAIL);
        assert_eq!(made.expect(201).json()["email"], EMAIL);
        assert!(made.cookies().is_empty() && made.header("x-fallback-cookies").is_none(), "no session: {}", made.raw);
        for (target, email) in [
            ("/v1/account/sessions/email", EMAIL),
            ("/v1/account/sessions/email", "ANNA@example.com"),
            ("/v1/account/sessions", " anna@ｅｘａｍｐｌｅ.com\n"),
        ] {
            let opened = server.post(target, &json!({"email": email, "password": PASSWORD})).send();
            let body = opened.expect(201).json();
            let told = ["userId", "provider", "providerUid"].map(|n| body[n].as_str().unwrap().to_owned());
            assert_eq!(told, ["anna", "email", EMAIL], "{email:?}");
            assert_eq!((&body["factors"], &body["mfaUpdatedAt"]), (&json!(["password"]), &json!("")));
            server.account(&server.person(&opened)).expect(200);
        }
    }
}

#[test]
fn an_account_with_a_password_has_the_fields_of_its_flavour() {
    let server = Server::start(Kind::Sqlite);
    let named = |user: &str, email: &str| {
        server.home.keep_secret(email);
        server.post("/v1/account", &json!({"userId": user, "email": email, "password": PASSWORD, "name": "Zoë 🦊"}))
    };
    let expected = [
        "$id: \"anna\"",
        "$createdAt: date",
        "$updatedAt: date",
        "name: \"Zoë 🦊\"",
        "registration: date",
        "status: true",
        "labels: []",
        "passwordUpdate: date",
        "email: \"anna@example.com\"",
        "phone: \"\"",
        "emailVerification: false",
        "phoneVerification: false",
        "mfa: false",
        "prefs: {}",
        "accessedAt: \"\"",
    ];
    let appwrite = named("anna", EMAIL).send();
    let mut lines = shape(&appwrite.expect(201).body);
    lines.retain(|line| !line.starts_with("targets: "));
    assert_eq!(lines, expected);
    let target = &appwrite.json()["targets"][0];
    assert_eq!((&target["providerType"], &target["identifier"]), (&json!("email"), &json!(EMAIL)));
    let nuvix = named("unique()", "bert@example.com").nuvix().send();
    let body = nuvix.expect(201).json();
    let id = body["$id"].as_str().unwrap();
    assert!(crate::call::is_uuid(id), "{id}");
    assert_eq!(
        body["$permissions"],
        json!(["read(\"any\")", format!("update(\"user:{id}\")"), format!("delete(\"user:{id}\")")])
    );
    for unset in ["phone", "accessedAt"] {
        assert_eq!(body[unset], Value::Null, "{unset}");
    }
    let opened = server.by_password("bert@example.com", PASSWORD).nuvix().send();
    assert!(opened.expect(201).cookie("nx_session").is_some());
    assert_eq!(opened.json()["mfaUpdatedAt"], Value::Null);
    server.person(&opened);
}

on_both! {
    fn an_id_or_address_that_is_taken_is_a_conflict_and_a_pending_one_is_not(kind: Kind) {
        let server = Server::start(kind);
        server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
        let rows = server.home.rows();
        for (user, email) in [("anna", "b@example.com"), ("bert", EMAIL), ("bert", "ANNA@Example.com "), ("anna", EMAIL)] {
            server.sign_up(user, email, PASSWORD).send().refused(409, "user_already_exists");
        }
        assert_eq!(server.home.rows(), rows);
        // Whoever only asked for a code holds neither the id nor the address.
        server.ask_by_email("carl", "carl@example.com").send().expect(201);
        server.newest("carl@example.com", "sign-in", 1);
        server.sign_up("carl", "carl@example.com", PASSWORD).send().expect(201);
        assert_eq!(server.again("carl@example.com", PASSWORD).user, "carl");
    }
}

on_both! {
    fn wrong_unknown_and_absent_passwords_get_one_answer(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna", EMAIL);
        server.sign_in_by_email("bert", "bert@example.com", 1);
        server.ask_by_email("carl", "carl@example.com").send().expect(201);
        server.newest("carl@example.com", "sign-in", 1);
        let wrong = server.by_password(EMAIL, "not this one").send();
        wrong.refused(401, "user_invalid_credentials");
        let same = |email: &str, password: &str| {
            let answer = server.by_password(email, password).send();
            assert_eq!(masked(&answer.raw), masked(&wrong.raw), "{email}");
        };
        for email in ["nobody@example.com", "bert@example.com", "carl@example.com"] {
            same(email, PASSWORD);
        }
        for password in ["c", " correct horse battery", "Correct horse battery", "correct horse battery "] {
            same(EMAIL, password);
        }
        server.by(&person, "PATCH", "/v1/account/status").send().expect(200);
        same(EMAIL, "not this one");
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_blocked");
    }
}

#[test]
fn whoever_is_signed_in_signs_in_again_with_nuvix_only() {
    let server = Server::start(Kind::Sqlite);
    let person = server.member("anna", EMAIL);
    let again = |call: Call| call.json(&json!({"email": EMAIL, "password": PASSWORD})).send();
    again(server.by(&person, "POST", "/v1/account/sessions/email")).refused(401, "user_session_already_exists");
    again(server.by(&person, "POST", "/v1/account/sessions/email").nuvix()).expect(201);
    let with_key = server.by_password(EMAIL, PASSWORD).header("X-Appwrite-Key", server.api_key()).send();
    let value = with_key.expect(201).json()["secret"].as_str().unwrap().to_owned();
    server.home.keep_secret(&value);
    server.get("/v1/account").header("X-Appwrite-Session", value).send().expect(200);
}

on_both! {
    fn a_project_may_close_sign_up_passwords_or_both(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna", EMAIL);
        server.settings(&json!({"auth": {"signUp": false}}));
        server.sign_up("bert", "b@example.com", PASSWORD).send().refused(501, "user_auth_method_unsupported");
        server.again(EMAIL, PASSWORD);
        server.settings(&json!({"auth": {"signUp": true, "limit": 1}}));
        server.sign_up("bert", "b@example.com", PASSWORD).send().refused(400, "user_count_exceeded");
        server.settings(&json!({"auth": {"limit": 0, "emailPassword": false}}));
        let closed = [
            server.sign_up("bert", "b@example.com", PASSWORD),
            server.by_password(EMAIL, PASSWORD),
            server.post("/v1/account/sessions", &json!({"email": EMAIL, "password": PASSWORD})),
        ];
        for call in &closed {
            call.send().refused(501, "user_auth_method_unsupported");
        }
        // Who is in stays in, and a customer's own server is not stopped by the switch.
        server.account(&person).expect(200);
        closed[1].clone().header("X-Appwrite-Key", server.api_key()).send().expect(201);
    }
}

on_both! {
    fn the_rules_for_passwords_hold_wherever_one_is_set(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna-lovelace", EMAIL);
        let guest = server.sign_in("guest-of-ours", PHONE);
        server.settings(&json!({"auth": {"passwordDictionary": true, "personalDataCheck": true}}));
        let post = |body: &Value| server.post("/v1/account", body);
        let patch = |target: &str, body: &Value| server.by(&guest, "PATCH", target).json(body);
        let ways = |password: &str| {
            [
                post(&json!({"userId": "guest-of-ours-2", "email": "guest-of-ours@example.org", "password": password})),
                patch("/v1/account/password", &json!({"password": password})),
                patch("/v1/account/email", &json!({"email": "g@example.org", "password": password})),
                patch("/v1/account/phone", &json!({"phone": "+14255550412", "password": password})),
            ]
        };
        let rows = server.home.rows();
        for call in ways("X-Guest-Of-Ours!-7") {
            call.send().refused(400, "password_personal_data");
            call.nuvix().send().refused(400, "password_personal_data");
        }
        for call in ways("password123") {
            let answer = call.send();
            assert!(answer.refused(400, "general_argument_invalid").body.contains("`password`"), "{}", answer.raw);
            let answer = call.nuvix().send();
            answer.refused(400, "general_bad_request");
            assert!(answer.json()["message"][0].as_str().unwrap().contains("`password`"), "{}", answer.raw);
        }
        for (password, kind) in [("Lovelace-anna-lovelace-9", "password_personal_data"), (EMAIL, "password_personal_data")] {
            change(&server, &person, &to(password)).send().refused(400, kind);
        }
        assert_eq!(server.home.rows(), rows);
        change(&server, &guest, &json!({"password": "x 4255550411 y z"})).send().expect(200);
        let phone = json!({"password": "x 14255550411 y z", "oldPassword": "x 4255550411 y z"});
        change(&server, &guest, &phone).send().refused(400, "password_personal_data");
        server.again(EMAIL, PASSWORD);
    }
}

on_both! {
    fn as_many_last_passwords_as_the_project_says_are_not_set_again(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna", EMAIL);
        let passwords = [PASSWORD, "second password here", "third password here", "fourth password here"];
        let from_to = |old: usize, new: usize| {
            let body = json!({"password": passwords[new], "oldPassword": passwords[old]});
            change(&server, &person, &body).send()
        };
        from_to(0, 0).expect(200);
        server.settings(&json!({"auth": {"passwordHistory": 1}}));
        from_to(0, 0).refused(400, "password_recently_used");
        from_to(0, 1).expect(200);
        from_to(1, 0).expect(200);
        server.settings(&json!({"auth": {"passwordHistory": 3}}));
        for (old, new) in [(0, 1), (1, 2)] {
            from_to(old, new).expect(200);
        }
        for new in [0, 1, 2] {
            from_to(2, new).refused(400, "password_recently_used");
        }
        from_to(2, 3).expect(200);
        from_to(3, 0).expect(200);
    }
}

on_both! {
    fn who_signed_up_with_a_number_gets_a_first_password_in_three_ways(kind: Kind) {
        let server = Server::start(kind);
        let ways = [
            ("/v1/account/password", json!({"password": PASSWORD})),
            ("/v1/account/email", json!({"email": "first1@example.com", "password": PASSWORD})),
            ("/v1/account/phone", json!({"phone": "+14255550425", "password": PASSWORD})),
        ];
        for (n, (target, body)) in ways.iter().enumerate() {
            server.home.keep_secret("+14255550425");
            let person = server.sign_in(&format!("first{n}"), &format!("+1425555042{n}"));
            let changed = server.by(&person, "PATCH", target).json(body).send();
            assert!(crate::call::is_date(changed.expect(200).json()["passwordUpdate"].as_str().unwrap()), "{target}");
            assert_eq!(server.account(&person).json(), changed.json(), "{target}");
            // From now on nothing goes without it.
            for (target, body) in [
                ("/v1/account/password", json!({"password": OTHER})),
                ("/v1/account/password", json!({"password": OTHER, "oldPassword": ""})),
                ("/v1/account/password", json!({"password": OTHER, "oldPassword": OTHER})),
                ("/v1/account/email", json!({"email": "x@example.com", "password": OTHER})),
                ("/v1/account/phone", json!({"phone": "+14255550426", "password": OTHER})),
            ] {
                server.by(&person, "PATCH", target).json(&body).send().refused(401, "user_invalid_credentials");
            }
            assert_eq!(server.account(&person).json(), changed.json(), "{target}");
            change(&server, &person, &to(OTHER)).send().expect(200);
        }
        server.home.keep_secret("first1@example.com");
        assert_eq!(server.again("first1@example.com", OTHER).user, "first1");
    }
}

on_both! {
    fn another_password_ends_every_other_session_at_once_in_every_form(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna", EMAIL);
        let (known, unseen) = (server.again(EMAIL, PASSWORD), server.again(EMAIL, PASSWORD));
        let (of_known, of_person) = (jwt(&server, &known), jwt(&server, &person));
        for (name, call) in forms(&server, &known, &of_known) {
            assert_eq!(call.send().status, 200, "{name}");
        }
        let changed = change(&server, &person, &to(OTHER)).send();
        changed.expect(200);
        server.home.keep_secret(OTHER);
        for (name, call) in forms(&server, &known, &of_known) {
            let answer = call.send();
            assert_eq!(answer.said(), (401, "general_unauthorized_scope".to_owned()), "{name}: {}", answer.raw);
        }
        server.account(&unseen).expect(401);
        for (name, call) in forms(&server, &person, &of_person) {
            assert_eq!(call.send().status, 200, "{name}");
        }
        assert_eq!(server.account(&person).json(), changed.json());
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_invalid_credentials");
        server.again(EMAIL, OTHER);
        // Nobody verified the address, so nobody is written to.
        server.settled();
        assert!(server.inbox(EMAIL).is_empty());
    }
}

#[test]
fn another_password_ends_sessions_on_the_other_node_within_a_second() {
    let home = Home::new(Kind::Postgres);
    let (one, other) = (Server::on(&home), Server::on(&home));
    one.settings(&json!({"nuvix": {"rateLimits": false}}));
    let person = one.member("anna", EMAIL);
    let gone = other.again(EMAIL, PASSWORD);
    for _ in 0..3 {
        other.account(&gone).expect(200);
        other.account(&person).expect(200);
    }
    change(&one, &person, &to(OTHER)).send().expect(200);
    thread::sleep(Duration::from_secs(1));
    other.account(&gone).expect(401);
    other.account(&person).expect(200);
    other.by_password(EMAIL, PASSWORD).send().refused(401, "user_invalid_credentials");
    other.again(EMAIL, OTHER);
}

on_both! {
    fn of_two_changes_at_once_one_wins(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna", EMAIL);
        let wanted: Vec<_> = (0..6).map(|n| format!("racing password {n}")).collect();
        let mut statuses = Vec::new();
        thread::scope(|scope| {
            let racers: Vec<_> = wanted
                .iter()
                .map(|password| scope.spawn(|| change(&server, &person, &to(password)).send().said()))
                .collect();
            statuses.extend(racers.into_iter().map(|r| r.join().unwrap()));
        });
        let won: Vec<_> = (0..6).filter(|n| statuses[*n].0 == 200).collect();
        assert_eq!(won.len(), 1, "{statuses:?}");
        let lost = (401, "user_invalid_credentials".to_owned());
        assert_eq!(statuses.iter().filter(|s| **s == lost).count(), 5, "{statuses:?}");
        server.again(EMAIL, &wanted[won[0]]);
    }
}

on_both! {
    fn a_kill_in_the_middle_of_a_change_leaves_all_or_nothing(kind: Kind) {
        let random: &dyn Random = &SeededRandom::new(13);
        let mut server = Server::start(kind);
        let (mut done, mut undone) = (0, 0);
        for round in 0..6 {
            let email = format!("kill{round}@example.com");
            let person = server.member(&format!("kill{round}"), &email);
            let other = server.again(&email, PASSWORD);
            // Two hashes are made before anything is written.
            let pause = Duration::from_micros(60_000 + 120_000 * u64::from(random.bytes::<1>()[0]) / 255);
            let answer = thread::scope(|scope| {
                let racer = scope.spawn(|| change(&server, &person, &to(OTHER)).try_send().ok());
                thread::sleep(pause);
                server.kill9();
                racer.join().unwrap()
            });
            server = server.restarted();
            let (new, old) =
                (server.by_password(&email, OTHER).send().status, server.by_password(&email, PASSWORD).send().status);
            let (own, ended) = (server.account(&person).status, server.account(&other).status);
            match (answer.map(|a| a.status), new, old, own, ended) {
                (Some(200) | None, 201, 401, 200, 401) => done += 1,
                (None, 401, 201, 200, 200) => undone += 1,
                other => panic!("round {round}: {other:?}"),
            }
        }
        assert_eq!(done + undone, 6);
    }
}

#[test]
fn a_change_is_told_to_whoever_verified_the_address_in_his_language_and_without_a_link() {
    let server = Server::start(Kind::Sqlite);
    let person = server.settler("anna", PHONE, EMAIL);
    change(&server, &person, &to(OTHER)).header("X-Appwrite-Locale", "de").send().expect(200);
    let notice = server.newest(EMAIL, "password-changed", 1);
    assert_eq!((&notice["locale"], &notice["code"], &notice["link"]), (&json!("de"), &Value::Null, &Value::Null));
    let body = notice["body"].as_str().unwrap();
    assert!(body.contains("127.0.0.1") && !body.contains("http"), "{body}");
    // A number is written to only where no address is verified.
    server.settled();
    assert!(server.mail(PHONE, "password-changed").is_empty());
    let by_phone = server.sign_in("bert", "+14255550430");
    change(&server, &by_phone, &json!({"password": PASSWORD})).send().expect(200);
    let notice = server.newest("+14255550430", "password-changed", 1);
    assert_eq!((&notice["channel"], &notice["code"], &notice["locale"]), (&json!("sms"), &Value::Null, &json!("en")));
}

#[test]
fn a_hash_of_another_cost_is_made_again_at_the_next_sign_in() {
    const REPLACED: &str =
        "SELECT COUNT(*) FROM passwords JOIN seen USING (user_id) WHERE passwords.sealed <> seen.sealed";
    let server = Server::start(Kind::Sqlite);
    server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
    let cheap = json!({"memoryKib": 7_168, "iterations": 5, "parallelism": 1});
    server.settings(&json!({"auth": {"passwordHashing": cheap, "passwordHistory": 5}}));
    server.home.execute("CREATE TABLE seen AS SELECT user_id, sealed FROM passwords");
    let first = server.again(EMAIL, PASSWORD);
    assert_eq!(server.home.count(REPLACED), 1);
    server.home.execute("UPDATE seen SET sealed = (SELECT sealed FROM passwords)");
    server.again(EMAIL, PASSWORD);
    assert_eq!(server.home.count(REPLACED), 0);
    // It is the same password: nobody is thrown out, and it is still the present one.
    server.account(&first).expect(200);
    change(&server, &first, &to(PASSWORD)).send().refused(400, "password_recently_used");
    change(&server, &first, &to(OTHER)).send().expect(200);
}

#[test]
fn a_flood_of_passwords_does_not_stop_who_is_signed_in() {
    let server = Server::start(Kind::Sqlite);
    let person = server.member("anna", EMAIL);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..40)
            .map(|n| {
                scope.spawn({
                    let server = &server;
                    move || server.by_password(&format!("n{n}@example.com"), PASSWORD).send().said()
                })
            })
            .collect();
        for _ in 0..20 {
            server.account(&person).expect(200);
        }
        for said in racers.into_iter().map(|r| r.join().unwrap()) {
            let told = [(401, "user_invalid_credentials".to_owned()), (429, "general_rate_limit_exceeded".to_owned())];
            assert!(told.contains(&said), "{said:?}");
        }
    });
    eventually("a sign-in after the flood", || {
        (server.by_password(EMAIL, PASSWORD).send().status == 201).then_some(())
    });
}

/// Every flow with a secret in it, once: signing up, links, codes, apps, recovery codes, a recovery.
fn everything(server: &Server) {
    let person = server.settler("anna", PHONE, EMAIL);
    let seed = server.add_app(&person);
    let codes = server.by(&person, "POST", "/v1/account/mfa/recovery-codes").send().expect(201).json();
    for code in codes["recoveryCodes"].as_array().unwrap() {
        server.home.keep_secret(code.as_str().unwrap());
    }
    server.by(&person, "PATCH", "/v1/account/mfa").json(&json!({"mfa": true})).send().expect(200);
    let second = server.again(EMAIL, PASSWORD);
    server.account(&second).expect(401);
    server.step_up(&second, &seed);
    let challenge = server.challenge(&second, "recoverycode");
    server.complete(&second, &challenge, codes["recoveryCodes"][0].as_str().unwrap()).send().expect(200);
    for (factor, to) in [("email", EMAIL), ("phone", PHONE)] {
        let challenge = server.challenge(&second, factor);
        let code = server.newest(to, "mfa", 1)["code"].as_str().unwrap().to_owned();
        server.complete(&second, &challenge, &code).send().expect(200);
    }
    server.home.keep_secret(OTHER);
    change(server, &second, &json!({"password": OTHER, "oldPassword": "not this one"})).send().expect(401);
    change(server, &second, &to(OTHER)).send().expect(200);
    let url = json!({"userId": "unique()", "email": EMAIL, "url": PAGE});
    server.post("/v1/account/tokens/magic-url", &url).send().expect(201);
    let link = server.link(EMAIL, "magic-link", 1);
    server.person(server.exchange(&link.user, &link.secret).send().expect(201));
    server.post("/v1/account/recovery", &url).send().expect(201);
    let link = server.link(EMAIL, "recovery", 1);
    server.home.keep_secret("an entirely new one");
    let body = json!({"userId": link.user, "secret": link.secret, "password": "an entirely new one"});
    server.call("PUT", "/v1/account/recovery").json(&body).send().expect(200);
    server.sign_in_by_email("again", EMAIL, 1);
    for wrong in [EMAIL, "nobody-has-this@example.com"] {
        server.home.keep_secret(wrong);
        server.by_password(wrong, "not this one").send().expect(401);
    }
    server.sign_up("anna", EMAIL, PASSWORD).send().expect(409);
    server.settled();
}

on_both! {
    fn at_the_most_talkative_level_the_log_tells_no_password_link_or_seed(kind: Kind) {
        let home = Home::new(kind);
        let server = Server::with(&home, &[("COUNTERSIGN_LOG__LEVEL", "trace"), ("COUNTERSIGN_LOG__REQUESTS", "true")]);
        server.settings(&json!({"nuvix": {"rateLimits": false}, "otp": {"resendSeconds": [0]}}));
        server.settings(&json!({"auth": {"sessionAlerts": true, "passwordHistory": 3}}));
        everything(&server);
        assert!(home.log().contains("/account/recovery"), "each request is a line");
    }
}

#[test]
fn a_stolen_database_file_holds_no_password_link_seed_or_recovery_code() {
    let server = Server::impatient(Kind::Sqlite);
    everything(&server);
    let stolen = server.home.stolen();
    let holds = |what: &[u8]| stolen.windows(what.len()).any(|w| w == what);
    assert!(holds(b"anna@example.com"), "the file is the right one");
    for secret in server.home.secrets() {
        // Numbers and addresses are there to be found, codes of six digits are in every file by chance.
        let plain = secret.contains('@') || secret.starts_with('+') || secret.len() <= 6;
        assert!(plain || !holds(secret.as_bytes()), "{secret:?}");
        for raw in
            [data_encoding::HEXLOWER.decode(secret.as_bytes()), data_encoding::BASE32_NOPAD.decode(secret.as_bytes())]
        {
            assert!(!raw.is_ok_and(|raw| raw.len() >= 5 && holds(&raw)), "{secret:?}");
        }
    }
}
