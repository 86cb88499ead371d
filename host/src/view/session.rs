//! Sessions: one, and all.

use serde_json::{Value, json};
use systemprompt_events::{SessionView, TenantView};

use super::layout::{self, table};
use super::{Paint, View};
use crate::choice;
use crate::cli::Context;
use crate::env;
use crate::error::CliError;
use crate::project::Project;
use crate::session;

/// The session of a tenant.
pub struct Session {
    tenant: (String, String),
    /// How the tenant was chosen; none in a list.
    source: Option<&'static str>,
    profile: Option<String>,
    user: Option<String>,
    id: Option<String>,
    started_at: Option<String>,
    expires_at: Option<String>,
    /// `active`, `expired` or `none`.
    state: &'static str,
    /// How long until it expires, or since it did.
    time: Option<String>,
    selected: bool,
}

impl Session {
    /// Reads it from the log.
    pub async fn load(
        context: &Context,
        project: &mut Project,
        tenant: &TenantView,
        source: &'static str,
    ) -> Result<Session, CliError> {
        let session = project.ledger().log.sessions(Some(&tenant.id)).await?.into_iter().next();
        let profile = choice::profile::of_tenant(context, project, tenant).await?;
        let selected = project.ledger().log.selected().await?.as_ref() == Some(&tenant.id);
        let profile = profile.map(|chosen| chosen.profile.name.to_string());
        Ok(Session { source: Some(source), ..Session::of(tenant, session.as_ref(), profile, selected) })
    }

    fn of(tenant: &TenantView, session: Option<&SessionView>, profile: Option<String>, selected: bool) -> Session {
        let login = session.and_then(|session| session.login.as_ref());
        let now = env::now();
        let state = match login {
            None => "none",
            Some(login) if session::is_expired(login, now) => "expired",
            Some(_) => "active",
        };
        Session {
            tenant: (tenant.id.to_string(), tenant.name.to_string()),
            source: None,
            profile,
            user: login.map(|login| login.user.clone()),
            id: login.map(|login| login.id.to_string()),
            started_at: login.map(|login| session::started_at(login).to_seconds_text()),
            expires_at: login.map(|login| login.expires_at.to_seconds_text()),
            state,
            time: login.map(|login| session::duration(now, login.expires_at)),
            selected,
        }
    }

    fn in_words(&self) -> String {
        match (self.state, &self.time) {
            ("active", Some(time)) => format!("active, for another {time}"),
            ("expired", Some(time)) => format!("expired {time} ago; to start a new one, run `{}`", self.login()),
            _ => format!("none; to start one, run `{}`", self.login()),
        }
    }

    /// What starts a session in this tenant, and in no other.
    fn login(&self) -> String {
        let login = "systemprompt admin session login";
        if self.source == Some(choice::BY_ARGUMENT) {
            format!("{login} --tenant {}", self.tenant.1)
        } else {
            login.to_owned()
        }
    }

    /// The profile that is in use in the tenant.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// `active`, `expired` or `none`.
    pub fn state(&self) -> &'static str {
        self.state
    }

    /// What is in use again when its tenant is selected; nothing, where the tenant has no profile.
    pub fn restored(&self) -> Option<String> {
        self.profile.as_ref().map(|profile| format!("profile `{profile}`, session: {}", self.in_words()))
    }

    fn fields(&self) -> Value {
        json!({
            "tenant": { "id": self.tenant.0, "name": self.tenant.1 }, "tenant_from": self.source,
            "selected": self.selected, "profile": self.profile, "state": self.state, "session": self.id,
            "user": self.user, "started_at": self.started_at, "expires_at": self.expires_at,
        })
    }
}

impl View for Session {
    fn schema(&self) -> &'static str {
        "systemprompt/admin-session/v1"
    }

    fn data(&self) -> Value {
        self.fields()
    }

    fn text(&self, paint: Paint) -> String {
        let source = self.source.map_or(String::new(), |source| format!(", {source}"));
        let mut rows = vec![
            ("Tenant", format!("{} ({}){source}", self.tenant.1, self.tenant.0)),
            ("Profile", self.profile.clone().unwrap_or_else(|| "none".to_owned())),
            ("Session", self.in_words()),
        ];
        rows.extend(self.user.clone().map(|user| ("User", user)));
        rows.extend(self.expires_at.clone().map(|moment| ("Expires", moment)));
        table(&rows, paint)
    }
}

/// The sessions of all tenants.
pub struct Sessions {
    /// Oldest tenant first.
    pub sessions: Vec<Session>,
}

impl Sessions {
    /// Reads them from the log.
    pub async fn load(project: &mut Project) -> Result<Sessions, CliError> {
        let log = &mut project.ledger().log;
        let (tenants, sessions, profiles) = (log.tenants().await?, log.sessions(None).await?, log.profiles().await?);
        let selected = log.selected().await?;
        let of = |tenant: &TenantView| {
            let session = sessions.iter().find(|session| session.tenant == tenant.id);
            let profile = session.and_then(|session| session.profile);
            let profile = profiles.iter().find(|known| Some(known.id) == profile).map(|known| known.name.to_string());
            Session::of(tenant, session, profile, selected.as_ref() == Some(&tenant.id))
        };
        Ok(Sessions { sessions: tenants.iter().map(of).collect() })
    }
}

impl View for Sessions {
    fn schema(&self) -> &'static str {
        "systemprompt/admin-session-list/v1"
    }

    fn data(&self) -> Value {
        let all: Vec<_> = self.sessions.iter().map(Session::fields).collect();
        json!({ "total": all.len(), "sessions": all })
    }

    fn text(&self, paint: Paint) -> String {
        let width = self.sessions.iter().map(|session| session.tenant.1.len()).max().unwrap_or(0);
        let mut text = String::from("Sessions\n");
        for session in &self.sessions {
            let mark = if session.selected { "(selected) " } else { "" };
            let profile = session.profile.as_deref().unwrap_or("no profile");
            let state = match (session.state, &session.time) {
                ("active", Some(time)) => format!("active, for another {time}"),
                ("expired", Some(time)) => format!("expired {time} ago"),
                _ => "no session".to_owned(),
            };
            let columns = format!("  {:<width$}   ", session.tenant.1);
            text.push_str(&layout::hang(&columns, &format!("{mark}{profile}   {state}"), paint));
        }
        if self.sessions.is_empty() {
            text.push_str("  none yet: there is no tenant\n");
        }
        text
    }
}

/// The token of a session.
pub struct Token {
    /// Whose session it is.
    pub tenant: String,
    /// The token itself.
    pub token: String,
}

impl View for Token {
    fn schema(&self) -> &'static str {
        "systemprompt/admin-session-token/v1"
    }

    fn data(&self) -> Value {
        json!({ "tenant": self.tenant, "token": self.token })
    }

    fn text(&self, _paint: Paint) -> String {
        format!("{}\n", self.token)
    }
}
