//! Projects, and what belongs to them but their users.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{refused, sign_in};
use crate::server::{Server, eventually, on_both};

const PHONE: &str = "+14255550171";

fn twilio() -> Value {
    json!({"name": "main", "account":
        {"kind": "twilio", "accountSid": "AC1", "authToken": "t0ps3cret-token", "from": "+14255550100"}})
}

on_both! {
    fn a_project_is_made_changed_and_removed(kind: Kind) {
        let server = Server::start(kind);
        server.home.keep_secret("t0ps3cret-token");
        let admin = sign_in(&server);
        let new = json!({"id": "shop", "name": "The Shop", "settings": {"otp": {"length": 8}, "sms": {"providers": [twilio()]}}});
        let made = admin.post("/projects", &new);
        assert_eq!((&made["settings"]["otp"]["length"], &made["settings"]["otp"]["lifetimeSeconds"]), (&json!(8), &json!(900)));
        assert_eq!(made["settings"]["sms"]["providers"][0]["account"]["authToken"], "[hidden]");
        refused(&admin.send("POST", "/projects", &new), 409, "project-exists");
        for (body, field) in [
            (json!({"id": "a b", "name": "x"}), "id"),
            (json!({"id": "x", "name": ""}), "name"),
            (json!({"id": "x", "name": "x", "settings": {"otp": {"lenght": 8}}}), "otp.lenght"),
            (json!({"id": "x", "name": "x", "settings": {"sms": {"templates": {"mfa": "no code"}}}}), "sms.templates.mfa"),
        ] {
            assert_eq!(refused(&admin.send("POST", "/projects", &body), 400, "invalid-value"), field);
        }
        // What was shown may be sent back, changed in one place: the credential stays.
        let mut settings = admin.get("/projects/shop")["settings"].clone();
        settings["sms"]["providers"][0]["account"]["from"] = json!("Shop");
        let changed = admin.send("PATCH", "/projects/shop", &json!({"name": "Laden", "settings": settings}));
        let shown = changed.expect(200).json();
        assert_eq!((&shown["name"], &shown["settings"]["sms"]["providers"][0]["account"]["from"]), (&json!("Laden"), &json!("Shop")));
        let kept = server.home.write("shop", 0, |tx, ctx| countersign_domain::project::get(tx, &ctx.keys, "shop"));
        assert!(format!("{:?}", serde_json::to_string(&kept.settings)).contains("t0ps3cret-token"));
        // All of it or nothing.
        let half = json!({"name": "Half", "settings": {"otp": {"length": 99}}});
        assert_eq!(refused(&admin.send("PATCH", "/projects/shop", &half), 400, "invalid-value"), "otp.length");
        assert_eq!(admin.get("/projects/shop")["name"], "Laden");

        let all = admin.get("/projects");
        assert_eq!((all["total"].as_i64(), all["data"].as_array().unwrap().len()), (Some(2), 2));
        let first = admin.get("/projects?limit=1");
        let second = admin.get(&format!("/projects?limit=1&cursor={}", first["next"].as_str().unwrap()));
        assert_eq!((&first["data"][0], &second["data"][0]), (&all["data"][0], &all["data"][1]));
        assert_eq!(second["next"], Value::Null);
        assert_eq!(refused(&admin.call("GET", "/projects?cursor=gone").send(), 400, "cursor-not-found"), "cursor");

        for unsure in ["", "?confirm=", "?confirm=demo"] {
            let answer = admin.call("DELETE", &format!("/projects/shop{unsure}")).send();
            assert_eq!(refused(&answer, 400, "invalid-value"), "confirm");
        }
        admin.delete("/projects/shop?confirm=shop");
        refused(&admin.call("GET", "/projects/shop").send(), 404, "project-not-found");
        assert_eq!(admin.get("/audit?event=project.delete")["data"][0]["detail"], json!({"project": "shop"}));
        let defaults = admin.get("/settings/defaults");
        assert_eq!(defaults["otp"]["length"], 6);
    }
}

