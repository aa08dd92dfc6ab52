//! E-mail addresses: one normaliser, so that two spellings of one address never give two accounts or two budgets.

use std::fmt;

use email_address::{EmailAddress, Options};

/// Longest address in characters (RFC 5321 §4.5.3.1.3, less the angle brackets).
const LONGEST: usize = 254;

/// An e-mail address in lower case, its domain in ASCII. `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(Box<str>);

/// A text that is no e-mail address that we can write to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be an e-mail address such as anna@example.com")]
pub struct EmailError;

impl Email {
    /// The address that `text` spells: without spaces around it, in lower case, an international domain in its ASCII
    /// form (RFC 5891). Refused are display names, quoted local parts, addresses in brackets, domains without a dot,
    /// and local parts beyond ASCII, which many servers cannot deliver to.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        if !local.is_ascii() || local.contains('"') {
            return Err(EmailError);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError)?;
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        let rules = Options::default().without_display_text().without_domain_literal().with_required_tld();
        if address.len() > LONGEST || EmailAddress::parse_with_options(&address, rules).is_err() {
            return Err(EmailError);
        }
        Ok(Self(address.into()))
    }

    /// An address that `as_str` gave and the database kept.
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }

    /// The whole address. Every call is a place to look at: it never goes into a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or(&*self.0, |(local, _)| local)
    }

    /// For logs and people who need not know: `a***@example.com`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        let first = local.chars().next().map(String::from).unwrap_or_default();
        format!("{first}***@{domain}")
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Email::parse(text).ok().map(|e| e.as_str().to_owned())
    }

    #[test]
    fn every_spelling_of_an_address_is_one_address() {
        for text in ["anna@example.com", " Anna@Example.COM ", "ANNA@EXAMPLE.com\n", "anna@ｅｘａｍｐｌｅ.com"] {
            assert_eq!(parsed(text).as_deref(), Some("anna@example.com"), "{text}");
        }
        assert_eq!(parsed("a@bücher.example").as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(parsed("a@xn--bcher-kva.example").as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(parsed("o'neil+news@mail.example.co").as_deref(), Some("o'neil+news@mail.example.co"));
    }

    #[test]
    fn what_cannot_be_written_to_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "anna",
            "@example.com",
            "anna@",
            "anna@example",
            "anna@localhost",
            "a b@example.com",
            "\"a b\"@example.com",
            "Anna <anna@example.com>",
            "anna@[192.0.2.1]",
            "anna@@example.com",
            "anna@exam ple.com",
            "anna@example.com, bert@example.com",
            "anna@example.com\r\nBcc: x@example.com",
            "ännä@example.com",
            "anna..b@example.com",
            "anna@-example.com",
            long.as_str(),
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_masked_where_it_is_printed() {
        let email = Email::parse("anna@example.com").unwrap();
        assert_eq!(format!("{email} {email:?}"), "a***@example.com a***@example.com");
    }
}
