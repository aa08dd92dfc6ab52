//! Where users can be written to: targets, as this dialect calls them.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::Call;
use crate::server::{Person, Server, on_both};

const PHONE: &str = "+14255550621";
const EMAIL: &str = "anna@example.com";

fn by_key(server: &Server, method: &str, path: &str) -> Call {
    server.call(method, &format!("/v1/users{path}")).header("X-Appwrite-Key", server.api_key())
}

/// Makes an account with a number and an address.
fn anna(server: &Server) {
    let body = json!({"userId": "anna", "email": EMAIL, "phone": PHONE});
    by_key(server, "POST", "").json(&body).send().expect(201);
}

fn add(server: &Server, user: &str, channel: &str, identifier: &str) -> Call {
    let body = json!({"targetId": "unique()", "providerType": channel, "identifier": identifier});
    by_key(server, "POST", &format!("/{user}/targets")).json(&body)
}

/// Channel and identifier of each target in a model or a list.
fn told(body: &Value) -> Vec<(String, String)> {
    let text = |target: &Value, name: &str| target[name].as_str().unwrap().to_owned();
    let targets = body["targets"].as_array().unwrap().iter();
    targets.map(|target| (text(target, "providerType"), text(target, "identifier"))).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(channel, identifier)| ((*channel).to_owned(), (*identifier).to_owned())).collect()
}

fn push(server: &Server, person: &Person, token: &str) -> Call {
    let body = json!({"targetId": "unique()", "identifier": token});
    server.call("POST", "/v1/account/targets/push").header("Cookie", person.cookie()).json(&body)
}

on_both! {
    fn targets_follow_their_account_and_others_stand_beside_them(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        let list = |query: &str| by_key(&server, "GET", &format!("/anna/targets{query}")).send().expect(200).json();
        let own = list("");
        assert_eq!((told(&own), &own["total"]), (pairs(&[("email", EMAIL), ("sms", PHONE)]), &json!(2)));

        // The account gets another address: the same target says so.
        by_key(&server, "PATCH", "/anna/email").json(&json!({"email": "new@example.com"})).send().expect(200);
        let moved = list("");
        assert_eq!(moved["targets"][0]["$id"], own["targets"][0]["$id"]);
        assert_eq!(moved["targets"][0]["identifier"], "new@example.com");

        let body = json!({"targetId": "work", "providerType": "email", "identifier": "Anna@Work.example", "name": "Work",
            "providerId": "mailer"});
        let made = by_key(&server, "POST", "/anna/targets").json(&body).send().expect(201).json();
        assert_eq!((&made["identifier"], &made["providerId"]), (&json!("anna@work.example"), &json!("mailer")));
        assert_eq!(by_key(&server, "GET", "/anna/targets/work").send().expect(200).json(), made);
        let changed = by_key(&server, "PATCH", "/anna/targets/work").json(&json!({"name": "Office"})).send();
        assert_eq!((&changed.expect(200).json()["name"], &changed.json()["identifier"]), (&json!("Office"), &made["identifier"]));
        let user = by_key(&server, "GET", "/anna").send().expect(200).json();
        let all = pairs(&[("email", "new@example.com"), ("sms", PHONE), ("email", "anna@work.example")]);
        assert_eq!(told(&user), all);
        assert_eq!(told(&by_key(&server, "GET", "").send().expect(200).json()["users"][0]), all);
        let filter = "?queries[]=%7B%22method%22:%22equal%22,%22attribute%22:%22providerType%22,%22values%22:[%22sms%22]%7D";
        assert_eq!((told(&list(filter)), &list(filter)["total"]), (pairs(&[("sms", PHONE)]), &json!(1)));

        // One that follows the account can be taken away; the account keeps its number.
        let sms = own["targets"][1]["$id"].as_str().unwrap();
        by_key(&server, "DELETE", &format!("/anna/targets/{sms}")).send().expect(204);
        let user = by_key(&server, "GET", "/anna").send().expect(200).json();
        assert_eq!((told(&user).len(), &user["phone"]), (2, &json!(PHONE)));
        by_key(&server, "DELETE", "/anna/targets/work").send().expect(204);
        by_key(&server, "GET", "/anna/targets/work").send().refused(404, "user_target_not_found");

        // All of it goes with the account.
        by_key(&server, "DELETE", "/anna").send().expect(204);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM contacts"), 0);
    }
}

