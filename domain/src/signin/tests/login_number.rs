//! Numbers to sign in by: set up, proved, replaced, given up.

use super::world::flow::by_phone;
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, CLARA, Person, World, wrong};
use crate::base::Code;
use crate::on_both;
use crate::signin::phone::{self, PhoneNumber};

const EVENTS: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'phone.delete'";
const LIVE: &str = "SELECT COUNT(*) FROM handles WHERE state = 'live'";

/// Each number with whether it is verified.
fn shown(numbers: &[PhoneNumber]) -> Vec<(&str, bool)> {
    numbers.iter().map(|number| (number.phone.as_e164(), number.verified)).collect()
}

/// Somebody in a session by his password, whose number is proved, with the number's id.
fn anna(world: &World) -> (Person, String) {
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    world.own(&anna, ANNA);
    (anna, world.numbers("anna")[0].id.clone())
}

on_both!(a_number_that_is_set_up_signs_in_once_it_is_proved_and_not_before, |test| {
    let world = World::new(test);
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    let token = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, false)]);
    assert!(world.owner(ANNA).is_none());
    let ready = world.only();
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("verify-phone", ANNA));
    let code = ready.code();
    assert_eq!(world.prove_number(&anna, &token.id, &wrong(code)).unwrap_err(), Code::InvalidToken);
    world.prove_number(&anna, &token.id, code).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true)]);
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
    assert_eq!(world.prove_number(&anna, &token.id, code).unwrap_err(), Code::InvalidToken, "it is used up");
    assert_eq!(world.set_up(&anna, ANNA, true).unwrap_err(), Code::PhoneAlreadyVerified);
});

on_both!(a_number_that_is_set_up_without_a_code_waits_for_one, |test| {
    let world = World::new(test);
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    assert_eq!(world.set_up(&anna, ANNA, false), Ok(None));
    assert!(world.work().is_empty());
    let before = world.numbers("anna");
    assert_eq!(shown(&before), [(ANNA, false)]);
    // Asking for it keeps the row.
    let token = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    assert_eq!(world.numbers("anna")[0].id, before[0].id);
    let code = world.code();
    world.prove_number(&anna, &token.id, &code).unwrap();
    assert_eq!(world.numbers("anna")[0].id, before[0].id);
});

on_both!(a_token_is_of_its_session_and_its_number_alone, |test| {
    let mut world = World::new(test);
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    let bernd = world.known_by_mail("bernd", BERND_MAIL);
    let token = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    let code = world.code();
    let beside = world.enter_by_password(ANNA_MAIL);
    for other in [&bernd, &beside] {
        assert_eq!(world.prove_number(other, &token.id, &code).unwrap_err(), Code::InvalidToken);
    }
    for made_up in ["", "x", "01990000-0000-7000-8000-0123456789ab"] {
        assert_eq!(world.prove_number(&anna, made_up, &code).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.prove_number_for("anna", &token.id, &code).unwrap_err(), Code::InvalidToken);
    // Another number takes the place of what was under way.
    world.later(1);
    let other = world.set_up(&anna, CLARA, true).unwrap().unwrap();
    assert_eq!(world.prove_number(&anna, &token.id, &code).unwrap_err(), Code::InvalidToken);
    let code = world.code();
    world.prove_number(&anna, &other.id, &code).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(CLARA, true)]);
});

on_both!(a_second_request_within_the_cool_down_is_the_same_code_and_the_same_token, |test| {
    let mut world = World::new(test);
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    let first = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    let code = world.code();
    let again = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    assert_eq!((again.id.as_str(), world.work().len()), (first.id.as_str(), 0));
    world.later(30);
    let later = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    assert_ne!(later.id, first.id);
    let new = world.code();
    assert_eq!(world.prove_number(&anna, &first.id, &code).unwrap_err(), Code::InvalidToken);
    world.prove_number(&anna, &later.id, &new).unwrap();
    assert_eq!(world.value::<i64>(LIVE), 1, "the link that asks whether it was she");
});

