//! What a list of users can be asked about, and where it is stored.

use super::User;
use crate::base::page::{Kind, Value};
use crate::base::{Error, Result};

/// `shown_phone`.
pub(super) const PHONE: &str = "COALESCE(phone_claim, phone)";
/// `is_email_verified`.
const EMAIL_VERIFIED: &str = "(email IS NOT NULL AND email_proof IN ('vouched', 'mock', 'code'))";
/// `is_phone_verified`.
const PHONE_VERIFIED: &str =
    "(phone_claim IS NULL AND phone IS NOT NULL AND phone_proof IN ('vouched', 'mock', 'code'))";

/// What a list of users can be asked about.
#[derive(Clone, Copy)]
pub(super) struct Attribute {
    pub kind: Kind,
    pub column: &'static str,
    /// Whether the column may be NULL.
    pub optional: bool,
    /// Its value, to go on behind or before a user.
    pub of: fn(&User) -> Option<Value>,
}

impl Attribute {
    /// The attribute with this name; the empty one is the order in which users were made.
    pub(super) fn find(name: &str) -> Option<Self> {
        let (kind, column, optional, of): (_, _, _, fn(&User) -> _) = match name {
            "$id" => (Kind::Text, "id", false, |user| Some(Value::Text(user.id.clone()))),
            "$createdAt" | "registration" => {
                (Kind::Time, "created_at", false, |user| Some(Value::Time(user.created_at)))
            }
            "$sequence" | "" => (Kind::Rank, "created_at", false, |user| Some(Value::Time(user.created_at))),
            "$updatedAt" => (Kind::Time, "updated_at", false, |user| Some(Value::Time(user.updated_at))),
            "name" => (Kind::Text, "name", false, |user| Some(Value::Text(user.name.clone()))),
            "email" => (Kind::Text, "email", true, |user| Some(Value::Text(user.email.as_ref()?.as_str().to_owned()))),
            "phone" => (Kind::Text, PHONE, true, |user| Some(Value::Text(user.shown_phone()?.as_e164().to_owned()))),
            "status" => (Kind::Bool, "(NOT blocked)", false, |user| Some(Value::Bool(!user.blocked))),
            "emailVerification" => {
                (Kind::Bool, EMAIL_VERIFIED, false, |user| Some(Value::Bool(user.is_email_verified())))
            }
            "phoneVerification" => {
                (Kind::Bool, PHONE_VERIFIED, false, |user| Some(Value::Bool(user.is_phone_verified())))
            }
            "passwordUpdate" => (Kind::Time, "password_at", true, |user| user.password_at.map(Value::Time)),
            "labels" => (Kind::List, "labels", false, |_| None),
            _ => return None,
        };
        Some(Self { kind, column, optional, of })
    }

    /// As `find`, for a name that was checked.
    pub(super) fn get(name: &str) -> Result<Self> {
        Self::find(name).ok_or_else(|| Error::internal("an attribute that was not checked"))
    }
}
