//! Policies, strategies, configuration, and how SMS login and SMS as second factor live together.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::mfa::{Client, EMAIL, LOGIN, MFA, OTHER, PHONE, refused, vendor, with_anna};
use crate::admin;
use crate::call::Answer;
use crate::people::PASSWORD;
use crate::server::Server;

const CONFIG: &str = "/identity/resources/configurations/v1";
const NUMBERS: &str = "/identity/resources/users/phone-numbers/v1";

fn send(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    vendor(server, method, &format!("{CONFIG}{path}")).json(body).send()
}

fn read(server: &Server, path: &str) -> Value {
    vendor(server, "GET", &format!("{CONFIG}{path}")).send().expect(200).json()
}

fn is_active(server: &Server, path: &str, list: &str, name: &str) -> bool {
    let all = read(server, path);
    let found = all[list].as_array().unwrap().iter().find(|one| one["strategy"] == name).cloned();
    found.unwrap()["isActive"] == true
}

fn mfa(server: &Server, strategy: &str, on: bool) -> Answer {
    send(server, "POST", "/mfa/strategies", &json!({"strategy": strategy, "isActive": on}))
}

fn login(server: &Server, on: bool) -> Answer {
    send(server, "POST", "/auth/strategies", &json!({"strategy": "SmsCodeV2", "isActive": on}))
}

#[test]
fn a_policy_is_missing_made_changed_and_made_only_once() {
    let server = with_anna(Kind::Sqlite);
    let get = || vendor(&server, "GET", &format!("{CONFIG}/mfa-policy")).send();
    refused(&get(), 404, "Security Policy not found. MFA is disabled");
    refused(
        &send(&server, "PATCH", "/mfa-policy", &json!({"allowRememberMyDevice": true})),
        404,
        "Security Policy not",
    );
    let made = send(&server, "POST", "/mfa-policy", &json!({"enforceMFAType": "DontForce"})).expect(201).json();
    assert_eq!(
        (&made["enforceMFAType"], &made["allowRememberMyDevice"], &made["mfaDeviceExpiration"]),
        (&json!("DontForce"), &json!(false), &json!(1_209_600))
    );
    assert!(made["id"].is_string() && made["createdAt"].is_string() && made["updatedAt"].is_string());
    assert_eq!(get().expect(200).json(), made);
    refused(&send(&server, "POST", "/mfa-policy", &json!({})), 409, "The policy exists already");
    refused(&send(&server, "PATCH", "/mfa-policy", &json!({})), 400, "Missing parameters to update");
    for (body, words) in [
        (json!({"enforceMFAType": "Always"}), "enforceMFAType must be"),
        (json!({"allowRememberMyDevice": "yes"}), "allowRememberMyDevice must be true or false"),
        (json!({"mfaDeviceExpiration": 59}), "mfaDeviceExpiration must be a whole number"),
    ] {
        refused(&send(&server, "PATCH", "/mfa-policy", &body), 400, words);
    }
    let change = json!({"allowRememberMyDevice": true, "mfaDeviceExpiration": 604_800});
    let changed = send(&server, "PATCH", "/mfa-policy", &change).expect(200).json();
    assert_eq!((&changed["id"], &changed["enforceMFAType"]), (&made["id"], &json!("DontForce")));
    assert_eq!(changed["mfaDeviceExpiration"], 604_800);
    let put = send(&server, "PUT", "/mfa-policy", &json!({"enforceMFAType": "ForceExceptSAML"})).expect(200).json();
    assert_eq!((&put["allowRememberMyDevice"], &put["enforceMFAType"]), (&json!(true), &json!("ForceExceptSAML")));
    assert_eq!(Client::new(&server).get(&format!("{CONFIG}/mfa-policy")).status, 401);
    let half_way = Client::new(&server)
        .post("/identity/resources/auth/v1/user", &json!({"email": "anna@example.com", "password": PASSWORD}));
    assert_eq!(half_way.json()["mfaRequired"], true, "it holds");
    vendor(&server, "GET", &format!("{CONFIG}/mfa-policy/vendor")).send().expect(200);
    let other = vendor(&server, "PUT", &format!("{CONFIG}/mfa-policy")).header("frontegg-tenant-id", "other");
    refused(&other.json(&json!({"enforceMFAType": "Force"})).send(), 400, "The policy is one for all accounts");
}

