//! All tenants, a line each, as wide as the terminal allows.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{TenantId, TenantState, TenantSummary};

use super::{fields, state_name};
use crate::view::layout::{self, cut, width};
use crate::view::{Paint, View};

/// As wide as the user's guide draws it.
const RULE_COLUMNS: usize = 53;
/// Column of the ids in a list.
const ID_COLUMNS: usize = 20;
/// A shorter name says too little: it rather has a line of its own.
const NAME_COLUMNS_MIN: usize = 16;
/// Of a UUID, up to the second dash: enough to tell it apart.
const UUID_SHORT: usize = 13;
/// Of a local id, `local_` and the time.
const LOCAL_SHORT: usize = 17;

/// All tenants of a project.
pub struct Tenants {
    /// From the registry, oldest first.
    pub tenants: Vec<TenantSummary>,
    /// The project's selection.
    pub selected: Option<TenantId>,
}

impl View for Tenants {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-tenant-list/v1"
    }

    fn data(&self) -> Value {
        let all = self.tenants.iter().map(|tenant| {
            let selected = self.selected.as_ref() == Some(&tenant.id);
            Value::Object(fields(tenant, selected))
        });
        json!({ "tenants": all.collect::<Vec<_>>(), "total": self.tenants.len() })
    }

    fn text(&self, paint: Paint) -> String {
        let rule = paint.columns.map_or(RULE_COLUMNS, |columns| columns.min(RULE_COLUMNS));
        let mut text = format!("Tenants\n{}\n", "━".repeat(rule));
        if self.tenants.is_empty() {
            let none = "none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`";
            text.push_str(&layout::hang("  ", none, paint));
        }
        let ids = self.tenants.iter().map(|tenant| tenant.id.as_str());
        let ids: Vec<_> = if paint.terminal { short_ids(ids) } else { ids.map(ToOwned::to_owned).collect() };
        for (tenant, id) in self.tenants.iter().zip(ids) {
            let selected = if self.selected.as_ref() == Some(&tenant.id) { "(selected) " } else { "" };
            let columns = format!("  {id:<ID_COLUMNS$} {selected}{}", tenant.tenant_type);
            let mut rest = tenant.region.as_ref().map(|region| format!("   {region}")).unwrap_or_default();
            if tenant.protected {
                rest.push_str("   (protected)");
            }
            if tenant.state != TenantState::Ready {
                let _always = write!(rest, "   ({})", state_name(tenant.state));
            }
            text.push_str(&row(&columns, tenant.name.as_str(), &rest, paint));
        }
        text
    }
}

/// One tenant in the list: on a narrow terminal its name is cut, on a very narrow one it has a line of its own.
fn row(columns: &str, name: &str, rest: &str, paint: Paint) -> String {
    const GAP: &str = "   ";
    let Some(limit) = paint.columns else { return format!("{columns}{GAP}{name}{rest}\n") };
    let left = limit.saturating_sub(width(columns) + GAP.len() + width(rest));
    if width(name) <= left || left >= NAME_COLUMNS_MIN {
        return format!("{columns}{GAP}{}{rest}\n", cut(name, left));
    }
    let left = limit.saturating_sub(2 * GAP.len() + width(rest));
    format!("{columns}\n{GAP}{GAP}{}{rest}\n", cut(name, left))
}

/// Ids that fit their column; with `...` each is still understood where an id is asked for, and means this tenant.
fn short_ids<'i>(ids: impl Iterator<Item = &'i str> + Clone) -> Vec<String> {
    let beginning = |id: &'i str| {
        let kept = if id.starts_with("local_") { LOCAL_SHORT } else { UUID_SHORT };
        id.get(..kept).unwrap_or(id)
    };
    let mut sharing: HashMap<&str, u32> = HashMap::new();
    for id in ids.clone() {
        *sharing.entry(beginning(id)).or_default() += 1;
    }
    let short = |id: &'i str| match sharing.get(beginning(id)) {
        Some(1) if id.len() > ID_COLUMNS => format!("{}...", beginning(id)),
        Some(_) | None => id.to_owned(),
    };
    ids.map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_as_the_document_shows() {
        let short = |id: &'static str| short_ids([id].into_iter());
        assert_eq!(short("local_19bff27604c"), ["local_19bff27604c"]);
        assert_eq!(short("999bc654-9a64-49bc-98be-db976fc84e76"), ["999bc654-9a64..."]);
        assert_eq!(short("local_19bff27604c01234567"), ["local_19bff27604c..."]);
    }

    #[test]
    fn ids_that_would_look_the_same_are_shown_whole() {
        let ids = ["local_19bff27604c01234567", "local_19bff27604cffffffff", "local_19bff27604d01234567"];
        assert_eq!(short_ids(ids.into_iter()), [ids[0], ids[1], "local_19bff27604d..."]);
        let whole_and_beginning = ["local_19bff27604c", "local_19bff27604c01234567"];
        assert_eq!(short_ids(whole_and_beginning.into_iter()), whole_and_beginning);
    }

    #[test]
    fn a_long_name_is_cut_on_a_narrow_terminal_and_has_its_own_line_on_a_very_narrow_one() {
        let (columns, name) = ("  local_19bff27604c    local", "a-very-long-name-for-a-tenant");
        let row = |limit| row(columns, name, "   iad", Paint { terminal: true, columns: Some(limit) });
        assert_eq!(row(80), format!("{columns}   {name}   iad\n"));
        assert_eq!(row(60), format!("{columns}   a-very-long-name-for-a…   iad\n"));
        assert_eq!(row(40), format!("{columns}\n      a-very-long-name-for-a-tena…   iad\n"));
    }
}
