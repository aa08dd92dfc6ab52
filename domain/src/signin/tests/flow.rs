//! Signing in by a code whose requester names himself and keeps a cookie.

use serde_json::json;

use super::race::{crowded, together, winners};
use super::store::holds;
use super::world::flow::{by_id, by_mail, by_phone, code_of};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Link, Row, World, shown, wrong};
use crate::base::{Code, Secret};
use crate::limit::guess;
use crate::on_both;
use crate::signin::flow::{Aim, Begin, Begun, Flow, Means, Name, Shown};
use crate::signin::{HandleKind, Way};
use crate::verification::Channel;

/// Anna has a number and an address, both verified.
const ANNA_ROW: Row =
    Row { phone: Some(ANNA), proof: "code", email: Some(ANNA_MAIL), email_proof: "code", ..Row::by_key("anna", ANNA) };
const SENDS: &str = "SELECT COUNT(*) FROM messages WHERE state = 'sending'";

fn with_anna(test: &crate::db::testing::TestDb) -> World {
    let world = World::new(test);
    world.user(ANNA_ROW);
    world
}

on_both!(anna_signs_in_by_her_number_her_address_and_her_id, |test| {
    let mut world = with_anna(test);
    for name in [by_phone(ANNA), by_mail(ANNA_MAIL), by_id("anna")] {
        let flow = world.by_sms(name.clone());
        assert_eq!((flow.handle.len(), flow.mask.as_deref()), (64, Some("+491*****567")), "{name:?}");
        let ready = world.only();
        assert_eq!((ready.message.payload.to.as_str(), ready.code().len()), (ANNA, 6), "{name:?}");
        assert_eq!(world.show(&flow, ready.code()).unwrap().user.id, "anna", "{name:?}");
        assert_eq!(world.show(&flow, ready.code()).unwrap_err(), Code::InvalidToken, "once");
        world.later(300);
    }
});

on_both!(a_known_and_an_unknown_name_are_answered_alike_by_the_same_statements, |test| {
    let world = with_anna(test);
    world.user(Row { phone: None, proof: "none", ..Row::by_mail("bernd", BERND_MAIL, "code") });
    let mail = |means: Means, name: Name| Begin { means, ..world.begin(name) };
    let link = |name: Name| mail(Means::Link(world.page()), name);
    let by_sms = |name: Name| world.begin(name);
    let recovery = |name: Name| Begin { aim: Aim::Recovery, ..world.begin(name) };
    let pairs: [(&str, Begin, Vec<Begin>); 6] = [
        ("address", by_sms(by_mail(ANNA_MAIL)), vec![by_sms(by_mail("who@example.com")), by_sms(by_mail(BERND_MAIL))]),
        ("number", by_sms(by_phone(ANNA)), vec![by_sms(by_phone(BERND))]),
        ("id", by_sms(by_id("anna")), vec![by_sms(by_id("nobody")), by_sms(Name::Username("anna".into()))]),
        ("recovery", recovery(by_mail(ANNA_MAIL)), vec![recovery(by_mail("other@example.com"))]),
        ("code by e-mail", mail(Means::Email, by_id("anna")), vec![mail(Means::Email, by_id("who"))]),
        ("link", link(by_mail(ANNA_MAIL)), vec![link(by_mail("x@example.com"))]),
    ];
    for (what, known, unknown) in pairs {
        for unknown in unknown {
            let world = with_anna_again(&world);
            let (one, asked) = world.begun(&known);
            let (other, asked_too) = world.begun(&unknown);
            assert_eq!(asked, asked_too, "{what}: the same statements find as much");
            let (Begun::Flow(one), Begun::Flow(other)) = (one.unwrap(), other.unwrap()) else { panic!("{what}") };
            assert_eq!(shape(&one), shape(&other), "{what}");
            assert_eq!(one.expires_at, other.expires_at, "{what}");
        }
    }
});

/// The same database, a minute later than the last request of the day.
fn with_anna_again(world: &World) -> World {
    let mut world = world.clone();
    world.tamper("DELETE FROM handles");
    world.tamper("DELETE FROM targets");
    world.later(60);
    world
}

