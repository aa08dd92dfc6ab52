mod recovery;
mod totp;

use futures_util::future::join_all;

use super::*;
use crate::base::testing::ctx;
use crate::base::{Code, Secret};
use crate::db::testing::{TestDb, wait};
use crate::db::{Db, Options};
use crate::on_both;

fn write<T: Send + 'static>(test: &TestDb, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
    let ctx = ctx();
    wait(test.db.write(move |tx| work(tx, &ctx))).unwrap()
}

/// The same surroundings some seconds later (negative: earlier).
fn later(ctx: &Ctx, seconds: i64) -> Ctx {
    Ctx { now: ctx.now.plus_seconds(seconds), ..ctx.clone() }
}

/// The same surroundings in another project.
fn elsewhere(ctx: &Ctx) -> Ctx {
    Ctx { project: "p2".into(), ..ctx.clone() }
}

/// The same surroundings with another key file.
fn thief(ctx: &Ctx) -> Ctx {
    let keys = crate::base::crypto::Keys::from_master(&[8; 32]).unwrap();
    Ctx { keys: std::sync::Arc::new(keys), ..ctx.clone() }
}

/// Runs `work` in many transactions at once, on as many connections as a server has; it is told which one it is.
fn race<T: Send + 'static>(
    test: &TestDb,
    ctx: &Ctx,
    racers: usize,
    work: impl Fn(&mut Tx<'_>, &Ctx, usize) -> Result<T> + Clone + Send + 'static,
) -> Vec<Result<T, Code>> {
    let db = Db::open(&Options::new(test.url.clone())).unwrap();
    let runs = (0..racers).map(|n| {
        let (ctx, work) = (ctx.clone(), work.clone());
        db.write(move |tx| work(tx, &ctx, n))
    });
    wait(join_all(runs)).into_iter().map(|outcome| outcome.map_err(|error| error.code)).collect()
}

/// An authenticator and recovery codes of `user`; gives one of the codes.
fn equip(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Secret> {
    create_authenticator(tx, ctx, user)?;
    Ok(create_recovery_codes(tx, ctx, user, "s1", false)?.swap_remove(0))
}

on_both!(a_user_who_loses_everything_loses_all_second_factors_and_nobody_else_does, |test| {
    write(test, |tx, ctx| {
        let others = elsewhere(ctx);
        let gone = equip(tx, ctx, "u1")?;
        let stay = [(ctx, "u2", equip(tx, ctx, "u2")?), (&others, "u1", equip(tx, &others, "u1")?)];
        delete_all(tx, ctx, "u1")?;
        assert_eq!(find_authenticator(tx, ctx, "u1")?, None);
        assert_eq!(read_recovery_codes(tx, ctx, "u1").unwrap_err().code, Code::RecoveryCodesNotFound);
        assert!(!use_recovery_code(tx, ctx, "u1", &gone)?);
        for (ctx, user, code) in stay {
            assert!(find_authenticator(tx, ctx, user)?.is_some());
            assert!(use_recovery_code(tx, ctx, user, &code)?);
        }
        // There is room for new ones.
        equip(tx, ctx, "u1").map(drop)
    });
});

on_both!(with_a_lost_key_file_all_authenticators_and_recovery_codes_go, |test| {
    const LEFT: [&str; 3] = [
        "SELECT COUNT(*) FROM authenticators",
        "SELECT COUNT(*) FROM recovery_sets",
        "SELECT COUNT(*) FROM recovery_codes",
    ];
    write(test, |tx, ctx| {
        equip(tx, ctx, "u1")?;
        equip(tx, &elsewhere(ctx), "u2")?;
        let count = |tx: &mut Tx<'_>| LEFT.map(|sql| tx.find(sql, &[], |row| row.get::<i64>(0)).unwrap().unwrap());
        assert_eq!(count(tx), [2, 2, 12]);
        forget_sealed(tx)?;
        assert_eq!(count(tx), [0; 3]);
        Ok(())
    });
});
