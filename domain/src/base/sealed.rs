//! A stream that is sealed piece by piece, so that it is written and read in little memory.
//!
//! One line in clear says how the key is made. Then come pieces of 64 KiB, each under AES-256-GCM; its number and whether
//! it is the last one are in the nonce (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár). So a piece that
//! was changed, left out, put elsewhere or added is noticed, and so is an end that came too early. The key is new for each
//! stream and bound to the line.

use std::io::{self, Read, Write};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::argon::{self, Cost};
use super::crypto::{Keys, Label, sha256};
use super::{Error, Random, Result, Secret};

/// What the first line begins with.
const MAGIC: &str = "countersign-sealed-1 ";
/// Longest first line, in bytes.
const LINE: usize = 1_024;
/// Clear bytes of a piece.
const PIECE: usize = 64 * 1_024;
/// What a piece is longer when it is sealed.
const TAG: usize = 16;
/// Bytes of a salt.
const SALT: usize = 32;
/// What a passphrase costs: the second recommendation of RFC 9106 §4.
const COST: Cost = Cost { memory_kib: 65_536, iterations: 3, parallelism: 4 };

/// What opens a stream.
#[derive(Clone, Copy)]
pub enum Lock<'a> {
    /// A passphrase.
    Passphrase(&'a Secret),
    /// A key file.
    Keys(&'a Keys),
}

/// What kind of lock a stream has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A passphrase.
    Passphrase,
    /// A key file.
    Keys,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    /// `passphrase` or `key-file`.
    key: String,
    /// In base64url.
    salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    argon2id: Option<Price>,
}

/// What the passphrase cost.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Price {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Head {
    fn kind(&self) -> Result<Kind> {
        match (self.key.as_str(), &self.argon2id) {
            ("passphrase", Some(_)) => Ok(Kind::Passphrase),
            ("key-file", None) => Ok(Kind::Keys),
            _ => Err(refused("is locked in a way that this version of Countersign does not know: use a newer one")),
        }
    }

    /// The key of the stream whose first line is `line`.
    fn key(&self, line: &[u8], lock: Lock<'_>) -> Result<LessSafeKey> {
        let salt = BASE64URL_NOPAD.decode(self.salt.as_bytes()).map_err(|_| refused("is damaged in its first line"))?;
        let secret = match (lock, &self.argon2id) {
            (Lock::Keys(keys), None) => Zeroizing::new(keys.mac(Label::Backup, &[b"stream", &salt])?.to_vec()),
            (Lock::Passphrase(passphrase), Some(price)) => {
                let Price { memory_kib, iterations, parallelism } = *price;
                // The line is not yet known to be ours: it may not ask for the machine's whole memory.
                if memory_kib > Cost::MOST_MEMORY
                    || iterations > Cost::MOST_ITERATIONS
                    || parallelism > Cost::MOST_PARALLELISM
                {
                    return Err(refused("asks for more work than it may: its first line was changed"));
                }
                Zeroizing::new(argon::derive(Cost { memory_kib, iterations, parallelism }, passphrase, &salt)?)
            }
            (Lock::Keys(_), Some(_)) => return Err(refused("is locked with a passphrase")),
            (Lock::Passphrase(_), None) => return Err(refused("is locked with a key file")),
        };
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &sha256(line))
            .extract(&secret)
            .expand(&[b"countersign/sealed-stream/1"], &AES_256_GCM)
            .and_then(|okm| okm.fill(&mut key[..]))
            .map_err(|_| Error::internal("key derivation failed"))?;
        let key = UnboundKey::new(&AES_256_GCM, &key[..]).map_err(|_| Error::internal("key derivation failed"))?;
        Ok(LessSafeKey::new(key))
    }
}

fn refused(reason: &str) -> Error {
    Error::invalid("the file", reason)
}

