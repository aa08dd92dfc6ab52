//! Users who come from other systems and go to another server, by the command line, beside a server that runs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::base::Time;
use countersign_domain::db::Kind;
use countersign_domain::tenant::{self, Details, Own};
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

use crate::server::{Home, Server, on_both};

/// Of the word "appwrite" (contract nuvix §4.5), the last as cheap as bcrypt can be.
const MD5: &str = "144fa7eaa4904e8ee120651997f70dcc";
const ARGON2: &str = "$argon2i$v=19$m=20,t=3,p=2$YXBwd3JpdGU$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI";
const PHPASS: &str = "$P$Br387rwferoKN7uwHZqNMu98q3U8RO.";
const SCRYPT: &str = "3fdef49701bc4cfaacd551fe017283513284b4731e6945c263246ef948d3cf63\
                      b5d269c31fd697246085111a428245e24a4ddc6b64c687bc60a8910dbafc1d5b";
const SHA512: &str = "4243da0a694e8a2f727c8060fe0507c8fa01ca68146c76d2c190805b638c20c6\
                      bf6ba04e21f11ae138785d0bff63c416e6f87badbffad37f6dee50094cc38c70";
const FIREBASE: &str = "UlM7JiXRcQhzAGlaonpSqNSLIz475WMddOgLjej5De9vxTy48K6WtqlEzrRFeK4t0COfMhWCb8wuMHgxOFCHFQ==";
const SIGNER: &str = "XyEKE9RcTDeLEsL/RjwPDBv/RqDl8fb3gpYEOQaPihbxf1ZAtSOHCjuAAa7Q3oHpCYhXSN9tizHgVOwn6krflQ==";
const BCRYPT: &str = "$2y$04$6bNw2HLQYeqHYyBfLMsv/OkVl83L0SgAhMV9PaeCGmj2oPNA35FYe";
const PASSWORD: &str = "appwrite";

