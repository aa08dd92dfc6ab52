//! Flows of clients that name themselves, keep a cookie and show a code alone; and whether a person asks.

use std::sync::Arc;

use countersign_domain::base::{Actor, Code, Ctx, Email, Error, Result, Secret};
use countersign_domain::signin::account::Known;
use countersign_domain::signin::flow::{self, Begin, Begun, Means, Recovered, Shown};
use countersign_domain::signin::{SignedIn, Terms};
use countersign_domain::user::User;
use countersign_domain::verification::Dialect;
use countersign_send::CaptchaAnswer;

use super::password::Person;
use super::{App, Hosted};

impl App {
    /// Starts a flow: what depends on the request alone is refused at once.
    pub async fn start_flow(&self, ctx: &Ctx, hosted: &Arc<Hosted>, begin: Begin) -> Result<Begun> {
        self.admit_flow(ctx, hosted, &begin).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| flow::start(tx, &ctx, &hosted.project, &begin)).await
    }

    /// Makes an account with an address alone, unless there is one, and sends a link that finishes it. Its owner is not
    /// told which.
    pub async fn sign_up_by_link(&self, ctx: &Ctx, hosted: &Arc<Hosted>, begin: Begin, name: String) -> Result<()> {
        self.admit_flow(ctx, hosted, &begin).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| flow::sign_up(tx, &ctx, &hosted.project, &begin, &name)).await
    }

    async fn admit_flow(&self, ctx: &Ctx, hosted: &Arc<Hosted>, begin: &Begin) -> Result<()> {
        flow::check(&hosted.project, begin)?;
        let kind = match begin.means {
            Means::Sms => "sms-address",
            Means::Email | Means::Link(_) => "email-address",
        };
        self.spend_network(ctx, hosted, kind).await?;
        self.metrics.signin_started(begin.dialect.into());
        Ok(())
    }

    /// Who may finish his account by this link. Uses nothing up.
    pub async fn find_activation(&self, ctx: &Ctx, hosted: &Arc<Hosted>, user: String, token: Secret) -> Result<User> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.read(move |tx| flow::find_activation(tx, &ctx, &hosted.project, &user, &token)).await
    }

    /// Finishes `known`'s account by its link, with his first password where the project wants one, and signs him in.
    pub async fn activate(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        (user, token): (String, Secret),
        known: &User,
        password: Option<Secret>,
    ) -> Result<SignedIn> {
        let hash = match password {
            Some(password) => Some(self.hash(&hosted.project, Person::of(known), password, None).await?),
            None => None,
        };
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        let answer = self
            .db
            .write(move |tx| flow::activate(tx, &ctx, &hosted.project, &terms, &user, &token, hash.as_deref()))
            .await?;
        self.count_finished(Dialect::Frontegg, &answer);
        answer
    }

    fn count_finished(&self, dialect: Dialect, answer: &Result<SignedIn>) {
        match answer {
            Ok(_) => self.metrics.signin_finished(dialect.into()),
            Err(error) => self.metrics.signin_refused(dialect.into(), error.code.name()),
        }
    }

    /// Finishes a sign-in. The attempt is durable before the answer, whatever it is.
    pub async fn finish_flow(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        dialect: Dialect,
        terms: Terms,
        shown: Shown,
    ) -> Result<SignedIn> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        let answer = self.db.write(move |tx| flow::finish(tx, &ctx, &hosted.project, dialect, &terms, &shown)).await?;
        self.count_finished(dialect, &answer);
        answer
    }

    /// The address that the holder of a flow named, if any.
    pub async fn email_of_flow(&self, ctx: &Ctx, dialect: Dialect, held: &str) -> Result<Option<Email>> {
        let (ctx, held) = (ctx.clone(), held.to_owned());
        self.db.read(move |tx| flow::email_of(tx, &ctx, dialect, &held)).await
    }

    /// Takes the code of whoever forgot his password, for what sets a new one.
    pub async fn exchange_recovery(
        &self,
        ctx: &Ctx,
        dialect: Dialect,
        held: String,
        code: Secret,
    ) -> Result<Recovered> {
        let ctx = ctx.clone();
        self.db.write(move |tx| flow::exchange_recovery(tx, &ctx, dialect, &held, &code)).await?
    }

    /// Who may choose a new password by what [`App::exchange_recovery`] gave, or by a link. Uses nothing up.
    pub async fn find_recovery(&self, ctx: &Ctx, user: String, token: Secret) -> Result<Known> {
        let ctx = ctx.clone();
        self.db.read(move |tx| flow::find_recovery(tx, &ctx, &user, &token)).await
    }

    /// Sets a new password by what [`App::exchange_recovery`] gave, or by a link.
    pub async fn finish_recovery(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        user: String,
        token: Secret,
        password: Secret,
    ) -> Result<()> {
        let Known { user: known, stored, .. } = self.find_recovery(ctx, user.clone(), token.clone()).await?;
        let person = Person::of(&known.ok_or(Code::InvalidToken)?);
        let hash = self.hash(&hosted.project, person, password, stored).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        let done =
            self.db.write(move |tx| flow::finish_recovery(tx, &ctx, &hosted.project, &user, &token, &hash)).await?;
        done.map(drop)
    }

    /// Refuses whoever does not show that he is a person, where the project wants that; `email` is the address that he
    /// named. Nobody passes while that cannot be found out. A customer's own server shows nothing.
    pub async fn require_person(
        &self,
        ctx: &Ctx,
        hosted: &Hosted,
        token: Option<&str>,
        email: Option<&Email>,
    ) -> Result<()> {
        let Some(captcha) = &hosted.project.settings.frontegg.captcha else { return Ok(()) };
        let is_let_be = email.is_some_and(|email| captcha.ignores(email));
        if !captcha.enabled || is_let_be || matches!(ctx.actor, Actor::Key(_)) {
            return Ok(());
        }
        match self.sender.check_captcha(&captcha.secret_key.0, token.unwrap_or_default()).await {
            CaptchaAnswer::Score(score) if score >= captcha.min_score => Ok(()),
            CaptchaAnswer::Score(_) | CaptchaAnswer::Refused => Err(Code::CaptchaFailed.into()),
            CaptchaAnswer::Unknown(reason) => {
                tracing::warn!(project = &*hosted.id, reason, "whether a person asks could not be found out");
                Err(Error::from(Code::CaptchaUnavailable))
            }
        }
    }
}
