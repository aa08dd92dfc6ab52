//! Phone sign-in inside an axum application: the server's routes beside the application's own, SMS sent by its code.
//!
//!     cargo run --example mount
//!
//! Then ask for a code, read it in the terminal, and sign in:
//!
//!     curl -c jar localhost:3000/api/auth/phone-number/send-otp --json '{"phoneNumber": "+14255550123"}'
//!     curl -b jar -c jar localhost:3000/api/auth/sign-in/phone-number \
//!          --json '{"phoneNumber": "+14255550123", "code": "CODE"}'
//!     curl -b jar localhost:3000/me

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;

use axum::routing::get;
use axum::{Json, Router};
use countersign::{Countersign, Dialect, Otp, Session};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Stands for the SMS gateway of the application.
pub trait Gateway: Clone + Send + Sync + 'static {
    /// Sends `text` to `number`.
    fn send(&self, number: String, text: String) -> impl Future<Output = Result<(), String>> + Send;
}

/// A gateway for development: what it is given is printed.
#[derive(Clone)]
pub struct Terminal;

impl Gateway for Terminal {
    async fn send(&self, number: String, text: String) -> Result<(), String> {
        println!("SMS to {number}: {text}");
        Ok(())
    }
}

/// Opens the server with its files in `folder`.
pub async fn open(folder: &Path, gateway: impl Gateway) -> Result<Countersign, Box<dyn Error>> {
    let auth = Countersign::builder()
        .storage(format!("sqlite://{}", folder.join("auth.db").display()))
        .key_file(folder.join("countersign.key"))
        .project("shop", "The Shop")
        .dialects([Dialect::Nevr])
        // Countries that codes may be sent to. None by default: each SMS costs money.
        .countries(["*"])
        // Sends an SMS. `otp.code` has the code alone, `otp.user_id` the account once there is one.
        .send_otp(move |otp: Otp| {
            let gateway = gateway.clone();
            async move { gateway.send(otp.phone_number, otp.text).await }
        })
        .settings(json!({
            "nevr": {
                // Seconds that a code lives.
                "expiresIn": 300,
                "otpLength": 6,
                // Whether a number that nobody has may sign up.
                "allowSignUp": true,
                // Whether a password counts only together with a number that was proved.
                "requireVerification": true,
                "rateLimit": { "window": 60_000, "max": 10 },
            },
        }))
        .open()
        .await?;
    Ok(auth)
}

/// The application: its own routes, and those of the server.
pub fn app(auth: &Countersign) -> Router {
    Router::new()
        .route("/", get(|| async { "The Shop" }))
        .route("/me", get(me))
        .merge(auth.router())
        .with_state(auth.clone())
}

/// Only people who are signed in get here.
async fn me(session: Session) -> Json<Value> {
    let user = session.user;
    Json(json!({ "id": user.id, "phoneNumber": user.phone, "phoneNumberVerified": user.phone_verified }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let auth = open(Path::new("./shop-data"), Terminal).await?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("The shop is open at http://{}", listener.local_addr()?);
    // The limits count by address, so the routes must be told it.
    let service = app(&auth).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async {
            // Nothing is left to do when there is no signal to wait for.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    auth.shutdown().await;
    Ok(())
}
