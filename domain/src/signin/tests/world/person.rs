//! What somebody who is signed in does.

use std::future::Future;

use totp_rs::Builder;

use super::World;
use crate::base::{Actor, Code, Ctx, Email, Error, Phone, Result, Secret, Time};
use crate::db::Tx;
use crate::db::testing::wait;
use crate::project::Project;
use crate::session::Session;
use crate::signin::account::{self, Shown};
use crate::signin::factor::{self, NewApp};
use crate::signin::verify::Token;
use crate::signin::{Caller, Factor, challenge, gate, sign_in_anonymously, verify};
use crate::user::User;

/// Somebody who is signed in, by the secret of his session.
pub type Person = Secret;

/// What the app with this seed shows.
pub fn app_code(seed: &Secret, now: Time) -> String {
    let seed: [u8; 20] = data_encoding::BASE32_NOPAD.decode(seed.expose().as_bytes()).unwrap().try_into().unwrap();
    Builder::new().with_secret(seed).build().unwrap().generate(now.seconds() as u64).to_string()
}

impl World {
    /// Signs in by phone.
    pub fn enter(&self, phone: &str, wanted: &str) -> Person {
        let code = self.ask_and_get(phone, wanted);
        self.finish(wanted, &code).unwrap().secret
    }

    /// Signs in by a code in an e-mail.
    pub fn enter_by_mail(&self, email: &str, wanted: &str) -> Person {
        let code = self.mail_code(email, wanted);
        self.finish(wanted, &code).unwrap().secret
    }

    /// Signs in with the password of an address.
    pub fn enter_by_password(&self, email: &str) -> Person {
        self.sign_in_known(&self.known(email), None).unwrap().secret
    }

    /// Signs in as a guest.
    pub fn enter_as_guest(&self) -> Person {
        let project = self.project.clone();
        self.write(move |tx, ctx| sign_in_anonymously(tx, ctx, &project)).secret
    }

    /// As the edge finds him now.
    pub fn caller(&self, who: &Person) -> Caller {
        let (session, user) = self.session(who).expect("the session is there");
        Caller { user, session }
    }

    /// His account.
    pub fn me(&self, who: &Person) -> User {
        self.caller(who).user
    }

    /// What was proved in his session, and when the last second factor was.
    pub fn proved(&self, who: &Person) -> (Vec<String>, Option<Time>) {
        let session = self.caller(who).session;
        (session.factors, session.mfa_at)
    }

    /// The same world, seen from his session.
    #[must_use]
    pub fn seen_by(&self, who: &Person) -> Self {
        let Caller { user, session } = self.caller(who);
        let mut world = self.clone();
        world.ctx.actor = Actor::User { user: user.id, session: session.id };
        world
    }

