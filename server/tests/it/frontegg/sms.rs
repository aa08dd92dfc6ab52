//! Senders and texts of SMS, and e-mails of the project's own, over the wire.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::phone::Caller;
use super::{EMAIL, ID, refused, with_anna};
use crate::browser::Browser;
use crate::server::{Server, on_both};

const SMS: &str = "/configurations/v1/sms";
const MAILS: &str = "/mail/v1/configs/templates";

on_both! {
    fn a_twilio_account_is_set_changed_and_taken_away_and_never_shows_its_token(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Caller::vendor(&server);
        assert_eq!(vendor.get(SMS).expect(200).body, "{}");
        let words = "sms needs an account, its token, and a sender or a messaging service.";
        refused(&vendor.post(SMS, &json!({"accountId": "AC1"})), 400, words);
        server.home.keep_secret("twilio-secret-token");
        let body = json!({"senderName": "+12025550100", "accountId": "AC1", "token": "twilio-secret-token",
            "provider": "Twilio", "channel": "SMS"});
        let shown = json!({"senderName": "+12025550100", "accountId": "AC1", "token": "[hidden]", "provider": "Twilio",
            "channel": "SMS"});
        assert_eq!(vendor.post(SMS, &body).expect(201).json(), shown);
        assert_eq!(vendor.get(SMS).expect(200).json(), shown);
        let changed = vendor.post(SMS, &json!({"serviceId": "MG1", "token": "[hidden]"})).expect(200).json();
        assert_eq!((&changed["serviceId"], &changed["senderName"]), (&json!("MG1"), &Value::Null));
        for bad in [json!({"serviceId": "VA1"}), json!({"provider": "TwilioVerify"}), json!({"channel": "voice"})] {
            assert_eq!(vendor.post(SMS, &bad).status, 400, "{bad}");
        }
        for _ in 0..2 {
            assert_eq!(vendor.delete(SMS).expect(200).body, "{}");
        }
        assert_eq!(vendor.get(SMS).expect(200).body, "{}");
    }
}

on_both! {
    fn texts_of_sms_are_kept_by_type_and_really_sent(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Caller::vendor(&server);
        let path = |rest: &str| format!("{SMS}/templates{rest}");
        let all = vendor.get(&path("")).expect(200).json();
        assert_eq!(all.as_array().unwrap().iter().map(|one| one["type"].clone()).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(vendor.get(&path("/default/all")).expect(200).json(), all, "nothing is its own yet");
        assert!(all[1]["template"].as_str().unwrap().contains("{{ code }}"));
        let own = json!({"template": "Come in: {{code}}"});
        assert_eq!(vendor.post(&path("/1"), &own).expect(201).json()["isDefault"], false);
        assert_eq!(vendor.get(&path("/1")).json()["template"], "Come in: {{code}}");
        assert_eq!(vendor.get(&path("/1/default")).json(), all[1]);
        server.ask("anna", "+14255550143").send().expect(201);
        let code = server.code("+14255550143", 1);
        assert_eq!(server.inbox("+14255550143")[0]["body"], format!("Come in: {code}"));
        assert_eq!(vendor.post(&path("/1"), &json!({"template": "no code"})).status, 400);
        assert_eq!(vendor.post(&path("/1"), &json!({"template": "{{code}}", "active": false})).status, 400);
        for bad in ["/3", "/01", "/x"] {
            assert_eq!(vendor.get(&path(bad)).status, 404, "{bad}");
        }
        for _ in 0..2 {
            vendor.delete(&path("/1")).expect(200);
        }
        assert_eq!(vendor.get(&path("")).json(), all);
    }
}

on_both! {
    fn mails_of_the_projects_own_are_kept_by_type_and_really_sent(kind: Kind) {
        let server = with_anna(kind);
        let vendor = Caller::vendor(&server);
        assert_eq!(vendor.get(MAILS).expect(200).body, "[]");
        let own = json!({"type": "ResetPhoneNumber", "subject": "{{brand}}: your number", "fromName": "Acme",
            "senderEmail": "hello@acme.example", "htmlTemplate": "<h1>{{brand}}</h1><p>Code {{code}}</p>",
            "redirectURL": "https://app.example.com", "active": true});
        let made = vendor.post(MAILS, &own).expect(201).json();
        assert_eq!((&made["id"], &made["htmlTemplate"]), (&json!("ResetPhoneNumber"), &own["htmlTemplate"]));
        assert_eq!(vendor.get(&format!("{MAILS}?type=ResetPhoneNumber")).json(), json!([made]));
        assert_eq!(vendor.get(&format!("{MAILS}?type=OTC")).expect(200).body, "[]");
        server.settings(&json!({"frontegg": {"mainStrategy": "SmsCode"}}));
        server.home.write("demo", 0, |tx, ctx| {
            countersign_domain::user::set_email_proof(tx, ctx, "anna", countersign_domain::user::Proof::Code)
        });
        let reset = Browser::new(&server).post(&format!("{ID}/users/v1/phone/reset"), &json!({"email": EMAIL}));
        server.home.keep_secret(reset.expect(200).json()["resetPhoneNumberToken"].as_str().unwrap());
        let mail = server.newest(EMAIL, "reset-phone", 1);
        let code = mail["code"].as_str().unwrap();
        assert_eq!(mail["body"], format!("Demo\n\nCode {code}\n"));
        assert_eq!((&mail["from"], &mail["subject"]), (&json!("Acme <hello@acme.example>"), &json!("Demo: your number")));
        let post = |body: Value| vendor.post(MAILS, &body);
        assert_eq!(post(json!({"type": "OTC", "htmlTemplate": "<p>no code</p>"})).status, 400);
        assert_eq!(post(json!({"type": "OTC", "senderEmail": "nobody", "subject": "x"})).status, 400);
        assert_eq!(post(json!({"type": "OTC", "subject": "x", "active": false})).status, 400);
        assert_eq!(post(json!({"type": "UnlockUser", "subject": "x"})).status, 404);
        for _ in 0..2 {
            vendor.delete(&format!("{MAILS}/ResetPhoneNumber")).expect(200);
        }
        assert_eq!(vendor.get(MAILS).body, "[]");
        // What is built in is a template that will do.
        for kind in ["OTC", "MagicLink", "SmsAuthenticationEnabled", "MFAEnroll"] {
            let built_in = vendor.get(&format!("/mail/v1/configs/{kind}/default")).expect(200).json();
            let body = json!({"type": kind, "htmlTemplate": built_in["htmlTemplate"], "subject": built_in["subject"]});
            vendor.post(MAILS, &body).expect(201);
        }
        assert_eq!(vendor.get("/mail/v1/configs/UnlockUser/default").status, 404);
    }
}
