//! A browser of whatever dialect keeps its session in cookies.

use serde_json::Value;

use crate::call::{Answer, Call};
use crate::server::Server;

/// A browser: its cookies, and what it sends along.
pub struct Browser<'a> {
    pub server: &'a Server,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub fn new(server: &'a Server) -> Self {
        Self { server, cookies: Vec::new() }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The call with what the browser keeps.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let call = self.server.call(method, path).without("X-Appwrite-Project");
        let all: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if all.is_empty() { call } else { call.header("Cookie", all.join("; ")) }
    }

    /// Keeps what an answer sets.
    pub fn keep(&mut self, answer: &Answer) {
        for line in answer.cookies() {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !line.contains("Max-Age=0") {
                self.server.home.keep_secret(value);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        let answer = self.call("POST", path).json(body).send();
        self.keep(&answer);
        answer
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let answer = self.call("GET", path).send();
        self.keep(&answer);
        answer
    }
}
