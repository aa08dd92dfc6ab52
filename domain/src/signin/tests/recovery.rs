//! Choosing a new password by an e-mail.

use serde_json::json;

use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, BERND_MAIL, Link, Row, World};
use crate::base::Code;
use crate::on_both;
use crate::user::{self, Proof};

/// An account whose address is proved, with a password.
fn proved(world: &World) {
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    world.verify_mail(&anna).unwrap();
    let link = world.posted();
    world.confirm_mail(None, "anna", &link.secret).unwrap();
    world.tamper("DELETE FROM sessions");
}

on_both!(whoever_may_not_recover_gets_the_same_answer_and_no_message, |test| {
    let mut world = World::new(test);
    proved(&world);
    world.user(Row::by_mail("blocked", "blocked@example.com", "code"));
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "blocked", true));
    // Somebody who proved a number, and only claims the address.
    let claimer = world.enter(ANNA, "claimer");
    world.move_mail(&claimer, "claimed@example.com").unwrap();
    world.mail_code("pending@example.com", "pending");
    world.later(60);
    let known = world.ask_recovery(ANNA_MAIL, None);
    assert_eq!(world.work().len(), 1);
    for email in ["nobody@example.com", "blocked@example.com", "claimed@example.com", "pending@example.com"] {
        let before = world.outbox().len();
        let other = world.ask_recovery(email, None);
        assert_eq!((other.created_at, other.expires_at), (known.created_at, known.expires_at), "{email}");
        assert_eq!((other.handle.len(), other.id.len()), (known.handle.len(), known.id.len()), "{email}");
        assert_eq!(world.outbox().len(), before + 1);
        assert!(world.work().is_empty(), "{email}");
    }
    assert_eq!(world.outbox().iter().filter(|entry| entry.state == "refused").count(), 4);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users WHERE pending = TRUE"), 1);
});

on_both!(a_recovery_does_not_say_whose_address_it_is, |test| {
    let world = World::new(test);
    proved(&world);
    let started = world.ask_recovery(ANNA_MAIL, None);
    assert_ne!(started.handle, "anna");
    let link = world.posted();
    assert_eq!(link.user, started.handle);
    assert_eq!(world.find_recovery(&link).unwrap().id, "anna");
    assert_eq!(world.recover(&Link { user: "anna".into(), ..link.clone() }, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.recover(&link, "a hash").unwrap().user, "anna");
});

on_both!(a_link_sets_a_password_proves_the_address_and_ends_every_session, |test| {
    let world = World::new(test);
    proved(&world);
    let sessions = [world.enter_by_password(ANNA_MAIL), world.enter_by_mail(ANNA_MAIL, "flow1")];
    let stale = world.known(ANNA_MAIL);
    let link = world.recovery(ANNA_MAIL);
    // Looking uses nothing up.
    assert!(world.find_recovery(&link).is_ok() && world.find_recovery(&link).is_ok());
    world.recover(&link, "a new hash").unwrap();
    assert_eq!(world.password_of("anna").as_deref(), Some("a new hash"));
    assert!(sessions.iter().all(|session| world.session(session).is_none()));
    assert_eq!(world.sign_in_known(&stale, None).unwrap_err(), Code::InvalidCredentials);
    assert!(world.sign_in_known(&world.known(ANNA_MAIL), None).is_ok());
    assert_eq!(world.notices(), [("password-changed".to_owned(), ANNA_MAIL.to_owned())]);
    assert_eq!(world.recover(&link, "again").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.find_recovery(&link).unwrap_err(), Code::InvalidToken);
});

on_both!(of_sixty_four_who_follow_one_link_at_once_one_sets_a_password, |test| {
    let world = crowded(test, &json!({}));
    proved(&world);
    let link = world.recovery(ANNA_MAIL);
    let hashes = ["h0", "h1", "h2", "h3"];
    let answers = together((0..64).map(|n| world.recovering(&link, hashes[n % 4])).collect());
    let won: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| matches!(answer, Ok(Ok(_)))).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(world.password_of("anna").as_deref(), Some(hashes[won[0].0 % 4]));
});

on_both!(a_recovery_leaves_the_second_factor_asked_for, |test| {
    let mut world = World::new(test);
    proved(&world);
    let anna = world.enter_by_mail(ANNA_MAIL, "flow1");
    let seed = world.app(&anna);
    world.codes(&anna).unwrap();
    world.set_mfa(&anna, true).unwrap();
    world.later(60);
    drop(world.work());
    let link = world.recovery(ANNA_MAIL);
    world.recover(&link, "a new hash").unwrap();
    let again = world.enter_by_password(ANNA_MAIL);
    assert!(world.me(&again).mfa && world.me(&again).totp && !world.is_let_in(&again));
    world.show_app(&again, &seed);
    assert!(world.is_let_in(&again));
});