/// The nonce of a piece: its number, and whether it is the last one.
fn nonce(number: u64, last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    for (to, from) in bytes.iter_mut().skip(3).zip(number.to_be_bytes()) {
        *to = from;
    }
    if let Some(flag) = bytes.last_mut() {
        *flag = u8::from(last);
    }
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. Without [`Sealer::finish`] the stream has no end, and nobody will take it for whole.
pub struct Sealer<W: Write> {
    to: W,
    key: LessSafeKey,
    number: u64,
    piece: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Begins a stream.
    pub fn new(mut to: W, lock: Lock<'_>, random: &dyn Random) -> Result<Self> {
        let salt = BASE64URL_NOPAD.encode(&random.bytes::<SALT>());
        let head = match lock {
            Lock::Keys(_) => Head { key: "key-file".to_owned(), salt, argon2id: None },
            Lock::Passphrase(_) => {
                let Cost { memory_kib, iterations, parallelism } = COST;
                let price = Price { memory_kib, iterations, parallelism };
                Head { key: "passphrase".to_owned(), salt, argon2id: Some(price) }
            }
        };
        let line = format!("{MAGIC}{}\n", serde_json::to_string(&head).map_err(Error::internal)?);
        let key = head.key(line.as_bytes(), lock)?;
        to.write_all(line.as_bytes())
            .map_err(|error| Error::invalid("the file", format!("cannot be written: {error}")))?;
        Ok(Self { to, key, number: 0, piece: Vec::with_capacity(PIECE + TAG) })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        self.key
            .seal_in_place_append_tag(nonce(self.number, last), Aad::empty(), &mut self.piece)
            .map_err(|_| io::Error::other("sealing failed"))?;
        self.number += 1;
        self.to.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    /// Ends the stream; gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits: it may be the last one.
        if self.piece.len() == PIECE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// What kind of lock a stream has, by its first line. `from` stands behind that line then.
pub fn kind(from: &mut impl Read) -> Result<Kind> {
    head(from).and_then(|(head, _)| head.kind())
}

fn head(from: &mut impl Read) -> Result<(Head, Vec<u8>)> {
    let mut line = Vec::new();
    let foreign = || refused("is no backup of Countersign");
    // Byte by byte: what follows the line must be left.
    for _ in 0..LINE {
        let mut byte = [0];
        match from.read_exact(&mut byte) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            read => read.map_err(|error| refused(&format!("cannot be read: {error}")))?,
        }
        line.extend(byte);
        if byte == *b"\n" {
            let text = std::str::from_utf8(&line).ok().and_then(|text| text.strip_prefix(MAGIC)).ok_or_else(foreign)?;
            let head = serde_json::from_str(text).map_err(|_| refused("is damaged in its first line"))?;
            return Ok((head, line));
        }
    }
    Err(foreign())
}

/// Opens what a [`Sealer`] wrote. What it gives is genuine; that nothing is missing is known when it gives the end.
pub struct Opener<R: Read> {
    from: R,
    key: LessSafeKey,
    kind: Kind,
    number: u64,
    /// One sealed piece, and the first byte of the next: only with that is it known whether it is the last.
    ahead: Vec<u8>,
    clear: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Opener<R> {
    /// Opens a stream. Whether the lock fits shows at the first piece, which this reads.
    pub fn new(mut from: R, lock: Lock<'_>) -> Result<Self> {
        let (head, line) = head(&mut from)?;
        let (kind, key) = (head.kind()?, head.key(&line, lock)?);
        let mut opener = Self { from, key, kind, number: 0, ahead: Vec::new(), clear: Vec::new(), at: 0, ended: false };
        opener.open().map_err(|error| Error::invalid("the file", error.to_string()))?;
        Ok(opener)
    }

    /// The next piece.
    fn open(&mut self) -> io::Result<()> {
        let wanted = (PIECE + TAG + 1) - self.ahead.len();
        self.from.by_ref().take(wanted as u64).read_to_end(&mut self.ahead)?;
        let last = self.ahead.len() <= PIECE + TAG;
        let rest = if last { Vec::new() } else { self.ahead.split_off(PIECE + TAG) };
        let mut piece = std::mem::replace(&mut self.ahead, rest);
        let opened =
            self.key.open_in_place(nonce(self.number, last), Aad::empty(), &mut piece).map(|clear| clear.len());
        let length = opened.map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                match (self.number, self.kind) {
                    (0, Kind::Passphrase) => "does not open: the passphrase is another one, or the file is damaged",
                    (0, Kind::Keys) => "does not open: it was made with another key file, or it is damaged",
                    _ if last => "ends too early or is damaged at its end",
                    _ => "is damaged",
                },
            )
        })?;
        piece.truncate(length);
        self.number += 1;
        (self.clear, self.at, self.ended) = (piece, 0, last);
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.clear.len() {
            if self.ended {
                return Ok(0);
            }
            self.open()?;
        }
        let left = self.clear.get(self.at..).unwrap_or_default();
        let given = left.len().min(out.len());
        for (to, from) in out.iter_mut().zip(left) {
            *to = *from;
        }
        self.at += given;
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::SeededRandom;

    fn keys(byte: u8) -> Keys {
        Keys::from_master(&[byte; 32]).unwrap()
    }

    fn sealed(text: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), Lock::Keys(&keys(1)), &SeededRandom::new(7)).unwrap();
        sealer.write_all(text).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(sealed: &[u8]) -> std::result::Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut opener = Opener::new(sealed, Lock::Keys(&keys(1))).map_err(|error| error.to_string())?;
        opener.read_to_end(&mut out).map_err(|error| error.to_string())?;
        Ok(out)
    }

    fn line(sealed: &[u8]) -> usize {
        sealed.iter().position(|byte| *byte == b'\n').unwrap() + 1
    }

    #[test]
    fn what_was_sealed_opens_whatever_its_length() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5] {
            let text: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            assert_eq!(opened(&sealed(&text)).unwrap(), text, "{length}");
        }
    }

    #[test]
    fn a_stream_that_was_cut_anywhere_is_refused() {
        for length in [0, 10, PIECE, 2 * PIECE, 2 * PIECE + 10] {
            let whole = sealed(&vec![7; length]);
            let cuts = [1, 2, TAG, TAG + 1, PIECE, PIECE + TAG, whole.len() - line(&whole), whole.len() - 3];
            for cut in cuts.into_iter().filter(|cut| *cut <= whole.len()) {
                assert!(opened(&whole[..whole.len() - cut]).is_err(), "{length} - {cut}");
            }
        }
    }

    #[test]
    fn a_changed_bit_is_noticed_wherever_it_is() {
        let whole = sealed(&vec![7; PIECE + 100]);
        let places = (0..line(&whole)).chain((line(&whole)..whole.len()).step_by(997)).chain([whole.len() - 1]);
        for at in places {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(opened(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn pieces_that_are_exchanged_left_out_doubled_or_added_are_noticed() {
        let whole = sealed(&(0..3 * PIECE).map(|n| (n / PIECE) as u8).collect::<Vec<_>>());
        let (head, body) = whole.split_at(line(&whole));
        let pieces: Vec<&[u8]> = body.chunks(PIECE + TAG).collect();
        assert_eq!(pieces.len(), 3);
        let of = |order: &[usize]| {
            let mut out = head.to_vec();
            out.extend(order.iter().flat_map(|n| pieces[*n].iter().copied()));
            opened(&out)
        };
        assert!(of(&[0, 1, 2]).is_ok());
        for order in [&[1, 0, 2][..], &[0, 2], &[0, 1], &[0, 1, 1, 2], &[0, 1, 2, 2], &[2, 1, 0], &[2], &[]] {
            assert!(of(order).is_err(), "{order:?}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(opened(&longer).is_err());
        // A piece of another stream under the same key file.
        let mut other = Sealer::new(Vec::new(), Lock::Keys(&keys(1)), &SeededRandom::new(8)).unwrap();
        other.write_all(&vec![0; 3 * PIECE]).unwrap();
        let other = other.finish().unwrap();
        let mixed = [head, &other[line(&other)..]].concat();
        assert!(opened(&mixed).is_err());
    }

    #[test]
    fn only_the_lock_that_it_was_sealed_with_opens_it() {
        let whole = sealed(b"hello");
        let (others, passphrase) = (keys(2), Secret::new("a passphrase"));
        let text = |lock| Opener::new(&whole[..], lock).err().unwrap().to_string();
        assert!(text(Lock::Keys(&others)).contains("another key file"));
        assert!(text(Lock::Passphrase(&passphrase)).contains("is locked with a key file"));
        assert_eq!(kind(&mut &whole[..]).unwrap(), Kind::Keys);
        assert!(Opener::new(&b"SQLite format 3\0"[..], Lock::Keys(&keys(1))).is_err());

        let passphrase = Secret::new("correct horse battery");
        let mut sealer = Sealer::new(Vec::new(), Lock::Passphrase(&passphrase), &SeededRandom::new(7)).unwrap();
        sealer.write_all(b"hello").unwrap();
        let whole = sealer.finish().unwrap();
        assert_eq!(kind(&mut &whole[..]).unwrap(), Kind::Passphrase);
        let mut out = String::new();
        Opener::new(&whole[..], Lock::Passphrase(&passphrase)).unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(out, "hello");
        let wrong = Opener::new(&whole[..], Lock::Passphrase(&Secret::new("correct horse"))).err().unwrap();
        assert!(wrong.to_string().contains("the passphrase is another one"));
        // A file from elsewhere cannot make us spend a machine's memory.
        let greedy = String::from_utf8_lossy(&whole[..line(&whole)]).replace("65536", "4194304").into_bytes();
        let greedy = [&greedy[..], &whole[line(&whole)..]].concat();
        let refused = Opener::new(&greedy[..], Lock::Passphrase(&passphrase)).err().unwrap();
        assert!(refused.to_string().contains("more work than it may"), "{refused}");
    }
}