on_both!(a_server_sets_a_number_up_for_its_user_and_proves_it_without_a_session, |test| {
    let world = World::new(test);
    let session = world.known_by_mail("anna", ANNA_MAIL);
    world.known_by_mail("bernd", BERND_MAIL);
    let token = world.set_up_for("anna", ANNA).unwrap().unwrap();
    let code = world.code();
    assert_eq!(world.prove_number_for("bernd", &token.id, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.prove_number(&session, &token.id, &code).unwrap_err(), Code::InvalidToken);
    world.prove_number_for("anna", &token.id, &code).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true)]);
    assert_eq!(world.proved(&session).0, ["password", "email"], "nothing more was shown in it");
});

on_both!(that_a_number_is_taken_is_told_by_the_proof_and_not_before, |test| {
    let world = World::new(test);
    anna(&world);
    let bernd = world.known_by_mail("bernd", BERND_MAIL);
    let token = world.set_up(&bernd, ANNA, true).unwrap().unwrap();
    let code = world.code();
    assert_eq!(world.prove_number(&bernd, &token.id, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.prove_number(&bernd, &token.id, &code).unwrap_err(), Code::PhoneTaken);
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
});

on_both!(the_old_number_stays_until_the_new_one_is_proved_and_is_told_then, |test| {
    let mut world = World::new(test);
    let (anna, old) = anna(&world);
    world.later(60);
    let by_phone = world.enter(ANNA, "flow1");
    let token = world.set_up(&anna, BERND, true).unwrap().unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true), (BERND, false)]);
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
    let code = world.code();
    world.prove_number(&anna, &token.id, &code).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(BERND, true)]);
    assert_ne!(world.numbers("anna")[0].id, old);
    assert!(world.session(&by_phone).is_none() && world.session(&anna).is_some());
    let told: Vec<_> = world.work().into_iter().map(|one| (one.message.purpose, one.message.payload.to)).collect();
    assert!(told.contains(&("phone-changed".to_owned(), ANNA.to_owned())), "{told:?}");
    assert!(told.contains(&("review-phone".to_owned(), ANNA_MAIL.to_owned())), "{told:?}");
    assert_eq!(told.len(), 2, "and nothing twice: {told:?}");
});

on_both!(another_number_needs_a_session_that_just_began_and_a_second_factor_that_was_shown_lately, |test| {
    let mut world = World::new(test);
    let (anna, _) = anna(&world);
    world.later(301);
    assert_eq!(world.set_up(&anna, BERND, true).unwrap_err(), Code::SessionNotFresh);
    assert_eq!(world.set_up(&anna, BERND, false).unwrap_err(), Code::SessionNotFresh);
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true)]);
    assert!(world.set_up_for("anna", BERND).is_ok(), "a server answers for its user");
    world.work();
    let again = world.enter_with_both(ANNA_MAIL);
    let token = world.set_up(&again, CLARA, true).unwrap().unwrap();
    let code = world.code();
    // What was asked for in time is not proved too late.
    world.later(301);
    assert_eq!(world.prove_number(&again, &token.id, &code).unwrap_err(), Code::SessionNotFresh);
    world.later(1_500);
    assert_eq!(world.set_up(&again, CLARA, true).unwrap_err(), Code::ChallengeRequired);
});

on_both!(whoever_has_no_second_factor_but_sms_sets_up_no_number_and_a_server_may, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    for send in [true, false] {
        assert_eq!(world.set_up(&anna, ANNA, send).unwrap_err(), Code::OtherFactorRequired);
    }
    world.app(&anna);
    assert_eq!(world.set_up(&anna, ANNA, true).unwrap_err(), Code::OtherFactorRequired, "nobody asks for it");
    assert!(world.numbers("anna").is_empty());
    world.set_mfa(&anna, true).unwrap();
    let token = world.set_up(&anna, ANNA, true).unwrap().unwrap();
    let code = world.code();
    // It must be so at the proof as well.
    world.set_mfa(&anna, false).unwrap();
    assert_eq!(world.prove_number(&anna, &token.id, &code).unwrap_err(), Code::OtherFactorRequired);
    world.sign_up(Some("bernd"), BERND_MAIL).unwrap();
    assert!(world.set_up_for("bernd", BERND).is_ok());
});

