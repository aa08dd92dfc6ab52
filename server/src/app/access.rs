//! Access tokens: the keys that sign them, and sessions that are refreshed.

use std::sync::Arc;

use countersign_domain::base::{Ctx, Result, Secret};
use countersign_domain::db::Tx;
use countersign_domain::signin::{self, Refreshed, Terms};
use countersign_domain::token::{Algorithm, Material};

use super::{App, Hosted};

impl App {
    /// The project with a key that signs access tokens. Its first one is made here, on the hashing threads, because that
    /// takes long.
    pub async fn with_access_key(&self, hosted: &Arc<Hosted>) -> Result<Arc<Hosted>> {
        if hosted.keys.signs_access(self.clock.now()) {
            return Ok(Arc::clone(hosted));
        }
        let _one_at_a_time = self.projects.0.making.lock().await;
        let current = self.project(&hosted.id).await?;
        if current.keys.signs_access(self.clock.now()) {
            return Ok(current);
        }
        let material = Arc::new(self.hashing.run(|| Material::make(Algorithm::Rs256)).await?);
        let ctx = self.system_ctx(&hosted.id);
        self.db.write(move |tx| signin::keys::add(tx, &ctx, &material)).await?;
        self.project(&hosted.id).await
    }

    /// Lets the session of a refresh token live on. That a spent one came back is durable before the answer.
    /// The user acts in `tenant` from then on, if one is named.
    pub async fn refresh(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        shown: Secret,
        tenant: Option<String>,
    ) -> Result<Refreshed> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        let work = move |tx: &mut Tx<'_>| signin::refresh(tx, &ctx, &hosted.project, &terms, &shown, tenant.as_deref());
        self.db.write(work).await?
    }
}
