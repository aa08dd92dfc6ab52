//! The records of a file of JSON, one after the other, in memory of bounded size: an object per line, objects one after
//! the other, an array of them, or an object that has such an array as its `users` or `data`.
//!
//! This finds where a record begins and ends, by brackets and quotes alone; whether it is sound is for its reader to
//! say. Where each line is a record, a broken one costs that record and no other.

use std::io::{self, Read};

/// The longest record, in bytes.
pub(super) const LONGEST: usize = 4 << 20;
/// Under what names files keep their list of users.
const LISTS: [&[u8]; 2] = [b"users", b"data"];
/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Broken {
    /// The system refused.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Nobody knows what its columns mean.
    #[error("{0}")]
    Columns(String),
    /// Nobody knows where the next record would begin.
    #[error("line {line}: {what}")]
    Shape {
        /// Where.
        line: u64,
        /// What is wrong.
        what: &'static str,
    },
}

/// A record as it stands in the file.
#[derive(Debug)]
pub(super) struct Record {
    /// The line at which it begins, from 1.
    pub line: u64,
    /// Its text; none where it is longer than [`LONGEST`].
    pub text: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read yet.
    Start,
    /// Values, one after the other.
    Values,
    /// A value on each line.
    Lines,
    /// Within a list, which stands in an object or not.
    List { inside: bool },
}

/// Reads records.
pub(super) struct Records<R> {
    input: R,
    buffer: Box<[u8]>,
    at: usize,
    filled: usize,
    /// The line of the next byte.
    line: u64,
    state: State,
}

/// What the text of a record is kept in.
struct Text {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: Vec::new(), too_long: false }
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
        }
    }

    fn into_record(self, line: u64) -> Record {
        Record { line, text: (!self.too_long).then_some(self.bytes) }
    }
}

/// How an object at the top ended.
enum Object {
    /// It is a record.
    Record(Record),
    /// It has a list, which begins here.
    List,
    /// It had a list, and is over.
    Over,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> Self {
        let buffer = vec![0; CHUNK].into_boxed_slice();
        Self { input, buffer, at: 0, filled: 0, line: 1, state: State::Start }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.filled {
            self.at = 0;
            self.filled = loop {
                match self.input.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
        }
        Ok(self.buffer.get(self.at).copied().filter(|_| self.at < self.filled))
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.at += 1;
        }
        if byte == Some(b'\n') {
            self.line += 1;
        }
        Ok(byte)
    }

