//! What the user's own document shows, to the byte.

/// `tenants.json`.
pub const REGISTRY: &str = r#"{
  "tenants": [
    {
      "id": "local_19bff27604c",
      "name": "my-project",
      "tenant_type": "local",
      "database_url": "postgres://systemprompt:localdev@localhost:5432/systemprompt",
      "external_db_access": false,
      "shared_container_db": "systemprompt-shared-db"
    },
    {
      "id": "999bc654-9a64-49bc-98be-db976fc84e76",
      "name": "my-project-prod",
      "tenant_type": "cloud",
      "app_id": "sp-999bc6549a64",
      "hostname": "999bc6549a64.systemprompt.io",
      "region": "iad",
      "internal_database_url": "postgres://user:pass@internal-db:5432/tenant",
      "sync_token": "sp_sync_abc123..."
    }
  ],
  "synced_at": "2026-02-01T10:00:00Z"
}
"#;

/// What `cloud tenant list` prints on a terminal, with the first tenant selected.
pub const LIST: &str = "\
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  local_19bff27604c    (selected) local   my-project
  999bc654-9a64...     cloud   my-project-prod   iad
";

/// The profile that the document shows, without its first line, which says where the file lies.
pub const PROFILE: &str = "\
name: local
target: local

cloud:
  tenant_id: local_19bff27604c
  credentials_path: ../../credentials.json
  tenants_path: ../../tenants.json
";
