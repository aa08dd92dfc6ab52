//! What a request brings along: made once at the edge, passed down.

use std::net::IpAddr;
use std::sync::Arc;

use super::crypto::{Keys, Label, sha256};
use super::{Random, Result, Time, id};

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Nobody that is known.
    Guest,
    /// A signed-in person.
    User {
        /// The user's id.
        user: String,
        /// The session's id.
        session: String,
    },
    /// A customer's server, by the id of its API key.
    Key(String),
    /// An administrator, by his id.
    Admin(String),
    /// The process itself: a worker or the command line.
    System,
}

/// The surroundings of one request: time, randomness, keys, who asks and from where.
#[derive(Clone)]
pub struct Ctx {
    /// The instant at which the request is taken to happen.
    pub now: Time,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// The keys of the key file.
    pub keys: Arc<Keys>,
    /// Who asks.
    pub actor: Actor,
    /// The project's id.
    pub project: Arc<str>,
    /// The client's address, after configured proxies.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`, at most 512 bytes.
    pub user_agent: Option<Arc<str>>,
    /// The language to write to the person in, as asked for by the client.
    pub locale: Option<Arc<str>>,
}

impl Ctx {
    /// A new id.
    pub fn id(&self) -> String {
        id::new(self.now, &*self.random)
    }

    /// The same surroundings for something the process does by itself.
    pub fn system(now: Time, random: Arc<dyn Random>, keys: Arc<Keys>, project: Arc<str>) -> Self {
        Self { now, random, keys, actor: Actor::System, project, address: None, user_agent: None, locale: None }
    }

    /// Whether a customer's own server asks.
    pub const fn is_by_key(&self) -> bool {
        matches!(self.actor, Actor::Key(_))
    }

    /// The network the client calls from, as text: /24 for IPv4 (also when mapped into IPv6), /64 for IPv6.
    pub fn network(&self) -> Option<String> {
        self.address.map(network_of)
    }

    /// A keyed hash of the network, under which it is remembered that somebody signed in from there.
    pub fn origin(&self) -> Result<Option<[u8; 32]>> {
        self.network().map(|n| self.keys.mac(Label::KnownOrigin, &[self.project.as_bytes(), n.as_bytes()])).transpose()
    }

    /// SHA-256 of a handle together with the project, so that a handle of one project is none in another.
    pub fn handle_hash(&self, handle: &str) -> [u8; 32] {
        let mut text = Vec::with_capacity(self.project.len() + 1 + handle.len());
        text.extend_from_slice(self.project.as_bytes());
        text.push(0);
        text.extend_from_slice(handle.as_bytes());
        sha256(&text)
    }
}

/// The network that shares a budget with `address`.
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_textual_form_of_an_address_is_one_network() {
        let net = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(net("192.0.2.7"), net("192.0.2.250"));
        assert_eq!(net("::ffff:192.0.2.7"), net("192.0.2.1"));
        assert_eq!(net("2001:db8:0:1::1"), net("2001:0db8:0000:0001:ffff:ffff:ffff:ffff"));
        assert_ne!(net("2001:db8:0:1::1"), net("2001:db8:0:2::1"));
        assert_ne!(net("192.0.2.7"), net("192.0.3.7"));
    }
}
