//! Whose account a code signs in to.

use std::sync::Arc;

use serde_json::json;

use super::world::{ANNA, BERND, Row, World};
use crate::audit;
use crate::base::Code;
use crate::password;
use crate::user::{self, Proof};
use crate::verification::Dialect;
use crate::{mfa, on_both};

const USERS: &str = "SELECT COUNT(*) FROM users";

on_both!(the_worker_makes_the_account_with_the_id_that_was_asked_for_before_the_message_goes_out, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    assert_eq!(world.find_user("anna"), None);
    let ready = world.work();
    assert_eq!(ready[0].message.payload.user.as_deref(), Some("anna"));
    let user = world.find_user("anna").unwrap();
    assert!(user.pending && !user.is_phone_verified());
    assert_eq!(user.phone.unwrap().as_e164(), ANNA);
});

on_both!(a_pending_account_counts_in_no_limit_and_holds_no_id, |test| {
    let world = World::with(test, &json!({"auth": {"limit": 1}}));
    world.ask_and_get(ANNA, "anna");
    assert_eq!(world.write(|tx, ctx| user::count(tx, &ctx.project)), 0);
    assert!(!world.write(|tx, ctx| user::is_reserved(tx, &ctx.project, "anna")));
    world.ask_and_get(BERND, "bernd");
});

on_both!(the_first_proof_makes_a_pending_account_a_real_one, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let user = world.finish("anna", &code).unwrap().user;
    assert!(!user.pending && user.is_phone_verified());
    assert_eq!((user.phone_proof, user.proved_at, user.signed_in_at), {
        let now = Some(world.ctx.now);
        (Proof::Code, now, now)
    });
    assert_eq!(world.write(|tx, ctx| user::count(tx, &ctx.project)), 1);
});

on_both!(a_pending_account_takes_the_id_of_the_flow_that_proves_it, |test| {
    let mut world = World::new(test);
    let first = world.ask_and_get(ANNA, "first");
    world.later(30);
    let second = world.ask_and_get(ANNA, "second");
    assert_eq!(world.owner(ANNA).unwrap().id, "first");
    assert_eq!(world.finish("second", &second).unwrap().user.id, "second");
    // The other flow's code is still good, and finds the same account.
    assert_eq!(world.finish("first", &first).unwrap().user.id, "second");
    assert_eq!(world.value::<i64>(USERS), 1);
});

on_both!(who_shares_a_code_proves_with_the_id_of_his_own_handle, |test| {
    let world = World::new(test);
    world.ask(ANNA, "first");
    world.ask(ANNA, "second");
    let code = world.code();
    assert_eq!(world.finish("second", &code).unwrap().user.id, "second");
});

on_both!(a_pending_account_keeps_its_id_when_another_account_has_that_of_the_flow, |test| {
    let mut world = World::new(test);
    world.ask_and_get(ANNA, "first");
    world.later(30);
    let code = world.ask_and_get(ANNA, "second");
    world.user(Row::by_key("second", BERND));
    assert_eq!(world.finish("second", &code).unwrap().user.id, "first");
});

on_both!(a_pending_account_of_another_number_gives_way_to_the_id_of_a_flow_that_proves, |test| {
    let mut world = World::new(test);
    world.ask_and_get(BERND, "wanted");
    world.later(901);
    let code = world.ask_and_get(ANNA, "wanted");
    assert_eq!(world.finish("wanted", &code).unwrap().user.id, "wanted");
    assert_eq!(world.owner(BERND), None);
    // Its number is served as before.
    assert_eq!(world.sign_in(BERND, "bernd").phone.unwrap().as_e164(), BERND);
});

on_both!(other_dialects_keep_the_id_of_a_pending_account, |test| {
    let world = World::new(test).by(Dialect::Nevr);
    let started = world.ask_anew(ANNA);
    let code = world.code();
    let pending = world.owner(ANNA).unwrap().id;
    assert_ne!(pending, started.handle);
    assert_eq!(world.finish(&started.handle, &code).unwrap().user.id, pending);
});

on_both!(an_account_that_signed_in_keeps_its_id_in_every_later_flow, |test| {
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    for flow in ["f2", "f3"] {
        world.later(60);
        let code = world.ask_and_get(ANNA, flow);
        assert_eq!(world.finish(flow, &code).unwrap().user.id, "anna");
    }
    assert_eq!(world.value::<i64>(USERS), 1);
});

