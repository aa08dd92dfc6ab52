//! Setting up second factors.

use serde_json::json;

use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Person, World, app_code, wrong};
use crate::base::{Code, Secret};
use crate::on_both;
use crate::signin::{Factor, factor};
use crate::user;

/// Somebody who signed in by phone and has an app, with the flag on; and a second session that only began.
fn guarded(world: &mut World) -> (Person, Person, Secret) {
    let first = world.enter(ANNA, "anna");
    let seed = world.app(&first);
    world.set_mfa(&first, true).unwrap();
    world.later(60);
    drop(world.work());
    (first, world.enter(ANNA, "flow2"), seed)
}

on_both!(an_app_is_set_up_by_a_code_of_it, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let app = world.new_app(&anna).unwrap();
    assert_eq!(app.secret.expose().len(), 32);
    let uri = format!("otpauth://totp/Shop:%2B491701234567?secret={}&issuer=Shop", app.secret.expose());
    assert_eq!(app.uri.expose(), uri);
    let code = app_code(&app.secret, world.ctx.now);
    assert_eq!(world.confirm_app(&anna, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    assert!(!world.me(&anna).totp);
    assert!(world.confirm_app(&anna, &code).unwrap().totp);
    assert_eq!(world.confirm_app(&anna, &code).unwrap_err(), Code::AuthenticatorAlreadyVerified);
    assert_eq!(world.new_app(&anna).unwrap_err(), Code::AuthenticatorAlreadyVerified);
    assert_eq!(world.notices(), [("authenticator-added".to_owned(), ANNA.to_owned())]);
});

on_both!(an_app_is_named_after_the_address_then_the_number_then_the_id, |test| {
    let world = World::new(test);
    let guest = world.enter_as_guest();
    let label = |world: &World| {
        let uri = world.new_app(&guest).unwrap().uri.expose().to_owned();
        uri.split([':', '?']).nth(2).unwrap().to_owned()
    };
    assert_eq!(label(&world), world.me(&guest).id);
    world.claim(&guest, ANNA).unwrap();
    assert_eq!(label(&world), "%2B491701234567");
    world.move_mail(&guest, ANNA_MAIL).unwrap();
    assert_eq!(label(&world), "anna%40example.com");
});

on_both!(an_app_that_was_never_verified_is_replaced_and_its_codes_are_wrong, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let (old, new) = (world.new_app(&anna).unwrap().secret, world.new_app(&anna).unwrap().secret);
    assert_eq!(world.confirm_app(&anna, &app_code(&old, world.ctx.now)).unwrap_err(), Code::InvalidToken);
    // It asks for nothing and guards nothing.
    assert!(world.delete_app(&anna).is_ok());
    assert_eq!(world.confirm_app(&anna, &app_code(&new, world.ctx.now)).unwrap_err(), Code::AuthenticatorNotFound);
    assert_eq!(world.delete_app(&anna).unwrap_err(), Code::AuthenticatorNotFound);
    assert_eq!(world.notices(), []);
});

on_both!(a_seed_is_shown_again_after_a_second_factor_and_only_then, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let app = world.new_app(&anna).unwrap();
    assert_eq!(world.app_again(&anna).unwrap_err(), Code::AuthenticatorNotFound);
    world.confirm_app(&anna, &app_code(&app.secret, world.ctx.now)).unwrap();
    assert_eq!(world.app_again(&anna).unwrap(), app.uri);
    assert_eq!(world.app_again(&world.enter(ANNA, "flow2")).unwrap_err(), Code::ChallengeRequired);
    world.later(1_800);
    assert_eq!(world.app_again(&anna).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM audit_events WHERE event = 'authenticator.read'"), 1);
});

on_both!(with_the_flag_off_what_is_proved_in_a_session_counts_there_and_nowhere_else, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let other = world.enter(ANNA, "flow2");
    world.app(&anna);
    assert_eq!(world.proved(&anna), (vec!["phone".into(), "totp".into()], Some(world.ctx.now)));
    assert_eq!(world.proved(&other), (vec!["phone".into()], None));
    world.later(60);
    world.add_mail(&anna, ANNA_MAIL);
    assert_eq!(world.proved(&anna), (vec!["phone".into(), "totp".into(), "email".into()], Some(world.ctx.now)));
});

on_both!(switching_the_flag_on_keeps_the_session_in_and_gates_the_others, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.add_mail(&anna, ANNA_MAIL);
    let seed = world.app(&anna);
    world.later(60);
    let (second, third) = (world.enter(ANNA, "flow2"), world.enter(ANNA, "flow3"));
    let user = world.set_mfa(&second, true).unwrap();
    assert!(user.mfa);
    // The session gets all that the account has, and no proof of when.
    assert_eq!(world.proved(&second), (vec!["phone".into(), "totp".into(), "email".into()], None));
    assert!(world.is_let_in(&second) && world.is_let_in(&anna) && !world.is_let_in(&third));
    // Being let in is not recent.
    assert_eq!(world.set_mfa(&second, false).unwrap_err(), Code::ChallengeRequired);
    world.show_app(&second, &seed);
    assert!(!world.set_mfa(&second, false).unwrap().mfa);
    assert!(world.is_let_in(&third));
});

