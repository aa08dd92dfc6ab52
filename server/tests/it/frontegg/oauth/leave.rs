//! Signing out of an application and of our page.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{FORM, OTHER, at_the_page, code, encoded, exchange, form, inside, led, me, refresh, refused, send};
use super::{start, tokens};
use crate::browser::Browser;
use crate::call::Call;
use crate::server::on_both;

on_both! {
    fn signing_out_ends_the_session_of_the_application_and_that_of_our_page(kind: Kind) {
        let server = start(kind);
        let is_in = |browser: &mut Browser<'_>| browser.get("/login").body.contains("Signed in as");
        // As Frontegg's browser client asks, with cookies alone.
        let (mut browser, given) = inside(&server, 1);
        let answer = browser.call("GET", "/frontegg/oauth/logout").header("Content-Type", "application/json").send();
        assert!(answer.expect(200).cookies().iter().any(|line| line.contains("Max-Age=0")), "{}", answer.raw);
        assert!(me(&server, &given) == 401 && !is_in(&mut browser));
        browser.refresh().expect(401);

        // From another host, where our page's cookie does not go.
        let (mut browser, given) = inside(&server, 2);
        let token = format!("Bearer {}", given["id_token"].as_str().unwrap());
        server.get("/oauth/logout").header("Authorization", token).header("Origin", "http://localhost:3000").send().expect(200);
        assert!(me(&server, &given) == 401 && !is_in(&mut browser));

        // By a token, the application's alone.
        let (mut browser, given) = inside(&server, 3);
        for token in ["nothing", given["refresh_token"].as_str().unwrap()] {
            let answer = server.call("POST", "/oauth/logout/token").body(FORM, format!("token={token}")).send();
            assert_eq!(answer.expect(200).body, "{}");
        }
        assert!(me(&server, &given) == 401 && is_in(&mut browser));
        let code = code(&server, &send(&mut browser, &[]));
        let given = tokens(&server, &exchange(&server, &code, &[]).send());
        server.post("/frontegg/oauth/logout/token", &json!({"token": given["access_token"]})).send().expect(200);
        assert_eq!(me(&server, &given), 401);
    }
}

on_both! {
    fn a_page_of_somebody_else_signs_nobody_out(kind: Kind) {
        let server = start(kind);
        let (mut browser, given) = inside(&server, 1);
        let there = "http://localhost:3000/bye";
        let uri = encoded(there);
        let path = format!("/oauth/logout?client_id={}&post_logout_redirect_uri={uri}&state=s", server.client_id());
        // A link or an image: the person is asked.
        let answer = browser.call("GET", &path).header("Referer", "https://evil.example/x").send();
        assert_eq!(answer.expect(302).header("referrer-policy"), Some("strict-origin"));
        let to = led(&server, &answer);
        for referer in ["https://evil.example/", "http://localhost:3000.evil.example/", "null", ""] {
            let page = browser.call("GET", &to).header("Referer", referer).send();
            assert!(page.expect(200).body.contains("<h1>Sign out of Demo?</h1>"), "{}", page.raw);
        }
        let foreign = |call: Call| call.header("Origin", "https://evil.example");
        foreign(browser.call("GET", "/oauth/logout")).send().expect(401);
        foreign(browser.call("POST", "/oauth/logout/token")).send().expect(403);
        let forged = "client_id=x";
        foreign(browser.call("POST", "/login/leave").body(FORM, forged)).send().expect(403);
        // Of another person's token nothing comes.
        let mut other = at_the_page(&server, OTHER, 1);
        let code = code(&server, &send(&mut other, &[]));
        let theirs = tokens(&server, &exchange(&server, &code, &[]).send());
        let hint = |token: &Value| format!("{to}&id_token_hint={}", token.as_str().unwrap());
        assert!(browser.get(&hint(&theirs["id_token"])).expect(200).body.contains("Sign out of Demo?"));
        assert_eq!(me(&server, &given), 200, "nothing happened so far");
        for uri in ["https://user@localhost/", "javascript:alert(1)", "//evil.example/"] {
            let path = format!("/login/leave?post_logout_redirect_uri={}", encoded(uri));
            assert!(browser.get(&path).expect(400).header("location").is_none());
        }
        assert_eq!(me(&server, &given), 200);
        // His own goes, also when it has expired.
        server.advance(4_000);
        let gone = browser.get(&hint(&given["id_token"]));
        assert_eq!(gone.expect(302).header("location"), Some("http://localhost:3000/bye?state=s"));
        assert!(browser.get("/login").body.contains("<h1>Sign in to Demo</h1>"));
        refused(&refresh(&server, &given["refresh_token"]), 400, "invalid_grant");
        // So does the wish of a platform's page, and that of the person himself.
        let (mut browser, given) = inside(&server, 2);
        let answer = browser.call("GET", &to).header("Referer", "http://localhost:3000/").send();
        browser.keep(&answer);
        assert_eq!(answer.expect(302).header("location"), Some("http://localhost:3000/bye?state=s"));
        assert_eq!(me(&server, &given), 401);
        let (mut browser, given) = inside(&server, 3);
        let page = form(&mut browser, "/login/leave", &format!("post_logout_redirect_uri={uri}&state=s"));
        assert!(page.expect(200).body.contains("You are signed out") && page.body.contains("bye?state=s"), "{}", page.raw);
        assert_eq!(me(&server, &given), 401);
        assert_eq!(led(&server, browser.get("/login/leave").expect(303)), "/login");
    }
}
