//! Delivery receipts: is one really from the provider, and what does it say?
//!
//! A receipt carries no secret and says the same however often it comes, so replays are harmless once the caller lets
//! `Delivered` and `Failed` be final.

use aws_lc_rs::hmac;
use countersign_domain::base::Secret;
use countersign_domain::base::crypto::equal;
use countersign_domain::message::{Delivery, Receipt};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

/// Why a receipt is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It has no signature.
    #[error("the receipt has no signature")]
    Unsigned,
    /// Its signature is not the provider's.
    #[error("the signature of the receipt is wrong")]
    WrongSignature,
    /// It is signed, but names no message or has no status.
    #[error("the receipt cannot be read")]
    Malformed,
}

/// A parameter of a form or query, decoded.
pub type Param = (String, String);

/// Reads a status callback of Twilio. `full_url` is the address as Twilio calls it, query included, `form` the POST
/// parameters, `signature` the header `X-Twilio-Signature`: base64 of HMAC-SHA1, under the auth token, over the address
/// followed by every parameter's name and value, sorted by name (Twilio docs, "Security"). A repeated parameter counts
/// once for each different value, as in Twilio's own libraries. None for statuses that are not final.
pub fn twilio(
    auth_token: &Secret,
    full_url: &str,
    form: &[Param],
    signature: Option<&str>,
) -> Result<Option<Receipt>, ReceiptError> {
    let signature = signature.ok_or(ReceiptError::Unsigned)?;
    let mut sorted: Vec<&Param> = form.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.expose().as_bytes());
    let mut mac = hmac::Context::with_key(&key);
    mac.update(full_url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    verify(&mac.sign(), BASE64.decode(signature.trim().as_bytes()).ok())?;

    let status = find(form, &["MessageStatus", "SmsStatus"]).ok_or(ReceiptError::Malformed)?;
    let delivery = match status {
        "delivered" | "read" => Delivery::Delivered,
        "failed" | "undelivered" | "canceled" => Delivery::Failed,
        _ => return Ok(None),
    };
    receipt(find(form, &["MessageSid", "SmsSid"]), delivery, find(form, &["ErrorCode"]))
}

/// Reads a delivery receipt of Vonage, signed by the method "SHA-256 HMAC" of its dashboard (its default, MD5, is
/// refused). `params` are those of the query, form or JSON object, whichever way it came. `sig` is the hex of
/// HMAC-SHA256, under the signature secret, over `&name=value` of all other parameters, sorted by name, with `&` and
/// `=` in values replaced by `_` (Vonage docs, "Signing Messages"). None for statuses that are not final.
pub fn vonage(signature_secret: &Secret, params: &[Param]) -> Result<Option<Receipt>, ReceiptError> {
    let signature = find(params, &["sig"]).ok_or(ReceiptError::Unsigned)?;
    let mut sorted: Vec<&Param> = params.iter().filter(|(name, _)| name != "sig").collect();
    sorted.sort_unstable();
    // Within values the separators are replaced; a name that has one could pass itself off as several parameters.
    if sorted.iter().any(|(name, _)| name.contains(['&', '='])) || sorted.windows(2).any(|w| w[0].0 == w[1].0) {
        return Err(ReceiptError::Malformed);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, signature_secret.expose().as_bytes());
    let mut mac = hmac::Context::with_key(&key);
    for (name, value) in sorted {
        mac.update(format!("&{name}={}", value.replace(['&', '='], "_")).as_bytes());
    }
    verify(&mac.sign(), HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).ok())?;

    let delivery = match find(params, &["status"]).ok_or(ReceiptError::Malformed)? {
        "delivered" => Delivery::Delivered,
        "failed" | "rejected" | "expired" | "undelivered" | "deleted" => Delivery::Failed,
        _ => return Ok(None),
    };
    receipt(find(params, &["messageId", "message-id"]), delivery, find(params, &["err-code"]))
}

fn verify(expected: &hmac::Tag, given: Option<Vec<u8>>) -> Result<(), ReceiptError> {
    let given = given.ok_or(ReceiptError::WrongSignature)?;
    if equal(expected.as_ref(), &given) { Ok(()) } else { Err(ReceiptError::WrongSignature) }
}

fn find<'a>(params: &'a [Param], names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .find_map(|name| params.iter().find(|(n, v)| n == name && !v.is_empty()))
        .map(|(_, value)| value.as_str())
}

fn receipt(id: Option<&str>, delivery: Delivery, error: Option<&str>) -> Result<Option<Receipt>, ReceiptError> {
    let provider_id = id.filter(|id| id.len() <= 128).ok_or(ReceiptError::Malformed)?.to_owned();
    // "0" is both providers' word for no error.
    let error = error.filter(|e| *e != "0").map(|e| e.chars().filter(char::is_ascii_alphanumeric).take(16).collect());
    Ok(Some(Receipt { provider_id, delivery, error }))
}
