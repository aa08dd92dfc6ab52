//! Tokens of customers' own servers.

use countersign_domain::db::Kind;
use serde_json::json;

use super::{claims, refused};
use crate::server::Server;

#[test]
fn the_id_and_the_secret_that_dev_prints_give_a_token() {
    let server = Server::start(Kind::Sqlite);
    assert_eq!(server.facts["clientSecret"], server.facts["apiKey"]);
    for path in ["/auth/vendor", "/frontegg/auth/vendor"] {
        let body = json!({"clientId": server.client_id(), "secret": server.facts["clientSecret"]});
        let answer = server.post(path, &body).send();
        let body = answer.expect(200).json();
        assert_eq!(body["expiresIn"], 3_600);
        let token = body["token"].as_str().unwrap();
        server.home.keep_secret(token);
        let claims = claims(token);
        assert_eq!((&claims["type"], &claims["vendorId"]), (&json!("vendor"), &json!(server.client_id())));
    }
}

#[test]
fn another_secret_or_another_id_is_refused_alike() {
    let server = Server::start(Kind::Sqlite);
    let id = server.client_id();
    let words = "Invalid authentication: clientId and secret do not go together.";
    for (client, secret) in
        [(id, "wrong"), ("demo", server.api_key()), ("nobody", server.api_key()), ("nobody", "wrong")]
    {
        refused(&server.post("/auth/vendor", &json!({"clientId": client, "secret": secret})).send(), 401, words);
    }
    refused(&server.post("/auth/vendor", &json!({"secret": "x"})).send(), 400, "clientId is required");
    refused(&server.post("/auth/vendor", &json!({"clientId": id, "secret": ""})).send(), 400, "secret is required");
    refused(&server.call("POST", "/auth/vendor").send(), 400, "clientId is required");
    refused(
        &server.call("POST", "/auth/vendor").body("application/json", "{").send(),
        400,
        "The body is not valid JSON.",
    );
}