on_both! {
    fn a_key_and_a_front_end_work_at_once_and_no_longer_than_they_are_there(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        let scopes = admin.get("/scopes");
        assert!(scopes["data"].as_array().unwrap().contains(&json!("users.read")));
        let made = admin.post("/projects/demo/keys", &json!({"name": "backend", "scopes": ["users.read"]}));
        let secret = made["secret"].as_str().unwrap();
        server.home.keep_secret(secret);
        let list = || server.get("/v1/users").header("X-Appwrite-Key", secret).send();
        list().expect(200);
        let listed = admin.get("/projects/demo/keys");
        assert!(!listed.to_string().contains(secret), "{listed}");
        assert_eq!(listed["data"][1]["id"], made["id"]);
        assert!(listed["data"][1]["accessedAt"].is_string());
        admin.delete(&format!("/projects/demo/keys/{}", made["id"].as_str().unwrap()));
        list().refused(401, "user_unauthorized");
        for (body, field) in [
            (json!({"name": "x", "scopes": ["everything"]}), "scopes"),
            (json!({"name": "x", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z"}), "expiresAt"),
            (json!({"name": "x"}), "scopes"),
        ] {
            assert_eq!(refused(&admin.send("POST", "/projects/demo/keys", &body), 400, "invalid-value"), field);
        }
        refused(&admin.call("DELETE", "/projects/demo/keys/none").send(), 404, "key-not-found");

        let web = admin.post("/projects/demo/platforms", &json!({"hostname": "App.example.com"}));
        assert_eq!((&web["hostname"], &web["name"]), (&json!("app.example.com"), &json!("App.example.com")));
        let allowed = || {
            let answer = server.get("/v1/ping").header("Origin", "https://app.example.com").send();
            answer.header("access-control-allow-origin").is_some()
        };
        assert!(allowed());
        let again = admin.send("POST", "/projects/demo/platforms", &json!({"hostname": "app.example.com"}));
        assert_eq!(refused(&again, 400, "invalid-value"), "hostname");
        assert_eq!(admin.get("/projects/demo/platforms")["total"], 1);
        let path = format!("/projects/demo/platforms/{}", web["id"].as_str().unwrap());
        admin.delete(&path);
        assert!(!allowed());
        refused(&admin.call("DELETE", &path).send(), 404, "platform-not-found");
    }
}

on_both! {
    fn providers_are_changed_one_by_one_and_never_shown_whole(kind: Kind) {
        let server = Server::start(kind);
        server.home.keep_secret("t0ps3cret-token");
        let admin = sign_in(&server);
        let sms = "/projects/demo/providers/sms";
        let made = admin.post(sms, &twilio());
        assert_eq!((&made["name"], &made["account"]["authToken"]), (&json!("main"), &json!("[hidden]")));
        refused(&admin.send("POST", sms, &twilio()), 409, "provider-exists");
        let names = |list: &Value| list["data"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect::<Vec<_>>();
        assert_eq!(names(&admin.get(sms)), ["inbox", "main"]);
        let moved = admin.send("PUT", sms, &json!({"order": ["main", "inbox"]}));
        assert_eq!(names(&moved.expect(200).json()), ["main", "inbox"]);
        assert_eq!(refused(&admin.send("PUT", sms, &json!({"order": ["main"]})), 400, "invalid-value"), "order");
        let patched = admin.send("PATCH", &format!("{sms}/main"), &json!({"account": {"from": "Shop"}, "timeoutSeconds": 5}));
        let shown = patched.expect(200).json();
        assert_eq!((&shown["account"]["from"], &shown["account"]["accountSid"]), (&json!("Shop"), &json!("AC1")));
        assert!(!patched.body.contains("t0ps3cret"), "{}", patched.body);
        let bad = admin.send("PATCH", &format!("{sms}/main"), &json!({"account": {"kind": "vonage"}}));
        assert!(refused(&bad, 400, "invalid-value").starts_with("provider.account"));
        admin.delete(&format!("{sms}/main"));
        refused(&admin.call("DELETE", &format!("{sms}/main")).send(), 404, "provider-not-found");
        refused(&admin.call("GET", "/projects/demo/providers/fax").send(), 404, "provider-not-found");

        // The inbox takes a test message under --dev.
        server.home.keep_secret(PHONE);
        let told = admin.send("POST", &format!("{sms}/inbox/test"), &json!({"to": PHONE})).expect(200).json();
        assert_eq!((&told["outcome"], &told["to"]), (&json!("accepted"), &json!("+1425***0171")));
        let message = eventually("the message", || server.inbox(PHONE).into_iter().next());
        assert!(message["body"].as_str().unwrap().contains("test message"), "{message}");
        let mail = admin.send("POST", "/projects/demo/providers/email/inbox/test", &json!({"to": "anna@example.com"}));
        assert_eq!(mail.expect(200).json()["outcome"], "accepted");
        let wrong = admin.send("POST", &format!("{sms}/inbox/test"), &json!({"to": "anna@example.com"}));
        assert_eq!(refused(&wrong, 400, "invalid-value"), "to");
        server.settings(&json!({"sms": {"countries": ["DE"]}}));
        let closed = admin.send("POST", &format!("{sms}/inbox/test"), &json!({"to": PHONE}));
        assert_eq!(refused(&closed, 400, "country-not-allowed"), "to");
        let trail = admin.get("/projects/demo/audit?limit=100").to_string();
        assert!(trail.contains("provider.test") && !trail.contains("t0ps3cret") && !trail.contains(PHONE), "{trail}");
    }
}

#[test]
fn a_text_of_the_projects_own_is_tried_set_sent_and_taken_away() {
    let server = Server::start(Kind::Sqlite);
    let admin = sign_in(&server);
    let path = "/projects/demo/templates/sms/sign-in/de";
    let listed = |query: &str| admin.get(&format!("/projects/demo/templates/sms{query}"))["data"].clone();
    let one = listed("?purpose=sign-in&locale=de");
    assert_eq!((one.as_array().unwrap().len(), &one[0]["own"], &one[0]["editable"]), (1, &Value::Null, &json!(true)));
    assert!(one[0]["builtIn"].as_str().unwrap().contains("{{ code }}"), "{one}");
    assert_eq!(listed("").as_array().unwrap().len(), 6 * 20);
    let preview = |body: &Value| admin.send("POST", &format!("{path}/preview"), body).expect(200).json();
    let tried = preview(&json!({"text": "{{ brand }}: {{ code }} ist dein Code."}));
    assert_eq!((&tried["text"], &tried["size"]["segments"]), (&json!("Demo: 739152 ist dein Code."), &json!(1)));
    assert!(preview(&json!({"text": "nichts"}))["fault"].as_str().unwrap().contains("code"));
    let put = |text: &str| admin.send("PUT", path, &json!({"text": text}));
    assert_eq!(refused(&put("nichts"), 400, "invalid-value"), "text");
    put("Dein {{ brand }}-Code: {{ code }}").expect(204);
    assert_eq!(preview(&json!({}))["text"], "Dein Demo-Code: 739152");
    assert_eq!(listed("?purpose=sign-in&locale=de")[0]["own"], "Dein {{ brand }}-Code: {{ code }}");
    server.ask("u1", PHONE).header("Accept-Language", "de").send().expect(201);
    let code = server.code(PHONE, 1);
    assert_eq!(server.inbox(PHONE)[0]["body"], format!("Dein Demo-Code: {code}"));
    admin.delete(path);
    refused(&admin.call("DELETE", path).send(), 404, "template-not-found");
    let general = "/projects/demo/templates/sms/sign-in/default";
    admin.send("PUT", general, &json!({"text": "Code {{ code }}"})).expect(204);
    assert_eq!(preview(&json!({}))["text"], "Code 739152");
    for unknown in ["/projects/demo/templates/sms/nothing/de", "/projects/demo/templates/email/nothing/de"] {
        refused(&admin.send("PUT", unknown, &json!({"text": "{{ code }}"})), 404, "template-not-found");
    }
    let mails = admin.get("/projects/demo/templates/email?locale=de");
    assert!(mails["data"].as_array().unwrap().iter().all(|mail| mail["editable"] == true && mail["locale"] == "de"));
    let path = "/projects/demo/templates/email/sign-in/de";
    refused(&admin.send("PUT", path, &json!({"text": "{{ code }}"})), 400, "invalid-value");
    refused(&admin.send("PUT", path, &json!({"mail": {"htmlTemplate": "<p>no code</p>"}})), 400, "invalid-value");
    let own = json!({"mail": {"subject": "Dein Code", "htmlTemplate": "<p>Nimm {{ code }}</p>"}});
    admin.send("PUT", path, &own).expect(204);
    let tried = admin.send("POST", &format!("{path}/preview"), &json!({})).expect(200).json();
    assert_eq!((&tried["subject"], &tried["text"]), (&json!("Dein Code"), &json!("Nimm 739152\n")));
    admin.delete(path);
    refused(&admin.call("DELETE", path).send(), 404, "template-not-found");
    let mail =
        admin.send("POST", "/projects/demo/templates/email/magic-link/de/preview", &json!({})).expect(200).json();
    assert!(mail["html"].as_str().unwrap().contains("<html") && mail["subject"].is_string());
}

on_both! {
    fn an_operator_sees_why_a_code_did_not_arrive(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        server.sign_in("u1", PHONE);
        server.settings(&json!({"otp": {"perPhonePerDay": 1, "resendSeconds": [0]}}));
        server.ask("u1", PHONE).send().expect(201);
        let path = "/projects/demo/messages";
        let refused_one = eventually("the refusal", || {
            let found = admin.get(&format!("{path}?state=refused"));
            found["data"].as_array().unwrap().first().cloned()
        });
        assert_eq!((&refused_one["to"], &refused_one["channel"]), (&json!("+1425***0171"), &json!("sms")));
        assert!(!refused_one["reason"].as_str().unwrap().is_empty());
        let all = admin.get(path);
        assert_eq!(all["data"].as_array().unwrap().len(), 2);
        assert!(!all.to_string().contains(PHONE), "{all}");
        let first = admin.get(&format!("{path}?limit=1"));
        let second = admin.get(&format!("{path}?limit=1&cursor={}", first["next"].as_str().unwrap()));
        assert_eq!((&first["data"][0], &second["data"][0]), (&all["data"][0], &all["data"][1]));
        let sent = admin.get(&format!("{path}/{}", second["data"][0]["id"].as_str().unwrap()));
        let steps: Vec<_> = sent["timeline"].as_array().unwrap().iter().map(|s| (&s["what"], &s["provider"])).collect();
        let (queued, accepted, ended) = (json!("queued"), json!("accepted"), json!("sent"));
        let (inbox, none) = (json!("inbox"), Value::Null);
        assert_eq!(steps, [(&queued, &none), (&accepted, &inbox), (&ended, &none)], "{sent}");
        assert_eq!(refused(&admin.call("GET", &format!("{path}?state=lost")).send(), 400, "invalid-value"), "state");
        assert_eq!(admin.get(&format!("{path}?channel=email"))["data"], json!([]));
        assert_eq!(admin.get(&format!("{path}?until=2020-01-01T00:00:00Z"))["data"], json!([]));
        admin.post("/projects", &json!({"id": "shop", "name": "Shop"}));
        let foreign = format!("/projects/shop/messages/{}", sent["id"].as_str().unwrap());
        refused(&admin.call("GET", &foreign).send(), 404, "message-not-found");
        let overview = admin.get("/projects/demo/overview");
        assert_eq!((&overview["users"], &overview["sessions"]), (&json!(1), &json!(1)));
        let numbers = &overview["messages"]["lastDay"];
        assert_eq!((&numbers["sent"], &numbers["refused"], &overview["messages"]["dead"]), (&json!(1), &json!(1), &json!(0)));
        assert_eq!((&overview["money"]["spentToday"], &overview["money"]["dailyCeiling"]), (&json!(0.0), &json!(50.0)));
    }
}

on_both! {
    fn the_trail_says_who_did_what_and_whether_it_is_whole(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        let me = format!("admin:{}", admin.get("/me")["admin"]["id"].as_str().unwrap());
        server.sign_in("u1", PHONE);
        admin.send("PATCH", "/projects/demo", &json!({"settings": {"otp": {"length": 8}}})).expect(200);
        let trail = admin.get("/projects/demo/audit");
        let told: Vec<_> = trail["data"].as_array().unwrap().iter().map(|e| (&e["event"], &e["actor"])).collect();
        let (update, session, actor) = (json!("project.update"), json!("session.create"), json!(me));
        assert_eq!(told[0], (&update, &actor));
        assert_eq!(trail["data"][0]["detail"], json!({"changed": ["otp.length"]}));
        assert!(told.iter().any(|(event, _)| **event == session), "{trail}");
        let by_me = admin.get(&format!("/projects/demo/audit?actor={}", me.replace(':', "%3A")));
        assert_eq!(by_me["data"].as_array().unwrap().len(), 1);
        assert_eq!(admin.get("/projects/demo/audit?event=session.create&limit=1")["data"][0]["event"], "session.create");
        for path in ["/projects/demo/audit/chain", "/audit/chain"] {
            let chain = eventually("a chain", || {
                Some(admin.get(path)).filter(|chain| chain["waiting"] == 0 && chain["events"] != 0)
            });
            assert_eq!((&chain["sound"], &chain["fault"]), (&json!(true), &Value::Null), "{path}");
        }
        server.home.execute("UPDATE audit_events SET actor = 'guest' WHERE event = 'project.update'");
        let chain = admin.get("/projects/demo/audit/chain");
        assert_eq!((&chain["sound"], &chain["fault"]["what"]), (&json!(false), &json!("altered")), "{chain}");
    }
}
