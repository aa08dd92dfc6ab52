//! From one factor to two with the token of a session that lacks one, as Frontegg clients do; and asking once more.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, CLARA, Person, World, app_code, wrong};
use crate::base::{Code, Phone, Secret, Target};
use crate::db::testing::wait;
use crate::on_both;
use crate::session::Shape;
use crate::signin::challenge::Asking;
use crate::signin::enrol;
use crate::signin::step::{self, By, Shown, Stepped};
use crate::signin::{Factor, SignedIn, Step, Terms, account, manage, next_step};
use crate::user::{self, Proof};
use crate::verification::Dialect;

const FORCED: &str = "force";

fn phone(text: &str) -> Phone {
    Phone::parse(text, None).unwrap()
}

/// The terms of a dialect whose clients set factors up on their way in.
fn terms() -> Terms {
    Terms {
        sign_up: true,
        verified_numbers: true,
        shape: Shape::Hex,
        seconds: 86_400,
        pending_seconds: Some(600),
        enrols: true,
    }
}

impl World {
    /// Signs in by password on the terms of such a dialect.
    fn knock(&self) -> SignedIn {
        let (known, project) = (self.known(ANNA_MAIL), self.project.clone());
        let by = Target::from(known.user.as_ref().unwrap().email.clone().unwrap());
        self.write(move |tx, ctx| account::sign_in(tx, ctx, &project, &terms(), &known, &by, None))
    }

    /// What the holder of a token has to do.
    fn step_of(&self, token: &Secret) -> Result<Step, Code> {
        let (project, token) = (self.project.clone(), token.clone());
        self.try_write(move |tx, ctx| step::find(tx, ctx, &project, &token))
            .map(|waiting| waiting.step(&self.project))
            .map_err(|error| error.code)
    }

    /// What he can show.
    fn offered(&self, token: &Secret) -> enrol::Devices {
        let (project, token) = (self.project.clone(), token.clone());
        self.write(move |tx, ctx| step::find(tx, ctx, &project, &token)?.devices(tx, ctx, &project))
    }

    fn text_me(&self, token: &Secret, id: &str) -> Result<String, Code> {
        let (project, token, id) = (self.project.clone(), token.clone(), id.to_owned());
        self.try_write(move |tx, ctx| {
            let waiting = step::find(tx, ctx, &project, &token)?;
            let asking = Asking::of(&project, Dialect::Frontegg);
            Ok(step::send_sms(tx, ctx, &project, &waiting, &asking, &id)?.0.id)
        })
        .map_err(|error| error.code)
    }

    fn mail_me(&self, token: &Secret) -> Result<String, Code> {
        let (project, token) = (self.project.clone(), token.clone());
        self.try_write(move |tx, ctx| {
            let waiting = step::find(tx, ctx, &project, &token)?;
            let asking = Asking::of(&project, Dialect::Frontegg);
            Ok(step::send_email(tx, ctx, &project, &waiting, &asking)?.id)
        })
        .map_err(|error| error.code)
    }

    /// Asks for a code to a number that is to be set up.
    fn text_new(&self, token: &Secret, number: &str) -> Result<String, Code> {
        let (project, token, target) = (self.project.clone(), token.clone(), Target::Phone(phone(number)));
        self.try_write(move |tx, ctx| {
            let waiting = step::find(tx, ctx, &project, &token)?;
            step::may_enrol(&project, &waiting, Factor::Phone)?;
            let asking = Asking::of(&project, Dialect::Frontegg);
            Ok(enrol::start(tx, ctx, &project, &waiting.caller, &asking, &target)?.id)
        })
        .map_err(|error| error.code)
    }

    fn stepping(
        &self,
        token: &Secret,
        by: By,
        code: &str,
        remember: bool,
    ) -> impl Future<Output = crate::base::Result<crate::base::Result<Stepped>>> + Send + use<> {
        let Self { db, ctx, project, .. } = self.clone();
        let token = token.clone();
        let shown = Shown { dialect: Dialect::Frontegg, by, code: Secret::new(code), remember };
        async move {
            db.write(move |tx| {
                let waiting = step::find(tx, &ctx, &project, &token)?;
                step::finish(tx, &ctx, &project, &terms(), &waiting, &shown)
            })
            .await
        }
    }

