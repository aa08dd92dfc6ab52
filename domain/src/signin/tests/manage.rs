//! What a customer's own server does to accounts.

use std::pin::Pin;

use serde_json::json;

use super::race::{crowded, deadlocks, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, CLARA, Row, World};
use crate::base::{Actor, Code, Ctx, Email, Phone, Result, Target};
use crate::db::Tx;
use crate::on_both;
use crate::project::Project;
use crate::signin::account::Password;
use crate::signin::manage::{self, Change, NewUser, Set};
use crate::signin::{self, Factor, SignedIn, custom};
use crate::user::{Proof, User};
use crate::verification::Dialect;

fn phone(text: &str) -> Phone {
    Phone::parse(text, None).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// Runs `work` as an API key has it done.
pub(super) fn by_key<T: Send + 'static>(
    world: &World,
    work: impl Fn(&mut Tx<'_>, &Ctx, &Project) -> Result<T> + Send + 'static,
) -> Result<T, Code> {
    let mut world = world.clone();
    world.ctx = Ctx { actor: Actor::Key("k1".to_owned()), ..world.ctx };
    let project = world.project.clone();
    world.try_write(move |tx, ctx| work(tx, ctx, &project)).map_err(|e| e.code)
}

/// An account with all there is.
fn anna() -> NewUser {
    NewUser {
        id: Some("anna".to_owned()),
        email: Some(email(ANNA_MAIL)),
        phone: Some(phone(ANNA)),
        name: "Anna".to_owned(),
    }
}

fn create(world: &World, new: NewUser) -> Result<User, Code> {
    let password = Password::Own("the first hash".to_owned());
    by_key(world, move |tx, ctx, project| manage::create(tx, ctx, project, &new, Some(&password)))
}

fn set_email(world: &World, id: &'static str, to: Option<&str>) -> Result<User, Code> {
    let to = to.map(email);
    by_key(world, move |tx, ctx, _| manage::update_email(tx, ctx, id, to.as_ref()))
}

fn set_phone(world: &World, id: &'static str, to: Option<&str>) -> Result<User, Code> {
    let to = to.map(phone);
    by_key(world, move |tx, ctx, _| manage::update_phone(tx, ctx, id, to.as_ref()))
}

fn set_password(world: &World, id: &'static str, hash: Option<&'static str>) -> Result<User, Code> {
    let new = hash.map(|hash| Password::Own(hash.to_owned()));
    by_key(world, move |tx, ctx, project| manage::update_password(tx, ctx, project, id, new.as_ref()))
}

fn verify_email(world: &World, id: &'static str, verified: bool) -> Result<User, Code> {
    by_key(world, move |tx, ctx, _| manage::verify_email(tx, ctx, id, verified))
}

fn verify_phone(world: &World, id: &'static str, verified: bool) -> Result<User, Code> {
    by_key(world, move |tx, ctx, _| manage::verify_phone(tx, ctx, id, verified))
}

fn open(world: &World, id: &'static str) -> Result<SignedIn, Code> {
    by_key(world, move |tx, ctx, project| manage::create_session(tx, ctx, project, id))
}

fn delete(world: &World, id: &'static str) -> Result<(), Code> {
    by_key(world, move |tx, ctx, _| manage::delete(tx, ctx, id))
}

on_both!(a_server_makes_an_account_of_whatever_it_knows, |test| {
    let world = World::new(test);
    let user = create(&world, anna()).unwrap();
    assert_eq!((user.id.as_str(), user.origin.as_str(), user.name.as_str()), ("anna", "key", "Anna"));
    assert_eq!((user.email.clone(), user.phone.clone()), (Some(email(ANNA_MAIL)), Some(phone(ANNA))));
    assert_eq!((user.email_proof, user.phone_proof), (Proof::Set, Proof::Set));
    assert!(!user.is_email_verified() && !user.is_phone_verified() && !user.pending && !user.blocked);
    assert_eq!((user.password_at, user.signed_in_at, user.proved_at), (Some(world.ctx.now), None, None));
    assert_eq!(world.find_user("anna"), Some(user));
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
    let empty = by_key(&world, |tx, ctx, project| manage::create(tx, ctx, project, &NewUser::default(), None)).unwrap();
    assert_eq!((empty.id.len(), empty.email, empty.phone, empty.password_at), (36, None, None, None));
    assert_eq!((empty.email_proof, empty.phone_proof), (Proof::None, Proof::None));
});

on_both!(a_server_makes_accounts_where_people_cannot_sign_up, |test| {
    let world = World::with(test, &json!({"auth": {"signUp": false, "limit": 1}}));
    create(&world, anna()).unwrap();
    create(&world, NewUser { phone: Some(phone(BERND)), ..NewUser::default() }).unwrap();
});

on_both!(what_another_account_has_is_a_conflict_and_changes_nothing, |test| {
    let world = World::new(test);
    let before = create(&world, anna()).unwrap();
    let taken = [
        NewUser { id: Some("anna".to_owned()), ..NewUser::default() },
        NewUser { phone: Some(phone(ANNA)), ..NewUser::default() },
        NewUser { email: Some(email(ANNA_MAIL)), ..NewUser::default() },
        NewUser { id: Some("other".to_owned()), phone: Some(phone(ANNA)), email: Some(email(BERND_MAIL)), ..anna() },
    ];
    for new in taken {
        assert_eq!(create(&world, new.clone()).unwrap_err(), Code::UserExists, "{new:?}");
    }
    assert_eq!((world.value::<i64>("SELECT COUNT(*) FROM users"), world.find_user("anna")), (1, Some(before)));
    assert_eq!(world.mail_owner(BERND_MAIL), None);
    create(&world.of_project("p2"), anna()).unwrap();
});

on_both!(pending_accounts_give_way_to_a_servers_by_id_number_and_address, |test| {
    let world = World::new(test);
    world.ask_and_get(BERND, "anna");
    let code = world.ask_and_get(ANNA, "by-phone");
    world.mail_code(ANNA_MAIL, "by-mail");
    create(&world, anna()).unwrap();
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users"), 1);
    // The code that was out for the number signs in to the account that has it now, as it is.
    let user = world.finish("by-phone", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.phone_proof), ("anna", Proof::Code));
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
});

