//! What a client says in its headers, read in one pass: every request asks for most of them.

use axum::http::HeaderMap;

use super::Flavour;

/// The dialect's headers. Each may come in either prefix; Nuvix's goes first.
#[derive(Default)]
pub(super) struct Sent<'a> {
    project: Pair<'a>,
    key: Pair<'a>,
    session: Pair<'a>,
    jwt: Pair<'a>,
    locale: Pair<'a>,
    mode: Pair<'a>,
    format: Pair<'a>,
    /// `X-Fallback-Cookies`.
    pub fallback: Option<&'a str>,
}

type Pair<'a> = [Option<&'a str>; 2];

impl<'a> Sent<'a> {
    /// Reads the headers. Of several values the last comma-part counts (contract nuvix §1.2).
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut sent = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            let Some(rest) = name.strip_prefix("x-") else { continue };
            let (side, rest) = if let Some(rest) = rest.strip_prefix("nuvix-") {
                (0, rest)
            } else if let Some(rest) = rest.strip_prefix("appwrite-") {
                (1, rest)
            } else {
                if rest == "fallback-cookies" {
                    sent.fallback = value.to_str().ok();
                }
                continue;
            };
            let pair = match rest {
                "project" => &mut sent.project,
                "key" => &mut sent.key,
                "session" => &mut sent.session,
                "jwt" => &mut sent.jwt,
                "locale" => &mut sent.locale,
                "mode" => &mut sent.mode,
                "response-format" => &mut sent.format,
                _ => continue,
            };
            if let Ok(text) = value.to_str() {
                let last = text.rsplit(',').next().unwrap_or_default().trim();
                pair[side] = Some(last).filter(|text| !text.is_empty());
            }
        }
        sent
    }

    /// Whose client calls, by the prefix of its headers.
    pub(super) const fn flavour(&self) -> Flavour {
        let nuvix = self.project[0].is_some()
            || (self.project[1].is_none()
                && (self.key[0].is_some()
                    || self.session[0].is_some()
                    || self.jwt[0].is_some()
                    || self.format[0].is_some()));
        if nuvix { Flavour::Nuvix } else { Flavour::Appwrite }
    }

    pub(super) fn project(&self) -> Option<&'a str> {
        self.project[0].or(self.project[1])
    }

    pub(super) fn key(&self) -> Option<&'a str> {
        self.key[0].or(self.key[1])
    }

    pub(super) fn session(&self) -> Option<&'a str> {
        self.session[0].or(self.session[1])
    }

    pub(super) fn jwt(&self) -> Option<&'a str> {
        self.jwt[0].or(self.jwt[1])
    }

    pub(super) fn locale(&self) -> Option<&'a str> {
        self.locale[0].or(self.locale[1])
    }

    pub(super) fn mode(&self) -> Option<&'a str> {
        self.mode[0].or(self.mode[1])
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn either_prefix_is_read_and_the_last_part_counts() {
        let map =
            headers(&[("x-appwrite-project", "one, two"), ("x-appwrite-project", "three"), ("x-nuvix-jwt", " t ")]);
        let sent = Sent::of(&map);
        assert_eq!((sent.project(), sent.jwt(), sent.key()), (Some("three"), Some("t"), None));
        assert_eq!(sent.flavour(), Flavour::Appwrite);
    }

    #[test]
    fn the_flavour_follows_the_project_header_then_the_others() {
        for (pairs, flavour) in [
            (vec![("x-nuvix-project", "p")], Flavour::Nuvix),
            (vec![("x-nuvix-project", "p"), ("x-appwrite-project", "p")], Flavour::Nuvix),
            (vec![("x-appwrite-project", "p"), ("x-nuvix-jwt", "t")], Flavour::Appwrite),
            (vec![("x-nuvix-session", "s")], Flavour::Nuvix),
            (vec![], Flavour::Appwrite),
        ] {
            assert_eq!(Sent::of(&headers(&pairs)).flavour(), flavour, "{pairs:?}");
        }
    }
}