on_both!(a_number_is_given_up_by_a_code_that_came_to_it, |test| {
    let mut world = World::new(test);
    let (anna, id) = anna(&world);
    world.later(60);
    let by_phone = world.enter(ANNA, "flow1");
    let token = world.start_removal(&anna, &id).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true)], "nothing is given up yet");
    let ready = world.only();
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("remove-phone", ANNA));
    let code = ready.code();
    assert_eq!(world.finish_removal(&anna, &id, &token.id, &wrong(code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish_removal(&anna, &id, "x", code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.prove_number(&anna, &token.id, code).unwrap_err(), Code::InvalidToken, "another purpose");
    let after = world.finish_removal(&anna, &id, &token.id, code).unwrap();
    assert_eq!((after.phone, after.phone_claim), (None, None));
    assert!(world.numbers("anna").is_empty() && world.owner(ANNA).is_none());
    assert!(world.session(&by_phone).is_none(), "it began with the number");
    assert!(world.session(&anna).is_some());
    let told = |to: &str| ("phone-removed".to_owned(), to.to_owned());
    assert_eq!(world.notices(), [told(ANNA), told(ANNA_MAIL)]);
    assert_eq!(world.value::<i64>(EVENTS), 1);
    assert_eq!(world.start_removal(&anna, &id).unwrap_err(), Code::PhoneNotFound);
});

on_both!(whoever_gives_his_number_up_in_a_session_that_began_with_it_stays_signed_in, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let id = world.numbers("anna")[0].id.clone();
    let token = world.start_removal(&anna, &id).unwrap();
    let code = world.code();
    world.finish_removal(&anna, &id, &token.id, &code).unwrap();
    assert!(world.session(&anna).is_some());
    // With an app, the number that he signed in by says nothing more about him.
    let mut world = World::new(test).of_project("p2");
    let clara = world.enter(CLARA, "clara");
    world.app(&clara);
    world.later(1_801);
    let id = world.numbers("clara")[0].id.clone();
    assert_eq!(world.start_removal(&clara, &id).unwrap_err(), Code::ChallengeRequired);
});

on_both!(a_claimed_number_is_given_up_too_and_ends_no_session, |test| {
    let mut world = World::new(test);
    let (anna, _) = anna(&world);
    world.later(60);
    let by_phone = world.enter(ANNA, "flow1");
    world.set_up(&anna, BERND, false).unwrap();
    let id = world.numbers("anna")[1].id.clone();
    let token = world.start_removal(&anna, &id).unwrap();
    let code = world.code();
    world.finish_removal(&anna, &id, &token.id, &code).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true)]);
    assert!(world.session(&by_phone).is_some());
});

on_both!(a_code_gives_up_the_number_it_went_to_and_no_other, |test| {
    let world = World::new(test);
    let (anna, id) = anna(&world);
    let token = world.start_removal(&anna, &id).unwrap();
    let code = world.code();
    world.set_up(&anna, BERND, false).unwrap();
    let claimed = world.numbers("anna")[1].id.clone();
    assert_eq!(world.finish_removal(&anna, &claimed, &token.id, &code).unwrap_err(), Code::InvalidToken);
    world.finish_removal(&anna, &id, &token.id, &code).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(BERND, false)]);
});

