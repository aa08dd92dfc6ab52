//! Accounts with an address and a password, and what changes about them.

use serde_json::json;

use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Person, Row, World};
use crate::base::{Code, Email, Phone, Secret, Target};
use crate::db::Kind;
use crate::on_both;
use crate::password;
use crate::signin::Terms;
use crate::signin::account::{self, Known, Shown};
use crate::user::{self, Proof};

/// Somebody who signed up with an address and proved it, in a session by his password.
fn proved(world: &World) -> Person {
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    world.verify_mail(&anna).unwrap();
    let link = world.posted();
    world.confirm_mail(None, &link.user, &link.secret).unwrap();
    anna
}

on_both!(a_sign_up_makes_an_account_that_proved_nothing_and_opens_no_session, |test| {
    let world = World::new(test);
    let user = world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    assert_eq!((user.id.as_str(), user.origin.as_str(), user.name.as_str()), ("anna", "sign-up", "Somebody"));
    assert_eq!((user.email_proof, user.proved_at, user.signed_in_at), (Proof::None, None, None));
    assert!(!user.pending && user.password_at == Some(world.ctx.now));
    assert_eq!(world.find_user("anna"), Some(user));
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM sessions"), 0);
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
    assert_eq!(world.sign_up(None, BERND_MAIL).unwrap().id.len(), 36);
});

on_both!(an_id_or_address_that_is_taken_is_refused_and_changes_nothing, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    world.user(Row::by_mail("keyed", BERND_MAIL, "vouched"));
    for (id, email) in
        [("anna", "new@example.com"), ("new", ANNA_MAIL), ("new", " ANNA@example.COM"), ("new", BERND_MAIL)]
    {
        assert_eq!(world.sign_up(Some(id), email).unwrap_err(), Code::UserExists, "{id} {email}");
    }
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM passwords"), 1);
    assert!(world.of_project("p2").sign_up(Some("anna"), ANNA_MAIL).is_ok());
});

on_both!(pending_accounts_give_way_to_a_sign_up, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.mail_code(ANNA_MAIL, "by-mail");
    assert_eq!(world.sign_up(Some("anna"), ANNA_MAIL).unwrap().id, "anna");
    assert_eq!((world.find_user("by-mail"), world.owner(ANNA)), (None, None));
    // The number is served as before, under another id.
    let user = world.finish("anna", &code).unwrap().user;
    assert_ne!(user.id, "anna");
    world.later(60);
    assert!(world.find_user("anna").unwrap().password_at.is_some());
});

on_both!(of_sixteen_who_sign_up_with_one_address_at_once_one_gets_it, |test| {
    let world = crowded(test, &json!({}));
    let tasks = (0..16).map(|n| {
        let World { db, ctx, project, .. } = world.clone();
        async move {
            let email = Email::parse(ANNA_MAIL).unwrap();
            let id = format!("u{n}");
            db.write(move |tx| {
                let new = account::SignUp { id: Some(&id), email: &email, name: "", hash: "a hash" };
                account::create(tx, &ctx, &project, new)
            })
            .await
        }
    });
    let answers = together(tasks.collect());
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| answer.as_ref().err().is_none_or(|error| error.code == Code::UserExists)));
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM passwords"), 1);
});

on_both!(nobody_signs_up_where_sign_up_is_off_or_the_project_is_full, |test| {
    let mut world = World::with(test, &json!({"auth": {"limit": 1}}));
    world.ask_and_get(ANNA, "pending");
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    assert_eq!(world.sign_up(Some("bernd"), BERND_MAIL).unwrap_err(), Code::UserLimitReached);
    world.set(&json!({"auth": {"signUp": false}}));
    assert_eq!(world.sign_up(Some("bernd"), BERND_MAIL).unwrap_err(), Code::SignUpDisabled);
    // Whether somebody is there is not told by it.
    assert_eq!(world.sign_up(Some("anna"), ANNA_MAIL).unwrap_err(), Code::SignUpDisabled);
});

on_both!(a_password_opens_a_session_by_an_address_verified_or_not, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let signed_in = world.sign_in_known(&world.known(ANNA_MAIL), None).unwrap();
    let session = signed_in.session;
    assert_eq!((session.provider.as_str(), session.provider_uid.as_str()), ("email", ANNA_MAIL));
    assert_eq!((session.factors, signed_in.user.signed_in_at), (vec!["password".into()], Some(world.ctx.now)));
    // It proves nothing about the address.
    assert_eq!(world.find_user("anna").unwrap().email_proof, Proof::None);
});

