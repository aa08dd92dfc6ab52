//! Clients that show a number and a code, with the flow's handle or without it.

use std::future::Future;

use super::World;
use crate::base::{Code, Error, Phone, Result, Secret};
use crate::db::testing::wait;
use crate::session::Session;
use crate::signin::number::{self, Shown};
use crate::signin::second;
use crate::signin::verify::{self, Asked, Number, Token};
use crate::signin::{Factor, Rules, SignedIn, Start, Started, Terms, Way};
use crate::user::User;
use crate::verification::Dialect;

use super::Person;

/// For how long a session may do what is delicate, in seconds.
pub const FRESH_FOR: i64 = 300;

fn phone(text: &str) -> Phone {
    Phone::parse(text, None).unwrap()
}

/// What somebody shows.
pub fn shown(number: &str, handle: Option<&str>, code: &str) -> Shown {
    Shown { dialect: Dialect::Nevr, phone: phone(number), handle: handle.map(str::to_owned), code: Secret::new(code) }
}

impl World {
    /// The same world, seen by a nevr client.
    #[must_use]
    pub fn nevr(&self) -> Self {
        self.by(Dialect::Nevr)
    }

    /// Asks for a code, or for one that chooses a password.
    pub fn send(&self, number: &str, way: Way, held: Option<&str>) -> Started {
        let rules = Rules::of_nevr(&self.project);
        self.start(Start { way, rules, ..self.request(number, held) }).unwrap()
    }

    /// Asks for a code and lets the worker make it; gives handle and code.
    pub fn sent(&self, number: &str, way: Way) -> (String, String) {
        let started = self.send(number, way, None);
        (started.handle, self.code())
    }

    /// Signs in.
    pub fn sign_in_by(&self, shown: &Shown) -> Result<SignedIn, Code> {
        wait(self.signing_in_by(shown)).and_then(|answer| answer).map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn signing_in_by(&self, shown: &Shown) -> impl Future<Output = Result<Result<SignedIn, Error>>> + Send + use<> {
        let Self { db, ctx, project, .. } = self.clone();
        let (shown, terms) = (shown.clone(), Terms::of_nevr(&self.project, true));
        async move { db.write(move |tx| number::sign_in(tx, &ctx, &project, &terms, &shown)).await }
    }

    /// Asks whether a code is right.
    pub fn check_by(&self, shown: &Shown) -> Result<(), Code> {
        let shown = shown.clone();
        self.try_write(move |tx, ctx| number::check(tx, ctx, &shown)).and_then(|answer| answer).map_err(|e| e.code)
    }

    /// Sets a new password with this hash, in the two steps of a dialect.
    pub fn reset_by(&self, shown: &Shown, hash: &'static str) -> Result<User, Code> {
        let (one, two, project) = (shown.clone(), shown.clone(), self.project.clone());
        self.try_write(move |tx, ctx| number::find_recovery(tx, ctx, &one))
            .and_then(|answer| answer)
            .and_then(|_| self.try_write(move |tx, ctx| number::finish_recovery(tx, ctx, &project, &two, hash))?)
            .map_err(|e| e.code)
    }

    fn number(&self, number: &str) -> Number {
        let rules = Rules::of_nevr(&self.project);
        let asked = Asked { dialect: Dialect::Nevr, rules, fresh_for: FRESH_FOR, review: None };
        Number { phone: phone(number), asked }
    }

    /// Asks for a code to a number that he wants to have.
    pub fn start_number(&self, who: &Person, number: &str) -> Result<Token, Code> {
        let number = self.number(number);
        self.act(who, move |tx, ctx, project, caller| verify::start_number(tx, ctx, project, caller, &number))
    }

    /// Shows it.
    pub fn finish_number(&self, who: &Person, number: &str, code: &str) -> Result<User, Code> {
        let (number, code) = (self.number(number), Secret::new(code));
        self.act(who, move |tx, ctx, project, caller| verify::finish_number(tx, ctx, project, caller, &number, &code))
            .and_then(|answer| answer.map_err(|e| e.code))
    }

    /// Asks for the code of a second factor.
    pub fn send_second(&self, who: &Person) -> Result<Factor, Code> {
        self.act(who, |tx, ctx, project, caller| {
            let factor = second::find_sendable(tx, project, caller)?.ok_or(Code::MethodDisabled)?;
            second::send(tx, ctx, project, caller, Dialect::Nevr, factor)?;
            Ok(factor)
        })
    }

    /// Shows a second factor.
    pub fn show_second(
        &self,
        who: &Person,
        factor: Factor,
        code: &str,
        seconds: Option<i64>,
    ) -> Result<(Session, Secret), Code> {
        let shown = second::Shown { dialect: Dialect::Nevr, factor, code: Secret::new(code), seconds };
        self.act(who, move |tx, ctx, project, caller| {
            second::show(tx, ctx, project, caller, &Terms::of_nevr(project, true), &shown)
        })
        .and_then(|answer| answer.map_err(|e| e.code))
    }
}
