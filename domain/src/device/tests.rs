//! Remembered devices.

use super::*;
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

fn write<T: Send + 'static>(
    test: &TestDb,
    ctx: &Ctx,
    work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
) -> T {
    let ctx = ctx.clone();
    wait(test.db.write(move |tx| work(tx, &ctx))).unwrap()
}

fn knows(test: &TestDb, ctx: &Ctx, user: &'static str, secret: &Secret) -> bool {
    let secret = secret.clone();
    write(test, ctx, move |tx, ctx| find(tx, ctx, user, &secret)).is_some()
}

on_both!(a_device_is_one_users_in_one_project_for_its_time, |test| {
    let mut ctx = ctx();
    let (device, secret) = write(test, &ctx, |tx, ctx| create(tx, ctx, "anna", 60));
    assert_eq!(secret.expose().len(), 32);
    assert_eq!((device.user_id.as_str(), device.expires_at), ("anna", ctx.now.plus_seconds(60)));
    assert!(knows(test, &ctx, "anna", &secret));
    assert!(!knows(test, &ctx, "bernd", &secret));
    assert!(!knows(test, &ctx, "anna", &Secret::new("0".repeat(32))));
    let other = Ctx { project: "p2".into(), ..ctx.clone() };
    assert!(!knows(test, &other, "anna", &secret));
    ctx.now = ctx.now.plus_seconds(59);
    assert!(knows(test, &ctx, "anna", &secret));
    ctx.now = ctx.now.plus_seconds(1);
    assert!(!knows(test, &ctx, "anna", &secret));
    assert_eq!(write(test, &ctx, |tx, ctx| list(tx, ctx, "anna")), []);
    // A clock that steps back makes nothing older than it is.
    ctx.now = ctx.now.plus_seconds(-61);
    assert!(!knows(test, &ctx, "anna", &secret));
});

on_both!(the_database_holds_no_secret_of_a_device, |test| {
    let ctx = ctx();
    let (_, secret) = write(test, &ctx, |tx, ctx| create(tx, ctx, "anna", 60));
    let stored: Vec<u8> =
        wait(test.db.read(|tx| tx.find("SELECT hash FROM devices", &[], |row| row.get(0)))).unwrap().unwrap();
    assert_eq!(stored.len(), 32);
    assert_ne!(stored, data_encoding::HEXLOWER.decode(secret.expose().as_bytes()).unwrap());
});

on_both!(of_too_many_devices_the_oldest_go, |test| {
    let mut ctx = ctx();
    let mut secrets = Vec::new();
    for _ in 0..=MOST {
        secrets.push(write(test, &ctx, |tx, ctx| create(tx, ctx, "anna", 600)).1);
        ctx.now = ctx.now.plus_seconds(1);
    }
    let (_, theirs) = write(test, &ctx, |tx, ctx| create(tx, ctx, "bernd", 600));
    assert!(!knows(test, &ctx, "anna", &secrets[0]) && knows(test, &ctx, "anna", &secrets[1]));
    assert_eq!(write(test, &ctx, |tx, ctx| list(tx, ctx, "anna")).len() as i64, MOST);
    write(test, &ctx, |tx, ctx| delete_all(tx, ctx, "anna"));
    assert_eq!(write(test, &ctx, |tx, ctx| list(tx, ctx, "anna")), []);
    assert!(knows(test, &ctx, "bernd", &theirs));
});

on_both!(a_device_that_is_revoked_is_forgotten_and_only_that_one_and_it_is_written_down, |test| {
    const DETAILS: &str =
        "SELECT detail FROM audit_events WHERE event = 'device.delete' AND user_id = 'anna' ORDER BY detail DESC";
    let ctx = ctx();
    let devices: Vec<_> = (0..3).map(|_| write(test, &ctx, |tx, ctx| create(tx, ctx, "anna", 600))).collect();
    let (theirs, secret) = write(test, &ctx, |tx, ctx| create(tx, ctx, "bernd", 600));
    let revoke = |ctx: &Ctx, id: &str| {
        let (ctx, id) = (ctx.clone(), id.to_owned());
        wait(test.db.write(move |tx| revoke(tx, &ctx, "anna", &id))).map_err(|error| error.code)
    };
    let id = &devices[0].0.id;
    assert_eq!(revoke(&ctx, &theirs.id), Err(Code::DeviceNotFound), "somebody else's");
    assert_eq!(revoke(&Ctx { project: "p2".into(), ..ctx.clone() }, id), Err(Code::DeviceNotFound));
    assert_eq!(revoke(&ctx, id), Ok(()));
    assert_eq!(revoke(&ctx, id), Err(Code::DeviceNotFound));
    assert!(!knows(test, &ctx, "anna", &devices[0].1) && knows(test, &ctx, "anna", &devices[1].1));
    for _ in 0..2 {
        write(test, &ctx, |tx, ctx| revoke_all(tx, ctx, "anna"));
    }
    assert_eq!(write(test, &ctx, |tx, ctx| list(tx, ctx, "anna")), []);
    assert!(knows(test, &ctx, "bernd", &secret));
    let told: Vec<String> = wait(test.db.read(|tx| tx.list(DETAILS, &[], |row| row.get(0)))).unwrap();
    assert_eq!(told, ["{}", r#"{"count":2}"#]);
});

on_both!(what_is_over_is_removed, |test| {
    let mut ctx = ctx();
    write(test, &ctx, |tx, ctx| create(tx, ctx, "anna", 60));
    write(test, &ctx, |tx, ctx| create(tx, ctx, "anna", 600));
    ctx.now = ctx.now.plus_seconds(61);
    assert_eq!(write(test, &ctx, |tx, ctx| purge(tx, ctx.now)), 1);
    assert_eq!(write(test, &ctx, |tx, ctx| list(tx, ctx, "anna")).len(), 1);
});
