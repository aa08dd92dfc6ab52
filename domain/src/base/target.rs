//! Where a code or link goes: a phone number or an e-mail address.

use super::{Email, Phone};

/// A number or an address that proves itself by what is sent to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// A phone number, by SMS.
    Phone(Phone),
    /// An e-mail address.
    Email(Email),
}

impl Target {
    /// A target that `as_str` gave and the database kept.
    pub fn from_stored(text: String) -> Self {
        // No number in E.164 has an @, and every address has one.
        if text.contains('@') { Self::Email(Email::from_stored(text)) } else { Self::Phone(Phone::from_stored(text)) }
    }

    /// The whole number or address. Every call is a place to look at: it never goes into a log.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_e164(),
            Self::Email(email) => email.as_str(),
        }
    }

    /// For logs and people who need not know.
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Email(email) => email.masked(),
        }
    }
}

impl From<Phone> for Target {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}

impl From<Email> for Target {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_target_is_what_it_was() {
        for target in [
            Target::from(Phone::parse("+4915112345678", None).unwrap()),
            Target::from(Email::parse("anna@example.com").unwrap()),
        ] {
            assert_eq!(Target::from_stored(target.as_str().to_owned()), target);
        }
    }
}
