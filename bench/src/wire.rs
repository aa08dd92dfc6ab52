//! Three wires on which somebody signs in by phone. The load is the same on all of them.

use crate::Done;
use crate::http::Client;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Wire {
    /// Countersign, as Nuvix' clients speak to it
    Nuvix,
    /// Countersign, as nevr's clients speak to it
    Nevr,
    /// better-auth (bench/better-auth/server.mjs)
    BetterAuth,
}

impl Wire {
    /// Lets one machine ask as often as it likes.
    pub(crate) async fn prepare(self, client: &mut Client) -> Done {
        let settings = match self {
            Self::Nuvix => r#"{"nuvix": {"rateLimits": false}, "sms": {"perAddressPerHour": 1000000}}"#,
            Self::Nevr => r#"{"nevr": {"rateLimit": false}, "sms": {"perAddressPerHour": 1000000}}"#,
            // Its limits are off from the start.
            Self::BetterAuth => return Ok(()),
        };
        expect(client.send("POST", "/dev/settings", "", settings).await?, 200, "the settings were refused")?;
        Ok(())
    }

    pub(crate) const fn inbox(self) -> &'static str {
        match self {
            Self::Nuvix | Self::Nevr => "/dev/inbox",
            Self::BetterAuth => "/inbox",
        }
    }

    /// Asks for a code. Gives the headers that belong to the exchange: those given, and the cookies that were set.
    pub(crate) async fn ask(self, client: &mut Client, user: &str, phone: &str, headers: &str) -> Done<String> {
        let (path, body, status) = match self {
            Self::Nuvix => ("/v1/account/tokens/phone", format!(r#"{{"userId":"{user}","phone":"{phone}"}}"#), 201),
            Self::Nevr | Self::BetterAuth => {
                ("/api/auth/phone-number/send-otp", format!(r#"{{"phoneNumber":"{phone}"}}"#), 200)
            }
        };
        expect(client.send("POST", path, headers, &body).await?, status, path)?;
        Ok(format!("{headers}{}", client.cookies()))
    }

    /// Exchanges a code for a session. Gives its cookies as a header.
    pub(crate) async fn exchange(
        self,
        client: &mut Client,
        user: &str,
        phone: &str,
        code: &str,
        headers: &str,
    ) -> Done<String> {
        let by_number = || format!(r#"{{"phoneNumber":"{phone}","code":"{code}"}}"#);
        let (path, body, status) = match self {
            Self::Nuvix => ("/v1/account/sessions/token", format!(r#"{{"userId":"{user}","secret":"{code}"}}"#), 201),
            Self::Nevr => ("/api/auth/sign-in/phone-number", by_number(), 200),
            // The same word for what nevr calls a sign-in.
            Self::BetterAuth => ("/api/auth/phone-number/verify", by_number(), 200),
        };
        expect(client.send("POST", path, headers, &body).await?, status, path)?;
        let cookies = client.cookies();
        if cookies.is_empty() { Err(format!("{path}: no session").into()) } else { Ok(cookies) }
    }
}

fn expect((status, answer): (u16, Vec<u8>), expected: u16, what: &str) -> Done {
    if status != expected {
        return Err(format!("{what}: {status} {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(())
}
