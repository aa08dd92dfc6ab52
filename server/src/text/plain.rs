//! Plain text of HTML, for those who read mail without it.

/// What stands between these tags is not for reading.
const UNREAD: [&str; 4] = ["head", "style", "script", "title"];
/// Tags before and behind which a line ends.
const BLOCKS: [&str; 22] = [
    "address",
    "article",
    "blockquote",
    "br",
    "div",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "p",
    "section",
    "table",
    "tr",
    "ul",
    "ol",
];

/// The words of `html`, with the address of each link on a line of its own.
pub(super) fn of_html(html: &str) -> String {
    let mut out = Lines::default();
    let mut links: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some((words, after)) = rest.split_once('<') {
        out.words(words);
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let (tag, after) = split_tag(after);
        rest = after;
        let is_end = tag.starts_with('/');
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
        let name = name.to_ascii_lowercase();
        if UNREAD.contains(&name.as_str()) && !is_end {
            rest = behind_end(rest, &name);
        } else if name == "a" && !is_end {
            links.push(attribute(tag, "href").unwrap_or_default());
        } else if name == "a" {
            if let Some(link) = links.pop().filter(|link| link.starts_with("http")) {
                out.link(&link);
            }
        } else if name == "img" {
            out.words(&attribute(tag, "alt").unwrap_or_default());
        } else if BLOCKS.contains(&name.as_str()) {
            out.end_line();
        } else if matches!(name.as_str(), "td" | "th") {
            out.words(" ");
        }
    }
    out.words(rest);
    out.done()
}

/// A tag without its brackets, and what comes behind it. A bracket in a quoted value does not end it.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return (&text[..at], &text[at + 1..]),
            Some(_) | None => {}
        }
    }
    (text, "")
}

/// What comes behind the end tag of `name`, or nothing.
fn behind_end<'a>(text: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    let at = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| text.get(*at..*at + end.len()).is_some_and(|there| there.eq_ignore_ascii_case(&end)));
    at.map_or("", |at| split_tag(&text[at + 1..]).1)
}

/// The value of an attribute in quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let (at, _) = lower.match_indices(name).find(|(at, _)| {
        let before = lower[..*at].chars().next_back();
        before.is_some_and(char::is_whitespace) && lower[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(value, _)| decoded(value))
}

/// Lines that are being made.
#[derive(Default)]
struct Lines {
    all: Vec<String>,
    line: String,
}

impl Lines {
    /// Adds words; every kind of space is one space.
    fn words(&mut self, words: &str) {
        for c in decoded(words).chars() {
            if !c.is_whitespace() {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.all.push(line.trim_end().to_owned());
    }

    fn link(&mut self, link: &str) {
        // One that is shown as it is need not be told twice.
        if self.line.trim_end() != link {
            self.end_line();
            self.line.push_str(link);
        }
        self.end_line();
    }

    /// No line but the last is empty twice.
    fn done(mut self) -> String {
        self.end_line();
        let mut text = String::new();
        for line in self.all {
            if !line.is_empty() || !(text.is_empty() || text.ends_with("\n\n")) {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text.trim_end().to_owned() + "\n"
    }
}

/// `text` with its character references replaced: those that people write, and all numbers.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        if let Some((c, behind)) = reference.and_then(|(name, behind)| character(name).map(|c| (c, behind))) {
            out.push(c);
            rest = behind;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "laquo" => '«',
        "raquo" => '»',
        "middot" => '·',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lines_and_spaces_are_one() {
        let html = "<h1>Hello,\n  Anna</h1><p>One<br/>Two</p><table><tr><td>a</td><td>b</td></tr></table>";
        assert_eq!(of_html(html), "Hello, Anna\n\nOne\nTwo\n\na b\n");
        assert_eq!(of_html("plain"), "plain\n");
        assert_eq!(of_html(""), "\n");
    }

    #[test]
    fn what_is_not_for_reading_is_left_out() {
        let html =
            "<head><title>T</title><style>p{color:red}</style></head><!-- <p>no</p> --><STYLE>x</STYLE ><p>yes</p>";
        assert_eq!(of_html(html), "yes\n");
        assert_eq!(of_html("<style>never closed"), "\n");
        assert_eq!(of_html("a<!-- never closed"), "a\n");
        assert_eq!(of_html("a <b"), "a\n");
    }

    #[test]
    fn a_link_is_told_on_a_line_of_its_own_and_once() {
        let html = r#"<p>Please <a class="x" href='https://a.example/?b=1&amp;c=2'>follow <b>this</b></a> now.</p>"#;
        assert_eq!(of_html(html), "Please follow this\nhttps://a.example/?b=1&c=2\nnow.\n");
        assert_eq!(of_html(r#"<p><a href="https://a.example/x">https://a.example/x</a></p>"#), "https://a.example/x\n");
        assert_eq!(of_html(r#"<a href="mailto:x@example.com">write</a><a>none</a>"#), "writenone\n");
        assert_eq!(
            of_html(r#"<a data-href="https://no.example" title="a > b" href="https://a.example">x</a>"#),
            "x\nhttps://a.example\n"
        );
    }

    #[test]
    fn references_are_replaced_and_what_is_none_stays() {
        assert_eq!(
            of_html("a&nbsp;&lt;b&gt; &amp;amp; &#39;&#x41;&#xfffffff; &unknown; & &"),
            "a <b> &amp; 'A&#xfffffff; &unknown; & &\n"
        );
        assert_eq!(of_html(r#"<img src="x" alt="Acme &amp; Co">"#), "Acme & Co\n");
    }
}
