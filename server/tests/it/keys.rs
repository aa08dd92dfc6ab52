//! The keys of tokens: changed by the command line beside running servers, which judge them by their own clock.

use countersign_domain::db::Kind;
use countersign_domain::token::{CACHED_SECONDS, LONGEST_SECONDS, PUBLISHED_SECONDS};
use serde_json::{Value, json};

use crate::call::Answer;
use crate::server::{Home, Server, eventually, on_both};
use crate::session::jwt;

const PHONE: &str = "+14255550185";

/// Runs `keys` with these arguments, which must succeed; its JSON.
#[track_caller]
fn keys(home: &Home, arguments: &[&str]) -> Value {
    let out = home.command(&[&["keys"], arguments, &["--json"]].concat()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The names of the keys that a server publishes, the newest first.
fn published(server: &Server) -> Vec<String> {
    let set = server.get("/.well-known/jwks.json").send().expect(200).json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The name of the key that signed a token.
fn signer(jwt: &str) -> String {
    let header = data_encoding::BASE64URL_NOPAD.decode(jwt.split('.').next().unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

fn shown(server: &Server, jwt: &str) -> Answer {
    server.get("/v1/account").header("X-Appwrite-JWT", jwt).send()
}

on_both! {
    fn a_rotation_is_published_first_signs_later_and_ends_the_old_key_without_a_restart(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let other = Server::on(&server.home);
        let old = published(&server);
        assert_eq!(old.len(), 1);

        let turned = keys(&server.home, &["rotate", "--project", "demo"]);
        assert_eq!((&turned[0]["project"], &turned[0]["rotated"]), (&json!("demo"), &json!(true)), "{turned}");
        let new = turned[0]["keys"][0]["kid"].as_str().unwrap().to_owned();
        for node in [&server, &other] {
            eventually("every node publishes the new key", || (published(node).len() == 2).then_some(()));
            assert_eq!(published(node), [new.clone(), old[0].clone()]);
        }
        let answer = server.get("/.well-known/jwks.json").send();
        assert_eq!(answer.header("cache-control"), Some(format!("public, max-age={CACHED_SECONDS}").as_str()));

        // Asked again, and for all: one is on its way, so nothing changes.
        assert_eq!(keys(&server.home, &["rotate", "--all"])[0]["rotated"], json!(false));
        assert_eq!(published(&server).len(), 2);

        let before = jwt(&server, &person);
        assert_eq!(signer(&before), old[0], "who keeps a copy of the keys does not know the new one yet");
        server.advance(PUBLISHED_SECONDS);
        shown(&server, &before).expect(401);
        let after = jwt(&server, &person);
        assert_eq!(signer(&after), new);
        shown(&server, &after).expect(200);
        let listed = keys(&server.home, &["list", "--project", "demo"]);
        let states: Vec<_> = listed[0]["keys"].as_array().unwrap().iter().map(|key| key["state"].clone()).collect();
        assert_eq!(states, ["published", "signing"], "by the machine's clock, which nobody moved");

        // The old key is gone when nothing that it signed can count any more.
        server.advance(LONGEST_SECONDS);
        assert_eq!(published(&server).len(), 2);
        server.advance(PUBLISHED_SECONDS);
        assert_eq!(published(&server), [new]);
        shown(&server, &before).expect(401);
        shown(&server, &jwt(&server, &person)).expect(200);
    }
}

on_both! {
    fn what_the_old_key_signed_counts_while_the_new_one_signs(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        keys(&server.home, &["rotate", "--project", "demo"]);
        eventually("the new key is heard of", || (published(&server).len() == 2).then_some(()));
        server.advance(PUBLISHED_SECONDS - 1);
        let ask = server.post("/v1/account/jwts", &json!({"duration": 3_600})).header("Cookie", person.cookie());
        let last = ask.send().expect(201).json()["jwt"].as_str().unwrap().to_owned();
        server.home.keep_secret(&last);
        server.advance(3_590);
        let new = jwt(&server, &person);
        assert_ne!(signer(&last), signer(&new));
        for token in [&last, &new] {
            shown(&server, token).expect(200);
        }
    }
}

on_both! {
    fn at_once_every_node_refuses_what_the_old_key_signed(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let other = Server::on(&server.home);
        let stolen = jwt(&server, &person);
        shown(&other, &stolen).expect(200);

        let turned = keys(&server.home, &["rotate", "--project", "demo", "--at-once"]);
        let new = turned[0]["keys"][0]["kid"].as_str().unwrap().to_owned();
        for node in [&server, &other] {
            eventually("the old key is gone", || (published(node) == [new.clone()]).then_some(()));
            assert_eq!(shown(node, &stolen).expect(401).json()["type"], "user_jwt_invalid");
            let token = jwt(node, &person);
            assert_eq!(signer(&token), new);
            shown(node, &token).expect(200);
        }
        assert_eq!(server.home.count("SELECT COUNT(*) FROM signing_keys"), 1);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM audit_events WHERE event = 'keys.rotate'"), 1);
        assert_eq!(server.account(&person).status, 200, "sessions are none of a key's business");
    }
}

#[test]
fn the_command_says_what_it_did_and_what_it_wants() {
    let server = Server::start(Kind::Sqlite);
    let run = |arguments: &[&str]| {
        let out = server.home.command(&[&["keys"], arguments].concat()).output().unwrap();
        let (said, error) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
        (out.status.code().unwrap(), said + &error)
    };
    let (code, said) = run(&["rotate"]);
    assert!(code == 2 && said.contains("--project <ID>") && said.contains("--all"), "{said}");
    let (code, said) = run(&["rotate", "--project", "nobody"]);
    assert!(code == 1 && said.contains("there is no project \"nobody\""), "{said}");
    let (code, said) = run(&["rotate", "--project", "demo"]);
    assert!(code == 0 && said.contains("is published and signs from") && said.contains("removed at"), "{said}");
    let (code, said) = run(&["rotate", "--all"]);
    assert!(code == 0 && said.contains("nothing to do"), "{said}");
    let (code, said) = run(&["list"]);
    let lines: Vec<_> = said.lines().collect();
    assert!(code == 0 && lines[0].starts_with("PROJECT  KEY") && lines.len() == 3, "{said}");
    assert!(lines[1].contains("published, signs from") && lines[2].contains("signing"), "{said}");
    let (code, said) = run(&["rotate", "--all", "--at-once"]);
    assert!(code == 0 && said.contains("signs now"), "{said}");
}
