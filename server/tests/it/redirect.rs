//! Where links in e-mails may lead: to a front end of the project and nowhere else.

use std::process::Output;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::server::{Home, Server, eventually};

const EMAIL: &str = "anna@example.com";

/// Addresses that no link may lead to, whoever the platforms are.
pub const NO_ADDRESSES: [&str; 21] = [
    "//evil.example/",
    "\\\\evil.example",
    "/\\evil.example",
    "https:\\\\app.example.com",
    "https:app.example.com",
    "https:/app.example.com",
    "/after",
    "app.example.com",
    "https://",
    "https://user@app.example.com/",
    "https://user:pw@app.example.com/",
    "https://app.example.com@evil.example/",
    "https://evil.example\\@app.example.com/",
    "https://evil.example%5C@app.example.com/",
    "javascript:alert(1)",
    "javascript://app.example.com/%0aalert(1)",
    "data:text/html,x",
    "ftp://app.example.com/",
    " https://app.example.com/",
    "https://app.example.com/\nx",
    "https://app.exa mple.com/",
];

/// Addresses of others than the platforms `app.example.com` and `*.example.org`.
pub const ELSEWHERE: [&str; 14] = [
    "https://evil.example/",
    "https:///evil.example/",
    "https://evil.example/app.example.com",
    "https://evil.example?https://app.example.com/",
    "https://evil.example#@app.example.com/",
    "https://app.example.com.evil.example/",
    "https://app.example.com%2eevil.example/",
    "https://app.example.com%2f.evil.example/",
    "https://xapp.example.com/",
    "https://example.com/",
    "https://example.org/",
    "https://app.example.com./",
    "https://evil.example%00.app.example.com/",
    "https://192.0.2.1/",
];

const HERE: [&str; 7] = [
    "https://app.example.com",
    "http://APP.example.com:8080/a?b=c#d",
    "https://app%2eexample.com/",
    "https://@app.example.com/",
    "https://ａｐｐ.example.com/",
    "https://a.example.org/",
    "https://a.b.example.org/x",
];

/// The three requests for a link.
fn links(server: &Server, url: &str) -> [Call; 2] {
    let call = |target: &str, body: &Value| server.post(target, body);
    [
        call("/v1/account/tokens/magic-url", &json!({"userId": "unique()", "email": EMAIL, "url": url})),
        call("/v1/account/recovery", &json!({"email": EMAIL, "url": url})),
    ]
}

#[track_caller]
fn no_address(answer: &Answer, url: &str) {
    assert_eq!(answer.said(), (400, "general_argument_invalid".to_owned()), "{url:?}: {}", answer.raw);
    assert!(answer.body.contains("`url`"), "{url:?}: {}", answer.raw);
}

#[track_caller]
fn elsewhere(answer: &Answer, url: &str) {
    // What cannot be read as an address at all is as good a refusal.
    if answer.kind() != "general_argument_invalid" {
        assert_eq!(answer.said(), (400, "general_bad_request".to_owned()), "{url:?}: {}", answer.raw);
    }
    assert_eq!(answer.status, 400, "{url:?}: {}", answer.raw);
}

fn add_platform(home: &Home, project: &str, host: &str) -> Output {
    home.command(&["project", "platform", "add", project, host, "--name", "Web"]).output().unwrap()
}

#[test]
fn a_link_leads_to_a_platform_and_nowhere_else() {
    let server = Server::impatient(Kind::Sqlite);
    let member = server.member("member", "member@example.com");
    let verify = |url: &str| server.by(&member, "POST", "/v1/account/verification").json(&json!({"url": url}));
    // A developer who has not named a platform yet may use any page.
    for url in ["https://anything.example/", "http://localhost:3000/after"] {
        for call in links(&server, url) {
            call.send().expect(201);
        }
    }
    for url in NO_ADDRESSES {
        for call in links(&server, url).into_iter().chain([verify(url)]) {
            no_address(&call.send(), url);
        }
    }
    for host in ["app.example.com", "*.example.org"] {
        assert!(add_platform(&server.home, "demo", host).status.success());
    }
    eventually("the platforms are known", || {
        (links(&server, "https://evil.example/")[0].send().status == 400).then_some(())
    });
    let rows = server.home.rows();
    for url in NO_ADDRESSES {
        for call in links(&server, url).into_iter().chain([verify(url)]) {
            no_address(&call.send(), url);
        }
    }
    for url in ELSEWHERE {
        for call in links(&server, url).into_iter().chain([verify(url)]) {
            elsewhere(&call.send(), url);
        }
    }
    assert_eq!(server.home.rows(), rows);
    for (n, url) in HERE.into_iter().enumerate() {
        let email = format!("here{n}@example.com");
        let body = json!({"userId": "unique()", "email": email, "url": url});
        server.post("/v1/account/tokens/magic-url", &body).send().expect(201);
        let link = server.newest(&email, "magic-link", 1)["link"].as_str().unwrap().to_owned();
        let host = link.split("://").nth(1).unwrap().split(['/', ':', '?']).next().unwrap();
        assert!(host == "app.example.com" || host.ends_with(".example.org"), "{url}: {link}");
    }
    for url in ["http://localhost:3000/a", "http://127.0.0.1/", "http://[::1]:5173/", "https://app.localhost/"] {
        for call in links(&server, url) {
            call.send().expect(201);
        }
    }
    for url in ["http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://evil.example:80@127.0.0.1/"]
    {
        assert_eq!(links(&server, url)[0].send().status, 400, "{url}");
    }
}

#[test]
fn in_production_a_project_without_platforms_sends_no_links() {
    let home = Home::new(Kind::Sqlite);
    home.create_project("shop", &["app.example.com"]);
    home.create_project("empty", &[]);
    let server = Server::in_production(&home);
    let asked = |project: &str, url: &str| {
        links(&server, url).map(|call| call.without("X-Appwrite-Project").header("X-Appwrite-Project", project).send())
    };
    for url in ["https://app.example.com/", "http://localhost:3000/", "http://127.0.0.1/", "https://evil.example/"] {
        for answer in asked("empty", url) {
            answer.refused(400, "general_bad_request");
        }
    }
    for url in ["http://localhost:3000/", "http://[::1]/", "https://evil.example/"] {
        for answer in asked("shop", url) {
            answer.refused(400, "general_bad_request");
        }
    }
    // This one would be sent, if there were somebody to send it.
    for answer in asked("shop", "https://app.example.com/") {
        answer.refused(503, "general_smtp_disabled");
    }
}
