//! Whose account a proof signs in to, when the address or number there was only claimed.

use std::future::Future;
use std::pin::Pin;

use serde_json::json;

use super::race::{crowded, deadlocks, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Person, Row, World, app_code};
use crate::base::Code;
use crate::on_both;
use crate::signin::{Factor, account};
use crate::user::{self, Proof};

/// An account with everything that somebody can set up without proving anything; gives a session of it.
fn squat(world: &World, email: &str) -> Person {
    world.sign_up(Some("squatted"), email).unwrap();
    let squatter = world.enter_by_password(email);
    world.app(&squatter);
    world.codes(&squatter).unwrap();
    world.claim(&squatter, BERND).unwrap();
    world.set_mfa(&squatter, true).unwrap();
    let prefs = json!({"theme": "dark"}).as_object().unwrap().clone();
    world.write(move |tx, ctx| user::update_prefs(tx, ctx, "squatted", &prefs));
    squatter
}

/// Nothing of what was set up is left.
fn is_clean(world: &World, id: &str) -> bool {
    const LEFT: [&str; 4] = [
        "SELECT COUNT(*) FROM passwords",
        "SELECT COUNT(*) FROM authenticators",
        "SELECT COUNT(*) FROM recovery_sets",
        "SELECT COUNT(*) FROM recovery_codes",
    ];
    let user = world.find_user(id).unwrap();
    let row =
        (user.name.as_str(), user.prefs.as_str(), user.mfa, user.totp, user.password_at, user.phone_claim, user.phone);
    row == ("", "{}", false, false, None, None, None) && LEFT.iter().all(|sql| world.value::<i64>(sql) == 0)
}

on_both!(a_code_to_the_address_of_an_account_that_never_proved_anything_wipes_it, |test| {
    let world = World::new(test);
    let squatter = squat(&world, ANNA_MAIL);
    let code = world.mail_code(ANNA_MAIL, "flow1");
    let signed_in = world.finish("flow1", &code).unwrap();
    assert_eq!((signed_in.user.id.as_str(), signed_in.user.email_proof), ("squatted", Proof::Code));
    assert!(is_clean(&world, "squatted"));
    assert_eq!(world.session(&squatter), None);
    assert!(world.is_let_in(&signed_in.secret));
    assert_eq!(world.known(ANNA_MAIL).stored, None);
});

on_both!(a_link_to_the_address_of_an_account_that_never_proved_anything_wipes_it, |test| {
    let world = World::new(test);
    let squatter = squat(&world, ANNA_MAIL);
    let signed_in = world.follow(&world.link(ANNA_MAIL, "flow1")).unwrap();
    assert_eq!(signed_in.user.id, "squatted");
    assert!(is_clean(&world, "squatted"));
    assert_eq!(world.session(&squatter), None);
});

on_both!(what_was_wiped_is_not_wiped_again_by_the_next_sign_in, |test| {
    let mut world = World::new(test);
    squat(&world, ANNA_MAIL);
    world.enter_by_mail(ANNA_MAIL, "flow1");
    let owner = world.enter_by_mail(ANNA_MAIL, "flow2");
    world.new_password(&owner, "his own").unwrap();
    world.app(&owner);
    world.later(30);
    world.enter_by_mail(ANNA_MAIL, "flow3");
    assert_eq!(world.password_of("squatted").as_deref(), Some("his own"));
    assert!(world.me(&owner).totp);
});

on_both!(in_a_session_of_the_account_itself_nothing_is_wiped, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    let own = world.seen_by(&anna);
    let code = own.mail_code(ANNA_MAIL, "flow1");
    let user = own.finish("flow1", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.name.as_str(), user.email_proof), ("anna", "Somebody", Proof::Code));
    assert!(world.password_of("anna").is_some() && world.session(&anna).is_some());
});

on_both!(a_session_of_another_account_does_not_save_what_was_set_up, |test| {
    let world = World::new(test);
    squat(&world, ANNA_MAIL);
    let other = world.enter_as_guest();
    let code = world.mail_code(ANNA_MAIL, "flow1");
    assert_eq!(world.seen_by(&other).finish("flow1", &code).unwrap().user.id, "squatted");
    assert!(is_clean(&world, "squatted"));
});

on_both!(an_account_that_proved_a_number_loses_an_address_that_it_only_claimed, |test| {
    let world = World::new(test);
    let claimer = world.enter(ANNA, "claimer");
    world.move_mail(&claimer, BERND_MAIL).unwrap();
    let signed_in = world.follow(&world.link(BERND_MAIL, "owner")).unwrap();
    assert_eq!((signed_in.user.id.as_str(), signed_in.user.name.as_str()), ("owner", ""));
    let claimer = world.me(&claimer);
    assert_eq!((claimer.verified_phone().unwrap().as_e164(), &claimer.email), (ANNA, &None));
    assert!(claimer.password_at.is_some());
    // He is told at what he proved.
    assert_eq!(world.notices(), [("claim-removed".to_owned(), ANNA.to_owned())]);
});

