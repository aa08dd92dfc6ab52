//! A project's own SMS templates: minijinja with variables and `if`, nothing that can loop, grow or call.

use std::io;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior, context};

use super::TextError;

/// The longest template in characters.
pub(super) const MAX_TEMPLATE: usize = 500;
/// The longest text in characters, without the origin line.
pub(super) const MAX_TEXT: usize = 1000;
/// Instructions per text. The longest sensible template needs some hundreds.
const FUEL: u64 = 5_000;
const VARIABLES: [&str; 4] = ["code", "secret", "brand", "project"];
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];

/// Made for each template, for it borrows from it; an empty one costs next to nothing.
fn engine<'a>() -> Environment<'a> {
    // Empty: no function, filter or test that could be costly.
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(50);
    engine.set_debug(false);
    engine
}

/// Refuses a template that could fail or mislead when an SMS is made from it. Called when settings are saved.
pub fn check_override(template: &str) -> Result<(), TextError> {
    let engine = engine();
    let parsed = parse(&engine, template)?;
    let unknown = parsed.undeclared_variables(false).into_iter().filter(|name| !VARIABLES.contains(&name.as_str()));
    if let Some(name) = unknown.min() {
        return Err(TextError::UnknownVariable(name));
    }
    // Codes of every length, so that a text that is only right for one of them is refused here and not at night.
    for code in ["739152", "73915286", "7391528604"] {
        render(template, code, "Countersign")?;
    }
    Ok(())
}

/// The text of a template, checked like one that is new: settings may be older than the checks.
pub(super) fn render(template: &str, code: &str, brand: &str) -> Result<String, TextError> {
    let engine = engine();
    let text = run(&parse(&engine, template)?, code, brand)?.replace("\r\n", "\n");
    let text = text.trim();
    if text.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(TextError::ControlCharacter);
    }
    if text.lines().any(|line| line.trim_start().starts_with('@') && line.contains('#')) {
        return Err(TextError::OriginLine);
    }
    if !has_code(text, code) {
        return Err(TextError::NoCode);
    }
    Ok(text.to_owned())
}

fn parse<'e, 'a>(engine: &'e Environment<'a>, template: &'a str) -> Result<Template<'e, 'a>, TextError> {
    if template.chars().count() > MAX_TEMPLATE {
        return Err(TextError::TemplateTooLong);
    }
    allowed(template)?;
    // Nothing was rendered yet, so the message cannot have a code in it.
    engine.template_from_str(template).map_err(|error| TextError::Template(error.to_string()))
}

/// Refuses what fuel does not meter: one multiplication can make a hundred megabytes, and `set` doubles a text at every
/// use. With neither braces nor backslashes in strings, this sees the same tags as minijinja.
pub(super) fn allowed(template: &str) -> Result<(), TextError> {
    let refuse = |what: &str| Err(TextError::NotAllowed(what.chars().take(40).collect()));
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('{') {
        rest = match after.chars().next() {
            Some('{' | '%') => &after[1..],
            Some('#') => return refuse("comments"),
            _ => {
                rest = after;
                continue;
            }
        };
        let statement = after.starts_with('%');
        let (inside, after) = rest.split_once('}').unwrap_or((rest, ""));
        let inside = if statement { inside.strip_suffix('%').unwrap_or(inside) } else { inside };
        if let Some(c) = inside.chars().find(|c| !(c.is_alphanumeric() || " \n\t\r_-=!<>.,'\"".contains(*c))) {
            return refuse(&format!("`{c}` between braces"));
        }
        if is_open(inside) {
            return refuse("a brace in a string");
        }
        if statement {
            let word = inside.trim_start_matches(|c: char| c == '-' || c.is_whitespace());
            let word = word.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            if !STATEMENTS.contains(&word) {
                return refuse(&format!("`{word}`"));
            }
        }
        rest = after;
    }
    Ok(())
}

/// Whether a string begins in `inside` and does not end there.
fn is_open(inside: &str) -> bool {
    inside
        .chars()
        .fold(None, |open, c| match open {
            None if matches!(c, '"' | '\'') => Some(c),
            Some(quote) if quote == c => None,
            _ => open,
        })
        .is_some()
}

fn run(template: &Template<'_, '_>, code: &str, brand: &str) -> Result<String, TextError> {
    let values: Value = context! { code => code, secret => code, brand => brand, project => brand };
    let mut out = Capped(Vec::new());
    match template.render_captured_to(values, &mut out) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::WriteFailure => return Err(TextError::TooLong),
        Err(error) => return Err(TextError::Template(describe(&error))),
    }
    // It only ever gets whole strings, so nothing is lost here.
    let text = String::from_utf8_lossy(&out.0).into_owned();
    if text.chars().count() > MAX_TEXT { Err(TextError::TooLong) } else { Ok(text) }
}

/// What went wrong and where, without the detail, which could quote the code.
pub(super) fn describe(error: &Error) -> String {
    error.line().map_or_else(|| error.kind().to_string(), |line| format!("{} in line {line}", error.kind()))
}

/// Whether the code stands in the text, without another digit at its side.
pub(super) fn has_code(text: &str, code: &str) -> bool {
    !code.is_empty()
        && text.match_indices(code).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + code.len()..].chars().next();
            !before.is_some_and(char::is_numeric) && !after.is_some_and(char::is_numeric)
        })
}

/// Takes what a text can have at most, and refuses the rest while it is being made.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT * 4 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_unchecked(template: &str) -> Result<String, TextError> {
        run(&engine().template_from_str(template).expect("parses"), "739152", "Acme")
    }

    #[test]
    fn fuel_stops_a_loop_even_if_the_grammar_would_let_it_pass() {
        let open = format!("{{% for x in '{}' %}}", "x".repeat(40)).repeat(8);
        let error = run_unchecked(&format!("{open}{}", "{% endfor %}".repeat(8))).expect_err("out of fuel");
        assert_eq!(error, TextError::Template("engine ran out of fuel in line 1".into()));
    }

    #[test]
    fn recursion_without_end_is_stopped() {
        run_unchecked("{% for x in 'a' recursive %}{{ loop('a') }}{% endfor %}").expect_err("too deep");
    }

    #[test]
    fn a_huge_text_is_refused_while_it_is_made() {
        assert_eq!(run_unchecked("{{ 'x' * 5000 }}"), Err(TextError::TooLong));
        assert_eq!(run_unchecked("{{ 'x' * 1001 }}"), Err(TextError::TooLong));
        assert_eq!(run_unchecked("{{ '語' * 1000 }}").map(|text| text.chars().count()), Ok(1000));
    }
}