on_both!(nobody_signs_in_by_an_unknown_address_or_without_a_password_or_to_a_pending_account, |test| {
    let world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    world.mail_code(BERND_MAIL, "pending");
    for email in ["nobody@example.com", ANNA_MAIL, BERND_MAIL] {
        let known = world.known(email);
        assert_eq!(known.stored, None);
        assert_eq!(world.sign_in_known(&known, None).unwrap_err(), Code::InvalidCredentials, "{email}");
    }
    assert_eq!(world.sign_in_known(&Known::default(), None).unwrap_err(), Code::InvalidCredentials);
    assert!(world.known(BERND_MAIL).user.is_none());
});

on_both!(a_password_that_was_changed_while_it_was_checked_is_refused, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    let stale = world.known(ANNA_MAIL);
    world.new_password(&anna, "another").unwrap();
    assert_eq!(world.sign_in_known(&stale, None).unwrap_err(), Code::InvalidCredentials);
    assert_eq!(world.sign_in_known(&stale, Some("rehashed")).unwrap_err(), Code::InvalidCredentials);
    assert_eq!(world.password_of("anna").as_deref(), Some("another"));
    assert!(world.sign_in_known(&world.known(ANNA_MAIL), None).is_ok());
});

on_both!(an_account_that_was_deleted_while_its_password_was_checked_is_refused_as_any_unknown_one, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let stale = world.known(ANNA_MAIL);
    world.tamper("DELETE FROM users");
    assert_eq!(world.sign_in_known(&stale, None).unwrap_err(), Code::InvalidCredentials);
    world.tamper("DELETE FROM passwords");
    assert_eq!(world.sign_in_known(&stale, None).unwrap_err(), Code::InvalidCredentials);
});

on_both!(a_blocked_account_is_told_so_after_its_password, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.sign_in_known(&world.known(ANNA_MAIL), None).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM sessions"), 0);
});

on_both!(a_rehashed_password_stays_the_same_password, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let (before, anna) = (world.known(ANNA_MAIL), world.enter_by_password(ANNA_MAIL));
    world.sign_in_known(&before, Some("a dearer hash")).unwrap();
    assert_eq!(world.password_of("anna").as_deref(), Some("a dearer hash"));
    assert_eq!(world.me(&anna).password_at, before.user.as_ref().unwrap().password_at);
    // Who checked the old hash at the same time is let in too.
    assert!(world.sign_in_known(&before, None).is_ok());
});

/// On SQLite there is one writer, so the question does not arise.
#[test]
fn no_session_of_the_old_password_survives_a_change_at_the_same_moment_on_postgres() {
    use std::sync::{Mutex, mpsc};
    let test = crate::db::testing::TestDb::new(Kind::Postgres);
    let world = World::new(&test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    let stale = world.known(ANNA_MAIL);
    let (changed, wait_for_change) = mpsc::channel();
    let (release, wait_for_release) = mpsc::channel::<()>();
    let wait_for_release = Mutex::new(wait_for_release);
    let changing = world.acting(&world.caller(&anna), move |tx, ctx, project, caller| {
        let stored = password::find(tx, ctx, &caller.user.id)?;
        let user = account::update_password(tx, ctx, project, caller, stored.as_ref(), "another")?;
        // The writes that nobody waits for go out with this one.
        tx.exec("UPDATE users SET name = name WHERE id = 'anna'", &[])?;
        changed.send(()).unwrap();
        wait_for_release.lock().unwrap().recv().unwrap();
        Ok(user)
    });
    let changing = std::thread::spawn(move || crate::db::testing::wait(changing).map(drop));
    wait_for_change.recv().unwrap();
    let thief = {
        let world = world.clone();
        std::thread::spawn(move || world.sign_in_known(&stale, None).map(drop))
    };
    std::thread::sleep(std::time::Duration::from_millis(300));
    release.send(()).unwrap();
    changing.join().unwrap().unwrap();
    assert_eq!(thief.join().unwrap(), Err(Code::InvalidCredentials));
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM sessions"), 1);
}

on_both!(a_password_forgives_a_hundred_wrong_guesses_at_codes, |test| {
    let mut world = World::new(test);
    let anna = proved(&world);
    world.add_phone(&anna, ANNA);
    world.later(60);
    world.mail_code(ANNA_MAIL, "f1");
    world.tamper("UPDATE targets SET failures = 100");
    world.later(60);
    assert_eq!((world.ask_and_get(ANNA, "f2").len(), world.mail_code(ANNA_MAIL, "f3").len()), (8, 8));
    world.enter_by_password(ANNA_MAIL);
    assert_eq!((world.failures(ANNA), world.failures(ANNA_MAIL)), (0, 0));
    world.later(180);
    assert_eq!(world.ask_and_get(ANNA, "f4").len(), 6);
});

on_both!(a_new_password_ends_the_other_sessions_only, |test| {
    let world = World::new(test);
    let anna = proved(&world);
    let others = [world.enter_by_password(ANNA_MAIL), world.enter_by_mail(ANNA_MAIL, "flow1")];
    let stranger = world.enter(BERND, "bernd");
    let user = world.new_password(&anna, "another").unwrap();
    assert!(user.password_at.is_some());
    assert_eq!(world.me(&anna), user);
    assert!(others.iter().all(|other| world.session(other).is_none()));
    assert!(world.session(&stranger).is_some());
    assert_eq!(world.notices(), [("password-changed".to_owned(), ANNA_MAIL.to_owned())]);
});

on_both!(of_two_new_passwords_at_once_one_is_stored, |test| {
    let world = crowded(test, &json!({}));
    let anna = proved(&world);
    let caller = world.caller(&anna);
    let known = world.known(ANNA_MAIL);
    let change = |hash: &'static str| {
        let known = known.clone();
        world.acting(&caller, move |tx, ctx, project, caller| {
            account::update_password(tx, ctx, project, caller, known.stored.as_ref(), hash)
        })
    };
    let answers = together(vec![change("one"), change("two"), change("three")]);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code == Code::InvalidCredentials));
});