#[test]
fn a_policy_that_the_settings_make_is_one_and_a_new_one_forces_by_default() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"mfa": {"rememberDevice": true}}));
    assert_eq!(read(&server, "/mfa-policy")["allowRememberMyDevice"], true);
    refused(&send(&server, "POST", "/mfa-policy", &json!({})), 409, "The policy exists already");
    server.settings(&json!({"mfa": {"rememberDevice": false}}));
    assert_eq!(send(&server, "PUT", "/mfa-policy", &json!({})).expect(200).json()["enforceMFAType"], "Force");
}

#[test]
fn strategies_are_read_exactly_and_security_keys_stay_off() {
    let server = with_anna(Kind::Sqlite);
    let strategies = json!([
        {"strategy": "AuthenticatorApp", "isActive": true},
        {"strategy": "WebAuthnPlatform", "isActive": false},
        {"strategy": "WebAuthnCrossPlatform", "isActive": false},
        {"strategy": "SMS", "isActive": true},
        {"strategy": "EmailCode", "isActive": true},
    ]);
    assert_eq!(read(&server, "/mfa/strategies"), json!({"strategies": strategies}));
    let login = json!({
        "mainAuthStrategies": [{"strategy": "EmailAndPassword"}],
        "secondaryAuthStrategies": [
            {"strategy": "SmsCodeV2", "isActive": false},
            {"strategy": "SmsCode", "isActive": false},
            {"strategy": "Passkeys", "isActive": false},
            {"strategy": "WebAuthnPlatform", "isActive": false},
            {"strategy": "WebAuthnCrossPlatform", "isActive": false},
        ],
    });
    assert_eq!(read(&server, "/auth/strategies"), login);
    let public = server.get(&format!("/frontegg{CONFIG}/auth/strategies/public")).send();
    assert_eq!(public.expect(200).json(), login);
    refused(&server.get(&format!("{CONFIG}/auth/strategies")).send(), 401, "Unauthorized");
    for name in ["WebAuthnPlatform", "WebAuthnCrossPlatform"] {
        refused(&mfa(&server, name, true), 400, "WebAuthn is not offered");
        mfa(&server, name, false).expect(201);
    }
    for name in ["Passkeys", "WebAuthnPlatform"] {
        let body = json!({"strategy": name, "isActive": true});
        assert_eq!(send(&server, "POST", "/auth/strategies", &body).status, 400, "{name}");
    }
    refused(&mfa(&server, "Voice", true), 400, "strategy must be");
    refused(&send(&server, "POST", "/mfa/strategies", &json!({"strategy": "SMS"})), 400, "isActive is required");
    let mut anna = Client::new(&server);
    let body = json!({"email": "anna@example.com", "password": PASSWORD});
    anna.post("/identity/resources/auth/v1/user", &body).expect(200);
    anna.get(&format!("{CONFIG}/mfa/strategies")).expect(200);
    let write = anna.post(&format!("{CONFIG}/mfa/strategies"), &json!({"strategy": "SMS", "isActive": false}));
    refused(&write, 403, "This route is for servers");
    mfa(&server, "SMS", false).expect(201);
    assert!(!is_active(&server, "/mfa/strategies", "strategies", "SMS"));
}