on_both!(a_number_or_address_that_a_server_set_signs_in_and_nothing_is_wiped, |test| {
    let world = World::new(test);
    create(&world, NewUser { id: Some("anna".to_owned()), ..NewUser::default() }).unwrap();
    set_phone(&world, "anna", Some(ANNA)).unwrap();
    let user = set_email(&world, "anna", Some(ANNA_MAIL)).unwrap();
    assert_eq!((user.email_proof, user.phone_proof), (Proof::Set, Proof::Set));
    let first = open(&world, "anna").unwrap().secret;
    let by_phone = world.enter(ANNA, "h1");
    let by_mail = world.enter_by_mail(ANNA_MAIL, "h2");
    for session in [&first, &by_phone, &by_mail] {
        assert_eq!(world.me(session).id, "anna");
    }
    let user = world.me(&first);
    assert_eq!((user.email_proof, user.phone_proof), (Proof::Code, Proof::Code));
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
});

on_both!(another_number_ends_the_sessions_and_the_same_one_changes_nothing, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let user = set_phone(&world, "anna", Some(ANNA)).unwrap();
    assert_eq!((user.phone_proof, world.me(&anna).id.as_str()), (Proof::Code, "anna"));
    let user = set_phone(&world, "anna", Some(BERND)).unwrap();
    assert_eq!((user.phone, user.phone_proof), (Some(phone(BERND)), Proof::Set));
    assert_eq!((world.session(&anna), world.owner(ANNA)), (None, None));
    assert_eq!(world.sign_in(BERND, "h1").id, "anna");
    assert_ne!(world.sign_in(ANNA, "h2").id, "anna", "the old number is free");
});

