//! The id of a provider plugin.

use super::{checked_text, is_slug_from_letter};

checked_text! {
    /// A plugin's id: 1 to 40 of `a-z`, `0-9`, `-`, starting with a letter.
    PluginId, InvalidPluginId, "a plugin id",
    "1 to 40 of `a-z`, `0-9`, `-`, starting with a letter",
    |text| is_slug_from_letter(text, 40)
}

impl PluginId {
    /// The provider of tenants whose database exists already: given by its URL, or imported.
    pub fn external() -> Self {
        Self("external".to_owned())
    }
}