fn shape(flow: &Flow) -> (usize, Option<usize>, Option<String>) {
    let masked = flow.mask.as_ref().map(|mask| mask.replace(|c: char| c.is_ascii_digit(), "0"));
    (flow.handle.len(), flow.mask.as_ref().map(String::len), masked)
}

on_both!(a_decoy_is_the_same_each_time_differs_by_name_and_opens_nothing, |test| {
    let mut world = with_anna(test);
    let first = world.by_sms(by_mail("who@example.com"));
    let other = world.by_sms(by_mail("someone@example.com"));
    assert_ne!(first.mask, other.mask);
    assert!(world.work().is_empty());
    let (state, reason) = world.fate();
    assert_eq!(
        (state.as_str(), reason.as_str()),
        ("refused", "nobody has this number or address, and sign-up is off or full")
    );
    for n in 0..6 {
        assert_eq!(world.show(&first, &format!("00000{n}")).unwrap_err(), Code::InvalidToken);
    }
    world.later(40);
    let again = world.by_sms(by_mail("who@example.com"));
    assert_eq!(again.mask, first.mask);
    let elsewhere = world.of_project("p2").by_sms(by_mail("who@example.com"));
    assert_ne!(elsewhere.mask, first.mask, "another project's decoys are others");
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users"), 1, "nobody was made");
});

on_both!(decoys_look_like_numbers_of_the_countries_that_are_served, |test| {
    let mut world = with_anna(test);
    world.set(&json!({"sms": {"countries": ["GB"]}}));
    for n in 0..20 {
        let flow = world.by_sms(by_mail(&format!("who{n}@example.com")));
        assert_eq!(flow.mask.unwrap().get(..4), Some("+447"));
    }
    world.set(&json!({"sms": {"countries": ["FI"]}}));
    let flow = world.by_sms(by_mail("who@example.fi"));
    assert_eq!(flow.mask.unwrap().get(..4), Some("+358"), "a country that is not among the common ones");
});

on_both!(only_a_verified_number_gets_a_code, |test| {
    let world = World::new(test);
    world.user(Row { email: Some(ANNA_MAIL), email_proof: "code", ..Row::by_key("anna", ANNA) });
    world.user(Row { claim: Some(BERND), phone: None, proof: "none", ..Row::by_mail("bernd", BERND_MAIL, "code") });
    for name in [by_phone(ANNA), by_mail(ANNA_MAIL), by_phone(BERND), by_mail(BERND_MAIL), by_id("bernd")] {
        world.by_sms(name);
    }
    assert!(world.work().is_empty());
    assert_eq!(world.value::<i64>(SENDS), 0);
});

on_both!(a_pending_account_is_nobody, |test| {
    let mut world = World::new(test);
    world.ask(ANNA, "flow1");
    world.work();
    assert!(world.owner(ANNA).unwrap().pending);
    world.later(200);
    world.by_sms(by_phone(ANNA));
    assert!(world.work().is_empty());
});

on_both!(somebody_without_a_number_is_told_so_only_where_sms_is_the_main_way, |test| {
    let world = World::new(test);
    world.user(Row::by_mail("bernd", BERND_MAIL, "code"));
    let begin = Begin { needs_number: true, ..world.begin(by_mail(BERND_MAIL)) };
    let Begun::NoNumber(user) = world.begun(&begin).0.unwrap() else { panic!() };
    assert_eq!(user.id, "bernd");
    let unknown = Begin { needs_number: true, ..world.begin(by_mail("who@example.com")) };
    assert!(matches!(world.begun(&unknown).0.unwrap(), Begun::Flow(_)));
});

