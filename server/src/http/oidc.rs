//! What an application asks for when it sends a browser here for somebody to sign in (RFC 6749 §4.1.1, RFC 7636, OIDC Core
//! §3.1.2.1): read the same by the route that it is sent to and by the page that answers.

use std::sync::Arc;

use countersign_domain::base::{Result, Time};
use countersign_domain::project::Redirect;
use countersign_domain::signin::authorize::{Challenge, Grant, LONGEST_NONCE};

use crate::app::{App, Hosted};

/// The cookie by which our login page knows who is signed in: the session's secret, a dot, the project.
pub const PAGE_SESSION: &str = "countersign_session";
/// The parameters that mean something here.
pub const NAMES: [&str; 12] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "request",
];
/// The longest request, in characters of a query: it has to fit in a cookie.
const LONGEST: usize = 3_500;

/// What an application asks for.
#[derive(Clone)]
pub struct Asked {
    /// The project that it is a client of.
    pub hosted: Arc<Hosted>,
    /// What a code for it is bound to.
    pub grant: Grant,
    /// How somebody may be asked to sign in.
    pub prompt: Prompt,
    /// By what number he may want to, as the application says.
    pub login_hint: Option<String>,
    /// How long ago the sign-in may be at most, in seconds.
    max_age: Option<i64>,
    back: Back,
    query: String,
}

/// Whether somebody is asked to sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prompt {
    /// If he is not signed in.
    IfNeeded,
    /// Never: who is not signed in is refused.
    Never,
    /// Always.
    Always,
}

/// Why nothing comes of it.
pub enum Refused {
    /// Where the browser could be sent is not known: we say it ourselves, and send it nowhere.
    Here(&'static str),
    /// The browser goes back to the application, to this address.
    Back(String),
}

/// The way back to the application.
#[derive(Clone)]
struct Back {
    /// Our own address, which the answer names (RFC 9207).
    issuer: String,
    redirect: Redirect,
    state: Option<String>,
}

impl Back {
    fn answer(&self, parameters: &[(&str, &str)]) -> String {
        let mut all = parameters.to_vec();
        all.extend(self.state.as_deref().map(|state| ("state", state)));
        all.push(("iss", &self.issuer));
        self.redirect.with(&all).as_str().to_owned()
    }

    fn refused(&self, error: &str, words: &str) -> String {
        self.answer(&[("error", error), ("error_description", words)])
    }
}

/// The parameters of a request.
struct Given<'a>(&'a [(String, String)]);

impl<'a> Given<'a> {
    /// The value of `name`, if it has one. None of two: which one counts, two programs may see differently.
    fn one(&self, name: &str) -> Option<&'a str> {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let first = values.next()?;
        (values.next().is_none() && !first.is_empty()).then_some(first)
    }

    /// Whether some parameter is there twice (RFC 6749 §3.1).
    fn has_twins(&self) -> bool {
        NAMES.iter().any(|name| self.0.iter().filter(|(n, _)| n == name).count() > 1)
    }

    fn challenge(&self) -> Option<Challenge> {
        let challenge = self.one("code_challenge").and_then(Challenge::parse)?;
        (self.one("code_challenge_method") == Some("S256")).then_some(challenge)
    }

    /// What a prompt asks for; none where it contradicts itself.
    fn prompt(&self) -> Option<Prompt> {
        let prompts: Vec<_> = self.one("prompt").unwrap_or_default().split(' ').filter(|p| !p.is_empty()).collect();
        match prompts.as_slice() {
            ["none"] => Some(Prompt::Never),
            several if several.contains(&"none") => None,
            several if several.contains(&"login") => Some(Prompt::Always),
            _ => Some(Prompt::IfNeeded),
        }
    }
}