    fn step(&self, token: &Secret, by: By, code: &str, remember: bool) -> Result<Stepped, Code> {
        wait(self.stepping(token, by, code, remember)).and_then(|answer| answer).map_err(|error| error.code)
    }

    /// Whether the device lets whoever just signed in in.
    fn recognises(&self, signed_in: &SignedIn, device: &Secret) -> bool {
        let (project, device) = (self.project.clone(), device.clone());
        let caller = self.caller(&signed_in.secret);
        self.write(move |tx, ctx| step::recognise(tx, ctx, &project, &terms(), &caller, &device)).is_some()
    }

    fn lacks(&self, who: &Person) -> Step {
        let caller = self.caller(who);
        next_step(&self.project, &caller.user, &caller.session.factors)
    }
}

/// Anna with an app and a number, and her app's seed.
fn guarded(world: &mut World) -> Secret {
    let anna = world.member();
    let (seed, _) = world.add_app(&anna);
    world.later(30);
    world.add_second_phone(&anna, BERND);
    world.later(600);
    seed
}

on_both!(a_session_that_lacks_a_factor_is_completed_by_a_code_by_sms, |test| {
    let mut world = World::new(test);
    guarded(&mut world);
    let half_way = world.knock();
    assert_eq!(half_way.session.expires_at, world.ctx.now.plus_seconds(600));
    assert_eq!(world.step_of(&half_way.secret), Ok(Step::Show(vec![Factor::Totp, Factor::Phone])));
    let devices = world.offered(&half_way.secret);
    assert_eq!((devices.phones.len(), devices.authenticators.len(), devices.emails.len()), (1, 1, 0));
    let id = devices.phones[0].0.clone();
    assert_eq!(world.text_me(&half_way.secret, "other").unwrap_err(), Code::FactorNotFound);
    let sent = world.text_me(&half_way.secret, &id).unwrap();
    // Asked again at once: one message, and both tokens open its code.
    let again = world.text_me(&half_way.secret, &id).unwrap();
    let code = world.code();
    let by = By::Sms(id.clone(), again);
    assert_eq!(world.step(&half_way.secret, by.clone(), &wrong(&code), false).unwrap_err(), Code::InvalidToken);
    assert_eq!(
        world.step(&half_way.secret, By::Sms("other".into(), sent), &code, false).unwrap_err(),
        Code::FactorNotFound
    );
    let stepped = world.step(&half_way.secret, by.clone(), &code, false).unwrap();
    let session = &stepped.signed_in.session;
    assert_eq!(
        (&session.factors[..], session.mfa_at),
        (&["password", "phone"].map(str::to_owned)[..], Some(world.ctx.now))
    );
    assert_eq!(session.expires_at, world.ctx.now.plus_seconds(86_400));
    assert!(stepped.device.is_none() && stepped.recovery_code.is_none());
    // The token is spent, and what it became is no token of this kind.
    assert_eq!(world.step(&half_way.secret, by, &code, false).unwrap_err(), Code::InvalidToken);
    assert!(world.session(&half_way.secret).is_none());
    assert_eq!(world.step_of(&stepped.signed_in.secret), Err(Code::InvalidToken));
    assert_eq!(world.lacks(&stepped.signed_in.secret), Step::Done);
});

on_both!(a_code_by_e_mail_or_of_the_app_does_as_well, |test| {
    let mut world = World::new(test);
    let seed = guarded(&mut world);
    world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Vouched));
    let half_way = world.knock();
    assert_eq!(world.offered(&half_way.secret).emails[0].as_str(), ANNA_MAIL);
    let sent = world.mail_me(&half_way.secret).unwrap();
    let code = world.code();
    let stepped = world.step(&half_way.secret, By::Email(sent), &code, false).unwrap();
    assert_eq!(stepped.signed_in.session.factors, ["password", "email"]);

    let half_way = world.knock();
    let app = world.offered(&half_way.secret).authenticators[0].clone();
    let code = app_code(&seed, world.ctx.now);
    assert_eq!(
        world.step(&half_way.secret, By::App(Some("other".into())), &code, false).unwrap_err(),
        Code::FactorNotFound
    );
    assert_eq!(world.step(&half_way.secret, By::App(None), &wrong(&code), false).unwrap_err(), Code::InvalidToken);
    let stepped = world.step(&half_way.secret, By::App(Some(app)), &code, false).unwrap();
    assert_eq!(stepped.signed_in.session.factors, ["password", "totp"]);
    // A step of the app counts once, whichever session it was shown in.
    let other = world.knock();
    assert_eq!(world.step(&other.secret, By::App(None), &code, false).unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_sent_for_one_session_completes_no_other, |test| {
    let mut world = World::new(test);
    guarded(&mut world);
    let (one, other) = (world.knock(), world.knock());
    let id = world.offered(&one.secret).phones[0].0.clone();
    let sent = world.text_me(&one.secret, &id).unwrap();
    let code = world.code();
    let by = By::Sms(id, sent);
    assert_eq!(world.step(&other.secret, by.clone(), &code, false).unwrap_err(), Code::InvalidToken);
    assert!(world.step(&one.secret, by, &code, false).is_ok());
});