on_both!(the_flag_works_without_any_factor_and_setting_it_again_says_nothing, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    assert!(world.set_mfa(&anna, true).unwrap().mfa && world.is_let_in(&anna));
    assert!(world.set_mfa(&anna, true).unwrap().mfa);
    assert!(!world.set_mfa(&anna, false).unwrap().mfa);
    let changes = "SELECT COUNT(*) FROM audit_events WHERE event = 'mfa.update'";
    assert_eq!(world.value::<i64>(changes), 2);
});

on_both!(with_the_flag_on_adding_a_factor_needs_a_recent_one_and_raises_nothing, |test| {
    let mut world = World::new(test);
    let (_, anna, seed) = guarded(&mut world);
    let refuse = |world: &World, who: &Person| {
        assert_eq!(world.move_mail(who, ANNA_MAIL).unwrap_err(), Code::ChallengeRequired);
        assert_eq!(world.claim(who, BERND).unwrap_err(), Code::ChallengeRequired);
        assert_eq!(world.new_app(who).unwrap_err(), Code::ChallengeRequired);
        assert_eq!(world.codes(who).unwrap_err(), Code::ChallengeRequired);
    };
    refuse(&world, &anna);
    let shown_at = world.show_app(&anna, &seed).mfa_at;
    let before = world.proved(&anna);
    world.later(60);
    world.add_mail(&anna, ANNA_MAIL);
    assert_eq!((world.proved(&anna), shown_at), (before.clone(), before.1));
    assert_eq!(world.codes(&anna).unwrap().len(), 6);
    // In time it is not recent any more.
    world.later(1_800 - 60);
    assert_eq!(world.claim(&anna, BERND).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.other_codes(&anna).unwrap_err(), Code::ChallengeRequired);
});

on_both!(a_link_or_code_that_a_recent_session_asked_for_raises_nothing_either, |test| {
    let mut world = World::new(test);
    let (_, anna, seed) = guarded(&mut world);
    world.show_app(&anna, &seed);
    world.claim(&anna, BERND).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.move_mail(&anna, ANNA_MAIL).unwrap();
    world.verify_mail(&anna).unwrap();
    let link = world.posted();
    let before = world.proved(&anna);
    world.later(60);
    world.confirm_phone(&anna, &code).unwrap();
    world.confirm_mail(Some(&anna), &link.user, &link.secret).unwrap();
    assert_eq!(world.proved(&anna), before);
});

on_both!(what_takes_protection_away_needs_a_recent_second_factor, |test| {
    let mut world = World::new(test);
    let (first, anna, seed) = guarded(&mut world);
    world.codes(&first).unwrap();
    assert_eq!(world.delete_app(&anna).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.other_codes(&anna).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.read_codes(&anna).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.set_mfa(&anna, false).unwrap_err(), Code::ChallengeRequired);
    assert!(world.me(&anna).totp && world.me(&anna).mfa);
    world.show_app(&anna, &seed);
    assert_eq!(world.other_codes(&anna).unwrap().len(), 6);
    assert!(!world.set_mfa(&anna, false).unwrap().mfa);
    // With the flag off it still does.
    world.later(1_801);
    assert_eq!(world.delete_app(&anna).unwrap_err(), Code::ChallengeRequired);
    world.show_app(&anna, &seed);
    world.delete_app(&anna).unwrap();
    assert!(!world.me(&anna).totp);
    assert_eq!(world.delete_app(&anna).unwrap_err(), Code::AuthenticatorNotFound);
});

on_both!(what_is_recent_is_a_setting_and_the_clock_set_back_makes_nothing_recent, |test| {
    let mut world = World::with(test, &json!({"mfa": {"recentSeconds": 300}}));
    let (_, anna, seed) = guarded(&mut world);
    world.show_app(&anna, &seed);
    world.later(299);
    assert!(world.claim(&anna, BERND).is_ok());
    world.later(1);
    assert_eq!(world.claim(&anna, ANNA).unwrap_err(), Code::ChallengeRequired);
    world.later(-301);
    assert_eq!(world.claim(&anna, ANNA).unwrap_err(), Code::ChallengeRequired);
});

on_both!(whoever_has_no_other_factor_than_the_one_he_began_with_is_not_asked_for_one, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let codes = world.codes(&anna).unwrap();
    assert_ne!(world.other_codes(&anna).unwrap(), codes);
    world.set_mfa(&anna, true).unwrap();
    assert!(!world.set_mfa(&anna, false).unwrap().mfa);
});

