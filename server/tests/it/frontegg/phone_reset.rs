//! Naming another number without a session, over the wire.

use countersign_domain::db::Kind;
use countersign_domain::user::{self, Proof};
use serde_json::json;

use super::{EMAIL, ID, keep_tokens, refused, with_anna};
use crate::browser::Browser;
use crate::server::on_both;

on_both! {
    fn an_address_names_another_number_in_a_flow_of_its_own(kind: Kind) {
        let server = with_anna(kind);
        let mut browser = Browser::new(&server);
        let path = |rest: &str| format!("{ID}/users/v1/phone/{rest}");
        let off = browser.post(&path("reset"), &json!({"email": EMAIL}));
        refused(&off, 400, "Invalid authentication type: this way to sign in is not enabled for this project.");
        server.settings(&json!({"frontegg": {"mainStrategy": "SmsCode"}}));
        server.home.write("demo", 0, |tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Code));
        let started = browser.post(&path("reset"), &json!({"email": EMAIL}));
        let unknown = browser.post(&path("reset"), &json!({"email": "nobody@example.com"}));
        for answer in [&started, &unknown] {
            let token = answer.expect(200).json()["resetPhoneNumberToken"].as_str().unwrap().to_owned();
            server.home.keep_secret(&token);
            assert_eq!((token.len(), answer.json().as_object().unwrap().len()), (64, 1));
            assert!(answer.cookies().is_empty());
        }
        let token = started.json()["resetPhoneNumberToken"].clone();
        let code = server.newest(EMAIL, "reset-phone", 1)["code"].as_str().unwrap().to_owned();
        assert!(server.inbox("nobody@example.com").is_empty());
        let bad = format!("{}{}", &code[..5], if code.ends_with('0') { '1' } else { '0' });
        let body = |code: &str| json!({"resetPhoneNumberToken": token, "code": code});
        let words = "The code is wrong, was used or has expired. Ask for a new one.";
        refused(&browser.post(&path("reset/verify"), &body(&bad)), 400, words);
        let verified = browser.post(&path("reset/verify"), &body(&code)).expect(200).json();
        let change = verified["changePhoneNumberToken"].as_str().unwrap().to_owned();
        server.home.keep_secret(&change);
        let put = |token: &str, number: &str| {
            let body = json!({"changePhoneNumberToken": token, "phoneNumber": number});
            browser.call("PUT", &path("change")).json(&body).send()
        };
        let over = "The time to name a number is over. Ask for another code first.";
        refused(&put("x", "+14255550142"), 400, over);
        let words = "This is not a phone number that can be used here. Write it with + and its country code.";
        refused(&put(&change, "+1"), 400, words);
        let named = put(&change, "+14255550142");
        assert_eq!(named.expect(200).body, "{}");
        assert!(named.cookie(&server.frontegg_cookie("flow")).is_some_and(|handle| handle.len() == 64));
        let stored = "SELECT COUNT(*) FROM users WHERE phone IS NOT NULL OR phone_claim IS NOT NULL";
        assert_eq!(server.home.count(stored), 0, "nothing is stored on the account");
        assert!(server.inbox("+14255550142").is_empty());
    }
}

on_both! {
    fn somebody_without_a_number_names_one_on_his_way_in(kind: Kind) {
        let server = with_anna(kind);
        server.settings(&json!({"frontegg": {"mainStrategy": "SmsCode"}}));
        server.home.write("demo", 0, |tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Code));
        let (prelogin, postlogin) =
            (format!("{ID}/auth/v1/passwordless/smscode/prelogin"), format!("{ID}/auth/v1/passwordless/smscode/postlogin"));
        let mut browser = Browser::new(&server);
        let asked = browser.post(&prelogin, &json!({"email": EMAIL, "username": "", "recaptchaToken": ""}));
        let token = asked.expect(201).json()["resetPhoneNumberToken"].as_str().unwrap().to_owned();
        assert_eq!(asked.json().as_object().unwrap().len(), 1);
        server.home.keep_secret(&token);
        let code = server.newest(EMAIL, "reset-phone", 1)["code"].as_str().unwrap().to_owned();
        let body = json!({"resetPhoneNumberToken": token, "code": code});
        let verified = browser.post(&format!("{ID}/users/v1/phone/reset/verify"), &body).expect(200).json();
        let change = verified["changePhoneNumberToken"].as_str().unwrap().to_owned();
        server.home.keep_secret(&change);
        let body = json!({"changePhoneNumberToken": change, "phoneNumber": "+14255550142"});
        let named = browser.call("PUT", &format!("{ID}/users/v1/phone/change")).json(&body).send();
        browser.keep(named.expect(200));
        let sent = browser.post(&prelogin, &json!({"email": "", "username": ""}));
        assert_eq!(sent.expect(201).body, r#"{"phoneNumber":"+142*****142"}"#);
        let code = server.newest("+14255550142", "change-phone", 1)["code"].as_str().unwrap().to_owned();
        let bad = format!("{}{}", &code[..5], if code.ends_with('0') { '1' } else { '0' });
        let words = "The code is wrong or was used already. Check it, or ask for a new one.";
        refused(&browser.post(&postlogin, &json!({"token": bad})), 401, words);
        let opened = browser.post(&postlogin, &json!({"token": code}));
        keep_tokens(&browser, &opened);
        assert_eq!(opened.expect(201).json()["mfaRequired"], false);
        assert!(browser.cookie(&server.frontegg_cookie("flow")).is_none(), "the flow is over");
        browser.refresh().expect(201);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM users WHERE phone = '+14255550142'"), 1);
        refused(&browser.post(&postlogin, &json!({"token": code})), 401, words);
        let asked = Browser::new(&server).post(&prelogin, &json!({"email": EMAIL}));
        assert_eq!(asked.expect(201).body, r#"{"phoneNumber":"+142*****142"}"#);
    }
}
