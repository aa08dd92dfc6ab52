//! Records: a letter, the length in four bytes, and so many bytes. Numbers are little-endian.

use std::io::{ErrorKind, Read, Write};

use super::refused;
use crate::base::{Error, Result};
use crate::db::Cell;
use crate::db::schema::{ColumnKind, Table};

/// Longest record. No row of ours comes near it.
const LONGEST: u32 = 64 * 1_024 * 1_024;

#[derive(Clone, Copy)]
pub(super) enum Record<'a> {
    Manifest(&'a [u8]),
    Row(&'a [u8]),
    End(&'a [u8]),
}

pub(super) fn write(to: &mut dyn Write, record: Record<'_>) -> Result<()> {
    let (letter, bytes) = match record {
        Record::Manifest(bytes) => (b'M', bytes),
        Record::Row(bytes) => (b'R', bytes),
        Record::End(bytes) => (b'E', bytes),
    };
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| Error::internal("a row is too long for a backup"))?;
    let written = to.write_all(&[letter]).and_then(|()| to.write_all(&length.to_le_bytes()));
    written.and_then(|()| to.write_all(bytes)).map_err(|error| refused(format!("cannot be written: {error}")))
}

/// The next record, in `buffer`.
pub(super) fn read<'b>(from: &mut dyn Read, buffer: &'b mut Vec<u8>) -> Result<Record<'b>> {
    let mut head = [0; 5];
    from.read_exact(&mut head).map_err(failed)?;
    let [letter, a, b, c, d] = head;
    let length = u32::from_le_bytes([a, b, c, d]);
    if length > LONGEST {
        return Err(refused("has a record that is too long"));
    }
    buffer.clear();
    from.take(length.into()).read_to_end(buffer).map_err(failed)?;
    if buffer.len() as u64 != u64::from(length) {
        return Err(failed(ErrorKind::UnexpectedEof.into()));
    }
    match letter {
        b'M' => Ok(Record::Manifest(buffer)),
        b'R' => Ok(Record::Row(buffer)),
        b'E' => Ok(Record::End(buffer)),
        _ => Err(refused("has a record of an unknown kind")),
    }
}

/// Refuses what stands behind the end.
pub(super) fn end(from: &mut dyn Read) -> Result<()> {
    match from.read(&mut [0]).map_err(failed)? {
        0 => Ok(()),
        _ => Err(refused("goes on behind its end")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "its shape is the one that map_err takes")]
fn failed(error: std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => refused("ends too early"),
        // What the lock says of a damaged piece.
        ErrorKind::InvalidData => refused(error.to_string()),
        _ => refused(format!("cannot be read: {error}")),
    }
}

/// A row: the table's number in two bytes, and each value behind a byte that says what it is.
pub(super) fn encode(row: &mut Vec<u8>, table: usize, cells: &[Cell]) -> Result<()> {
    row.clear();
    row.extend(u16::try_from(table).map_err(Error::internal)?.to_le_bytes());
    for cell in cells {
        match cell {
            Cell::Null => row.push(0),
            Cell::Int(number) => {
                row.push(1);
                row.extend(number.to_le_bytes());
            }
            Cell::Bool(value) => row.push(if *value { 3 } else { 2 }),
            Cell::Float(number) => {
                row.push(4);
                row.extend(number.to_le_bytes());
            }
            Cell::Text(text) => long(row, 5, text.as_bytes())?,
            Cell::Bytes(bytes) => long(row, 6, bytes)?,
        }
    }
    Ok(())
}

fn long(row: &mut Vec<u8>, kind: u8, bytes: &[u8]) -> Result<()> {
    row.push(kind);
    row.extend(u32::try_from(bytes.len()).map_err(Error::internal)?.to_le_bytes());
    row.extend(bytes);
    Ok(())
}

pub(super) fn decode(row: &[u8]) -> Result<(usize, Vec<Cell>)> {
    parse(row).ok_or_else(|| refused("has a row that cannot be read"))
}

fn parse(row: &[u8]) -> Option<(usize, Vec<Cell>)> {
    let (table, mut rest) = row.split_first_chunk::<2>()?;
    let mut cells = Vec::new();
    while let Some((kind, behind)) = rest.split_first() {
        rest = behind;
        cells.push(match kind {
            0 => Cell::Null,
            1 => Cell::Int(i64::from_le_bytes(number(&mut rest)?)),
            2 | 3 => Cell::Bool(*kind == 3),
            4 => Cell::Float(f64::from_le_bytes(number(&mut rest)?)),
            5 => Cell::Text(String::from_utf8(bytes(&mut rest)?).ok()?),
            6 => Cell::Bytes(bytes(&mut rest)?),
            _ => return None,
        });
    }
    Some((usize::from(u16::from_le_bytes(*table)), cells))
}

fn number(rest: &mut &[u8]) -> Option<[u8; 8]> {
    let (number, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*number)
}

fn bytes(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let (length, behind) = rest.split_first_chunk()?;
    let (bytes, behind) = behind.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *rest = behind;
    Some(bytes.to_vec())
}

/// Refuses a row that its table cannot hold.
pub(super) fn check(table: &Table, cells: &[Cell]) -> Result<()> {
    let fits = |((_, kind), cell): (&(String, ColumnKind), &Cell)| {
        matches!(
            (kind, cell),
            (_, Cell::Null)
                | (ColumnKind::Text, Cell::Text(_))
                | (ColumnKind::Int, Cell::Int(_))
                | (ColumnKind::Bool, Cell::Bool(_))
                | (ColumnKind::Bytes, Cell::Bytes(_))
                | (ColumnKind::Float, Cell::Float(_))
        )
    };
    if table.columns.len() == cells.len() && table.columns.iter().zip(cells).all(fits) {
        Ok(())
    } else {
        Err(refused(format!("has a row that does not fit into {}", table.name)))
    }
}
