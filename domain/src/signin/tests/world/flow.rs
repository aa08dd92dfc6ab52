//! Clients that keep a cookie, name themselves and show the code alone.

use std::future::Future;

use super::World;
use crate::base::{Code, Email, Error, Phone, Result, Secret};
use crate::db::testing::wait;
use crate::project::Redirect;
use crate::signin::flow::{self, Aim, Begin, Begun, Flow, Means, Name, Shown};
use crate::signin::{Rules, SignedIn, Terms};
use crate::verification::{Channel, Dialect};

/// Somebody who names himself by an address.
pub fn by_mail(email: &str) -> Name {
    Name::Email(Email::parse(email).unwrap())
}

/// Somebody who names himself by a number.
pub fn by_phone(phone: &str) -> Name {
    Name::Phone(Phone::parse(phone, None).unwrap())
}

/// Somebody who names himself by an id.
pub fn by_id(id: &str) -> Name {
    Name::User(id.to_owned())
}

/// A code and the flow that it belongs to.
pub fn code_of(channel: Channel, flow: &Flow, code: &str) -> Shown {
    Shown::Code { channel, held: Some(flow.handle.clone()), code: Secret::new(code) }
}

impl World {
    /// What starts a sign-in by SMS.
    pub fn begin(&self, name: impl Into<Option<Name>>) -> Begin {
        Begin {
            dialect: Dialect::Frontegg,
            name: name.into(),
            means: Means::Sms,
            aim: Aim::SignIn,
            held: None,
            rules: Rules::of_frontegg(&self.project),
            needs_number: false,
        }
    }

    /// Where links of flows lead.
    pub fn page(&self) -> Redirect {
        Redirect::check(&self.project, "https://app.example.com/account/login/magic-link", false).unwrap()
    }

    /// Starts a flow; gives what came of it and what was asked of the database.
    pub fn begun(&self, begin: &Begin) -> (Result<Begun, Code>, (Vec<&'static str>, usize)) {
        let (project, begin) = (self.project.clone(), begin.clone());
        let (answer, asked) = self.write(move |tx, ctx| {
            let answer = flow::start(tx, ctx, &project, &begin);
            Ok((answer.map_err(|e| e.code), (std::mem::take(&mut tx.asked), tx.found)))
        });
        (answer, asked)
    }

    /// Starts a flow.
    pub fn flow(&self, begin: &Begin) -> Flow {
        match self.begun(begin).0.unwrap() {
            Begun::Flow(flow) => flow,
            Begun::NoNumber(user) => panic!("{} has no number", user.id),
        }
    }

    /// Starts a sign-in by SMS.
    pub fn by_sms(&self, name: Name) -> Flow {
        self.flow(&self.begin(name))
    }

    /// The same again, with what came of the first.
    pub fn again(&self, name: impl Into<Option<Name>>, held: &Flow) -> Flow {
        self.flow(&Begin { held: Some(held.handle.clone()), ..self.begin(name) })
    }

    /// Shows a code that came by SMS.
    pub fn show(&self, flow: &Flow, code: &str) -> Result<SignedIn, Code> {
        self.show_by(Channel::Sms, flow, code)
    }

    /// Shows a code.
    pub fn show_by(&self, channel: Channel, flow: &Flow, code: &str) -> Result<SignedIn, Code> {
        self.shown(&code_of(channel, flow, code))
    }

    /// Shows something.
    pub fn shown(&self, shown: &Shown) -> Result<SignedIn, Code> {
        wait(self.showing(shown)).and_then(|answer| answer).map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn showing(&self, shown: &Shown) -> impl Future<Output = Result<Result<SignedIn, Error>>> + Send + use<> {
        let Self { db, ctx, project, .. } = self.clone();
        let shown = shown.clone();
        async move {
            let terms = Terms::of_frontegg(&project);
            db.write(move |tx| flow::finish(tx, &ctx, &project, Dialect::Frontegg, &terms, &shown)).await
        }
    }

    /// Exchanges the code of a recovery.
    pub fn exchange(&self, flow: &Flow, code: &str) -> Result<flow::Recovered, Code> {
        let (held, code) = (flow.handle.clone(), Secret::new(code));
        self.try_write(move |tx, ctx| flow::exchange_recovery(tx, ctx, Dialect::Frontegg, &held, &code))
            .and_then(|answer| answer)
            .map_err(|e| e.code)
    }

    /// Sets a new password with this hash.
    pub fn choose(&self, user: &str, token: &str, hash: &'static str) -> Result<(), Code> {
        let (project, user, token) = (self.project.clone(), user.to_owned(), Secret::new(token));
        self.try_write(move |tx, ctx| {
            flow::find_recovery(tx, ctx, &user, &token)?;
            flow::finish_recovery(tx, ctx, &project, &user, &token, hash)
        })
        .and_then(|answer| answer)
        .map(drop)
        .map_err(|e| e.code)
    }
}