on_both!(a_second_request_inside_the_cool_down_is_answered_like_the_first_and_sends_nothing, |test| {
    let mut world = with_anna(test);
    for name in [by_phone(ANNA), by_mail(ANNA_MAIL)] {
        let first = world.by_sms(name.clone());
        let (held, stranger) = (world.again(name.clone(), &first), world.by_sms(name.clone()));
        assert_eq!((&held.handle, &held.mask), (&first.handle, &first.mask), "who holds the flow keeps it");
        assert_ne!(stranger.handle, first.handle);
        let code = world.code();
        world.later(1);
        assert!(world.work().is_empty(), "{name:?}: one message");
        assert_eq!(world.show(&stranger, &code).unwrap().user.id, "anna", "a double click shares the code");
        assert_eq!(world.show(&first, &code).unwrap_err(), Code::InvalidToken, "the first use ends them all");
        world.later(300);
    }
});

on_both!(a_re_send_brings_a_new_code_a_new_cookie_and_ends_the_old_ones, |test| {
    let mut world = with_anna(test);
    for name in [by_phone(ANNA), by_mail(ANNA_MAIL)] {
        let first = world.by_sms(name.clone());
        let old = world.code();
        world.later(31);
        let second = world.again(name.clone(), &first);
        let new = world.code();
        assert_ne!((&first.handle, &old), (&second.handle, &new));
        assert_eq!(world.show(&first, &old).unwrap_err(), Code::InvalidToken, "{name:?}");
        assert_eq!(world.show(&first, &new).unwrap_err(), Code::InvalidToken, "{name:?}");
        if old != new {
            assert_eq!(world.show(&second, &old).unwrap_err(), Code::InvalidToken, "{name:?}");
        }
        assert_eq!(world.show(&second, &new).unwrap().user.id, "anna", "{name:?}");
        world.later(300);
    }
});