impl Asked {
    /// Reads a request. Where the browser could be sent back to is looked at before everything else.
    pub async fn read(app: &App, pairs: &[(String, String)]) -> Result<std::result::Result<Self, Refused>> {
        let here = |words| Ok(Err(Refused::Here(words)));
        let given = Given(pairs);
        let Some(issuer) = app.base_url() else {
            return here("This server does not know its own address yet. Whoever runs it sets public_url.");
        };
        let hosted = match given.one("client_id") {
            Some(client) => app.projects.find_by_client(app, client).await?,
            None => None,
        };
        let Some(hosted) = hosted.filter(|hosted| hosted.project.settings.frontegg.enabled) else {
            return here("The application that sent you here is not known: its client_id is none of this server's.");
        };
        let uri = given.one("redirect_uri").unwrap_or_default();
        let redirect = match Redirect::check(&hosted.project, uri, app.dev.is_some()) {
            // RFC 6749 §3.1.2 knows no fragment.
            Ok(redirect) if !uri.contains('#') => redirect,
            Ok(_) | Err(_) => {
                return here(
                    "The application that sent you here may not lead you back to where it wants to: its redirect_uri is \
                     no http or https address of one of the project's platforms.",
                );
            }
        };
        let back = Back { issuer: issuer.to_owned(), redirect, state: given.one("state").map(str::to_owned) };
        Ok(match Self::complete(&given, hosted, &back) {
            Ok(asked) => Ok(asked),
            Err((error, words)) => Err(Refused::Back(back.refused(error, words))),
        })
    }

    /// All that may be refused to the application itself.
    fn complete(
        given: &Given<'_>,
        hosted: Arc<Hosted>,
        back: &Back,
    ) -> std::result::Result<Self, (&'static str, &'static str)> {
        let invalid = |words| Err(("invalid_request", words));
        if given.has_twins() {
            return invalid("A parameter is there more than once.");
        }
        if given.one("request").is_some() {
            return Err(("request_not_supported", "Request objects are not supported."));
        }
        match given.one("response_type") {
            Some("code") => {}
            Some(_) => return Err(("unsupported_response_type", "response_type must be code.")),
            None => return invalid("response_type is required."),
        }
        if given.one("response_mode").is_some_and(|mode| mode != "query") {
            return invalid("response_mode must be query.");
        }
        // RFC 9700 §2.1.1: every client shows that it began what it finishes.
        let Some(challenge) = given.challenge() else {
            return invalid("code_challenge is required, with code_challenge_method S256 (RFC 7636).");
        };
        let nonce = given.one("nonce");
        if nonce.is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return invalid("nonce is too long.");
        }
        let Some(prompt) = given.prompt() else { return invalid("prompt none goes with no other.") };
        let max_age = match given.one("max_age").map(str::parse::<u32>) {
            None => None,
            Some(Ok(seconds)) => Some(i64::from(seconds)),
            Some(Err(_)) => return invalid("max_age must be a number of seconds."),
        };
        let known: Vec<_> = NAMES.iter().filter_map(|name| Some((*name, given.one(name)?))).collect();
        let url = Redirect::own(&back.issuer).map_err(|_| ("server_error", "The server's own address is none."))?;
        let query = url.with(&known).as_str().split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
        if query.len() > LONGEST {
            return invalid("The request is too long.");
        }
        let grant = Grant {
            redirect_uri: given.one("redirect_uri").unwrap_or_default().to_owned(),
            challenge,
            nonce: nonce.map(str::to_owned),
        };
        let login_hint = given.one("login_hint").map(str::to_owned);
        Ok(Self { hosted, grant, prompt, login_hint, max_age, back: back.clone(), query })
    }

    /// The request as a query, in the form in which it is compared and kept.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// From when on a sign-in is recent enough, if the application asks at `now`.
    pub fn since(&self, now: Time) -> Option<Time> {
        let by_age = self.max_age.map(|seconds| now.plus_seconds(-seconds));
        if self.prompt == Prompt::Always { Some(now) } else { by_age }
    }

    /// The host to which the person goes on, with its port if it has one of its own.
    pub fn host(&self) -> &str {
        let rest = self.back.redirect.as_str().split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// Back to the application with a code.
    pub fn granted(&self, code: &str) -> String {
        self.back.answer(&[("code", code)])
    }

    /// Back to the application with a refusal (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
    pub fn refused(&self, error: &str, words: &str) -> String {
        self.back.refused(error, words)
    }
}
