//! Projects from memory: read again as soon as one of them changed, on this node or another.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use countersign_domain::base::Result;
use countersign_domain::project::{self, Project};
use countersign_domain::signin;
use countersign_domain::token::KeySet;

use super::App;

/// A project with what is derived from it.
pub struct Hosted {
    /// The project.
    pub project: Arc<Project>,
    /// Its id.
    pub id: Arc<str>,
    /// The keys of its tokens.
    pub keys: KeySet,
}

type Map = HashMap<String, Arc<Hosted>>;

/// The projects by other names than their ids. Of two that claim one name the older has it.
#[derive(Default)]
struct Names {
    /// By the host names of `nevr.hosts` and `frontegg.hosts`.
    hosts: Map,
    /// By the ids that Frontegg's clients know.
    clients: Map,
}

impl Names {
    fn of(projects: &[Arc<Hosted>]) -> Self {
        let mut names = Self::default();
        for hosted in projects {
            let settings = &hosted.project.settings;
            for host in settings.nevr.hosts.iter().chain(&settings.frontegg.hosts) {
                names.hosts.entry(host.clone()).or_insert_with(|| Arc::clone(hosted));
            }
            names.clients.entry(hosted.project.client_id().to_owned()).or_insert_with(|| Arc::clone(hosted));
        }
        names
    }
}

/// All projects. Cheap to clone.
#[derive(Clone, Default)]
pub struct Projects(pub(super) Arc<State>);

#[derive(Default)]
pub(super) struct State {
    map: ArcSwap<Map>,
    names: ArcSwap<Names>,
    /// Changes heard of.
    heard: AtomicU64,
    /// Changes that `map` holds, plus one: 0 before it was first read.
    read: AtomicU64,
    reading: tokio::sync::Mutex<()>,
    /// One key that takes long to make is made at a time.
    pub(super) making: tokio::sync::Mutex<()>,
}

impl Projects {
    /// Some project changed.
    pub fn forget(&self) {
        self.0.heard.fetch_add(1, Ordering::AcqRel);
    }

    /// The project with this id.
    pub async fn get(&self, app: &App, id: &str) -> Result<Option<Arc<Hosted>>> {
        self.refresh(app).await?;
        Ok(self.0.map.load().get(id).cloned())
    }

    /// The project that is called under this host name, which is in lower case and without a port.
    pub async fn find_by_host(&self, app: &App, host: &str) -> Result<Option<Arc<Hosted>>> {
        self.refresh(app).await?;
        Ok(self.0.names.load().hosts.get(host).cloned())
    }

    /// The project that Frontegg's clients know by this id.
    pub async fn find_by_client(&self, app: &App, client: &str) -> Result<Option<Arc<Hosted>>> {
        self.refresh(app).await?;
        Ok(self.0.names.load().clients.get(client).cloned())
    }

    /// All projects.
    pub async fn all(&self, app: &App) -> Result<Arc<Map>> {
        self.refresh(app).await?;
        Ok(self.0.map.load_full())
    }

    fn is_current(&self) -> bool {
        self.0.read.load(Ordering::Acquire) == self.0.heard.load(Ordering::Acquire) + 1
    }

    async fn refresh(&self, app: &App) -> Result<()> {
        if self.is_current() {
            return Ok(());
        }
        let _one_at_a_time = self.0.reading.lock().await;
        if self.is_current() {
            return Ok(());
        }
        // Counted before reading: a change during it leads to another reading.
        let heard = self.0.heard.load(Ordering::Acquire);
        let ctx = app.system_ctx("");
        let hosted = app
            .db
            .write(move |tx| {
                project::list(tx, &ctx.keys)?
                    .into_iter()
                    .map(|project| {
                        let mut ctx = ctx.clone();
                        ctx.project = Arc::from(project.id.as_str());
                        let keys = signin::keys::ensure(tx, &ctx)?;
                        Ok(Arc::new(Hosted { id: ctx.project, project: Arc::new(project), keys }))
                    })
                    .collect::<Result<Vec<_>>>()
            })
            .await?;
        self.0.names.store(Arc::new(Names::of(&hosted)));
        self.0.map.store(Arc::new(hosted.into_iter().map(|one| (one.id.to_string(), one)).collect()));
        self.0.read.store(heard + 1, Ordering::Release);
        Ok(())
    }
}