on_both!(an_app_is_not_removed_by_showing_what_the_session_began_with, |test| {
    let mut world = World::new(test);
    let (_, anna, _) = guarded(&mut world);
    let asked = world.challenge(&anna, Factor::Phone).unwrap();
    let code = world.code();
    world.answer(&anna, &asked, &code).unwrap();
    assert_eq!(world.delete_app(&anna).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.set_mfa(&anna, false).unwrap_err(), Code::ChallengeRequired);
});

on_both!(recovery_codes_are_read_for_ten_minutes_by_the_session_that_made_them, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let other = world.enter(ANNA, "flow2");
    assert_eq!(world.read_codes(&anna).unwrap_err(), Code::RecoveryCodesNotFound);
    let codes = world.codes(&anna).unwrap();
    assert!(codes.len() == 6 && codes.iter().all(|code| code.len() == 10));
    assert_eq!(world.codes(&anna).unwrap_err(), Code::RecoveryCodesExist);
    assert_eq!(world.read_codes(&other).unwrap_err(), Code::ChallengeRequired);
    world.later(599);
    assert_eq!(world.read_codes(&anna).unwrap(), codes);
    world.later(1);
    assert_eq!(world.read_codes(&anna).unwrap_err(), Code::ChallengeRequired);
    // A second factor does not help: they are gone, and others can be made.
    let seed = world.app(&anna);
    world.show_app(&anna, &seed);
    assert_eq!(world.read_codes(&anna).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.other_codes(&anna).unwrap().len(), 6);
});

on_both!(where_the_project_keeps_them_readable_they_are_read_after_a_second_factor, |test| {
    let mut world = World::with(test, &json!({"mfa": {"recoveryCodesReadable": true}}));
    let anna = world.enter(ANNA, "anna");
    let codes = world.codes(&anna).unwrap();
    let seed = world.app(&anna);
    world.later(86_400);
    let other = world.enter(ANNA, "flow2");
    for who in [&anna, &other] {
        assert_eq!(world.read_codes(who).unwrap_err(), Code::ChallengeRequired);
    }
    world.show_app(&other, &seed);
    assert_eq!(world.read_codes(&other).unwrap(), codes);
    // The used one is not among them.
    let asked = world.challenge(&other, Factor::RecoveryCode).unwrap();
    world.answer(&other, &asked, &codes[2]).unwrap();
    assert_eq!(world.read_codes(&other).unwrap().len(), 5);
});

on_both!(of_other_codes_the_old_ones_do_not_work_and_after_the_last_new_ones_can_be_made, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    assert_eq!(world.other_codes(&anna).unwrap_err(), Code::RecoveryCodesNotFound);
    let old = world.codes(&anna).unwrap();
    let new = world.other_codes(&anna).unwrap();
    let asked = world.challenge(&anna, Factor::RecoveryCode).unwrap();
    assert_eq!(world.answer(&anna, &asked, &old[0]).unwrap_err(), Code::InvalidToken);
    for code in &new {
        world.later(1);
        let asked = world.challenge(&anna, Factor::RecoveryCode).unwrap();
        world.answer(&anna, &asked, code).unwrap();
    }
    assert_eq!(world.other_codes(&anna).unwrap_err(), Code::RecoveryCodesNotFound);
    assert_eq!(world.codes(&anna).unwrap().len(), 6);
});

on_both!(methods_that_are_off_cannot_be_set_up, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.codes(&anna).unwrap();
    world.set(&json!({"mfa": {"totp": false, "recoveryCodes": false}}));
    assert_eq!(world.new_app(&anna).unwrap_err(), Code::MethodDisabled);
    assert_eq!(world.codes(&anna).unwrap_err(), Code::MethodDisabled);
    assert_eq!(world.other_codes(&anna).unwrap_err(), Code::MethodDisabled);
});

on_both!(an_app_that_was_set_up_while_its_method_is_off_is_not_finished, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let seed = world.new_app(&anna).unwrap().secret;
    world.set(&json!({"mfa": {"totp": false}}));
    assert_eq!(world.confirm_app(&anna, &app_code(&seed, world.ctx.now)).unwrap_err(), Code::MethodDisabled);
    assert!(!world.me(&anna).totp);
});

on_both!(a_blocked_account_sets_nothing_up_and_takes_nothing_away, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.app(&anna);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.delete_app(&anna).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.codes(&anna).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.set_mfa(&anna, true).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.claim(&anna, BERND).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.move_mail(&anna, BERND_MAIL).unwrap_err(), Code::UserBlocked);
});

on_both!(of_two_sessions_that_make_codes_at_once_one_does, |test| {
    let world = crowded(test, &json!({}));
    let anna = world.enter(ANNA, "anna");
    let caller = world.caller(&anna);
    let answers = together((0..6).map(|_| world.acting(&caller, factor::create_codes)).collect());
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code == Code::RecoveryCodesExist));
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM recovery_codes"), 6);
});
