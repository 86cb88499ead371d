//! What a creation at Fly asks for, and nothing else: the same requests, one after the other, on one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::Outcome;

/// A connection to a Fly.
struct Fly {
    stream: BufReader<TcpStream>,
    address: String,
    token: String,
}

/// Makes one app with a machine, a volume and addresses, as `cloud tenant create` asks for them.
pub(crate) fn create(address: &str, token: &str, app: &str) -> Outcome {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut fly = Fly { stream: BufReader::new(stream), address: address.to_owned(), token: token.to_owned() };
    let network = format!("{app}-network");
    let organisation = fly.get("/v1/tokens/current")?["tokens"][0]["org_slug"].clone();
    let below = |path: &str| format!("/v1/apps/{app}{path}");
    fly.get(&below(""))?;
    fly.post("/v1/apps?wait=true", &json!({ "name": app, "org_slug": organisation, "network": network }))?;
    fly.post(&below("/secrets"), &json!({ "values": { "POSTGRES_PASSWORD": "bare", "PGPASSWORD": "bare" } }))?;
    fly.get(&below("/volumes"))?;
    let volume = json!({ "name": "pgdata", "region": "iad", "size_gb": 10 });
    let volume = fly.post(&below("/volumes"), &volume)?["id"].clone();
    fly.get(&below("/machines"))?;
    let machine = json!({ "name": "postgres", "region": "iad", "config": {
        "image": "postgres:17", "mounts": [{ "volume": volume, "path": "/data" }],
        "env": { "POSTGRES_USER": "bare", "POSTGRES_DB": "bare" },
    } });
    let machine = fly.post(&below("/machines"), &machine)?;
    let (id, version) = (text(&machine, "id")?, text(&machine, "instance_id")?);
    fly.get(&below(&format!("/machines/{id}/wait?state=started&instance_id={version}&timeout=60")))?;
    fly.post(&below(&format!("/machines/{id}/exec")), &json!({ "command": ["true"], "timeout": 30 }))?;
    for kind in ["shared_v4", "v6"] {
        fly.get(&below("/ip_assignments"))?;
        fly.post(&below("/ip_assignments"), &json!({ "type": kind }))?;
    }
    Ok(())
}

fn text<'a>(value: &'a Value, field: &str) -> Outcome<&'a str> {
    value[field].as_str().ok_or_else(|| format!("no `{field}` in {value}").into())
}

impl Fly {
    /// What is not there is an answer, too.
    fn get(&mut self, path: &str) -> Outcome<Value> {
        self.ask("GET", path, "", 404)
    }

    fn post(&mut self, path: &str, body: &Value) -> Outcome<Value> {
        self.ask("POST", path, &body.to_string(), 201)
    }

    fn ask(&mut self, method: &str, path: &str, body: &str, also: u16) -> Outcome<Value> {
        let Self { stream, address, token } = self;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            head.push(line.to_ascii_lowercase());
        }
        let status: u16 = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().parse()?;
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut answer = vec![0; length.map_or(Ok(0), |length| length.trim().parse())?];
        stream.read_exact(&mut answer)?;
        if status != 200 && status != also {
            return Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }
}