on_both!(five_wrong_codes_kill_the_right_one_and_the_token_is_over_in_time, |test| {
    let mut world = World::new(test);
    guarded(&mut world);
    let half_way = world.knock();
    let id = world.offered(&half_way.secret).phones[0].0.clone();
    let sent = world.text_me(&half_way.secret, &id).unwrap();
    let code = world.code();
    let by = By::Sms(id, sent);
    for _ in 0..5 {
        assert_eq!(world.step(&half_way.secret, by.clone(), &wrong(&code), false).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.step(&half_way.secret, by, &code, false).unwrap_err(), Code::InvalidToken);
    world.later(600);
    assert_eq!(world.step_of(&half_way.secret), Err(Code::InvalidToken));
});

on_both!(of_many_who_show_the_right_code_at_once_one_gets_in, |test| {
    let mut world = crate::signin::tests::race::crowded(test, &json!({}));
    guarded(&mut world);
    let half_way = world.knock();
    let id = world.offered(&half_way.secret).phones[0].0.clone();
    let sent = world.text_me(&half_way.secret, &id).unwrap();
    let code = world.code();
    let racers = (0..16).map(|_| world.stepping(&half_way.secret, By::Sms(id.clone(), sent.clone()), &code, true));
    let answers = crate::signin::tests::race::together(racers.collect());
    let won = answers.into_iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    assert_eq!(won, 1);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM devices"), 0, "nothing is remembered where that is off");
});

on_both!(rule_5_offers_and_counts_nothing_that_the_session_began_with, |test| {
    let mut world = World::new(test);
    let seed = guarded(&mut world);
    world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Vouched));
    world.write(|tx, ctx| manage::update_phone(tx, ctx, "anna", Some(&phone(CLARA))));
    world.write(|tx, ctx| manage::verify_phone(tx, ctx, "anna", true));
    world.later(600);
    // By SMS, to whichever number.
    let by_sms = world.enter(CLARA, "flow");
    assert_eq!(world.step_of(&by_sms), Ok(Step::Show(vec![Factor::Totp, Factor::Email])));
    let devices = world.offered(&by_sms);
    assert_eq!((devices.phones.len(), devices.authenticators.len(), devices.emails.len()), (0, 1, 1));
    let id = world.devices("anna").phones[0].0.clone();
    assert_eq!(world.text_me(&by_sms, &id).unwrap_err(), Code::FactorNotFound);
    // A code of another way in is no way around it.
    let challenge = world.challenge(&by_sms, Factor::Phone).unwrap();
    let code = world.code();
    world.answer(&by_sms, &challenge, &code).unwrap();
    assert_eq!(world.step_of(&by_sms), Ok(Step::Show(vec![Factor::Totp, Factor::Email])));
    // By e-mail.
    let by_mail = world.enter_by_mail(ANNA_MAIL, "flow2");
    assert_eq!(world.step_of(&by_mail), Ok(Step::Show(vec![Factor::Totp, Factor::Phone])));
    assert_eq!(world.mail_me(&by_mail).unwrap_err(), Code::FactorNotFound);
    let code = app_code(&seed, world.ctx.now);
    assert!(world.step(&by_mail, By::App(None), &code, false).is_ok());
});

