//! The files of other systems. Each has a file of its own here that says what its records mean; none has a rule.

mod appwrite;
mod auth0;
mod fields;
mod firebase;
mod hash;
mod keycloak;
pub(super) mod own;
mod records;
mod supabase;
mod table;

use std::io::{BufRead, BufReader, Read};

use countersign_domain::base::{Code, Error, Time};
use countersign_domain::signin::import::{Candidate, Contact, Trust};

use fields::Fields;
pub(super) use firebase::HashConfig;
pub(super) use records::Broken;
use records::Records;
use table::Table;

/// Whose file it is.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// What Appwrite or Nuvix answer to a list of users
    Appwrite,
    /// The table auth.users of Supabase, as CSV or JSON
    Supabase,
    /// What `firebase auth:export` wrote, as JSON or CSV
    Firebase,
    /// An export or a bulk import of Auth0
    Auth0,
    /// An export of a Keycloak realm
    Keycloak,
    /// A table of your own; docs/import.md has its columns
    Csv,
    /// What `countersign user export` wrote
    Countersign,
}

impl Source {
    /// The names of what it knows a user by.
    const fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Appwrite => &["$id"],
            Self::Firebase => &["localId"],
            Self::Auth0 => &["user_id"],
            Self::Supabase | Self::Keycloak | Self::Csv | Self::Countersign => &["id"],
        }
    }
}

/// Why a record is not taken: a stable code and a text for people, neither with what the record holds.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    fn unreadable(what: &str) -> Self {
        Self { code: "invalid-record", message: what.to_owned() }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let message = match &error.code {
            Code::InvalidValue { field, reason } => format!("{field}: {reason}"),
            _ => error.to_string(),
        };
        Self { code: error.code.name(), message }
    }
}

/// What a record says.
#[derive(Debug)]
pub(super) enum Parsed {
    /// A user.
    User(Box<Candidate>),
    /// One whom his system had deleted already.
    Deleted,
}

impl From<Candidate> for Parsed {
    fn from(candidate: Candidate) -> Self {
        Self::User(Box::new(candidate))
    }
}

/// A record, read.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line at which it begins, from 1.
    pub line: u64,
    /// Its number, from 1.
    pub record: u64,
    /// What its source knows it by.
    pub id: Option<String>,
    /// What it says.
    pub parsed: Result<Parsed, Refusal>,
}

/// What must be known beside the file.
#[derive(Debug)]
pub(super) struct About {
    pub source: Source,
    pub firebase: Option<HashConfig>,
    pub now: Time,
}

enum Input<R: Read> {
    Json(Records<BufReader<R>>),
    Table(Box<Table<BufReader<R>>>),
}

/// Reads the records of a file.
pub(super) struct Reader<R: Read> {
    about: About,
    input: Input<R>,
    records: u64,
}

impl<R: Read> Reader<R> {
    /// Looks at how the file begins. Refuses a table whose columns nobody knows.
    pub(super) fn new(about: About, input: R) -> Result<Self, Broken> {
        let mut input = BufReader::with_capacity(64 << 10, input);
        let is_table = match about.source {
            Source::Csv => true,
            Source::Supabase | Source::Firebase => !begins_like_json(&mut input)?,
            Source::Appwrite | Source::Auth0 | Source::Keycloak | Source::Countersign => false,
        };
        let input = if is_table {
            Input::Table(Box::new(Table::new(about.source, input)?))
        } else {
            let mut records = Records::new(input);
            if about.source == Source::Countersign {
                own::check_header(&mut records)?;
            }
            Input::Json(records)
        };
        Ok(Self { about, input, records: 0 })
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Broken> {
        let (line, fields) = match &mut self.input {
            Input::Json(records) => match records.next()? {
                None => return Ok(None),
                Some(record) => {
                    let fields = match record.text {
                        Some(text) => Fields::parse(&text),
                        None => Err(Refusal::unreadable("this is longer than 4 MiB")),
                    };
                    (record.line, fields)
                }
            },
            Input::Table(table) => match table.next()? {
                None => return Ok(None),
                Some(row) => row,
            },
        };
        self.records += 1;
        let id = fields.as_ref().ok().and_then(|fields| fields.first_text(self.about.source.ids()));
        let parsed = fields.and_then(|mut fields| self.read(&mut fields));
        if let Err(Refusal { code: firebase::NO_CONFIG, message: _ }) = &parsed {
            return Err(Broken::Shape { line, what: firebase::WHAT_CONFIG });
        }
        Ok(Some(Entry { line, record: self.records, id, parsed }))
    }

    fn read(&self, fields: &mut Fields) -> Result<Parsed, Refusal> {
        match self.about.source {
            Source::Appwrite => appwrite::read(fields),
            Source::Supabase => supabase::read(fields, self.about.now),
            Source::Firebase => firebase::read(fields, self.about.firebase.as_ref()),
            Source::Auth0 => auth0::read(fields),
            Source::Keycloak => keycloak::read(fields),
            Source::Csv => table::read(fields),
            Source::Countersign => own::read(fields),
        }
    }
}

fn begins_like_json<R: Read>(input: &mut BufReader<R>) -> Result<bool, Broken> {
    let begin = input.fill_buf()?;
    let begin = begin.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(begin);
    Ok(begin.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'[')))
}

/// A number or an address with what its source says about it.
fn contact(text: Option<String>, verified: bool) -> Option<Contact> {
    text.map(|text| Contact { text, trust: Trust::of(verified) })
}