on_both!(an_account_whose_number_a_key_set_loses_an_address_that_nobody_proved, |test| {
    let world = World::new(test);
    world.user(Row { email: Some(ANNA_MAIL), ..Row::by_key("keyed", ANNA) });
    let code = world.mail_code(ANNA_MAIL, "owner");
    assert_eq!(world.finish("owner", &code).unwrap().user.id, "owner");
    assert_eq!(world.find_user("keyed").unwrap().email, None);
    assert_eq!(world.notices(), []);
});

on_both!(with_sign_up_off_nobody_loses_an_address_for_an_account_that_may_not_be_made, |test| {
    let mut world = World::new(test);
    let claimer = world.enter(ANNA, "claimer");
    world.move_mail(&claimer, BERND_MAIL).unwrap();
    let code = world.mail_code(BERND_MAIL, "owner");
    world.set(&json!({"auth": {"signUp": false}}));
    assert_eq!(world.finish("owner", &code).unwrap_err(), Code::SignUpDisabled);
    assert_eq!(world.me(&claimer).email.unwrap().as_str(), BERND_MAIL);
    assert_eq!(world.notices(), []);
});

on_both!(an_address_that_a_key_set_signs_in_and_nothing_is_wiped, |test| {
    let world = World::new(test);
    for proof in ["set", "vouched", "code"] {
        let world = world.of_project(proof);
        world.user(Row::by_mail("keyed", ANNA_MAIL, proof));
        let code = world.mail_code(ANNA_MAIL, "flow1");
        let user = world.finish("flow1", &code).unwrap().user;
        assert_eq!((user.id.as_str(), user.name.as_str(), user.email_proof), ("keyed", "Somebody", Proof::Code));
        assert_eq!(user.prefs, "{\"theme\":\"dark\"}");
    }
});

on_both!(an_account_that_changed_a_proved_address_for_another_loses_that_to_its_owner, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.move_mail(&anna, BERND_MAIL).unwrap();
    let code = world.mail_code(BERND_MAIL, "owner");
    assert_eq!(world.finish("owner", &code).unwrap().user.id, "owner");
    let user = world.me(&anna);
    assert_eq!((user.id.as_str(), user.email), ("anna", None));
});

on_both!(a_real_code_takes_a_number_from_an_account_that_has_it_by_a_mock_code_and_a_proved_address, |test| {
    let mut world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    let tester = world.enter_by_mail(BERND_MAIL, "tester");
    world.claim(&tester, ANNA).unwrap();
    world.verify_phone(&tester).unwrap();
    world.work();
    world.confirm_phone(&tester, "123456").unwrap();
    assert_eq!(world.me(&tester).phone_proof, Proof::Mock);
    drop(world.notices());
    world.set(&json!({"auth": {"mockNumbers": []}}));
    world.later(60);
    let code = world.ask_and_get(ANNA, "owner");
    assert_eq!(world.finish("owner", &code).unwrap().user.id, "owner");
    assert_eq!((world.me(&tester).phone, world.me(&tester).email_proof), (None, Proof::Code));
    assert_eq!(world.notices(), [("claim-removed".to_owned(), BERND_MAIL.to_owned())]);
});

on_both!(a_mock_code_counts_as_a_proof_beside_an_address, |test| {
    let world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.ask(ANNA, "tester");
    world.work();
    let tester = world.finish("tester", "123456").unwrap().secret;
    world.move_mail(&tester, BERND_MAIL).unwrap();
    let code = world.mail_code(BERND_MAIL, "owner");
    assert_eq!(world.finish("owner", &code).unwrap().user.id, "owner");
    // He loses the address, not his account. Nobody real reads what would go to the number.
    assert_eq!((world.me(&tester).id.as_str(), world.me(&tester).email), ("tester", None));
    assert_eq!(world.notices(), []);
});

on_both!(a_blocked_account_stays_blocked_whatever_proves_itself, |test| {
    let world = World::new(test);
    let anna = squat(&world, ANNA_MAIL);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "squatted", true));
    let code = world.mail_code(ANNA_MAIL, "flow1");
    let link = world.link(ANNA_MAIL, "flow2");
    assert_eq!(world.finish("flow1", &code).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.follow(&link).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.seen_by(&anna).finish("flow1", &code).unwrap_err(), Code::UserBlocked);
    assert!(world.find_user("squatted").unwrap().blocked);
    assert!(world.password_of("squatted").is_some());
});

on_both!(the_owner_of_a_claimed_number_gets_an_account_of_his_own_and_the_claimer_is_told, |test| {
    let world = World::new(test);
    let claimer = world.enter_by_mail(ANNA_MAIL, "claimer");
    world.claim(&claimer, ANNA).unwrap();
    let code = world.ask_and_get(ANNA, "owner");
    assert_eq!(world.finish("owner", &code).unwrap().user.id, "owner");
    assert_eq!(world.me(&claimer).phone_claim, None);
    assert_eq!(world.notices(), [("claim-removed".to_owned(), ANNA_MAIL.to_owned())]);
});

