//! Where the caller seems to be.

use axum::http::StatusCode;
use axum::response::Response;

use super::call::Call;
use super::error::Failure;
use super::wire::Locale;
use super::{answer, wire};

/// The caller's address. Its country is unknown without a database of addresses (contract nuvix §4.6).
#[utoipa::path(get, path = "/v1/locale", tag = "locale", responses((status = 200, body = Locale)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let locale = Locale {
        permissions: wire::none(call.flavour),
        ip: call.ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default(),
        country_code: "--",
        country: "Unknown",
        continent_code: "--",
        continent: "Unknown",
        eu: false,
        currency: None,
    };
    Ok(answer(StatusCode::OK, &locale))
}
