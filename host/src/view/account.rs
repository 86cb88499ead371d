//! Who is logged in to a provider.

use serde_json::{Value, json};
use systemprompt_events::{AccountView, PluginId, Timestamp};

use super::layout::table;
use super::{Paint, View};
use crate::account::server;
use crate::error::CliError;
use crate::project::Project;
use crate::text::one_line;
use crate::{account, env};

/// The account with one provider.
pub struct Account {
    found: AccountView,
    is_expired: bool,
    /// Whether the provider was asked, just now.
    is_checked: bool,
}

impl Account {
    /// Reads it from the log; an error that names the command to type where nobody is logged in.
    pub async fn load(project: &mut Project, provider: &PluginId) -> Result<Account, CliError> {
        let found = project.ledger().log.accounts(Some(provider)).await?.pop();
        let found = found.ok_or_else(|| account::missing(provider))?;
        let now = env::now();
        let is_expired = found.login.expires_at.is_some_and(|expires_at| expires_at <= now);
        Ok(Account { found, is_expired, is_checked: false })
    }

    /// The provider takes it.
    pub fn checked(self) -> Account {
        Account { is_checked: true, ..self }
    }
}

impl View for Account {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-auth/v1"
    }

    fn data(&self) -> Value {
        let AccountView { provider, login, since, .. } = &self.found;
        let server = server::server_of(login);
        json!({
            "provider": provider.as_str(), "user": login.user, "organisation": login.organisation,
            "expires_at": login.expires_at.map(Timestamp::to_seconds_text), "expired": self.is_expired,
            "source": login.source, "api_url": login.api_url, "since": since.to_seconds_text(),
            "checked": self.is_checked, "server": server.as_ref().map(|(address, _)| address),
            "sslmode": server.as_ref().map(|(_, mode)| mode),
        })
    }

    fn text(&self, paint: Paint) -> String {
        let AccountView { provider, login, since, .. } = &self.found;
        let until = match login.expires_at {
            Some(at) if self.is_expired => format!("{}, which is over", at.to_seconds_text()),
            Some(at) => at.to_seconds_text(),
            None => "the provider does not say".to_owned(),
        };
        let source = match login.source.as_str() {
            "prompt" => "typed at a prompt".to_owned(),
            "stdin" => "standard input".to_owned(),
            variable => format!("the variable {}", one_line(variable, 60)),
        };
        let mut rows = vec![
            ("Provider", provider.to_string()),
            ("User", one_line(&login.user, 200)),
            (
                "Organisation",
                login.organisation.as_deref().map_or_else(|| "none".to_owned(), |name| one_line(name, 200)),
            ),
            ("Until", until),
            ("Token from", source),
            ("Since", since.to_seconds_text()),
        ];
        if let Some((address, mode)) = server::server_of(login) {
            // Whom an administrator acts for, and until when, no server says.
            rows.retain(|(label, _)| !["Organisation", "Until"].contains(label));
            rows.insert(2, ("Server", address));
            rows.insert(3, ("TLS", format!("sslmode {mode}")));
        }
        if let Some(api_url) = &login.api_url {
            rows.push(("Requests to", one_line(api_url, 200)));
        }
        if self.is_checked {
            rows.push(("Checked", "the provider takes the token".to_owned()));
        }
        table(&rows, paint)
    }
}
