//! Volumes and their snapshots.

use serde_json::{Value, json};

use crate::clock::Moment;

#[derive(Debug, Clone)]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) size_gb: u64,
    pub(crate) encrypted: bool,
    pub(crate) auto_backup: bool,
    pub(crate) retention: u64,
    pub(crate) created_at: Moment,
    /// The machine that has it mounted.
    pub(crate) machine: Option<String>,
    /// Set from when on it is being destroyed.
    pub(crate) gone_at: Option<Moment>,
    pub(crate) snapshots: Vec<Snapshot>,
}

#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) size_gb: u64,
    pub(crate) retention: u64,
    pub(crate) created_at: Moment,
    pub(crate) ready_at: Moment,
}

/// The block size of the file system.
const BLOCK: u64 = 4096;
const GB: u64 = 1024 * 1024 * 1024;

impl Volume {
    pub(crate) fn state(&self) -> &'static str {
        if self.gone_at.is_some() { "pending_destroy" } else { "created" }
    }

    /// As `Volume` of the document.
    pub(crate) fn view(&self) -> Value {
        let blocks = self.size_gb * GB / BLOCK;
        json!({
            "id": self.id, "name": self.name, "state": self.state(), "region": self.region, "zone": "b6a7",
            "size_gb": self.size_gb, "encrypted": self.encrypted, "fstype": "ext4", "host_status": "ok",
            "attached_machine_id": self.machine, "attached_alloc_id": null, "created_at": self.created_at,
            "snapshot_retention": self.retention, "auto_backup_enabled": self.auto_backup,
            "block_size": BLOCK, "blocks": blocks, "blocks_free": blocks, "blocks_avail": blocks,
            "bytes_used": 0, "bytes_total": self.size_gb * GB,
        })
    }

    /// As `OrgVolume` of the document, which has no nulls.
    pub(crate) fn org_view(&self, app: &str) -> Value {
        let mut view = self.view();
        view["app_name"] = json!(app);
        view["updated_at"] = json!(self.created_at);
        if let Some(fields) = view.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        view
    }
}

impl Snapshot {
    /// As `VolumeSnapshot` of the document.
    pub(crate) fn view(&self, now: Moment) -> Value {
        json!({
            "id": self.id, "status": if now >= self.ready_at { "created" } else { "creating" }, "size": 0,
            "digest": crate::ids::digest_of(&self.id), "retention_days": self.retention,
            "volume_size": self.size_gb * GB, "created_at": self.created_at,
        })
    }
}