on_both!(a_stranger_neither_ends_nor_replaces_what_the_owner_holds, |test| {
    let mut world = with_anna(test);
    let mine = world.by_sms(by_mail(ANNA_MAIL));
    let code = world.code();
    let theirs = world.from("203.0.113.9").by_sms(by_mail(ANNA_MAIL));
    for _ in 0..6 {
        assert_eq!(world.show(&theirs, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    world.later(31);
    world.from("203.0.113.9").by_sms(by_mail(ANNA_MAIL));
    assert_eq!(world.show(&mine, &code).unwrap().user.id, "anna");
});

on_both!(by_two_names_at_once_one_message_goes_out_and_both_hold_its_code, |test| {
    let start = World::new(test);
    for (first, second) in [
        (by_phone(ANNA), by_mail(ANNA_MAIL)),
        (by_mail(ANNA_MAIL), by_phone(ANNA)),
        (by_mail(ANNA_MAIL), by_id("anna")),
    ] {
        let mut world =
            start.of_project(&format!("{first:?}{second:?}").replace(|c: char| !c.is_ascii_alphanumeric(), ""));
        world.user(ANNA_ROW);
        let one = world.by_sms(first.clone());
        let code = world.code();
        world.later(5);
        let other = world.by_sms(second.clone());
        assert!(world.work().is_empty(), "{first:?} {second:?}");
        assert_eq!(world.show(&other, &code).unwrap().user.id, "anna", "{first:?} {second:?}");
        assert_eq!(world.show(&one, &code).unwrap_err(), Code::InvalidToken);
    }
});

on_both!(five_wrong_tries_and_the_right_code_opens_nothing, |test| {
    let world = with_anna(test);
    let flow = world.by_sms(by_mail(ANNA_MAIL));
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.show(&flow, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.show(&flow, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!((world.failures(ANNA), world.failures(&format!("name:email:{ANNA_MAIL}"))), (5, 5));
});

on_both!(an_expired_code_opens_nothing, |test| {
    let mut world = World::with(test, &json!({"otp": {"lifetimeSeconds": 60}}));
    world.user(ANNA_ROW);
    let flow = world.by_sms(by_phone(ANNA));
    let code = world.code();
    world.later(299);
    assert!(world.session(&world.show(&flow, &code).unwrap().secret).is_some(), "five minutes at least");
    let flow = world.by_sms(by_phone(ANNA));
    let code = world.code();
    world.later(300);
    assert_eq!(world.show(&flow, &code).unwrap_err(), Code::InvalidToken);
});

on_both!(codes_keep_six_digits_and_beyond_the_budget_known_and_unknown_names_wait_alike, |test| {
    let mut world = with_anna(test);
    world.later(1);
    for name in [by_mail(ANNA_MAIL), by_mail("who@example.com"), by_phone(BERND)] {
        let mut waits = Vec::new();
        for _ in 0..3 {
            let (answer, _) = world.begun(&world.begin(name.clone()));
            assert!(matches!(answer.unwrap(), Begun::Flow(_)));
            for ready in world.work() {
                assert_eq!(ready.code().len(), 6);
            }
            world.later(130);
        }
        let (answer, _) = world.begun(&world.begin(name.clone()));
        let Err(Code::TooManyAttempts { retry_at }) = answer else { panic!("{name:?}: {answer:?}") };
        waits.push(retry_at.micros_since(world.ctx.now));
        assert_eq!(waits, [(900 - 3 * 130) * 1_000_000], "when what nobody tried comes back");
        world.later(900 - 3 * 130);
        assert!(matches!(world.begun(&world.begin(name.clone())).0.unwrap(), Begun::Flow(_)));
        world.work();
        world.later(86_400);
    }
});

on_both!(where_the_persons_budget_is_spent_elsewhere_nothing_goes_out_and_nobody_is_told, |test| {
    let mut world = with_anna(test);
    // By her number, until a code of six digits does not fit.
    for _ in 0..3 {
        world.by_sms(by_phone(ANNA));
        assert_eq!(world.work().len(), 1);
        world.later(130);
    }
    let (by_number, _) = world.begun(&world.begin(by_phone(ANNA)));
    assert!(matches!(by_number, Err(Code::TooManyAttempts { .. })));
    let flow = world.by_sms(by_mail(ANNA_MAIL));
    assert_eq!(flow.mask.as_deref(), Some("+491*****567"));
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("refused".into(), "a longer code is needed, and its client takes none".into()));
});

on_both!(after_a_hundred_wrong_codes_in_a_row_one_waits_until_a_success_by_another_way, |test| {
    let mut world = with_anna(test);
    let key = format!("name:email:{ANNA_MAIL}");
    let fail = |target: String| {
        world.write(move |tx, ctx| {
            let ledger = crate::limit::lock_target(tx, ctx, &target)?;
            crate::limit::store_target(tx, ctx, &target, &ledger)?;
            (0..guess::FAILURES).try_for_each(|_| crate::limit::count_wrong(tx, ctx, &target))
        });
    };
    fail(key);
    let (answer, _) = world.begun(&world.begin(by_mail(ANNA_MAIL)));
    assert!(matches!(answer, Err(Code::TooManyAttempts { .. })));
    fail(ANNA.to_owned());
    assert!(matches!(world.begun(&world.begin(by_phone(ANNA))).0, Err(Code::TooManyAttempts { .. })));
    world.later(1);
    // By her address she gets in all the same, and that ends both rows.
    let flow = world.flow(&Begin { means: Means::Email, ..world.begin(by_mail(ANNA_MAIL)) });
    let code = world.code();
    world.show_by(Channel::Email, &flow, &code).unwrap();
    assert_eq!(world.failures(ANNA), 0);
    assert!(world.begun(&world.begin(by_phone(ANNA))).0.is_ok());
});

on_both!(while_somebody_sprays_only_networks_that_are_known_get_six_digits, |test| {
    let mut world = with_anna(test);
    let flow = world.by_sms(by_mail(ANNA_MAIL));
    let code = world.code();
    world.show(&flow, &code).unwrap();
    world.write(|tx, ctx| crate::limit::add(tx, ctx, guess::WRONG, "", guess::WRONG_WINDOW, guess::SPRAY, 0));
    world.later(1);
    world.by_sms(by_mail(ANNA_MAIL));
    assert_eq!(world.code().len(), 6);
    for name in [by_mail(ANNA_MAIL), by_mail("who@example.com")] {
        let stranger = world.from("203.0.113.9");
        let answer = stranger.begun(&Begin { held: None, ..stranger.begin(name) }).0;
        if let Ok(begun) = answer {
            // Inside the cool-down he shares what is on its way.
            assert!(matches!(begun, Begun::Flow(_)));
        }
    }
    world.later(130);
    for name in [by_mail(ANNA_MAIL), by_mail("who@example.com")] {
        let stranger = world.from("203.0.113.9");
        assert!(matches!(stranger.begun(&stranger.begin(name)).0, Err(Code::TooManyAttempts { .. })));
    }
});

on_both!(a_code_of_another_dialect_channel_or_purpose_opens_nothing, |test| {
    let mut world = with_anna(test);
    let nevr = world.nevr();
    let started = nevr.send(ANNA, Way::Code, None);
    let code = world.code();
    let held = Flow { handle: started.handle.clone(), expires_at: world.ctx.now, mask: None };
    assert_eq!(world.show(&held, &code).unwrap_err(), Code::InvalidToken);
    assert!(nevr.sign_in_by(&shown(ANNA, Some(&started.handle), &code)).is_ok());
    world.later(300);
    // A recovery's code does not sign in, and a sign-in's recovers nothing.
    let recovery = world.flow(&Begin { aim: Aim::Recovery, ..world.begin(by_phone(ANNA)) });
    let code = world.code();
    assert_eq!(world.show(&recovery, &code).unwrap_err(), Code::InvalidToken);
    world.later(300);
    let flow = world.by_sms(by_mail(ANNA_MAIL));
    let code = world.code();
    assert_eq!(world.exchange(&flow, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.show_by(Channel::Email, &flow, &code).unwrap_err(), Code::InvalidToken);
    let mut nuvix = world.clone();
    nuvix.kind = HandleKind::UserId;
    assert_eq!(nuvix.finish(&flow.handle, &code).unwrap_err(), Code::InvalidToken);
    assert!(world.of_project("p2").show(&flow, &code).is_err());
    assert!(world.show(&flow, &code).is_ok());
});

on_both!(without_a_name_the_flow_says_who, |test| {
    let mut world = with_anna(test);
    for name in [by_mail(ANNA_MAIL), by_phone(ANNA), by_id("anna")] {
        let first = world.by_sms(name.clone());
        world.code();
        world.later(31);
        let again = world.again(None, &first);
        assert_eq!(again.mask, first.mask, "{name:?}");
        let code = world.code();
        world.show(&again, &code).unwrap();
        world.later(300);
    }
    let unknown = world.by_sms(by_mail("who@example.com"));
    world.later(31);
    assert_eq!(world.again(None, &unknown).mask, unknown.mask);
    let (answer, _) = world.begun(&world.begin(None));
    assert!(matches!(answer, Err(Code::InvalidValue { .. })));
    let foreign = world.nevr().send(BERND, Way::Code, None);
    let (answer, _) = world.begun(&Begin { held: Some(foreign.handle), ..world.begin(None) });
    assert!(matches!(answer, Err(Code::InvalidValue { .. })), "{answer:?}");
});

on_both!(a_code_by_e_mail_signs_in_by_address_and_by_id, |test| {
    let mut world = with_anna(test);
    for name in [by_mail(ANNA_MAIL), by_id("anna")] {
        let begin = Begin { means: Means::Email, ..world.begin(name) };
        let flow = world.flow(&begin);
        assert_eq!(flow.mask, None);
        let ready = world.only();
        assert_eq!((ready.message.payload.to.as_str(), ready.code().len()), (ANNA_MAIL, 6));
        let signed_in = world.show_by(Channel::Email, &flow, ready.code()).unwrap();
        assert_eq!(
            (signed_in.user.id.as_str(), signed_in.session.factors.as_slice()),
            ("anna", &["email".to_owned()][..])
        );
        world.later(300);
    }
    world.flow(&Begin { means: Means::Email, ..world.begin(by_mail("who@example.com")) });
    assert!(world.work().is_empty());
    assert_eq!(world.mail_owner("who@example.com"), None);
});

fn token_of(link: &str) -> String {
    let url = url::Url::parse(link).unwrap();
    assert_eq!((url.host_str(), url.path()), (Some("app.example.com"), "/account/login/magic-link"));
    let (names, values): (Vec<_>, Vec<_>) = url.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())).unzip();
    assert_eq!(names, ["token"]);
    values.into_iter().next().unwrap()
}

on_both!(the_token_of_a_magic_link_alone_signs_in_once, |test| {
    let mut world = with_anna(test);
    for name in [by_mail(ANNA_MAIL), by_id("anna")] {
        let flow = world.flow(&Begin { means: Means::Link(world.page()), ..world.begin(name) });
        let token = token_of(world.only().message.payload.link.as_deref().unwrap());
        let link = Shown::Link { asker: None, secret: Secret::new(token.as_str()) };
        assert_eq!(world.show(&flow, &token).unwrap_err(), Code::InvalidToken, "it is no code");
        assert_eq!(
            world.shown(&Shown::Link { asker: None, secret: Secret::new("ab".repeat(32)) }).unwrap_err(),
            Code::InvalidToken
        );
        assert_eq!(world.shown(&link).unwrap().user.id, "anna");
        assert_eq!(world.shown(&link).unwrap_err(), Code::InvalidToken);
        world.later(300);
    }
});

on_both!(a_link_for_the_same_device_asks_for_the_cookie_of_whoever_asked_for_it, |test| {
    let mut world = with_anna(test);
    let begin = Begin { means: Means::Link(world.page()), ..world.begin(by_mail(ANNA_MAIL)) };
    let flow = world.flow(&begin);
    let token = token_of(world.only().message.payload.link.as_deref().unwrap());
    let by =
        |held: Option<&str>| Shown::Link { asker: Some(held.map(str::to_owned)), secret: Secret::new(token.as_str()) };
    let other = world.from("203.0.113.9").flow(&begin);
    for held in [None, Some("ab"), Some(other.handle.as_str())] {
        assert_eq!(world.shown(&by(held)).unwrap_err(), Code::InvalidToken, "{held:?}");
    }
    let again = world.flow(&Begin { held: Some(flow.handle.clone()), ..begin });
    assert_eq!(again.handle, flow.handle, "inside the cool-down the flow goes on");
    assert_eq!(world.shown(&by(Some(&flow.handle))).unwrap().user.id, "anna");
    world.later(1);
});

on_both!(a_link_that_was_replaced_or_has_expired_opens_nothing, |test| {
    let mut world = with_anna(test);
    let begin = Begin { means: Means::Link(world.page()), ..world.begin(by_mail(ANNA_MAIL)) };
    world.flow(&begin);
    let token = token_of(world.only().message.payload.link.as_deref().unwrap());
    world.later(3_600);
    assert_eq!(
        world.shown(&Shown::Link { asker: None, secret: Secret::new(token.as_str()) }).unwrap_err(),
        Code::InvalidToken
    );
});

on_both!(a_number_in_a_country_that_is_not_served_gets_nothing_and_nobody_is_told, |test| {
    let mut world = with_anna(test);
    world.set(&json!({"sms": {"countries": ["GB"]}}));
    assert_eq!(world.by_sms(by_mail(ANNA_MAIL)).mask.as_deref(), Some("+491*****567"));
    assert!(world.work().is_empty());
    assert_eq!(world.fate().1, "messages to this country are not allowed");
});

on_both!(a_mock_number_signs_in_by_its_code_whatever_its_user_is_named_by, |test| {
    let mut world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "424242"}]}}));
    world.user(Row { proof: "mock", ..ANNA_ROW });
    for name in [by_mail(ANNA_MAIL), by_phone(ANNA)] {
        let flow = world.by_sms(name);
        assert!(world.work().is_empty());
        assert_eq!(world.show(&flow, "424242").unwrap().user.id, "anna");
        world.later(300);
    }
});

