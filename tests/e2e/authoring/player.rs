//! Somebody who plays a destination for `plugin test`: a server of a few lines that hands requests on to a fake, and says
//! what that keeps.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::json;
use systemprompt_fake_fly::{Delays, FakeFly, Output as Ran, RateLimits, Settings};

/// What stands for the token in a rehearsal.
const TOKEN: &str = "{{account:api-token@1}}";
/// Where a player is asked what is kept, and told to forget it.
const KEPT: &str = "/systemprompt-test";

/// Header with the time that it is for the provider.
const NOW: &str = "systemprompt-test-now";

/// The fake, and what time it was for the provider when it last asked for something.
struct Stage {
    fly: FakeFly,
    fresh: fn() -> FakeFly,
    now_ms: Option<u64>,
}

/// Plays Fly until the tests end; the answer is where.
pub(crate) fn of_fly() -> String {
    play(fresh)
}

/// The same without delays: how often somebody asks before a thing is there depends on nothing but what is asked.
pub(crate) fn of_fly_at_once() -> String {
    play(|| started(Delays::none()))
}

/// The same where logins to managed databases work by placeholders, which are all that a rehearsal knows of passwords.
pub(crate) fn of_fly_that_manages() -> String {
    play(|| {
        let fly = fresh();
        fly.on_exec(|command| {
            let is_held = command.stdin.is_some_and(|text| text.starts_with("{{secret:db-password@"));
            let there = is_held && !command.managed.is_empty();
            let stdout = if there { "1\n".to_owned() } else { String::new() };
            Ran { exit_code: if there { 0 } else { 2 }, stdout, stderr: String::new() }
        });
        fly
    })
}

fn play(fresh: fn() -> FakeFly) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        let mut stage = Stage { fly: fresh(), fresh, now_ms: None };
        for stream in listener.incoming().flatten() {
            serve(stream, &mut stage);
        }
    });
    format!("http://{address}")
}

fn fresh() -> FakeFly {
    started(Delays::default())
}

/// The same token, no limits: how often somebody may ask is not what is tried.
fn started(delays: Delays) -> FakeFly {
    let settings = Settings { token: TOKEN.to_owned(), rate_limits: RateLimits::none(), delays, ..Settings::default() };
    FakeFly::with(settings).expect("a fake can be started")
}

/// Answers one request: the next may come from another rehearsal, and this server does one thing at a time.
fn serve(stream: TcpStream, stage: &mut Stage) {
    let mut reader = BufReader::new(stream.try_clone().expect("a connection can be cloned"));
    let mut writer = stream;
    let Some(request) = Request::read(&mut reader) else { return };
    if let (Some(before), Some(now)) = (stage.now_ms, request.now_ms) {
        stage.fly.clock().advance(Duration::from_millis(now.saturating_sub(before)));
    }
    stage.now_ms = request.now_ms.or(stage.now_ms);
    let answer = match (request.method.as_str(), request.path.as_str()) {
        ("DELETE", KEPT) => {
            *stage = Stage { fly: (stage.fresh)(), fresh: stage.fresh, now_ms: None };
            plain("204 No Content", "")
        }
        ("GET", KEPT) => plain("200 OK", &json!(kept(&stage.fly)).to_string()),
        _ => request.handed_on(&stage.fly),
    };
    // Whoever has gone does not wait for an answer.
    let _gone = writer.write_all(&answer).and_then(|()| writer.shutdown(Shutdown::Both));
}

fn plain(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

/// A line for each thing, without ids and versions: those differ when something is made a second time.
fn kept(fly: &FakeFly) -> Vec<String> {
    let inventory = fly.inventory();
    let apps = inventory.apps.iter().map(|app| format!("app {} with secrets {:?}", app.name, app.secrets));
    let machines = inventory
        .machines
        .iter()
        .map(|machine| format!("machine {} of {}, {}, {:?}", machine.name, machine.app, machine.state, machine.ports));
    let volumes = inventory.volumes.iter().map(|volume| format!("volume {} of {}", volume.name, volume.app));
    let addresses = inventory.ips.iter().map(|address| format!("a {} address of {}", address.kind, address.app));
    let clusters =
        inventory.clusters.iter().map(|cluster| format!("cluster on {}, {}", cluster.region, cluster.status));
    let apps = apps.chain(clusters);
    apps.chain(machines).chain(volumes).chain(addresses).collect()
}

struct Request {
    method: String,
    path: String,
    now_ms: Option<u64>,
    bytes: Vec<u8>,
}

impl Request {
    /// The next one; none when there is none.
    fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
        let (mut head, mut length, mut now_ms) = (String::new(), 0, None);
        let mut first = String::new();
        reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
            if name.eq_ignore_ascii_case(NOW) {
                now_ms = value.trim().parse().ok();
            }
            if line.trim().is_empty() {
                break;
            }
            if !name.eq_ignore_ascii_case("connection") {
                head.push_str(&line);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut words = first.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let bytes = [first.as_bytes(), head.as_bytes(), b"connection: close\r\n\r\n", &body].concat();
        Some(Request { method, path, now_ms, bytes })
    }

    fn handed_on(&self, fly: &FakeFly) -> Vec<u8> {
        let address = fly.url().trim_start_matches("http://").to_owned();
        let mut answer = Vec::new();
        let exchanged = TcpStream::connect(address)
            .and_then(|mut fly| fly.write_all(&self.bytes).and_then(|()| fly.read_to_end(&mut answer)));
        exchanged.expect("the fake answers");
        answer
    }
}
