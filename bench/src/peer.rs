//! Sign-ins by phone on a wire that Countersign shares with better-auth: codes sent, whole sign-ins, and a session for
//! `wrk` to check.

use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::Instant;

use crate::flow::{self, Waiting};
use crate::http::Client;
use crate::wire::Wire;
use crate::{Done, Measured};

/// How long both servers run before anything is measured.
const WARM_UP: Duration = Duration::from_secs(6);

pub(crate) async fn run(server: SocketAddr, wire: Wire, people: usize, seconds: u64, cookie: &Path) -> Done {
    wire.prepare(&mut Client::connect(server).await?).await?;
    LocalSet::new()
        .run_until(async {
            let waiting = Waiting::default();
            let postman = spawn_local(flow::postman(server, wire, Rc::clone(&waiting)));
            let duration = Duration::from_secs(seconds);
            // Node compiles what runs often while it runs, which takes it some seconds.
            flow::round(server, wire, people, WARM_UP, &waiting, 1).await?;
            let sign_ins = flow::round(server, wire, people, duration, &waiting, 2).await?;
            println!("  sign-ins, {people} people      {}", Measured::of(sign_ins, seconds as f64));
            let (sends, took) = sends(server, wire, people, duration, &waiting).await?;
            println!("  codes sent, {people} people    {}", Measured::of(sends, took.as_secs_f64()));
            let mut client = Client::connect(server).await?;
            std::fs::write(cookie, flow::sign_in(&mut client, wire, &waiting, "+12065550199", "checker").await?)?;
            postman.abort();
            Ok(())
        })
        .await
}

/// Asks for codes that nobody redeems. Gives how long each answer took, and how long all of it until the last code had
/// arrived: a server that answers before it sends has not done the work yet.
async fn sends(
    server: SocketAddr,
    wire: Wire,
    people: usize,
    duration: Duration,
    waiting: &Waiting,
) -> Done<(Vec<u64>, Duration)> {
    let began = Instant::now();
    let tasks: Vec<_> = (0..people)
        .map(|person| {
            let waiting = Rc::clone(waiting);
            spawn_local(async move {
                let mut client = Client::connect(server).await?;
                let (mut micros, mut codes) = (Vec::new(), Vec::new());
                while began.elapsed() < duration {
                    let n = micros.len() as u64;
                    let phone = flow::number(3, person, n);
                    let (sender, code) = oneshot::channel();
                    waiting.borrow_mut().insert(phone.clone(), sender);
                    codes.push(code);
                    let asked = Instant::now();
                    wire.ask(&mut client, &flow::unique_id(3, person, n), &phone, &flow::network(&phone)).await?;
                    micros.push(u64::try_from(asked.elapsed().as_micros())?);
                }
                Done::Ok((micros, codes))
            })
        })
        .collect();
    let (mut all, mut outstanding) = (Vec::new(), Vec::new());
    for task in tasks {
        let (micros, codes) = task.await??;
        all.extend(micros);
        outstanding.extend(codes);
    }
    for code in outstanding {
        tokio::time::timeout(Duration::from_mins(1), code).await.map_err(|_| "a code did not arrive")??;
    }
    Ok((all, began.elapsed()))
}
