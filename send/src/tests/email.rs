use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use countersign_domain::base::{Clock as _, Email, Secret};
use countersign_domain::message::{Mail, MailAccount, MailProvider, MailSecurity, Outcome};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{PRIVATE, UNENCRYPTED, World, only, secret, world, world_with};
use crate::circuit::{Key, State};
use crate::{Options, Sent};

/// What a server answers to a command where it is not as usual. `HANG` and `CLOSE` are no answers.
type Script = &'static [(&'static str, &'static str)];
const HANG: &str = "hang";
const CLOSE: &str = "close";
const USUAL: Script = &[
    ("greeting", "220 mx.test ESMTP"),
    ("EHLO", "250-mx.test greets you\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"),
    ("AUTH", "235 welcome"),
    ("DATA", "354 go on"),
    (".", "250 queued as 42"),
    ("QUIT", "221 bye"),
];
const BAD_LOGIN: Script = &[("AUTH", "535 5.7.8 wrong password hunter2 for mailer")];
const NO_SUCH_USER: Script = &[("RCPT", "550-5.1.1 <anna@example.com>: no such user anna\r\n550 5.1.1 see 404174")];

/// A mail server of one test: where it listens, and all that it was told.
struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::default()));
        tokio::spawn({
            let heard = Arc::clone(&heard);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, script, Arc::clone(&heard)));
                }
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Whether any text of a message reached it.
    fn has_text(&self) -> bool {
        self.heard().iter().any(|line| line.starts_with("Subject:"))
    }
}

async fn serve(stream: TcpStream, script: Script, heard: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let (mut command, mut text) = ("greeting".to_owned(), false);
    loop {
        let answer = script.iter().chain(USUAL).find(|(name, _)| *name == command).map_or("250 fine", |(_, said)| said);
        match answer {
            HANG => std::future::pending().await,
            CLOSE => return,
            answer => stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap_or_default(),
        }
        text = text || answer.starts_with("354");
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.strip_suffix("\r\n").expect("each line ends with CRLF").to_owned();
            heard.lock().unwrap().push(line.clone());
            if text && line != "." {
                continue;
            }
            text = false;
            command = line.split(' ').next().unwrap_or_default().to_owned();
            break;
        }
    }
}

fn mail() -> Mail {
    Mail {
        id: "0190d5f2-0000-7000-8000-000000000002".into(),
        project: "demo".into(),
        to: Email::parse("anna@example.com").unwrap(),
        brand: "The Shop".into(),
        from: None,
        from_name: None,
        subject: "Your code".into(),
        text: Secret::new("404174 is your code.\n.\nhttps://shop.example/in?secret=abc"),
        html: Secret::new("<p>404174 ist dein Schlüssel.</p>"),
        code: Some(Secret::new("404174")),
        link: Some(Secret::new("https://shop.example/in?secret=abc")),
        template: "sign-in".into(),
        locale: "en".into(),
        user: None,
    }
}

fn provider(name: &str, port: u16, security: MailSecurity) -> MailProvider {
    MailProvider {
        name: name.into(),
        from: "no-reply@Shop.example".into(),
        from_name: None,
        reply_to: None,
        timeout_seconds: Some(1),
        account: MailAccount::Smtp {
            host: "localhost".into(),
            port: Some(port),
            security,
            username: Some("mailer".into()),
            password: Some(secret("hunter2")),
        },
    }
}

fn at_host(provider: &mut MailProvider, name: &str) {
    let MailAccount::Smtp { host, .. } = &mut provider.account else { unreachable!() };
    *host = name.into();
}

fn plain(name: &str, server: &Server) -> MailProvider {
    provider(name, server.port, MailSecurity::None)
}

async fn sent_by(script: Script) -> (Outcome, Server) {
    let server = Server::start(script).await;
    (world().sender.send_mail(&mail(), &plain("main", &server)).await, server)
}

async fn send<'p>(world: &World, providers: &'p [MailProvider]) -> Sent<'p, Infallible> {
    world.sender.send_mail_with_failover(&mail(), providers, |_| async { Ok(()) }).await
}

fn state(world: &World, channel: &'static str) -> State {
    let key = Key { channel, project: "demo".into(), provider: "main".into() };
    world.sender.circuits().state(&key, world.clock.now())
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.into() }
}