on_both!(the_id_of_another_accounts_number_is_known_for_one_and_a_made_up_one_is_not, |test| {
    let mut world = World::new(test);
    let (anna, id) = anna(&world);
    let bernd = world.known_by_mail("bernd", BERND_MAIL);
    world.later(60);
    world.own(&bernd, BERND);
    let of_bernd = world.numbers("bernd")[0].id.clone();
    assert_eq!(world.start_removal(&anna, &of_bernd).unwrap_err(), Code::NotYours);
    let token = world.start_removal(&anna, &id).unwrap();
    assert_eq!(world.finish_removal(&anna, &of_bernd, &token.id, "123456").unwrap_err(), Code::NotYours);
    let mut flipped = of_bernd.clone().into_bytes();
    flipped[35] = if flipped[35] == b'0' { b'1' } else { b'0' };
    let flipped = String::from_utf8(flipped).unwrap();
    for id in [flipped.as_str(), "", "x", "01990000-0000-7000-8000-0123456789ab", "ü".repeat(16).as_str()] {
        assert_eq!(world.start_removal(&anna, id).unwrap_err(), Code::PhoneNotFound, "{id}");
    }
    world.work();
    // Another project's ids say nothing here.
    let elsewhere = world.of_project("p2");
    let there = elsewhere.enter(ANNA, "anna");
    assert_ne!(elsewhere.numbers("anna")[0].id, id);
    assert_eq!(elsewhere.start_removal(&there, &of_bernd).unwrap_err(), Code::PhoneNotFound);
    assert!(world.find_user("bernd").unwrap().phone.is_some());
});

on_both!(a_server_gives_a_number_and_takes_it_without_a_code, |test| {
    let mut world = World::new(test);
    let session = world.known_by_mail("anna", ANNA_MAIL);
    let bernd = world.known_by_mail("bernd", BERND_MAIL);
    let set = |world: &World, user: &'static str, number: &str| {
        let (number, project) = (crate::base::Phone::parse(number, None).unwrap(), world.project.clone());
        world.try_write(move |tx, ctx| phone::set(tx, ctx, &project, user, &number)).map_err(|e| e.code)
    };
    let delete = |world: &World, user: &'static str, id: &str| {
        let (id, project) = (id.to_owned(), world.project.clone());
        world.try_write(move |tx, ctx| phone::delete(tx, ctx, &project, user, &id)).map_err(|e| e.code)
    };
    set(&world, "anna", ANNA).unwrap();
    assert_eq!(shown(&world.numbers("anna")), [(ANNA, true)]);
    assert!(world.work().is_empty(), "nobody is asked for a code");
    assert_eq!(set(&world, "bernd", ANNA).unwrap_err(), Code::PhoneTaken);
    assert_eq!(set(&world, "nobody", BERND).unwrap_err(), Code::UserNotFound);
    world.later(60);
    let by_phone = world.enter(ANNA, "flow1");
    let id = world.numbers("anna")[0].id.clone();
    assert_eq!(delete(&world, "bernd", &id).unwrap_err(), Code::NotYours);
    assert_eq!(delete(&world, "anna", "x").unwrap_err(), Code::PhoneNotFound);
    assert_eq!(delete(&world, "nobody", &id).unwrap_err(), Code::UserNotFound);
    delete(&world, "anna", &id).unwrap();
    assert!(world.owner(ANNA).is_none());
    assert!(world.session(&by_phone).is_none() && world.session(&session).is_some());
    let told = |to: &str| ("phone-removed".to_owned(), to.to_owned());
    assert_eq!(world.notices(), [told(ANNA), told(ANNA_MAIL)]);
    // A claim goes without a word.
    world.set_up(&bernd, BERND, false).unwrap();
    let id = world.numbers("bernd")[0].id.clone();
    delete(&world, "bernd", &id).unwrap();
    assert_eq!(world.notices(), []);
});

on_both!(no_code_grows_that_its_client_could_not_take, |test| {
    let mut world = World::new(test);
    anna(&world);
    // By her number, until another code of six digits does not fit in what may be guessed of her in a day.
    for _ in 0..3 {
        world.by_sms(by_phone(ANNA));
        assert_eq!(world.only().code().len(), 6);
        world.later(130);
    }
    assert!(world.set_up_for("anna", CLARA).unwrap().is_some(), "nobody asked for one to this number before");
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("refused".into(), "a longer code is needed, and its client takes none".into()));
});
