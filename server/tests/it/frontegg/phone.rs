//! Numbers to sign in by, over the wire.

use countersign_domain::db::Kind;
use countersign_domain::user::{self, Proof};
use serde_json::{Value, json};

use super::{EMAIL, ID, refused, with_anna};
use crate::browser::Browser;
use crate::call::{Answer, Call};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const OLD: &str = "+14255550140";
const NEW: &str = "+14255550141";
const WRONG: &str = "The code is wrong, was used or has expired. Ask for a new one.";

/// Somebody with an access token, or a customer's server.
pub(super) struct Caller<'a> {
    server: &'a Server,
    token: String,
    acting: Option<&'a str>,
}

impl<'a> Caller<'a> {
    /// Somebody who is asked for a second factor, and showed his address beside his password.
    pub(super) fn user(server: &'a Server, id: &'static str, email: &str) -> Self {
        server.home.write("demo", 0, move |tx, ctx| {
            user::set_email_proof(tx, ctx, id, Proof::Code)?;
            user::set_mfa(tx, ctx, id, true)
        });
        let mut browser = Browser::new(server);
        let half = browser.by_password(email).expect(200).json()["mfaToken"].as_str().unwrap().to_owned();
        let asked = browser.post(&format!("{ID}/auth/v1/user/mfa/emailcode"), &json!({"mfaToken": half}));
        let token = asked.expect(201).json()["otcToken"].clone();
        let code = server.newest(email, "mfa", 1)["code"].clone();
        let body = json!({"mfaToken": half, "otcToken": token, "code": code});
        let opened = browser.post(&format!("{ID}/auth/v1/user/mfa/emailcode/verify"), &body).expect(201).json();
        let token = opened["accessToken"].as_str().unwrap().to_owned();
        server.home.keep_secret(&token);
        Self { server, token, acting: None }
    }

    pub(super) fn vendor(server: &'a Server) -> Self {
        Self { server, token: server.vendor_token(server.api_key()), acting: None }
    }

    /// The same, acting for a user.
    fn acting(&self, user: &'a str) -> Self {
        Self { server: self.server, token: self.token.clone(), acting: Some(user) }
    }

    pub(super) fn call(&self, method: &str, path: &str) -> Call {
        let call = self.server.call(method, &format!("{ID}{path}")).without("X-Appwrite-Project");
        let call = call.header("Authorization", format!("Bearer {}", self.token));
        self.acting.map_or(call.clone(), |user| call.header("frontegg-user-id", user))
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send()
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send()
    }

    pub(super) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path).header("Content-Type", "application/json").send()
    }

    /// Each of his numbers with whether it is verified.
    fn numbers(&self) -> Vec<(String, bool)> {
        let list = self.get("/users/phone-numbers/v1/me").expect(200).json();
        let row = |one: &Value| (one["phoneNumber"].as_str().unwrap().to_owned(), one["verified"].as_bool().unwrap());
        list.as_array().unwrap().iter().map(row).collect()
    }

    /// Sets a number up and proves it.
    fn own(&self, number: &str) {
        let made = self.post("/users/phone-numbers/v1", &json!({"phoneNumber": number, "verify": true}));
        let token = made.expect(201).json()["otcToken"].clone();
        let code = self.server.code(number, 1);
        let proved = self.post("/users/phone-numbers/v1/verify", &json!({"otcToken": token, "code": code}));
        assert_eq!(proved.expect(200).body, "{}");
    }

    fn first_id(&self) -> String {
        self.get("/users/phone-numbers/v1/me").json()[0]["id"].as_str().unwrap().to_owned()
    }
}

fn wrong(code: &str) -> String {
    format!("{}{}", &code[..5], if code.ends_with('0') { '1' } else { '0' })
}

