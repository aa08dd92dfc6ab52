//! The lines of README.md do what it says.

use std::process::Command;

use countersign_domain::db::Kind;

use crate::server::Server;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_curl_lines_sign_a_number_in() {
    let server = Server::start(Kind::Sqlite);
    let url = server.facts["url"].as_str().unwrap().to_owned();
    let section = README.split("## Sign in with curl").nth(1).unwrap();
    let lines = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(lines.lines().count(), 5);
    let folder = tempfile::tempdir().unwrap();
    let script = format!("set -e\n{}", lines.replace("http://127.0.0.1:8080", &url));
    let run = Command::new("bash").arg("-c").arg(script).current_dir(folder.path()).output().unwrap();
    let shown = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{shown}{}", String::from_utf8_lossy(&run.stderr));
    let account = shown.rsplit_once("\"registration\"").unwrap().1;
    assert!(
        account.contains("\"phone\":\"+14255550123\"") && account.contains("\"phoneVerification\":true"),
        "{shown}"
    );
}