#[test]
fn what_cannot_be_is_refused_by_its_type() {
    let server = Server::start(Kind::Sqlite);
    anna(&server);
    by_key(&server, "POST", "").json(&json!({"userId": "bert"})).send().expect(201);
    add(&server, "anna", "email", "nobody").send().refused(400, "general_invalid_email");
    add(&server, "anna", "sms", "4255550123").send().refused(400, "general_invalid_phone");
    add(&server, "anna", "pigeon", "x").send().refused(400, "general_argument_invalid");
    add(&server, "anna", "push", "").send().refused(400, "general_argument_invalid");
    add(&server, "nobody", "push", "x").send().refused(404, "user_not_found");
    // What an account has, and what stands beside it, is somebody's.
    for identifier in [EMAIL, "ANNA@example.com"] {
        add(&server, "bert", "email", identifier).send().refused(409, "user_target_already_exists");
    }
    add(&server, "anna", "sms", PHONE).send().refused(409, "user_target_already_exists");
    let made = add(&server, "bert", "push", "token").send().expect(201).json();
    add(&server, "anna", "push", "token").send().refused(409, "user_target_already_exists");
    let path = format!("/bert/targets/{}", made["$id"].as_str().unwrap());
    by_key(&server, "PATCH", &path).json(&json!({"identifier": "other"})).send().expect(200);
    add(&server, "anna", "push", "token").send().expect(201);
    let query = "?queries[]=%7B%22method%22:%22equal%22,%22attribute%22:%22email%22,%22values%22:[%22x%22]%7D";
    by_key(&server, "GET", &format!("/anna/targets{query}")).send().refused(400, "general_query_invalid");
}

on_both! {
    fn people_register_their_devices_for_as_long_as_they_are_signed_in(kind: Kind) {
        let server = Server::start(kind);
        let (anna, bert) = (server.sign_in("anna", PHONE), server.sign_in("bert", "+14255550622"));
        assert_eq!(told(&server.account(&anna).json()).len(), 1);
        let made = push(&server, &anna, "device-1").send().expect(201).json();
        assert_eq!((&made["providerType"], &made["userId"]), (&json!("push"), &json!("anna")));
        // The answer that is kept with the session is made anew.
        let shown = told(&server.account(&anna).json());
        assert_eq!(shown, pairs(&[("sms", PHONE), ("push", "device-1")]));
        push(&server, &bert, "device-1").send().refused(409, "user_target_already_exists");

        let path = format!("/v1/account/targets/{}/push", made["$id"].as_str().unwrap());
        let by = |person: &Person, method: &str| server.call(method, &path).header("Cookie", person.cookie());
        by(&bert, "PUT").json(&json!({"identifier": "x"})).send().refused(404, "user_target_not_found");
        by(&bert, "DELETE").send().refused(404, "user_target_not_found");
        let now = by(&anna, "PUT").json(&json!({"identifier": "device-2"})).send().expect(200).json();
        assert_eq!((&now["$id"], &now["identifier"]), (&made["$id"], &json!("device-2")));
        // Nobody gets at what follows his account this way.
        let own = server.account(&anna).json()["targets"][0]["$id"].as_str().unwrap().to_owned();
        let own = format!("/v1/account/targets/{own}/push");
        server.call("DELETE", &own).header("Cookie", anna.cookie()).send().refused(404, "user_target_not_found");

        // The next person on the same device.
        server.call("DELETE", "/v1/account/sessions/current").header("Cookie", anna.cookie()).send().expect(204);
        let listed = by_key(&server, "GET", "/anna/targets").send().expect(200).json();
        assert_eq!(told(&listed), pairs(&[("sms", PHONE)]));
        let again = push(&server, &bert, "device-2").send().expect(201).json();
        let path = format!("/v1/account/targets/{}/push", again["$id"].as_str().unwrap());
        server.call("DELETE", &path).header("Cookie", bert.cookie()).send().expect(204);
        assert_eq!(told(&server.account(&bert).json()).len(), 1);
    }
}
