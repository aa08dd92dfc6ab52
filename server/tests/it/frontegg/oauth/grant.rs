//! Codes: what they are bound to, and who gets one.

use std::thread;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{OTHER, PHONE, REUSES, at_the_page, code, exchange, form, led, make_shop, me, onward, query};
use super::{refresh, refused, send, sign_in, start, tokens, told};
use crate::browser::Browser;
use crate::frontegg::claims;
use crate::server::{eventually, on_both};

on_both! {
    fn a_code_is_good_for_one_session_of_whoever_has_all_that_belongs_to_it(kind: Kind) {
        let server = start(kind);
        let mut browser = at_the_page(&server, PHONE, 1);
        let mut fresh = || code(&server, &send(&mut browser, &[]));
        let other = "zZ3dE5gH7jK9mN1p".repeat(3);
        for (changes, status, error) in [
            (&[("code_verifier", other.as_str())][..], 400, "invalid_grant"),
            (&[("code_verifier", "")], 400, "invalid_request"),
            (&[("redirect_uri", "http://localhost:3000/oauth/callback")], 400, "invalid_grant"),
            (&[("redirect_uri", "")], 400, "invalid_request"),
            (&[("client_id", "somebody")], 401, "invalid_client"),
            (&[("grant_type", "password")], 400, "unsupported_grant_type"),
            (&[("grant_type", "")], 400, "invalid_request"),
            (&[("code", "0000")], 400, "invalid_grant"),
        ] {
            let code = fresh();
            refused(&exchange(&server, &code, changes).send(), status, error);
            if error != "invalid_grant" {
                tokens(&server, &exchange(&server, &code, &[]).send());
            }
        }
        let late = fresh();
        let used = fresh();
        let given = tokens(&server, &exchange(&server, &used, &[]).send());
        assert_eq!(me(&server, &given), 200);
        refused(&exchange(&server, &used, &[("code_verifier", &other)]).send(), 400, "invalid_grant");
        assert_eq!(me(&server, &given), 401, "two have it, so what came of it ends");
        refused(&refresh(&server, &given["refresh_token"]), 400, "invalid_grant");
        assert_eq!(server.home.count(REUSES), 1);
        server.advance(60);
        refused(&exchange(&server, &late, &[]).send(), 400, "invalid_grant");

        let code = code(&server, &send(&mut browser, &[]));
        let call = exchange(&server, &code, &[]);
        let racers: Vec<_> = (0..64).map(|_| thread::spawn({ let call = call.clone(); move || call.send() })).collect();
        let answers: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1, "exactly one gets a session");
        tokens(&server, won[0]);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            refused(answer, 400, "invalid_grant");
        }
    }
}

on_both! {
    fn a_code_and_a_sign_in_are_for_their_project_alone(kind: Kind) {
        let server = start(kind);
        make_shop(&server.home);
        eventually("the other project is known", || {
            let asked = server.get(&format!("/oauth/authorize?{}", query(&server, &[("client_id", "shop")]))).send();
            (asked.status == 302).then_some(())
        });
        let mut browser = at_the_page(&server, PHONE, 1);
        let code = code(&server, &send(&mut browser, &[]));
        let there = exchange(&server, &code, &[]).host("shop.example.com").send();
        refused(&there, 400, "invalid_grant");
        refused(&exchange(&server, &code, &[("client_id", "shop")]).send(), 401, "invalid_client");
        // The other project knows nobody here, whichever page he is on.
        let answer = send(&mut browser, &[("client_id", "shop"), ("prompt", "none")]);
        assert_eq!(told(&answer, "error").as_deref(), Some("login_required"));
        assert_eq!(led(&server, send(&mut browser, &[("client_id", "shop")]).expect(303)), "/login");
        assert!(browser.get("/login").expect(200).body.contains("<h1>Sign in to shop</h1>"));
        tokens(&server, &exchange(&server, &code, &[]).send());
    }
}

