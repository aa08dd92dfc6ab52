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
use crate::wire::Wire;
use crate::{Done, Measured};

/// Who waits for a code, by number.
pub(crate) type Waiting = Rc<RefCell<HashMap<String, oneshot::Sender<String>>>>;

/// Between two looks at the inbox.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) async fn run(server: SocketAddr, people: usize, seconds: u64, outstanding: usize) -> Done {
    let wire = Wire::Nuvix;
    wire.prepare(&mut Client::connect(server).await?).await?;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let waiting: Waiting = Rc::default();
            let postman = tokio::task::spawn_local(postman(server, wire, Rc::clone(&waiting)));
            if outstanding > 0 {
                ask_only(server, wire, outstanding).await?;
                println!("  {outstanding} codes that nobody redeems are outstanding");
            }
            // Warm up, then measure.
            round(server, wire, people, Duration::from_secs(2), &waiting, 1).await?;
            let micros = round(server, wire, people, Duration::from_secs(seconds), &waiting, 2).await?;
            println!("  sign-ins, {people} people  {}", Measured::of(micros, seconds as f64));
            postman.abort();
            Ok(())
        })
        .await
}

/// People sign in again and again, each time as somebody else. Gives how long each sign-in took. `round` tells the
/// numbers of one round from those of another.
pub(crate) async fn round(
    server: SocketAddr,
    wire: Wire,
    people: usize,
    duration: Duration,
    waiting: &Waiting,
    round: u64,
) -> Done<Vec<u64>> {
    let end = Instant::now() + duration;
    let tasks: Vec<_> = (0..people)
        .map(|person| {
            let waiting = Rc::clone(waiting);
            tokio::task::spawn_local(async move {
                let mut client = Client::connect(server).await?;
                let mut micros = Vec::new();
                let mut n = 0_u64;
                while Instant::now() < end {
                    let phone = number(round, person, n);
                    let began = Instant::now();
                    sign_in(&mut client, wire, &waiting, &phone, &unique_id(round, person, n)).await?;
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

/// Asks for a code, waits for it and exchanges it. Gives the cookies of the session as a header.
pub(crate) async fn sign_in(
    client: &mut Client,
    wire: Wire,
    waiting: &Waiting,
    phone: &str,
    user: &str,
) -> Done<String> {
    let (sender, code) = oneshot::channel();
    waiting.borrow_mut().insert(phone.to_owned(), sender);
    let headers = wire.ask(client, user, phone, &network(phone)).await?;
    let Ok(code) = tokio::time::timeout(Duration::from_secs(20), code).await else {
        return Err(format!("no message to {phone}").into());
    };
    wire.exchange(client, user, phone, &code?, &headers).await
}

/// The number of somebody's `n`th sign-in. Spread over prefixes, as real numbers are.
pub(crate) fn number(round: u64, person: usize, n: u64) -> String {
    let number = (round * 1_000_003 + person as u64 * 70_001 + n * 7_919) % 7_999_999;
    format!("+1{}{:07}", 206 + round, 2_000_000 + number)
}

/// Everybody calls from a network of his own, through a proxy that the server trusts: counters of one network would
/// make all wait for one row.
pub(crate) fn network(phone: &str) -> String {
    let number: u64 = phone.trim_start_matches('+').parse().unwrap_or(0);
    format!("X-Forwarded-For: 10.{}.{}.7\r\n", number / 256 % 256, number % 256)
}

/// An id as the clients' `ID.unique()` makes it: time first, then something random.
pub(crate) fn unique_id(round: u64, person: usize, n: u64) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("{:08x}{:05x}{round}{person:03x}{:03x}", now.as_secs(), now.subsec_micros(), n % 4_096)
}

async fn ask_only(server: SocketAddr, wire: Wire, count: usize) -> Done {
    let tasks: Vec<_> = (0..64)
        .map(|person| {
            tokio::task::spawn_local(async move {
                let mut client = Client::connect(server).await?;
                for n in (person..count).step_by(64) {
                    let phone = format!("+49151{n:08}");
                    wire.ask(&mut client, &format!("o{n}"), &phone, &network(&phone)).await?;
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
pub(crate) async fn postman(server: SocketAddr, wire: Wire, waiting: Waiting) -> Done {
    let mut client = Client::connect(server).await?;
    let mut last = String::new();
    let mut limit = 64;
    loop {
        let (_, body) = client.send("GET", &format!("{}?limit={limit}", wire.inbox()), "", "").await?;
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
