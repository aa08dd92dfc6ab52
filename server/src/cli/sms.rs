//! `countersign sms`: providers, texts and prices.

use std::path::Path;

use countersign_domain::base::Phone;
use countersign_domain::base::time::DAY;
use countersign_domain::limit::{self, send};
use countersign_domain::message::Account;
use countersign_domain::project::{self, Project};
use serde_json::json;

use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::project::{counted_as, get, said, table};
use super::{Global, send_test};
use crate::app::test_message;
use crate::text::{self, SMS_PURPOSES, Texts};

/// What to do about text messages.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Send a test text through a provider, whatever the limits and countries of the project say
    #[command(after_help = "Example:\n  countersign sms send-test --project shop +14255550123 --provider main\n\n\
                            The provider charges for it. The exit code is 0 only if it took the message.")]
    SendTest {
        /// The project
        #[arg(long)]
        project: String,
        /// Where to, with + and the country code
        number: String,
        /// The provider's name [default: the project's first]
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
    /// Measure every text: exit code 1 if one takes more than one SMS
    #[command(after_help = "Example:\n  countersign sms lint --project shop")]
    Lint {
        /// Only this project's texts [default: the built-in ones and those of every project]
        #[arg(long)]
        project: Option<String>,
    },
    /// Show what a project's messages cost, and what was spent today
    #[command(after_help = "Example:\n  countersign sms price --project shop\n\nPrices are settings:\n  \
                            countersign project set shop sms.prices.DE=0.07 'sms.prices.*=0.1'")]
    Price {
        /// The project
        #[arg(long)]
        project: String,
    },
}

pub(super) fn run(global: &Global, command: Command) -> Done {
    block_on(async {
        match command {
            Command::SendTest { project, number, provider } => {
                send_test(global, &project, &number, provider.as_deref()).await
            }
            Command::Lint { project } => lint(global, project.as_deref()).await,
            Command::Price { project } => price(global, project).await,
        }
    })
}

async fn send_test(global: &Global, project: &str, number: &str, provider: Option<&str>) -> Done {
    let to = Phone::parse(number, None)
        .map_err(|error| Problem::new(format!("{number:?}: {error} Write it like +14255550123")))?;
    let store = Store::open(global).await?;
    let project = get(&store, project).await?;
    let found = send_test::pick(&project, "SMS", &project.settings.sms.providers, |p| &p.name, provider)?;
    if found.account == (Account::Inbox {}) {
        return Err(send_test::nothing_to_test(&found.name));
    }
    let sms = test_message::sms(&project, store.ctx(&project.id).id(), to.clone(), &found.account);
    let outcome = send_test::sender(global)?.send_sms(&sms, found).await;
    send_test::tell(global, &found.name, &to.masked(), "phone", outcome)?;
    if global.json {
        return Ok(());
    }
    let countries = &project.settings.sms.countries;
    match to.country() {
        Some(country) if !countries.iter().any(|c| c == "*" || c == country) => out::text(&format!(
            "Note: the setting sms.countries does not hold {country:?}, so codes are not sent to such numbers yet."
        )),
        _ => Ok(()),
    }
}

/// One text, measured.
struct Measured {
    /// None: built in.
    project: Option<String>,
    locale: String,
    purpose: &'static str,
    encoding: &'static str,
    units: usize,
    segments: usize,
    fault: Option<String>,
}

impl Measured {
    fn is_bad(&self) -> bool {
        self.segments > 1 || self.fault.is_some()
    }
}

/// The longest code that is ever sent: what fits with it always fits.
const CODE: &str = "7391528604";

async fn lint(global: &Global, only: Option<&str>) -> Done {
    let texts = Texts::load().map_err(Problem::new)?;
    let projects = match only {
        Some(id) => vec![get(&Store::open(global).await?, id).await?],
        None => projects(global).await?,
    };
    let mut all = Vec::new();
    if only.is_none() {
        measure(&texts, None, &mut all)?;
    }
    for project in &projects {
        measure(&texts, Some(project), &mut all)?;
    }
    let bad = all.iter().filter(|m| m.is_bad()).count();
    if global.json {
        let rows: Vec<_> = all
            .iter()
            .map(|m| {
                json!({
                    "project": m.project, "locale": m.locale, "purpose": m.purpose, "encoding": m.encoding,
                    "units": m.units, "segments": m.segments, "fault": m.fault,
                })
            })
            .collect();
        out::json(&rows)?;
    } else {
        show(&all)?;
    }
    if bad > 0 {
        return Err(Problem::new(format!(
            "{} of {} would not do: shorten them, or the brand (sms.brand)",
            counted_as(bad as i64, "text"),
            all.len()
        )));
    }
    if global.json {
        return Ok(());
    }
    out::text(&format!(
        "\nAll {} fit one SMS each, even with a code of ten digits.",
        counted_as(all.len() as i64, "text")
    ))
}

