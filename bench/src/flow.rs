//! Whole sign-ins: ask for a code, take it from the inbox, exchange it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::http::Client;
use crate::{Done, Measured};

type Waiting = Rc<RefCell<HashMap<String, oneshot::Sender<String>>>>;

/// Between two looks at the inbox.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) async fn run(server: SocketAddr, people: usize, seconds: u64, outstanding: usize) -> Done {
    prepare(server).await?;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let waiting: Waiting = Rc::default();
            let postman = tokio::task::spawn_local(postman(server, Rc::clone(&waiting)));
            if outstanding > 0 {
                ask_only(server, outstanding).await?;
                println!("  {outstanding} codes that nobody redeems are outstanding");
            }
            // Warm up, then measure.
            round(server, people, Duration::from_secs(2), &waiting, 1).await?;
            let micros = round(server, people, Duration::from_secs(seconds), &waiting, 2).await?;
            println!("  sign-ins, {people} people  {}", Measured::of(micros, seconds as f64));
            postman.abort();
            Ok(())
        })
        .await
}

async fn prepare(server: SocketAddr) -> Done {
    let mut client = Client::connect(server).await?;
    let settings = r#"{"nuvix": {"rateLimits": false}, "sms": {"perAddressPerHour": 1000000}}"#;
    let (status, body) = client.send("POST", "/dev/settings", "", settings).await?;
    if status != 200 {
        return Err(format!("the settings were refused: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(())
}

async fn round(server: SocketAddr, people: usize, duration: Duration, waiting: &Waiting, round: u64) -> Done<Vec<u64>> {
    let end = Instant::now() + duration;
    let tasks: Vec<_> = (0..people)
        .map(|person| {
            let waiting = Rc::clone(waiting);
            tokio::task::spawn_local(async move {
                let mut client = Client::connect(server).await?;
                let mut micros = Vec::new();
                let mut n = 0_u64;
                while Instant::now() < end {
                    // Spread over prefixes, as real numbers are.
                    let number = (round * 1_000_003 + person as u64 * 70_001 + n * 7_919) % 7_999_999;
                    let phone = format!("+1{}{:07}", 206 + round, 2_000_000 + number);
                    let began = Instant::now();
                    sign_in(&mut client, &waiting, &phone, &unique_id(round, person, n)).await?;
                    micros.push(u64::try_from(began.elapsed().as_micros())?);
                    n += 1;
                }
                Done::Ok(micros)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

async fn sign_in(client: &mut Client, waiting: &Waiting, phone: &str, user: &str) -> Done<Vec<u8>> {
    let (sender, code) = oneshot::channel();
    waiting.borrow_mut().insert(phone.to_owned(), sender);
    let body = format!(r#"{{"userId":"{user}","phone":"{phone}"}}"#);
    let from = network(phone);
    let (status, answer) = client.send("POST", "/v1/account/tokens/phone", &from, &body).await?;
    if status != 201 {
        return Err(format!("tokens/phone: {status} {}", String::from_utf8_lossy(&answer)).into());
    }
    let Ok(code) = tokio::time::timeout(Duration::from_secs(20), code).await else {
        return Err(format!("no message to {phone}").into());
    };
    let body = format!(r#"{{"userId":"{user}","secret":"{}"}}"#, code?);
    let (status, answer) = client.send("POST", "/v1/account/sessions/token", &from, &body).await?;
    if status != 201 {
        return Err(format!("sessions/token: {status} {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(answer)
}

/// Everybody calls from a network of his own, through a proxy that the server trusts: counters of one network would
/// make all wait for one row.
fn network(phone: &str) -> String {
    let number: u64 = phone.trim_start_matches('+').parse().unwrap_or(0);
    format!("X-Forwarded-For: 10.{}.{}.7\r\n", number / 256 % 256, number % 256)
}

/// An id as the clients' `ID.unique()` makes it: time first, then something random.
fn unique_id(round: u64, person: usize, n: u64) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("{:08x}{:05x}{round}{person:03x}{:03x}", now.as_secs(), now.subsec_micros(), n % 4_096)
}

async fn ask_only(server: SocketAddr, count: usize) -> Done {
    let tasks: Vec<_> = (0..64)
        .map(|person| {
            tokio::task::spawn_local(async move {
                let mut client = Client::connect(server).await?;
                for n in (person..count).step_by(64) {
                    let body = format!(r#"{{"userId":"o{n}","phone":"+49151{n:08}"}}"#);
                    let from = network(&format!("49151{n:08}"));
                    let (status, answer) = client.send("POST", "/v1/account/tokens/phone", &from, &body).await?;
                    if status != 201 {
                        return Err(format!("{status} {}", String::from_utf8_lossy(&answer)).into());
                    }
                }
                Done::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    // Let the worker finish with them before anything is measured.
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok(())
}

/// Hands the codes that arrive in the inbox to those who wait for them.
async fn postman(server: SocketAddr, waiting: Waiting) -> Done {
    let mut client = Client::connect(server).await?;
    let mut last = String::new();
    let mut limit = 64;
    loop {
        let (_, body) = client.send("GET", &format!("/dev/inbox?limit={limit}"), "", "").await?;
        let messages: Vec<Value> = serde_json::from_slice(&body)?;
        let text = |m: &Value, name: &str| m[name].as_str().unwrap_or_default().to_owned();
        let new = messages.iter().take_while(|m| m["id"] != last.as_str()).count();
        // When all were new there may be more behind them.
        if new == messages.len() && new == limit && limit < 8_192 {
            limit *= 2;
            continue;
        }
        limit = (new * 2).clamp(64, 8_192);
        for message in messages.iter().take(new) {
            if let Some(sender) = waiting.borrow_mut().remove(&text(message, "to")) {
                // Whoever waited may have given up.
                let _ = sender.send(text(message, "code"));
            }
        }
        if let Some(newest) = messages.first() {
            last = text(newest, "id");
        }
        tokio::time::sleep(LOOK).await;
    }
}
