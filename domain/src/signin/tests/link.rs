//! Signing in by a link in an e-mail.

use serde_json::json;

use super::race::{crowded, together, winners};
use super::store::holds;
use super::world::{ANNA_MAIL, BERND, BERND_MAIL, Link, Row, World, wrong};
use crate::base::Code;
use crate::on_both;
use crate::signin::{Start, Way};

const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
const ATTEMPTS: &str = "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM handles";

on_both!(a_link_signs_up_under_the_id_in_it, |test| {
    let world = World::new(test);
    let started = world.ask_link(ANNA_MAIL, "anna");
    let link = world.posted();
    assert_eq!((started.handle.as_str(), link.user.as_str(), link.secret.len()), ("anna", "anna", 64));
    assert_eq!(started.expires_at, world.ctx.now.plus_seconds(3_600).micros());
    assert!(world.find_user("anna").unwrap().pending);
    let signed_in = world.follow(&link).unwrap();
    assert!(signed_in.user.is_email_verified() && !signed_in.user.pending);
    assert_eq!(signed_in.user.id, "anna");
    assert_eq!((signed_in.session.provider.as_str(), signed_in.session.factors), ("magic-url", vec!["email".into()]));
});

on_both!(of_sixty_four_who_follow_one_link_at_once_exactly_one_gets_a_session, |test| {
    let world = crowded(test, &json!({}));
    let link = world.link(ANNA_MAIL, "anna");
    let answers = together((0..64).map(|_| world.finishing(&link.user, &link.secret)).collect());
    assert_eq!((winners(&answers), world.value::<i64>(SESSIONS)), (1, 1));
    assert_eq!(world.follow(&link).unwrap_err(), Code::InvalidToken);
});

on_both!(a_link_works_for_an_hour, |test| {
    let mut world = World::new(test);
    let link = world.link(ANNA_MAIL, "anna");
    world.later(3_599);
    assert!(world.follow(&link).is_ok());
    let link = world.link(ANNA_MAIL, "flow2");
    world.later(3_600);
    assert_eq!(world.follow(&link).unwrap_err(), Code::InvalidToken);
    // Seen to be expired, it stays so when the clock steps back.
    world.later(-60);
    assert_eq!(world.follow(&link).unwrap_err(), Code::InvalidToken);
});

on_both!(a_link_works_under_its_own_id_and_in_its_own_project_only, |test| {
    let world = World::new(test);
    let link = world.link(ANNA_MAIL, "anna");
    world.user(Row::by_key("bernd", BERND));
    for user in ["bernd", "Anna", "", "anna\0"] {
        let changed = Link { user: user.to_owned(), ..link.clone() };
        assert_eq!(world.follow(&changed).unwrap_err(), Code::InvalidToken, "{user}");
    }
    for secret in
        [wrong(&link.secret), link.secret.to_uppercase(), format!("{}0", link.secret), link.secret[..63].into()]
    {
        let changed = Link { secret, ..link.clone() };
        if changed != link {
            assert_eq!(world.follow(&changed).unwrap_err(), Code::InvalidToken);
        }
    }
    assert_eq!(world.of_project("p2").follow(&link).unwrap_err(), Code::InvalidToken);
    assert!(world.follow(&link).is_ok());
});

