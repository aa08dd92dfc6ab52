//! What all dialects and pages share at the edge: the listener, who the client is, cookies, limits, headers, metrics.

pub mod agent;
pub mod call;
pub mod client;
pub mod cookie;
pub mod cors;
pub mod form;
pub mod health;
pub mod json;
pub mod jwks;
pub mod limit;
pub mod listener;
pub mod metrics;
pub mod oidc;
pub mod origin;
pub mod params;
pub mod qr;
pub mod query;
pub mod receipt;
pub mod request_id;
pub mod routes;
pub mod security;
