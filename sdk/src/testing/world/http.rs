//! What answers at a destination: as a test says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::{Owner, World};
use crate::Failure;
use crate::http::{Request, Response};

/// Something that answers requests. A closure is one that keeps nothing.
pub trait Service {
    /// The answer to a request. A failure `http-timeout` takes as long as the request may.
    fn answer(&mut self, request: &Request) -> Result<Response, Failure>;

    /// It is this time now, in milliseconds since 1970, as the provider sees it: that waits without any real time passing.
    fn time_passes(&mut self, now_ms: u64) {
        let _ = now_ms;
    }

    /// What it keeps for tenants, a line each.
    fn kept(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<F: FnMut(&Request) -> Result<Response, Failure>> Service for F {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        self(request)
    }
}

/// The services that there are, by scheme, host and port.
#[derive(Clone, Default)]
pub(super) struct Services(BTreeMap<String, Rc<RefCell<dyn Service>>>);

impl fmt::Debug for Services {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Services {
    pub(super) fn objects(&self) -> Vec<(Owner, String)> {
        let kept = self.0.values().flat_map(|service| service.borrow().kept());
        kept.map(|line| (Owner::Tenant(String::new()), line)).collect()
    }
}

impl World {
    /// Lets something answer at a destination, such as `https://api.example.com`; elsewhere nobody does.
    pub fn serve(&mut self, destination: &str, service: impl Service + 'static) {
        self.services.0.insert(destination.to_owned(), Rc::new(RefCell::new(service)));
    }

    pub(in crate::testing) fn exchange(&mut self, request: &Request) -> Result<Response, Failure> {
        let destination = destination(&request.url).unwrap_or_default();
        if let Some(service) = self.services.0.get(destination).map(Rc::clone) {
            let mut service = service.borrow_mut();
            service.time_passes(self.now_ms);
            let answer = service.answer(request);
            if answer.as_ref().is_err_and(|failure| failure.code() == "http-timeout") {
                self.now_ms = self.now_ms.saturating_add(request.timeout_ms.into());
            }
            drop(service);
            return answer.and_then(|answer| self.captured(request, answer));
        }
        self.beyond.insert(format!("requests to `{destination}`"));
        let message = format!("`{destination}` is no destination of this provider");
        Err(Failure::refused("destination-not-granted", message))
    }
}

/// Scheme, host and port of a URL.
fn destination(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some(&url[..scheme.len() + "://".len() + host])
}
