//! Codes by SMS and e-mail, and links.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{Browser, EMAIL, ID, refused};
use crate::call::Answer;
use crate::server::{Server, eventually, on_both};

pub(super) const PHONE: &str = "+14255550123";
const OTHER: &str = "+14255550124";

fn path(way: &str) -> String {
    format!("{ID}/auth/v1/passwordless/{way}")
}

/// A server on which people sign in by SMS, and Anna with an address and a number, both verified.
pub(super) fn by_sms(kind: Kind) -> Server {
    let server = Server::impatient(kind);
    server.settings(&json!({"frontegg": {"smsLogin": true, "rateLimits": false}}));
    server.settler("anna", PHONE, EMAIL);
    server.settled();
    server
}

/// The newest code of sign-ins to a number or an address, once there are `count` more than `before`.
#[track_caller]
fn newest(server: &Server, to: &str, before: usize) -> String {
    eventually("another code", || {
        let messages = server.inbox(to);
        (messages.len() > before).then(|| messages[0]["code"].as_str().unwrap().to_owned())
    })
}

/// Asks for a code by SMS and gets it.
#[track_caller]
pub(super) fn ask(browser: &mut Browser<'_>, body: &Value) -> String {
    let before = browser.server.inbox(PHONE).len();
    let answer = browser.post(&path("smscode/prelogin"), body);
    assert_eq!(answer.expect(201).body, r#"{"phoneNumber":"+142*****123"}"#);
    newest(browser.server, PHONE, before)
}

fn show(browser: &mut Browser<'_>, way: &str, token: &str) -> Answer {
    let answer = browser.post(&path(way), &json!({"token": token, "recaptchaToken": "", "invitationToken": ""}));
    super::keep_tokens(browser, &answer);
    answer
}

fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

const WRONG: &str = "The code is wrong or was used already. Check it, or ask for a new one.";

on_both! {
    fn a_code_by_sms_signs_in_by_number_by_address_and_by_id(kind: Kind) {
        let server = by_sms(kind);
        for body in [
            json!({"phoneNumber": PHONE, "username": "", "recaptchaToken": "", "invitationToken": ""}),
            json!({"email": EMAIL, "phoneNumber": "", "recaptchaToken": ""}),
            json!({"userId": "anna"}),
        ] {
            let mut browser = Browser::new(&server);
            let code = ask(&mut browser, &body);
            assert_eq!(code.len(), 6);
            let flow = server.frontegg_cookie("flow");
            assert_eq!(browser.cookie(&flow).map(str::len), Some(64));
            let opened = show(&mut browser, "smscode/postlogin", &code);
            let answer = opened.expect(201).json();
            assert_eq!((&answer["mfaRequired"], &answer["userEmail"]), (&json!(false), &json!(EMAIL)), "{body}");
            assert!(answer["accessToken"].as_str().is_some_and(|token| token.split('.').count() == 3));
            assert!(browser.cookie(&server.frontegg_cookie("refresh")).is_some());
            assert!(browser.cookie(&server.frontegg_cookie("device")).is_some());
            assert!(browser.cookie(&flow).is_none(), "the flow is over");
            browser.refresh().expect(201);
            refused(&show(&mut browser, "smscode/postlogin", &code), 401, WRONG);
        }
    }
}

#[test]
fn the_cookie_of_a_flow_is_one_and_not_for_scripts() {
    let server = by_sms(Kind::Sqlite);
    let answer = server.post(&format!("/frontegg{}", path("smscode/prelogin")), &json!({"phoneNumber": PHONE})).send();
    let cookies = answer.expect(201).cookies();
    assert_eq!(cookies.len(), 1, "clients keep the first one");
    let attributes: Vec<_> = cookies[0].split("; ").skip(1).collect();
    assert_eq!(attributes, ["Max-Age=900", "Path=/", "HttpOnly", "SameSite=Lax"]);
    let handle = cookies[0].split(['=', ';']).nth(1).unwrap();
    server.home.keep_secret(handle);
}

on_both! {
    fn somebody_unknown_is_answered_like_somebody_known(kind: Kind) {
        let server = by_sms(kind);
        server.settings(&json!({"frontegg": {"mainStrategy": "EmailAndPassword", "appUrl": "https://app.example.com"}}));
        let ways = [
            ("EmailAndPassword", "smscode", json!({"email": EMAIL}), json!({"email": "who@example.com"})),
            ("EmailAndPassword", "smscode", json!({"phoneNumber": PHONE}), json!({"phoneNumber": OTHER})),
            ("EmailAndPassword", "smscode", json!({"userId": "anna"}), json!({"username": "anna"})),
            ("Code", "code", json!({"email": EMAIL}), json!({"email": "who@example.com"})),
            ("MagicLink", "magiclink", json!({"email": EMAIL}), json!({"email": "who@example.com"})),
        ];
        for (main, way, known, unknown) in ways {
            server.settings(&json!({"frontegg": {"mainStrategy": main}}));
            let ask = |body: &Value| {
                let answer = server.post(&path(&format!("{way}/prelogin")), body).send();
                for cookie in answer.cookies() {
                    server.home.keep_secret(cookie.split(['=', ';']).nth(1).unwrap());
                }
                answer
            };
            let (known, unknown) = (ask(&known), ask(&unknown));
            assert_eq!(known.status, unknown.status, "{way}");
            assert_eq!(names(&known), names(&unknown), "{way}");
            let form = |answer: &Answer| digits_as_zero(&answer.body);
            assert_eq!(form(&known), form(&unknown), "{way}");
            assert_eq!(known.cookies().len(), 1);
            assert_eq!(known.cookies()[0].len(), unknown.cookies()[0].len(), "{way}");
        }
    }
}

fn digits_as_zero(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_digit(), "0")
}