on_both!(a_link_of_one_purpose_is_none_of_another, |test| {
    let world = World::new(test);
    world.user(Row::by_mail("anna", ANNA_MAIL, "code"));
    let magic = world.link(ANNA_MAIL, "flow1");
    let recovery = world.recovery(ANNA_MAIL);
    assert_eq!(world.recover(&magic, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.find_recovery(&magic).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.follow(&recovery).unwrap_err(), Code::InvalidToken);
    for link in [&magic, &recovery] {
        for user in ["anna", link.user.as_str()] {
            assert_eq!(world.confirm_mail(None, user, &link.secret).unwrap_err(), Code::InvalidToken);
        }
    }
    assert_eq!(world.password_of("anna"), None);
    // And trying harmed neither.
    assert!(world.recover(&recovery, "a hash").is_ok());
    assert!(world.follow(&magic).is_ok());
});

on_both!(inside_the_cooldown_the_answer_looks_the_same_and_no_second_message_goes_out, |test| {
    let mut world = World::new(test);
    let first = world.ask_link(ANNA_MAIL, "anna");
    let again = world.ask_link(ANNA_MAIL, "anna");
    assert_eq!((again.handle.as_str(), again.id.len()), ("anna", first.id.len()));
    assert_eq!((again.created_at, again.expires_at), (first.created_at, first.expires_at));
    let link = world.posted();
    assert!(world.follow(&link).is_ok());
    // A success clears the cool-down; without one it grows.
    for wait in [30, 60, 120, 120] {
        world.link(ANNA_MAIL, "anna2");
        world.later(wait - 1);
        world.ask_link(ANNA_MAIL, "anna2");
        assert!(world.work().is_empty(), "{wait}");
        world.later(1);
    }
});

on_both!(a_phrase_goes_with_a_link_too, |test| {
    let world = World::new(test);
    let way = Way::MagicLink(world.redirect());
    let request = Start { phrase: true, ..world.mail_request(ANNA_MAIL, way, Some("anna")) };
    let phrase = world.start(request).unwrap().phrase;
    assert!(phrase.is_some());
    assert_eq!(world.work()[0].message.payload.phrase, phrase);
});

on_both!(following_one_link_ends_the_others_to_that_address_and_none_to_another, |test| {
    let mut world = World::new(test);
    let first = world.link(ANNA_MAIL, "h1");
    let other = world.link(BERND_MAIL, "h2");
    let elsewhere = world.of_project("p2").link(ANNA_MAIL, "h1");
    world.later(60);
    let second = world.link(ANNA_MAIL, "h3");
    world.later(120);
    let third = world.link(ANNA_MAIL, "h4");
    assert!(world.follow(&second).is_ok());
    for link in [&first, &third] {
        assert_eq!(world.follow(link).unwrap_err(), Code::InvalidToken);
    }
    assert!(world.follow(&other).is_ok());
    assert!(world.of_project("p2").follow(&elsewhere).is_ok());
});

on_both!(of_two_links_to_one_address_followed_at_once_one_signs_in, |test| {
    let world = crowded(test, &json!({}));
    for round in 0..5 {
        let mut world = world.of_project(&format!("r{round}"));
        let first = world.link(ANNA_MAIL, "h1");
        world.later(60);
        let second = world.link(ANNA_MAIL, "h2");
        let follow = |link: &Link| world.finishing(&link.user, &link.secret);
        let answers = together(vec![follow(&first), follow(&second), follow(&first), follow(&second)]);
        assert_eq!(winners(&answers), 1, "{answers:?}");
    }
});

on_both!(a_code_and_a_link_of_one_id_do_not_burn_each_other, |test| {
    let world = World::new(test);
    let link = world.link(ANNA_MAIL, "anna");
    for _ in 0..6 {
        assert_eq!(world.finish("anna", "123456").unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.value::<i64>(ATTEMPTS), 0);
    let code = world.mail_code(ANNA_MAIL, "anna");
    for _ in 0..6 {
        assert_eq!(world.finish("anna", &wrong(&link.secret)).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.value::<i64>(ATTEMPTS), 0);
    world.guess_wrong("anna", &code, 5);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert!(world.follow(&link).is_ok());
});

on_both!(a_link_takes_nothing_of_the_guess_budget, |test| {
    let world = World::with(test, &json!({"otp": {"resendSeconds": [0]}}));
    for n in 0..10 {
        world.link(ANNA_MAIL, &format!("h{n}"));
    }
    assert_eq!(world.reserved(ANNA_MAIL), 0);
    assert_eq!(world.mail_code(ANNA_MAIL, "code").len(), 6);
});

on_both!(with_sign_up_off_or_full_no_link_goes_to_an_unknown_address, |test| {
    let all = World::new(test);
    for patch in [json!({"auth": {"signUp": false}}), json!({"auth": {"limit": 1}})] {
        let mut world = all.of_project(&patch.to_string().len().to_string());
        let link = world.link(BERND_MAIL, "bernd");
        world.enter_by_mail(ANNA_MAIL, "anna");
        world.set(&patch);
        assert!(matches!(world.follow(&link).unwrap_err(), Code::SignUpDisabled | Code::UserLimitReached));
        world.later(60);
        assert_eq!(world.ask_link(BERND_MAIL, "bernd2").handle, "bernd2");
        world.ask_link("clara@example.com", "clara");
        // The pending account of the first link is there, and nobody new comes.
        assert!(world.mail_owner("clara@example.com").is_none());
        assert!(world.mail_owner(BERND_MAIL).unwrap().pending);
        drop(world.work());
        let known = world.link(ANNA_MAIL, "flow2");
        assert!(world.follow(&known).is_ok());
    }
});

on_both!(the_id_of_an_account_that_signed_in_stands_in_no_link_of_somebody_else, |test| {
    let world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    let started = world.ask_link(BERND_MAIL, "anna");
    assert_ne!(started.handle, "anna");
    let link = world.posted();
    assert_eq!(link.user, started.handle);
    assert_ne!(world.follow(&link).unwrap().user.id, "anna");
});

on_both!(a_link_says_when_it_expires_and_keeps_what_stood_in_its_address, |test| {
    let world = World::new(test);
    let link = world.link(ANNA_MAIL, "anna");
    assert_eq!(link.expire, "2026-11-21T09:00:00.000Z");
});

on_both!(a_link_that_the_providers_refused_is_sent_again_as_it_was, |test| {
    let mut world = World::new(test);
    world.ask_link(ANNA_MAIL, "anna");
    let first = world.work();
    let again = world.refuse_and_work_again(&first);
    assert_eq!((again.len(), again[0].message.tries.len()), (1, 2));
    assert_eq!(Link::of(&again[0]), Link::of(&first[0]));
    assert_eq!(again[0].lifetime, first[0].lifetime);
    assert!(world.follow(&Link::of(&again[0])).is_ok());
});

on_both!(a_link_whose_project_lost_its_provider_or_that_was_used_is_not_sent, |test| {
    let mut world = World::new(test);
    world.ask_link(ANNA_MAIL, "anna");
    world.set(&json!({"email": {"providers": []}}));
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("dead".to_owned(), "no provider is set up".to_owned()));
});

on_both!(neither_the_secret_of_a_link_nor_the_link_is_in_the_database, |test| {
    let world = World::new(test);
    let link = world.link(ANNA_MAIL, "anna");
    for text in [link.secret.as_str(), &link.secret[..32], "app.example.com/verify"] {
        assert!(!holds(test, text), "{text}");
    }
    world.follow(&link).unwrap();
    assert!(!holds(test, &link.secret));
});
