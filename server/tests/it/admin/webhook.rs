//! Webhooks, as an administrator looks after them.

use countersign_domain::db::Kind;
use serde_json::json;

use super::{refused, sign_in};
use crate::server::{Server, eventually, on_both};

/// Nobody listens there, so that every call fails at once.
const NOBODY: &str = "http://127.0.0.1:9/hooks";

on_both! {
    fn a_webhook_is_made_changed_and_removed(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        let events = admin.get("/webhook-events");
        assert!(events["data"].as_array().unwrap().contains(&json!("session.create")));
        let made = admin.post("/projects/demo/webhooks", &json!({"name": "shop", "url": "https://shop.example/hooks"}));
        let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap().to_owned());
        server.home.keep_secret(&secret);
        assert!(secret.starts_with("whsec_"), "{made}");
        assert_eq!((&made["events"], &made["enabled"], &made["offReason"]), (&json!(["*"]), &json!(true), &json!(null)));
        let one = format!("/projects/demo/webhooks/{id}");
        assert_eq!(admin.get(&one)["url"], "https://shop.example/hooks");
        assert!(!admin.get("/projects/demo/webhooks").to_string().contains(&secret), "it is shown once");

        let off = admin.send("PATCH", &one, &json!({"events": ["user.*"], "enabled": false})).expect(200).json();
        assert_eq!((&off["events"], &off["offReason"]), (&json!(["user.*"]), &json!("switched off")));
        let rotated = admin.send("POST", &format!("{one}/rotate"), &json!({"keepHours": 1})).expect(200).json();
        let newer = rotated["secret"].as_str().unwrap();
        server.home.keep_secret(newer);
        assert!(newer != secret && rotated["previousUntil"].is_string(), "{rotated}");

        for (method, path, body, field) in [
            ("POST", "/projects/demo/webhooks".to_owned(), json!({"name": "x", "url": "http://shop.example/"}), "url"),
            ("POST", "/projects/demo/webhooks".to_owned(), json!({"name": "", "url": "https://shop.example/"}), "name"),
            ("PATCH", one.clone(), json!({"events": ["weather.change"]}), "events"),
            ("POST", format!("{one}/rotate"), json!({"keepHours": 169}), "keep"),
            ("POST", format!("{one}/rotate"), json!({"keepHours": i64::MAX}), "keepHours"),
        ] {
            assert_eq!(refused(&admin.send(method, &path, &body), 400, "invalid-value"), field, "{path} {body}");
        }
        // Through another project nothing of this one is reached.
        admin.post("/projects", &json!({"id": "other", "name": "Other"}));
        for method in ["GET", "DELETE"] {
            let foreign = admin.call(method, &format!("/projects/other/webhooks/{id}")).send();
            refused(&foreign, 404, "webhook-not-found");
        }
        admin.delete(&one);
        refused(&admin.call("GET", &one).send(), 404, "webhook-not-found");
        let told = admin.get("/projects/demo/audit?event=webhook.create");
        assert!(told["data"][0]["actor"].as_str().unwrap().starts_with("admin:"), "{told}");
    }
}

on_both! {
    fn what_did_not_arrive_is_listed_with_its_calls_and_sent_once_more(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        let made = admin.post("/projects/demo/webhooks", &json!({"name": "shop", "url": NOBODY}));
        let one = format!("/projects/demo/webhooks/{}", made["id"].as_str().unwrap());
        let id = admin.post(&format!("{one}/test"), &json!({}))["deliveryId"].as_str().unwrap().to_owned();
        let delivery = format!("/projects/demo/deliveries/{id}");
        // A ping is tried once.
        eventually("the ping is dead", || (admin.get(&delivery)["state"] == "dead").then_some(()));
        let dead = admin.get(&delivery);
        assert_eq!((&dead["event"], &dead["payload"]["type"]), (&json!("webhook.ping"), &json!("webhook.ping")));
        assert_eq!((&dead["timeline"][0]["what"], &dead["timeline"][0]["status"]), (&json!("failed"), &json!(null)));
        assert!(dead["timeline"][0]["reason"].is_string(), "{dead}");
        let listed = admin.get("/projects/demo/deliveries?state=dead");
        assert_eq!(listed["data"][0]["id"], json!(id));
        assert_eq!(admin.get("/projects/demo/deliveries?state=done")["data"], json!([]));
        let unknown = admin.call("GET", "/projects/demo/deliveries?state=lost").send();
        assert_eq!(refused(&unknown, 400, "invalid-value"), "state");

        admin.send("POST", &format!("{delivery}/replay"), &json!({})).expect(200);
        eventually("it was called again", || (admin.get(&delivery)["timeline"].as_array().unwrap().len() == 3).then_some(()));
        let whats = admin.get(&delivery)["timeline"].as_array().unwrap().clone();
        let whats: Vec<_> = whats.iter().map(|call| call["what"].as_str().unwrap().to_owned()).collect();
        assert_eq!(whats, ["failed", "replayed", "failed"]);
        eventually("it is dead again", || (admin.get(&delivery)["state"] == "dead").then_some(()));
        let all = admin.send("POST", &format!("{one}/replay"), &json!({})).expect(200).json();
        assert_eq!(all, json!({"replayed": 1}));
        refused(&admin.send("POST", "/projects/demo/deliveries/none/replay", &json!({})), 404, "delivery-not-found");
    }
}