#[tokio::test]
async fn a_server_gets_the_whole_message_and_its_word_counts() {
    let (outcome, server) = sent_by(&[]).await;
    let id = "0190d5f2-0000-7000-8000-000000000002@shop.example";
    assert_eq!(outcome, Outcome::Accepted { provider_id: Some(id.into()) });
    let heard = server.heard();
    // "\0mailer\0hunter2".
    let commands = ["EHLO shop.example", "AUTH PLAIN AG1haWxlcgBodW50ZXIy", "MAIL FROM:<no-reply@shop.example>"];
    assert_eq!(heard[..5], [&commands[..], &["RCPT TO:<anna@example.com>", "DATA"]].concat());
    assert_eq!(heard.last().unwrap(), "QUIT");
    for header in [
        "From: \"The Shop\" <no-reply@shop.example>",
        "To: anna@example.com",
        "Subject: Your code",
        &format!("Message-ID: <{id}>"),
        "Date: Thu, 01 Jan 2026 00:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ] {
        assert_eq!(heard.iter().filter(|line| *line == header).count(), 1, "{header}: {heard:#?}");
    }
    let at = |text: &str| heard.iter().position(|line| line.starts_with(text)).unwrap_or_else(|| panic!("{text}"));
    assert!(at("Content-Type: multipart/alternative") < at("Content-Type: text/plain"));
    assert!(at("Content-Type: text/plain") < at("Content-Type: text/html"), "the best part comes last");
    assert!(heard.iter().any(|line| line == "404174 is your code.") && heard.iter().any(|line| line == ".."));
    assert!(heard.iter().all(|line| line.is_ascii() && line.len() <= 998));
}

#[tokio::test]
async fn names_and_subjects_cannot_become_headers() {
    let server = Server::start(&[]).await;
    let mut mail = mail();
    mail.subject = "Grüße\r\nBcc: eve@example.com\r\n\r\nhello".into();
    mail.brand = "Shop\r\nX-Evil: 1\n\"<x@example.com>".into();
    let mut provider = plain("main", &server);
    provider.reply_to = Some("help@shop.example".into());
    let outcome = world().sender.send_mail(&mail, &provider).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    provider.from_name = Some("Überall\r\nX-Evil: 2".into());
    assert!(matches!(world().sender.send_mail(&mail, &provider).await, Outcome::Accepted { .. }));
    let heard = server.heard();
    assert_eq!(heard.iter().filter(|line| line.starts_with("RCPT")).count(), 2);
    assert_eq!(heard.iter().filter(|line| *line == "Reply-To: help@shop.example").count(), 2);
    for line in &heard {
        assert!(!line.starts_with("Bcc") && !line.starts_with("X-Evil") && line != "hello", "{line}");
    }
    for (from, reply_to) in [("a@x.example\r\nBcc: e@x.example", None), ("a@x.example", Some("a b"))] {
        let provider = MailProvider { from: from.into(), reply_to: reply_to.map(str::to_owned), ..provider.clone() };
        assert!(matches!(world().sender.send_mail(&mail, &provider).await, Outcome::Refused { .. }));
    }
    assert_eq!(server.heard().len(), heard.len(), "the server was not even called");
}

#[tokio::test]
async fn a_server_that_says_no_certainly_did_not_take_the_message() {
    for (script, reason) in [
        (&[("greeting", "421 4.3.2 too busy")][..], "connection 421: 4.3.2 too busy"),
        (&[("EHLO", "502 what?")], "connection 502: what?"),
        (&[("EHLO", "250 mx.test")], "AUTH: No compatible authentication mechanism was found"),
        (BAD_LOGIN, "AUTH 535: 5.7.8 wrong password * for *"),
        (&[("MAIL", "550 not you")], "MAIL 550: not you"),
        (NO_SUCH_USER, "RCPT 550: 5.1.1 * no such user * see *"),
        (&[("RCPT", "451 4.7.1 try later")], "RCPT 451: 4.7.1 try later"),
        (&[("DATA", "554 no")], "DATA 554: no"),
        (&[("DATA", "250 fine")], "DATA: the answer makes no sense"),
        (&[(".", "554 5.7.1 Your code is spam")], "message 554: 5.7.1 * is spam"),
        (&[(".", "451 disk full")], "message 451: disk full"),
    ] {
        assert_eq!(sent_by(script).await.0, refused(reason), "{script:?}");
    }
}

#[tokio::test]
async fn silence_before_the_text_is_a_refusal_and_after_it_began_nobody_knows() {
    let mut all = JoinSet::new();
    for step in ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        for end in [HANG, CLOSE] {
            all.spawn(async move { (step, end, sent_by(Box::leak(Box::new([(step, end)]))).await) });
        }
    }
    for (step, end, (outcome, server)) in all.join_all().await {
        assert!(matches!(outcome, Outcome::Refused { .. }), "{step} {end} {outcome:?}");
        assert!(end == CLOSE || outcome == refused("no answer in time"), "{step} {outcome:?}");
        assert!(!server.has_text(), "{step} {end}");
    }
    let unknown = |reason: &str| Outcome::Unknown { reason: reason.into() };
    assert_eq!(sent_by(&[(".", HANG)]).await.0, unknown("no answer in time"));
    assert_eq!(sent_by(&[(".", CLOSE)]).await.0, unknown("message: incomplete response"));
    assert_eq!(sent_by(&[(".", "354 more")]).await.0, unknown("message: the answer makes no sense"));
    assert!(matches!(sent_by(&[(".", "huh?")]).await.0, Outcome::Unknown { .. }));
    assert!(matches!(sent_by(&[("QUIT", HANG)]).await.0, Outcome::Accepted { .. }));
}

