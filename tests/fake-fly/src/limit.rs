//! Rate limits: a bucket for each action on each machine or app.

use std::collections::HashMap;

use crate::clock::Moment;
use crate::fault::RetryAfter;

/// How often a client may ask, in the fake's time.
///
/// Source: <https://fly.io/docs/machines/api/working-with-machines-api/#rate-limits>
#[derive(Debug, Clone, PartialEq)]
pub struct RateLimits {
    /// For each action on one machine, or else on one app or cluster.
    pub action: Rate,
    /// For reading one machine.
    pub get_machine: Rate,
    /// For deleting apps, in one organisation.
    pub app_deletion: Rate,
    /// What an answer with 429 says about when to come back.
    pub retry_after: RetryAfter,
}

/// A bucket that fills steadily.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests a second.
    pub per_second: f64,
    /// So many at once.
    pub burst: f64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            action: Rate { per_second: 1.0, burst: 3.0 },
            get_machine: Rate { per_second: 5.0, burst: 10.0 },
            app_deletion: Rate { per_second: 100.0 / 60.0, burst: 100.0 },
            retry_after: RetryAfter::Absent,
        }
    }
}

impl RateLimits {
    /// No request is ever too many.
    pub fn none() -> Self {
        let free = Rate { per_second: f64::INFINITY, burst: f64::INFINITY };
        Self { action: free, get_machine: free, app_deletion: free, retry_after: RetryAfter::Absent }
    }

    /// The bucket that a call takes from, and how it fills. A call that names neither app, machine nor cluster is free.
    fn bucket(&self, action: Action<'_>) -> Option<(String, Rate)> {
        let Action { name, scope, org } = action;
        let scope = scope?;
        Some(match name {
            "GET /v1/apps/{app}/machines/{machine}" => (format!("{name} {scope}"), self.get_machine),
            "DELETE /v1/apps/{app}" => (format!("{name} {org}"), self.app_deletion),
            _ => (format!("{name} {scope}"), self.action),
        })
    }
}

/// What is limited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action<'a> {
    /// Method and path as in the table of routes.
    pub(crate) name: &'a str,
    /// The machine, app or cluster that it is about.
    pub(crate) scope: Option<&'a str>,
    pub(crate) org: &'a str,
}

/// How full each bucket is.
#[derive(Debug, Default)]
pub(crate) struct Buckets(HashMap<String, (f64, Moment)>);

impl Buckets {
    /// Takes one, if there is one left.
    pub(crate) fn take(&mut self, limits: &RateLimits, action: Action<'_>, now: Moment) -> bool {
        let Some((key, rate)) = limits.bucket(action) else { return true };
        if rate.burst.is_infinite() {
            return true;
        }
        let (level, at) = self.0.entry(key).or_insert((rate.burst, now));
        let passed = (now - *at).to_std().unwrap_or_default().as_secs_f64();
        *level = (*level + passed * rate.per_second).min(rate.burst);
        *at = now;
        let allowed = *level >= 1.0;
        if allowed {
            *level -= 1.0;
        }
        allowed
    }
}
