//! The secrets of a webhook: the current one and, during a rotation, the one before it. Sealed in the webhook's own row.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::base::crypto::Label;
use crate::base::{Ctx, Error, Result, Secret};

/// Random bytes of a secret; Standard Webhooks wants 24 to 64.
const BYTES: usize = 32;

/// A new secret: `whsec_` and base64 (Standard Webhooks).
pub(super) fn generate(ctx: &Ctx) -> Secret {
    Secret::new(format!("whsec_{}", BASE64.encode(&ctx.random.bytes::<BYTES>())))
}

/// What a webhook signs with.
pub(super) struct Secrets {
    pub current: Secret,
    pub previous: Option<Secret>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    current: String,
    previous: Option<String>,
}

impl Secrets {
    pub(super) fn seal(&self, ctx: &Ctx, id: &str) -> Result<Vec<u8>> {
        let stored = Stored {
            current: self.current.expose().to_owned(),
            previous: self.previous.as_ref().map(|secret| secret.expose().to_owned()),
        };
        let text = zeroize::Zeroizing::new(serde_json::to_vec(&stored).map_err(Error::internal)?);
        ctx.keys.seal(Label::Webhook, id, &text, &*ctx.random)
    }

    pub(super) fn open(ctx: &Ctx, id: &str, sealed: &[u8]) -> Result<Self> {
        let text = ctx.keys.open(Label::Webhook, id, sealed)?;
        let stored: Stored = serde_json::from_slice(&text).map_err(Error::internal)?;
        Ok(Self { current: Secret::new(stored.current), previous: stored.previous.map(Secret::new) })
    }
}
