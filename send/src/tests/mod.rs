//! Calls over real sockets on 127.0.0.1.

mod application;
mod captcha;
mod email;
mod failover;
mod provider;
mod receipt;
mod webhook;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use countersign_domain::base::time::MovableClock;
use countersign_domain::base::{Phone, Secret, Time};
use countersign_domain::message::{Account, Credential, Mail, MailProvider, Provider, Sms, VerifyChannel};

use crate::{Inbox, Options, Private, Sender};

/// 2026-01-01T00:00:00Z.
const NOW_SECONDS: i64 = 1_767_225_600;

#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Inbox for Kept {
    fn deliver(&self, sms: &Sms) {
        self.0.lock().unwrap().push(sms.id.clone());
    }

    fn deliver_mail(&self, mail: &Mail, _: &MailProvider) {
        self.0.lock().unwrap().push(mail.id.clone());
    }
}

struct World {
    sender: Sender,
    clock: Arc<MovableClock>,
    inbox: Arc<Kept>,
}

fn world() -> World {
    world_with(Options { private: Private::Everywhere, ..Options::default() })
}

fn world_with(options: Options) -> World {
    let clock = Arc::new(MovableClock::standing(Time::from_micros(0).plus_seconds(NOW_SECONDS)));
    let inbox = Arc::new(Kept::default());
    World { sender: Sender::new(clock.clone(), inbox.clone(), options).unwrap(), clock, inbox }
}

/// Where the operator lists `ip` and nothing else.
fn only(ip: &str) -> World {
    let ip: IpAddr = ip.parse().unwrap();
    world_with(Options { private: Private::Within(Arc::new(move |asked| asked == ip)), ..Options::default() })
}

const PRIVATE: &str = "the address is private and not in private_networks";
const UNENCRYPTED: &str = "a connection may be unencrypted only inside private_networks";

fn sms() -> Sms {
    Sms {
        id: "0190d5f2-0000-7000-8000-000000000001".into(),
        project: "demo".into(),
        to: Phone::from_stored("+14255550199".into()),
        body: Secret::new("404174 is your code & key"),
        code: Some(Secret::new("404174")),
        template: "sign-in".into(),
        locale: "en".into(),
        user: None,
        receipt_url: None,
    }
}

fn secret(text: &str) -> Credential {
    Credential(Secret::new(text))
}

fn provider(name: &str, base_url: &str, account: Account) -> Provider {
    Provider { name: name.into(), base_url: Some(base_url.into()), timeout_seconds: Some(1), account }
}

fn twilio(name: &str, base_url: &str) -> Provider {
    let account =
        Account::Twilio { account_sid: "AC123".into(), auth_token: secret("tw-token"), from: "+15005550006".into() };
    provider(name, base_url, account)
}

fn verify(name: &str, base_url: &str) -> Provider {
    let account = Account::TwilioVerify {
        account_sid: "AC123".into(),
        auth_token: secret("tw-token"),
        service_sid: "VA456".into(),
        channel: VerifyChannel::Sms,
    };
    provider(name, base_url, account)
}

fn http(url: &str) -> Provider {
    let secret = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let account = Account::Http { url: url.into(), secret };
    Provider { name: "own".into(), base_url: None, timeout_seconds: Some(1), account }
}
