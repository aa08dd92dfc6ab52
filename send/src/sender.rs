//! Hands messages to providers.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::base::{Clock, Secret, Time};
use countersign_domain::message::{Account, Mail, MailProvider, Outcome, Provider, Sms};

use crate::application::{self, Application};
use crate::captcha::CAPTCHA_URL;
use crate::circuit::{Circuits, Key};
use crate::email;
use crate::net::{Failure, Net, Private, SetupError};
use crate::reason::clean;
use crate::sms::{self, Verdict};

/// Seconds that a provider has for its answer unless it says otherwise, and the bounds of what it may say. One that is
/// shorter than the time for a connection makes a slow connection `Unknown` instead of `Refused`.
const TIMEOUT_SECONDS: (u64, u64, u64) = (10, 1, 60);
/// Bytes of a provider's id for a message that are believed.
const LONGEST_ID: usize = 128;

/// Where the development provider `inbox` puts messages. Nothing leaves the process.
pub trait Inbox: Send + Sync {
    /// Keeps `sms` for `GET /dev/inbox`.
    fn deliver(&self, sms: &Sms);
    /// Keeps `mail` for `GET /dev/inbox`; `provider` knows from whom it is.
    fn deliver_mail(&self, mail: &Mail, provider: &MailProvider);
}

/// How a [`Sender`] behaves.
#[derive(Clone, Default)]
pub struct Options {
    /// Where providers may be called beside public addresses.
    pub private: Private,
    /// Where the provider `application` hands messages to.
    pub application: Option<Arc<dyn Application>>,
    /// Where reCAPTCHA answers, if not at Google's address.
    pub captcha_url: Option<String>,
}

/// Sends messages. Cheap to clone; clones share connections and circuits.
#[derive(Clone)]
pub struct Sender(Arc<Inner>);

struct Inner {
    net: Net,
    clock: Arc<dyn Clock>,
    inbox: Arc<dyn Inbox>,
    application: Option<Arc<dyn Application>>,
    captcha_url: Option<String>,
    circuits: Circuits,
}

/// One call that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// The provider's name.
    pub provider: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a message over all its tries.
#[derive(Debug)]
pub struct Sent<'p, E> {
    /// The name of the provider that took it.
    pub provider: Option<&'p str>,
    /// `Accepted` if one took it; else `Unknown` if one may have taken it; else the last refusal.
    pub outcome: Outcome,
    /// All calls, in order.
    pub tries: Vec<Try>,
    /// The error of the callback that ended the tries.
    pub stopped: Option<E>,
}

/// One call, and whether the provider works for other messages.
pub(crate) struct Call {
    pub(crate) outcome: Outcome,
    pub(crate) healthy: bool,
}

impl Call {
    /// A failure for which the provider is to blame, not the message.
    pub(crate) const fn unhealthy(outcome: Outcome) -> Self {
        Self { outcome, healthy: false }
    }
}

/// A kind of message, as far as trying its providers needs to know.
trait Message {
    type Provider;
    /// Tells circuits of providers of the same name apart.
    const CHANNEL: &'static str;

    fn project(&self) -> &str;
    fn name(provider: &Self::Provider) -> &str;
    /// Why `provider` cannot carry it, whatever its circuit says. It is not called then.
    fn misfit(&self, provider: &Self::Provider) -> Option<&'static str>;
    fn call(&self, sender: &Inner, provider: &Self::Provider) -> impl Future<Output = Call> + Send;
}

impl Sender {
    /// Sets up the client. `clock` stamps signatures and drives the circuits, `inbox` takes what the provider `inbox`
    /// is given.
    pub fn new(clock: Arc<dyn Clock>, inbox: Arc<dyn Inbox>, options: Options) -> Result<Self, SetupError> {
        let net = Net::new(options.private.clone())?;
        let Options { application, captcha_url, .. } = options;
        Ok(Self(Arc::new(Inner { net, clock, inbox, application, captcha_url, circuits: Circuits::default() })))
    }

    /// Hands `sms` to `provider` and says what became of it. One call, no circuit: for `sms send-test`.
    pub async fn send_sms(&self, sms: &Sms, provider: &Provider) -> Outcome {
        match sms.misfit(provider) {
            Some(reason) => refused(reason),
            None => sms.call(&self.0, provider).await.outcome,
        }
    }