    /// The next byte that is no blank, and no comma where these stand between values. It is not taken.
    fn skip(&mut self, commas: bool) -> io::Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !(byte.is_ascii_whitespace() || (commas && byte == b',')) {
                return Ok(Some(byte));
            }
            self.next_byte()?;
        }
        Ok(None)
    }

    const fn shape(&self, what: &'static str) -> Broken {
        Broken::Shape { line: self.line, what }
    }

    const fn cut(&self) -> Broken {
        self.shape("the file ends in the middle of a record: is it the whole file?")
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Option<Record>, Broken> {
        loop {
            match self.state {
                State::Start => {
                    self.mark()?;
                    if self.skip(false)? == Some(b'{') {
                        if let Some(record) = self.first()? {
                            return Ok(Some(record));
                        }
                    } else {
                        self.state = State::Values;
                    }
                }
                State::Values => match self.skip(true)? {
                    None => return Ok(None),
                    Some(b'[') => {
                        self.next_byte()?;
                        self.state = State::List { inside: false };
                    }
                    Some(b'{') => match self.object(false)? {
                        Object::Record(record) => return Ok(Some(record)),
                        Object::List => self.state = State::List { inside: true },
                        Object::Over => {}
                    },
                    Some(_) => return Err(self.shape("this is no JSON: a record begins with {")),
                },
                State::Lines => match self.one_line()? {
                    None => return Ok(None),
                    Some(record) => return Ok(Some(record)),
                },
                State::List { inside } => match self.skip(true)? {
                    None => return Err(self.cut()),
                    Some(b']') => {
                        self.next_byte()?;
                        self.state = State::Values;
                        if inside && matches!(self.object(true)?, Object::List) {
                            self.state = State::List { inside: true };
                        }
                    }
                    Some(_) => return self.element().map(Some),
                },
            }
        }
    }

    /// Passes over a byte order mark.
    fn mark(&mut self) -> io::Result<()> {
        for byte in [0xef, 0xbb, 0xbf] {
            if self.peek()? != Some(byte) {
                return Ok(());
            }
            self.next_byte()?;
        }
        Ok(())
    }

    /// The first object decides: where it is over with its line, each line is a record.
    fn first(&mut self) -> Result<Option<Record>, Broken> {
        let line = self.line;
        self.state = State::Values;
        match self.object(false)? {
            Object::List => self.state = State::List { inside: true },
            Object::Over => {}
            Object::Record(record) => {
                if self.state != State::Lines && self.line == line {
                    while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace() && byte != b'\n') {
                        self.next_byte()?;
                    }
                    if matches!(self.peek()?, None | Some(b'\n')) {
                        self.state = State::Lines;
                    }
                }
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// An object at the top, or the rest of it behind a list.
    fn object(&mut self, listed: bool) -> Result<Object, Broken> {
        let (first_line, mut text) = (self.line, Text::new());
        let mut depth = usize::from(listed);
        // The name of the value that comes next, if a colon was seen; else the last string at depth 1.
        let (mut name, mut named) = (Vec::new(), false);
        let (mut quoted, mut escaped) = (false, false);
        while let Some(byte) = self.next_byte()? {
            text.push(byte);
            if byte == b'\n' && self.is_next_line_a_record(first_line, listed)? {
                text.bytes.pop();
                self.state = State::Lines;
                return Ok(Object::Record(text.into_record(first_line)));
            }
            if quoted {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => quoted = false,
                    _ => {}
                }
                if quoted && depth == 1 && name.len() < 16 {
                    name.push(byte);
                }
                continue;
            }
            match byte {
                b'"' => {
                    quoted = true;
                    named = false;
                    name.clear();
                }
                b':' => named = true,
                b'[' if depth == 1 && named && LISTS.contains(&name.as_slice()) => return Ok(Object::List),
                b'{' | b'[' => {
                    depth += 1;
                    named = false;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        let record = text.into_record(first_line);
                        return Ok(if listed { Object::Over } else { Object::Record(record) });
                    }
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => named = false,
            }
        }
        Err(self.cut())
    }

    /// Whether the first line was a broken record: no object that goes on has a line that begins with a bracket at its
    /// very start.
    fn is_next_line_a_record(&mut self, first_line: u64, listed: bool) -> io::Result<bool> {
        Ok(!listed && first_line == 1 && self.line == 2 && self.peek()? == Some(b'{'))
    }

    /// An element of a list.
    fn element(&mut self) -> Result<Record, Broken> {
        let (line, mut text) = (self.line, Text::new());
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        loop {
            let Some(byte) = self.peek()? else { return Err(self.cut()) };
            if !quoted && depth == 0 && (byte == b',' || byte == b']' || byte.is_ascii_whitespace()) {
                return Ok(text.into_record(line));
            }
            self.next_byte()?;
            text.push(byte);
            if quoted {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => quoted = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => quoted = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(text.into_record(line));
                    }
                }
                _ => {}
            }
        }
    }

    /// The next line that is not blank.
    fn one_line(&mut self) -> Result<Option<Record>, Broken> {
        loop {
            if self.skip(false)?.is_none() {
                return Ok(None);
            }
            let (line, mut text) = (self.line, Text::new());
            while let Some(byte) = self.next_byte()? {
                if byte == b'\n' {
                    break;
                }
                text.push(byte);
            }
            if !text.bytes.is_empty() {
                return Ok(Some(text.into_record(line)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe would.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn all(text: &str) -> Result<Vec<(u64, String)>, String> {
        let read = |input: &mut dyn Read| {
            let mut records = Records::new(input);
            let mut out = Vec::new();
            while let Some(record) = records.next().map_err(|broken| broken.to_string())? {
                out.push((record.line, String::from_utf8(record.text.unwrap()).unwrap()));
            }
            Ok(out)
        };
        let (fast, slow) = (read(&mut text.as_bytes()), read(&mut Slow(text.as_bytes())));
        assert_eq!(fast, slow);
        fast
    }

    fn lines(text: &str) -> Vec<(u64, String)> {
        all(text).unwrap()
    }

    fn of(records: &[(u64, &str)]) -> Vec<(u64, String)> {
        records.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn every_shape_of_a_list_gives_its_records() {
        let two = of(&[(1, "{\"a\":1}"), (1, "{\"b\":[{}]}")]);
        for text in [
            "[{\"a\":1},{\"b\":[{}]}]",
            " [ {\"a\":1} , {\"b\":[{}]} ] ",
            "{\"total\":2,\"users\":[{\"a\":1},{\"b\":[{}]}]}",
            "{\"data\" : [{\"a\":1},{\"b\":[{}]}], \"total\": {\"users\": [1]}}",
            "\u{feff}{\"x\":{\"users\":[{}]},\"y\":\"users\",\"users\":[{\"a\":1},{\"b\":[{}]}]}",
            "{\"a\":1}{\"b\":[{}]}",
        ] {
            assert_eq!(lines(text), two, "{text}");
        }
        assert_eq!(lines("{\"a\":1}\n\n{\"b\":2}\r\n"), of(&[(1, "{\"a\":1}"), (3, "{\"b\":2}\r")]));
        assert_eq!(
            lines("{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n"),
            of(&[(1, "{\n  \"a\": 1\n}"), (4, "{\n  \"b\": 2\n}")])
        );
        assert_eq!(
            lines("{\"users\":[{\"a\":1}]}\n{\"users\":[{\"b\":2}]}\n"),
            of(&[(1, "{\"a\":1}"), (2, "{\"b\":2}")])
        );
        assert_eq!(lines("[\n{\"a\":1},\n{\"b\":2}\n]\n"), of(&[(2, "{\"a\":1}"), (3, "{\"b\":2}")]));
        for empty in ["", " \n", "[]", "{\"users\":[]}"] {
            assert_eq!(lines(empty), [], "{empty}");
        }
    }

    #[test]
    fn brackets_and_quotes_within_strings_mean_nothing() {
        let odd = r#"{"a":"]}\"{[,\\","users":"[","b":{"c":"\\\""}}"#;
        assert_eq!(lines(odd), of(&[(1, odd)]));
        assert_eq!(lines(&format!("[{odd},{odd}]")), of(&[(1, odd), (1, odd)]));
        assert_eq!(lines(&format!("{{\"users\":[{odd}],\"z\":\"]\"}}")), of(&[(1, odd)]));
    }

    #[test]
    fn a_broken_line_costs_itself_alone() {
        assert_eq!(
            lines("{\"a\":1}\n{\"b\":\n}{\n{\"c\":3}"),
            of(&[(1, "{\"a\":1}"), (2, "{\"b\":"), (3, "}{"), (4, "{\"c\":3}")])
        );
        assert_eq!(lines("{\"a\":\"1\n{\"b\":2}\n"), of(&[(1, "{\"a\":\"1"), (2, "{\"b\":2}")]));
        assert_eq!(lines("[1,\"x\",null,{}]"), of(&[(1, "1"), (1, "\"x\""), (1, "null"), (1, "{}")]));
    }

    #[test]
    fn a_file_that_was_cut_short_says_where() {
        for (text, line) in
            [("[{\"a\":1},\n{\"b\"", 2), ("[{\"a\":1},\n", 2), ("{\"users\":[{}]", 1), ("{\n\n\"a\":", 3)]
        {
            let error = all(text).unwrap_err();
            assert!(error.starts_with(&format!("line {line}:")) && error.contains("ends in the middle"), "{error}");
        }
        assert!(all("hello").unwrap_err().contains("no JSON"));
    }

    #[test]
    fn a_record_that_is_too_long_is_left_out_and_the_next_is_read() {
        let long = format!("[{{\"a\":\"{}\"}},{{}}]", "x".repeat(LONGEST));
        let mut records = Records::new(long.as_bytes());
        assert!(records.next().unwrap().unwrap().text.is_none());
        assert_eq!(records.next().unwrap().unwrap().text.as_deref(), Some(b"{}".as_slice()));
        assert!(records.next().unwrap().is_none());
        // What stands before the list of an object may be longer.
        let long = format!("{{\"clients\":\"{}\",\"users\":[{{}}]}}", "x".repeat(LONGEST));
        assert_eq!(Records::new(long.as_bytes()).next().unwrap().unwrap().text.as_deref(), Some(b"{}".as_slice()));
    }
}