on_both!(where_everybody_must_have_two_whoever_has_one_sets_another_up_on_his_way_in, |test| {
    let all = World::with(test, &json!({"mfa": {"enforce": FORCED}}));
    for (number, is_phone) in [(BERND, true), (CLARA, false)] {
        let mut world = all.of_project(number.trim_start_matches('+'));
        world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
        let half_way = world.knock();
        assert_eq!(half_way.session.expires_at, world.ctx.now.plus_seconds(600));
        let all = vec![Factor::Totp, Factor::Phone, Factor::Email];
        assert_eq!(world.step_of(&half_way.secret), Ok(Step::Enrol(all)));
        assert_eq!(world.offered(&half_way.secret), enrol::Devices::default());
        // There is nothing to show, and so nothing is sent for it.
        assert_eq!(world.text_me(&half_way.secret, "any").unwrap_err(), Code::FactorNotFound);
        let stepped = if is_phone {
            let sent = world.text_new(&half_way.secret, number).unwrap();
            let code = world.code();
            let by = By::NewPhone(sent);
            assert_eq!(world.step(&half_way.secret, by.clone(), &wrong(&code), false).unwrap_err(), Code::InvalidToken);
            world.step(&half_way.secret, by, &code, false).unwrap()
        } else {
            let (project, token) = (world.project.clone(), half_way.secret.clone());
            let seed = world.write(move |tx, ctx| {
                let waiting = step::find(tx, ctx, &project, &token)?;
                enrol::start_app(tx, ctx, &project, &waiting.caller)
            });
            let code = app_code(&seed.secret, world.ctx.now);
            assert_eq!(world.step(&half_way.secret, By::NewApp, &wrong(&code), false).unwrap_err(), Code::InvalidToken);
            world.step(&half_way.secret, By::NewApp, &code, false).unwrap()
        };
        assert_eq!(stepped.recovery_code.map(|code| code.expose().len()), Some(20));
        assert!(stepped.signed_in.user.mfa);
        assert_eq!(stepped.signed_in.session.mfa_at, Some(world.ctx.now));
        assert_eq!(stepped.signed_in.session.expires_at, world.ctx.now.plus_seconds(86_400));
        assert_eq!(world.lacks(&stepped.signed_in.secret), Step::Done);
        // From now on he shows it, and sets no other up instead.
        world.later(60);
        let next = world.knock();
        assert!(matches!(world.step_of(&next.secret), Ok(Step::Show(_))));
        assert_eq!(world.text_new(&next.secret, ANNA).unwrap_err(), Code::MoreFactorsRequired);
        assert_eq!(world.step(&next.secret, By::NewApp, "123456", false).unwrap_err(), Code::MoreFactorsRequired);
    }
});

on_both!(an_address_that_is_not_verified_is_set_up_by_a_code_to_it, |test| {
    let world = World::with(test, &json!({"mfa": {"enforce": FORCED, "totp": false, "phone": false}}));
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let half_way = world.knock();
    assert_eq!(world.step_of(&half_way.secret), Ok(Step::Enrol(vec![Factor::Email])));
    let sent = world.mail_me(&half_way.secret).unwrap();
    let code = world.code();
    let stepped = world.step(&half_way.secret, By::Email(sent), &code, false).unwrap();
    assert!(stepped.signed_in.user.is_email_verified() && stepped.recovery_code.is_some());
    assert_eq!(stepped.signed_in.session.factors, ["password", "email"]);
});

on_both!(other_clients_let_such_people_in_to_set_one_up_as_before, |test| {
    let world = World::with(test, &json!({"mfa": {"enforce": "forceExceptSaml"}}));
    let anna = world.member();
    assert!(world.is_let_in(&anna), "the gate of the other dialects");
    assert!(matches!(world.lacks(&anna), Step::Enrol(_)));
    assert!(world.caller(&anna).session.expires_at > world.ctx.now.plus_seconds(86_400));
});

on_both!(nothing_is_demanded_where_there_is_no_factor_or_a_server_says_so, |test| {
    let off = json!({"mfa": {"enforce": FORCED, "totp": false, "phone": false, "email": false}});
    let mut world = World::with(test, &off);
    let anna = world.member();
    assert_eq!(world.lacks(&anna), Step::Done);
    world.set(&json!({"mfa": {"totp": true}}));
    assert_eq!(world.lacks(&anna), Step::Enrol(vec![Factor::Totp]));
    world.write(|tx, ctx| manage::set_mfa_bypass(tx, ctx, "anna", true));
    assert_eq!(world.lacks(&anna), Step::Done);
    let user = world.find_user("anna").unwrap();
    assert_eq!(next_step(&world.project, &user, &["password"]), Step::Done);
});

