//! Accounts that are made with an address alone, and finished by the link that goes there.

use serde_json::json;
use url::Url;

use super::race::{crowded, together, winners};
use super::store::holds;
use super::world::flow::by_mail;
use super::world::{ANNA, ANNA_MAIL, BERND_MAIL, Row, World, wrong};
use crate::base::{Code, Error, Secret};
use crate::db::testing::{TestDb, wait};
use crate::on_both;
use crate::project::Redirect;
use crate::signin::flow::{self, Aim, Begin, Begun, Means};
use crate::signin::{Ready, SignedIn, Terms};

const NOBODY: &str = "nobody may finish an account by this address";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

/// A world in which people sign in first by this.
fn by(test: &TestDb, main: &str) -> World {
    World::with(test, &json!({"frontegg": {"mainStrategy": main}}))
}

/// What stands in the address of a message.
struct Link {
    user: String,
    token: String,
}

impl Link {
    fn of(ready: &Ready) -> Self {
        assert_eq!(ready.message.purpose, "verify-email");
        let url = Url::parse(ready.message.payload.link.as_deref().unwrap()).unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("app.example.com"), "/account/activate"));
        let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
        Self { user: value("userId"), token: value("token") }
    }
}

impl World {
    fn activation(&self, email: &str) -> Begin {
        let page = Redirect::check(&self.project, "https://app.example.com/account/activate", false).unwrap();
        Begin { means: Means::Link(page), aim: Aim::Activation, ..self.begin(by_mail(email)) }
    }

    fn sign_up_by_link(&self, email: &str, name: &str) -> Result<(), Code> {
        let (project, begin, name) = (self.project.clone(), self.activation(email), name.to_owned());
        self.try_write(move |tx, ctx| flow::sign_up(tx, ctx, &project, &begin, &name)).map_err(|error| error.code)
    }

    /// Signs up and gets the link.
    fn signed_up(&self, email: &str) -> Link {
        self.sign_up_by_link(email, "Anna").unwrap();
        Link::of(&self.only())
    }

    fn find_activation(&self, link: &Link) -> Result<String, Code> {
        let (project, user, token) = (self.project.clone(), link.user.clone(), Secret::new(link.token.clone()));
        self.try_write(move |tx, ctx| flow::find_activation(tx, ctx, &project, &user, &token))
            .map(|user| user.id)
            .map_err(|error| error.code)
    }

    fn activate(&self, link: &Link, hash: Option<&'static str>) -> Result<SignedIn, Code> {
        wait(self.activating(link, hash)).and_then(|answer| answer).map_err(|error| error.code)
    }

    fn activating(
        &self,
        link: &Link,
        hash: Option<&'static str>,
    ) -> impl Future<Output = crate::base::Result<Result<SignedIn, Error>>> + Send + use<> {
        let Self { db, ctx, project, .. } = self.clone();
        let (user, token) = (link.user.clone(), Secret::new(link.token.clone()));
        async move {
            let terms = Terms::of_frontegg(&project);
            db.write(move |tx| flow::activate(tx, &ctx, &project, &terms, &user, &token, hash)).await
        }
    }
}

on_both!(a_link_finishes_an_account_once_and_signs_its_owner_in, |test| {
    let mut world = World::new(test);
    for main in ["Code", "MagicLink", "SmsCode"] {
        world.set(&json!({"frontegg": {"mainStrategy": main}}));
        let email = format!("{}@example.com", main.to_lowercase());
        let link = world.signed_up(&email);
        let user = world.mail_owner(&email).unwrap();
        assert!(!user.pending && !user.is_email_verified());
        assert_eq!(world.find_activation(&link).unwrap(), user.id);
        assert_eq!(world.find_activation(&link).unwrap(), user.id, "it uses nothing up");
        let wrong_token = Link { user: link.user.clone(), token: wrong(&link.token) };
        let wrong_user = Link { user: user.id.clone(), token: link.token.clone() };
        for link in [wrong_token, wrong_user] {
            assert_eq!(world.find_activation(&link).unwrap_err(), Code::InvalidToken);
            assert_eq!(world.activate(&link, None).unwrap_err(), Code::InvalidToken);
        }
        assert_eq!(world.activate(&link, Some("a hash")).unwrap_err(), Code::InvalidToken, "nobody asks for one");
        let signed_in = world.activate(&link, None).unwrap();
        assert!(signed_in.user.is_email_verified());
        assert_eq!((signed_in.user.id.as_str(), signed_in.user.name.as_str()), (user.id.as_str(), "Anna"));
        assert_eq!(signed_in.session.factors, ["email"]);
        assert!(world.session(&signed_in.secret).is_some());
        assert_eq!(world.find_activation(&link).unwrap_err(), Code::InvalidToken, "once");
        assert_eq!(world.activate(&link, None).unwrap_err(), Code::InvalidToken, "once");
    }
});

on_both!(where_people_sign_in_with_a_password_the_link_sets_the_first, |test| {
    let world = by(test, "EmailAndPassword");
    let link = world.signed_up(ANNA_MAIL);
    assert_eq!(world.activate(&link, None).unwrap_err(), Code::InvalidToken);
    let signed_in = world.activate(&link, Some("the hash")).unwrap();
    assert!(signed_in.user.is_email_verified() && signed_in.user.password_at.is_some());
    assert_eq!(world.password_of(&signed_in.user.id).as_deref(), Some("the hash"));
    assert!(world.session(&signed_in.secret).is_some());
});

