//! Prism as a proxy before a Fly, with what it says of each request and answer.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use serde_json::{Map, Value, json};
use systemprompt_fake_fly::FakeFly;
use systemprompt_tests::skip;

use crate::cloud::ask_at;

/// Where Fly's documents lie: beside the repository, for they are not ours to give away.
fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data")
}

/// A referee that runs. What goes by it is refused where the document does not have it.
pub(super) struct Prism {
    server: Child,
    address: String,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Prism {
    /// Between whoever asks for its URL and this Fly. None where the machine has no Prism or no documents, which is said.
    pub(super) fn before(
        test: &str,
        fly: &FakeFly,
        directory: &Path,
        name: &str,
        amend: impl Fn(&mut Value),
    ) -> Option<Prism> {
        let Ok(published) = fs::read_to_string(documents().join(name)) else {
            skip(test, "Fly's documents are not beside the repository");
            return None;
        };
        let Some(program) = std::env::var_os("SYSTEMPROMPT_TEST_PRISM") else {
            assert!(std::env::var_os("CI").is_none(), "SYSTEMPROMPT_TEST_PRISM names no Prism on a build server");
            skip(test, "there is no Prism; run `cargo xtask test`, which gets one");
            return None;
        };
        let mut document: Value = serde_json::from_str(&published).expect("a document is JSON");
        amend(&mut document);
        let file = directory.join(name);
        fs::write(&file, below_v1(document).to_string()).expect("a file can be written");
        let mut command = Command::new(program);
        command.args(["proxy", "--errors", "-h", "127.0.0.1", "-p", "0"]).arg(&file).arg(fly.url());
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let output = BufReader::new(server.stdout.take().expect("it is piped"));
        let (say, lines) = mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let address = lines.iter().find_map(|line| {
            line.split_once("Prism is listening on http://").map(|(_, address)| address.trim().to_owned())
        });
        Some(Prism { server, address: address.expect("it says where it listens"), lines, said: Vec::new() })
    }

    /// What stands for Fly's address.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks for something by way of it; answers with the status.
    pub(super) fn ask(&self, token: &str, method: &str, path: &str, body: &str) -> u16 {
        ask_at(&self.address, token, method, path, body)
    }

    /// How many requests it was asked for.
    pub(super) fn requests(&mut self) -> usize {
        self.hear().iter().filter(|line| line.contains("Request received")).count()
    }

    /// What it found, each with the request.
    pub(super) fn violations(&mut self) -> Vec<String> {
        let (mut found, mut about) = (Vec::new(), String::new());
        for line in self.hear() {
            if let Some((request, _)) = line.split_once("Request received") {
                request.rsplit("[HTTP SERVER]").next().unwrap_or_default().clone_into(&mut about);
            } else if line.contains("Violation:") || line.contains("Request terminated with error") {
                found.push(format!("{}: {line}", about.trim()));
            }
        }
        found
    }

    /// All that it said so far: it has said everything of a request before it says that the next one came.
    fn hear(&mut self) -> &[String] {
        let _sentinel = ask_at(&self.address, "", "GET", SENTINEL, "");
        let is_sentinel = |line: &String| line.contains(SENTINEL) && line.contains("Request received");
        for line in &self.lines {
            if is_sentinel(&line) {
                break;
            }
            self.said.push(line);
        }
        // That it has no such path, it says afterwards.
        self.said.retain(|line| !line.contains(SENTINEL));
        &self.said
    }
}

/// What no document has.
const SENTINEL: &str = "/nothing-is-here";

impl Drop for Prism {
    fn drop(&mut self) {
        self.server.kill().expect("it is ours");
        self.server.wait().expect("a child can be waited for");
    }
}

/// The same document as it is seen by whoever sends `/v1` in the path, and not in the server's address.
fn below_v1(mut document: Value) -> Value {
    let paths = document["paths"].as_object().expect("a document has paths");
    let paths: Map<_, _> = paths.iter().map(|(path, calls)| (format!("/v1{path}"), calls.clone())).collect();
    document["paths"] = paths.into();
    document["servers"] = json!([{ "url": "/" }]);
    document
}
