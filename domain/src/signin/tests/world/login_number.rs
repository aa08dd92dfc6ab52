//! Clients that keep a list of numbers, and what they do about them.

use super::{Person, World};
use crate::base::{Actor, Code, Ctx, Phone, Result, Secret};
use crate::db::Tx;
use crate::project::{Project, Redirect};
use crate::session::Session;
use crate::signin::phone::review::Link;
use crate::signin::phone::{self, PhoneNumber, reset};
use crate::signin::verify::{Asked, Number, Token};
use crate::signin::{Caller, Factor, HandleKind, Ready, Rules, SignedIn, Start, Started, Terms, Way};
use crate::user::User;
use crate::verification::Dialect;

use super::number::FRESH_FOR;

/// The page that asks whether it was the user.
const REVIEW_PAGE: &str = "https://id.example.com/login/link?project=p1&purpose=review-phone";

/// The link in a mail that asks whether it was the user.
pub fn review_link(ready: &Ready) -> Link {
    assert_eq!(ready.message.purpose, "review-phone");
    let url = url::Url::parse(ready.message.payload.link.as_deref().unwrap()).unwrap();
    let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    assert_eq!((value("project"), value("purpose")), ("p1".to_owned(), "review-phone".to_owned()));
    Link { user: value("userId"), number: value("number"), secret: Secret::new(value("secret")) }
}

impl World {
    fn asked(&self) -> Asked {
        Asked {
            dialect: Dialect::Frontegg,
            rules: Rules::of_frontegg(&self.project),
            fresh_for: FRESH_FOR,
            review: Some(Redirect::own(REVIEW_PAGE).unwrap()),
        }
    }

    fn named(&self, text: &str) -> Number {
        Number { phone: Phone::parse(text, None).unwrap(), asked: self.asked() }
    }

    /// Runs `work` as a server that vouches for this user.
    pub fn vouching<T: Send + 'static>(
        &self,
        user: &str,
        work: impl Fn(&mut Tx<'_>, &Ctx, &Project, &Caller) -> Result<T> + Send + 'static,
    ) -> Result<T, Code> {
        let (user, project) = (self.find_user(user).unwrap(), self.project.clone());
        let mut world = self.clone();
        world.ctx.actor = Actor::Key("key".to_owned());
        let caller = Caller { session: Session::vouched(&user.id, self.ctx.now), user };
        world.try_write(move |tx, ctx| work(tx, ctx, &project, &caller)).map_err(|e| e.code)
    }

    /// Sets a number up, with a code or without.
    pub fn set_up(&self, who: &Person, number: &str, send: bool) -> Result<Option<Token>, Code> {
        let number = self.named(number);
        self.act(who, move |tx, ctx, project, caller| phone::create(tx, ctx, project, caller, &number, send))
    }

    /// The same by a server.
    pub fn set_up_for(&self, user: &str, number: &str) -> Result<Option<Token>, Code> {
        let number = self.named(number);
        self.vouching(user, move |tx, ctx, project, caller| phone::create(tx, ctx, project, caller, &number, true))
    }

    /// Gives the code back.
    pub fn prove_number(&self, who: &Person, token: &str, code: &str) -> Result<User, Code> {
        let (token, code, asked) = (token.to_owned(), Secret::new(code), self.asked());
        self.act(who, move |tx, ctx, project, caller| phone::verify(tx, ctx, project, caller, &token, &asked, &code))
            .and_then(|answer| answer.map_err(|e| e.code))
    }

    /// The same by a server.
    pub fn prove_number_for(&self, user: &str, token: &str, code: &str) -> Result<User, Code> {
        let (token, code, asked) = (token.to_owned(), Secret::new(code), self.asked());
        self.vouching(user, move |tx, ctx, project, caller| {
            phone::verify(tx, ctx, project, caller, &token, &asked, &code)
        })
        .and_then(|answer| answer.map_err(|e| e.code))
    }

    /// Sets a number up and proves it; gives what else the worker found to send.
    pub fn own(&self, who: &Person, number: &str) -> Vec<Ready> {
        let token = self.set_up(who, number, true).unwrap().unwrap();
        let code = self.code();
        self.prove_number(who, &token.id, &code).unwrap();
        self.work()
    }

