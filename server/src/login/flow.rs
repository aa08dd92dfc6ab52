//! What is under way, as its cookie remembers it. First a sign-in: the handle, until when it works, and the number, so
//! that the page can say where the code went and send another. Then a second factor.

use countersign_domain::base::{Phone, Time};
use countersign_domain::signin::Factor;

/// Hexadecimal characters of a handle.
const HANDLE_LEN: usize = 64;
/// Characters of a challenge's id: a UUID.
const ID_LEN: usize = 36;

/// A sign-in that waits for its code.
pub(super) struct Flow {
    pub handle: String,
    pub expires_at: Time,
    pub phone: Phone,
}

impl Flow {
    /// Reads the cookie. It is only what a browser says: the handle opens nothing by itself, and the number is read like
    /// any other.
    pub(super) fn parse(cookie: &str) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (handle, expires_at, digits) = (parts.next()?, parts.next()?, parts.next()?);
        let is_handle = handle.len() == HANDLE_LEN && handle.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if parts.next().is_some() || !is_handle || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let phone = Phone::parse(&format!("+{digits}"), None).ok()?;
        Some(Self { handle: handle.to_owned(), expires_at: Time::from_micros(expires_at.parse().ok()?), phone })
    }

    /// The value of the cookie.
    pub(super) fn cookie(&self) -> String {
        format!("{}.{}.{}", self.handle, self.expires_at.micros(), self.phone.as_e164().trim_start_matches('+'))
    }

    /// Whether the code may still work.
    pub(super) fn is_live(&self, now: Time) -> bool {
        self.expires_at > now
    }
}

/// A second factor that waits for its code. It answers only to the session that it was made for.
pub(super) struct Challenge {
    pub id: String,
    pub expires_at: Time,
    pub factor: Factor,
}

impl Challenge {
    /// Reads the cookie. The factor in it only chooses the page; what is proved the server knows.
    pub(super) fn parse(cookie: &str) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (id, expires_at, factor) = (parts.next()?, parts.next()?, parts.next()?);
        let is_id = id.len() == ID_LEN && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
        if parts.next().is_some() || !is_id {
            return None;
        }
        let expires_at = Time::from_micros(expires_at.parse().ok()?);
        Some(Self { id: id.to_owned(), expires_at, factor: Factor::parse(factor)? })
    }

    /// The value of the cookie.
    pub(super) fn cookie(&self) -> String {
        format!("{}.{}.{}", self.id, self.expires_at.micros(), self.factor.name())
    }

    /// Whether the code may still work.
    pub(super) fn is_live(&self, now: Time) -> bool {
        self.expires_at > now
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;

    use super::*;

    #[test]
    fn a_flow_comes_back_from_its_cookie() {
        let phone = Phone::parse("+1 425 555 0123", None).unwrap();
        let cookie = Flow { handle: "ab".repeat(32), expires_at: START, phone: phone.clone() }.cookie();
        let flow = Flow::parse(&cookie).unwrap();
        assert_eq!((flow.handle, flow.expires_at, flow.phone), ("ab".repeat(32), START, phone));
        assert_eq!(cookie, format!("{}.1795248000000000.14255550123", "ab".repeat(32)));
    }

    #[test]
    fn a_cookie_of_another_shape_is_no_flow() {
        let handle = "ab".repeat(32);
        for bad in [
            String::new(),
            handle.clone(),
            format!("{handle}.1"),
            format!("{handle}.1."),
            format!("{handle}.1.12"),
            format!("{handle}.x.14255550123"),
            format!("{handle}.1.+14255550123"),
            format!("{handle}.1.14255550123.1"),
            format!("{}.1.14255550123", "AB".repeat(32)),
            format!("{}.1.14255550123", "ab".repeat(31)),
        ] {
            assert!(Flow::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_challenge_comes_back_from_its_cookie_and_is_no_flow() {
        let id = "01990000-0000-7000-8000-0123456789ab";
        for factor in [Factor::Totp, Factor::Email, Factor::Phone, Factor::RecoveryCode] {
            let cookie = Challenge { id: id.to_owned(), expires_at: START, factor }.cookie();
            let read = Challenge::parse(&cookie).unwrap();
            assert_eq!((read.id.as_str(), read.expires_at, read.factor), (id, START, factor));
            assert!(Flow::parse(&cookie).is_none());
        }
        for bad in [
            String::new(),
            id.to_owned(),
            format!("{id}.1"),
            format!("{id}.x.totp"),
            format!("{id}.1.sms"),
            format!("{id}.1.totp.1"),
            format!("{}.1.totp", "ab".repeat(32)),
            format!("{}.1.totp", id.to_uppercase()),
        ] {
            assert!(Challenge::parse(&bad).is_none(), "{bad}");
        }
    }
}
