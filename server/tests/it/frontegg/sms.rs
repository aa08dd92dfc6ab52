//! Senders and texts of SMS, and e-mails of the project's own, over the wire.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::passwordless::{PHONE, by_sms};
use super::phone::Caller;
use super::{EMAIL, ID, keep_tokens, refused, with_anna};
use crate::browser::Browser;
use crate::server::{Server, eventually, on_both};
use crate::twilio::{Mood, Twilio};

const SMS: &str = "/configurations/v1/sms";
const MAILS: &str = "/mail/v1/configs/templates";

on_both! {
    fn a_twilio_account_is_set_changed_and_taken_away_and_never_shows_its_token(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Caller::vendor(&server);
        assert_eq!(vendor.get(SMS).expect(200).body, "{}");
        let words = "sms needs an account, its token, and a sender, a messaging service or a Verify service.";
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
        let words = "channel must be SMS: only Twilio Verify (a serviceId VA…) has others.";
        refused(&vendor.post(SMS, &json!({"channel": "voice"})), 400, words);
        for _ in 0..2 {
            assert_eq!(vendor.delete(SMS).expect(200).body, "{}");
        }
        assert_eq!(vendor.get(SMS).expect(200).body, "{}");
    }
}

on_both! {
    fn twilio_verify_takes_the_place_of_texts_and_back(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Caller::vendor(&server);
        server.home.keep_secret("twilio-secret-token");
        let body = json!({"accountId": "AC1", "token": "twilio-secret-token", "serviceId": "VA1", "senderName": "Shop"});
        let shown = |service: &str, provider: &str, channel: &str| {
            json!({"accountId": "AC1", "token": "[hidden]", "serviceId": service, "provider": provider, "channel": channel})
        };
        assert_eq!(vendor.post(SMS, &body).expect(201).json(), shown("VA1", "TwilioVerify", "SMS"));
        for (body, expected) in [
            (json!({"channel": "voice"}), shown("VA1", "TwilioVerify", "Voice")),
            (json!({"channel": "WHATSAPP", "provider": "twilio_verify"}), shown("VA1", "TwilioVerify", "WhatsApp")),
            (json!({"serviceId": "VA2", "token": "[hidden]"}), shown("VA2", "TwilioVerify", "WhatsApp")),
            (json!({"serviceId": "MG1"}), shown("MG1", "Twilio", "SMS")),
            (json!({"serviceId": "VA3", "provider": "Twilio Verify", "channel": "sms"}), shown("VA3", "TwilioVerify", "SMS")),
        ] {
            assert_eq!(vendor.post(SMS, &body).expect(200).json(), expected, "{body}");
            assert_eq!(vendor.get(SMS).expect(200).json(), expected, "{body}");
        }
        for (bad, words) in [
            (json!({"provider": "Twilio"}), "sms needs an account, its token, and a sender, a messaging service or a Verify service."),
            (json!({"provider": "Vonage"}), "provider must be Twilio or TwilioVerify."),
            (json!({"channel": "pigeon"}), "channel must be SMS, voice or WhatsApp."),
            (json!({"serviceId": "VA-1"}), "serviceId must be a messaging service (MG…) or a Verify service (VA…)."),
            (json!({"serviceId": "MG1", "provider": "TwilioVerify"}), "serviceId belongs to another product than provider names."),
            (json!({"senderName": "Shop", "channel": "voice"}), "channel must be SMS: only Twilio Verify (a serviceId VA…) has others."),
        ] {
            refused(&vendor.post(SMS, &bad), 400, words);
        }
        assert_eq!(vendor.get(SMS).expect(200).json(), shown("VA3", "TwilioVerify", "SMS"), "what is refused changes nothing");
        vendor.delete(SMS).expect(200);
        assert_eq!(vendor.get(SMS).expect(200).body, "{}");
    }
}

on_both! {
    fn a_code_reaches_twilio_verify_signs_in_and_is_then_told_as_shown(kind: Kind) {
        let server = by_sms(kind);
        let twilio = Twilio::started(Mood::Fine);
        server.home.keep_secret("tw1l10-t0ken");
        let set = json!({"accountId": "AC123", "token": "tw1l10-t0ken", "serviceId": "VA456", "channel": "voice"});
        Caller::vendor(&server).post(SMS, &set).expect(201);
        let account = json!({"kind": "twilioVerify", "accountSid": "AC123", "authToken": "[hidden]",
            "serviceSid": "VA456", "channel": "call"});
        let provider = json!({"name": "twilio", "baseUrl": twilio.base_url(), "account": account});
        server.settings(&json!({"sms": {"providers": [provider]}}));
        let mut browser = Browser::new(&server);
        let asking = browser.post(&format!("{ID}/auth/v1/passwordless/smscode/prelogin"), &json!({"email": EMAIL}));
        asking.expect(201);
        let mut asked = eventually("the call", || twilio.asked_for(PHONE).into_iter().next());
        asked.form.sort();
        let code = asked.form[1].1.clone();
        server.home.keep_secret(&code);
        let expected = [("Channel", "call"), ("CustomCode", code.as_str()), ("Locale", "en"), ("To", PHONE)];
        assert_eq!(asked.form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((asked.path.as_str(), code.len()), ("/v2/Services/VA456/Verifications", 6));
        let opened = browser.post(&format!("{ID}/auth/v1/passwordless/smscode/postlogin"), &json!({"token": code}));
        keep_tokens(&browser, &opened);
        opened.expect(201);
        let told = eventually("the approval", || twilio.asked().into_iter().nth(1));
        assert_eq!(told.path, format!("/v2/Services/VA456/Verifications/SM{:032}", 1));
        assert_eq!(told.form, [("Status".to_owned(), "approved".to_owned())]);
        eventually("the delivery", || {
            server.home.message_to(PHONE).filter(|message| message.state == "delivered").map(drop)
        });
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
        assert_eq!(post(json!({"type": "BulkTenantInvites", "subject": "x"})).status, 404);
        for _ in 0..2 {
            vendor.delete(&format!("{MAILS}/ResetPhoneNumber")).expect(200);
        }
        assert_eq!(vendor.get(MAILS).body, "[]");
        // What is built in is a template that will do.
        for kind in ["OTC", "MagicLink", "SmsAuthenticationEnabled", "MFAEnroll", "UnlockUser", "BruteForceProtection"] {
            let built_in = vendor.get(&format!("/mail/v1/configs/{kind}/default")).expect(200).json();
            let body = json!({"type": kind, "htmlTemplate": built_in["htmlTemplate"], "subject": built_in["subject"]});
            vendor.post(MAILS, &body).expect(201);
        }
        assert_eq!(vendor.get("/mail/v1/configs/BulkTenantInvites/default").status, 404);
    }
}