on_both!(a_change_by_a_session_whose_account_was_blocked_or_deleted_meanwhile_is_refused, |test| {
    let world = World::new(test);
    let anna = proved(&world);
    let stale = world.caller(&anna);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    let change = |world: &World| {
        let change = world.acting(&stale, |tx, ctx, project, caller| {
            account::update_password(tx, ctx, project, caller, None, "a hash")
        });
        crate::db::testing::wait(change).unwrap_err().code
    };
    assert_eq!(change(&world), Code::UserBlocked);
    world.tamper("DELETE FROM users");
    assert_eq!(change(&world), Code::UserNotFound);
});

on_both!(whoever_has_no_password_gives_his_first_with_an_address_or_a_number, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let user = world.move_mail(&anna, ANNA_MAIL).unwrap();
    assert_eq!((user.email.unwrap().as_str(), user.password_at), (ANNA_MAIL, Some(world.ctx.now)));
    assert_eq!(world.password_of("anna").as_deref(), Some("his first hash"));
    assert!(world.sign_in_known(&world.known(ANNA_MAIL), None).is_ok());
    let guest = world.enter_as_guest();
    assert!(world.claim(&guest, BERND).unwrap().password_at.is_some());
    // Nobody gives a first one twice.
    let (email, phone) = (Email::parse(BERND_MAIL).unwrap(), Phone::parse(BERND, None).unwrap());
    let again = world.act(&anna, move |tx, ctx, project, caller| {
        account::update_email(tx, ctx, project, caller, Shown::First("a second first"), &email)
    });
    assert_eq!(again.unwrap_err(), Code::InvalidCredentials);
    let again = world.act(&anna, move |tx, ctx, project, caller| {
        account::update_phone(tx, ctx, project, caller, Shown::First("a second first"), &phone)
    });
    assert_eq!(again.unwrap_err(), Code::InvalidCredentials);
    let user = world.me(&anna);
    assert_eq!((user.email.unwrap().as_str(), user.phone_claim), (ANNA_MAIL, None));
});

on_both!(a_stale_password_changes_neither_address_nor_number, |test| {
    let world = World::new(test);
    let anna = proved(&world);
    let stale = world.known(ANNA_MAIL).stored.unwrap();
    world.new_password(&anna, "another").unwrap();
    let (email, known) = (Email::parse(BERND_MAIL).unwrap(), stale.clone());
    let by_mail = world.act(&anna, move |tx, ctx, project, caller| {
        account::update_email(tx, ctx, project, caller, Shown::Password(&known), &email)
    });
    let phone = Phone::parse(ANNA, None).unwrap();
    let by_phone = world.act(&anna, move |tx, ctx, project, caller| {
        account::update_phone(tx, ctx, project, caller, Shown::Password(&stale), &phone)
    });
    assert_eq!((by_mail.unwrap_err(), by_phone.unwrap_err()), (Code::InvalidCredentials, Code::InvalidCredentials));
    let user = world.me(&anna);
    assert_eq!((user.email.unwrap().as_str(), user.email_proof, user.phone_claim), (ANNA_MAIL, Proof::Code, None));
});

