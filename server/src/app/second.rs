//! Setting second factors up and giving them up, and the step to a second factor of clients that carry a token to it.

use std::sync::Arc;

use countersign_domain::base::{Ctx, Phone, Result, Secret, Target};
use countersign_domain::project::Project;
use countersign_domain::signin::challenge::Asking;
use countersign_domain::signin::step::{self, Shown, Stepped, Waiting};
use countersign_domain::signin::verify::Token;
use countersign_domain::signin::{Caller, Factor, Rules, Terms, enrol, remove};
use countersign_domain::verification::Dialect;

use super::{App, Hosted};

/// By the numbers of Frontegg's clients.
fn asking(project: &Project) -> Asking {
    Asking { dialect: Dialect::Frontegg, rules: Rules::of_frontegg(project) }
}

impl App {
    /// Sends a code to a number that is to be a second factor of the caller.
    pub async fn enrol_phone(&self, ctx: &Ctx, hosted: &Arc<Hosted>, caller: Caller, phone: Phone) -> Result<Token> {
        let target = Target::Phone(phone);
        self.spend_address(ctx, hosted, &target).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let project = &hosted.project;
                enrol::start(tx, &ctx, project, &caller, &asking(project), &target)
            })
            .await
    }

    /// The same on the way into a session.
    pub async fn enrol_phone_by(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        waiting: Waiting,
        phone: Phone,
    ) -> Result<Token> {
        step::may_enrol(&hosted.project, &waiting, Factor::Phone)?;
        self.enrol_phone(ctx, hosted, waiting.caller, phone).await
    }

    /// Sends a code to the number with this id, which is to be a second factor no more.
    pub async fn remove_phone(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        id: String,
    ) -> Result<(Token, Phone)> {
        let phone = remove::find_phone(ctx, &caller.user, &id)?;
        self.spend_address(ctx, hosted, &Target::Phone(phone)).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let project = &hosted.project;
                remove::start_phone(tx, &ctx, project, &caller, &asking(project), &id)
            })
            .await
    }

    /// Who is on the way into a session with this token.
    pub async fn waiting(&self, ctx: &Ctx, hosted: &Arc<Hosted>, token: &Secret) -> Result<Waiting> {
        let (ctx, hosted, token) = (ctx.clone(), Arc::clone(hosted), token.clone());
        self.db.read(move |tx| step::find(tx, &ctx, &hosted.project, &token)).await
    }

    /// Sends him a code to the number with this id; gives its token and the number.
    pub async fn send_step_sms(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        waiting: Waiting,
        id: String,
    ) -> Result<(Token, Phone)> {
        if let Some(phone) = waiting.caller.user.second_phone() {
            self.spend_address(ctx, hosted, &Target::Phone(phone.clone())).await?;
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let project = &hosted.project;
                step::send_sms(tx, &ctx, project, &waiting, &asking(project), &id)
            })
            .await
    }

    /// Sends him a code to his address.
    pub async fn send_step_email(&self, ctx: &Ctx, hosted: &Arc<Hosted>, waiting: Waiting) -> Result<Token> {
        if let Some(email) = &waiting.caller.user.email {
            self.spend_address(ctx, hosted, &Target::Email(email.clone())).await?;
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let project = &hosted.project;
                step::send_email(tx, &ctx, project, &waiting, &asking(project))
            })
            .await
    }

    /// Completes the step. The attempt is durable before the answer, whatever it is.
    pub async fn finish_step(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        token: Secret,
        shown: Shown,
    ) -> Result<Stepped> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let waiting = step::find(tx, &ctx, &hosted.project, &token)?;
                step::finish(tx, &ctx, &hosted.project, &terms, &waiting, &shown)
            })
            .await?
    }
}
