//! People with more than a number: passwords, e-mails, links, authenticator apps.

use aws_lc_rs::hmac;
use countersign_domain::base::Time;
use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::Call;
use crate::server::{Person, Server, eventually};

/// A password that no rule stands against.
pub const PASSWORD: &str = "correct horse battery";

/// The page that links lead to.
pub const PAGE: &str = "https://app.example.com/after?tab=1";

/// What a link in an e-mail brings along.
#[derive(Clone, Debug)]
pub struct Link {
    pub user: String,
    pub secret: String,
    pub expire: String,
}

impl Link {
    pub fn of(link: &str) -> Self {
        Self::find(link).expect("what a link brings along")
    }

    /// None of a link of another dialect, which brings along something else.
    pub fn find(link: &str) -> Option<Self> {
        let query = link.split_once('?').expect("a query").1;
        let value = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.map(|value| value.replace("%3A", ":"))
        };
        Some(Self { user: value("userId")?, secret: value("secret")?, expire: value("expire")? })
    }

    /// As the body of the call that follows it.
    pub fn body(&self) -> Value {
        json!({"userId": self.user, "secret": self.secret})
    }
}

impl Server {
    /// A server without limits on routes, and with cool-downs that are over at once.
    pub fn impatient(kind: Kind) -> Self {
        let server = Self::start(kind);
        server.settings(&json!({"otp": {"resendSeconds": [0]}}));
        server
    }

    /// A call in somebody's session.
    pub fn by(&self, person: &Person, method: &str, target: &str) -> Call {
        self.call(method, target).header("Cookie", person.cookie())
    }

    /// What came to a number or an address for one purpose, the newest first.
    pub fn mail(&self, to: &str, template: &str) -> Vec<Value> {
        self.inbox(to).into_iter().filter(|m| m["template"] == template).collect()
    }

    /// The newest of them, once there are `count`.
    #[track_caller]
    pub fn newest(&self, to: &str, template: &str, count: usize) -> Value {
        eventually(template, || {
            let found = self.mail(to, template);
            (found.len() >= count).then(|| found[0].clone())
        })
    }

    /// The newest link of them.
    #[track_caller]
    pub fn link(&self, to: &str, template: &str, count: usize) -> Link {
        Link::of(self.newest(to, template, count)["link"].as_str().expect("a link"))
    }

    /// Waits until nothing is on its way, to see what did not come.
    #[track_caller]
    pub fn settled(&self) {
        eventually("every message is settled", || {
            self.home.messages().iter().all(|m| m.state != "queued" && m.state != "sending").then_some(())
        });
    }

    pub fn sign_up(&self, user: &str, email: &str, password: &str) -> Call {
        self.home.keep_secret(email);
        self.home.keep_secret(password);
        self.post("/v1/account", &json!({"userId": user, "email": email, "password": password}))
    }

    pub fn by_password(&self, email: &str, password: &str) -> Call {
        self.post("/v1/account/sessions/email", &json!({"email": email, "password": password}))
    }

    /// Somebody with a password and an address that nobody has verified.
    #[track_caller]
    pub fn member(&self, user: &str, email: &str) -> Person {
        self.sign_up(user, email, PASSWORD).send().expect(201);
        self.again(email, PASSWORD)
    }

    /// Another session of somebody with a password.
    #[track_caller]
    pub fn again(&self, email: &str, password: &str) -> Person {
        self.person(self.by_password(email, password).send().expect(201))
    }

    pub fn ask_by_email(&self, user: &str, email: &str) -> Call {
        self.home.keep_secret(email);
        self.post("/v1/account/tokens/email", &json!({"userId": user, "email": email}))
    }

    /// Somebody who signed in by a code to his address, which is verified thereby. It got `count - 1` codes before.
    #[track_caller]
    pub fn sign_in_by_email(&self, user: &str, email: &str, count: usize) -> Person {
        let handle = self.ask_by_email(user, email).send().expect(201).json()["userId"].as_str().unwrap().to_owned();
        let code = self.newest(email, "sign-in", count)["code"].as_str().unwrap().to_owned();
        self.person(self.exchange(&handle, &code).send().expect(201))
    }

