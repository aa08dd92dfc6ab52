//! A small HTTP/1.1 client on one connection, so that the load generator costs little.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Done;

pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    request: Vec<u8>,
    /// Where the head of the last answer ends in the buffer.
    head: usize,
}

impl Client {
    pub(crate) async fn connect(server: SocketAddr) -> Done<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8_192), request: Vec::with_capacity(1_024), head: 0 })
    }

    /// Sends a request; gives status and body.
    pub(crate) async fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Done<(u16, Vec<u8>)> {
        self.request.clear();
        self.request.extend_from_slice(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Appwrite-Project: demo\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        self.stream.write_all(&self.request).await?;
        self.buffer.clear();
        self.head = loop {
            self.more().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        let length = header(&self.buffer[..self.head], "Content-Length").next().map(str::parse).transpose()?;
        let body = match length {
            Some(length) => self.sized(length).await?,
            None => self.chunked().await?,
        };
        Ok((status, body))
    }

    /// The cookies that the last answer set, as the header with which they go back.
    pub(crate) fn cookies(&self) -> String {
        let set: Vec<&str> = header(&self.buffer[..self.head], "Set-Cookie")
            .map(|cookie| cookie.split_once(';').map_or(cookie, |(pair, _)| pair))
            .collect();
        if set.is_empty() { String::new() } else { format!("Cookie: {}\r\n", set.join("; ")) }
    }

    async fn more(&mut self) -> Done {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }

    async fn sized(&mut self, length: usize) -> Done<Vec<u8>> {
        while self.buffer.len() < self.head + length {
            self.more().await?;
        }
        Ok(self.buffer[self.head..self.head + length].to_vec())
    }

    /// A body in chunks, as Node sends one whose length it was not told.
    async fn chunked(&mut self) -> Done<Vec<u8>> {
        let (mut body, mut at) = (Vec::new(), self.head);
        loop {
            let Some(line) = find(&self.buffer[at..], b"\r\n") else {
                self.more().await?;
                continue;
            };
            let length = usize::from_str_radix(std::str::from_utf8(&self.buffer[at..at + line])?.trim(), 16)?;
            let begin = at + line + 2;
            while self.buffer.len() < begin + length + 2 {
                self.more().await?;
            }
            if length == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&self.buffer[begin..begin + length]);
            at = begin + length + 2;
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

/// The values of a header; none where the head is no text.
fn header<'a>(head: &'a [u8], name: &'a str) -> impl Iterator<Item = &'a str> {
    std::str::from_utf8(head).unwrap_or_default().lines().filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
