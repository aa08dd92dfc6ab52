//! Tells Twilio Verify which of the codes that it carried were shown. It asks that of those who send codes of their own;
//! a number whose codes nobody showed gets five in ten minutes and no more (Twilio docs, "Customization Options", error
//! 60203). Projects without such a provider cost nothing.

use std::time::Duration;

use countersign_domain::base::Result;
use countersign_domain::message::{self, Delivery, Outcome, Provider};
use countersign_domain::signin::list_shown;
use tokio_util::sync::CancellationToken;

use crate::app::App;

const EVERY: Duration = Duration::from_secs(2);

pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut told = String::new();
    loop {
        let look = async {
            tokio::time::sleep(EVERY).await;
            round(&app).await
        };
        let failure = tokio::select! {
            () = stop.cancelled() => return,
            outcome = look => outcome.map_or_else(|error| error.to_string(), Option::unwrap_or_default),
        };
        // Once, not every two seconds.
        if failure != told && !failure.is_empty() {
            tracing::warn!(%failure, "Twilio Verify could not be told which codes were shown; it is told again");
        }
        told = failure;
    }
}

/// Tells all providers; gives what one of them said who did not take it.
async fn round(app: &App) -> Result<Option<String>> {
    let mut failure = None;
    for hosted in app.projects.all(app).await?.values() {
        let providers = &hosted.project.settings.sms.providers;
        for provider in providers.iter().filter(|provider| provider.account.takes_only_codes()) {
            if let Some(reason) = tell(app, &hosted.id, provider).await? {
                failure = Some(format!("{}, {}: {reason}", hosted.id, provider.name));
            }
        }
    }
    Ok(failure)
}

/// Tells one provider, until it does not take it. Two nodes may tell the same: the second is told that it is known.
async fn tell(app: &App, project: &str, provider: &Provider) -> Result<Option<String>> {
    let (ctx, name) = (app.system_ctx(project), provider.name.clone());
    for shown in app.db.read(move |tx| list_shown(tx, &ctx, &name)).await? {
        if let Outcome::Refused { reason } | Outcome::Unknown { reason } =
            app.sender.approve_sms(provider, &shown.provider_message).await
        {
            return Ok(Some(reason));
        }
        // Who shows the code has got the message.
        let ctx = app.system_ctx(project);
        app.db.write(move |tx| message::note_delivery(tx, &ctx, &shown.message, Delivery::Delivered, "")).await?;
    }
    Ok(None)
}