on_both!(a_recovery_of_an_account_that_never_proved_anything_wipes_the_rest, |test| {
    let world = World::new(test);
    world.sign_up(Some("squatted"), ANNA_MAIL).unwrap();
    let squatter = world.enter_by_password(ANNA_MAIL);
    world.app(&squatter);
    world.codes(&squatter).unwrap();
    world.claim(&squatter, ANNA).unwrap();
    world.set_mfa(&squatter, true).unwrap();
    let link = world.recovery(ANNA_MAIL);
    world.recover(&link, "the owner's hash").unwrap();
    let user = world.find_user("squatted").unwrap();
    assert_eq!((user.name.as_str(), user.mfa, user.totp, user.phone_claim), ("", false, false, None));
    assert_eq!((user.email_proof, user.prefs.as_str()), (Proof::Code, "{}"));
    assert_eq!(world.password_of("squatted").as_deref(), Some("the owner's hash"));
    assert_eq!(world.session(&squatter), None);
    let owner = world.enter_by_password(ANNA_MAIL);
    assert!(world.is_let_in(&owner));
    assert_eq!(world.codes(&owner).unwrap().len(), 6);
});

on_both!(an_account_without_a_password_gets_its_first_by_a_recovery, |test| {
    let world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    let link = world.recovery(ANNA_MAIL);
    world.recover(&link, "the first").unwrap();
    assert_eq!(world.enter_by_password(ANNA_MAIL).expose().len(), 256);
});

on_both!(an_address_that_a_key_set_recovers_its_account_with_everything_in_it, |test| {
    let world = World::new(test);
    world.user(Row::by_mail("keyed", ANNA_MAIL, "set"));
    let link = world.recovery(ANNA_MAIL);
    world.recover(&link, "the first").unwrap();
    let user = world.find_user("keyed").unwrap();
    assert_eq!((user.name.as_str(), user.email_proof), ("Somebody", Proof::Code));
});

on_both!(following_one_link_ends_the_older_ones, |test| {
    let mut world = World::new(test);
    proved(&world);
    let first = world.recovery(ANNA_MAIL);
    world.later(60);
    let second = world.recovery(ANNA_MAIL);
    world.recover(&second, "second").unwrap();
    assert_eq!(world.recover(&first, "first").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.find_recovery(&first).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.password_of("anna").as_deref(), Some("second"));
});

on_both!(a_link_expires_and_works_in_its_project_only, |test| {
    let mut world = World::new(test);
    proved(&world);
    let link = world.recovery(ANNA_MAIL);
    assert_eq!(world.of_project("p2").recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    world.later(3_600);
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.find_recovery(&link).unwrap_err(), Code::InvalidToken);
});

on_both!(what_happened_since_the_link_was_sent_counts, |test| {
    let world = World::new(test);
    proved(&world);
    let link = world.recovery(ANNA_MAIL);
    let anna = world.enter_by_password(ANNA_MAIL);
    world.move_mail(&anna, BERND_MAIL).unwrap();
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    world.move_mail(&anna, ANNA_MAIL).unwrap();
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.find_recovery(&link).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    world.tamper("DELETE FROM users");
    assert_eq!(world.find_recovery(&link).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
});

on_both!(an_account_that_proved_a_number_since_is_not_wiped_by_an_address_it_only_claims, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let link = world.recovery(ANNA_MAIL);
    let anna = world.enter_by_password(ANNA_MAIL);
    world.add_phone(&anna, ANNA);
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
    assert!(world.session(&anna).is_some());
});

on_both!(inside_the_cooldown_no_second_link_goes_out_for_anybody, |test| {
    let world = World::new(test);
    proved(&world);
    let first = world.ask_recovery(ANNA_MAIL, None);
    world.work();
    let again = world.ask_recovery(ANNA_MAIL, None);
    assert!(world.work().is_empty());
    assert_eq!((again.expires_at, again.id.len()), (first.expires_at, first.id.len()));
});

on_both!(a_recovery_that_fails_to_store_its_password_leaves_the_link_and_the_sessions, |test| {
    let world = World::new(test);
    proved(&world);
    let anna = world.enter_by_password(ANNA_MAIL);
    let link = world.recovery(ANNA_MAIL);
    world.tamper("ALTER TABLE passwords RENAME TO elsewhere");
    assert!(world.recover(&link, "a hash").is_err());
    world.tamper("ALTER TABLE elsewhere RENAME TO passwords");
    assert!(world.session(&anna).is_some());
    assert!(world.recover(&link, "a hash").is_ok());
});

on_both!(a_recovery_link_does_not_outlive_the_password_that_it_was_asked_for, |test| {
    let world = World::new(test);
    proved(&world);
    let anna = world.enter_by_password(ANNA_MAIL);
    let link = world.recovery(ANNA_MAIL);
    world.new_password(&anna, "a newer hash").unwrap();
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
});