    /// The numbers of an account.
    pub fn numbers(&self, user: &str) -> Vec<PhoneNumber> {
        phone::of_user(&self.ctx, &self.find_user(user).unwrap()).unwrap()
    }

    /// Asks for a code by which a number is given up.
    pub fn start_removal(&self, who: &Person, id: &str) -> Result<Token, Code> {
        let (id, asked) = (id.to_owned(), self.asked());
        self.act(who, move |tx, ctx, project, caller| phone::start_removal(tx, ctx, project, caller, &id, &asked))
    }

    /// Gives it up.
    pub fn finish_removal(&self, who: &Person, id: &str, token: &str, code: &str) -> Result<User, Code> {
        let (id, token, code) = (id.to_owned(), token.to_owned(), Secret::new(code));
        self.act(who, move |tx, ctx, project, caller| {
            phone::finish_removal(tx, ctx, project, caller, &id, &token, &code)
        })
        .and_then(|answer| answer.map_err(|e| e.code))
    }

    /// Asks for a code by which another number may be named.
    pub fn ask_reset(&self, email: &str) -> Started {
        self.start(Start {
            kind: HandleKind::Opaque,
            dialect: Dialect::Frontegg,
            ..self.mail_request(email, Way::ResetPhone, None)
        })
        .unwrap()
    }

    /// Gives it back.
    pub fn verify_reset(&self, handle: &str, code: &str) -> Result<Secret, Code> {
        let (handle, code) = (handle.to_owned(), Secret::new(code));
        self.try_write(move |tx, ctx| reset::verify(tx, ctx, &handle, &code))
            .and_then(|answer| answer)
            .map_err(|e| e.code)
    }

    /// Names the number.
    pub fn name_number(&self, token: &Secret, number: &str) -> Result<reset::Named, Code> {
        let (token, number, project) = (token.clone(), Phone::parse(number, None).unwrap(), self.project.clone());
        self.try_write(move |tx, ctx| reset::change(tx, ctx, &project, &token, &number))
            .and_then(|answer| answer)
            .map_err(|e| e.code)
    }

    /// Asks for a code to the number that was named.
    pub fn send_named(&self, handle: &str) -> Result<Option<reset::Sent>, Code> {
        let (handle, project, rules) = (handle.to_owned(), self.project.clone(), Rules::of(&self.project));
        self.try_write(move |tx, ctx| reset::send(tx, ctx, &project, &handle, &rules)).map_err(|e| e.code)
    }

    /// Signs in by it.
    pub fn finish_named(&self, handle: &str, code: &str) -> Option<Result<SignedIn, Code>> {
        let (handle, code, asked) = (handle.to_owned(), Secret::new(code), self.asked());
        let (project, terms) = (self.project.clone(), Terms::of(&self.project));
        self.write(move |tx, ctx| reset::finish(tx, ctx, &project, &terms, &handle, &code, &asked))
            .map(|answer| answer.map_err(|e| e.code))
    }

    /// From the address to the right to name a number.
    pub fn reset(&self, email: &str) -> Secret {
        let started = self.ask_reset(email);
        let code = self.code();
        self.verify_reset(&started.handle, &code).unwrap()
    }

    /// Somebody who signed up with an address that he proved, who is asked for a second factor and has shown that address,
    /// in a session by his password.
    pub fn known_by_mail(&self, id: &str, email: &str) -> Person {
        self.sign_up(Some(id), email).unwrap();
        let who = self.enter_by_password(email);
        self.verify_mail(&who).unwrap();
        let link = self.posted();
        self.confirm_mail(Some(&who), &link.user, &link.secret).unwrap();
        self.set_mfa(&who, true).unwrap();
        self.work();
        who
    }

    /// Another session of his, in which he showed both.
    pub fn enter_with_both(&self, email: &str) -> Person {
        let who = self.enter_by_password(email);
        let asked = self.challenge(&who, Factor::Email).unwrap();
        let code = self.code();
        self.answer(&who, &asked, &code).unwrap();
        who
    }
}
