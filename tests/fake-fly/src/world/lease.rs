//! Leases: who alone may change a machine for a while.

use serde_json::{Value, json};

use super::machine::Machine;
use crate::clock::Moment;
use crate::problem::Problem;

#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) nonce: String,
    pub(crate) owner: String,
    pub(crate) description: String,
    pub(crate) expires_at: Moment,
}

impl Machine {
    /// The lease that is held now.
    pub(crate) fn lease(&self, now: Moment) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| now < lease.expires_at)
    }

    /// Whether whoever has this nonce may change the machine.
    pub(crate) fn lease_allows(&self, nonce: Option<&str>, now: Moment) -> Result<(), Problem> {
        match self.lease(now) {
            Some(lease) if nonce != Some(&lease.nonce) => {
                Err(Problem::new(409, format!("failed_precondition: {}", self.held(lease))))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// That somebody holds it, in words.
    pub(crate) fn held(&self, lease: &Lease) -> String {
        let until = lease.expires_at.to_rfc3339();
        format!("machine ID {} lease currently held by {}, expires at {until}", self.id, lease.owner)
    }

    /// As `Lease` of the document, in its envelope.
    pub(crate) fn lease_view(&self, lease: &Lease) -> Value {
        json!({ "status": "success", "data": {
            "nonce": lease.nonce, "expires_at": lease.expires_at.timestamp(), "owner": lease.owner,
            "description": lease.description, "version": self.version,
        }})
    }
}
