//! Telling the owner of a password that it is locked, and the link that ends the lock.

use serde_json::json;

use super::password::{enter, locking};
use super::race::{crowded, deadlocks, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Link, World};
use crate::base::{Code, Email, Secret, Target};
use crate::limit::guess;
use crate::on_both;
use crate::project::Redirect;
use crate::signin::Ready;
use crate::signin::account::{self, Known};
use crate::signin::lockout::{self, Page};
use crate::user;

const MAILS: &str = "SELECT COUNT(*) FROM messages WHERE purpose = 'unlock'";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
const UNLOCKED: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'user.update' AND user_id = 'anna'";
const PAGE: &str = "https://app.example.com/account/unlock";

/// The page of an application.
fn page() -> Page {
    Page { address: Redirect::own(PAGE).unwrap(), parameter: "token" }
}

/// Guesses a wrong password.
fn guess(world: &World, by: &str) -> Result<(), Code> {
    world.guess_password(by, Some(&page()))
}

/// Guesses until a password is locked.
fn lock(world: &World, by: &str) {
    for _ in 0..3 {
        guess(world, by).unwrap();
    }
    assert_eq!(guess(world, by), Err(Code::AccountLocked));
}

/// What a mail carries to the page.
fn token(ready: &Ready) -> Secret {
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("unlock", ANNA_MAIL));
    let link = ready.message.payload.link.clone().unwrap();
    let secret = link.strip_prefix(PAGE).and_then(|rest| rest.strip_prefix("?token=")).expect(&link);
    assert!(secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "{link}");
    Secret::new(secret)
}

fn find(world: &World, token: &Secret) -> Result<String, Code> {
    let token = token.clone();
    world.try_write(move |tx, ctx| lockout::find(tx, ctx, &token)).map(|user| user.id).map_err(|e| e.code)
}

fn unlock(world: &World, token: &Secret) -> Result<(), Code> {
    let token = token.clone();
    world.try_write(move |tx, ctx| lockout::finish(tx, ctx, &token)).and_then(|answer| answer).map_err(|e| e.code)
}

on_both!(the_owner_gets_one_mail_by_which_the_lock_ends_once_and_nobody_is_signed_in, |test| {
    let world = locking(test);
    world.work();
    for by in [ANNA_MAIL, ANNA] {
        guess(&world, by).unwrap();
        assert!(world.work().is_empty(), "nothing is locked yet");
    }
    guess(&world, ANNA_MAIL).unwrap();
    let mut mails = world.work();
    assert_eq!(mails.len(), 1);
    for _ in 0..5 {
        assert_eq!(guess(&world, ANNA), Err(Code::AccountLocked));
    }
    assert!(world.work().is_empty(), "one mail for one lock");
    let mail = mails.swap_remove(0);
    assert_eq!(mail.lifetime, Some((world.ctx.now, world.ctx.now.plus_seconds(86_400))));
    let doer = mail.message.payload.doer.as_ref().unwrap();
    assert_eq!((doer.address.as_str(), mail.message.payload.user.as_deref()), ("203.0.113.9", Some("anna")));

    let (token, sessions) = (token(&mail), world.value::<i64>(SESSIONS));
    for _ in 0..7 {
        assert_eq!(find(&world, &token).as_deref(), Ok("anna"), "looking changes nothing");
    }
    assert_eq!(enter(&world, ANNA_MAIL).unwrap_err(), Code::AccountLocked);
    unlock(&world, &token).unwrap();
    assert_eq!((world.value::<i64>(SESSIONS), world.value::<i64>(UNLOCKED)), (sessions, 1));
    assert_eq!(unlock(&world, &token).unwrap_err(), Code::InvalidToken, "once");
    assert_eq!(find(&world, &token).unwrap_err(), Code::InvalidToken);
    assert!(enter(&world, ANNA).is_ok(), "by whatever it is named");
});

on_both!(each_lock_has_a_mail_of_its_own_and_the_newest_link_ends_the_older_ones, |test| {
    let mut world = locking(test);
    world.work();
    lock(&world, ANNA_MAIL);
    let first = token(&world.only());
    unlock(&world, &first).unwrap();
    lock(&world, ANNA);
    let second = token(&world.only());
    let asked = world.recovery(ANNA_MAIL);
    world.recover(&asked, "another hash").unwrap();
    world.ctx.address = "100.64.1.7".parse().ok();
    lock(&world, ANNA_MAIL);
    let third = token(world.work().iter().find(|one| one.message.purpose == "unlock").unwrap());
    unlock(&world, &third).unwrap();
    assert_eq!(unlock(&world, &second).unwrap_err(), Code::InvalidToken);
});

on_both!(a_link_lives_for_a_day, |test| {
    let mut world = locking(test);
    world.work();
    lock(&world, ANNA_MAIL);
    let token = token(&world.only());
    world.later(86_399);
    assert_eq!(find(&world, &token).as_deref(), Ok("anna"));
    world.later(1);
    assert_eq!(unlock(&world, &token).unwrap_err(), Code::InvalidToken);
    assert_eq!(guess(&world, ANNA_MAIL), Err(Code::AccountLocked));
});