on_both!(a_new_address_is_not_verified_and_the_old_verified_one_is_told, |test| {
    let world = World::new(test);
    let anna = proved(&world);
    let user = world.move_mail(&anna, BERND_MAIL).unwrap();
    assert_eq!((user.email.as_ref().unwrap().as_str(), user.email_proof), (BERND_MAIL, Proof::None));
    assert_eq!(world.notices(), [("email-changed".to_owned(), ANNA_MAIL.to_owned())]);
    // The one that was not verified hears nothing.
    world.move_mail(&anna, "third@example.com").unwrap();
    assert_eq!(world.notices(), []);
    assert_eq!(world.known(ANNA_MAIL).user, None);
    assert_eq!(world.known("third@example.com").user.unwrap().id, "anna");
});

on_both!(the_same_address_again_changes_nothing, |test| {
    let world = World::new(test);
    let anna = proved(&world);
    assert_eq!(world.move_mail(&anna, " Anna@EXAMPLE.com").unwrap().email_proof, Proof::Code);
    assert_eq!(world.notices(), []);
});

on_both!(an_address_of_another_account_is_refused_verified_or_not, |test| {
    let world = World::new(test);
    let anna = proved(&world);
    world.sign_up(Some("bernd"), BERND_MAIL).unwrap();
    assert_eq!(world.move_mail(&anna, BERND_MAIL).unwrap_err(), Code::EmailTaken);
    assert_eq!(world.me(&anna).email.unwrap().as_str(), ANNA_MAIL);
    assert_eq!(world.notices(), []);
    // A pending one holds nothing.
    world.mail_code("pending@example.com", "pending");
    assert!(world.move_mail(&anna, "pending@example.com").is_ok());
    assert_eq!(world.find_user("pending"), None);
});

on_both!(of_users_who_take_one_address_at_once_one_gets_it_and_the_others_are_told_so, |test| {
    let world = crowded(test, &json!({}));
    let callers: Vec<_> = (0..6)
        .map(|n| {
            let who = world.enter(&format!("+4917012345{n:02}"), &format!("u{n}"));
            world.caller(&who)
        })
        .collect();
    let tasks = callers.iter().map(|caller| {
        let email = Email::parse(ANNA_MAIL).unwrap();
        world.acting(caller, move |tx, ctx, project, caller| {
            account::update_email(tx, ctx, project, caller, Shown::First("a hash"), &email)
        })
    });
    let answers = together(tasks.collect());
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!(error.code, Code::EmailTaken);
    }
});

on_both!(a_named_number_is_a_claim_and_the_old_one_keeps_signing_in_until_it_is_proved, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let user = world.claim(&anna, BERND).unwrap();
    assert_eq!((user.shown_phone().unwrap().as_e164(), user.is_phone_verified()), (BERND, false));
    assert_eq!(user.verified_phone().unwrap().as_e164(), ANNA);
    assert_eq!((world.notices(), world.owner(BERND)), (vec![], None));
    world.later(60);
    world.enter(ANNA, "flow2");
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.confirm_phone(&anna, &code).unwrap();
    let user = world.me(&anna);
    assert_eq!((user.phone.as_ref().unwrap().as_e164(), user.is_phone_verified()), (BERND, true));
    assert_eq!(world.notices(), [("phone-changed".to_owned(), ANNA.to_owned())]);
    // The old number is nobody's now.
    assert_eq!(world.owner(ANNA), None);
    assert_eq!(world.sign_in(ANNA, "somebody").id, "somebody");
});

on_both!(naming_the_old_number_again_drops_the_claim, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.claim(&anna, BERND).unwrap();
    let user = world.claim(&anna, ANNA).unwrap();
    assert_eq!((user.phone_claim.as_ref(), user.is_phone_verified()), (None, true));
});

on_both!(many_may_claim_one_number_and_nobody_learns_that_it_is_taken, |test| {
    let world = World::new(test);
    world.enter(ANNA, "owner");
    for id in ["c1", "c2"] {
        let who = world.enter_by_mail(&format!("{id}@example.com"), id);
        assert_eq!(world.claim(&who, ANNA).unwrap().shown_phone().unwrap().as_e164(), ANNA);
    }
    assert_eq!(world.owner(ANNA).unwrap().id, "owner");
});

/// Guesses a wrong password, where no page takes over from links.
fn guess(world: &World, by: &str) -> Result<(), Code> {
    world.guess_password(by, None)
}

