//! What a provider says about itself, in few words.

use crate::{AccountField, Description, FieldError, LiveStatus, PlannedStep, ProbeReport, UndoKind};

impl Description {
    /// A provider of tenants on this machine; `config_schema` is a JSON Schema 2020-12.
    pub fn local(id: &str, version: &str, title: &str, config_schema: &str) -> Self {
        Self {
            id: id.to_owned(),
            version: version.to_owned(),
            title: title.to_owned(),
            tenant_type: "local".to_owned(),
            regions: Vec::new(),
            operations: vec!["create".to_owned(), "delete".to_owned()],
            config_schema: config_schema.to_owned(),
            account_fields: Vec::new(),
            ext: None,
        }
    }

    /// A provider of tenants somewhere else.
    pub fn cloud(id: &str, version: &str, title: &str, config_schema: &str) -> Self {
        Self { tenant_type: "cloud".to_owned(), ..Self::local(id, version, title, config_schema) }
    }

    /// Names what the provider talks to over HTTP, as `https://api.example.com`. Whoever installs it is shown that.
    #[must_use]
    pub fn destinations(self, destinations: &[&str]) -> Self {
        self.with("destinations", &serde_json::json!(destinations))
    }

    /// Says that the regions named are not all: the provider is asked for any that the user names, and refuses one that it
    /// does not have.
    #[must_use]
    pub fn more_regions(self) -> Self {
        self.with("more_regions", &true.into())
    }

    /// Names the field of the account that is the URL of a PostgreSQL server's administrator; `help` says how one looks.
    /// The program alone logs in with it: see [`Postgres::of_account`](crate::postgres::Postgres::of_account).
    #[must_use]
    pub fn account_server(self, name: &str, title: &str, help: &str) -> Self {
        self.account_secret(name, title, help).with("account_server", &serde_json::json!(name))
    }

    fn with(self, name: &str, value: &serde_json::Value) -> Self {
        let mut ext: serde_json::Value =
            self.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok()).unwrap_or_else(|| serde_json::json!({}));
        ext[name] = value.clone();
        Self { ext: Some(ext.to_string()), ..self }
    }

    /// Names a secret that the user has to hand over to log in, such as a token; `help` says where to get it.
    #[must_use]
    pub fn account_secret(mut self, name: &str, title: &str, help: &str) -> Self {
        let (name, title, help) = (name.to_owned(), title.to_owned(), Some(help.to_owned()));
        self.account_fields.push(AccountField { name, title, secret: true, help });
        self
    }

    /// Adds operations beyond `create` and `delete`.
    #[must_use]
    pub fn operations(mut self, operations: &[&str]) -> Self {
        self.operations.extend(operations.iter().map(|&name| name.to_owned()));
        self
    }
}

impl ProbeReport {
    /// It can be used; `summary` says what was found.
    pub fn usable(summary: impl Into<String>) -> Self {
        Self { usable: true, summary: summary.into(), help: None }
    }

    /// It cannot be used; `summary` says what is missing, `help` what to do.
    pub fn unusable(summary: impl Into<String>, help: impl Into<String>) -> Self {
        Self { usable: false, summary: summary.into(), help: Some(help.into()) }
    }
}

impl FieldError {
    /// `path` is a JSON pointer into the configuration.
    pub fn new(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }
}

impl PlannedStep {
    /// A step that leaves nothing to take back.
    pub fn new(name: &str, summary: impl Into<String>) -> Self {
        Self { name: name.to_owned(), summary: summary.into(), undo: UndoKind::None }
    }

    /// It has an undo.
    #[must_use]
    pub fn undoable(self) -> Self {
        Self { undo: UndoKind::Undoable, ..self }
    }

    /// It cannot be taken back.
    #[must_use]
    pub fn irreversible(self) -> Self {
        Self { undo: UndoKind::Irreversible, ..self }
    }
}

impl LiveStatus {
    /// It answers.
    pub fn ready() -> Self {
        Self { reachable: true, ..Self::unreachable("ready") }
    }

    /// It does not answer; `state` says why: `stopped`, `missing`, …
    pub fn unreachable(state: &str) -> Self {
        Self { reachable: false, state: state.to_owned(), details: Vec::new(), ext: None }
    }

    /// Adds a line to show.
    #[must_use]
    pub fn detail(mut self, label: &str, value: impl Into<String>) -> Self {
        self.details.push((label.to_owned(), value.into()));
        self
    }
}