    /// Tells `provider` that the code which went out as its message `provider_id` was shown to us, where it wants to know
    /// (Twilio Verify). `Accepted` when there is nothing more to tell: it knows now, has forgotten the message, or does not
    /// take it of this one. Else others are not taken either for now.
    pub async fn approve_sms(&self, provider: &Provider, provider_id: &str) -> Outcome {
        let net = &self.0.net;
        let Some(request) = sms::approval(&net.client, provider, provider_id) else {
            return Outcome::Accepted { provider_id: None };
        };
        match net.ask(request, timeout(provider.timeout_seconds)).await {
            Ok(answer) => match sms::read(&provider.account, &answer) {
                Verdict::Refused { healthy: false, .. } if answer.status != 404 => {
                    refused(&format!("HTTP {}", answer.status))
                }
                Verdict::Unclear(reason) if !(200..300).contains(&answer.status) => unknown(reason),
                Verdict::Accepted(_) | Verdict::Refused { .. } | Verdict::Unclear(_) => {
                    Outcome::Accepted { provider_id: None }
                }
            },
            Err(Failure::NotSent(reason)) => refused(reason),
            Err(Failure::Lost(reason)) => unknown(reason),
        }
    }

    /// Hands `mail` to `provider` and says what became of it. One call, no circuit: for `email send-test`.
    pub async fn send_mail(&self, mail: &Mail, provider: &MailProvider) -> Outcome {
        mail.call(&self.0, provider).await.outcome
    }

    /// Tries `providers` in order until one accepts, passing over those whose circuit is open; if all are, the first is
    /// tried anyway. `on_attempt` gets the provider's name and is awaited before each call, so that the attempt is on
    /// record before the message can be out; its error ends the tries.
    pub async fn send_with_failover<'p, F, Fut, E>(
        &self,
        sms: &Sms,
        providers: &'p [Provider],
        on_attempt: F,
    ) -> Sent<'p, E>
    where
        F: FnMut(&'p str) -> Fut,
        Fut: Future<Output = Result<(), E>>,
    {
        self.failover(sms, providers, on_attempt).await
    }

    /// The same for an e-mail: [`send_with_failover`](Self::send_with_failover).
    pub async fn send_mail_with_failover<'p, F, Fut, E>(
        &self,
        mail: &Mail,
        providers: &'p [MailProvider],
        on_attempt: F,
    ) -> Sent<'p, E>
    where
        F: FnMut(&'p str) -> Fut,
        Fut: Future<Output = Result<(), E>>,
    {
        self.failover(mail, providers, on_attempt).await
    }

    async fn failover<'p, M, F, Fut, E>(
        &self,
        message: &M,
        providers: &'p [M::Provider],
        mut on_attempt: F,
    ) -> Sent<'p, E>
    where
        M: Message,
        F: FnMut(&'p str) -> Fut,
        Fut: Future<Output = Result<(), E>>,
    {
        let mut sent = Sent { provider: None, outcome: refused("no provider"), tries: Vec::new(), stopped: None };
        let mut maybe_taken = None;
        let mut called = false;
        // The second, shorter round is for the case that the first found every circuit open.
        let first = providers.iter().find(|provider| message.misfit(provider).is_none());
        let rounds = providers.iter().map(|p| (p, false)).chain(first.map(|p| (p, true)));
        for (provider, forced) in rounds {
            let name = M::name(provider);
            let key = Key { channel: M::CHANNEL, project: message.project().to_owned(), provider: name.to_owned() };
            let misfit = message.misfit(provider);
            let allowed =
                if forced { !called } else { misfit.is_some() || self.0.circuits.allows(&key, self.0.clock.now()) };
            if !allowed {
                continue;
            }
            if let Err(error) = on_attempt(name).await {
                sent.stopped = Some(error);
                break;
            }
            let outcome = if let Some(reason) = misfit {
                // Nobody was asked: it says nothing about the provider.
                refused(reason)
            } else {
                called = true;
                let Call { outcome, healthy } = message.call(&self.0, provider).await;
                self.0.circuits.report(&key, healthy, self.0.clock.now());
                outcome
            };
            sent.tries.push(Try { provider: name.to_owned(), outcome: outcome.clone() });
            sent.outcome = outcome;
            match sent.outcome {
                Outcome::Accepted { .. } => {
                    sent.provider = Some(name);
                    return sent;
                }
                Outcome::Unknown { .. } => maybe_taken = Some(sent.outcome.clone()),
                Outcome::Refused { .. } => {}
            }
        }
        sent.outcome = maybe_taken.unwrap_or(sent.outcome);
        sent
    }

    pub(crate) fn net(&self) -> &Net {
        &self.0.net
    }

    pub(crate) fn captcha_url(&self) -> &str {
        self.0.captcha_url.as_deref().unwrap_or(CAPTCHA_URL)
    }

    pub(crate) fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// The circuits, for metrics.
    pub fn circuits(&self) -> &Circuits {
        &self.0.circuits
    }
}

impl Message for Sms {
    type Provider = Provider;
    const CHANNEL: &'static str = "sms";

    fn project(&self) -> &str {
        &self.project
    }

    fn name(provider: &Provider) -> &str {
        &provider.name
    }

