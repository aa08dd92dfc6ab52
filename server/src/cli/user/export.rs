//! All users of a project as a file.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::base::Error;
use countersign_domain::signin::export;
use indicatif::ProgressBar;
use serde_json::json;

use super::super::Global;
use super::super::file::Aside;
use super::super::open::Store;
use super::super::out::{self, Done, Problem};
use super::super::project::{counted_as, get, said};
use super::format::own;

/// Where the lines go, and what was counted on the way.
struct Out {
    to: To,
    users: u64,
    with_codes: u64,
    failed: Option<io::Error>,
}

enum To {
    File(Aside),
    Standard(io::BufWriter<io::Stdout>),
}

impl Out {
    fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        let written = match &mut self.to {
            To::File(file) => file.write_all(line),
            To::Standard(out) => out.write_all(line),
        };
        written.map_err(|error| {
            self.failed = Some(error);
            Error::internal("the output cannot be written")
        })
    }
}

pub(super) async fn run(global: &Global, project: &str, path: &Path) -> Done {
    let store = Store::open(global).await?;
    get(&store, project).await?;
    let ctx = store.ctx(project);
    let unwritable = |error: io::Error| Problem::new(format!("{} cannot be written: {error}", path.display()));
    let standard = path == Path::new("-");
    let to = if standard {
        if io::stdout().is_terminal() {
            warn(
                "hashes of passwords and secrets of apps go to this terminal; --out FILE writes them to a private file",
            );
        }
        To::Standard(io::BufWriter::new(io::stdout()))
    } else {
        To::File(Aside::create(path).map_err(unwritable)?)
    };
    let out = Arc::new(Mutex::new(Some(Out { to, users: 0, with_codes: 0, failed: None })));
    let bar = if global.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_message("users written");
    let exported = store.db.read({
        let (out, bar) = (Arc::clone(&out), bar.clone());
        move |tx| {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            let out = out.as_mut().ok_or_else(|| Error::internal("the output is gone"))?;
            let mut line = own::header(ctx.now).into_bytes();
            line.push(b'\n');
            out.write(&line)?;
            export::each(tx, &ctx, |user| {
                line.clear();
                own::line(&mut line, &user)?;
                out.write(&line)?;
                out.users += 1;
                out.with_codes += u64::from(user.recovery_codes);
                if out.users.is_multiple_of(512) {
                    bar.set_position(out.users);
                    bar.set_message(format!("{} users written", out.users));
                }
                Ok(())
            })
        }
    });
    let exported = exported.await;
    bar.finish_and_clear();
    // The database's thread may hold its part of it a little longer.
    let out = out.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Out { to, users, with_codes, failed } = out.ok_or_else(|| Problem::new("the export did not end"))?;
    match failed {
        // Whoever read the output has seen enough.
        Some(error) if standard && error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        Some(error) => return Err(unwritable(error)),
        None => exported.map_err(|error| said(&error, project))?,
    }
    match to {
        To::File(file) => file.finish().map_err(unwritable)?,
        To::Standard(mut out) => return out.flush().map_err(unwritable),
    }
    if global.json {
        return out::json(&json!({ "users": users, "withRecoveryCodes": with_codes, "file": path }));
    }
    out::text(&format!(
        "{} of project {project} in {}, for its owner only.",
        counted_as(users as i64, "user"),
        path.display()
    ))?;
    if with_codes > 0 {
        out::text(&format!(
            "Recovery codes cannot move, for only keyed hashes of them are kept: {} must make new ones.",
            counted_as(with_codes as i64, "user")
        ))?;
    }
    Ok(())
}

fn warn(text: &str) {
    // There is nobody left to warn when standard error is closed.
    drop(writeln!(io::stderr().lock(), "warning: {text}"));
}