on_both!(a_pending_account_is_purged_after_its_days_and_no_other_is, |test| {
    let mut world = World::with(test, &json!({"auth": {"purgePendingDays": 2}}));
    world.ask_and_get(ANNA, "pending");
    world.sign_in("+491761234567", "signed-in");
    world.user(Row { phone: None, ..Row::by_key("keyed", BERND) });
    world.user(Row { proof: "none", ..Row::by_key("unverified", BERND) });
    world.user(Row { pending: true, phone: None, proof: "none", ..Row::by_key("keyed-pending", BERND) });
    let guest = world.write({
        let project = Arc::clone(&world.project);
        move |tx, ctx| crate::signin::sign_in_anonymously(tx, ctx, &project)
    });
    let purge = |world: &World| {
        let project = Arc::clone(&world.project);
        world.write(move |tx, ctx| crate::signin::purge(tx, ctx, &[Arc::clone(&project)]));
    };
    world.later(2 * 86_400);
    purge(&world);
    assert_eq!(world.value::<i64>(USERS), 6);
    world.later(1);
    purge(&world);
    assert_eq!(world.find_user("pending"), None);
    for id in ["signed-in", "keyed", "unverified", "keyed-pending", guest.user.id.as_str()] {
        assert!(world.find_user(id).is_some(), "{id}");
    }
});

on_both!(an_account_that_was_purged_while_its_code_was_on_its_way_is_made_by_the_check, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.tamper("DELETE FROM users");
    let user = world.finish("anna", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.pending), ("anna", false));
});

on_both!(an_account_that_took_the_number_while_the_code_was_on_its_way_is_signed_in_to, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "flow1");
    world.tamper("DELETE FROM users");
    world.user(Row::by_key("keyed", ANNA));
    assert_eq!(world.finish("flow1", &code).unwrap().user.id, "keyed");
});

on_both!(a_number_that_a_key_set_signs_in_and_loses_nothing, |test| {
    let world = World::new(test);
    world.user(Row::by_key("anna", ANNA));
    let code = world.ask_and_get(ANNA, "flow1");
    let user = world.finish("flow1", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.name.as_str(), user.phone_proof), ("anna", "Somebody", Proof::Code));
    assert_eq!(user.prefs, "{\"theme\":\"dark\"}");
});

on_both!(what_was_set_up_on_an_account_that_never_proved_anything_does_not_survive_the_owners_proof, |test| {
    let world = World::new(test);
    world.user(Row { origin: "flow", proof: "none", ..Row::by_key("squatted", ANNA) });
    world.tamper("UPDATE users SET email = 'squatter@example.com'");
    let (_, secret) = world.write(|tx, ctx| {
        let new = crate::session::New {
            user: "squatted",
            provider: "email",
            provider_uid: "",
            factors: &["password"],
            seconds: 3_600,
            limit: 10,
        };
        crate::session::create(tx, ctx, new)
    });
    let code = world.ask_and_get(ANNA, "flow1");
    let user = world.finish("flow1", &code).unwrap().user;
    assert_eq!((user.name.as_str(), user.prefs.as_str(), user.email), ("", "{}", None));
    assert_eq!(world.session(&secret), None);
});

on_both!(a_claimed_number_finds_nobody_and_its_owner_gets_an_account_of_his_own, |test| {
    const REMOVED: &str = "SELECT user_id FROM audit_events WHERE event = 'claim.remove'";
    let world = World::new(test);
    world.user(Row { claim: Some(ANNA), ..Row::by_key("claimer", BERND) });
    let code = world.ask_and_get(ANNA, "anna");
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
    // A request alone changes nothing.
    assert!(world.find_user("claimer").unwrap().phone_claim.is_some());
    assert_eq!(world.finish("anna", &code).unwrap().user.id, "anna");
    let claimer = world.find_user("claimer").unwrap();
    assert_eq!((claimer.phone_claim, claimer.phone.unwrap().as_e164()), (None, BERND));
    assert_eq!(world.value::<String>(REMOVED), "claimer");
});

on_both!(the_old_number_keeps_signing_in_while_a_new_one_is_only_claimed, |test| {
    let world = World::new(test);
    world.user(Row { claim: Some(ANNA), proof: "code", ..Row::by_key("claimer", BERND) });
    let code = world.ask_and_get(BERND, "flow1");
    let user = world.finish("flow1", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.is_phone_verified()), ("claimer", false));
    assert_eq!(user.shown_phone().unwrap().as_e164(), ANNA);
});

on_both!(a_mock_proof_removes_no_claim, |test| {
    let world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.user(Row { claim: Some(ANNA), ..Row::by_key("claimer", BERND) });
    world.ask(ANNA, "mock");
    world.work();
    world.finish("mock", "123456").unwrap();
    assert!(world.find_user("claimer").unwrap().phone_claim.is_some());
});

on_both!(a_number_that_was_taken_from_an_account_no_longer_signs_in_to_it, |test| {
    let world = World::new(test);
    world.user(Row::by_key("old-owner", ANNA));
    let code = world.ask_and_get(ANNA, "flow1");
    world.tamper("UPDATE users SET phone = '+491712345678' WHERE id = 'old-owner'");
    let user = world.finish("flow1", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.phone.unwrap().as_e164()), ("flow1", ANNA));
});

on_both!(a_blocked_account_is_told_so_only_after_the_proof, |test| {
    let world = World::new(test);
    world.user(Row::by_key("anna", ANNA));
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    let code = world.ask_and_get(ANNA, "flow1");
    assert_eq!(world.finish("flow1", "").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish("flow1", &code).unwrap_err(), Code::UserBlocked);
});

