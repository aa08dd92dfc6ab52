//! A Twilio that outlives the server: it takes messages, refuses, breaks or hangs, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpSocket;

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// It takes the message.
    Fine,
    /// It answers with this status.
    Status(u16),
    /// It does not answer.
    Hangs,
}

/// A message as it was asked to send it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub to: String,
    pub text: String,
    /// Where it is to report delivery.
    pub callback: String,
    /// The address that was called.
    pub path: String,
    /// All that was sent, by name.
    pub form: Vec<(String, String)>,
}

impl Asked {
    /// The code in the text: its first digits of at least four.
    pub fn code(&self) -> String {
        self.text
            .split(|c: char| !c.is_ascii_digit())
            .find(|run| run.len() >= 4)
            .expect("there is a code in the text")
            .to_owned()
    }
}

struct Shared {
    mood: Mutex<Mood>,
    asked: Mutex<Vec<Asked>>,
    ended: AtomicBool,
}

pub struct Twilio {
    address: SocketAddr,
    /// Bound and not listening: connections are refused, and nobody else gets the port.
    reserved: Option<TcpSocket>,
    shared: Arc<Shared>,
}

impl Twilio {
    /// One that refuses connections until it is [`up`](Self::up).
    pub fn down() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        let shared = Shared { mood: Mutex::new(Mood::Fine), asked: Mutex::default(), ended: AtomicBool::new(false) };
        Self { address, reserved: Some(socket), shared: Arc::new(shared) }
    }

    pub fn started(mood: Mood) -> Self {
        let mut twilio = Self::down();
        *twilio.shared.mood.lock().unwrap() = mood;
        twilio.up();
        twilio
    }

    /// Begins to answer, at the same address.
    pub fn up(&mut self) {
        let socket = self.reserved.take().expect("it is down");
        let listener = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let listener = socket.listen(128).unwrap().into_std().unwrap();
            listener.set_nonblocking(false).unwrap();
            listener
        });
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || accept(&listener, &shared));
    }

    /// Where it is.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the project's settings call it.
    pub fn provider(&self, name: &str) -> Value {
        json!({
            "name": name,
            "baseUrl": self.base_url(),
            "timeoutSeconds": 1,
            "account": {"kind": "twilio", "accountSid": "AC123", "authToken": "tw1l10-t0ken", "from": "+15005550006"},
        })
    }

    /// All that it was asked, also what it did not take.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn asked_for(&self, phone: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|a| a.to == phone).collect()
    }
}

impl Drop for Twilio {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        if self.reserved.is_none() {
            // Wakes the thread that accepts, which then ends.
            drop(TcpStream::connect(self.address));
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ended.load(Ordering::Acquire) {
            return;
        }
        let (Ok(stream), shared) = (stream, Arc::clone(shared)) else { continue };
        thread::spawn(move || while answer(&stream, &shared).is_some() {});
    }
}

/// Answers one request of a connection; `None` at its end.
fn answer(stream: &TcpStream, shared: &Shared) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let form: Vec<(String, String)> = countersign::http::form::pairs(std::str::from_utf8(&body).ok()?).collect();
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let number = {
        let mut asked = shared.asked.lock().unwrap();
        let (to, text, callback) = (field("To"), field("Body"), field("StatusCallback"));
        asked.push(Asked { to, text, callback, path, form: form.clone() });
        asked.len()
    };
    // Providers repeat in their errors what they were given.
    let echo = format!("cannot send '{}' to {}", field("Body"), field("To"));
    let (status, body) = match *shared.mood.lock().unwrap() {
        Mood::Fine => (201, json!({"sid": format!("SM{number:032}"), "status": "queued"})),
        Mood::Status(status) => (status, json!({"code": 20_500, "message": echo})),
        Mood::Hangs => {
            while !shared.ended.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(20));
            }
            return None;
        }
    };
    let body = body.to_string();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut writer = stream;
    writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body.as_bytes())).ok()
}