on_both!(a_person_who_forgot_his_password_gets_in_by_three_steps, |test| {
    let mut world = with_anna(test);
    for name in [by_phone(ANNA), by_mail(ANNA_MAIL)] {
        let signed_in = world.by_sms(by_phone(ANNA));
        let code = world.code();
        let session = world.show(&signed_in, &code).unwrap().secret;
        world.later(300);
        let flow = world.flow(&Begin { aim: Aim::Recovery, ..world.begin(name.clone()) });
        let code = world.code();
        assert_eq!(world.exchange(&flow, &wrong(&code)).unwrap_err(), Code::InvalidToken);
        let recovered = world.exchange(&flow, &code).unwrap();
        assert_eq!(recovered.user, "anna");
        assert_eq!(world.exchange(&flow, &code).unwrap_err(), Code::InvalidToken, "once");
        let token = recovered.token.expose();
        assert!(world.session(&session).is_some());
        assert_eq!(world.choose("bernd", token, "x").unwrap_err(), Code::InvalidToken);
        world.choose("anna", token, "the new hash").unwrap();
        assert_eq!(world.password_of("anna").as_deref(), Some("the new hash"), "{name:?}");
        assert!(world.session(&session).is_none(), "every session ends");
        assert_eq!(world.choose("anna", token, "x").unwrap_err(), Code::InvalidToken, "once");
        world.later(300);
    }
});

