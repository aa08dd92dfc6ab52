//! Asking somebody whether it was himself who set up a number.

use super::world::{ANNA, ANNA_MAIL, BERND, CLARA, Person, World, review_link};
use crate::base::{Code, Secret};
use crate::on_both;
use crate::signin::phone::review::{self, Link};

const CONFIRMED: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'phone.confirm' AND user_id = 'anna'";
const REPORTED: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'phone.report' AND user_id = 'anna'";

fn find(world: &World, link: &Link) -> Result<Option<String>, Code> {
    let link = link.clone();
    let found = world.try_write(move |tx, ctx| review::find(tx, ctx, &link)).map_err(|e| e.code)?;
    assert_eq!(found.0.id, "anna");
    Ok(found.1.map(|phone| phone.as_e164().to_owned()))
}

fn confirm(world: &World, link: &Link) -> Result<(), Code> {
    let link = link.clone();
    world.try_write(move |tx, ctx| review::confirm(tx, ctx, &link)).and_then(|answer| answer).map_err(|e| e.code)
}

fn report(world: &World, link: &Link) -> Result<(), Code> {
    let (link, project) = (link.clone(), world.project.clone());
    world
        .try_write(move |tx, ctx| review::report(tx, ctx, &project, &link))
        .and_then(|answer| answer)
        .map_err(|e| e.code)
}

/// Somebody who set up a number, and the link that asks whether it was he.
fn anna(world: &World) -> (Person, Link) {
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    let mut mails = world.own(&anna, ANNA);
    assert_eq!(mails.len(), 1);
    let ready = mails.swap_remove(0);
    assert_eq!(ready.message.payload.to, ANNA_MAIL);
    assert_eq!(ready.message.payload.doer.as_ref().unwrap().address, "192.0.2.1");
    assert_eq!(ready.lifetime, Some((world.ctx.now, world.ctx.now.plus_seconds(86_400))));
    (anna, review_link(&ready))
}

on_both!(looking_at_the_link_changes_nothing_and_confirming_is_written_down, |test| {
    let world = World::new(test);
    let (anna, link) = anna(&world);
    for _ in 0..7 {
        assert_eq!(find(&world, &link), Ok(Some(ANNA.to_owned())));
    }
    confirm(&world, &link).unwrap();
    assert_eq!((world.value::<i64>(CONFIRMED), world.value::<i64>(REPORTED)), (1, 0));
    assert!(world.session(&anna).is_some() && world.owner(ANNA).is_some());
    assert_eq!(confirm(&world, &link).unwrap_err(), Code::InvalidToken);
    assert_eq!(report(&world, &link).unwrap_err(), Code::InvalidToken);
    assert_eq!(find(&world, &link).unwrap_err(), Code::InvalidToken);
});

on_both!(a_report_takes_the_number_away_ends_every_session_and_is_told_at_the_address_alone, |test| {
    let mut world = World::new(test);
    let (anna, link) = anna(&world);
    let beside = world.enter_by_password(ANNA_MAIL);
    world.later(60);
    let by_phone = world.enter(ANNA, "flow1");
    report(&world, &link).unwrap();
    for session in [&anna, &beside, &by_phone] {
        assert!(world.session(session).is_none());
    }
    assert!(world.owner(ANNA).is_none());
    assert_eq!(world.notices(), [("phone-reported".to_owned(), ANNA_MAIL.to_owned())]);
    assert_eq!((world.value::<i64>(CONFIRMED), world.value::<i64>(REPORTED)), (0, 1));
    assert_eq!(report(&world, &link).unwrap_err(), Code::InvalidToken);
});

on_both!(a_report_ends_what_a_stranger_has_under_way, |test| {
    let mut world = World::new(test);
    let (stranger, link) = anna(&world);
    world.later(60);
    let token = world.set_up(&stranger, BERND, true).unwrap().unwrap();
    let code = world.code();
    let (other, old) = (world.enter_by_password(ANNA_MAIL), world.caller(&stranger));
    drop(other);
    report(&world, &link).unwrap();
    let (asked, secret, id) = (old, Secret::new(code), token.id);
    let answer = world.try_write({
        let project = world.project.clone();
        move |tx, ctx| {
            let asked_for = crate::signin::verify::Asked {
                dialect: crate::verification::Dialect::Frontegg,
                rules: crate::signin::Rules::of(&project),
                fresh_for: 300,
                review: None,
            };
            crate::signin::phone::verify(tx, ctx, &project, &asked, &id, &asked_for, &secret)
        }
    });
    assert_eq!(answer.unwrap().unwrap_err().code, Code::InvalidToken);
    assert!(world.owner(BERND).is_none());
});

on_both!(an_old_link_never_takes_a_newer_number_but_still_signs_everybody_out, |test| {
    let mut world = World::new(test);
    let (anna, first) = anna(&world);
    world.later(60);
    let second = world.own(&anna, BERND).iter().find(|one| one.message.purpose == "review-phone").map(review_link);
    assert_eq!(find(&world, &first), Ok(None), "it is another number by now");
    report(&world, &first).unwrap();
    assert_eq!(world.owner(BERND).unwrap().id, "anna");
    assert!(world.session(&anna).is_none());
    // What was out for the account is ended, the other link with it.
    assert_eq!(report(&world, &second.unwrap()).unwrap_err(), Code::InvalidToken);
});

on_both!(confirming_one_number_leaves_the_link_of_the_next, |test| {
    let mut world = World::new(test);
    let (anna, first) = anna(&world);
    world.later(60);
    let second = world.own(&anna, BERND).iter().find(|one| one.message.purpose == "review-phone").map(review_link);
    confirm(&world, &first).unwrap();
    report(&world, &second.unwrap()).unwrap();
    assert!(world.owner(BERND).is_none());
});

on_both!(a_link_is_of_its_account_number_and_project_and_works_for_a_day, |test| {
    let mut world = World::new(test);
    let (_, link) = anna(&world);
    let bad = [
        Link { user: "bernd".to_owned(), ..link.clone() },
        Link { number: "01990000-0000-7000-8000-0123456789ab".to_owned(), ..link.clone() },
        Link { secret: Secret::new("ab".repeat(32)), ..link.clone() },
        Link { user: format!("anna:{}", link.number), number: String::new(), ..link.clone() },
    ];
    for bad in &bad {
        assert_eq!(report(&world, bad).unwrap_err(), Code::InvalidToken);
        assert_eq!(confirm(&world, bad).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(report(&world.of_project("p2"), &link).unwrap_err(), Code::InvalidToken);
    world.later(86_399);
    assert_eq!(find(&world, &link), Ok(Some(ANNA.to_owned())));
    world.later(1);
    assert_eq!(report(&world, &link).unwrap_err(), Code::InvalidToken);
    assert!(world.owner(ANNA).is_some());
});

on_both!(whoever_has_no_verified_address_is_not_asked, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    world.app(&anna);
    world.set_mfa(&anna, true).unwrap();
    assert!(world.own(&anna, CLARA).is_empty());
});

on_both!(a_message_that_asks_counts_as_a_notice_and_waits_for_no_cool_down, |test| {
    let mut world = World::with(test, &serde_json::json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}}));
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    let mut asked = 0;
    for n in 0..23 {
        world.later(1);
        let mails = world.own(&anna, if n % 2 == 0 { ANNA } else { BERND });
        asked += mails.iter().filter(|one| one.message.purpose == "review-phone").count();
    }
    assert_eq!(asked, 19, "as of everything else that is told, and that a second factor is asked for was told");
});