on_both! {
    fn nobody_gets_a_code_who_lacks_a_second_factor_or_is_blocked(kind: Kind) {
        let server = start(kind);
        let person = server.sign_in("owner", PHONE);
        let made = server.by(&person, "POST", "/v1/account/mfa/recovery-codes").json(&json!({})).send().expect(201).json();
        let recovery = made["recoveryCodes"][0].as_str().unwrap().to_owned();
        server.home.keep_secret(&recovery);
        server.by(&person, "PATCH", "/v1/account/mfa").json(&json!({"mfa": true})).send().expect(200);

        let mut browser = Browser::new(&server);
        assert_eq!(led(&server, send(&mut browser, &[]).expect(303)), "/login");
        sign_in(&mut browser, PHONE, 2);
        assert_eq!(led(&server, browser.get("/login").expect(303)), "/login/second");
        let answer = send(&mut browser, &[("prompt", "none")]);
        assert_eq!(told(&answer, "error").as_deref(), Some("interaction_required"));
        assert_eq!(led(&server, send(&mut browser, &[]).expect(303)), "/login/second");
        form(&mut browser, "/login/second", "factor=recoverycode").expect(200);
        form(&mut browser, "/login/second/code", &format!("code={recovery}")).expect(303);
        let code = code(&server, &onward(&mut browser));
        let given = tokens(&server, &exchange(&server, &code, &[]).send());
        assert_eq!(claims(given["id_token"].as_str().unwrap())["amr"][0], "mfa");

        // Where everybody must have a second factor, whoever has none is let in by no door.
        server.settings(&json!({"mfa": {"enforce": "force"}}));
        let mut newcomer = at_the_page(&server, OTHER, 1);
        for changes in [&[][..], &[("prompt", "none")]] {
            assert_eq!(told(&send(&mut newcomer, changes), "error").as_deref(), Some("access_denied"));
        }
        server.settings(&json!({"mfa": {"enforce": "dontForce"}}));
        let left = told(&send(&mut newcomer, &[]), "code").unwrap();
        server.home.keep_secret(&left);
        let body = json!({"status": false});
        let owner = newcomer.get("/login");
        assert!(owner.body.contains("Signed in as"), "{}", owner.raw);
        let users = server.call("GET", "/v1/users").header("X-Appwrite-Key", server.api_key()).send().json();
        let find = |user: &&Value| user["phone"] == OTHER;
        let id = users["users"].as_array().unwrap().iter().find(find).unwrap()["$id"].as_str().unwrap().to_owned();
        let block = server.call("PATCH", &format!("/v1/users/{id}/status")).header("X-Appwrite-Key", server.api_key());
        block.json(&body).send().expect(200);
        refused(&exchange(&server, &left, &[]).send(), 400, "invalid_grant");
        assert_eq!(told(&send(&mut newcomer, &[]), "error").as_deref(), Some("access_denied"));
    }
}

on_both! {
    fn an_application_may_want_a_sign_in_of_now(kind: Kind) {
        let server = start(kind);
        let mut browser = at_the_page(&server, PHONE, 1);
        let first = claims(tokens(&server, &exchange(&server, &code(&server, &send(&mut browser, &[])), &[]).send())["id_token"].as_str().unwrap());
        server.advance(100);
        let later = claims(tokens(&server, &exchange(&server, &code(&server, &send(&mut browser, &[])), &[]).send())["id_token"].as_str().unwrap());
        assert_eq!(later["auth_time"], first["auth_time"], "a session is as old as the sign-in that it came of");
        for (n, changes) in [[("prompt", "login")], [("max_age", "50")]].iter().enumerate() {
            assert_eq!(led(&server, send(&mut browser, changes).expect(303)), "/login");
            let page = browser.get("/login");
            assert!(page.expect(200).body.contains("<h1>Sign in to Demo</h1>"), "{}", page.raw);
            // Asking again is no way round it.
            assert_eq!(led(&server, send(&mut browser, changes).expect(303)), "/login");
            sign_in(&mut browser, PHONE, n + 2);
            let code = code(&server, &onward(&mut browser));
            let says = claims(tokens(&server, &exchange(&server, &code, &[]).send())["id_token"].as_str().unwrap());
            assert!(says["auth_time"].as_i64().unwrap() >= first["auth_time"].as_i64().unwrap() + 100, "{says}");
            server.advance(60);
        }
    }
}