/// The names of the headers of an answer, in order.
fn names(answer: &Answer) -> Vec<String> {
    let head = answer.raw.split("\r\n\r\n").next().unwrap();
    head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_lowercase()).collect()
}

#[test]
fn five_wrong_codes_end_a_flow_and_the_cookie_stays_till_then() {
    let server = by_sms(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let code = ask(&mut browser, &json!({"email": EMAIL}));
    for _ in 0..4 {
        refused(&show(&mut browser, "smscode/postlogin", &wrong(&code)), 401, WRONG);
    }
    let mut another = Browser::new(&server);
    refused(&show(&mut another, "smscode/postlogin", &code), 401, WRONG);
    assert!(browser.cookie(&server.frontegg_cookie("flow")).is_some());
    refused(&show(&mut browser, "smscode/postlogin", &wrong(&code)), 401, WRONG);
    refused(&show(&mut browser, "smscode/postlogin", &code), 401, WRONG);
}

#[test]
fn a_re_send_brings_another_code_and_cookie_and_ends_the_first() {
    let server = by_sms(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let first = ask(&mut browser, &json!({"email": EMAIL}));
    let flow = server.frontegg_cookie("flow");
    let cookie = browser.cookie(&flow).unwrap().to_owned();
    let second = ask(&mut browser, &json!({}));
    assert_ne!(browser.cookie(&flow), Some(cookie.as_str()), "without a name the flow says who");
    let old = server.post(&path("smscode/postlogin"), &json!({"token": first}));
    refused(&old.header("Cookie", format!("{flow}={cookie}")).send(), 401, WRONG);
    show(&mut browser, "smscode/postlogin", &second).expect(201);
}

#[test]
fn inside_the_cool_down_a_second_request_is_answered_like_the_first_and_sends_nothing() {
    let server = by_sms(Kind::Sqlite);
    server.settings(&json!({"otp": {"resendSeconds": [30]}}));
    let mut browser = Browser::new(&server);
    let code = ask(&mut browser, &json!({"phoneNumber": PHONE}));
    let count = server.inbox(PHONE).len();
    for body in [json!({"phoneNumber": PHONE}), json!({"email": EMAIL})] {
        let mut another = Browser::new(&server);
        let answer = another.post(&path("smscode/prelogin"), &body);
        assert_eq!(answer.expect(201).body, r#"{"phoneNumber":"+142*****123"}"#);
        server.settled();
    }
    assert_eq!(server.inbox(PHONE).len(), count);
    show(&mut browser, "smscode/postlogin", &code).expect(201);
}

#[test]
fn beyond_the_budget_one_is_told_how_long_to_wait_known_or_not() {
    let server = by_sms(Kind::Sqlite);
    for email in [EMAIL, "who@example.com"] {
        let mut answer = None;
        for _ in 0..6 {
            let sent = server.post(&path("smscode/prelogin"), &json!({"email": email})).send();
            if sent.status != 201 {
                answer = Some(sent);
                break;
            }
            server.settled();
            server.advance(1);
        }
        let answer = answer.expect("a refusal");
        let words = "Too many codes were asked for. Wait for the seconds in Retry-After, or sign in another way.";
        refused(&answer, 429, words);
        assert!(answer.number("retry-after").is_some_and(|seconds| (1..=900).contains(&seconds)), "{}", answer.raw);
    }
}

#[test]
fn sms_login_that_is_off_is_refused_whoever_asks() {
    let server = by_sms(Kind::Sqlite);
    let words = "Invalid authentication type: SMS code authentication should be enabled.";
    server.settings(&json!({"frontegg": {"smsLogin": false}}));
    for email in [EMAIL, "who@example.com"] {
        refused(&server.post(&path("smscode/prelogin"), &json!({"email": email})).send(), 400, words);
    }
    server.settings(&json!({"frontegg": {"mainStrategy": "SmsCode"}}));
    ask(&mut Browser::new(&server), &json!({"email": EMAIL}));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let server = by_sms(Kind::Sqlite);
    let number = "This is not a phone number that can be used here. Write it with + and its country code.";
    for (way, body, words) in [
        ("smscode/prelogin", json!({}), "email give an email, a phoneNumber or a userId."),
        (
            "smscode/prelogin",
            json!({"email": "", "phoneNumber": ""}),
            "email give an email, a phoneNumber or a userId.",
        ),
        ("smscode/prelogin", json!({"email": "anna"}), "email must be an e-mail address"),
        ("smscode/prelogin", json!({"email": 5}), "email must be a string"),
        ("smscode/prelogin", json!({"phoneNumber": "4255550123"}), number),
        ("smscode/prelogin", json!({"phoneNumber": "+1900"}), number),
        ("smscode/postlogin", json!({}), "token is required"),
        ("smscode/postlogin", json!({"token": ""}), "token is required"),
        ("smscode/postlogin", json!({"token": 123_456}), "token must be a string"),
        ("code/postlogin", json!({"token": ["1"]}), "token must be a string"),
        ("magiclink/postlogin", json!({"token": "x".repeat(257)}), "token must be at most 256 characters"),
    ] {
        refused(&server.post(&path(way), &body).send(), 400, words);
    }
}

on_both! {
    fn a_code_by_e_mail_signs_in_where_it_is_the_main_way(kind: Kind) {
        let server = by_sms(kind);
        let words = "Invalid authentication type: OTC authentication should be enabled.";
        refused(&server.post(&path("code/prelogin"), &json!({"email": EMAIL})).send(), 400, words);
        server.settings(&json!({"frontegg": {"mainStrategy": "Code"}}));
        let mut browser = Browser::new(&server);
        let before = server.inbox(EMAIL).len();
        assert_eq!(browser.post(&path("code/prelogin"), &json!({"email": EMAIL})).expect(201).body, "{}");
        let code = newest(&server, EMAIL, before);
        refused(&show(&mut browser, "smscode/postlogin", &code), 401, WRONG);
        show(&mut browser, "code/postlogin", &code).expect(201);
    }
}

on_both! {
    fn the_token_of_a_magic_link_signs_in_once(kind: Kind) {
        let server = by_sms(kind);
        let words = "Invalid authentication type: Magic link authentication should be enabled.";
        refused(&server.post(&path("magiclink/prelogin"), &json!({"email": EMAIL})).send(), 400, words);
        server.settings(&json!({"frontegg": {"mainStrategy": "MagicLink"}}));
        refused(
            &server.post(&path("magiclink/prelogin"), &json!({"email": EMAIL})).send(),
            400,
            "A link can lead nowhere: set frontegg.appUrl to the address of the application.",
        );
        server.settings(&json!({"frontegg": {"appUrl": "https://app.example.com/shop/"}}));
        let mut browser = Browser::new(&server);
        let token = link(&mut browser, "https://app.example.com/shop/account/login/magic-link?token=");
        let mut elsewhere = Browser::new(&server);
        show(&mut elsewhere, "magiclink/postlogin", &token).expect(201);
        refused(&show(&mut browser, "magiclink/postlogin", &token), 401, WRONG);
        // The same device.
        server.settings(&json!({"frontegg": {"forceSameDeviceOnAuth": true}}));
        let token = link(&mut browser, "https://app.example.com/shop/account/login/magic-link?token=");
        refused(&show(&mut Browser::new(&server), "magiclink/postlogin", &token), 401, WRONG);
        show(&mut browser, "magiclink/postlogin", &token).expect(201);
    }
}

#[test]
fn without_an_address_of_the_application_a_link_leads_to_the_page_that_asks() {
    let server = by_sms(Kind::Sqlite);
    server.settings(&json!({"frontegg": {"mainStrategy": "MagicLink"}}));
    let ask = |origin: &str| {
        server.post(&path("magiclink/prelogin"), &json!({"email": EMAIL})).header("Origin", origin).send()
    };
    let words = "This origin is not a platform of the project. Add its host to the project's platforms.";
    refused(&ask("https://evil.example"), 403, words);
    let before = server.inbox(EMAIL).len();
    let answer = ask("http://localhost:3000");
    answer.expect(200);
    server.home.keep_secret(answer.cookies()[0].split(['=', ';']).nth(1).unwrap());
    let link = newest_link(&server, before);
    let token = link.strip_prefix("http://localhost:3000/account/login/magic-link?token=").unwrap();
    server.home.keep_secret(token);
    show(&mut Browser::new(&server), "magiclink/postlogin", token).expect(201);
}

/// Asks for a link, and gives the token in it.
#[track_caller]
fn link(browser: &mut Browser<'_>, beginning: &str) -> String {
    let server = browser.server;
    let before = server.inbox(EMAIL).len();
    assert_eq!(browser.post(&path("magiclink/prelogin"), &json!({"email": EMAIL})).expect(200).body, "{}");
    let link = newest_link(server, before);
    let token = link.strip_prefix(beginning).expect("the application's page").to_owned();
    server.home.keep_secret(&token);
    token
}

/// The newest link in a message to Anna, once there are more than `before`.
#[track_caller]
fn newest_link(server: &Server, before: usize) -> String {
    eventually("a link", || {
        let messages = server.inbox(EMAIL);
        (messages.len() > before).then(|| messages[0]["link"].as_str().unwrap().to_owned())
    })
}

#[test]
fn no_project_has_single_sign_on() {
    let server = Server::start(Kind::Sqlite);
    for path in ["auth/v2/user/sso/prelogin", "auth/v1/user/saml/prelogin"] {
        let answer = server.post(&format!("{ID}/{path}"), &json!({"email": EMAIL})).send();
        refused(&answer, 404, "SSO domain was not found");
    }
}