/// Every project; none when there is no database yet, which is not made for this.
async fn projects(global: &Global) -> Result<Vec<Project>, Problem> {
    let config = global.load(None)?;
    if config.database.expose().strip_prefix("sqlite://").is_some_and(|path| !Path::new(path).exists()) {
        return Ok(Vec::new());
    }
    let store = Store::open(global).await?;
    let keys = store.keys();
    store.db.read(move |tx| project::list(tx, &keys)).await.map_err(|error| said(&error, ""))
}

fn measure(texts: &Texts, project: Option<&Project>, all: &mut Vec<Measured>) -> Done {
    let templates = project.map(|p| &p.settings.sms.templates);
    let mut locales: Vec<String> = texts.locales().map(str::to_owned).collect();
    // A project may have texts in languages that are not built in.
    for name in templates.into_iter().flat_map(|t| t.keys()) {
        if let Some((_, locale)) = name.split_once('.').filter(|(_, locale)| !locales.iter().any(|l| l == locale)) {
            locales.push(locale.to_owned());
        }
    }
    for locale in locales {
        for purpose in SMS_PURPOSES {
            let own = templates.and_then(|t| t.get(&format!("{purpose}.{locale}")).or_else(|| t.get(purpose)));
            let origin = project.and_then(|p| p.settings.sms.origin.as_deref());
            let name = project.map_or("Countersign", Project::brand);
            let made = texts
                .sms(&locale, purpose, CODE, name, origin, own.map(String::as_str))
                .map_err(|error| Problem::new(format!("{purpose} in {locale}: {error}")))?;
            let size = text::size(&made.text);
            all.push(Measured {
                project: project.map(|p| p.id.clone()),
                locale: locale.clone(),
                purpose,
                encoding: size.encoding,
                units: size.units,
                segments: size.segments,
                fault: made.fault.map(|fault| fault.to_string()),
            });
        }
    }
    Ok(())
}

/// A table per project: a line per locale, a column per purpose.
fn show(all: &[Measured]) -> Done {
    for (n, texts) in all.chunk_by(|a, b| a.project == b.project).enumerate() {
        let gap = if n == 0 { "" } else { "\n" };
        let whose = texts.first().and_then(|m| m.project.as_deref());
        let title = whose.map_or_else(|| "Built-in texts".to_owned(), |id| format!("Texts of project {id}"));
        let mut rows = vec![["locale"].iter().chain(&SMS_PURPOSES).map(|title| title.to_uppercase()).collect()];
        for locale in texts.chunk_by(|a, b| a.locale == b.locale) {
            let mut row: Vec<_> = locale.first().map(|m| m.locale.clone()).into_iter().collect();
            row.extend(locale.iter().map(|m| {
                let mark = if m.is_bad() { " !" } else { "" };
                format!("{} {}{mark}", m.segments, m.encoding)
            }));
            rows.push(row);
        }
        out::text(&format!("{gap}{title}: how many SMS each takes, and how it is encoded\n{}", table(&rows)))?;
        for bad in texts.iter().filter(|m| m.is_bad()) {
            let room = if bad.encoding == "GSM-7" { "160 septets" } else { "70 characters" };
            let why = match &bad.fault {
                Some(fault) => format!("{fault}; the built-in text would be sent"),
                None => {
                    format!("takes {}: {} where {room} fit one", counted_as(bad.segments as i64, "SMS part"), bad.units)
                }
            };
            out::text(&format!("! {} in {}: {why}", bad.purpose, bad.locale))?;
        }
    }
    Ok(())
}

async fn price(global: &Global, id: String) -> Done {
    let store = Store::open(global).await?;
    let project = get(&store, &id).await?;
    let ctx = store.ctx(&id);
    let read = store.db.read(move |tx| limit::spent(tx, &ctx, send::MONEY, "", DAY)).await;
    let spent = read.map_err(|error| said(&error, &id))?.used as f64 / 1e6;
    let sms = &project.settings.sms;
    if global.json {
        return out::json(&json!({
            "currency": sms.currency,
            "dailyCeiling": sms.daily_ceiling,
            "spentToday": spent,
            "prices": sms.prices,
            "countries": sms.countries,
        }));
    }
    out::text(&format!("Spent today (UTC): {spent:.2} of {:.2} {}\n", sms.daily_ceiling, sms.currency))?;
    if sms.countries.is_empty() {
        return out::text("SMS is allowed to no country: see the setting sms.countries.");
    }
    out::text("A message costs")?;
    // With "*" every country may be sent to, so each price counts.
    let everywhere = sms.countries.iter().any(|country| country == "*");
    let mut countries: Vec<&str> = sms.countries.iter().map(String::as_str).filter(|c| *c != "*").collect();
    if everywhere {
        countries = sms.prices.keys().map(String::as_str).filter(|c| *c != "*").chain(["*"]).collect();
    }
    let rows: Vec<_> = countries
        .into_iter()
        .map(|country| {
            let price = sms.prices.get(country).or_else(|| sms.prices.get("*"));
            let price = price.map_or_else(|| "0.0000  (no price is set)".to_owned(), |price| format!("{price:.4}"));
            vec![format!("  {}", if country == "*" { "others" } else { country }), price]
        })
        .collect();
    out::text(&table(&rows))
}
