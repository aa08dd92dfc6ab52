//! A flood of password sign-ins, to be run while something else is measured: accounts that there are and accounts that
//! there are not, right passwords and wrong ones.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::Client;
use crate::{Done, Measured};

const PASSWORD: &str = "correct horse battery";

#[derive(Default)]
struct Answers {
    hashed: Vec<u64>,
    put_off: u64,
}

pub(crate) async fn run(server: SocketAddr, connections: usize, seconds: u64) -> Done {
    let mut client = Client::connect(server).await?;
    let settings = r#"{"nuvix": {"rateLimits": false}, "auth": {"sessionsLimit": 10}}"#;
    client.send("POST", "/dev/settings", "", settings).await?;
    let account = format!(r#"{{"userId":"flooded","email":"flooded@example.com","password":"{PASSWORD}"}}"#);
    let (status, body) = client.send("POST", "/v1/account", "", &account).await?;
    if status != 201 && status != 409 {
        return Err(format!("no account could be made: {}", String::from_utf8_lossy(&body)).into());
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..connections).map(|n| tokio::spawn(flood(server, n, end))).collect();
    let mut all = Answers::default();
    for task in tasks {
        let answers = task.await??;
        all.hashed.extend(answers.hashed);
        all.put_off += answers.put_off;
    }
    let put_off = all.put_off as f64 / seconds as f64;
    println!(
        "  password sign-ins, {connections} at a time  {}   put off {put_off:>6.0}/s",
        Measured::of(all.hashed, seconds as f64)
    );
    Ok(())
}

async fn flood(server: SocketAddr, n: usize, end: Instant) -> Done<Answers> {
    let mut client = Client::connect(server).await?;
    let mut answers = Answers::default();
    let (email, password, expected) = match n % 4 {
        0 => ("flooded@example.com", PASSWORD, 201),
        1 => ("flooded@example.com", "wrong horse battery", 401),
        _ => ("nobody@example.com", PASSWORD, 401),
    };
    let body = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
    while Instant::now() < end {
        let began = Instant::now();
        let (status, text) = client.send("POST", "/v1/account/sessions/email", "", &body).await?;
        if status == expected {
            answers.hashed.push(began.elapsed().as_micros() as u64);
        } else if status == 429 {
            answers.put_off += 1;
            // Whoever is put off waits a little, as the answer says; a real flood does not, but costs itself more.
            tokio::time::sleep(Duration::from_millis(10)).await;
        } else {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&text)).into());
        }
    }
    Ok(answers)
}
