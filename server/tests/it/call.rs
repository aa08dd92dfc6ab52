//! A client that sees every byte: HTTP/1.1 by hand, one connection per call.

use std::fmt::{self, Write as _};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Whoever waits longer than this for an answer has found a bug.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that is being put together.
#[derive(Clone)]
pub struct Call {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// A request of an Appwrite client of project `demo`.
    pub fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            address,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![
                ("Host".to_owned(), address.to_string()),
                ("X-Appwrite-Project".to_owned(), "demo".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    /// The same of a Nuvix client.
    pub fn nuvix(self) -> Self {
        self.without("X-Appwrite-Project").header("X-Nuvix-Project", "demo")
    }

    pub fn header(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub fn host(self, host: &str) -> Self {
        self.without("Host").header("Host", host)
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("Content-Type", kind)
    }

    /// The bytes that go over the wire.
    fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            let _ = write!(out, "Content-Length: {}\r\n", self.body.len());
        }
        out.push_str("Connection: close\r\n\r\n");
        let mut out = out.into_bytes();
        out.extend_from_slice(&self.body);
        out
    }

    pub fn send(&self) -> Answer {
        self.try_send().unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.target))
    }

    /// The answer, or why there is none: for servers that are being killed.
    pub fn try_send(&self) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&self.bytes())?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw)?;
        Answer::read(&raw, self.method == "HEAD").ok_or_else(|| std::io::Error::other("no whole answer"))
    }
}

/// An answer, to the byte.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body as it came: images are no text.
    pub bytes: Vec<u8>,
    pub body: String,
    pub raw: String,
}

impl Answer {
    fn read(raw: &[u8], head_only: bool) -> Option<Self> {
        let end = raw.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let (head, bytes) = (str::from_utf8(&raw[..end]).ok()?, raw[end + 4..].to_vec());
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let said = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, v)| v.parse::<usize>().ok());
        if !head_only && said.is_some_and(|said| said > bytes.len()) {
            return None;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(Self { status, headers, body: text(&bytes), raw: text(raw), bytes })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A header that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.header(name)?.parse().ok()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.raw))
    }

    /// What clients switch on: the `type` of a refusal, empty for anything else.
    pub fn kind(&self) -> String {
        serde_json::from_str::<Value>(&self.body)
            .ok()
            .and_then(|body| body["type"].as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Status and type together, to be compared in one go.
    pub fn said(&self) -> (u16, String) {
        (self.status, self.kind())
    }

    /// The value of a cookie that is set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies().into_iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.split(';').next())
    }

    /// All `Set-Cookie` lines.
    pub fn cookies(&self) -> Vec<&str> {
        self.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect()
    }

    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.raw);
        self
    }

    /// Expects a refusal in the dialect's shape.
    #[track_caller]
    pub fn refused(&self, status: u16, kind: &str) -> &Self {
        assert_eq!(self.said(), (status, kind.to_owned()), "{}", self.raw);
        let body = self.json();
        assert_eq!(body["code"], status, "{}", self.raw);
        assert!(body["version"].is_string(), "{}", self.raw);
        assert_eq!(self.header("content-type"), Some("application/json; charset=utf-8"), "{}", self.raw);
        let keys: Vec<_> = fields(&self.body).into_iter().map(|(name, _)| name).collect();
        let usual = ["message", "code", "type", "version"];
        if body.get("limit").is_some() {
            assert_eq!(keys, [&usual[..], &["limit", "remaining", "reset"]].concat(), "{}", self.raw);
        } else {
            assert_eq!(keys, usual, "{}", self.raw);
        }
        self
    }
}

/// The fields of a JSON object in the order in which they stand, with their values as they are written.
#[track_caller]
pub fn fields(text: &str) -> Vec<(String, String)> {
    struct Ordered(Vec<(String, String)>);

    impl<'de> Deserialize<'de> for Ordered {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Fields;

            impl<'de> Visitor<'de> for Fields {
                type Value = Ordered;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                    let mut out = Vec::new();
                    while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                        out.push((name, value.get().to_owned()));
                    }
                    Ok(Ordered(out))
                }
            }

            deserializer.deserialize_map(Fields)
        }
    }

    serde_json::from_str::<Ordered>(text).unwrap_or_else(|error| panic!("{error}: {text}")).0
}

/// `name: value` of every field; what changes from run to run stands as its kind: `id`, `date`, `hash`.
#[track_caller]
pub fn shape(text: &str) -> Vec<String> {
    fields(text)
        .into_iter()
        .map(|(name, value)| {
            let plain = value.trim_matches('"');
            let kind = if is_date(plain) {
                "date"
            } else if is_uuid(plain) {
                "id"
            } else {
                value.as_str()
            };
            format!("{name}: {kind}")
        })
        .collect()
}

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`
pub fn is_date(text: &str) -> bool {
    like(text, "0000-00-00T00:00:00.000Z", |b| b.is_ascii_digit())
}

/// A UUID in lower case.
pub fn is_uuid(text: &str) -> bool {
    like(text, "00000000-0000-0000-0000-000000000000", |b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` is `pattern` with every `0` being a byte that is `any`.
fn like(text: &str, pattern: &str, any: impl Fn(u8) -> bool) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { any(b) } else { b == p })
}

/// A raw answer with ids, dates, the request's id and the end of its window blotted out: what is left may not depend on
/// anything that the caller is not to know.
pub fn masked(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for line in raw.split_inclusive("\r\n") {
        match line.split_once(": ") {
            Some((name @ ("x-request-id" | "date" | "x-ratelimit-reset"), _)) => {
                let _ = write!(out, "{name}: *\r\n");
            }
            _ => out.push_str(line),
        }
    }
    blot(&blot(&out, 36, is_uuid), 24, is_date)
}

/// `text` with every stretch of `len` bytes that `is` something replaced by as many stars.
fn blot(text: &str, len: usize, is: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.get(..len).is_some_and(&is) {
            out.push_str(&"*".repeat(len));
            rest = &rest[len..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}
