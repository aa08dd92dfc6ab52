//! A message that only shows whether a provider takes one: the same from the command line and the admin API.

use std::sync::Arc;

use countersign_domain::base::time::HOUR;
use countersign_domain::base::{Actor, Code, Ctx, Email, Error, Phone, Result, Secret, Target};
use countersign_domain::message::{Account, Mail, MailAccount, Outcome, Sms};
use countersign_domain::project::Project;
use countersign_domain::signin;
use minijinja::HtmlEscape;

use super::{App, Hosted};
use crate::http::limit::Rule;
use crate::text::{DEFAULT_LOCALE, brand};

/// How many an administrator may send.
const LIMIT: Rule = Rule { limit: 30, window_micros: HOUR };

/// A code that opens nothing, for providers that carry nothing else.
const CODE: &str = "000000";

/// A text for `to`, through a provider of this account.
pub fn sms(project: &Project, id: String, to: Phone, account: &Account) -> Sms {
    Sms {
        id,
        project: project.id.clone(),
        to,
        body: Secret::new(format!("{}: this is a test message. You need not do anything.", brand(project.brand()))),
        code: account.takes_only_codes().then(|| Secret::new(CODE)),
        template: "test".to_owned(),
        locale: DEFAULT_LOCALE.to_owned(),
        user: None,
        receipt_url: None,
    }
}

/// An e-mail for `to`.
pub fn mail(project: &Project, id: String, to: Email) -> Mail {
    let text = format!("This is a test message of {}. You need not do anything.", project.brand());
    Mail {
        id,
        project: project.id.clone(),
        to,
        brand: project.brand().to_owned(),
        from: None,
        from_name: None,
        subject: format!("{}: test message", project.brand()),
        html: Secret::new(format!("<p>{}</p>", HtmlEscape(&text))),
        text: Secret::new(text),
        code: None,
        link: None,
        template: "test".to_owned(),
        locale: DEFAULT_LOCALE.to_owned(),
        user: None,
    }
}

impl App {
    /// Sends a test message to `target` through the provider of that name, within the budgets of the project and of the
    /// administrator; says what became of it. `Code::ProviderNotFound`.
    pub async fn send_test(&self, ctx: &Ctx, hosted: &Arc<Hosted>, provider: &str, target: Target) -> Result<Outcome> {
        let settings = &hosted.project.settings;
        let is_inbox = match &target {
            Target::Phone(_) => {
                let found = settings.sms.providers.iter().find(|p| p.name == provider);
                found.ok_or(Code::ProviderNotFound)?.account == Account::Inbox {}
            }
            Target::Email(_) => {
                let found = settings.email.providers.iter().find(|p| p.name == provider);
                found.ok_or(Code::ProviderNotFound)?.account == MailAccount::Inbox {}
            }
        };
        if is_inbox && self.dev.is_none() {
            return Err(Error::invalid("provider", "is the development inbox: nothing would leave the machine"));
        }
        if let Actor::Admin(admin) = &ctx.actor
            && let Some(hit) = self.hit(ctx, "send-test", &[vec![admin.as_str()]], LIMIT).await?
            && !hit.allowed
        {
            return Err(Code::TooManyAttempts { retry_at: hit.reset_at }.into());
        }
        {
            let (ctx, hosted, to, provider) = (ctx.clone(), Arc::clone(hosted), target.clone(), provider.to_owned());
            self.db.write(move |tx| signin::allow_test(tx, &ctx, &hosted.project, &to, &provider)).await?;
        }
        let (project, id) = (&hosted.project, ctx.id());
        match target {
            Target::Phone(to) => {
                let found = settings.sms.providers.iter().find(|p| p.name == provider);
                let found = found.ok_or(Code::ProviderNotFound)?;
                Ok(self.sender.send_sms(&sms(project, id, to, &found.account), found).await)
            }
            Target::Email(to) => {
                let found = settings.email.providers.iter().find(|p| p.name == provider);
                let found = found.ok_or(Code::ProviderNotFound)?;
                Ok(self.sender.send_mail(&mail(project, id, to), found).await)
            }
        }
    }
}
