//! What a tenant leaves outside whose record alone is removed, as it was recorded when it was made.

use systemprompt_events::TenantView;

use crate::text::one_line;

/// Most of one name that is shown.
const SHOWN_MAX: usize = 120;

/// Where in the resources of a provider stands what it made, and what that is.
const MADE: [(&str, &str); 8] = [
    ("/database", "database"),
    ("/role", "role"),
    ("/server/address", "server"),
    ("/server/name", "server"),
    ("/app_id", "app"),
    ("/machine", "machine"),
    ("/volume", "volume"),
    ("/ipv4", "address"),
];

/// Each as ``database `tenant_1` ``; a server by its address, where it has one.
pub fn not_dropped(tenant: &TenantView) -> Vec<String> {
    let resources = tenant.resources.value();
    let text = |path: &str| resources.pointer(path).and_then(|value| value.as_str());
    let is_known = |path: &str| path != "/server/name" || text("/server/address").is_none();
    let found = MADE.iter().filter(|(path, _)| is_known(path));
    found.filter_map(|(path, what)| Some(format!("{what} `{}`", one_line(text(path)?, SHOWN_MAX)))).collect()
}

/// For a person; none where nothing is known of it.
pub fn in_words(not_dropped: &[String]) -> Option<String> {
    (!not_dropped.is_empty())
        .then(|| format!("not dropped, and still there if its provider is: {}", not_dropped.join(", ")))
}
