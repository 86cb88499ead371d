//! A real Chromium without a window, told what to do through its debugging pipe: it shows a page, clicks, types, and says
//! what it wanted to fetch.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::skip;

const PROGRAM: &str = "chromium";
/// A busy machine starts a browser in seconds; one that has said nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_mins(2);
/// The pipe is on the descriptors 3 and 4, which only a shell can give a child without unsafe code.
const START: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;
/// Nothing but the page: no window, no updates, no reports, nothing of another run.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A browser with one tab.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    pipe: ChildStdin,
    answers: Receiver<Value>,
    /// Of the tab.
    session: Value,
    /// Of an empty tab, which looks at what the other one showed.
    onlooker: Value,
    asked: u64,
    /// What it told without being asked.
    told: Vec<Value>,
    _profile: TempDir,
}

/// What a browser showed: how many pixels have which colour, by red, green and blue.
#[derive(Debug)]
pub struct Shot(HashMap<[u64; 3], u64>);

/// Counts the colours of a picture that is given as an address. A browser knows best how to read its own pictures.
const COUNT: &str = "(async (address) => {
    const picture = await createImageBitmap(await (await fetch(address)).blob());
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
    pen.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(pen.getImageData(0, 0, picture.width, picture.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel & 0xffffff, (counts.get(pixel & 0xffffff) || 0) + 1);
    return [...counts];
})";

impl Browser {
    /// Starts one. None where there is none, which is said.
    ///
    /// # Panics
    /// If there is none on a build server (`CI` is set), and if it does not start.
    pub fn start(test: &str) -> Option<Browser> {
        if let Err(why) = Command::new(PROGRAM).arg("--version").output() {
            assert!(std::env::var_os("CI").is_none(), "no Chromium on a build server: {why}");
            skip(test, &format!("`{PROGRAM}` cannot be run ({why}); run `cargo xtask setup`"));
            return None;
        }
        let profile = tempfile::tempdir().expect("a directory can be made");
        let mut command = Command::new("sh");
        command.args(["-c", START, PROGRAM]).args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
        command.env("HOME", profile.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("a shell can be started");
        let pipe = process.stdin.take().expect("BUG: it is piped");
        let output = BufReader::new(process.stdout.take().expect("BUG: it is piped"));
        let (sender, answers) = channel();
        thread::spawn(move || {
            for message in output.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("the browser speaks JSON");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let (session, onlooker) = (Value::Null, Value::Null);
        let mut browser =
            Browser { process, pipe, answers, session, onlooker, asked: 0, told: Vec::new(), _profile: profile };
        browser.open_tabs();
        Some(browser)
    }

    fn open_tabs(&mut self) {
        let mut tab = || {
            let target = self.ask("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
            self.ask("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }))["sessionId"].clone()
        };
        (self.onlooker, self.session) = (tab(), tab());
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.ask(&format!("{domain}.enable"), &json!({}));
        }
        self.resize(1280, 800);
    }

    /// Makes the window this large.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Makes it light or dark.
    pub fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Opens a file, and waits until all of it is there.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[track_caller]
    pub fn open(&mut self, file: &Path, fragment: &str) {
        // Another address than the one before in more than the fragment, or nothing would be loaded.
        self.ask("Page.navigate", &json!({ "url": "about:blank" }));
        self.told.clear();
        let path = percent(&file.display().to_string());
        let went = self.ask("Page.navigate", &json!({ "url": format!("file://{path}#{fragment}") }));
        assert!(went.get("errorText").is_none(), "{}: {went}", file.display());
        self.value(
            "new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))",
        );
    }

    /// The value of an expression in the page; a promise's, once it is kept.
    ///
    /// # Panics
    /// If it throws.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// The text of an element, as it is in the page.
    #[track_caller]
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({}).textContent", json!(selector)));
        text.as_str().unwrap_or_else(|| panic!("{selector} has no text")).to_owned()
    }

    /// Presses and lets go of a key, as `ArrowLeft`, `End` or `a`.
    pub fn press(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { json!(key) } else { Value::Null };
        let codes =
            [("End", 35), ("Home", 36), ("ArrowLeft", 37), ("ArrowUp", 38), ("ArrowRight", 39), ("ArrowDown", 40)];
        let code = codes.iter().find(|(name, _)| *name == key).map_or(0, |(_, code)| *code);
        let mut down = json!({ "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code });
        if !text.is_null() {
            down["text"] = text;
        }
        self.ask("Input.dispatchKeyEvent", &down);
        self.ask("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    /// Moves the pointer to a place of the window.
    pub fn point(&mut self, x: f64, y: f64) {
        self.ask("Input.dispatchMouseEvent", &json!({ "type": "mouseMoved", "x": x, "y": y }));
    }

    /// Clicks at a place of the window.
    pub fn click(&mut self, x: f64, y: f64) {
        for kind in ["mousePressed", "mouseReleased"] {
            let click = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", &click);
        }
    }

    /// Addresses that the page asked for since it was opened, its own among them.
    pub fn requests(&self) -> Vec<String> {
        let sent = self.told.iter().filter(|told| told["method"] == "Network.requestWillBeSent");
        sent.filter_map(|told| told["params"]["request"]["url"].as_str()).map(str::to_owned).collect()
    }

    /// What went wrong in the page since it was opened: exceptions, and what its policy forbade.
    pub fn complaints(&self) -> Vec<String> {
        let methods = ["Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening"];
        let found = self.told.iter().filter(|told| methods.iter().any(|method| told["method"] == *method));
        found.map(|told| told["params"].to_string()).collect()
    }

    /// What the window shows.
    ///
    /// # Panics
    /// If it is no picture.
    #[track_caller]
    pub fn shot(&mut self) -> Shot {
        let png = self.ask("Page.captureScreenshot", &json!({ "format": "png" }))["data"].clone();
        let address = format!("data:image/png;base64,{}", png.as_str().expect("a screenshot is text"));
        let asked = json!({ "expression": format!("{COUNT}({})", json!(address)), "awaitPromise": true, "returnByValue": true });
        let counted = self.ask_in(&self.onlooker.clone(), "Runtime.evaluate", &asked);
        let counts = counted["result"]["value"].as_array().unwrap_or_else(|| panic!("no picture: {counted}"));
        let colour = |pixel: u64| [pixel & 0xff, (pixel >> 8) & 0xff, (pixel >> 16) & 0xff];
        let counts = counts.iter().filter_map(|count| Some((colour(count[0].as_u64()?), count[1].as_u64()?)));
        Shot(counts.collect())
    }

    #[track_caller]
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.ask_in(&self.session.clone(), method, params)
    }

    /// Asks a tab, or the browser itself where there is none.
    #[track_caller]
    fn ask_in(&mut self, session: &Value, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": params });
        if !session.is_null() {
            message["sessionId"] = session.clone();
        }
        self.pipe.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let mut answer = answer.unwrap_or_else(|_| panic!("the browser did not answer `{method}`"));
            if answer["id"] == self.asked {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.told.push(answer);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _nothing_to_wait_for = self.process.wait();
    }
}

impl Shot {
    /// How many pixels have this colour.
    pub fn count(&self, colour: [u64; 3]) -> u64 {
        self.0.get(&colour).copied().unwrap_or_default()
    }

    /// How many colours there are.
    pub fn colours(&self) -> usize {
        self.0.len()
    }

    /// How many pixels there are.
    pub fn pixels(&self) -> u64 {
        self.0.values().sum()
    }
}

/// A path as part of an address.
fn percent(path: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