    fn misfit(&self, provider: &Provider) -> Option<&'static str> {
        sms::misfit(self, provider)
    }

    async fn call(&self, sender: &Inner, provider: &Provider) -> Call {
        let timeout = timeout(provider.timeout_seconds);
        if let Account::Application {} = provider.account {
            return application::call(sender.application.as_ref(), self, &secrets(self, provider), timeout).await;
        }
        let Some(request) = sms::request(&sender.net.client, self, provider, sender.clock.now()) else {
            sender.inbox.deliver(self);
            return Call { outcome: Outcome::Accepted { provider_id: None }, healthy: true };
        };
        let mut answer = sender.net.ask(request, timeout).await;
        if let Ok(first) = &answer
            && let Some(other) = sms::in_another_language(self, provider, first)
            && let Some(request) = sms::request(&sender.net.client, &other, provider, sender.clock.now())
        {
            answer = sender.net.ask(request, timeout).await;
        }
        match answer {
            Err(Failure::NotSent(reason)) => Call::unhealthy(refused(reason)),
            Err(Failure::Lost(reason)) => Call::unhealthy(unknown(reason)),
            Ok(answer) => judge(self, provider, answer.status, sms::read(&provider.account, &answer)),
        }
    }
}

impl Message for Mail {
    type Provider = MailProvider;
    const CHANNEL: &'static str = "email";

    fn project(&self) -> &str {
        &self.project
    }

    fn name(provider: &MailProvider) -> &str {
        &provider.name
    }

    fn misfit(&self, _: &MailProvider) -> Option<&'static str> {
        None
    }

    async fn call(&self, sender: &Inner, provider: &MailProvider) -> Call {
        let Some(server) = email::server(provider) else {
            sender.inbox.deliver_mail(self, provider);
            return Call { outcome: Outcome::Accepted { provider_id: None }, healthy: true };
        };
        let timeout = timeout(provider.timeout_seconds);
        email::send(self, provider, &server, sender.clock.now(), timeout, &sender.net.private).await
    }
}

fn timeout(seconds: Option<u64>) -> Duration {
    let (default, least, most) = TIMEOUT_SECONDS;
    Duration::from_secs(seconds.unwrap_or(default).clamp(least, most))
}

/// Turns a verdict into an outcome whose reason may be logged.
fn judge(sms: &Sms, provider: &Provider, status: u16, verdict: Verdict) -> Call {
    match verdict {
        Verdict::Accepted(id) => {
            let provider_id = id.filter(|id| id.len() <= LONGEST_ID && !id.contains(char::is_control));
            Call { outcome: Outcome::Accepted { provider_id }, healthy: true }
        }
        Verdict::Unclear(reason) => Call::unhealthy(unknown(&format!("HTTP {status}: {reason}"))),
        Verdict::Refused { code, text, healthy } => {
            let secrets = secrets(sms, provider);
            let mut reason = format!("HTTP {status}");
            // Error codes have up to six characters (`-40002`), and may not be our own code sent back.
            if let Some(code) = code.filter(|c| c.len() <= 6 && c.is_ascii() && !secrets.contains(&c.as_str())) {
                reason = format!("{reason}, code {code}");
            }
            if let Some(text) = text {
                reason = format!("{reason}: {}", clean(&text, &secrets));
            }
            Call { outcome: Outcome::Refused { reason }, healthy }
        }
    }
}

/// All that must not show up in a reason.
fn secrets<'a>(sms: &'a Sms, provider: &'a Provider) -> Vec<&'a str> {
    let number = sms.to.as_e164();
    let mut all = vec![sms.body.expose(), number, number.trim_start_matches('+')];
    all.extend(sms.code.as_ref().map(Secret::expose));
    match &provider.account {
        Account::Inbox {} | Account::Application {} => {}
        Account::Twilio { account_sid, auth_token, from: _ } => all.extend([account_sid, auth_token.0.expose()]),
        Account::TwilioVerify { account_sid, auth_token, service_sid, channel: _ } => {
            all.extend([account_sid, auth_token.0.expose(), service_sid]);
        }
        Account::Vonage { api_key, api_secret, from: _, signature_secret } => {
            all.extend([api_key, api_secret.0.expose()]);
            all.extend(signature_secret.as_ref().map(|s| s.0.expose()));
        }
        Account::Msg91 { sender_id: _, auth_key, template_id: _ } => all.push(auth_key.0.expose()),
        Account::Telesign { customer_id, api_key } => all.extend([customer_id, api_key.0.expose()]),
        Account::Textmagic { username, api_key, from: _ } => all.extend([username, api_key.0.expose()]),
        Account::Http { url, secret } => all.extend([url, secret.0.expose()]),
    }
    all
}

pub(crate) fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.to_owned() }
}

pub(crate) fn unknown(reason: &str) -> Outcome {
    Outcome::Unknown { reason: reason.to_owned() }
}