on_both! {
    fn a_number_is_set_up_proved_replaced_and_given_up(kind: Kind) {
        let server = with_anna(kind);
        let anna = Caller::user(&server, "anna", EMAIL);
        let made = anna.post("/users/phone-numbers/v1", &json!({"phoneNumber": OLD})).expect(201).json();
        assert_eq!(anna.numbers(), [(OLD.to_owned(), false)]);
        let code = server.code(OLD, 1);
        let verify = |token: &Value, code: &str| {
            anna.post("/users/phone-numbers/v1/verify", &json!({"otcToken": token, "code": code}))
        };
        refused(&verify(&made["otcToken"], &wrong(&code)), 400, WRONG);
        refused(&verify(&json!("x"), &code), 400, WRONG);
        verify(&made["otcToken"], &code).expect(200);
        refused(&verify(&made["otcToken"], &code), 400, WRONG);
        assert_eq!(anna.numbers(), [(OLD.to_owned(), true)]);
        let again = anna.post("/users/phone-numbers/v1", &json!({"phoneNumber": OLD}));
        refused(&again, 409, "The account has this phone number already.");

        // Another one: noted, asked for, and only then in the place of the first.
        let later = anna.post("/users/phone-numbers/v1", &json!({"phoneNumber": NEW, "verify": false}));
        assert_eq!(later.expect(201).body, "{}");
        assert_eq!(anna.numbers(), [(OLD.to_owned(), true), (NEW.to_owned(), false)]);
        let asked = anna.post("/users/phone-numbers/v1/preverify", &json!({"phoneNumber": NEW})).expect(200).json();
        verify(&asked["otcToken"], &server.code(NEW, 1)).expect(200);
        assert_eq!(anna.numbers(), [(NEW.to_owned(), true)]);

        let id = anna.first_id();
        let path = format!("/users/phone-numbers/v1/{id}");
        let removal = anna.delete(&path).expect(200).json();
        assert_eq!(removal["phoneId"], json!(id));
        assert_eq!(anna.numbers(), [(NEW.to_owned(), true)], "nothing is given up yet");
        let code = server.code(NEW, 2);
        let give_up = |code: &str| {
            anna.post(&format!("{path}/delete/verify"), &json!({"otcToken": removal["otcToken"], "code": code}))
        };
        refused(&give_up(&wrong(&code)), 400, WRONG);
        assert_eq!(give_up(&code).expect(200).body, "{}");
        assert!(anna.numbers().is_empty());
        refused(&anna.delete(&path), 404, "There is no such phone number.");
    }
}

on_both! {
    fn whose_number_it_is_decides_what_becomes_of_it(kind: Kind) {
        let server = with_anna(kind);
        server.sign_up("bernd", "bernd@example.com", PASSWORD).send().expect(201);
        let anna = Caller::user(&server, "anna", EMAIL);
        let bernd = Caller::user(&server, "bernd", "bernd@example.com");
        anna.own(OLD);
        let of_anna = anna.first_id();
        let foreign = "This belongs to another account.";
        refused(&bernd.delete(&format!("/users/phone-numbers/v1/{of_anna}")), 403, foreign);
        let body = json!({"otcToken": "x", "code": "123456"});
        refused(&bernd.post(&format!("/users/phone-numbers/v1/{of_anna}/delete/verify"), &body), 403, foreign);
        refused(&bernd.delete("/users/phone-numbers/v1/x"), 404, "There is no such phone number.");
        // Taken is told by the proof.
        server.advance(60);
        let made = bernd.post("/users/phone-numbers/v1", &json!({"phoneNumber": OLD})).expect(201).json();
        let code = server.code(OLD, 2);
        let taken = bernd.post("/users/phone-numbers/v1/verify", &json!({"otcToken": made["otcToken"], "code": code}));
        refused(&taken, 409, "Another account has this phone number.");
        let list = anna.get("/users/phone-numbers/v1?_limit=10&_offset=0").expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "only her own: {list}");
        assert_eq!(list["_metadata"], json!({"totalItems": 1, "totalPages": 1}));
    }
}

#[test]
fn whoever_has_no_other_factor_and_whatever_is_no_number_is_refused() {
    let server = with_anna(Kind::Sqlite);
    let opened = Browser::new(&server).by_password(EMAIL).expect(200).json();
    let token = opened["accessToken"].as_str().unwrap().to_owned();
    let anna = Caller { server: &server, token, acting: None };
    let words = "Another MFA method than SMS is needed first: add an authenticator app, or verify the e-mail address.";
    for path in ["/users/phone-numbers/v1", "/users/phone-numbers/v1/preverify", "/users/v1/phone"] {
        refused(&anna.post(path, &json!({"phoneNumber": OLD})), 400, words);
        refused(&anna.post(path, &json!({})), 400, "phoneNumber is required");
        let words = "This is not a phone number that can be used here. Write it with + and its country code.";
        refused(&anna.post(path, &json!({"phoneNumber": "+1"})), 400, words);
    }
    let body = json!({"phoneNumber": OLD, "verify": "yes"});
    refused(&anna.post("/users/phone-numbers/v1", &body), 400, "verify must be true or false");
    refused(&anna.post("/users/phone-numbers/v1/verify", &json!({"code": "123456"})), 400, "otcToken is required");
    assert!(server.inbox(OLD).is_empty());
}

