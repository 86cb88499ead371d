//! The tables, and what is in a row.

/// A projected table. All have `key`, their own columns, `valid_from` and `valid_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    Project,
    Selection,
    Tenants,
    Aside,
    Secrets,
    Operations,
    Steps,
    Plugins,
    Grants,
    Profiles,
    UserSecrets,
    Sessions,
    Shells,
    Accounts,
}

impl Table {
    pub(crate) const ALL: [Self; 14] = [
        Self::Project,
        Self::Selection,
        Self::Tenants,
        Self::Aside,
        Self::Secrets,
        Self::Operations,
        Self::Steps,
        Self::Plugins,
        Self::Grants,
        Self::Profiles,
        Self::UserSecrets,
        Self::Sessions,
        Self::Shells,
        Self::Accounts,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Selection => "selection",
            Self::Tenants => "tenants",
            Self::Aside => "aside",
            Self::Secrets => "secrets",
            Self::Operations => "operations",
            Self::Steps => "steps",
            Self::Plugins => "plugins",
            Self::Grants => "grants",
            Self::Profiles => "profiles",
            Self::UserSecrets => "user_secrets",
            Self::Sessions => "sessions",
            Self::Shells => "shells",
            Self::Accounts => "accounts",
        }
    }

    /// Columns between `key` and `valid_from`, with their types.
    #[expect(clippy::too_many_lines, reason = "a table, line by line")]
    pub(crate) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Project => &["log_id TEXT NOT NULL"],
            Self::Selection => &["tenant TEXT NOT NULL"],
            Self::Tenants => &[
                "name TEXT NOT NULL",
                "tenant_type TEXT NOT NULL",
                "provider TEXT NOT NULL",
                "region TEXT",
                "state TEXT NOT NULL",
                "config TEXT NOT NULL",
                "resources TEXT NOT NULL",
                "operation TEXT",
                "created_at INTEGER NOT NULL",
                "created_position INTEGER NOT NULL",
                "updated_at INTEGER NOT NULL",
                "protected INTEGER NOT NULL",
            ],
            Self::Aside => &[
                "name TEXT NOT NULL",
                "tenant_type TEXT NOT NULL",
                "provider TEXT NOT NULL",
                "region TEXT",
                "state TEXT NOT NULL",
                "config TEXT NOT NULL",
                "resources TEXT NOT NULL",
                "operation TEXT",
                "created_at INTEGER NOT NULL",
                "created_position INTEGER NOT NULL",
                "updated_at INTEGER NOT NULL",
                "protected INTEGER NOT NULL",
                "until INTEGER NOT NULL",
            ],
            Self::Secrets => &[
                "tenant TEXT NOT NULL",
                "name TEXT NOT NULL",
                "version INTEGER NOT NULL",
                "seal_id TEXT NOT NULL",
                "sealed TEXT NOT NULL",
            ],
            Self::Operations => &[
                "kind TEXT NOT NULL",
                "provider TEXT NOT NULL",
                "plugin_hash TEXT NOT NULL",
                "tenant TEXT",
                "input TEXT NOT NULL",
                "state TEXT NOT NULL",
                "token INTEGER NOT NULL",
                "holder TEXT NOT NULL",
                "result TEXT",
                "failure TEXT",
                "left_behind TEXT",
                "started_at INTEGER NOT NULL",
                "updated_at INTEGER NOT NULL",
            ],
            Self::Steps => &[
                "operation TEXT NOT NULL",
                "step_index INTEGER NOT NULL",
                "name TEXT NOT NULL",
                "undo TEXT NOT NULL",
                "state TEXT NOT NULL",
                "result TEXT",
                "failure TEXT",
            ],
            Self::Plugins => &[
                "version TEXT NOT NULL",
                "hash TEXT NOT NULL",
                "world TEXT NOT NULL",
                "capabilities TEXT NOT NULL",
                "source TEXT NOT NULL",
                "description TEXT NOT NULL",
                "publisher TEXT",
            ],
            Self::Grants => &["hash TEXT NOT NULL", "capabilities TEXT NOT NULL", "mac TEXT NOT NULL"],
            Self::Profiles => &[
                "name TEXT NOT NULL",
                "tenant TEXT NOT NULL",
                "text TEXT NOT NULL",
                "created_at INTEGER NOT NULL",
                "created_position INTEGER NOT NULL",
                "updated_at INTEGER NOT NULL",
            ],
            Self::UserSecrets => &[
                "tenant TEXT NOT NULL",
                "profile TEXT",
                "name TEXT NOT NULL",
                "seal_id TEXT NOT NULL",
                "sealed TEXT NOT NULL",
            ],
            Self::Sessions => &["profile TEXT", "session TEXT", "user TEXT", "expires_at INTEGER"],
            Self::Shells => &["tenant TEXT NOT NULL", "profile TEXT"],
            Self::Accounts => &[
                "user TEXT NOT NULL",
                "organisation TEXT",
                "expires_at INTEGER",
                "source TEXT NOT NULL",
                "api_url TEXT",
                "fields TEXT NOT NULL",
                "seal_id TEXT NOT NULL",
                "sealed TEXT NOT NULL",
            ],
        }
    }

    /// Whether rows are found by key and position, the past ones too. Not so of what is written with every step of an
    /// operation: the index would cost more than it is worth.
    pub(crate) const fn has_history_index(self) -> bool {
        match self {
            Self::Project
            | Self::Selection
            | Self::Tenants
            | Self::Aside
            | Self::Secrets
            | Self::Plugins
            | Self::Grants
            | Self::Profiles
            | Self::UserSecrets
            | Self::Sessions
            | Self::Shells
            | Self::Accounts => true,
            Self::Operations | Self::Steps => false,
        }
    }

    /// Indexes beside that of the open rows' keys: name, and what follows `ON table`. All but one hold open rows only,
    /// so that what was does not slow down what is.
    pub(crate) const fn indexes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Tenants => &[
                ("tenants_by_age", "(created_position) WHERE valid_to IS NULL"),
                ("tenants_by_name", "(name) WHERE valid_to IS NULL"),
            ],
            Self::Operations => &[
                (
                    "operations_unfinished",
                    "(started_at) WHERE valid_to IS NULL AND state IN ('running', 'unwinding', 'stuck')",
                ),
                ("operations_by_tenant", "(tenant) WHERE valid_to IS NULL AND tenant IS NOT NULL"),
            ],
            Self::Profiles => &[
                ("profiles_by_name", "(name) WHERE valid_to IS NULL"),
                ("profiles_by_tenant", "(tenant) WHERE valid_to IS NULL"),
            ],
            Self::Project
            | Self::Selection
            | Self::Aside
            | Self::Secrets
            | Self::Steps
            | Self::Plugins
            | Self::Grants
            | Self::UserSecrets
            | Self::Sessions
            | Self::Shells
            | Self::Accounts => &[],
        }
    }
}

/// A row, without its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) table: Table,
    pub(crate) key: String,
    /// In the order of the table's columns.
    pub(crate) cells: Vec<Cell>,
}

/// What is in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    Number(i64),
    Null,
}

impl Cell {
    pub(crate) fn text(text: &(impl ToString + ?Sized)) -> Self {
        Self::Text(text.to_string())
    }

    pub(crate) fn optional<T: ToString>(text: Option<&T>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// A list of texts, as JSON.
    pub(crate) fn list(texts: &[String]) -> Self {
        Self::text(&serde_json::Value::from(texts.to_vec()))
    }
}
