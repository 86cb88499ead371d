//! A plugin's destinations themselves, asked with the author's own account, while that is recorded.
//!
//! A rehearsal has placeholders where the program has secrets. Here they are filled in as the program does it, and whatever
//! comes back is freed of them, so that neither the provider nor a cassette gets to see one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use systemprompt_events::template::{SecretRef, SecretScope, fill};
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::testing::Service;
use tokio::runtime::Runtime;
use url::Url;
use zeroize::Zeroizing;

use super::service::failure;
use crate::account::Account;
use crate::backend::http::{self, Connection, Exchange, Origin};
use crate::error::{CliError, Exit};

/// What stands for a secret that came back, as in the program.
const HIDDEN: &str = "***";
/// A shorter part of a secret is a word.
const PART_BYTES_MIN: usize = 12;
/// Longer than any provider sleeps at once.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// Of a password that a tenant is given while this is recorded.
const PASSWORD_BYTES: usize = 16;

/// A way to the destinations.
#[derive(Clone)]
pub struct Live(Rc<RefCell<Way>>);

struct Way {
    account: Arc<Account>,
    passwords: BTreeMap<SecretRef, Zeroizing<String>>,
    connections: BTreeMap<Origin, Connection>,
    runtime: Runtime,
    /// What time it was for the provider at the last request, and when that was.
    last: Option<(u64, Instant)>,
}

impl Live {
    /// With this account.
    pub fn with(account: Arc<Account>) -> Result<Live, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            CliError::new(Exit::Failed, "rehearsal-broken-off", "no request can be sent from here").because(&error)
        })?;
        let (passwords, connections, last) = (BTreeMap::new(), BTreeMap::new(), None);
        Ok(Live(Rc::new(RefCell::new(Way { account, passwords, connections, runtime, last }))))
    }

    /// Everything that nobody may read in a cassette.
    pub fn secrets(&self) -> Vec<Zeroizing<String>> {
        self.0.borrow().secrets()
    }
}

impl Way {
    fn secrets(&self) -> Vec<Zeroizing<String>> {
        let whole = self.account.secret.values().chain(self.passwords.values());
        let parts =
            whole.clone().flat_map(|secret| secret.split([' ', ',']).map(|part| Zeroizing::new(part.to_owned())));
        let long = parts.filter(|part| part.len() >= PART_BYTES_MIN);
        let mut all: Vec<Zeroizing<String>> = whole.cloned().chain(long).collect();
        all.extend(all.clone().iter().map(|secret| Zeroizing::new(crate::secrets::in_json(secret))));
        all.retain(|secret| secret.len() >= 4);
        // The longer ones first: one may be part of another.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        all
    }

    fn filled(&mut self, template: &str, written: fn(&str) -> String) -> Result<Zeroizing<String>, Failure> {
        let Way { account, passwords, .. } = self;
        let filled = fill(template, |secret| match secret.scope {
            SecretScope::Account => account.value(&secret.name, secret.version).map(|value| written(&value)),
            SecretScope::Tenant => Some(passwords.entry(secret.clone()).or_insert_with(password).to_string()),
            // What this machine's servers are administered with does not leave it.
            SecretScope::Machine => None,
        });
        let filled = filled.map_err(|error| Failure::refused("bad-template", error.to_string()))?;
        filled
            .map(Zeroizing::new)
            .ok_or_else(|| Failure::refused("unknown-secret", "a placeholder cannot be filled in"))
    }

    fn send(&mut self, request: &Request) -> Result<Response, Failure> {
        let bad = |code: &str, what: &str| Failure::refused(code, format!("{what} cannot be asked for"));
        let (method, _) = http::method(&request.method).ok_or_else(|| bad("http-method", "such a method"))?;
        let url: Url = request.url.parse().map_err(|_| bad("http-url", "such a URL"))?;
        let origin = Origin::of(&url).ok_or_else(|| bad("http-url", "such a URL"))?;
        let (origin, reach) = self.account.route(&origin);
        let url = origin.with_path_of(&url).ok_or_else(|| bad("http-url", "such a URL"))?;
        let mut headers = Vec::with_capacity(request.headers.len());
        for (name, template) in &request.headers {
            headers.push((name.clone(), http::own_scheme(name, self.filled(template, ToOwned::to_owned)?)));
        }
        let body = request.body.as_deref().map(|body| self.filled(body, crate::secrets::in_json)).transpose()?;
        let connection = match self.connections.get(&origin) {
            Some(open) => open.clone(),
            None => self.runtime.block_on(Connection::open(&origin, reach)).map_err(failure)?,
        };
        self.connections.insert(origin, connection.clone());
        let timeout = Duration::from_millis(request.timeout_ms.into());
        let answer = self.runtime.block_on(connection.send(Exchange { url, method, headers, body, timeout }));
        let answer = answer.map_err(failure)?;
        let secrets = self.secrets();
        let without = |text: String| secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), HIDDEN));
        let headers = answer.headers.into_iter().map(|(name, value)| (name, without(value))).collect();
        Ok(Response { status: answer.status, headers, body: without(answer.body), ext: None })
    }

    /// A provider that waits does so: what it waits for is real.
    fn wait_until(&mut self, now_ms: u64) {
        if let Some((before, asked)) = self.last {
            let wanted = Duration::from_millis(now_ms.saturating_sub(before)).min(WAIT_MAX);
            std::thread::sleep(wanted.saturating_sub(asked.elapsed()));
        }
        self.last = Some((now_ms, Instant::now()));
    }
}

fn password() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0_u8; PASSWORD_BYTES]);
    getrandom::fill(bytes.as_mut()).expect("BUG: an operating system has randomness");
    Zeroizing::new(hex::encode(bytes.as_ref()))
}

impl Service for Live {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        self.0.borrow_mut().send(request)
    }

    fn time_passes(&mut self, now_ms: u64) {
        self.0.borrow_mut().wait_until(now_ms);
    }
}
