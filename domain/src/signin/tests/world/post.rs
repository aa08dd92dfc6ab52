//! What comes by e-mail: codes, magic links, recovery links.

use std::future::Future;

use url::Url;

use super::World;
use crate::base::{Code, Email, Result, Secret, Target};
use crate::db::testing::wait;
use crate::password;
use crate::project::Redirect;
use crate::signin::{Ready, SignedIn, Start, Started, Terms, Way, account, lockout, verify};
use crate::user::{self, User};

/// The page that links lead to.
const LINK_PAGE: &str = "https://app.example.com/verify?from=mail";

/// A link as somebody who got it follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub user: String,
    pub secret: String,
    pub expire: String,
}

impl Link {
    /// What stands in the address of a message.
    pub fn of(ready: &Ready) -> Self {
        let url = Url::parse(ready.message.payload.link.as_deref().unwrap()).unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("app.example.com"), "/verify"));
        let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
        assert_eq!(value("from"), "mail");
        Self { user: value("userId"), secret: value("secret"), expire: value("expire") }
    }
}

impl World {
    /// Where links lead.
    pub fn redirect(&self) -> Redirect {
        Redirect::check(&self.project, LINK_PAGE, false).unwrap()
    }

    /// What a request by e-mail says.
    pub fn mail_request(&self, email: &str, way: Way, wanted: Option<&str>) -> Start {
        Start { target: Email::parse(email).unwrap().into(), way, ..self.request(super::ANNA, wanted) }
    }

    /// Asks for a code by e-mail.
    pub fn ask_mail(&self, email: &str, wanted: &str) -> Started {
        self.start(self.mail_request(email, Way::Code, Some(wanted))).unwrap()
    }

    /// Asks for a code by e-mail and lets the worker make it.
    pub fn mail_code(&self, email: &str, wanted: &str) -> String {
        assert_eq!(self.ask_mail(email, wanted).handle, wanted);
        self.code()
    }

    /// Asks for a magic link.
    pub fn ask_link(&self, email: &str, wanted: &str) -> Started {
        self.start(self.mail_request(email, Way::MagicLink(self.redirect()), Some(wanted))).unwrap()
    }

    /// Asks for a magic link and opens the e-mail.
    pub fn link(&self, email: &str, wanted: &str) -> Link {
        self.ask_link(email, wanted);
        self.posted()
    }

    /// Asks for a recovery.
    pub fn ask_recovery(&self, email: &str, wanted: Option<&str>) -> Started {
        self.start(self.mail_request(email, Way::Recovery(self.redirect()), wanted)).unwrap()
    }

    /// Asks for a recovery and opens the e-mail.
    pub fn recovery(&self, email: &str) -> Link {
        self.ask_recovery(email, None);
        self.posted()
    }

    /// The link in the only message that the worker finds.
    pub fn posted(&self) -> Link {
        Link::of(&self.only())
    }

    /// Follows a magic link.
    pub fn follow(&self, link: &Link) -> Result<SignedIn, Code> {
        self.finish(&link.user, &link.secret)
    }

    /// Follows a recovery link to a new password with this hash.
    pub fn recover(&self, link: &Link, hash: &'static str) -> Result<verify::Token, Code> {
        wait(self.recovering(link, hash)).and_then(|answer| answer).map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn recovering(
        &self,
        link: &Link,
        hash: &'static str,
    ) -> impl Future<Output = Result<Result<verify::Token>>> + Send + use<> {
        let Self { db, ctx, project, .. } = self.clone();
        let (user, secret) = (link.user.clone(), Secret::new(link.secret.as_str()));
        async move { db.write(move |tx| verify::finish_recovery(tx, &ctx, &project, &user, &secret, hash)).await }
    }

    /// Who may choose a new password by this link.
    pub fn find_recovery(&self, link: &Link) -> Result<User, Code> {
        let (user, secret) = (link.user.clone(), Secret::new(link.secret.as_str()));
        self.try_write(move |tx, ctx| verify::find_recovery(tx, ctx, &user, &secret)).map_err(|e| e.code)
    }

    /// The account that this address finds.
    pub fn mail_owner(&self, email: &str) -> Option<User> {
        let target = Target::from(Email::parse(email).unwrap());
        self.write(move |tx, ctx| user::find_by(tx, &ctx.project, &target))
    }

    /// The hash of the password of this account.
    pub fn password_of(&self, user: &str) -> Option<String> {
        let user = user.to_owned();
        self.write(move |tx, ctx| password::find(tx, ctx, &user)).map(|stored| match stored.hash {
            password::Hash::Own(hash) => hash.expose().to_owned(),
            password::Hash::Foreign(foreign) => format!("{foreign:?}"),
        })
    }

    /// Lets the worker give the messages that it found back, as when every provider refused them, and come again.
    pub fn refuse_and_work_again(&mut self, ready: &[Ready]) -> Vec<Ready> {
        for one in ready {
            let message = one.message.clone();
            let again = self
                .write(move |tx, ctx| crate::message::retry_or_bury(tx, ctx, &message, "it said no", &message.tries));
            assert!(again);
        }
        self.later(5);
        self.work()
    }

    /// Signs up with an address and a password.
    pub fn sign_up(&self, id: Option<&str>, email: &str) -> Result<User, Code> {
        let (id, email) = (id.map(str::to_owned), Email::parse(email).unwrap());
        let project = self.project.clone();
        self.try_write(move |tx, ctx| {
            let new = account::SignUp { id: id.as_deref(), email: &email, name: "Somebody", hash: "the first hash" };
            account::create(tx, ctx, &project, new)
        })
        .map_err(|e| e.code)
    }

    /// The account and password of an address, as they are now.
    pub fn known(&self, email: &str) -> account::Known {
        self.find_known(email).unwrap()
    }

    /// The same, or why nobody may try.
    pub fn find_known(&self, by: &str) -> Result<account::Known, Code> {
        let (project, by) = (self.project.clone(), Target::from_stored(by.to_owned()));
        self.try_write(move |tx, ctx| account::find(tx, ctx, &project, &by)).map_err(|e| e.code)
    }

    /// Guesses a wrong password. The link of whoever is locked out by it leads to `page`.
    pub fn guess_password(&self, by: &str, page: Option<&lockout::Page>) -> Result<(), Code> {
        let known = self.find_known(by)?;
        if known.locked {
            return Err(Code::AccountLocked);
        }
        wait(self.guessing(&known, by, page)).map_err(|e| e.code)
    }

    /// The same by somebody who was let in to guess before, to be run beside others.
    pub fn guessing(
        &self,
        known: &account::Known,
        by: &str,
        page: Option<&lockout::Page>,
    ) -> impl Future<Output = Result<()>> + Send + use<> {
        let Self { db, ctx, project, .. } = self.clone();
        let (known, by, page) = (known.clone(), Target::from_stored(by.to_owned()), page.cloned());
        async move { db.write(move |tx| account::count_wrong(tx, &ctx, &project, &known, &by, page.as_ref())).await }
    }

    /// Signs in with a password that was right for `known`.
    pub fn sign_in_known(&self, known: &account::Known, rehashed: Option<&'static str>) -> Result<SignedIn, Code> {
        let (known, project, terms) = (known.clone(), self.project.clone(), Terms::of(&self.project));
        let email = known.user.as_ref().and_then(|user| user.email.clone());
        let by = Target::from(email.unwrap_or_else(|| Email::parse("nobody@example.com").unwrap()));
        self.try_write(move |tx, ctx| account::sign_in(tx, ctx, &project, &terms, &known, &by, rehashed))
            .map_err(|e| e.code)
    }
}
