//! How long things take that Fly does behind the answer.

use std::time::Duration;

/// Each is in the fake's time (see [`Clock`](crate::Clock)). The default is small, so that a test waits for little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delays {
    /// Until an app that was created without `wait=true` is seen, and takes machines.
    pub app_propagation: Duration,
    /// Until an app that is deleted has gone, with all that it has.
    pub app_deletion: Duration,
    /// How long the name of an app stays taken after that.
    pub app_name_kept: Duration,
    /// Until a machine that was created is found by its id.
    pub machine_visible: Duration,
    /// Until a machine that was created is in lists of machines.
    pub machine_listed: Duration,
    /// From `created` to `starting`.
    pub machine_placed: Duration,
    /// From `starting` to `started`.
    pub machine_start: Duration,
    /// From `stopping` to `stopped`, and from `suspending` to `suspended`.
    pub machine_stop: Duration,
    /// How long a machine that is `stopped` still refuses to start.
    pub machine_still_active: Duration,
    /// From `replacing` to the new version.
    pub machine_replace: Duration,
    /// From `destroying` to `destroyed`.
    pub machine_destroy: Duration,
    /// How long a machine that is `destroyed` is still found by its id.
    pub machine_remembered: Duration,
    /// From `pending_destroy` until a volume is gone.
    pub volume_destroy: Duration,
    /// Until a snapshot is `created`.
    pub snapshot: Duration,
    /// From `creating` to `initializing`, and from there to `ready`, of a managed cluster.
    pub managed_step: Duration,
    /// Until a managed cluster that was created is in lists of clusters.
    pub managed_listed: Duration,
    /// From `deleting` to `deleted` of a managed cluster.
    pub managed_deletion: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        let short = Duration::from_millis(20);
        Self {
            app_propagation: short,
            app_deletion: short,
            app_name_kept: Duration::ZERO,
            machine_visible: Duration::ZERO,
            machine_listed: Duration::ZERO,
            machine_placed: Duration::from_millis(5),
            machine_start: short,
            machine_stop: short,
            machine_still_active: Duration::ZERO,
            machine_replace: short,
            machine_destroy: short,
            machine_remembered: Duration::from_mins(1),
            volume_destroy: short,
            snapshot: short,
            managed_step: short,
            managed_listed: Duration::ZERO,
            managed_deletion: short,
        }
    }
}

impl Delays {
    /// All at once, so that what is answered is the same however fast time passes.
    pub fn none() -> Self {
        let none = Duration::ZERO;
        Self {
            app_propagation: none,
            app_deletion: none,
            machine_placed: none,
            machine_start: none,
            machine_stop: none,
            machine_replace: none,
            machine_destroy: none,
            volume_destroy: none,
            snapshot: none,
            managed_step: none,
            managed_deletion: none,
            ..Self::default()
        }
    }

    /// About as long as at Fly, for a person who wants to see what a user sees.
    pub fn like_fly() -> Self {
        Self {
            app_propagation: Duration::from_secs(2),
            app_deletion: Duration::from_secs(5),
            app_name_kept: Duration::from_secs(30),
            machine_visible: Duration::from_millis(300),
            machine_listed: Duration::from_secs(1),
            machine_placed: Duration::from_secs(1),
            machine_start: Duration::from_secs(6),
            machine_stop: Duration::from_secs(3),
            machine_still_active: Duration::from_secs(3),
            machine_replace: Duration::from_secs(4),
            machine_destroy: Duration::from_secs(4),
            machine_remembered: Duration::from_mins(5),
            volume_destroy: Duration::from_mins(1),
            snapshot: Duration::from_secs(5),
            managed_step: Duration::from_mins(1),
            managed_listed: Duration::from_secs(5),
            managed_deletion: Duration::from_secs(30),
        }
    }
}
