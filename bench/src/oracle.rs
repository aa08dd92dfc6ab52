//! Whether the time of a prelogin of Frontegg's clients tells who is known: known and unknown names in turns on one
//! connection, beside two known ones in the same run, compared by Welch's t.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;

use crate::Done;
use crate::http::Client;

/// Names of each of the four that are compared: known ones and unknown ones, and two times known ones beside them. Each is
/// asked for once in a round, so that no budget is spent and none is asked for more often than others.
const ROUND: usize = 500;
/// Beside every so many pairs two known names are compared.
const CONTROL: usize = 4;
/// Seconds after which a code of a round has expired, and its budget is back.
const ROUND_SECONDS: u64 = 1_000;
/// Time for the worker to send a code before the next request.
const PAUSE: Duration = Duration::from_millis(3);
const PRELOGIN: &str = "/identity/resources/auth/v1/passwordless/smscode/prelogin";

/// The times of one class.
#[derive(Default)]
struct Sample(Vec<f64>);

impl Sample {
    /// The fastest `part` of them: outliers of the machine hide more than they tell.
    fn fastest(&self, part: f64) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.truncate((sorted.len() as f64 * part) as usize);
        sorted
    }
}

fn mean_and_variance(of: &[f64]) -> (f64, f64) {
    let count = of.len() as f64;
    let mean = of.iter().sum::<f64>() / count;
    (mean, of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0))
}

fn welch(a: &[f64], b: &[f64]) -> f64 {
    let ((mean_a, variance_a), (mean_b, variance_b)) = (mean_and_variance(a), mean_and_variance(b));
    (mean_a - mean_b) / (variance_a / a.len() as f64 + variance_b / b.len() as f64).sqrt()
}

fn known_email(n: usize) -> String {
    format!("known{n:05}@example.com")
}

fn known_phone(n: usize) -> String {
    format!("+1425555{n:04}")
}

/// Measures `pairs` of each comparison.
pub(crate) async fn run(server: SocketAddr, key: &str, pairs: usize) -> Done {
    let mut client = Client::connect(server).await?;
    let settings = json!({
        "frontegg": {"smsLogin": true, "rateLimits": false},
        "otp": {"resendSeconds": [0], "perPhonePerDay": 1_000},
        "sms": {"perAddressPerHour": 1_000_000},
    });
    expect(200, client.send("POST", "/dev/settings", "", &settings.to_string()).await?)?;
    make_people(&mut client, key).await?;
    let email = |n: usize, known: bool| {
        let name = if known { known_email(n) } else { format!("guess{n:05}@example.com") };
        json!({"email": name}).to_string()
    };
    let phone = |n: usize, known: bool| {
        let number = if known { known_phone(n) } else { format!("+1206555{n:04}") };
        json!({"phoneNumber": number}).to_string()
    };
    println!("  {pairs} pairs each; µs are means of the fastest 95 %");
    compare(&mut client, "e-mail", pairs, &email).await?;
    compare(&mut client, "number", pairs, &phone).await
}

/// Accounts with an address and a verified number.
async fn make_people(client: &mut Client, key: &str) -> Done {
    let headers = format!("X-Appwrite-Key: {key}\r\n");
    for n in 0..3 * ROUND {
        let body = json!({"userId": format!("known{n}"), "email": known_email(n), "phone": known_phone(n)});
        expect(201, client.send("POST", "/v1/users", &headers, &body.to_string()).await?)?;
        let path = format!("/v1/users/known{n}/verification/phone");
        expect(200, client.send("PATCH", &path, &headers, r#"{"phoneVerification":true}"#).await?)?;
    }
    Ok(())
}

async fn compare(client: &mut Client, what: &str, pairs: usize, body: &(dyn Fn(usize, bool) -> String + Sync)) -> Done {
    let mut samples = [(); 4].map(|()| Sample::default());
    let mut flip = 0x2545_f491_4f6c_dd1d_u64;
    for n in 0..pairs {
        // Which comes after which is left to chance, so that none is always the one behind a slow one.
        flip ^= flip << 13;
        flip ^= flip >> 7;
        flip ^= flip << 17;
        let mut order = [0, 1, 2, 3];
        let order = if n % CONTROL == 0 { &mut order[..] } else { &mut order[..2] };
        for last in (1..order.len()).rev() {
            order.swap(last, (flip >> (16 * last)) as usize % (last + 1));
        }
        let at = n % ROUND;
        let all = [(at, true), (at, false), (ROUND + at, true), (2 * ROUND + at, true)];
        for &mut which in order {
            let (person, is_known) = all[which];
            let body = body(person, is_known);
            let began = tokio::time::Instant::now();
            let answer = client.send("POST", PRELOGIN, "", &body).await?;
            samples[which].0.push(began.elapsed().as_secs_f64() * 1e6);
            expect(201, answer)?;
            // Nothing else runs on this thread, and a timer of the runtime would wait a millisecond longer.
            std::thread::sleep(PAUSE);
        }
        if (n + 1) % ROUND == 0 {
            let body = json!({"advanceSeconds": ROUND_SECONDS}).to_string();
            expect(200, client.send("POST", "/dev/clock", "", &body).await?)?;
        }
    }
    let [known, unknown, control, other] = &samples;
    report(what, "known beside unknown", known, unknown);
    report(what, "known beside known", control, other);
    Ok(())
}

fn report(what: &str, pair: &str, a: &Sample, b: &Sample) {
    let (fast_a, fast_b) = (a.fastest(0.95), b.fastest(0.95));
    println!(
        "  {what:8} {pair:22} {:7.1} µs {:7.1} µs   t = {:6.2} (all: {:6.2})",
        mean_and_variance(&fast_a).0,
        mean_and_variance(&fast_b).0,
        welch(&fast_a, &fast_b),
        welch(&a.0, &b.0),
    );
}

fn expect(status: u16, (found, body): (u16, Vec<u8>)) -> Done {
    if found == status {
        return Ok(());
    }
    Err(format!("{found} instead of {status}: {}", String::from_utf8_lossy(&body)).into())
}
