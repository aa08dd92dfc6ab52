//! Accounts that come from another system.

use data_encoding::BASE32_NOPAD;
use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, CLARA, Row, World, app_code};
use crate::base::{Code, Email, Phone, Result, Secret, Time};
use crate::mfa::Moved;
use crate::on_both;
use crate::password::{self, Algorithm, Foreign, Hash};
use crate::signin::Factor;
use crate::signin::export::{self, Exported};
use crate::signin::import::{
    Candidate, Contact, Prepared, Rules, Trust, Unverified, derived_id, find_places, prepare, store,
};
use crate::tenant::{self, Joined};
use crate::user::{Import, Notes, Proof, Taken};

/// Of the word "appwrite" (contract nuvix §4.5).
const MD5: &str = "144fa7eaa4904e8ee120651997f70dcc";

fn contact(text: &str, verified: bool) -> Contact {
    Contact { text: text.to_owned(), trust: Trust::of(verified) }
}

fn md5() -> Hash {
    Hash::Foreign(Foreign::new(Algorithm::Md5, Secret::new(MD5)).unwrap())
}

/// Somebody with everything that an import takes.
fn anna() -> Candidate {
    Candidate {
        id: Some("anna".to_owned()),
        email: Some(contact(" Anna@Example.COM ", true)),
        phone: Some(contact("+49 170 1234567", true)),
        name: "Anna".to_owned(),
        labels: vec!["vip".to_owned(), "vip".to_owned(), "beta".to_owned()],
        prefs: json!({"theme": "dark"}).as_object().unwrap().clone(),
        password: Some(md5()),
        created_at: Some(Time::from_micros(1_600_000_000_123_456)),
        ..Candidate::default()
    }
}

fn named(id: &str) -> Candidate {
    Candidate { id: Some(id.to_owned()), ..Candidate::default() }
}

fn ready(world: &World, candidate: Candidate) -> Result<Prepared> {
    prepare(&world.ctx, &Rules::default(), candidate)
}

fn imported(world: &World, candidates: impl IntoIterator<Item = Candidate>) -> Vec<Import> {
    let users: Vec<_> = candidates.into_iter().map(|candidate| ready(world, candidate).unwrap()).collect();
    world.write(move |tx, ctx| store(tx, ctx, &users))
}

fn exported(world: &World) -> Vec<Exported> {
    world.write(|tx, ctx| {
        let mut all = Vec::new();
        export::each(tx, ctx, |user| {
            all.push(user);
            Ok(())
        })?;
        Ok(all)
    })
}

/// What the reason of a refusal names.
fn refused(world: &World, rules: &Rules, candidate: Candidate) -> String {
    let Code::InvalidValue { field, .. } = prepare(&world.ctx, rules, candidate).unwrap_err().code else { panic!() };
    field
}

on_both!(a_user_of_another_system_is_taken_over_with_what_he_had, |test| {
    let world = World::new(test);
    assert_eq!(imported(&world, [anna()]), [Import::Made]);
    let user = world.find_user("anna").unwrap();
    assert_eq!((user.origin.as_str(), user.name.as_str(), user.pending), ("import", "Anna", false));
    assert_eq!(user.email.clone(), Some(Email::parse(ANNA_MAIL).unwrap()));
    assert_eq!(user.phone.clone(), Some(Phone::parse(ANNA, None).unwrap()));
    assert_eq!((user.email_proof, user.phone_proof), (Proof::Vouched, Proof::Vouched));
    assert_eq!((user.labels, user.prefs.as_str()), (vec!["vip".to_owned(), "beta".to_owned()], "{\"theme\":\"dark\"}"));
    let made = Some(Time::from_micros(1_600_000_000_123_456));
    assert_eq!((Some(user.created_at), Some(user.updated_at), user.password_at), (made, made, made));
    assert_eq!(
        world.value::<i64>("SELECT COUNT(*) FROM audit_events WHERE event = 'user.create' AND actor = 'guest'"),
        1
    );
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM messages"), 0);

    // He signs in with the password that he had; the hash is ours from then on.
    let known = world.known(ANNA_MAIL);
    assert!(password::check(password::Cost::default(), &Secret::new("appwrite"), known.stored.as_ref()).unwrap());
    let signed_in = world.sign_in_known(&known, Some("a hash of ours")).unwrap();
    assert_eq!(signed_in.user.id, "anna");
    assert_eq!(world.password_of("anna").as_deref(), Some("a hash of ours"));
    // And with his number.
    assert_eq!(world.sign_in(ANNA, "somebody").id, "anna");
});