#[tokio::test]
async fn nothing_is_said_to_a_server_without_the_tls_that_was_asked_for() {
    let server = Server::start(&[]).await;
    let world = world();
    let outcome = world.sender.send_mail(&mail(), &provider("main", server.port, MailSecurity::Starttls)).await;
    assert_eq!(outcome, refused("the server does not offer STARTTLS"));
    assert_eq!(server.heard(), ["EHLO shop.example"]);
    let outcome = world.sender.send_mail(&mail(), &provider("main", server.port, MailSecurity::Tls)).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    // A handshake that comes to nothing, after STARTTLS was offered.
    let lying = Server::start(&[("EHLO", "250-mx.test\r\n250 STARTTLS"), ("STARTTLS", "220 go")]).await;
    let outcome = world.sender.send_mail(&mail(), &provider("main", lying.port, MailSecurity::Starttls)).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert_eq!(lying.heard()[..2], ["EHLO shop.example", "STARTTLS"]);
}

#[tokio::test]
async fn our_own_network_and_bare_connections_are_refused_unless_listed() {
    let server = Server::start(&[]).await;
    let strict = world_with(Options::default());
    let outcome = strict.sender.send_mail(&mail(), &plain("main", &server)).await;
    assert_eq!(outcome, refused(UNENCRYPTED));
    for name in ["localhost", "127.0.0.1", "127.1", "169.254.169.254", "::1", "0x7f000001"] {
        for security in [MailSecurity::Tls, MailSecurity::Starttls] {
            let mut provider = provider("main", server.port, security);
            at_host(&mut provider, name);
            let outcome = strict.sender.send_mail(&mail(), &provider).await;
            assert_eq!(outcome, refused(PRIVATE), "{name}");
        }
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_relay_in_a_listed_network_is_spoken_to_without_tls_and_no_other_is() {
    let server = Server::start(&[]).await;
    let mut provider = plain("main", &server);
    for name in ["localhost", "127.0.0.1", "::ffff:127.0.0.1"] {
        at_host(&mut provider, name);
        let outcome = only("127.0.0.1").sender.send_mail(&mail(), &provider).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{name} {outcome:?}");
    }
    let heard = server.heard().len();
    for name in ["localhost", "127.0.0.1", "169.254.169.254", "::1", "1.1.1.1"] {
        at_host(&mut provider, name);
        let outcome = only("10.0.0.5").sender.send_mail(&mail(), &provider).await;
        assert_eq!(outcome, refused(UNENCRYPTED), "{name}");
    }
    assert_eq!(server.heard().len(), heard);
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_refuses_or_hangs() {
    let (bad, good) = (Server::start(BAD_LOGIN).await, Server::start(&[]).await);
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let providers =
        [provider("gone", gone, MailSecurity::None), plain("bad", &bad), plain("good", &good), plain("spare", &good)];
    let sent = send(&world(), &providers).await;
    assert_eq!(sent.provider, Some("good"));
    assert_eq!(sent.tries.iter().map(|t| t.provider.as_str()).collect::<Vec<_>>(), ["gone", "bad", "good"]);
    assert!(matches!(&sent.tries[0].outcome, Outcome::Refused { reason } if reason.contains("refused")));

    let hanging = Server::start(&[(".", HANG)]).await;
    let providers = [plain("hanging", &hanging), plain("bad", &bad)];
    // From a task of its own, as a worker does it.
    let task = tokio::spawn(async move {
        let sent = send(&world(), &providers).await;
        (sent.provider.is_some(), sent.outcome)
    });
    let maybe = Outcome::Unknown { reason: "no answer in time".into() };
    assert_eq!(task.await.unwrap(), (false, maybe), "it may be out");
}

#[tokio::test]
async fn a_bad_login_opens_the_circuit_and_unknown_recipients_do_not() {
    for (script, expected) in [
        (BAD_LOGIN, State::Open),
        (&[("RCPT", "421 closing")], State::Open),
        (NO_SUCH_USER, State::Closed),
        (&[("RCPT", "451 try later")], State::Closed),
        (&[(".", "552 too much")], State::Closed),
    ] {
        let (world, server) = (world(), Server::start(script).await);
        let providers = [plain("main", &server)];
        for _ in 0..5 {
            assert!(matches!(send(&world, &providers).await.outcome, Outcome::Refused { .. }));
        }
        assert_eq!(state(&world, "email"), expected, "{script:?}");
        assert_eq!(state(&world, "sms"), State::Closed, "one name, two providers");
    }
}

#[tokio::test]
async fn the_inbox_takes_everything() {
    let world = world();
    let inbox = MailProvider { account: MailAccount::Inbox {}, ..provider("inbox", 0, MailSecurity::Tls) };
    let outcome = world.sender.send_mail(&mail(), &inbox).await;
    assert_eq!(outcome, Outcome::Accepted { provider_id: None });
    assert_eq!(*world.inbox.0.lock().unwrap(), [mail().id]);
}
