//! How far long work is, for people who look on.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Global;

/// A bar up to `length`, or a count where that is not known. Hidden from machines: with `--json`, and where standard error
/// is no terminal.
pub(super) fn bar(global: &Global, what: &'static str, length: Option<u64>) -> ProgressBar {
    if global.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{msg} [{bar:40}] {bytes} of {total_bytes}, {eta} left"),
        None => (ProgressBar::no_length(), "{msg} {spinner} {human_pos} rows, {elapsed}"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr());
    // A template that cannot be read leaves the usual one.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