on_both!(what_the_source_did_not_verify_is_trusted_as_if_a_key_had_set_it, |test| {
    let world = World::new(test);
    let bernd = Candidate {
        email: Some(contact(BERND_MAIL, false)),
        phone: Some(contact(BERND, false)),
        password: Some(md5()),
        ..named("bernd")
    };
    imported(&world, [bernd]);
    let user = world.find_user("bernd").unwrap();
    assert_eq!((user.email_proof, user.phone_proof), (Proof::Set, Proof::Set));
    assert!(!user.is_email_verified() && !user.is_phone_verified());
    assert_eq!(world.sign_in(BERND, "other").id, "bernd");
    assert!(world.find_user("bernd").unwrap().password_at.is_some());
});

on_both!(a_claim_that_was_imported_as_such_gives_its_prover_nothing_of_somebody_else, |test| {
    let world = World::new(test);
    let rules = Rules { unverified: Unverified::Claimed, ..Rules::default() };
    let mallory = Candidate {
        email: Some(contact(BERND_MAIL, false)),
        phone: Some(contact(BERND, false)),
        password: Some(md5()),
        ..named("mallory")
    };
    let users = [prepare(&world.ctx, &rules, mallory).unwrap()];
    world.write(move |tx, ctx| store(tx, ctx, &users));
    let user = world.find_user("mallory").unwrap();
    assert_eq!((user.phone, user.email_proof), (None, Proof::None));
    assert_eq!(user.phone_claim, Some(Phone::parse(BERND, None).unwrap()));
    assert_eq!(world.sign_in(BERND, "bernd").id, "bernd");
});

on_both!(one_who_cannot_be_taken_leaves_the_others_alone, |test| {
    let world = World::new(test);
    world.user(Row::by_key("keyed", BERND));
    world.user(Row::by_mail("posted", BERND_MAIL, "vouched"));
    let outcomes = imported(
        &world,
        [
            anna(),
            Candidate { phone: Some(contact(BERND, true)), password: Some(md5()), ..named("one") },
            Candidate { email: Some(contact(BERND_MAIL, true)), ..named("two") },
            named("keyed"),
            Candidate { email: Some(contact(ANNA_MAIL, true)), ..named("three") },
            Candidate { phone: Some(contact(CLARA, true)), ..named("clara") },
        ],
    );
    let taken = [
        Import::Made,
        Import::Taken(Taken::Phone("keyed".to_owned())),
        Import::Taken(Taken::Email("posted".to_owned())),
        Import::Taken(Taken::Id),
        Import::Taken(Taken::Email("anna".to_owned())),
        Import::Made,
    ];
    assert_eq!(outcomes, taken);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users"), 4);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM passwords"), 1);
});

on_both!(a_second_run_changes_nothing, |test| {
    let mut world = World::new(test);
    imported(&world, [anna()]);
    let before = exported(&world);
    world.later(60);
    let clara = Candidate { phone: Some(contact(CLARA, true)), ..named("clara") };
    let again = Candidate { name: "Another".to_owned(), password: None, ..anna() };
    assert_eq!(imported(&world, [again, clara]), [Import::There, Import::Made]);
    assert_eq!(exported(&world)[..1], before);
});

on_both!(pending_accounts_and_mock_numbers_give_way, |test| {
    let world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": CLARA, "otp": "123456"}]}}));
    world.ask_and_get(ANNA, "anna");
    world.mail_code(ANNA_MAIL, "by-mail");
    world.user(Row { phone: Some(CLARA), proof: "mock", ..Row::by_key("tester", CLARA) });
    let clara = Candidate { phone: Some(contact(CLARA, true)), ..named("clara") };
    assert_eq!(imported(&world, [anna(), clara]), [Import::Made, Import::Made]);
    assert_eq!((world.find_user("by-mail"), world.owner(CLARA).unwrap().id), (None, "clara".to_owned()));
    assert_eq!(world.find_user("tester").unwrap().phone, None);
});

