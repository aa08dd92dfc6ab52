//! `countersign serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use countersign_domain::base::Clock;
use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::{MovableClock, SystemClock};
use countersign_domain::db::{Db, Options};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer as _, ServiceExt};

use super::out::{self, Done, Problem};
use super::{Global, open};
use crate::app::{App, Parts};
use crate::config::Config;
use crate::dev::{self, Admin, Dev, Facts, Inbox};
use crate::http::listener;
use crate::http::request_id::RequestIds;
use crate::http::security;
use crate::{router, telemetry, worker};

/// Options of `serve`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  countersign serve --dev\n  countersign serve --config /etc/countersign.toml")]
pub(crate) struct Args {
    /// Try it out: a demo project, an inbox instead of SMS, everything on this machine
    #[arg(long)]
    dev: bool,
    /// Address and port to answer on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

/// How long what was begun may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(10);

pub(super) fn run(global: &Global, args: &Args) -> Done {
    let config = global.load(args.listen)?;
    if args.dev && !config.listen.ip().is_loopback() {
        return Err(Problem::new(format!(
            "--dev opens doors for developers, so it answers on this machine only: listen on 127.0.0.1 instead of {}",
            config.listen.ip()
        )));
    }
    telemetry::init(config.log.format, &config.log.level, args.dev).map_err(Problem::new)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(global, args, config))
}

async fn serve(global: &Global, args: &Args, config: Config) -> Done {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        Problem::new(format!("cannot listen on {}: {error}. Is another server there? See --listen", config.listen))
    })?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}");
    let random = Arc::new(SystemRandom::new());
    let system: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let movable = Arc::new(MovableClock::over(Arc::clone(&system)));
    let clock: Arc<dyn Clock> = if args.dev { movable.clone() } else { system };
    let inbox = Arc::new(Inbox::new(Arc::clone(&clock)));
    let sender = open::sender(&config, Arc::clone(&clock), inbox.clone(), args.dev)?;
    let master = {
        let db = Db::open(&Options { connections: 1, ..Options::new(config.database.expose()) })?;
        if args.dev {
            db.migrate(clock.now()).await?;
        }
        open::up_to_date(&db, clock.now()).await?;
        open::master(&config, &db, &*random).await?
    };
    let app = App::open(Parts {
        database: config.database.clone(),
        connections: config.connections,
        clock,
        random: random.clone(),
        master,
        sender,
        dev: args.dev.then(|| Dev { clock: movable, inbox, url: url.clone() }),
        trusted_proxies: config.trusted_proxies.clone(),
        public_url: config.public_url.clone(),
        default_project: config.default_project.clone().or_else(|| args.dev.then(|| dev::PROJECT.to_owned())),
        reach: config.reach(),
        body_bytes: config.limits.body_bytes,
        log_requests: config.log.requests,
    })
    .await?;
    countersign_domain::base::phone::warm_up();

    let stop = CancellationToken::new();
    let tracker = TaskTracker::new();
    if args.dev {
        let facts = dev::ensure(&app).await?;
        worker::start(&app, &tracker, &stop);
        if global.json { out::json(&facts)? } else { out::text(&welcome(&facts))? }
    } else {
        app.projects.all(&app).await?;
        worker::start(&app, &tracker, &stop);
        tracing::info!(%address, "serving");
        if global.json {
            out::json(&serde_json::json!({ "url": url }))?;
        }
    }
    tokio::spawn(end_on_signal(stop.clone()));

    let service = RequestIds::new(&*random, config.trusted_proxies.clone())
        .layer(ServiceExt::<Request>::map_response(router::router(app.clone()), security::apply));
    listener::serve(listener, service, config.limits, stop.clone()).await;
    // Requests are answered; now what they put in the outbox.
    tracker.close();
    if tokio::time::timeout(LAST_WORDS, tracker.wait()).await.is_err() {
        tracing::warn!("some messages were still being sent; they are settled at the next start");
    }
    Ok(())
}

async fn end_on_signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot wait for SIGTERM");
            if interrupt.await.is_err() {
                return;
            }
        }
    }
    tracing::info!("stopping");
    stop.cancel();
}

fn welcome(facts: &Facts) -> String {
    let Facts { url, project, api_key, client_id, inbox_url, admin: Admin { email, password }, .. } = facts;
    let header = format!("-H 'X-Appwrite-Project: {project}' -H 'Content-Type: application/json'");
    format!(
        "Countersign is ready, for development only.\n\
         \n  \
           server    {url}\n  \
           project   {project}\n  \
           inbox     {inbox_url}\n  \
           API       {url}/docs\n  \
           login     {login}\n  \
           API key   {api_key}\n  \
           clientId  {client_id} (for Frontegg's clients; clientSecret is the API key)\n  \
           admin     {email}, password {password}\n\
         \n\
         Send a code to a number (no SMS goes out; it is in the inbox):\n  \
           curl {url}/v1/account/tokens/phone {header} \\\n    \
             -d '{{\"userId\": \"unique()\", \"phone\": \"+14255550123\"}}'\n\
         Sign in with the userId of the answer and the code of the message:\n  \
           curl {url}/v1/account/sessions/token {header} \\\n    \
             -d '{{\"userId\": \"USER_ID\", \"secret\": \"CODE\"}}'\n",
        login = facts.login_url,
    )
}
