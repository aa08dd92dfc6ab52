//! Tables: the CSV of others, and the one with columns of our own.

use std::io::Read;

use countersign_domain::signin::import::Candidate;
use countersign_domain::tenant::Joined;
use countersign_domain::user::Notes;
use serde_json::{Map, Value};

use super::fields::Fields;
use super::records::Broken;
use super::{Parsed, Refusal, Source, contact, firebase, hash};

/// The columns that a table of one's own may have (docs/import.md).
const COLUMNS: [&str; 19] = [
    "id",
    "email",
    "email_verified",
    "phone",
    "phone_verified",
    "name",
    "password_hash",
    "hash",
    "hash_options",
    "labels",
    "prefs",
    "tenants",
    "external_id",
    "vendor_metadata",
    "status",
    "mfa",
    "created_at",
    "updated_at",
    "last_sign_in_at",
];

/// The line at which a row begins, and what is in it or why it cannot be read.
pub(super) type Row = (u64, Result<Fields, Refusal>);

/// Reads the rows of a CSV file.
pub(super) struct Table<R: Read> {
    csv: csv::Reader<R>,
    columns: Vec<String>,
    /// Whether every row must have as many values as there are columns.
    exact: bool,
    row: csv::StringRecord,
}

impl<R: Read> Table<R> {
    pub(super) fn new(source: Source, input: R) -> Result<Self, Broken> {
        let named = source != Source::Firebase;
        let mut csv = csv::ReaderBuilder::new().has_headers(named).flexible(true).from_reader(input);
        let columns: Vec<String> = if named {
            let header = csv.headers().map_err(|error| broken(error, 1))?;
            header.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect()
        } else {
            firebase::COLUMNS.map(str::to_owned).into()
        };
        if source == Source::Csv {
            check(&columns)?;
        }
        Ok(Self { csv, columns, exact: named, row: csv::StringRecord::new() })
    }

    /// The next row and the line at which it begins.
    pub(super) fn next(&mut self) -> Result<Option<Row>, Broken> {
        let line = self.csv.position().line();
        match self.csv.read_record(&mut self.row) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                return Ok(Some((line, Err(Refusal::unreadable("this is no text in UTF-8")))));
            }
            Err(error) => return Err(broken(error, line)),
        }
        let line = self.row.position().map_or(line, csv::Position::line);
        if self.exact && self.row.len() != self.columns.len() {
            let what = format!("this row has {} values, but there are {} columns", self.row.len(), self.columns.len());
            return Ok(Some((line, Err(Refusal::unreadable(&what)))));
        }
        let values = self.columns.iter().zip(&self.row).filter(|(name, value)| !(name.is_empty() || value.is_empty()));
        let map: Map<_, _> = values.map(|(name, value)| (name.clone(), Value::String(value.to_owned()))).collect();
        Ok(Some((line, Ok(Fields::of(map)))))
    }
}

fn check(columns: &[String]) -> Result<(), Broken> {
    for (at, name) in columns.iter().enumerate() {
        if !COLUMNS.contains(&name.as_str()) {
            return Err(Broken::Columns(format!(
                "there is no column {name:?}: the first line must name the columns, of {}",
                COLUMNS.join(", ")
            )));
        }
        if columns.iter().take(at).any(|other| other == name) {
            return Err(Broken::Columns(format!("the column {name} is there twice")));
        }
    }
    Ok(())
}

fn broken(error: csv::Error, line: u64) -> Broken {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Broken::Io(error),
        _ => Broken::Shape { line, what: "this is no CSV" },
    }
}

/// A row of a table of one's own.
pub(super) fn read(fields: &mut Fields) -> Result<Parsed, Refusal> {
    let options = fields.object("hash_options")?.unwrap_or_default();
    let (password, name) = (fields.text("password_hash")?, fields.text("hash")?);
    let password = match (password, name) {
        (None, _) => None,
        (Some(password), None) => Some(hash::told(password)?),
        (Some(password), Some(name)) => Some(hash::named(&name, options, password)?),
    };
    let blocked = match fields.text("status")?.as_deref() {
        None | Some("active") => false,
        Some("blocked") => true,
        Some(_) => return Err(super::fields::wrong("status", "must be active or blocked")),
    };
    // He acts in the first.
    let tenants = (0..).zip(fields.texts("tenants")?);
    let tenants = tenants.map(|(at, id)| Joined { id: Some(id), active: at == 0, ..Joined::default() }).collect();
    let (email_verified, phone_verified) = (fields.flag("email_verified")?, fields.flag("phone_verified")?);
    Ok(Candidate {
        id: fields.text("id")?,
        email: contact(fields.text("email")?, email_verified == Some(true)),
        phone: contact(fields.text("phone")?, phone_verified == Some(true)),
        name: fields.text("name")?.unwrap_or_default(),
        blocked,
        mfa: fields.flag("mfa")? == Some(true),
        labels: fields.texts("labels")?,
        prefs: fields.object("prefs")?.unwrap_or_default(),
        notes: Notes { external_id: fields.text("external_id")?, vendor_metadata: fields.text("vendor_metadata")? },
        tenants,
        password,
        signed_in_at: fields.time("last_sign_in_at")?,
        created_at: fields.time("created_at")?,
        updated_at: fields.time("updated_at")?,
        ..Candidate::default()
    }
    .into())
}
