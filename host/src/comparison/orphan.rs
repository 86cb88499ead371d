//! What a provider has of ours that is of no tenant of the project.

use systemprompt_events::{PluginId, Stream};

use super::intake::{Content, Untaken};
use crate::error::CliError;
use crate::plugin::v1;
use crate::project::Project;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Something that a provider has, in its own words.
pub struct Orphan {
    /// Which provider.
    pub provider: PluginId,
    /// What it is called there.
    pub name: String,
    /// What it is.
    pub about: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The tenant that it was made for, where it is whole.
    pub tenant: Option<Untaken>,
    /// Whether that one was a tenant of this project before: an id begins once, so that it cannot be taken in here.
    pub was_here: bool,
    /// Whether its provider could tell if it is whole.
    pub is_known: bool,
    /// Whether it is a remark about the login, and a sync with that login has made it before.
    pub is_told: bool,
}

impl Orphan {
    /// As its provider describes it, held against what is recorded here.
    pub(super) async fn of(
        project: &mut Project,
        provider: &PluginId,
        orphan: &v1::Orphan,
    ) -> Result<Orphan, CliError> {
        let clean = |text: &str| one_line(text, MESSAGE_CHARS_MAX);
        let (content, odd) = match orphan.ext.as_deref().map_or(Ok(Content::Other), Content::read) {
            Ok(content) => (content, String::new()),
            Err(why) => (Content::Other, format!("; it cannot be taken in: {}", clean(&why))),
        };
        let is_known = !matches!(content, Content::Unknown | Content::Remark);
        let is_told = content == Content::Remark && has_synced(project, provider).await?;
        let tenant = if let Content::Tenant(tenant) = content { Some(tenant) } else { None };
        let was_here = match &tenant {
            Some(Untaken { id, .. }) => {
                !project.ledger().log.stream(&Stream::Tenant(id.clone()).to_string()).await?.is_empty()
            }
            None => false,
        };
        let (name, about) = (clean(&orphan.name), clean(&orphan.about) + &odd);
        let (provider, help) = (provider.clone(), orphan.help.as_deref().map(clean));
        Ok(Orphan { provider, name, about, help, tenant, was_here, is_known, is_told })
    }
}

/// Whether there was a sync since somebody logged in.
async fn has_synced(project: &mut Project, provider: &PluginId) -> Result<bool, CliError> {
    let log = &mut project.ledger().log;
    let (synced_at, accounts) = (log.synced_at().await?, log.accounts(Some(provider)).await?);
    Ok(synced_at.is_some_and(|synced_at| accounts.iter().any(|account| account.since < synced_at)))
}