on_both!(a_recovery_token_lives_for_ten_minutes, |test| {
    let mut world = with_anna(test);
    let flow = world.flow(&Begin { aim: Aim::Recovery, ..world.begin(by_phone(ANNA)) });
    let recovered = world.exchange(&flow, &world.code()).unwrap();
    world.later(600);
    assert_eq!(world.choose("anna", recovered.token.expose(), "x").unwrap_err(), Code::InvalidToken);
});

on_both!(a_recovery_by_a_link_sets_the_password_of_whoever_has_the_address, |test| {
    let world = with_anna(test);
    let begin = Begin { aim: Aim::Recovery, means: Means::Link(world.page()), ..world.begin(by_mail(ANNA_MAIL)) };
    world.flow(&begin);
    let ready = world.only();
    let url = url::Url::parse(ready.message.payload.link.as_deref().unwrap()).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let (user, token) = (value("userId"), value("token"));
    assert_eq!(
        world.find_recovery(&Link { user: user.clone(), secret: token.clone(), expire: String::new() }).unwrap_err(),
        Code::InvalidToken,
        "it is no other dialect's"
    );
    world.choose(&user, &token, "the new hash").unwrap();
    assert_eq!(world.password_of("anna").as_deref(), Some("the new hash"));
});

on_both!(nobody_is_recovered_by_an_unknown_name_and_the_answer_is_the_same, |test| {
    let world = with_anna(test);
    for name in [by_mail("who@example.com"), by_phone(BERND), Name::Username("anna".into())] {
        let flow = world.flow(&Begin { aim: Aim::Recovery, ..world.begin(name) });
        assert_eq!(flow.handle.len(), 64);
        assert_eq!(world.exchange(&flow, "000000").unwrap_err(), Code::InvalidToken);
    }
    assert!(world.work().is_empty());
});

on_both!(neither_the_cookie_nor_the_code_nor_the_token_is_in_the_database, |test| {
    let world = with_anna(test);
    let flow = world.flow(&Begin { aim: Aim::Recovery, ..world.begin(by_phone(ANNA)) });
    let code = world.code();
    let recovered = world.exchange(&flow, &code).unwrap();
    for text in [flow.handle.as_str(), recovered.token.expose(), &format!("\"{code}\"")] {
        assert!(!holds(test, text));
    }
});

on_both!(of_sixty_four_racers_with_one_code_exactly_one_gets_in, |test| {
    let world = crowded(test, &json!({}));
    world.user(ANNA_ROW);
    let flow = world.by_sms(by_mail(ANNA_MAIL));
    let code = world.code();
    let mut flows = vec![flow];
    for n in 0..3 {
        flows.push(world.from(&format!("203.0.113.{n}")).by_sms(by_mail(ANNA_MAIL)));
    }
    let racers: Vec<_> =
        (0..64).map(|n| world.showing(&code_of(Channel::Sms, &flows[n % flows.len()], &code))).collect();
    let won = winners(&together(racers));
    assert_eq!(won, 1);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM sessions"), 1);
});
