//! The hosted pages: the second factor, and links that lead to them.

use std::thread;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::server::{Home, Server, eventually, on_both};

const PHONE: &str = "+14255550191";
const EMAIL: &str = "anna@example.com";
const PUBLIC: &str = "https://id.example.com";

/// A browser on the server's pages: it keeps cookies, and sends forms from the page that it is on.
#[derive(Clone, Default)]
struct Browser {
    flow: String,
    session: String,
}

impl Browser {
    fn sending(&self, call: Call) -> Call {
        let cookies = format!("countersign_flow={}; countersign_session={}", self.flow, self.session);
        call.without("X-Appwrite-Project").header("Cookie", cookies)
    }

    fn keep(&mut self, server: &Server, answer: Answer) -> Answer {
        if let Some(flow) = answer.cookie("countersign_flow") {
            flow.clone_into(&mut self.flow);
        }
        if let Some(session) = answer.cookie("countersign_session") {
            session.clone_into(&mut self.session);
            if let Some((secret, _)) = session.split_once('.') {
                server.home.keep_secret(secret);
            }
        }
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.raw);
        answer
    }

    fn get(&mut self, server: &Server, path: &str) -> Answer {
        let answer = self.sending(server.get(path)).send();
        self.keep(server, answer)
    }

    fn form(&self, server: &Server, path: &str, form: &str) -> Call {
        let kind = "application/x-www-form-urlencoded";
        self.sending(server.call("POST", path)).body(kind, form).header("Origin", PUBLIC)
    }

    fn post(&mut self, server: &Server, path: &str, form: &str) -> Answer {
        let answer = self.form(server, path, form).send();
        self.keep(server, answer)
    }

    /// Whether the page shows an account.
    fn is_in(&mut self, server: &Server) -> bool {
        self.get(server, "/login").body.contains("Signed in as")
    }
}

/// A server that people reach by a name of its own, and that says all it can in its log.
fn start(kind: Kind) -> Server {
    let environment = [
        ("COUNTERSIGN_PUBLIC_URL", PUBLIC),
        ("COUNTERSIGN_LOG__REQUESTS", "true"),
        ("COUNTERSIGN_LOG__LEVEL", "debug"),
    ];
    let server = Server::with(&Home::new(kind), &environment);
    server.settings(&json!({"nuvix": {"rateLimits": false}, "otp": {"resendSeconds": [0]}}));
    server
}

/// How many of these answers carry a session.
fn opened(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.cookie("countersign_session").is_some_and(|v| !v.is_empty())).count()
}

fn at_once(call: &Call, times: usize) -> Vec<Answer> {
    let threads: Vec<_> = (0..times)
        .map(|_| {
            thread::spawn({
                let call = call.clone();
                move || call.send()
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

on_both! {
    fn the_second_step_opens_the_page_once_and_gives_the_cookie_another_secret(kind: Kind) {
        let server = start(kind);
        let person = server.sign_in("owner", PHONE);
        let api = |method: &str, path: &str, body: &Value| {
            server.call(method, path).json(body).header("Cookie", person.cookie()).send()
        };
        let made = api("POST", "/v1/account/mfa/recovery-codes", &json!({})).expect(201).json();
        let codes: Vec<&str> = made["recoveryCodes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        for code in &codes {
            server.home.keep_secret(code);
        }
        api("PATCH", "/v1/account/mfa", &json!({"mfa": true})).expect(200);

        let mut browser = Browser::default();
        browser.post(&server, "/login", "phone=%2B14255550191").expect(200);
        // What happened to the account he is told by SMS too.
        let code = eventually("a second code", || {
            let messages = server.inbox(PHONE);
            let codes: Vec<_> = messages.iter().filter(|m| m["template"] == "sign-in").collect();
            (codes.len() == 2).then(|| codes[0]["code"].as_str().unwrap().to_owned())
        });
        browser.post(&server, "/login/code", &format!("code={code}")).expect(303);
        assert_eq!(browser.get(&server, "/login").expect(303).header("location"), Some("/login/second"));
        assert!(browser.get(&server, "/login/second").body.contains("value=\"recoverycode\""));
        browser.post(&server, "/login/second", "factor=recoverycode").expect(200);
        assert!(!browser.is_in(&server));
        let before = browser.clone();

        let answers = at_once(&browser.form(&server, "/login/second/code", &format!("code={}", codes[0])), 8);
        assert_eq!(opened(&answers), 1, "{answers:?}");
        for answer in answers {
            browser.keep(&server, answer);
        }
        assert!(browser.is_in(&server) && browser.session != before.session);
        assert!(!before.clone().is_in(&server), "the secret from before the step is nobody's");
        browser.post(&server, "/login/out", "").expect(303);
        assert_eq!(browser.session, "");
    }
}

on_both! {
    fn a_link_without_a_page_leads_to_ours_and_works_once(kind: Kind) {
        let server = start(kind);
        let body = json!({"userId": "anna", "email": EMAIL});
        server.post("/v1/account/tokens/magic-url", &body).host("evil.example").send().expect(201);
        let link = eventually("a link", || Some(server.inbox(EMAIL).first()?["link"].as_str()?.to_owned()));
        let path = link.strip_prefix(PUBLIC).expect("our own page, whatever the Host").to_owned();
        let secret = path.split_once("&secret=").unwrap().1.split('&').next().unwrap();
        server.home.keep_secret(secret);

        let mut browser = Browser::default();
        for _ in 0..3 {
            let page = browser.get(&server, &path);
            assert_eq!(page.expect(200).header("referrer-policy"), Some("strict-origin"));
            assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
            assert!(!page.body.contains(EMAIL) && page.cookies().is_empty(), "{}", page.raw);
        }
        let form = path.split_once('?').unwrap().1;
        let foreign = browser.form(&server, "/login/link", form).without("Origin").header("Origin", "https://evil.example");
        foreign.send().expect(403);
        let answers = at_once(&browser.form(&server, "/login/link", form), 8);
        assert_eq!(opened(&answers), 1, "{answers:?}");
        for answer in answers {
            assert!(answer.status == 303 || answer.body.contains("does not work"), "{}", answer.raw);
            browser.keep(&server, answer);
        }
        assert!(browser.is_in(&server));
        assert_eq!(server.home.count("SELECT COUNT(*) FROM sessions"), 1);
        browser.get(&server, &path).expect(400);
    }
}