on_both!(every_sign_in_is_in_the_audit_log_and_makes_a_new_session, |test| {
    let mut world = World::new(test);
    let mut secrets = Vec::new();
    for flow in ["f1", "f2", "f3"] {
        let code = world.ask_and_get(ANNA, flow);
        secrets.push(world.finish(flow, &code).unwrap().secret);
        world.later(60);
    }
    assert_ne!(secrets[0], secrets[1]);
    assert!(secrets.iter().all(|secret| world.session(secret).is_some()));
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM audit_events WHERE event = 'session.create'"), 3);
});

on_both!(a_guest_gets_an_account_of_his_own_where_the_project_allows_it, |test| {
    let mut world = World::with(test, &json!({"auth": {"limit": 1}}));
    let guest = |world: &World| {
        let project = Arc::clone(&world.project);
        world.try_write(move |tx, ctx| crate::signin::sign_in_anonymously(tx, ctx, &project)).map_err(|e| e.code)
    };
    let first = guest(&world).unwrap();
    assert_eq!(world.session(&first.secret).unwrap().1.id, first.user.id);
    assert_eq!(guest(&world).unwrap_err(), Code::UserLimitReached);
    world.set(&json!({"auth": {"signUp": false}}));
    assert_eq!(guest(&world).unwrap_err(), Code::SignUpDisabled);
    world.set(&json!({"auth": {"anonymous": false}}));
    assert_eq!(guest(&world).unwrap_err(), Code::MethodDisabled);
});

on_both!(a_project_is_removed_with_everything_in_it, |test| {
    const LEFT: [&str; 13] = [
        "SELECT COUNT(*) FROM users WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM passwords WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM authenticators WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM recovery_sets WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM recovery_codes WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM sessions WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM handles WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM verifications WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM messages WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM targets WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM budgets WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM audit_events WHERE project_id = 'p1'",
        "SELECT COUNT(*) FROM audit_heads WHERE project_id = 'p1'",
    ];
    let world = World::new(test);
    let settings = world.project.settings.clone();
    world.write(move |tx, ctx| crate::project::create(tx, ctx, "p1", "Shop", settings.clone()));
    world.sign_in(ANNA, "anna");
    assert!(world.write(|tx, ctx| password::set(tx, ctx, "anna", None, "a hash", 0)));
    world.write(|tx, ctx| {
        let batch = audit::unchained(tx, &ctx.keys, &audit::Mark::START, 512)?;
        audit::chain(tx, &batch)
    });
    assert_eq!(world.value::<i64>(LEFT[12]), 1);
    let elsewhere = world.of_project("p2").sign_in(ANNA, "anna");
    world.write(|tx, ctx| {
        mfa::create_authenticator(tx, ctx, "anna")?;
        mfa::create_recovery_codes(tx, ctx, "anna", "s1", false)
    });
    assert!(LEFT.iter().all(|sql| world.value::<i64>(sql) > 0));
    world.write(|tx, ctx| crate::signin::delete_project(tx, ctx, "p1"));
    assert_eq!(LEFT.map(|sql| world.value::<i64>(sql)), [0; 13]);
    assert_eq!(world.of_project("p2").owner(ANNA), Some(elsewhere));
});

on_both!(a_lost_key_file_takes_authenticators_and_recovery_codes_and_leaves_accounts_and_sessions, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let session = world.finish("anna", &code).unwrap().secret;
    world.write(|tx, ctx| {
        mfa::create_authenticator(tx, ctx, "anna")?;
        mfa::create_recovery_codes(tx, ctx, "anna", "s1", false)
    });
    world.tamper("UPDATE users SET totp = TRUE");
    world.write(crate::signin::forget_sealed);
    let user = world.session(&session).unwrap().1;
    assert_eq!((user.id.as_str(), user.totp), ("anna", false));
    let left = world.write(|tx, ctx| {
        Ok((mfa::find_authenticator(tx, ctx, "anna")?, mfa::count_recovery_codes(tx, &ctx.project, "anna")?))
    });
    assert_eq!(left, (None, 0));
});

on_both!(recovery_codes_that_nobody_may_read_any_more_are_erased_by_the_purge, |test| {
    let mut world = World::new(test);
    world.write(|tx, ctx| mfa::create_recovery_codes(tx, ctx, "anna", "s1", false));
    world.later(600);
    world.write(|tx, ctx| crate::signin::purge(tx, ctx, &[]));
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM recovery_sets WHERE sealed IS NULL"), 1);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM recovery_codes"), 6);
});

on_both!(a_lost_key_file_takes_the_passwords_and_leaves_the_accounts, |test| {
    let world = World::new(test);
    world.sign_in(ANNA, "anna");
    assert!(world.write(|tx, ctx| password::set(tx, ctx, "anna", None, "a hash", 0)));
    world.tamper("UPDATE users SET password_at = created_at");
    world.write(crate::signin::forget_sealed);
    assert_eq!(world.write(|tx, ctx| password::find(tx, ctx, "anna")), None);
    assert_eq!(world.find_user("anna").map(|user| user.password_at), Some(None));
});