on_both!(a_look_says_what_a_run_would_do_and_changes_nothing, |test| {
    let world = World::new(test);
    imported(&world, [anna()]);
    let users: Vec<_> = [anna(), Candidate { phone: Some(contact(ANNA, true)), ..named("x") }, named("y")]
        .map(|candidate| ready(&world, candidate).unwrap())
        .into();
    let looked = world.write(move |tx, ctx| find_places(tx, ctx, &users));
    assert_eq!(looked, [Import::There, Import::Taken(Taken::Phone("anna".to_owned())), Import::Made]);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users"), 1);
});

on_both!(neither_limit_nor_closed_sign_up_stops_an_operator, |test| {
    let world = World::with(test, &json!({"auth": {"signUp": false, "limit": 1}}));
    assert_eq!(imported(&world, [anna(), named("b"), named("c")]), [Import::Made, Import::Made, Import::Made]);
});

on_both!(an_app_moves_with_its_seed_and_the_steps_that_were_used, |test| {
    let mut world = World::new(test);
    let seed = Secret::new(BASE32_NOPAD.encode(b"0123456789abcdefghij"));
    let step = world.ctx.now.seconds() / 30;
    let moved = Moved { secret: seed.clone(), last_step: step, verified_at: None, created_at: None };
    imported(&world, [Candidate { totp: Some(moved), mfa: true, ..anna() }]);
    let user = world.find_user("anna").unwrap();
    assert!(user.totp && user.mfa);
    let person = world.enter(ANNA, "x");
    let asked = world.challenge(&person, Factor::Totp).unwrap();
    let spent = app_code(&seed, world.ctx.now);
    assert_eq!(world.answer(&person, &asked, &spent).unwrap_err(), Code::InvalidToken);
    world.later(30);
    let asked = world.challenge(&person, Factor::Totp).unwrap();
    assert!(world.answer(&person, &asked, &app_code(&seed, world.ctx.now)).is_ok());
});

on_both!(an_export_holds_what_an_import_restores_and_nothing_of_pending_accounts, |test| {
    let world = World::new(test);
    let seed = Secret::new(BASE32_NOPAD.encode(b"0123456789abcdefghij"));
    let moved = Moved { secret: seed, last_step: 7, verified_at: Some(world.ctx.now), created_at: Some(world.ctx.now) };
    let full = Candidate { totp: Some(moved.clone()), earlier: vec![md5(), md5()], blocked: true, ..anna() };
    imported(&world, [full, named("Zoe"), named("b.c"), named("B"), named("a-b")]);
    world.ask_and_get(CLARA, "pending");
    let all = exported(&world);
    // Ordered by bytes on both databases.
    assert_eq!(all.iter().map(|one| one.user.id.as_str()).collect::<Vec<_>>(), ["B", "Zoe", "a-b", "anna", "b.c"]);
    let anna = &all[3];
    assert!(anna.user.blocked && !anna.recovery_codes);
    assert_eq!(anna.totp.as_ref(), Some(&moved));
    let stored = anna.password.as_ref().unwrap();
    assert_eq!((&stored.hash, stored.earlier.len()), (&md5(), 2));
});

