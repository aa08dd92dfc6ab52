//! One conversation with a mail server (RFC 5321). It is led step by step, not by lettre's transport, because that says
//! of an error neither whether the text was under way nor what it was about, and waits for answers without end.

use std::error::Error as _;
use std::iter::successors;
use std::time::Duration;

use countersign_domain::message::MailSecurity;
use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;

use super::Server;
use crate::net::{CONNECT, NoAddress, Private};

/// How long a server may take to say goodbye. Nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a conversation is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Stage {
    /// The server and our right to use it.
    #[default]
    Server,
    /// The recipient. The text was not sent.
    Recipient,
    /// The text, of which something may have been sent.
    Text,
}

/// Why a conversation ended badly.
#[derive(Debug)]
pub(super) enum Trouble {
    /// In our words.
    Own(&'static str),
    /// In the words of the server or the network, not fit for a log yet.
    Said {
        /// What was under way.
        step: &'static str,
        /// What the server answered: 400 to 599.
        code: Option<u16>,
        text: String,
    },
}

/// A conversation.
#[derive(Default)]
pub(super) struct Talk {
    pub stage: Stage,
    connection: Option<AsyncSmtpConnection>,
}

impl Talk {
    /// Leads it up to the server's word that it takes the message.
    pub async fn hand_over(
        &mut self,
        server: &Server<'_>,
        message: &Message,
        private: &Private,
    ) -> Result<(), Trouble> {
        let (Some(from), [to]) = (message.envelope().from(), message.envelope().to()) else {
            return Err(Trouble::Own("the message has no sender or recipient"));
        };
        let connection = self.connection.insert(connect(server, from.domain(), private).await?);
        if let Some((username, password)) = server.login {
            let credentials = Credentials::new(username.to_owned(), password.to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(at("AUTH"))?;
        }
        connection.command(Mail::new(Some(from.clone()), Vec::new())).await.map_err(at("MAIL"))?;
        self.stage = Stage::Recipient;
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(at("RCPT"))?;
        let answer = connection.command(Data).await.map_err(at("DATA"))?;
        // Also fails if answers were slipped in before TLS began, since each later one is then one too late.
        if answer.code().severity != Severity::PositiveIntermediate {
            return Err(Trouble::Own("DATA: the answer makes no sense"));
        }
        self.stage = Stage::Text;
        let answer = connection.message(&message.formatted()).await.map_err(at("message"))?;
        if answer.code().severity != Severity::PositiveCompletion {
            return Err(Trouble::Own("message: the answer makes no sense"));
        }
        Ok(())
    }

    /// Ends it politely. Only for one that nobody waits for an answer in.
    pub async fn hang_up(self) {
        if let Some(mut connection) = self.connection {
            // Whatever comes back, all has been said.
            drop(tokio::time::timeout(GOODBYE, connection.command(Quit)).await);
        }
    }
}

/// Connects to a checked address and, unless the server has no security, ends with TLS for the server's name.
async fn connect(server: &Server<'_>, hello: &str, private: &Private) -> Result<AsyncSmtpConnection, Trouble> {
    let &Server { host, port, security, .. } = server;
    let found = private.resolve(host, port, security != MailSecurity::None).await;
    let addresses = found.map_err(|NoAddress(reason)| Trouble::Own(reason))?;
    let (mut wrapper, mut upgrade) = (None, None);
    match security {
        MailSecurity::Tls => wrapper = Some(tls(host).await?),
        MailSecurity::Starttls => upgrade = Some(tls(host).await?),
        MailSecurity::None => {}
    }
    let hello = ClientId::Domain(hello.to_owned());
    let connected = AsyncSmtpConnection::connect_tokio1(&*addresses, Some(CONNECT), &hello, wrapper, None).await;
    let mut connection = connected.map_err(at("connection"))?;
    if let Some(tls) = upgrade {
        if !connection.can_starttls() {
            return Err(Trouble::Own("the server does not offer STARTTLS"));
        }
        connection.starttls(tls, &hello).await.map_err(at("STARTTLS"))?;
    }
    Ok(connection)
}

/// TLS that trusts what the machine trusts, as the HTTP client does. The certificates are read from the disk.
async fn tls(host: &str) -> Result<TlsParameters, Trouble> {
    let host = host.to_owned();
    let made = tokio::task::spawn_blocking(|| TlsParameters::new_rustls(host)).await;
    made.map_err(|_| Trouble::Own("TLS could not be set up"))?.map_err(at("TLS"))
}

/// Names the step at which something went wrong.
fn at(step: &'static str) -> impl Fn(Error) -> Trouble {
    move |error| Trouble::Said {
        step,
        code: error.status().map(u16::from),
        // The innermost error knows the most.
        text: successors(error.source(), |&error| error.source()).last().map(ToString::to_string).unwrap_or_default(),
    }
}
