//! What is found of one tenant: what its provider's word for it means for its record.

use systemprompt_events::{TenantState, TenantView};

use crate::live;
use crate::plugin::v1::LiveStatus;

/// What was found of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It is as the registry says.
    Unchanged,
    /// It is there, and does not answer, or is otherwise than the registry says.
    Differs,
    /// Its provider has nothing of it.
    Vanished,
    /// Its provider has what it had nothing of before.
    Reappeared,
    /// Nobody can tell.
    Unknown,
    /// There is nothing to ask.
    Skipped,
}

/// A tenant, and what was found of it.
pub struct Compared {
    /// As the registry has it.
    pub tenant: TenantView,
    /// What was found.
    pub finding: Finding,
    /// Its provider's word for how it is, where there is an answer.
    pub live: Option<String>,
    /// What its provider says that is otherwise than recorded.
    pub differs: Vec<String>,
    /// Why nobody can tell, or there is nothing to ask.
    pub why: Option<String>,
}

impl Compared {
    /// One of which its provider says nothing, and why.
    pub(super) fn untold(tenant: TenantView, finding: Finding, why: String) -> Compared {
        Compared { tenant, finding, live: None, differs: Vec::new(), why: Some(why) }
    }
}

/// What its provider's answer says of a tenant.
pub(super) fn told(tenant: TenantView, status: LiveStatus) -> Compared {
    let (state, details) = crate::view::cleaned(&status.state, status.details);
    let differs = live::differences(&details);
    let is_other = state != MISSING && (!status.reachable || !differs.is_empty());
    let finding = finding(tenant.state, &state);
    let finding = if finding == Finding::Unchanged && is_other { Finding::Differs } else { finding };
    let why = (finding == Finding::Unknown).then(|| details.into_iter().map(|(_, value)| value).next()).flatten();
    Compared { tenant, finding, live: Some(state), differs, why }
}

/// A provider's word for a tenant of which it has nothing.
const MISSING: &str = "missing";

/// What its provider's word means for the record. It is an open set: whatever is not one of these is a tenant that is there.
pub(super) fn finding(recorded: TenantState, live: &str) -> Finding {
    match (live, recorded == TenantState::Vanished) {
        ("unreachable" | "elsewhere", _) => Finding::Unknown,
        (MISSING, false) => Finding::Vanished,
        (MISSING, true) | (_, false) => Finding::Unchanged,
        (_, true) => Finding::Reappeared,
    }
}
