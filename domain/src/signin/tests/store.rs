//! What lies in the database.

use std::fmt::Write as _;
use std::path::Path;

use super::world::{ANNA, World};
use crate::db::testing::{TestDb, wait};
use crate::on_both;
use crate::verification::Dialect;

/// Whole rows as PostgreSQL writes them down, bytes in hex.
const ROWS: [&str; 21] = [
    "SELECT CAST(t AS TEXT) FROM projects t",
    "SELECT CAST(t AS TEXT) FROM api_keys t",
    "SELECT CAST(t AS TEXT) FROM platforms t",
    "SELECT CAST(t AS TEXT) FROM users t",
    "SELECT CAST(t AS TEXT) FROM sessions t",
    "SELECT CAST(t AS TEXT) FROM verifications t",
    "SELECT CAST(t AS TEXT) FROM handles t",
    "SELECT CAST(t AS TEXT) FROM targets t",
    "SELECT CAST(t AS TEXT) FROM budgets t",
    "SELECT CAST(t AS TEXT) FROM idempotency_keys t",
    "SELECT CAST(t AS TEXT) FROM messages t",
    "SELECT CAST(t AS TEXT) FROM audit_events t",
    "SELECT CAST(t AS TEXT) FROM signing_keys t",
    "SELECT CAST(t AS TEXT) FROM revocations t",
    "SELECT CAST(t AS TEXT) FROM admins t",
    "SELECT CAST(t AS TEXT) FROM admin_sessions t",
    "SELECT CAST(t AS TEXT) FROM admin_tokens t",
    "SELECT CAST(t AS TEXT) FROM passwords t",
    "SELECT CAST(t AS TEXT) FROM authenticators t",
    "SELECT CAST(t AS TEXT) FROM recovery_sets t",
    "SELECT CAST(t AS TEXT) FROM recovery_codes t",
];

/// Whether this text, in clear or in hex, is anywhere in the database.
pub fn holds(test: &TestDb, part: &str) -> bool {
    let mut hex = String::new();
    for byte in part.bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    match test.url.strip_prefix("sqlite://") {
        Some(file) => std::fs::read_dir(Path::new(file).parent().unwrap()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(part.len()).any(|window| window == part.as_bytes())
        }),
        None => ROWS.into_iter().any(|sql| {
            let rows = wait(test.db.read(move |tx| tx.list(sql, &[], |row| row.get::<String>(0)))).unwrap();
            rows.iter().any(|row| row.contains(part) || row.contains(&hex))
        }),
    }
}

on_both!(neither_the_code_nor_the_session_secret_nor_a_flow_cookie_is_in_the_database, |test| {
    let world = World::new(test).by(Dialect::Nevr);
    let started = world.ask_anew(ANNA);
    let code = world.code();
    // A code of six digits could be in a time or an id by chance, so what is looked for is how it would be written.
    for text in [format!("\"{code}\""), format!("'{code}'"), format!(",{code},"), started.handle.clone()] {
        assert!(!holds(test, &text), "{text}");
    }
    let secret = world.finish(&started.handle, &code).unwrap().secret;
    assert_eq!(secret.expose().len(), 256);
    assert!(!holds(test, secret.expose()));
    assert!(!holds(test, &started.handle));
    // The search itself finds what is there.
    assert!(holds(test, "sign-in") && holds(test, ANNA));
});

on_both!(a_long_code_is_nowhere_in_the_database, |test| {
    let world = World::with(test, &serde_json::json!({"otp": {"length": 10}}));
    let code = world.ask_and_get(ANNA, "anna");
    assert!(!holds(test, &code));
    world.finish("anna", &code).unwrap();
    assert!(!holds(test, &code));
});

on_both!(an_idempotency_key_and_the_cookie_behind_it_are_not_in_the_database, |test| {
    let world = World::new(test).by(Dialect::Nevr);
    let mut request = world.request(ANNA, None);
    request.idempotency_key = Some("a-key-of-the-client".into());
    let started = world.start(request).unwrap();
    assert!(!holds(test, "a-key-of-the-client"));
    assert!(!holds(test, &started.handle));
});

on_both!(the_outbox_shows_numbers_masked, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    let raw: String = world.value("SELECT target_mask FROM messages");
    assert!(raw.contains("***") && !raw.contains("01234567"), "{raw}");
    assert_eq!(world.outbox()[0].to, raw);
});