on_both!(a_number_that_is_taken_is_refused_and_one_that_is_only_pending_is_not, |test| {
    let world = World::new(test);
    world.enter(ANNA, "anna");
    world.enter(BERND, "bernd");
    assert_eq!(set_phone(&world, "anna", Some(BERND)).unwrap_err(), Code::PhoneTaken);
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
    world.ask_and_get(CLARA, "clara");
    set_phone(&world, "anna", Some(CLARA)).unwrap();
    assert_eq!((world.owner(CLARA).unwrap().id.as_str(), world.find_user("clara")), ("anna", None));
    assert_eq!(set_phone(&world, "nobody", Some("+4366412345678")).unwrap_err(), Code::UserNotFound);
});

on_both!(an_address_that_is_taken_is_refused_and_one_that_is_only_pending_is_not, |test| {
    let world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    world.sign_up(Some("bernd"), BERND_MAIL).unwrap();
    assert_eq!(set_email(&world, "anna", Some(BERND_MAIL)).unwrap_err(), Code::EmailTaken);
    world.mail_code("clara@example.net", "clara");
    let user = set_email(&world, "anna", Some("clara@example.net")).unwrap();
    assert_eq!((user.email_proof, world.find_user("clara"), world.mail_owner(ANNA_MAIL)), (Proof::Set, None, None));
    assert_eq!(set_email(&world, "nobody", Some("new@example.net")).unwrap_err(), Code::UserNotFound);
});

on_both!(number_and_address_can_be_taken_away, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.add_mail(&anna, ANNA_MAIL);
    world.claim(&anna, BERND).unwrap();
    let user = set_phone(&world, "anna", None).unwrap();
    assert_eq!((user.phone, user.phone_claim, user.phone_proof), (None, None, Proof::None));
    let user = set_email(&world, "anna", None).unwrap();
    assert_eq!((user.email, user.email_proof), (None, Proof::None));
    assert_eq!((world.owner(ANNA), world.mail_owner(ANNA_MAIL), world.session(&anna)), (None, None, None));
});

on_both!(a_server_says_what_is_verified, |test| {
    let world = World::new(test);
    create(&world, anna()).unwrap();
    for (verified, proof) in [(true, Proof::Vouched), (false, Proof::Set), (true, Proof::Vouched)] {
        let user = verify_email(&world, "anna", verified).unwrap();
        assert_eq!((user.email_proof, user.is_email_verified()), (proof, verified));
        let user = verify_phone(&world, "anna", verified).unwrap();
        assert_eq!((user.phone_proof, user.is_phone_verified()), (proof, verified));
    }
    world.user(Row { phone: None, proof: "none", ..Row::by_key("bare", "") });
    assert_eq!(verify_email(&world, "bare", true).unwrap_err(), Code::EmailNotFound);
    assert_eq!(verify_phone(&world, "bare", true).unwrap_err(), Code::PhoneNotFound);
    assert_eq!(verify_email(&world, "nobody", true).unwrap_err(), Code::UserNotFound);
    assert_eq!(verify_phone(&world, "nobody", true).unwrap_err(), Code::UserNotFound);
});

on_both!(whatever_is_said_not_to_be_verified_still_signs_in_and_is_not_wiped, |test| {
    let world = World::new(test);
    create(&world, anna()).unwrap();
    verify_phone(&world, "anna", true).unwrap();
    verify_phone(&world, "anna", false).unwrap();
    assert_eq!(world.sign_in(ANNA, "h1").id, "anna");
    assert_eq!(world.password_of("anna").as_deref(), Some("the first hash"));
});

on_both!(a_claim_that_a_server_verifies_becomes_the_number, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.claim(&anna, BERND).unwrap();
    assert_eq!(verify_phone(&world, "anna", false).unwrap().phone_claim, Some(phone(BERND)), "it is not verified yet");
    let user = verify_phone(&world, "anna", true).unwrap();
    assert_eq!((user.phone, user.phone_claim, user.phone_proof), (Some(phone(BERND)), None, Proof::Vouched));
    world.enter(CLARA, "clara");
    world.claim(&anna, CLARA).unwrap();
    assert_eq!(verify_phone(&world, "anna", true).unwrap_err(), Code::PhoneTaken);
});