on_both!(a_remembered_device_is_not_asked_again_for_its_time, |test| {
    let mut world = World::with(test, &json!({"mfa": {"rememberDevice": true, "rememberDeviceSeconds": 7_200}}));
    let seed = guarded(&mut world);
    let half_way = world.knock();
    let code = app_code(&seed, world.ctx.now);
    let device = world.step(&half_way.secret, By::App(None), &code, true).unwrap().device.unwrap();
    world.later(60);
    let next = world.knock();
    assert!(!world.recognises(&next, &Secret::new("0".repeat(32))));
    assert!(world.recognises(&next, &device));
    let session = world.caller(&next.secret).session;
    assert_eq!((&session.factors[..], session.mfa_at), (&["password", "device"].map(str::to_owned)[..], None));
    assert_eq!(session.expires_at, world.ctx.now.plus_seconds(86_400));
    assert_eq!(world.lacks(&next.secret), Step::Done);
    // It is no factor that was shown lately.
    assert_eq!(world.enrol(&next.secret, CLARA).unwrap_err(), Code::ChallengeRequired);
    world.later(7_200 - 61);
    assert!(world.recognises(&world.knock(), &device));
    world.later(1);
    assert!(!world.recognises(&world.knock(), &device));
});

on_both!(a_device_is_one_users_and_is_forgotten_where_that_is_switched_off, |test| {
    let mut world = World::with(test, &json!({"mfa": {"rememberDevice": true}}));
    let seed = guarded(&mut world);
    let half_way = world.knock();
    let code = app_code(&seed, world.ctx.now);
    let device = world.step(&half_way.secret, By::App(None), &code, true).unwrap().device.unwrap();
    world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Vouched));
    let next = world.knock();
    world.set(&json!({"mfa": {"rememberDevice": false}}));
    assert!(!world.recognises(&next, &device));
    world.set(&json!({"mfa": {"rememberDevice": true}}));
    // Somebody else on the same browser.
    world.tamper("UPDATE users SET email = NULL WHERE id = 'anna'");
    world.tamper("UPDATE devices SET user_id = 'somebody'");
    assert!(!world.recognises(&next, &device));
    world.tamper("UPDATE devices SET user_id = 'anna'");
    assert!(world.recognises(&next, &device));
});

on_both!(a_device_is_asked_again_after_whatever_changes_how_somebody_gets_in, |test| {
    type Change = fn(&World, &Person);
    const CHANGES: [(&str, Change); 10] = [
        ("another password", |world, who| drop(world.new_password(who, "another hash").unwrap())),
        ("a reset", |world, _| {
            let link = world.recovery(ANNA_MAIL);
            world.recover(&link, "another hash").unwrap();
        }),
        ("a password by a server", |world, _| {
            let project = world.project.clone();
            world.write(move |tx, ctx| manage::update_password(tx, ctx, &project, "anna", None));
        }),
        ("another number as a factor", |world, who| drop(world.add_second_phone(who, CLARA))),
        ("an app that a server took away", |world, _| world.write(|tx, ctx| manage::delete_app(tx, ctx, "anna"))),
        ("all factors that a server took away", |world, _| {
            let project = world.project.clone();
            world.write(move |tx, ctx| crate::signin::remove::delete_all(tx, ctx, &project, "anna"));
        }),
        ("the flag by a server", |world, _| drop(world.write(|tx, ctx| manage::set_mfa(tx, ctx, "anna", true)))),
        ("another address", |world, who| drop(world.move_mail(who, "other@example.com").unwrap())),
        ("a block", |world, _| {
            world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", true));
            world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", false));
        }),
        ("its own removal", |world, _| world.write(|tx, ctx| crate::device::delete_all(tx, ctx, "anna"))),
    ];
    let all = World::with(test, &json!({"mfa": {"rememberDevice": true}}));
    for (n, (what, change)) in CHANGES.into_iter().enumerate() {
        let mut world = all.of_project(&format!("project{n}"));
        let seed = guarded(&mut world);
        world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Vouched));
        drop(world.work());
        let half_way = world.knock();
        let code = app_code(&seed, world.ctx.now);
        let stepped = world.step(&half_way.secret, By::App(None), &code, true).unwrap();
        let count = |world: &World| world.write(|tx, ctx| crate::device::list(tx, ctx, "anna")).len();
        assert_eq!(count(&world), 1, "{what}");
        change(&world, &stepped.signed_in.secret);
        assert_eq!(count(&world), 0, "{what}");
    }
});