on_both!(a_link_works_for_an_hour_and_another_takes_its_place, |test| {
    let mut world = by(test, "Code");
    let first = world.signed_up(ANNA_MAIL);
    world.sign_up_by_link(ANNA_MAIL, "").unwrap();
    assert!(world.work().is_empty(), "one is on its way");
    world.later(600);
    world.flow(&world.activation(ANNA_MAIL));
    let second = Link::of(&world.only());
    assert!(world.find_activation(&first).is_ok());
    world.activate(&second, None).unwrap();
    assert_eq!(world.activate(&first, None).unwrap_err(), Code::InvalidToken);
    world.later(600);
    world.flow(&world.activation(ANNA_MAIL));
    let third = Link::of(&world.only());
    world.later(3_600);
    assert_eq!(world.find_activation(&third).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.activate(&third, None).unwrap_err(), Code::InvalidToken);
});

on_both!(somebody_known_is_let_in_by_it_only_where_an_e_mail_lets_him_in_anyway, |test| {
    let mut world = World::new(test);
    world.user(Row { phone: Some(ANNA), proof: "code", ..Row::by_mail("anna", ANNA_MAIL, "code") });
    for (main, same, is_sent) in [
        ("Code", false, true),
        ("MagicLink", false, true),
        ("MagicLink", true, false),
        ("SmsCode", false, false),
        ("EmailAndPassword", false, false),
    ] {
        world.set(&json!({"frontegg": {"mainStrategy": main, "forceSameDeviceOnAuth": same}}));
        world.later(600);
        assert_eq!(world.sign_up_by_link(ANNA_MAIL, "Eve"), Ok(()), "the same answer");
        if is_sent {
            let signed_in = world.activate(&Link::of(&world.only()), None).unwrap();
            assert_eq!((signed_in.user.id.as_str(), signed_in.user.name.as_str()), ("anna", "Somebody"));
        } else {
            assert!(world.work().is_empty(), "{main}");
            assert_eq!(world.fate(), ("refused".to_owned(), NOBODY.to_owned()), "{main}");
        }
    }
});

on_both!(what_a_stranger_set_up_under_an_address_does_not_outlive_its_owners_link, |test| {
    let world = by(test, "Code");
    let stranger = world.sign_up(Some("eve"), ANNA_MAIL).unwrap();
    let session = world.enter_by_password(ANNA_MAIL);
    assert_eq!(world.sign_up_by_link(ANNA_MAIL, "Anna"), Ok(()));
    let signed_in = world.activate(&Link::of(&world.only()), None).unwrap();
    assert_eq!((signed_in.user.id, signed_in.user.name.as_str()), (stranger.id, ""));
    assert!(world.session(&session).is_none() && world.password_of("eve").is_none());
});

on_both!(a_link_that_is_out_does_not_let_in_whoever_was_blocked_or_showed_something_meanwhile, |test| {
    let mut world = by(test, "SmsCode");
    let (anna, bernd) = (world.signed_up(ANNA_MAIL), world.signed_up(BERND_MAIL));
    world.tamper("UPDATE users SET blocked = TRUE WHERE email = 'anna@example.com'");
    world.tamper("UPDATE users SET email_proof = 'code', proved_at = 1 WHERE email = 'bernd@example.org'");
    for link in [anna, bernd] {
        assert_eq!(world.find_activation(&link).unwrap_err(), Code::InvalidToken);
        assert_eq!(world.activate(&link, None).unwrap_err(), Code::InvalidToken);
    }
    world.later(600);
    world.flow(&world.activation(ANNA_MAIL));
    assert!(world.work().is_empty());
    assert_eq!(world.fate().1, NOBODY);
});

on_both!(asking_again_is_answered_by_the_same_statements_whoever_asks, |test| {
    let mut world = by(test, "SmsCode");
    world.user(Row::by_mail("bernd", BERND_MAIL, "code"));
    world.signed_up(ANNA_MAIL);
    world.later(600);
    let asked: Vec<_> = [ANNA_MAIL, BERND_MAIL, "who@example.com"]
        .into_iter()
        .map(|email| {
            world.tamper("DELETE FROM targets");
            let (answer, asked) = world.begun(&world.activation(email));
            assert!(matches!(answer, Ok(Begun::Flow(_))), "{email}");
            asked
        })
        .collect();
    assert_eq!((&asked[0], &asked[0]), (&asked[1], &asked[2]));
    assert_eq!(world.work().len(), 1);
});

on_both!(nobody_signs_up_by_a_link_where_sign_up_or_e_mail_is_off, |test| {
    let mut world = by(test, "Code");
    world.set(&json!({"auth": {"signUp": false}}));
    assert_eq!(world.sign_up_by_link(ANNA_MAIL, ""), Err(Code::SignUpDisabled));
    world.set(&json!({"auth": {"emailOtp": false, "magicUrl": false}}));
    let check = |begin: &Begin| flow::check(&world.project, begin).map_err(|error| error.code);
    assert_eq!(check(&world.activation(ANNA_MAIL)), Err(Code::MethodDisabled));
    let by_code = Begin { means: Means::Email, ..world.activation(ANNA_MAIL) };
    assert_eq!(check(&by_code), Err(Code::MethodDisabled));
});

on_both!(of_sixty_four_who_follow_one_link_at_once_exactly_one_gets_in, |test| {
    let world = crowded(test, &json!({"frontegg": {"mainStrategy": "Code"}}));
    let link = world.signed_up(ANNA_MAIL);
    let answers = together((0..64).map(|_| world.activating(&link, None)).collect());
    assert_eq!((winners(&answers), world.value::<i64>(SESSIONS)), (1, 1));
});

on_both!(the_token_is_not_in_the_database_once_the_mail_is_out, |test| {
    let world = by(test, "Code");
    let link = world.signed_up(ANNA_MAIL);
    world.activate(&link, None).unwrap();
    assert!(!holds(test, &link.token));
});