    /// Gives somebody without a password an address and the usual password.
    #[track_caller]
    pub fn set_email(&self, person: &Person, email: &str) {
        self.home.keep_secret(email);
        self.home.keep_secret(PASSWORD);
        let body = json!({"email": email, "password": PASSWORD});
        self.by(person, "PATCH", "/v1/account/email").json(&body).send().expect(200);
    }

    /// Follows the link to somebody's address.
    #[track_caller]
    pub fn verify_email(&self, person: &Person, email: &str) {
        self.by(person, "POST", "/v1/account/verifications/email").json(&json!({"url": PAGE})).send().expect(201);
        let link = self.link(email, "verify-email", 1);
        self.call("PUT", "/v1/account/verifications/email").json(&link.body()).send().expect(200);
    }

    /// Somebody with a verified number, a verified address and a password.
    #[track_caller]
    pub fn settler(&self, user: &str, phone: &str, email: &str) -> Person {
        let person = self.sign_in(user, phone);
        self.set_email(&person, email);
        self.verify_email(&person, email);
        person
    }

    /// The server's clock.
    pub fn now(&self) -> Time {
        let answer = self.post("/dev/clock", &json!({"advanceSeconds": 0})).send();
        Time::parse_rfc3339(answer.expect(200).json()["now"].as_str().unwrap()).unwrap()
    }

    /// Sets up an authenticator app; its seed.
    #[track_caller]
    pub fn add_app(&self, person: &Person) -> String {
        let made = self.by(person, "POST", "/v1/account/mfa/authenticators/totp").send();
        let seed = made.expect(201).json()["secret"].as_str().unwrap().to_owned();
        self.home.keep_secret(&seed);
        let body = json!({"otp": self.totp(&seed)});
        self.by(person, "PUT", "/v1/account/mfa/authenticators/totp").json(&body).send().expect(200);
        seed
    }

    /// The code that an app shows in a step that was not used yet: each is good once.
    pub fn totp(&self, seed: &str) -> String {
        self.advance(30);
        let code = totp(seed, self.now());
        self.home.keep_secret(&code);
        code
    }

    /// Makes a challenge; its id.
    #[track_caller]
    pub fn challenge(&self, person: &Person, factor: &str) -> String {
        let call = self.by(person, "POST", "/v1/account/mfa/challenges").json(&json!({"factor": factor}));
        call.send().expect(201).json()["$id"].as_str().unwrap().to_owned()
    }

    /// The answer to a challenge.
    pub fn complete(&self, person: &Person, challenge: &str, otp: &str) -> Call {
        let body = json!({"challengeId": challenge, "otp": otp});
        self.by(person, "PUT", "/v1/account/mfa/challenges").json(&body)
    }

    /// Shows a second factor by an authenticator app.
    #[track_caller]
    pub fn step_up(&self, person: &Person, seed: &str) {
        let challenge = self.challenge(person, "totp");
        self.complete(person, &challenge, &self.totp(seed)).send().expect(200);
    }
}

/// RFC 6238 with SHA-1, six digits and steps of thirty seconds, written anew so that the server's is checked by it.
fn totp(seed: &str, now: Time) -> String {
    let seed = data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).expect("base32");
    let step = u64::try_from(now.seconds() / 30).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 0xf);
    let number = u32::from_be_bytes([mac[at] & 0x7f, mac[at + 1], mac[at + 2], mac[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

#[test]
fn the_totp_of_these_tests_is_that_of_the_rfc() {
    // RFC 6238, appendix B: the last six of its eight digits.
    let seed = data_encoding::BASE32_NOPAD.encode(b"12345678901234567890");
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(totp(&seed, Time::from_micros(seconds * 1_000_000)), code);
    }
}
