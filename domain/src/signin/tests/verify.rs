//! Showing that an address is one's own.

use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Link, Person, Row, World};
use crate::base::{Code, Secret};
use crate::on_both;
use crate::signin::verify;
use crate::user::{self, Proof};

/// Somebody who signed up with an address, in a session by his password, and the link to his address.
fn asked(world: &World) -> (Person, Link) {
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    let token = world.verify_mail(&anna).unwrap();
    assert_eq!((token.user.as_str(), token.expires_at), ("anna", world.ctx.now.plus_seconds(3_600)));
    let link = world.posted();
    assert_eq!((link.user.as_str(), link.secret.len()), ("anna", 64));
    (anna, link)
}

on_both!(a_link_followed_as_a_guest_verifies_the_address_and_leaves_everything_else, |test| {
    let world = World::new(test);
    let (anna, link) = asked(&world);
    let token = world.confirm_mail(None, "anna", &link.secret).unwrap();
    assert_eq!(token.user, "anna");
    let user = world.me(&anna);
    assert_eq!((user.email_proof, user.proved_at, user.name.as_str()), (Proof::Code, Some(world.ctx.now), "Somebody"));
    assert!(world.password_of("anna").is_some());
    assert_eq!(world.proved(&anna), (vec!["password".into()], None));
    assert_eq!(world.confirm_mail(None, "anna", &link.secret).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.verify_mail(&anna).unwrap_err(), Code::EmailAlreadyVerified);
});

on_both!(a_link_followed_in_a_session_of_the_account_counts_there, |test| {
    let world = World::new(test);
    let (anna, link) = asked(&world);
    let other = world.enter_by_password(ANNA_MAIL);
    world.confirm_mail(Some(&other), "anna", &link.secret).unwrap();
    assert_eq!(world.proved(&other), (vec!["password".into(), "email".into()], Some(world.ctx.now)));
    assert_eq!(world.proved(&anna), (vec!["password".into()], None));
});

on_both!(a_link_followed_in_a_session_of_another_account_counts_nowhere, |test| {
    let world = World::new(test);
    let (anna, link) = asked(&world);
    let stranger = world.enter(BERND, "bernd");
    world.confirm_mail(Some(&stranger), "anna", &link.secret).unwrap();
    assert_eq!(world.me(&anna).email_proof, Proof::Code);
    assert_eq!(world.proved(&stranger), (vec!["phone".into()], None));
    assert_eq!(world.me(&stranger).email, None);
});

on_both!(a_link_works_under_no_other_id, |test| {
    let world = World::new(test);
    let (_, link) = asked(&world);
    world.user(Row::by_mail("bernd", BERND_MAIL, "none"));
    for user in ["bernd", "ANNA", ""] {
        assert_eq!(world.confirm_mail(None, user, &link.secret).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.of_project("p2").confirm_mail(None, "anna", &link.secret).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.confirm_mail(None, "anna", "").unwrap_err(), Code::InvalidToken);
    assert!(world.confirm_mail(None, "anna", &link.secret).is_ok());
});

on_both!(a_link_to_verify_signs_nobody_in_and_sets_no_password, |test| {
    let world = World::new(test);
    let (_, link) = asked(&world);
    assert_eq!(world.follow(&link).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
});

on_both!(another_address_kills_the_link, |test| {
    let world = World::new(test);
    let (anna, link) = asked(&world);
    world.move_mail(&anna, BERND_MAIL).unwrap();
    assert_eq!(world.confirm_mail(None, "anna", &link.secret).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.confirm_mail(Some(&anna), "anna", &link.secret).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.me(&anna).email_proof, Proof::None);
    // The new one has links of its own.
    world.verify_mail(&anna).unwrap();
    let link = world.posted();
    world.confirm_mail(None, "anna", &link.secret).unwrap();
    assert_eq!(world.me(&anna).email_proof, Proof::Code);
});

on_both!(a_link_to_an_address_that_another_account_has_by_now_verifies_nothing_there, |test| {
    let world = World::new(test);
    let (anna, link) = asked(&world);
    world.move_mail(&anna, BERND_MAIL).unwrap();
    world.sign_up(Some("clara"), ANNA_MAIL).unwrap();
    for user in ["anna", "clara"] {
        assert_eq!(world.confirm_mail(None, user, &link.secret).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.find_user("clara").unwrap().email_proof, Proof::None);
});

on_both!(a_link_expires_after_an_hour, |test| {
    let mut world = World::new(test);
    let (_, link) = asked(&world);
    world.later(3_600);
    assert_eq!(world.confirm_mail(None, "anna", &link.secret).unwrap_err(), Code::InvalidToken);
});

on_both!(within_the_cooldown_no_second_link_goes_out, |test| {
    let mut world = World::new(test);
    let (anna, first) = asked(&world);
    world.verify_mail(&anna).unwrap();
    assert!(world.work().is_empty());
    world.later(30);
    world.verify_mail(&anna).unwrap();
    let second = world.posted();
    assert_ne!(first.secret, second.secret);
    world.confirm_mail(None, "anna", &second.secret).unwrap();
    assert_eq!(world.confirm_mail(None, "anna", &first.secret).unwrap_err(), Code::InvalidToken);
});

on_both!(without_an_address_there_is_nothing_to_verify, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    assert_eq!(world.verify_mail(&anna).unwrap_err(), Code::EmailNotFound);
    world.move_mail(&anna, ANNA_MAIL).unwrap();
    world.set(&serde_json::json!({"email": {"providers": []}}));
    assert_eq!(world.verify_mail(&anna).unwrap_err(), Code::NoEmailProvider);
});

on_both!(a_blocked_account_verifies_nothing, |test| {
    let world = World::new(test);
    let (anna, link) = asked(&world);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.confirm_mail(None, "anna", &link.secret).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.verify_mail(&anna).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.find_user("anna").unwrap().email_proof, Proof::None);
});

on_both!(of_sixty_four_who_follow_one_link_exactly_one_succeeds, |test| {
    let world = crowded(test, &serde_json::json!({}));
    let (_, link) = asked(&world);
    let tasks = (0..64).map(|_| {
        let World { db, ctx, .. } = world.clone();
        let secret = Secret::new(link.secret.as_str());
        async move { db.write(move |tx| verify::finish_email(tx, &ctx, None, "anna", &secret)).await }
    });
    let answers = together(tasks.collect());
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), 1);
});

on_both!(a_link_to_verify_takes_nothing_of_the_persons_guess_budget, |test| {
    let world = World::new(test);
    let (_, _) = asked(&world);
    assert_eq!((world.reserved_by("anna"), world.reserved(ANNA_MAIL)), (0, 0));
});
