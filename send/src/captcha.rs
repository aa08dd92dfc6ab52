//! Asking reCAPTCHA whether a person asks: `POST <base>/siteverify` of its documentation ("Verifying the user's
//! response", v3 scores).

use std::time::Duration;

use countersign_domain::base::Secret;
use reqwest::Url;
use serde_json::Value;

use crate::Sender;
use crate::net::{Answer, Failure};

/// Where Google answers.
pub const CAPTCHA_URL: &str = "https://www.google.com/recaptcha/api";
/// Time for the whole call: somebody waits for a sign-in.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a token that are passed on. Google's have some two thousand.
const LONGEST_TOKEN: usize = 8_192;

/// What is known of whoever asks.
#[derive(Clone, PartialEq, Debug)]
pub enum CaptchaAnswer {
    /// His token was good; how likely he is a person, 0 to 1.
    Score(f64),
    /// His token was not: none, used, too old, or of another site.
    Refused,
    /// Nothing, and why. Whoever asks is not let through.
    Unknown(&'static str),
}

impl Sender {
    /// Asks about a token, once, within five seconds.
    pub async fn check_captcha(&self, secret: &Secret, token: &str) -> CaptchaAnswer {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return CaptchaAnswer::Refused;
        }
        if secret.expose().is_empty() {
            return CaptchaAnswer::Unknown("the project has no secret key");
        }
        let base = self.captcha_url().trim_end_matches('/');
        let Ok(url) = Url::parse(&format!("{base}/siteverify")) else {
            return CaptchaAnswer::Unknown("captcha_url is no address");
        };
        let request = self.net().client.post(url).form(&[("secret", secret.expose()), ("response", token)]);
        match self.net().exchange(request, TIMEOUT).await {
            Ok(answer) => read(&answer),
            Err(Failure::NotSent(reason) | Failure::Lost(reason)) => CaptchaAnswer::Unknown(reason),
        }
    }
}

fn read(answer: &Answer) -> CaptchaAnswer {
    if !(200..300).contains(&answer.status) {
        return CaptchaAnswer::Unknown("the service refused the call");
    }
    let Ok(json) = serde_json::from_slice::<Value>(&answer.body) else {
        return CaptchaAnswer::Unknown("the service's answer is no JSON");
    };
    let has = |code: &str| json["error-codes"].as_array().is_some_and(|codes| codes.iter().any(|c| c == code));
    match (json["success"].as_bool(), json["score"].as_f64()) {
        (Some(true), Some(score)) if (0.0..=1.0).contains(&score) => CaptchaAnswer::Score(score),
        (Some(true), _) => CaptchaAnswer::Unknown("the service gave no score: the keys are not of version 3"),
        (Some(false), _) if has("invalid-input-secret") || has("missing-input-secret") => {
            CaptchaAnswer::Unknown("the service does not take the project's secret key")
        }
        (Some(false), _) => CaptchaAnswer::Refused,
        (None, _) => CaptchaAnswer::Unknown("the service's answer says nothing"),
    }
}
