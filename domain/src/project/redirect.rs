//! Where a link may lead: to a front end of the project and nowhere else.

use url::Url;

use super::{Platform, Project};
use crate::base::{Code, Error, Result, Secret, Time};

/// The address of a page that takes over from a link. What a client names is made one by [`Redirect::check`] only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redirect(Url);

impl Redirect {
    /// Checks `text` against the platforms of `project`; `Code::UrlNotAllowed` when its host is none of them.
    ///
    /// In `development` loopback hosts are allowed, and every host while the project has no platforms; elsewhere an
    /// empty list refuses. Refused is whatever programs read differently: other schemes than http and https, user
    /// names, backslashes, spaces, control characters.
    pub fn check(project: &Project, text: &str, development: bool) -> Result<Self> {
        let invalid =
            || Error::invalid("url", "must be an http or https address such as https://app.example.com/verify");
        let head = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        let plain = (head.starts_with("https://") || head.starts_with("http://"))
            && text.len() <= 2_048
            && !text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
        let url = Url::parse(text).ok().filter(|_| plain).ok_or_else(invalid)?;
        if !url.username().is_empty() || url.password().is_some() || url.cannot_be_a_base() {
            return Err(invalid());
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(invalid)?;
        let platforms = &project.platforms;
        let allowed = platforms.iter().any(|platform| platform.covers(host))
            || (development && (platforms.is_empty() || is_loopback(&url)));
        if allowed { Ok(Self(url)) } else { Err(Code::UrlNotAllowed.into()) }
    }

    /// The address, as it was checked.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A page of ours, which no list of front ends has. `url` comes from the configuration, never from a request: a
    /// `Host` header is chosen by whoever sends it.
    pub fn own(url: &str) -> Result<Self> {
        Url::parse(url).map(Self).map_err(Error::internal)
    }

    /// The address with the id, the secret and its expiry, which replace what it had under these names (contract nuvix
    /// §3.4).
    pub fn with_secret(&self, user: &str, secret: &Secret, expires_at: Time) -> Result<String> {
        let expire = expires_at.to_rfc3339();
        Ok(self.with(&[("userId", user), ("secret", secret.expose()), ("expire", &expire)]).0.into())
    }

    /// The address with these parameters, which replace what it had under their names.
    #[must_use]
    pub fn with(&self, parameters: &[(&str, &str)]) -> Self {
        let kept: Vec<(String, String)> = self
            .0
            .query_pairs()
            .filter(|(name, _)| parameters.iter().all(|(ours, _)| ours != name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let mut url = self.0.clone();
        url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(parameters);
        Self(url)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Platform {
    /// Whether `host` is its host name, or a name below it when that is `*.domain`. A star anywhere else is no wildcard.
    pub fn covers(&self, host: &str) -> bool {
        let pattern = self.hostname.as_str();
        let Some(domain) = pattern.strip_prefix("*.") else {
            return !host.is_empty() && pattern.eq_ignore_ascii_case(host);
        };
        // A single label is a top-level domain, which no customer owns; `localhost` is the one exception.
        if !domain.contains('.') && !domain.eq_ignore_ascii_case("localhost") {
            return false;
        }
        let at = host.len().checked_sub(domain.len() + 1);
        let Some((below, rest)) = at.and_then(|at| host.split_at_checked(at)) else { return false };
        !below.is_empty() && rest.strip_prefix('.').is_some_and(|rest| rest.eq_ignore_ascii_case(domain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::START;
    use crate::project::Settings;

    fn project(hostnames: &[&str]) -> Project {
        let platform = |hostname: &&str| Platform {
            id: "w".into(),
            name: "Web".into(),
            hostname: (*hostname).into(),
            created_at: START,
        };
        Project {
            id: "p1".into(),
            name: "Shop".into(),
            settings: Settings::default(),
            platforms: hostnames.iter().map(platform).collect(),
            created_at: START,
            updated_at: START,
        }
    }

    fn outcome(project: &Project, url: &str, development: bool) -> &'static str {
        match Redirect::check(project, url, development) {
            Ok(_) => "ok",
            Err(error) if error.code == Code::UrlNotAllowed => "not allowed",
            Err(_) => "invalid",
        }
    }

    #[test]
    fn a_link_leads_to_a_platform_and_nowhere_else() {
        let shop = project(&["app.example.com", "*.example.org"]);
        for (url, expected) in [
            ("https://app.example.com/verify?x=1#top", "ok"),
            ("http://APP.example.com:8080", "ok"),
            ("https://a.b.example.org/", "ok"),
            ("https://example.org/", "not allowed"),
            ("https://evil.com/app.example.com", "not allowed"),
            ("https://app.example.com.evil.com/", "not allowed"),
            ("https://app.example.com@evil.com/", "invalid"),
            ("https://user:pw@app.example.com/", "invalid"),
            ("https://evil.com\\@app.example.com/", "invalid"),
            ("https:\\app.example.com", "invalid"),
            ("https:/app.example.com", "invalid"),
            ("//app.example.com/", "invalid"),
            ("/verify", "invalid"),
            ("javascript:alert(1)", "invalid"),
            ("https://app.example.com/\nx", "invalid"),
            (" https://app.example.com/", "invalid"),
            ("https://", "invalid"),
            ("data:text/html,x", "invalid"),
            ("http://localhost:3000/", "not allowed"),
        ] {
            assert_eq!(outcome(&shop, url, false), expected, "{url}");
        }
    }

    #[test]
    fn an_empty_list_refuses_but_for_development() {
        let none = project(&[]);
        assert_eq!(outcome(&none, "https://app.example.com/", false), "not allowed");
        assert_eq!(outcome(&none, "https://app.example.com/", true), "ok");
        let one = project(&["app.example.com"]);
        for url in ["http://localhost:3000/a", "http://127.0.0.1/", "http://[::1]:5173/", "http://app.localhost/"] {
            assert_eq!((outcome(&one, url, true), outcome(&one, url, false)), ("ok", "not allowed"), "{url}");
        }
        assert_eq!(outcome(&one, "https://evil.com/", true), "not allowed");
        assert_eq!(outcome(&one, "http://127.0.0.1.evil.com/", true), "not allowed");
    }

    #[test]
    fn the_secret_takes_the_place_of_what_had_its_name() {
        let shop = project(&["app.example.com"]);
        let redirect = Redirect::check(&shop, "https://app.example.com/v?secret=old&a=b+c#end", false).unwrap();
        let link = redirect.with_secret("anna", &Secret::new("s3"), START).unwrap();
        assert_eq!(
            link,
            "https://app.example.com/v?a=b+c&userId=anna&secret=s3&expire=2026-11-21T08%3A00%3A00.000Z#end"
        );
    }

    #[test]
    fn a_page_of_ours_needs_no_platform() {
        let redirect = Redirect::own("https://id.example.com/login/link?project=shop&purpose=recovery").unwrap();
        assert_eq!(
            redirect.with_secret("anna", &Secret::new("s3"), START).unwrap(),
            "https://id.example.com/login/link?project=shop&purpose=recovery&userId=anna&secret=s3&expire=2026-11-21T08%3A00%3A00.000Z"
        );
        assert_eq!(Redirect::own("/login/link").unwrap_err().code, Code::Internal);
    }

    #[test]
    fn a_platform_covers_its_host_or_what_is_below_a_domain() {
        let covers = |pattern: &str, host: &str| project(&[pattern]).platforms.iter().any(|p| p.covers(host));
        for (pattern, host) in [
            ("example.com", "EXAMPLE.com"),
            ("*.example.com", "a.example.com"),
            ("*.Example.com", "a.b.eXample.com"),
            ("*.localhost", "app.localhost"),
            ("localhost", "localhost"),
            ("[::1]", "[::1]"),
        ] {
            assert!(covers(pattern, host), "{pattern} {host}");
        }
        for (pattern, host) in [
            ("example.com", "a.example.com"),
            ("example.com", "example.com.evil.com"),
            ("example.com", "example.com."),
            ("*.example.com", "example.com"),
            ("*.example.com", ".example.com"),
            ("*.example.com", "evilexample.com"),
            ("*.example.com", "a.example.com.evil.com"),
            ("*.com", "evil.com"),
            ("*", "evil.com"),
            ("*.", "evil."),
            ("*example.com", "evilexample.com"),
            ("", ""),
            ("*.example.com", ""),
            ("*.example.com", "ä.xample.com"),
        ] {
            assert!(!covers(pattern, host), "{pattern} {host}");
        }
    }
}