on_both!(everybody_who_claims_a_number_loses_the_claim_to_its_owner, |test| {
    let world = World::new(test);
    let claimers = ["c1", "c2", "c3"].map(|id| {
        let who = world.enter_by_mail(&format!("{id}@example.com"), id);
        world.claim(&who, ANNA).unwrap();
        who
    });
    world.enter(ANNA, "owner");
    assert!(claimers.iter().all(|who| world.me(who).phone_claim.is_none()));
    assert_eq!(world.notices().len(), 3);
});

on_both!(a_deleted_accounts_address_signs_up_again_with_nothing_of_the_old_one, |test| {
    let world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    let code = world.mail_code(ANNA_MAIL, "flow2");
    world.tamper("DELETE FROM sessions");
    world.tamper("DELETE FROM users");
    let user = world.finish("flow2", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.name.as_str(), user.proved_at), ("flow2", "", Some(world.ctx.now)));
});

on_both!(a_sign_up_while_a_code_is_out_is_wiped_by_the_code, |test| {
    let world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "flow1");
    world.sign_up(Some("stranger"), ANNA_MAIL).unwrap();
    let user = world.finish("flow1", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.name.as_str()), ("stranger", ""));
    assert_eq!(world.password_of("stranger"), None);
});

on_both!(
    of_all_ways_to_prove_an_address_at_once_none_leaves_what_was_set_up_and_none_takes_the_owners_password,
    |test| {
        let all = crowded(test, &json!({}));
        for round in 0..5 {
            let world = all.of_project(&format!("r{round}"));
            let squatter = squat(&world, ANNA_MAIL);
            let code = world.mail_code(ANNA_MAIL, "flow1");
            let link = world.link(ANNA_MAIL, "flow2");
            let recovery = world.recovery(ANNA_MAIL);
            let signing_in = [world.finishing("flow1", &code), world.finishing(&link.user, &link.secret)];
            let recovering = world.recovering(&recovery, "the owner's hash");
            let mut tasks: Vec<Pin<Box<dyn Future<Output = bool> + Send>>> = Vec::new();
            for one in signing_in {
                tasks.push(Box::pin(async move { matches!(one.await, Ok(Ok(_))) }));
            }
            tasks.push(Box::pin(async move { matches!(recovering.await, Ok(Ok(_))) }));
            assert_eq!(together(tasks), [true; 3]);
            assert_eq!(world.session(&squatter), None);
            let user = world.find_user("squatted").unwrap();
            assert_eq!((user.name.as_str(), user.mfa, user.totp, user.email_proof), ("", false, false, Proof::Code));
            assert_eq!(world.password_of("squatted").as_deref(), Some("the owner's hash"));
        }
        assert_eq!(deadlocks(&all), 0);
    }
);

on_both!(whatever_happens_to_one_account_at_once_nothing_waits_for_itself, |test| {
    let all = crowded(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}}));
    for round in 0..5 {
        let mut world = all.of_project(&format!("r{round}"));
        let anna = world.enter_by_mail(ANNA_MAIL, "anna");
        world.add_phone(&anna, ANNA);
        let seed = world.app(&anna);
        world.new_password(&anna, "a hash").unwrap();
        world.later(60);
        drop(world.work());
        let others = ["f1", "f2"].map(|flow| world.enter(ANNA, flow));
        world.tamper("UPDATE targets SET failures = 100");
        let by_phone = world.ask_and_get(ANNA, "f3");
        let by_mail = world.mail_code(ANNA_MAIL, "f4");
        let link = world.link(ANNA_MAIL, "f5");
        let app = world.challenge(&others[0], Factor::Totp).unwrap();
        let phone = world.challenge(&others[1], Factor::Phone).unwrap();
        let sent = world.code();
        let caller = world.caller(&anna);
        let known = world.known(ANNA_MAIL);
        let mut tasks: Vec<Pin<Box<dyn Future<Output = Option<Code>> + Send>>> = Vec::new();
        let signing_in = [("f3", &by_phone), ("f4", &by_mail), (link.user.as_str(), &link.secret)]
            .map(|(h, s)| world.finishing(h, s));
        for one in signing_in {
            tasks.push(Box::pin(async move { one.await.err().map(|e| e.code) }));
        }
        let answering = [
            world.answering(&others[0], &app, &app_code(&seed, world.ctx.now)),
            world.answering(&others[1], &phone, &sent),
        ];
        for one in answering {
            tasks.push(Box::pin(async move { one.await.err().map(|e| e.code) }));
        }
        let password = world.acting(&caller, move |tx, ctx, project, caller| {
            account::update_password(tx, ctx, project, caller, known.stored.as_ref(), "another hash")
        });
        tasks.push(Box::pin(async move { password.await.err().map(|e| e.code) }));
        let asking = world.starting(world.request(ANNA, None));
        tasks.push(Box::pin(async move { asking.await.err().map(|e| e.code) }));
        // Whoever's session was ended by the new password is told so; nobody meets a failure of the store.
        for refused in together(tasks).into_iter().flatten() {
            assert_eq!(refused, Code::SessionNotFound);
        }
    }
    assert_eq!(deadlocks(&all), 0);
});