    /// Runs `work` in a transaction, asked for in this session.
    pub fn act<T, F>(&self, who: &Person, work: F) -> Result<T, Code>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Ctx, &Project, &Caller) -> Result<T> + Send + 'static,
    {
        wait(self.acting(&self.caller(who), work)).map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn acting<T, F>(&self, caller: &Caller, work: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Ctx, &Project, &Caller) -> Result<T> + Send + 'static,
    {
        let Self { db, ctx, project, .. } = self.clone();
        let caller = caller.clone();
        let actor = Actor::User { user: caller.user.id.clone(), session: caller.session.id.clone() };
        let ctx = Ctx { actor, ..ctx };
        async move { db.write(move |tx| work(tx, &ctx, &project, &caller)).await }
    }

    /// Names a number as his. Whoever has no password gives his first.
    pub fn claim(&self, who: &Person, phone: &str) -> Result<User, Code> {
        let phone = Phone::parse(phone, None).unwrap();
        self.act(who, move |tx, ctx, project, caller| {
            let stored = account::find_by_id(tx, ctx, &caller.user.id)?.stored;
            let shown = stored.as_ref().map_or(Shown::First("his first hash"), Shown::Password);
            account::update_phone(tx, ctx, project, caller, shown, &phone)
        })
    }

    /// Gives himself another address. Whoever has no password gives his first.
    pub fn move_mail(&self, who: &Person, email: &str) -> Result<User, Code> {
        let email = Email::parse(email).unwrap();
        self.act(who, move |tx, ctx, project, caller| {
            let stored = account::find_by_id(tx, ctx, &caller.user.id)?.stored;
            let shown = stored.as_ref().map_or(Shown::First("his first hash"), Shown::Password);
            account::update_email(tx, ctx, project, caller, shown, &email)
        })
    }

    /// Gives himself another password.
    pub fn new_password(&self, who: &Person, hash: &'static str) -> Result<User, Code> {
        self.act(who, move |tx, ctx, project, caller| {
            let stored = account::find_by_id(tx, ctx, &caller.user.id)?.stored;
            account::update_password(tx, ctx, project, caller, stored.as_ref(), hash)
        })
    }

    /// Asks for a code to the number that he claims.
    pub fn verify_phone(&self, who: &Person) -> Result<Token, Code> {
        let dialect = self.dialect;
        self.act(who, move |tx, ctx, project, caller| verify::start_phone(tx, ctx, project, caller, dialect))
    }

    /// Gives it back.
    pub fn confirm_phone(&self, who: &Person, code: &str) -> Result<Token, Code> {
        wait(self.confirming_phone(who, code)).and_then(|answer| answer).map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn confirming_phone(
        &self,
        who: &Person,
        code: &str,
    ) -> impl Future<Output = Result<Result<Token, Error>>> + Send + use<> {
        let code = Secret::new(code);
        self.acting(&self.caller(who), move |tx, ctx, project, caller| {
            verify::finish_phone(tx, ctx, project, caller, &code)
        })
    }

    /// Claims a number and proves it.
    pub fn add_phone(&self, who: &Person, phone: &str) {
        self.claim(who, phone).unwrap();
        self.verify_phone(who).unwrap();
        let ready = self.work();
        let code = ready.iter().find(|one| one.message.purpose == "verify-phone").unwrap().code().to_owned();
        self.confirm_phone(who, &code).unwrap();
    }

    /// Asks for a link to his address.
    pub fn verify_mail(&self, who: &Person) -> Result<Token, Code> {
        let (dialect, redirect) = (self.dialect, self.redirect());
        self.act(who, move |tx, ctx, project, caller| verify::start_email(tx, ctx, project, caller, dialect, &redirect))
    }

    /// Follows it, in a session or as a guest.
    pub fn confirm_mail(&self, who: Option<&Person>, user: &str, secret: &str) -> Result<Token, Code> {
        let caller = who.map(|who| self.caller(who));
        let (user, secret) = (user.to_owned(), Secret::new(secret));
        self.try_write(move |tx, ctx| verify::finish_email(tx, ctx, caller.as_ref(), &user, &secret))
            .and_then(|answer| answer)
            .map_err(|e| e.code)
    }

    /// Takes an address and proves it.
    pub fn add_mail(&self, who: &Person, email: &str) {
        self.move_mail(who, email).unwrap();
        self.verify_mail(who).unwrap();
        let ready = self.work();
        let link = super::Link::of(ready.iter().find(|one| one.message.purpose == "verify-email").unwrap());
        self.confirm_mail(Some(who), &link.user, &link.secret).unwrap();
    }

    /// Asks for a challenge.
    pub fn challenge(&self, who: &Person, factor: Factor) -> Result<Token, Code> {
        let dialect = self.dialect;
        self.act(who, move |tx, ctx, project, caller| challenge::create(tx, ctx, project, caller, dialect, factor))
    }

    /// Answers it.
    pub fn answer(&self, who: &Person, challenge: &Token, code: &str) -> Result<Session, Code> {
        wait(self.answering(who, challenge, code)).and_then(|answer| answer).map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn answering(
        &self,
        who: &Person,
        challenge: &Token,
        code: &str,
    ) -> impl Future<Output = Result<Result<Session, Error>>> + Send + use<> {
        let (id, code) = (challenge.id.clone(), Secret::new(code));
        self.acting(&self.caller(who), move |tx, ctx, project, caller| {
            challenge::complete(tx, ctx, project, caller, &id, &code)
        })
    }

    /// Shows a second factor by an app, in a new step.
    pub fn show_app(&mut self, who: &Person, seed: &Secret) -> Session {
        self.later(30);
        let asked = self.challenge(who, Factor::Totp).unwrap();
        self.answer(who, &asked, &app_code(seed, self.ctx.now)).unwrap()
    }

    /// Begins to set up an app.
    pub fn new_app(&self, who: &Person) -> Result<NewApp, Code> {
        self.act(who, factor::create_app)
    }

    /// Finishes it.
    pub fn confirm_app(&self, who: &Person, code: &str) -> Result<User, Code> {
        let code = Secret::new(code);
        self.act(who, move |tx, ctx, project, caller| factor::verify_app(tx, ctx, project, caller, &code))
    }

    /// Sets up an app; gives its seed. The code of the present step is used.
    pub fn app(&self, who: &Person) -> Secret {
        let seed = self.new_app(who).unwrap().secret;
        self.confirm_app(who, &app_code(&seed, self.ctx.now)).unwrap();
        seed
    }

    /// The address of the app once more.
    pub fn app_again(&self, who: &Person) -> Result<Secret, Code> {
        self.act(who, factor::read_app)
    }

    /// Removes it.
    pub fn delete_app(&self, who: &Person) -> Result<(), Code> {
        self.act(who, factor::delete_app)
    }

    /// Makes recovery codes.
    pub fn codes(&self, who: &Person) -> Result<Vec<String>, Code> {
        self.act(who, factor::create_codes).map(plain)
    }

    /// Makes others.
    pub fn other_codes(&self, who: &Person) -> Result<Vec<String>, Code> {
        self.act(who, factor::replace_codes).map(plain)
    }

    /// Reads what is left of them.
    pub fn read_codes(&self, who: &Person) -> Result<Vec<String>, Code> {
        self.act(who, factor::read_codes).map(plain)
    }

    /// Asks for a second factor from now on, or no more.
    pub fn set_mfa(&self, who: &Person, on: bool) -> Result<User, Code> {
        self.act(who, move |tx, ctx, project, caller| factor::set_flag(tx, ctx, project, caller, on))
    }

    /// Whether his session may do more than show a second factor.
    pub fn is_let_in(&self, who: &Person) -> bool {
        let caller = self.caller(who);
        match gate(&self.project, &caller.user, &caller.session) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.code, Code::MoreFactorsRequired);
                false
            }
        }
    }

    /// The notices that are out: what, and where to. All other messages are settled by nobody.
    pub fn notices(&self) -> Vec<(String, String)> {
        let ready = self.work().into_iter().filter(|ready| ready.message.verification.is_empty());
        let mut out: Vec<_> = ready.map(|one| (one.message.purpose, one.message.payload.to)).collect();
        out.sort();
        out
    }
}

fn plain(codes: Vec<Secret>) -> Vec<String> {
    codes.into_iter().map(|code| code.expose().to_owned()).collect()
}
