//! SMS that the application sends which embeds the server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_domain::base::Secret;
use countersign_domain::message::{Account, Outcome, Provider, Sms};

use super::{sms, world, world_with};
use crate::application::{Application, Sending};
use crate::{Options, Sent};

/// What an application may do.
#[derive(Clone, Copy)]
enum Does {
    Send,
    Fail,
    Panic,
    Hang,
}

struct App {
    does: Does,
    got: Arc<Mutex<Vec<Sms>>>,
}

impl Application for App {
    fn send(&self, sms: Sms) -> Sending {
        let (does, got) = (self.does, Arc::clone(&self.got));
        Box::pin(async move {
            let text = format!("no route to {} for {}", sms.to.as_e164(), sms.body.expose());
            got.lock().unwrap().push(sms);
            match does {
                Does::Send => Ok(()),
                Does::Fail => Err(text),
                Does::Panic => panic!("the application is wrong"),
                Does::Hang => {
                    tokio::time::sleep(Duration::from_hours(1)).await;
                    Ok(())
                }
            }
        })
    }
}

fn provider() -> Provider {
    Provider { name: "own".into(), base_url: None, timeout_seconds: Some(1), account: Account::Application {} }
}

async fn outcome(does: Does) -> (Outcome, usize) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let application: Arc<dyn Application> = Arc::new(App { does, got: Arc::clone(&got) });
    let world = world_with(Options { application: Some(application), ..Options::default() });
    let providers = [provider()];
    let sent: Sent<'_, ()> = world.sender.send_with_failover(&sms(), &providers, |_| async { Ok(()) }).await;
    let calls = got.lock().unwrap().len();
    (sent.outcome, calls)
}

#[tokio::test]
async fn the_application_gets_the_message_with_its_code() {
    assert_eq!(outcome(Does::Send).await, (Outcome::Accepted { provider_id: None }, 1));
    let got = Arc::new(Mutex::new(Vec::new()));
    let application: Arc<dyn Application> = Arc::new(App { does: Does::Send, got: Arc::clone(&got) });
    let world = world_with(Options { application: Some(application), ..Options::default() });
    world.sender.send_sms(&sms(), &provider()).await;
    let got = got.lock().unwrap();
    assert_eq!(got[0].to, sms().to);
    assert_eq!(got[0].code.as_ref().map(Secret::expose), sms().code.as_ref().map(Secret::expose));
}

#[tokio::test]
async fn its_error_is_a_refusal_that_tells_neither_number_nor_text() {
    let (Outcome::Refused { reason }, 1) = outcome(Does::Fail).await else { panic!("no refusal") };
    assert!(reason.contains("no route to"), "{reason}");
    assert!(!reason.contains(sms().to.as_e164()), "{reason}");
    assert!(!reason.contains(sms().body.expose()), "{reason}");
}

#[tokio::test]
async fn nobody_knows_what_became_of_a_panic_or_of_what_never_ends() {
    for does in [Does::Panic, Does::Hang] {
        let (outcome, calls) = outcome(does).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        assert_eq!(calls, 1, "it is not tried again");
    }
}

#[tokio::test]
async fn a_server_that_is_in_no_application_refuses() {
    let outcome = world().sender.send_sms(&sms(), &provider()).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}