on_both!(who_is_in_is_asked_once_more_by_a_token_that_opens_nothing_else, |test| {
    let mut world = World::new(test);
    let seed = guarded(&mut world);
    let half_way = world.knock();
    let code = app_code(&seed, world.ctx.now);
    let inside = world.step(&half_way.secret, By::App(None), &code, false).unwrap().signed_in;
    world.later(3_600);
    let asked =
        |world: &World| world.act(&inside.secret, |tx, ctx, _, caller| step::start(tx, ctx, caller, Dialect::Frontegg));
    let token = asked(&world).unwrap();
    assert!(world.session(&token).is_none(), "it is no secret of a session");
    assert_eq!(world.reserved("step-up:anna"), 0, "nobody guesses it, so it takes nothing of the budget");
    // The session goes on meanwhile.
    assert_eq!(world.lacks(&inside.secret), Step::Done);
    assert_eq!(world.step_of(&token), Ok(Step::Show(vec![Factor::Totp, Factor::Phone])));
    let id = world.offered(&token).phones[0].0.clone();
    let sent = world.text_me(&token, &id).unwrap();
    let code = world.code();
    let by = By::Sms(id, sent);
    assert_eq!(world.step(&token, by.clone(), &wrong(&code), false).unwrap_err(), Code::InvalidToken);
    let stepped = world.step(&token, by, &code, false).unwrap();
    assert_eq!(stepped.signed_in.session.id, inside.session.id);
    assert_eq!(stepped.signed_in.session.mfa_at, Some(world.ctx.now));
    assert_ne!(stepped.signed_in.secret, inside.secret);
    assert!(world.session(&inside.secret).is_none());
    // Used, expired, of an ended session or of somebody blocked: it is none.
    assert_eq!(world.step_of(&token), Err(Code::InvalidToken));
    let inside = stepped.signed_in;
    let again =
        |world: &World| world.act(&inside.secret, |tx, ctx, _, caller| step::start(tx, ctx, caller, Dialect::Frontegg));
    let token = again(&world).unwrap();
    world.later(600);
    assert_eq!(world.step_of(&token), Err(Code::InvalidToken));
    let token = again(&world).unwrap();
    world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.step_of(&token), Err(Code::UserBlocked));
    world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", false));
    world.write(|tx, ctx| crate::session::delete_all(tx, ctx, "anna"));
    assert_eq!(world.step_of(&token), Err(Code::InvalidToken));
});

on_both!(who_is_asked_once_more_has_tries_left_for_his_app, |test| {
    let mut world = World::new(test);
    let seed = guarded(&mut world);
    let half_way = world.knock();
    let code = app_code(&seed, world.ctx.now);
    let inside = world.step(&half_way.secret, By::App(None), &code, false).unwrap().signed_in;
    world.later(60);
    let token =
        world.act(&inside.secret, |tx, ctx, _, caller| step::start(tx, ctx, caller, Dialect::Frontegg)).unwrap();
    let code = app_code(&seed, world.ctx.now);
    let stepped = world.step(&token, By::App(None), &code, false).unwrap();
    assert_eq!(stepped.signed_in.session.mfa_at, Some(world.ctx.now));
});

on_both!(who_is_asked_once_more_and_has_nothing_to_show_sets_something_up, |test| {
    let world = World::new(test);
    let anna = world.member();
    let token = world.act(&anna, |tx, ctx, _, caller| step::start(tx, ctx, caller, Dialect::Frontegg)).unwrap();
    assert!(matches!(world.step_of(&token), Ok(Step::Enrol(_))));
    let sent = world.text_new(&token, BERND).unwrap();
    let code = world.code();
    let stepped = world.step(&token, By::NewPhone(sent), &code, false).unwrap();
    assert!(stepped.recovery_code.is_some() && stepped.signed_in.user.mfa);
    assert_eq!(stepped.signed_in.session.mfa_at, Some(world.ctx.now));
});

on_both!(a_blocked_user_gets_no_further, |test| {
    let mut world = World::new(test);
    guarded(&mut world);
    let half_way = world.knock();
    world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.step_of(&half_way.secret), Err(Code::UserBlocked));
});