/// Signs in with the right password by an address or a number.
pub fn enter(world: &World, by: &str) -> Result<Secret, Code> {
    let (known, project, by) = (world.find_known(by)?, world.project.clone(), Target::from_stored(by.to_owned()));
    let terms = Terms::of(&project);
    world
        .try_write(move |tx, ctx| account::sign_in(tx, ctx, &project, &terms, &known, &by, None))
        .map(|signed_in| signed_in.secret)
        .map_err(|e| e.code)
}

/// A project that locks passwords after three tries, and Anna with an address and a number.
pub fn locking(test: &crate::db::testing::TestDb) -> World {
    let mut world = World::with(test, &json!({"auth": {"lockout": {"maxAttempts": 3}}}));
    let anna = proved(&world);
    world.add_phone(&anna, ANNA);
    world.later(300);
    // Whoever comes from elsewhere than where she signed in.
    world.from("203.0.113.9")
}

on_both!(wrong_passwords_in_a_row_lock_the_accounts_whatever_it_is_named_by, |test| {
    let world = locking(test);
    for by in [ANNA_MAIL, ANNA, ANNA_MAIL] {
        assert_eq!(guess(&world, by), Ok(()));
    }
    for by in [ANNA_MAIL, ANNA] {
        assert_eq!(guess(&world, by), Err(Code::AccountLocked), "{by}");
        assert_eq!(enter(&world, by).unwrap_err(), Code::AccountLocked, "the right one is not told from a wrong one");
    }
});

on_both!(nobodys_password_is_locked_as_somebodys_is, |test| {
    let world = locking(test);
    for _ in 0..3 {
        assert_eq!(guess(&world, BERND_MAIL), Ok(()));
    }
    assert_eq!(guess(&world, BERND_MAIL), Err(Code::AccountLocked));
});

on_both!(a_right_password_ends_the_row_of_wrong_ones, |test| {
    let world = locking(test);
    for _ in 0..5 {
        guess(&world, ANNA_MAIL).unwrap();
        guess(&world, ANNA).unwrap();
        enter(&world, ANNA_MAIL).unwrap();
    }
});

on_both!(where_she_signed_in_before_a_locked_password_still_works, |test| {
    let mut world = locking(test);
    for _ in 0..3 {
        guess(&world, ANNA_MAIL).unwrap();
    }
    assert_eq!(enter(&world, ANNA_MAIL).unwrap_err(), Code::AccountLocked);
    world.ctx.address = crate::base::testing::ctx().address;
    assert!(enter(&world, ANNA_MAIL).is_ok());
});

on_both!(a_locked_password_is_unlocked_by_a_code_a_recovery_or_a_server, |test| {
    let mut world = locking(test);
    let lock = |world: &World| {
        for _ in 0..3 {
            guess(world, ANNA_MAIL).unwrap();
        }
        assert_eq!(enter(world, ANNA_MAIL).unwrap_err(), Code::AccountLocked);
    };
    lock(&world);
    let code = world.ask_and_get(ANNA, "flow1");
    world.finish("flow1", &code).unwrap();
    assert!(enter(&world, ANNA_MAIL).is_ok());
    world.ctx.address = "100.64.1.7".parse().ok();
    world.later(300);
    lock(&world);
    let link = world.recovery(ANNA_MAIL);
    world.recover(&link, "another hash").unwrap();
    assert!(enter(&world, ANNA_MAIL).is_ok());
    world.ctx.address = "100.64.2.7".parse().ok();
    lock(&world);
    world.write(|tx, ctx| account::unlock(tx, ctx, "anna"));
    assert!(enter(&world, ANNA).is_ok());
    assert_eq!(world.try_write(|tx, ctx| account::unlock(tx, ctx, "who")).unwrap_err().code, Code::UserNotFound);
});

on_both!(who_guesses_all_at_once_does_not_get_past_the_lock, |test| {
    let world = locking(test);
    let known = world.known(ANNA_MAIL);
    for _ in 0..3 {
        guess(&world, ANNA_MAIL).unwrap();
    }
    // The right one was read before the wrong ones were counted.
    assert_eq!(world.sign_in_known(&known, None).unwrap_err(), Code::AccountLocked);
});

on_both!(without_a_policy_or_with_one_that_is_off_a_hundred_may_be_wrong, |test| {
    let mut world = locking(test);
    for patch in [json!({"auth": {"lockout": {"enabled": false}}}), json!({"auth": {"lockout": null}})] {
        world.set(&patch);
        for _ in 0..99 {
            guess(&world, ANNA_MAIL).unwrap();
        }
        assert!(enter(&world, ANNA_MAIL).is_ok());
        world.ctx.address = "100.64.2.7".parse().ok();
    }
});