#[test]
fn rules_1_and_2_keep_another_second_factor_beside_sms() {
    let server = with_anna(Kind::Sqlite);
    let words = "SMS cannot be the only second factor";
    mfa(&server, "EmailCode", false).expect(201);
    login(&server, true).expect(201);
    for name in ["SmsCodeV2", "SmsCode"] {
        assert!(is_active(&server, "/auth/strategies", "secondaryAuthStrategies", name), "{name}");
    }
    refused(&mfa(&server, "AuthenticatorApp", false), 400, words);
    assert!(is_active(&server, "/mfa/strategies", "strategies", "AuthenticatorApp"), "nothing changed");
    mfa(&server, "EmailCode", true).expect(201);
    mfa(&server, "AuthenticatorApp", false).expect(201);
    refused(&send(&server, "POST", "/mfa", &json!({"email": {"active": false}})), 400, words);
    // The other way round: SMS is the only one, and SMS login cannot come.
    login(&server, false).expect(201);
    mfa(&server, "EmailCode", false).expect(201);
    refused(&login(&server, true), 400, words);
    let main = json!({"authStrategy": "SmsCode"});
    refused(&send(&server, "POST", "", &main), 400, words);
    assert_eq!(read(&server, "")["authStrategy"], "EmailAndPassword");
    // Wherever the change comes from.
    let admin = admin::sign_in(&server);
    let patch = json!({"settings": {"frontegg": {"smsLogin": true}}});
    let answer = admin.send("PATCH", "/projects/demo", &patch);
    assert!(answer.status == 400 && answer.body.contains(words), "{}", answer.raw);
    let answer = server.post("/dev/settings", &json!({"frontegg": {"smsLogin": true}})).send();
    assert!(answer.status == 400 && answer.body.contains(words), "{}", answer.raw);
    let ran = server.home.command(&["project", "set", "demo", "frontegg.smsLogin=true"]).output().unwrap();
    assert!(!ran.status.success() && String::from_utf8_lossy(&ran.stderr).contains(words), "{ran:?}");
    let kept = json!({"settings": {"frontegg": {"smsLogin": true}, "mfa": {"totp": true}}});
    assert_eq!(admin.send("PATCH", "/projects/demo", &kept).status, 200);
    assert!(is_active(&server, "/auth/strategies", "secondaryAuthStrategies", "SmsCodeV2"));
    let ran = server.home.command(&["project", "set", "demo", "mfa.totp=false"]).output().unwrap();
    assert!(!ran.status.success() && String::from_utf8_lossy(&ran.stderr).contains(words), "{ran:?}");
    let ran = server.home.command(&["project", "set", "demo", "mfa.phone=false"]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn rule_3_switches_sms_login_off_without_another_factor_and_refuses_to_switch_it_on() {
    let server = with_anna(Kind::Sqlite);
    for name in ["SMS", "EmailCode"] {
        mfa(&server, name, false).expect(201);
    }
    login(&server, true).expect(201);
    mfa(&server, "AuthenticatorApp", false).expect(201);
    let on = || is_active(&server, "/auth/strategies", "secondaryAuthStrategies", "SmsCodeV2");
    assert!(!on(), "it is off while no other factor is on");
    mfa(&server, "EmailCode", true).expect(201);
    assert!(on());
    login(&server, false).expect(201);
    mfa(&server, "EmailCode", false).expect(201);
    refused(&login(&server, true), 400, "SMS login needs a second factor other than SMS");
    let patch = json!({"settings": {"frontegg": {"smsLogin": true}}});
    let answer = admin::sign_in(&server).send("PATCH", "/projects/demo", &patch);
    assert!(answer.status == 400 && answer.body.contains("SMS login needs"), "{}", answer.raw);
    let ran = server.home.command(&["project", "set", "demo", "frontegg.smsLogin=true"]).output().unwrap();
    assert!(!ran.status.success() && String::from_utf8_lossy(&ran.stderr).contains("SMS login needs"), "{ran:?}");
}

#[test]
fn rule_4_lets_a_user_set_up_a_number_to_sign_in_by_beside_another_factor_and_a_server_always() {
    let server = with_anna(Kind::Sqlite);
    login(&server, true).expect(201);
    let mut anna = Client::new(&server);
    anna.knock();
    let number = json!({"phoneNumber": PHONE});
    let words = "Another MFA method than SMS is needed first";
    refused(&anna.post(NUMBERS, &number), 400, words);
    anna.add_phone(OTHER, 1);
    refused(&anna.post(NUMBERS, &number), 400, words);
    anna.add_app();
    anna.post(NUMBERS, &number).expect(201);
    // The way back: whoever signs in by SMS keeps a factor that is not SMS.
    vendor(&server, "POST", &format!("{NUMBERS}/vendor/anna")).json(&number).send().expect(201);
    let app = anna.devices()["authenticators"][0]["id"].as_str().unwrap().to_owned();
    refused(&anna.post(&format!("{MFA}/authenticator/{app}/disable/verify"), &json!({})), 400, words);
    let bernd = json!({"email": "bernd@example.com", "password": PASSWORD});
    let bernd = vendor(&server, "POST", "/identity/resources/vendor-only/users/v1").json(&bernd).send();
    let bernd = bernd.expect(201).json()["id"].as_str().unwrap().to_owned();
    let other = json!({"phoneNumber": "+14255550125"});
    vendor(&server, "POST", &format!("{NUMBERS}/vendor/{bernd}")).json(&other).send().expect(201);
}

#[test]
fn rule_5_offers_nobody_as_second_factor_what_he_began_with() {
    let server = with_anna(Kind::Sqlite);
    login(&server, true).expect(201);
    let mut anna = Client::new(&server);
    anna.knock();
    anna.add_app();
    server.home.execute("UPDATE users SET email_proof = 'code' WHERE id = 'anna'");
    vendor(&server, "POST", &format!("{NUMBERS}/vendor/anna")).json(&json!({"phoneNumber": PHONE})).send().expect(201);
    let offered = |half_way: &Value| {
        let count = |kind: &str| half_way["mfaDevices"][kind].as_array().unwrap().len();
        (half_way["mfaStrategies"].clone(), count("phones"), count("emails"))
    };
    let all = json!(["AuthenticatorApp", "EmailCode", "SMS"]);
    assert_eq!(offered(&Client::new(&server).knock()), (all, 1, 1));

    let ways = "/identity/resources/auth/v1/passwordless";
    let mut by_sms = Client::new(&server);
    by_sms.post(&format!("{ways}/smscode/prelogin"), &json!({"phoneNumber": PHONE})).expect(201);
    let code = json!({"token": server.code(PHONE, 1)});
    let half_way = by_sms.post(&format!("{ways}/smscode/postlogin"), &code).expect(201).json();
    assert_eq!(offered(&half_way), (json!(["AuthenticatorApp", "EmailCode"]), 0, 1));
    let phone = enrolled_phone(&server);
    let asked = by_sms.post(&format!("{LOGIN}/sms/{phone}"), &json!({"mfaToken": half_way["mfaToken"]}));
    refused(&asked, 404, "The account has no such");

    send(&server, "POST", "", &json!({"authStrategy": "Code"})).expect(201);
    let mut by_mail = Client::new(&server);
    by_mail.post(&format!("{ways}/code/prelogin"), &json!({"email": EMAIL})).expect(201);
    let code = json!({"token": server.newest(EMAIL, "sign-in", 1)["code"]});
    let half_way = by_mail.post(&format!("{ways}/code/postlogin"), &code).expect(201).json();
    assert_eq!(offered(&half_way), (json!(["AuthenticatorApp", "SMS"]), 1, 0));
    let asked = by_mail.post(&format!("{LOGIN}/emailcode"), &json!({"mfaToken": half_way["mfaToken"]}));
    refused(&asked, 404, "The account has no such");
}

/// The id under which Anna's number is a second factor.
fn enrolled_phone(server: &Server) -> String {
    Client::new(server).knock()["mfaDevices"]["phones"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn rule_6_lets_sms_be_the_only_way_to_sign_in() {
    let server = with_anna(Kind::Sqlite);
    let none = json!({"authenticationApp": {"active": false}, "sms": {"active": false}, "email": {"active": false}});
    send(&server, "POST", "/mfa", &none).expect(201);
    send(&server, "POST", "", &json!({"authStrategy": "SmsCode"})).expect(201);
    let public = server.get(&format!("{CONFIG}/public")).send().expect(200).json();
    assert_eq!(public["authStrategy"], "SmsCode");
    assert_eq!(read(&server, "/auth/strategies")["mainAuthStrategies"], json!([{"strategy": "SmsCode"}]));
    assert!(!is_active(&server, "/auth/strategies", "secondaryAuthStrategies", "SmsCodeV2"));
}

#[test]
fn the_configuration_is_read_whole_changed_in_part_and_refuses_what_is_fixed() {
    let server = with_anna(Kind::Sqlite);
    let all = read(&server, "");
    assert_eq!(all["id"], server.facts["clientId"]);
    assert_eq!((&all["jwtAlgorithm"], &all["rotateRefreshTokens"]), (&json!("RS256"), &json!(true)));
    assert_eq!(
        (&all["defaultTokenExpiration"], &all["defaultRefreshTokenExpiration"]),
        (&json!(3_600), &json!(2_592_000))
    );
    let pem = all["publicKey"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.trim_end().ends_with("-----END PUBLIC KEY-----"));
    assert!(all["jwtSecret"].is_null());
    for field in ["cookieSameSite", "apiTokensEnabled", "forceSameDeviceOnAuth", "machineToMachineAuthStrategy"] {
        assert!(!all[field].is_null(), "{field}");
    }
    let change = json!({
        "authStrategy": "Code", "defaultTokenExpiration": 600, "defaultRefreshTokenExpiration": 86_400,
        "defaultPasswordlessTokenExpiration": 300, "allowSignups": false, "jwtAlgorithm": "RS256",
    });
    let changed = send(&server, "POST", "", &change).expect(201).json();
    assert_eq!((&changed["authStrategy"], &changed["defaultTokenExpiration"]), (&json!("Code"), &json!(600)));
    assert_eq!(read(&server, ""), changed);
    let public = server.get(&format!("/frontegg{CONFIG}/public")).send().expect(200).json();
    assert_eq!((&public["allowSignups"], &public["authStrategy"]), (&json!(false), &json!("Code")));
    for (body, words) in [
        (json!({"jwtAlgorithm": "HS256"}), "jwtAlgorithm HS256 is not offered"),
        (json!({"jwtSecret": "secret"}), "jwtAlgorithm HS256 is not offered"),
        (json!({"rotateRefreshTokens": false}), "rotateRefreshTokens is true here"),
        (json!({"cookieSameSite": "NONE"}), "cookieSameSite is \"LAX\" here"),
        (json!({"authStrategy": "NoLocalAuthentication"}), "must be one of"),
        (json!({"defaultTokenExpiration": 1}), "defaultTokenExpiration must be"),
    ] {
        refused(&send(&server, "POST", "", &body), 400, words);
    }
    assert_eq!(read(&server, ""), changed, "nothing changed");
    refused(&server.get(CONFIG).send(), 401, "Unauthorized");
}

#[test]
fn second_factors_are_set_up_in_detail() {
    let server = with_anna(Kind::Sqlite);
    let before = read(&server, "/mfa");
    assert_eq!(before["sms"], json!({"active": true, "tokenLifetimeSeconds": 900}));
    assert_eq!(before["email"]["sender"], "no-reply@example.com");
    let change = json!({
        "authenticationApp": {"serviceName": "The Shop"}, "sms": {"tokenLifetimeSeconds": 600},
        "email": {"active": false, "tokenLifetimeSeconds": 300, "sender": "no-reply@example.com"},
    });
    let changed = send(&server, "POST", "/mfa", &change).expect(201).json();
    assert_eq!(changed["authenticationApp"], json!({"active": true, "serviceName": "The Shop"}));
    assert_eq!(changed["sms"]["tokenLifetimeSeconds"], 600);
    assert_eq!(read(&server, "/mfa"), changed);
    assert!(!is_active(&server, "/mfa/strategies", "strategies", "EmailCode"));
    for (body, words) in [
        (json!({"sms": {"tokenLifetimeSeconds": 299}}), "tokenLifetimeSeconds must be"),
        (json!({"sms": true}), "sms must be an object"),
        (json!({"email": {"sender": "other@example.com"}}), "The sender is that of"),
    ] {
        refused(&send(&server, "POST", "/mfa", &body), 400, words);
    }
}