on_both! {
    fn a_customers_server_sets_lists_and_takes_numbers(kind: Kind) {
        let server = with_anna(kind);
        server.sign_up("bernd", "bernd@example.com", PASSWORD).send().expect(201);
        let vendor = Caller::vendor(&server);
        let set = |user: &str, number: &str| {
            vendor.post(&format!("/users/phone-numbers/v1/vendor/{user}"), &json!({"phoneNumber": number}))
        };
        assert_eq!(set("anna", OLD).expect(201).body, "{}");
        refused(&set("bernd", OLD), 409, "Another account has this phone number.");
        refused(&set("nobody", NEW), 404, "There is no such user.");
        assert!(server.inbox(OLD).is_empty(), "nobody is asked for a code");
        // For a user, with a code, without his session.
        let bernd = vendor.acting("bernd");
        bernd.own(NEW);
        assert_eq!(bernd.numbers(), [(NEW.to_owned(), true)]);
        let list = |query: &str| vendor.get(&format!("/users/phone-numbers/v2{query}")).expect(200).json();
        let numbers = |list: &Value| -> Vec<String> {
            list["items"].as_array().unwrap().iter().map(|one| one["phoneNumber"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(numbers(&list("")), [OLD, NEW]);
        assert_eq!(numbers(&list("?_order=DESC")), [NEW, OLD]);
        let second = list("?_limit=1&_offset=1&_sortBy=userId");
        assert_eq!((numbers(&second), &second["_metadata"]["totalPages"]), (vec![NEW.to_owned()], &json!(2)));
        assert_eq!(numbers(&list("?_phoneNumber=%2B14255550140")), [OLD]);
        assert_eq!(numbers(&list("?userIds=bernd&userIds=nobody")), [NEW]);
        for bad in ["?_limit=0", "?_limit=251", "?_offset=-1", "?_sortBy=name", "?_order=UP"] {
            assert_eq!(vendor.get(&format!("/users/phone-numbers/v2{bad}")).status, 400, "{bad}");
        }
        let whom = "Name in the header frontegg-user-id for whom you act.";
        refused(&vendor.get("/users/phone-numbers/v1/me"), 400, whom);
        let id = bernd.first_id();
        let delete = |user: &str, id: &str| vendor.delete(&format!("/users/phone-numbers/v1/vendor/{user}/{id}"));
        refused(&delete("anna", &id), 403, "This belongs to another account.");
        refused(&delete("bernd", "x"), 404, "There is no such phone number.");
        assert_eq!(delete("bernd", &id).expect(200).body, "{}");
        assert!(bernd.numbers().is_empty());
        let people = "This route is for people: send a user's token.";
        refused(&bernd.delete(&format!("/users/phone-numbers/v1/{id}")), 403, people);
    }
}

#[test]
fn the_old_quick_card_sets_a_number_up_too() {
    let server = with_anna(Kind::Sqlite);
    let anna = Caller::user(&server, "anna", EMAIL);
    let made = anna.post("/users/v1/phone", &json!({"phoneNumber": OLD})).expect(200).json();
    let verify = |code: &str| {
        anna.post("/users/v1/phone/verify", &json!({"changePhoneId": made["changePhoneId"], "code": code}))
    };
    let code = server.code(OLD, 1);
    refused(&verify(&wrong(&code)), 400, WRONG);
    assert_eq!(verify(&code).expect(200).body, "{}");
    assert_eq!(anna.numbers(), [(OLD.to_owned(), true)]);
}

on_both! {
    fn whoever_set_a_number_up_is_asked_and_a_report_takes_it_and_every_session_away(kind: Kind) {
        let server = with_anna(kind);
        let anna = Caller::user(&server, "anna", EMAIL);
        anna.own(OLD);
        let link = server.newest(EMAIL, "review-phone", 1)["link"].as_str().unwrap().to_owned();
        let (_, form) = link.split_once("/login/link?").expect("our own page");
        server.home.keep_secret(form.split_once("&secret=").unwrap().1.split('&').next().unwrap());
        for _ in 0..3 {
            let page = server.get(&format!("/login/link?{form}")).send();
            let body = &page.expect(200).body;
            assert!(body.contains("Did you set up this phone number?") && body.contains("No, it was not me"), "{body}");
            assert!(!body.contains(OLD) && !body.contains(EMAIL) && !body.contains("<script>"), "{body}");
        }
        assert_eq!(anna.numbers(), [(OLD.to_owned(), true)], "looking changes nothing");
        let answer = |answer: &str| {
            let kind = "application/x-www-form-urlencoded";
            let call = server.call("POST", "/login/link").without("X-Appwrite-Project");
            call.body(kind, format!("{form}{answer}")).send()
        };
        answer("").expect(400);
        assert!(answer("&answer=strangers").expect(200).body.contains("The number is removed"));
        refused(&anna.get("/users/phone-numbers/v1/me"), 401, "Unauthorized");
        assert_eq!(server.home.count("SELECT COUNT(*) FROM users WHERE phone IS NOT NULL"), 0);
        server.newest(EMAIL, "phone-reported", 1);
        assert!(answer("&answer=mine").expect(400).body.contains("This link does not work"));
    }
}
