//! JSON that others keep here as text.

use super::{Error, Result};

/// Longest text of it, in bytes.
pub const LONGEST: usize = 65_536;

/// Checks that `text` is a JSON object of at most [`LONGEST`] bytes. `Code::InvalidValue` names `field`.
pub fn check_object(field: &str, text: &str) -> Result<()> {
    let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok();
    if text.len() > LONGEST || !is_object {
        return Err(Error::invalid(field, "must be a JSON object of at most 64 KiB, as text"));
    }
    Ok(())
}