on_both!(nobody_vouches_for_a_number_that_nobody_signed_in_with, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    assert_eq!(verify_phone(&world, "anna", true).unwrap_err(), Code::UserNotFound);
    assert!(world.find_user("anna").unwrap().pending);
    assert_eq!(world.finish("anna", &code).unwrap().user.phone_proof, Proof::Code);
});

on_both!(a_deleted_account_leaves_its_number_and_address_and_no_way_in, |test| {
    let world = World::new(test);
    create(&world, anna()).unwrap();
    let anna = open(&world, "anna").unwrap().secret;
    world.app(&anna);
    world.codes(&anna).unwrap();
    let code = world.ask_and_get(ANNA, "h1");
    world.mail_code(ANNA_MAIL, "h2");
    delete(&world, "anna").unwrap();
    assert_eq!((world.find_user("anna"), world.session(&anna)), (None, None));
    assert_eq!((world.owner(ANNA), world.mail_owner(ANNA_MAIL)), (None, None));
    for sql in [
        "SELECT COUNT(*) FROM sessions",
        "SELECT COUNT(*) FROM passwords",
        "SELECT COUNT(*) FROM authenticators",
        "SELECT COUNT(*) FROM recovery_codes",
    ] {
        assert_eq!(world.value::<i64>(sql), 0, "{sql}");
    }
    assert_eq!(world.finish("h1", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(delete(&world, "anna").unwrap_err(), Code::UserNotFound);
    // What was spent of the number's day stays spent.
    assert!(world.reserved(ANNA) > 0);
    let mut world = world;
    world.later(60);
    let next = world.sign_in(ANNA, "h3");
    assert_eq!((next.id.as_str(), next.password_at, next.email), ("h3", None, None));
});

on_both!(another_password_ends_the_sessions_and_the_recoveries_that_are_out, |test| {
    let world = World::new(test);
    create(&world, anna()).unwrap();
    verify_email(&world, "anna", true).unwrap();
    let anna = open(&world, "anna").unwrap().secret;
    let link = world.recovery(ANNA_MAIL);
    let user = set_password(&world, "anna", Some("another hash")).unwrap();
    assert_eq!((user.password_at, world.session(&anna)), (Some(world.ctx.now), None));
    assert_eq!(world.password_of("anna").as_deref(), Some("another hash"));
    assert_eq!(world.recover(&link, "a thief's hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.password_of("anna").as_deref(), Some("another hash"));
    assert_eq!(set_password(&world, "nobody", Some("a hash")).unwrap_err(), Code::UserNotFound);
});

on_both!(without_a_password_nobody_signs_in_by_one, |test| {
    let world = World::new(test);
    create(&world, anna()).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    let user = set_password(&world, "anna", None).unwrap();
    assert_eq!((user.password_at, world.password_of("anna"), world.session(&anna)), (None, None, None));
    assert_eq!(world.sign_in_known(&world.known(ANNA_MAIL), None).unwrap_err(), Code::InvalidCredentials);
    set_password(&world, "anna", Some("a later hash")).unwrap();
    assert_eq!(world.me(&world.enter_by_password(ANNA_MAIL)).id, "anna");
});

on_both!(a_session_that_a_server_opens_is_a_sign_in, |test| {
    let mut world = World::new(test);
    create(&world, anna()).unwrap();
    world.later(5);
    let opened = open(&world, "anna").unwrap();
    assert_eq!((opened.session.provider.as_str(), opened.session.factors), ("server", vec!["server".to_owned()]));
    assert_eq!(world.me(&opened.secret).signed_in_at, Some(world.ctx.now));
    // A pending account becomes a user's, as by a custom token.
    world.ask_and_get(BERND, "bernd");
    let bernd = world.me(&open(&world, "bernd").unwrap().secret);
    assert_eq!((bernd.pending, bernd.phone, bernd.phone_claim), (false, None, Some(phone(BERND))));
    by_key(&world, |tx, ctx, _| crate::user::set_blocked(tx, ctx, "anna", true)).unwrap();
    assert_eq!(open(&world, "anna").unwrap_err(), Code::UserBlocked);
    assert_eq!(open(&world, "nobody").unwrap_err(), Code::UserNotFound);
});

on_both!(a_token_is_for_the_newest_session_or_the_one_that_is_named, |test| {
    let mut world = World::new(test);
    create(&world, anna()).unwrap();
    let find = |world: &World, wanted: Option<&str>| {
        let wanted = wanted.map(str::to_owned);
        by_key(world, move |tx, ctx, _| manage::find_session_for_token(tx, ctx, "anna", wanted.as_deref()))
            .map(|session| session.map(|session| session.id))
    };
    assert_eq!(find(&world, None).unwrap(), None);
    let first = open(&world, "anna").unwrap().session.id;
    world.later(1);
    let second = open(&world, "anna").unwrap().session.id;
    assert_eq!(find(&world, None).unwrap(), Some(second));
    assert_eq!(find(&world, Some(&first)).unwrap(), Some(first));
    assert_eq!(find(&world, Some("none")).unwrap_err(), Code::SessionNotFound);
});

on_both!(a_server_switches_second_factors_and_takes_an_app_away, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.app(&anna);
    by_key(&world, |tx, ctx, _| manage::set_mfa(tx, ctx, "anna", true)).unwrap();
    assert!(world.me(&anna).mfa && world.me(&anna).totp);
    let codes = |again: bool| by_key(&world, move |tx, ctx, p| manage::make_codes(tx, ctx, p, "anna", again));
    assert_eq!(codes(true).unwrap_err(), Code::RecoveryCodesNotFound);
    assert_eq!(codes(false).unwrap().len(), 6);
    assert_eq!(codes(false).unwrap_err(), Code::RecoveryCodesExist);
    let made = codes(true).unwrap();
    // They work for the user.
    let challenge = world.challenge(&anna, Factor::RecoveryCode).unwrap();
    world.answer(&anna, &challenge, made[0].expose()).unwrap();
    by_key(&world, |tx, ctx, _| manage::delete_app(tx, ctx, "anna")).unwrap();
    assert!(!world.me(&anna).totp);
    assert_eq!(
        by_key(&world, |tx, ctx, _| manage::delete_app(tx, ctx, "anna")).unwrap_err(),
        Code::AuthenticatorNotFound
    );
});

on_both!(a_server_changes_many_things_at_once_or_nothing, |test| {
    let world = World::new(test);
    create(&world, anna()).unwrap();
    create(&world, NewUser { id: Some("bernd".into()), phone: Some(phone(BERND)), ..NewUser::default() }).unwrap();
    let change = |change: Change| by_key(&world, move |tx, ctx, p| manage::update(tx, ctx, p, "anna", &change));
    let all = Change {
        name: Some("Anna B.".into()),
        email: Set::To(email(BERND_MAIL)),
        email_verified: Some(true),
        phone: Set::To(phone(CLARA)),
        phone_verified: Some(true),
        password: Set::To(Password::Own("a hash".into())),
        blocked: Some(true),
        mfa: Some(true),
        mfa_bypass: Some(true),
        labels: Some(vec!["vip".into()]),
        prefs: json!({"a": 1}).as_object().cloned(),
        entries: vec![("b", Some("2".into()))],
        external_id: Set::To("crm-1".into()),
        vendor_metadata: Set::To("{}".into()),
    };
    let user = change(all.clone()).unwrap();
    assert_eq!((user.name.as_str(), user.email, user.phone), ("Anna B.", Some(email(BERND_MAIL)), Some(phone(CLARA))));
    assert_eq!((user.email_proof, user.phone_proof), (Proof::Vouched, Proof::Vouched));
    assert_eq!(
        (user.blocked, user.mfa, user.labels, user.prefs.as_str()),
        (true, true, vec!["vip".into()], r#"{"a":1,"b":"2"}"#)
    );
    assert!(user.password_at.is_some());
    let look = || world.write(|tx, ctx| crate::user::find_notes(tx, &ctx.project, "anna"));
    let noted = look();
    assert_eq!((noted.external_id.as_deref(), noted.vendor_metadata.as_deref()), (Some("crm-1"), Some("{}")));
    // The last of it fails: nothing is changed.
    let before = world.find_user("anna");
    for wrong in [
        Change { name: Some("x".into()), phone: Set::To(phone(BERND)), ..Change::default() },
        Change { name: Some("x".into()), labels: Some(vec!["a b".into()]), ..Change::default() },
        Change { blocked: Some(false), email: Set::Clear, email_verified: Some(true), ..Change::default() },
        Change { external_id: Set::Clear, vendor_metadata: Set::To("[]".into()), ..Change::default() },
    ] {
        change(wrong).unwrap_err();
        assert_eq!((world.find_user("anna"), look()), (before.clone(), noted.clone()));
    }
    let user =
        change(Change { email: Set::Clear, password: Set::Clear, phone: Set::Clear, ..Change::default() }).unwrap();
    assert_eq!((user.email, user.phone, user.password_at, user.name.as_str()), (None, None, None, "Anna B."));
});

on_both!(a_server_takes_recovery_codes_away, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let delete = || by_key(&world, |tx, ctx, _| manage::delete_codes(tx, ctx, "anna"));
    assert_eq!(delete().unwrap_err(), Code::RecoveryCodesNotFound);
    let codes = by_key(&world, |tx, ctx, p| manage::make_codes(tx, ctx, p, "anna", false)).unwrap();
    let challenge = world.challenge(&anna, Factor::RecoveryCode).unwrap();
    delete().unwrap();
    assert!(world.answer(&anna, &challenge, codes[0].expose()).is_err());
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM audit_events WHERE event = 'recovery-codes.delete'"), 1);
});

on_both!(a_test_message_is_held_to_the_countries_the_day_and_the_money, |test| {
    let settings =
        json!({"sms": {"countries": ["DE"], "prices": {"*": 0.4}, "dailyCeiling": 1.0}, "otp": {"perPhonePerDay": 2}});
    let world = World::with(test, &settings);
    let allow = |target: Target| by_key(&world, move |tx, ctx, p| signin::allow_test(tx, ctx, p, &target, "main"));
    let number = |text: &str| Target::Phone(phone(text));
    assert_eq!(allow(number("+14255550123")).unwrap_err(), Code::CountryNotAllowed);
    allow(number(ANNA)).unwrap();
    allow(number(ANNA)).unwrap();
    assert!(matches!(allow(number(ANNA)).unwrap_err(), Code::TooManyAttempts { .. }));
    // A fifth of the money is kept for numbers that signed in before.
    let refused = allow(number(BERND)).unwrap_err();
    assert!(matches!(refused, Code::InvalidValue { field, reason } if field == "to" && reason.contains("ceiling")));
    for _ in 0..2 {
        allow(Target::Email(email(ANNA_MAIL))).unwrap();
    }
    assert!(allow(Target::Email(email(ANNA_MAIL))).is_err());
});

on_both!(deleting_a_user_while_he_signs_in_leaves_nobody_behind, |test| {
    let world = crowded(test, &json!({}));
    for _ in 0..8 {
        create(&world, anna()).unwrap();
        let token = by_key(&world, |tx, ctx, _| custom::create(tx, ctx, Dialect::Nuvix, "anna", 32, 900)).unwrap();
        let signing_in = world.finishing("anna", token.secret.expose());
        let World { db, ctx, .. } = world.clone();
        let deleting = async move { db.write(move |tx| manage::delete(tx, &ctx, "anna")).await.is_ok() };
        let signed_in = async move { signing_in.await.is_ok() };
        let tasks: Vec<Pin<Box<dyn Future<Output = bool> + Send>>> = vec![Box::pin(signed_in), Box::pin(deleting)];
        assert_eq!(together(tasks), [true, true]);
        assert_eq!((world.find_user("anna"), world.value::<i64>("SELECT COUNT(*) FROM sessions")), (None, 0));
    }
    assert_eq!(deadlocks(&world), 0);
});