on_both!(a_name_that_nobody_has_is_locked_by_the_same_statements_and_its_mail_goes_nowhere, |test| {
    let world = locking(test);
    world.work();
    let asked = |by: &'static str| {
        let mut asked = Vec::new();
        for _ in 0..3 {
            let known = world.find_known(by).unwrap();
            let (project, target) = (world.project.clone(), Target::from_stored(by.to_owned()));
            asked.push(world.write(move |tx, ctx| {
                account::count_wrong(tx, ctx, &project, &known, &target, Some(&page()))?;
                Ok(std::mem::take(&mut tx.asked))
            }));
        }
        asked
    };
    assert_eq!(asked(ANNA_MAIL), asked(BERND_MAIL));
    let mails = world.work();
    assert_eq!(mails.len(), 1);
    token(&mails[0]);
    assert_eq!(guess(&world, BERND_MAIL), Err(Code::AccountLocked));
    let state = |to: &str| {
        let outbox = world.outbox();
        let entry = outbox.iter().find(|one| one.purpose == "unlock" && one.to == to).expect(to);
        (entry.state.clone(), entry.reason.clone())
    };
    let nobody = ("refused".to_owned(), "nobody's password is unlocked by this address".to_owned());
    assert_eq!(state(&Email::parse(BERND_MAIL).unwrap().masked()), nobody);
    // A number that nobody has.
    lock(&world, BERND);
    assert!(world.work().is_empty());
    assert_eq!(world.value::<i64>(MAILS), 3);
});

on_both!(nothing_is_sent_to_an_address_that_is_not_verified_or_has_no_password_behind_it, |test| {
    let world = World::with(test, &json!({"auth": {"lockout": {"maxAttempts": 3}}}));
    world.sign_up(Some("bernd"), BERND_MAIL).unwrap();
    lock(&world, BERND_MAIL);
    world.enter_by_mail(ANNA_MAIL, "anna");
    lock(&world, ANNA_MAIL);
    assert_eq!((world.work().len(), world.value::<i64>(MAILS)), (0, 2));
});

on_both!(a_link_unlocks_nothing_once_the_address_is_another_or_the_account_is_blocked, |test| {
    let world = locking(test);
    world.work();
    lock(&world, ANNA_MAIL);
    let token = token(&world.only());
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(find(&world, &token).unwrap_err(), Code::InvalidToken);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", false));
    assert_eq!(find(&world, &token).as_deref(), Ok("anna"));
    world.write(|tx, ctx| user::set_email(tx, ctx, "anna", &Email::parse(BERND_MAIL).unwrap()));
    assert_eq!(find(&world, &token).unwrap_err(), Code::InvalidToken);
    assert_eq!(unlock(&world, &token).unwrap_err(), Code::InvalidToken);
});

on_both!(the_secret_of_another_link_unlocks_nothing_and_this_one_recovers_nothing, |test| {
    let world = locking(test);
    world.work();
    lock(&world, ANNA_MAIL);
    let token = token(&world.only());
    let recovery = world.recovery(ANNA_MAIL);
    assert_eq!(unlock(&world, &Secret::new(recovery.secret.as_str())).unwrap_err(), Code::InvalidToken);
    for user in ["anna", ""] {
        let secret = token.expose().to_owned();
        let forged = Link { user: user.to_owned(), secret, expire: String::new() };
        assert_eq!(world.find_recovery(&forged).unwrap_err(), Code::InvalidToken);
        assert_eq!(world.follow(&forged).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(unlock(&world.of_project("p2"), &token).unwrap_err(), Code::InvalidToken);
    unlock(&world, &token).unwrap();
});

on_both!(where_no_page_takes_links_the_owner_is_told_in_words, |test| {
    let world = locking(test);
    world.work();
    for by in [ANNA_MAIL, BERND_MAIL] {
        for _ in 0..3 {
            world.guess_password(by, None).unwrap();
        }
    }
    assert_eq!(world.notices(), [("password-locked".to_owned(), ANNA_MAIL.to_owned())]);
    let nobody = world.outbox().into_iter().find(|one| one.state == "refused").unwrap();
    assert_eq!(nobody.purpose, "password-locked");
});

on_both!(without_a_policy_the_hundredth_wrong_password_in_a_row_is_told_and_no_later_one, |test| {
    let mut world = locking(test);
    world.set(&json!({"auth": {"lockout": {"enabled": false}}}));
    world.work();
    for n in 1..guess::FAILURES {
        guess(&world, ANNA_MAIL).unwrap();
        assert_eq!(world.notices(), [], "{n}");
    }
    guess(&world, ANNA_MAIL).unwrap();
    assert_eq!(world.notices(), [("password-locked".to_owned(), ANNA_MAIL.to_owned())]);
    // Where she signed in before, guessing goes on.
    world.ctx.address = crate::base::testing::ctx().address;
    guess(&world, ANNA_MAIL).unwrap();
    assert_eq!((world.notices(), world.value::<i64>(MAILS)), (vec![], 0));
});

on_both!(whoever_is_told_enough_in_a_day_is_told_no_more_of_locks, |test| {
    let world = locking(test);
    world.work();
    for n in 0..22 {
        for _ in 0..3 {
            guess(&world, ANNA_MAIL).unwrap();
        }
        let mails = world.work();
        assert_eq!(mails.len(), usize::from(n < 20), "{n}");
        world.write(|tx, ctx| account::unlock(tx, ctx, "anna"));
    }
});

on_both!(of_many_who_guess_at_once_by_address_and_number_one_locks, |test| {
    let crowd = crowded(test, &json!({"auth": {"lockout": {"maxAttempts": 20}}}));
    let mut world = locking(test);
    world.work();
    (world.db, world.project) = (crowd.db.clone(), crowd.project.clone());
    let known: Vec<(&str, Known)> =
        [ANNA, ANNA_MAIL].into_iter().map(|by| (by, world.find_known(by).unwrap())).collect();
    let page = page();
    let tasks = (0..40).map(|n| {
        let (by, known) = &known[n % 2];
        world.guessing(known, by, Some(&page))
    });
    assert!(together(tasks.collect()).iter().all(Result::is_ok));
    assert_eq!((world.value::<i64>(MAILS), world.work().len(), deadlocks(&world)), (1, 1, 0));
});