/// What a command left behind.
#[derive(Debug)]
struct Done {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn path(home: &Home, name: &str) -> PathBuf {
    home.key_file().with_file_name(name)
}

fn run(home: &Home, arguments: &[&str]) -> Done {
    let piped = |mut command: std::process::Command| command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    piped(home.command(arguments)).unwrap().into()
}

/// Imports a text as a file of this system.
fn import(home: &Home, from: &str, text: &str, more: &[&str]) -> (i32, Value) {
    std::fs::write(path(home, "users"), text).unwrap();
    let arguments = ["user", "import", "--project", "demo", "--json", "--from", from, "users"];
    let done = run(home, &[&arguments, more].concat());
    let summary = serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    (done.code, summary)
}

/// Imports what must go in whole; gives how many did.
#[track_caller]
fn imported(home: &Home, from: &str, text: &str, more: &[&str]) -> i64 {
    let (code, summary) = import(home, from, text, more);
    assert_eq!((code, &summary["refused"]), (0, &json!(0)), "{summary}");
    summary["imported"].as_i64().unwrap()
}

fn shown(home: &Home, user: &str) -> Value {
    let done = run(home, &["user", "show", "--project", "demo", "--json", user]);
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// An export without its first line.
fn exported(home: &Home) -> String {
    let done = run(home, &["user", "export", "--project", "demo"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let (header, users) = done.out.split_once('\n').unwrap();
    assert!(header.contains("\"format\":\"countersign-users\"") && header.contains("\"version\":1"), "{header}");
    users.to_owned()
}

#[track_caller]
fn signs_in(server: &Server, email: &str, password: &str, user: &str) {
    let opened = server.by_password(email, password).send();
    assert_eq!(opened.expect(201).json()["userId"], user, "{email}");
    server.by_password(email, "not his password").send().refused(401, "user_invalid_credentials");
}

/// Somebody of Appwrite, with this hash.
fn of_appwrite(id: &str, hash: &str, options: &Value, password: &str) -> Value {
    json!({
        "$id": id, "$createdAt": "2020-10-15T06:38:00.000+00:00", "name": "Of Appwrite", "status": true,
        "email": format!("{id}@example.com"), "emailVerification": true, "phone": "", "phoneVerification": false,
        "labels": ["vip"], "prefs": [], "mfa": false, "hash": hash, "hashOptions": options, "password": password,
        "registration": "2020-10-15T06:38:00.000+00:00", "targets": [{"$id": "x"}],
    })
}

fn everybody_of_appwrite() -> Vec<Value> {
    vec![
        of_appwrite("argon2", "argon2", &json!({"memoryCost": 20, "timeCost": 3, "threads": 2}), ARGON2),
        of_appwrite("bcrypt", "bcrypt", &json!({"type": "bcrypt", "cost": 4}), BCRYPT),
        of_appwrite("md5", "md5", &json!({}), MD5),
        of_appwrite("sha", "sha", &json!({"type": "sha", "version": "sha512"}), SHA512),
        of_appwrite("phpass", "phpass", &json!([]), PHPASS),
        of_appwrite(
            "scrypt",
            "scrypt",
            &json!({"salt": "appwrite", "costCpu": 16384, "costMemory": 13, "costParallel": 2, "length": 64}),
            SCRYPT,
        ),
        of_appwrite(
            "scryptMod",
            "scryptMod",
            &json!({"salt": "UxLMreBr6tYyjQ==", "saltSeparator": "Bw==", "signerKey": SIGNER}),
            FIREBASE,
        ),
    ]
}

on_both! {
    fn people_of_appwrite_and_nuvix_sign_in_as_before_beside_a_server_that_runs(kind: Kind) {
        let server = Server::start(kind);
        let users = everybody_of_appwrite();
        let [first, second, rest] = [&users[..2], &users[2..4], &users[4..]];
        let home = &server.home;
        // The shapes of the two APIs, and a line for each.
        assert_eq!(imported(home, "appwrite", &json!({"total": 2, "users": first}).to_string(), &[]), 2);
        assert_eq!(imported(home, "appwrite", &json!({"data": second, "total": 2}).to_string(), &[]), 2);
        let lines: Vec<String> = rest.iter().map(ToString::to_string).collect();
        let lines = lines.join("\n");
        assert_eq!(imported(home, "appwrite", &lines, &[]), 3);
        let (code, again) = import(home, "appwrite", &serde_json::to_string_pretty(&users).unwrap(), &[]);
        assert_eq!((code, &again["imported"], &again["alreadyThere"]), (0, &json!(0), &json!(7)), "{again}");
        for user in &users {
            let id = user["$id"].as_str().unwrap();
            let email = format!("{}@example.com", id.to_ascii_lowercase());
            signs_in(&server, &email, PASSWORD, id);
            // By now the hash is ours.
            signs_in(&server, &email, PASSWORD, id);
        }
        let user = shown(home, "md5@example.com");
        assert_eq!((&user["emailProof"], &user["labels"]), (&json!("vouched"), &json!(["vip"])), "{user}");
        assert_eq!((&user["createdAt"], &user["origin"]), (&json!("2020-10-15T06:38:00.000Z"), &json!("import")));
        let line = exported(home).lines().find(|line| line.contains("\"md5\"")).unwrap().to_owned();
        assert!(line.contains("$argon2id$v=19$m=19456") && !line.contains(MD5), "{line}");
    }
}

#[test]
fn people_of_supabase_firebase_auth0_keycloak_and_a_table_sign_in_as_before() {
    let server = Server::start(Kind::Sqlite);
    let home = &server.home;

    let csv = format!(
        "id,email,phone,encrypted_password,email_confirmed_at,phone_confirmed_at,raw_user_meta_data,banned_until,deleted_at,created_at,is_anonymous\n\
         0b0c8a3e-0000-4000-8000-000000000001,supa@example.com,491701234567,{BCRYPT},2024-05-06 07:08:09.123456+00,2024-05-06 07:08:09+00,\"{{\"\"full_name\"\": \"\"Supa\"\"}}\",,,2024-05-06 07:08:09+00,f\n\
         0b0c8a3e-0000-4000-8000-000000000002,banned@example.com,,{BCRYPT},,,{{}},2999-01-01 00:00:00+00,,2024-05-06 07:08:09+00,f\n\
         0b0c8a3e-0000-4000-8000-000000000003,gone@example.com,,,,,{{}},,2024-05-06 07:08:09+00,2024-05-06 07:08:09+00,f\n"
    );
    let (code, summary) = import(home, "supabase", &csv, &[]);
    assert_eq!((code, &summary["imported"], &summary["deleted"]), (0, &json!(2), &json!(1)), "{summary}");
    signs_in(&server, "supa@example.com", PASSWORD, "0b0c8a3e-0000-4000-8000-000000000001");
    let supa = shown(home, "+491701234567");
    assert_eq!((&supa["name"], &supa["phoneProof"]), (&json!("Supa"), &json!("vouched")));
    let banned = shown(home, "banned@example.com");
    assert_eq!((&banned["state"], &banned["emailProof"]), (&json!("blocked"), &json!("set")));

    let config = format!(
        "hash_config {{\n  algorithm: SCRYPT,\n  base64_signer_key: {SIGNER},\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}}\n"
    );
    std::fs::write(path(home, "config"), config).unwrap();
    let fire = json!({"users": [{"localId": "Fire1", "email": "fire@example.com", "emailVerified": true,
        "passwordHash": FIREBASE, "salt": "UxLMreBr6tYyjQ==", "phoneNumber": "+4366412345678", "createdAt": "1588772949120", "disabled": false}]});
    assert_eq!(imported(home, "firebase", &fire.to_string(), &["--firebase-hash-config", "config"]), 1);
    signs_in(&server, "fire@example.com", PASSWORD, "Fire1");
    let row = format!(
        "Fire2,fire2@example.com,false,{FIREBASE},UxLMreBr6tYyjQ==,Fire,{}1588772949120,1588772949120,+4366412345679,true,,\n",
        ",".repeat(17)
    );
    assert_eq!(imported(home, "firebase", &row, &["--firebase-hash-config", "config"]), 1);
    let second = shown(home, "+4366412345679");
    assert_eq!((&second["state"], &second["createdAt"]), (&json!("blocked"), &json!("2020-05-06T13:49:09.120Z")));

    let lines = format!(
        "{}\n{}\n{}\n",
        json!({"_id": {"$oid": "60425dc43519d90068f82973"}, "email": "au@example.com", "email_verified": true, "passwordHash": BCRYPT,
            "password_set_date": {"$date": "2021-03-05T16:35:16.775Z"}}),
        json!({"user_id": "auth0|60425dc43519d90068f82974", "email": "au2@example.com", "custom_password_hash": {"algorithm": "pbkdf2",
            "hash": {"value": "$pbkdf2-sha512$i=1000,l=64$TmFDbA$+yqLwVPX9FSe8ayXt7lBFQrwqhRv0uPz8n5kPH7eWZn63vccd2ggBwhWS5gtzmHjG3bRMJQg3QvMUiaofohmOQ", "encoding": "utf8"}}}),
        json!({"user_id": "google-oauth2|1", "email": "au3@example.com", "blocked": true}),
    );
    assert_eq!(imported(home, "auth0", &lines, &[]), 3);
    signs_in(&server, "au@example.com", PASSWORD, "60425dc43519d90068f82973");
    signs_in(&server, "au2@example.com", PASSWORD, "60425dc43519d90068f82974");
    // printf %s 'google-oauth2|1' | sha256sum | cut -c1-32
    assert_eq!(shown(home, "au3@example.com")["id"], "c15eb4bee7561c51b9eca25b98ed3540");

    let credential = |algorithm: &str, iterations: i64, value: &str| {
        json!([{"type": "password", "createdDate": 1_588_772_949_120_i64,
            "secretData": json!({"value": value, "salt": "TmFDbA==", "additionalParameters": {}}).to_string(),
            "credentialData": json!({"hashIterations": iterations, "algorithm": algorithm, "additionalParameters": {}}).to_string()}])
    };
    let argon2 = json!([{"type": "password",
        "secretData": r#"{"value":"bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc=","salt":"c29tZXNhbHQ=","additionalParameters":{}}"#,
        "credentialData": r#"{"hashIterations":2,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["256"],"type":["id"],"version":["1.3"],"parallelism":["2"]}}"#}]);
    let realm = json!({"realm": "shop", "roles": {"users": [1]}, "users": [
        {"id": "kc1", "username": "kc1", "email": "kc1@example.com", "emailVerified": true, "enabled": true, "firstName": "Key", "lastName": "Cloak",
            "createdTimestamp": 1_588_772_949_120_i64, "credentials": credential("pbkdf2", 1_000, "rc6x+wGcWZp/NErJiBBGfrMFQXRQFIw5bl6CRBhekG4VNLUSn1d68a+/g+l/TYEuXfGHO3DFAms279k5P64TUw=="), "attributes": {"phoneNumber": ["0170 7654321"]}},
        {"id": "kc2", "email": "kc2@example.com", "credentials": credential("pbkdf2-sha256", 2_000, "7yk6x2R/Rkgr+0ZaBjJqbIeXnBO5/P/LJn9g454+SSGNn6AefHShAqBdSRvAJQRufPTNjii9imRZSguwcablDA==")},
        {"id": "kc3", "email": "kc3@example.com", "credentials": credential("pbkdf2-sha512", 1_000, "+yqLwVPX9FSe8ayXt7lBFQrwqhRv0uPz8n5kPH7eWZn63vccd2ggBwhWS5gtzmHjG3bRMJQg3QvMUiaofohmOQ==")},
        {"id": "kc4", "email": "kc4@example.com", "credentials": argon2},
    ], "clients": []});
    assert_eq!(imported(home, "keycloak", &realm.to_string(), &["--region", "DE"]), 4);
    for id in ["kc1", "kc2", "kc3"] {
        signs_in(&server, &format!("{id}@example.com"), PASSWORD, id);
    }
    signs_in(&server, "kc4@example.com", "password", "kc4");
    let first = shown(home, "kc1");
    assert_eq!((&first["name"], &first["phone"]), (&json!("Key Cloak"), &json!("+491707654321")));

    let table = format!(
        "id,email,email_verified,password_hash,hash,hash_options,labels,status\n\
         row1,row1@example.com,yes,{MD5},md5,,vip beta,active\n\
         ,row2@example.com,no,+yqLwVPX9FSe8ayXt7lBFQrwqhRv0uPz8n5kPH7eWZn63vccd2ggBwhWS5gtzmHjG3bRMJQg3QvMUiaofohmOQ==,pbkdf2,\"{{\"\"version\"\":\"\"sha512\"\",\"\"salt\"\":\"\"TmFDbA==\"\",\"\"iterations\"\":1000}}\",,\n"
    );
    assert_eq!(imported(home, "csv", &table, &[]), 2);
    signs_in(&server, "row1@example.com", PASSWORD, "row1");
    let id = shown(home, "row2@example.com")["id"].as_str().unwrap().to_owned();
    signs_in(&server, "row2@example.com", PASSWORD, &id);
}

#[test]
fn who_is_refused_is_named_with_the_reason_and_the_others_go_in() {
    let server = Server::start(Kind::Sqlite);
    let home = &server.home;
    let lines = format!(
        "{}\n{{\"$id\":\"broken\",\"password\":\"{MD5}\"\n{}\n{}\n{}\n{}\n[1]\n{}\n",
        json!({"$id": "a", "email": "a@example.com"}),
        json!({"$id": "b", "phone": "0170 1234567"}),
        json!({"$id": "c", "email": "a@example.com"}),
        json!({"$id": "d", "password": MD5, "hash": "rot13"}),
        json!({"$id": "a", "email": "other@example.com"}),
        json!({"$id": "e", "email": "e@example.com"}),
    );
    let (code, dry) = import(home, "appwrite", &lines, &["--dry-run"]);
    assert_eq!((code, &dry["imported"], &dry["refused"]), (1, &json!(2), &json!(6)), "{dry}");
    assert_eq!(home.count("SELECT COUNT(*) FROM users"), 0);
    let (code, summary) = import(home, "appwrite", &lines, &["--errors", "refused"]);
    assert_eq!((code, &summary["read"], &summary["imported"]), (1, &json!(8), &json!(2)), "{summary}");
    let errors = std::fs::read_to_string(path(home, "refused")).unwrap();
    assert!(!errors.contains(MD5) && !errors.contains("1234567"), "{errors}");
    let errors: Vec<Value> = errors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = errors.iter().map(|e| (e["line"].as_i64().unwrap(), e["code"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            (2, "invalid-record"),
            (3, "invalid-value"),
            (4, "email-taken"),
            (5, "invalid-value"),
            (6, "duplicate-id"),
            (7, "invalid-record")
        ]
    );
    assert_eq!(
        (&errors[1]["id"], &errors[2]["message"]),
        (&json!("b"), &json!("the e-mail address belongs to another account: a"))
    );

    // What is wrong with the whole file, or the command.
    for (code, from, text, more, says) in [
        (1, "csv", "id,mail\n1,a@example.com\n", [].as_slice(), "there is no column \"mail\""),
        (1, "appwrite", "[{\"$id\":\"z\"},{\"$id\"", &[], "ends in the middle"),
        (1, "countersign", "{\"id\":\"x\"}\n", &[], "no export of Countersign"),
        (1, "firebase", &json!({"localId": "f", "passwordHash": FIREBASE}).to_string(), &[], "--firebase-hash-config"),
        (2, "auth0", "", &["--region", "germany"], "--region"),
        (2, "firebase", "", &["--firebase-hash-config", "missing"], "--firebase-hash-config"),
        (2, "myspace", "", &[], "--from"),
    ] {
        std::fs::write(path(home, "users"), text).unwrap();
        let arguments = ["user", "import", "--project", "demo", "--from", from, "users"];
        let done = run(home, &[&arguments, more].concat());
        assert!(done.code == code && done.err.contains(says), "{says}: {done:?}");
    }
}

/// Many, each with all that a table can say.
fn crowd(count: usize) -> String {
    let mut text =
        "id,email,email_verified,phone,phone_verified,name,password_hash,labels,prefs,created_at\n".to_owned();
    for n in 0..count {
        let _ = writeln!(
            text,
            "user{n},user{n}@example.com,yes,+4917{:08},yes,Number {n},{BCRYPT},vip,\"{{\"\"n\"\":{n}}}\",2024-05-06T07:08:09Z",
            10_000_000 + n
        );
    }
    text
}

on_both! {
    fn a_run_that_was_killed_and_began_again_ends_like_one_go(kind: Kind) {
        let text = crowd(3_000);
        let whole = Server::start(kind);
        assert_eq!(imported(&whole.home, "csv", &text, &[]), 3_000);
        let server = Server::start(kind);
        let home = &server.home;
        std::fs::write(path(home, "users"), &text).unwrap();
        let arguments = ["user", "import", "--project", "demo", "--from", "csv", "users", "--errors", "refused"];
        let mut child = home.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        crate::server::eventually("some users", || (home.count("SELECT COUNT(*) FROM users") > 0).then_some(()));
        child.kill().unwrap();
        child.wait().unwrap();
        let there = home.count("SELECT COUNT(*) FROM users");
        assert!(there > 0 && there < 3_000, "{there}");
        assert_eq!(home.count("SELECT COUNT(*) FROM passwords"), there, "each is whole");
        assert!(!path(home, "refused").exists());
        let (code, summary) = import(home, "csv", &text, &[]);
        assert_eq!((code, summary["alreadyThere"].as_i64()), (0, Some(there)), "{summary}");
        assert!(exported(home) == exported(&whole.home), "the same in the end");
        assert_eq!(home.count("SELECT COUNT(*) FROM audit_events WHERE event = 'user.create'"), 3_000);
    }
}

on_both! {
    fn people_sign_in_while_others_are_imported(kind: Kind) {
        let server = Server::start(kind);
        imported(&server.home, "appwrite", &json!([of_appwrite("anna", "md5", &json!({}), MD5)]).to_string(), &[]);
        signs_in(&server, "anna@example.com", PASSWORD, "anna");
        let home = Arc::clone(&server.home);
        let importing = std::thread::spawn(move || imported(&home, "csv", &crowd(4_000), &[]));
        let mut slowest = Duration::ZERO;
        let clock = tokio::time::Instant::now;
        for n in 0.. {
            let began = clock();
            server.by_password("anna@example.com", PASSWORD).send().expect(201);
            slowest = slowest.max(began.elapsed());
            if importing.is_finished() && n >= 3 {
                break;
            }
        }
        assert_eq!(importing.join().unwrap(), 4_000);
        // Not a measurement: a writer that starves would be refused after five seconds.
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
        signs_in(&server, "user3999@example.com", PASSWORD, "user3999");
    }
}

/// What the project's own account is without a row.
fn own() -> Own {
    Own { name: "Demo".to_owned(), created_at: Time::from_micros(0) }
}

/// From one kind of database to the other.
fn moves(from: Kind, to: Kind) {
    let first = Server::impatient(from);
    let person = first.settler("anna", "+14255550491", "anna@example.com");
    let seed = first.add_app(&person);
    first.by(&person, "PATCH", "/v1/account/mfa").json(&json!({"mfa": true})).send().expect(200);
    imported(&first.home, "appwrite", &json!(everybody_of_appwrite()).to_string(), &[]);
    imported(&first.home, "csv", &crowd(300), &["--unverified", "claimed"]);
    let otp = json!([{"id": "app", "email": "app@example.com", "credentials": [{"type": "otp",
        "secretData": r#"{"value":"0123456789abcdefghijklmnopqrstuv"}"#,
        "credentialData": r#"{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}"#}]}]);
    imported(&first.home, "keycloak", &otp.to_string(), &[]);
    let acme = "id,email,tenants,external_id,vendor_metadata\nbert,bert@example.com,bolt acme,crm-1,\"{\"\"plan\"\": \"\"pro\"\"}\"\n\
                carl,carl@example.com,demo,,\n";
    imported(&first.home, "csv", acme, &[]);
    first.home.write("demo", 0, |tx, ctx| {
        tenant::update(tx, ctx, &own(), "bolt", Some("Bolt \"&\" Söhne"), &Details::default())
    });
    let file = path(&first.home, "all.ndjson");
    let done = run(&first.home, &["user", "export", "--project", "demo", "--out", "all.ndjson", "--json"]);
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((done.code, &told["users"]), (0, &json!(311)), "{done:?}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let second = Server::impatient(to);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(imported(&second.home, "countersign", &text, &[]), 311);
    assert!(exported(&second.home) == text.split_once('\n').unwrap().1, "byte for byte");

    // Who belonged to which account of users, by whatever name.
    let bert = shown(&second.home, "bert");
    assert_eq!((&bert["tenants"], &bert["externalId"]), (&json!(["bolt", "acme"]), &json!("crm-1")));
    assert_eq!(bert["vendorMetadata"], "{\"plan\": \"pro\"}");
    assert_eq!(shown(&second.home, "carl")["tenants"], json!(["demo"]));
    let bolt = second.home.write("demo", 0, |tx, ctx| {
        let active = tenant::of_user(tx, ctx, "bert")?.active;
        Ok((active.clone(), tenant::get(tx, ctx, &own(), &active)?.name))
    });
    assert_eq!(bolt, ("bolt".to_owned(), "Bolt \"&\" Söhne".to_owned()));
    assert_eq!(second.home.count("SELECT COUNT(*) FROM memberships WHERE tenant_id = 'demo' AND active = TRUE"), 1);

    // The password and the app work there.
    signs_in(&second, "scrypt@example.com", PASSWORD, "scrypt");
    let anna = second.again("anna@example.com", crate::people::PASSWORD);
    second.account(&anna).refused(401, "user_more_factors_required");
    let challenge = second.challenge(&anna, "totp");
    second.advance(60);
    second.complete(&anna, &challenge, &second.totp(&seed)).send().expect(200);
    second.account(&anna).expect(200);
    let seed = BASE32_NOPAD.encode(b"0123456789abcdefghijklmnopqrstuv");
    let app = exported(&second.home).lines().find(|line| line.contains("app@example.com")).unwrap().to_owned();
    assert!(app.contains(&seed), "a seed of 32 bytes");
}

#[test]
fn an_export_of_sqlite_is_the_same_when_it_comes_out_of_postgres_again() {
    moves(Kind::Sqlite, Kind::Postgres);
}

#[test]
fn an_export_of_postgres_is_the_same_when_it_comes_out_of_sqlite_again() {
    moves(Kind::Postgres, Kind::Sqlite);
}

on_both! {
    fn a_running_server_hears_of_a_block_and_a_removal_at_once(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.member("anna", "anna@example.com");
        let home = &server.home;
        let user = |arguments: &[&str]| run(home, &[&["user"], arguments, &["--project", "demo"]].concat());
        let listed = user(&["list", "--search", "anna"]);
        assert!(listed.out.contains("a***@example.com") && !listed.out.contains("anna@example.com"), "{listed:?}");
        let shown = user(&["show", "anna@example.com"]);
        assert!(shown.out.contains("anna@example.com") && shown.out.contains("session.create"), "{shown:?}");
        assert!(!shown.out.contains("argon2"), "{shown:?}");
        server.account(&person).expect(200);
        assert_eq!(user(&["block", "anna"]).code, 0);
        let heard = |kind: &str| crate::server::eventually(kind, || (server.account(&person).kind() == kind).then_some(()));
        heard("user_blocked");
        assert_eq!(user(&["unblock", "anna"]).code, 0);
        crate::server::eventually("unblocked", || (server.account(&person).said().0 == 200).then_some(()));
        let unsure = user(&["delete", "anna"]);
        assert!(unsure.code == 1 && unsure.err.contains("--yes"), "{unsure:?}");
        assert_eq!(user(&["delete", "anna", "--yes"]).code, 0);
        heard("general_unauthorized_scope");
        let gone = user(&["show", "anna"]);
        assert!(gone.code == 1 && gone.err.contains("has no user"), "{gone:?}");
    }
}