on_both!(accounts_and_what_servers_note_move_along, |test| {
    let world = World::new(test);
    let noted = |id: &str| Notes { external_id: Some(id.to_owned()), vendor_metadata: Some("{\"a\": 1}".to_owned()) };
    let at = |micros| Some(Time::from_micros(micros));
    let acme =
        Joined { id: Some("acme".to_owned()), name: Some("Acme \"|,\\' GmbH".to_owned()), active: false, at: at(3) };
    let own = Joined { active: true, at: at(2), ..Joined::default() };
    // Of one instant: the id decides, on both databases.
    let zoo = Joined { id: Some("Zoo".to_owned()), name: Some("Zoo".to_owned()), active: false, at: at(3) };
    let tenants = vec![acme.clone(), own.clone(), zoo.clone()];
    let anna = Candidate { notes: noted("crm-1"), tenants, ..anna() };
    let bare = Joined { id: Some("acme".to_owned()), ..Joined::default() };
    let zoe = Candidate { notes: noted("crm-1"), tenants: vec![bare], ..named("zoe") };
    assert_eq!(imported(&world, [anna, zoe, named("b")]), [Import::Made, Import::Made, Import::Made]);
    let all = exported(&world);
    assert_eq!((&all[0].notes, &all[0].tenants), (&noted("crm-1"), &vec![own, zoo, acme.clone()]));
    assert_eq!((&all[1].notes, &all[1].tenants), (&Notes::default(), &vec![]));
    // He joined now, an account that is there as it is.
    assert_eq!(all[2].tenants, [Joined { at: Some(world.ctx.now), ..acme }]);
    let belongs = world.write(|tx, ctx| tenant::of_user(tx, ctx, "anna"));
    assert_eq!((belongs.all.len(), belongs.active.as_str()), (3, "p1"));
    // An account that was removed since is nobody's.
    world.write(|tx, ctx| tenant::delete(tx, ctx, "acme"));
    assert_eq!(exported(&world)[2].tenants, []);
    let refused = |candidate| refused(&world, &Rules::default(), candidate);
    let wrong = Joined { id: Some("no id".to_owned()), ..Joined::default() };
    assert_eq!(refused(Candidate { tenants: vec![wrong], ..named("c") }), "tenants");
    let long = Notes { external_id: Some("x".repeat(257)), vendor_metadata: None };
    assert_eq!(refused(Candidate { notes: long, ..named("c") }), "externalId");
    let list = Notes { external_id: None, vendor_metadata: Some("[]".to_owned()) };
    assert_eq!(refused(Candidate { notes: list, ..named("c") }), "vendorMetadata");
});

on_both!(what_is_wrong_with_a_user_is_named, |test| {
    let world = World::new(test);
    let rules = Rules::default();
    let long = "x".repeat(129);
    for (field, candidate) in [
        ("id", Candidate { name: "Nobody".to_owned(), ..Candidate::default() }),
        ("email", Candidate { email: Some(contact("anna", true)), ..named("a") }),
        ("phone", Candidate { phone: Some(contact("0170 1234567", true)), ..named("a") }),
        ("phone", Candidate { phone_claim: Some("12".to_owned()), ..named("a") }),
        ("name", Candidate { name: long, ..named("a") }),
        ("labels", Candidate { labels: vec!["no label".to_owned()], ..named("a") }),
        (
            "totp",
            Candidate {
                totp: Some(Moved { secret: Secret::new("MFRGG"), last_step: 0, verified_at: None, created_at: None }),
                ..named("a")
            },
        ),
    ] {
        assert_eq!(refused(&world, &rules, candidate), field);
    }
    let german = Rules { region: Some("DE".to_owned()), ..Rules::default() };
    let prepared = prepare(&world.ctx, &german, Candidate { phone: Some(contact("0170 1234567", true)), ..named("a") });
    assert_eq!(prepared.unwrap().phone().unwrap().as_e164(), ANNA);
});

on_both!(an_id_that_can_be_none_here_gives_the_same_one_in_every_run, |test| {
    let world = World::new(test);
    let id = |candidate| ready(&world, candidate).unwrap().id().to_owned();
    assert_eq!(id(named("A-1.b_c")), "A-1.b_c");
    // printf %s 'google-oauth2|1' | sha256sum | cut -c1-32
    assert_eq!(id(named("google-oauth2|1")), "c15eb4bee7561c51b9eca25b98ed3540");
    assert_eq!(id(named("google-oauth2|1")), derived_id("google-oauth2|1"));
    let by_mail = Candidate {
        email: Some(contact(" ANNA@example.com", true)),
        phone: Some(contact(ANNA, true)),
        ..Candidate::default()
    };
    assert_eq!(id(by_mail), derived_id(ANNA_MAIL));
    assert_eq!(id(Candidate { phone: Some(contact(ANNA, true)), ..Candidate::default() }), derived_id(ANNA));
});
