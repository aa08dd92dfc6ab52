//! Accounts elsewhere that one may sign in with: there are none.

use countersign_domain::db::Kind;
use serde_json::json;

use crate::server::Server;

#[test]
fn nobody_has_an_account_elsewhere() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", "+14255550174");
    let get = || server.get("/v1/account/identities?total=false").header("Cookie", person.cookie());
    assert_eq!(get().send().expect(200).json(), json!({"total": 0, "identities": [], "data": []}));
    let nuvix = get().nuvix().send();
    assert_eq!(nuvix.expect(200).json(), json!({"$permissions": [], "total": 0, "identities": [], "data": []}));
}

#[test]
fn what_can_be_asked_of_accounts_elsewhere_is_answered_all_the_same() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", "+14255550174");
    let get = |query: serde_json::Value| {
        let query = query.to_string().replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        server.get(&format!("/v1/account/identities?queries[0]={query}")).header("Cookie", person.cookie()).send()
    };
    let filter = json!({"method": "equal", "attribute": "provider", "values": ["google"]});
    for query in
        [json!({"method": "or", "values": [filter, filter]}), json!({"method": "orderDesc", "attribute": ""}), filter]
    {
        assert_eq!(get(query).expect(200).json()["total"], 0);
    }
    let many = json!({"method": "equal", "attribute": "provider", "values": vec!["google"; 101]});
    get(many).refused(400, "general_query_limit_exceeded");
    get(json!({"method": "isNull", "attribute": "password"})).refused(400, "general_query_invalid");
    get(json!({"method": "cursorAfter", "values": ["x"]})).refused(400, "general_cursor_not_found");
}

#[test]
fn an_account_elsewhere_that_nobody_has_cannot_be_forgotten() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", "+14255550174");
    for id in ["x", "current", "%00", "%ff"] {
        let target = format!("/v1/account/identities/{id}?project=demo");
        let call = server.call("DELETE", &target);
        assert!(call.send().status == 401 || id == "%ff", "{id}");
        let answer = call.header("Cookie", person.cookie()).send();
        let kind = if id == "%ff" { "general_route_not_found" } else { "user_identity_not_found" };
        answer.refused(404, kind);
    }
}
