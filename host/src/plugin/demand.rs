//! What a component asks for beside its imports: a section of its own in the file, which `plugin build` writes.

use serde::{Deserialize, Serialize};
use wasmparser::{Chunk, Parser, Payload};

use super::PluginError;
use super::limits::{MEMORY_BYTES_MAX, MEMORY_MIB_GRANTED_MAX};

/// Name of the section.
const SECTION: &str = "systemprompt:plugin";
/// Word of the capability: `memory 128`.
const MEMORY: &str = "memory";

/// What a component asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// MiB of memory, where those that every plugin has are too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<usize>,
}

impl Demand {
    /// What these bytes ask for.
    pub fn of(wasm: &[u8]) -> Result<Demand, PluginError> {
        let Some(section) = section(wasm).map_err(|error| bad(&error.to_string()))? else {
            return Ok(Demand::default());
        };
        let demand: Demand = serde_json::from_slice(section).map_err(|error| bad(&error.to_string()))?;
        demand.checked()
    }

    /// Refuses what nobody can be granted.
    pub fn checked(self) -> Result<Demand, PluginError> {
        if self.memory.is_some_and(|mebibytes| mebibytes > MEMORY_MIB_GRANTED_MAX) {
            return Err(bad(&format!("it asks for more than {MEMORY_MIB_GRANTED_MAX} MiB of memory")));
        }
        Ok(self)
    }

    /// The component with this in it.
    pub fn put_into(&self, mut wasm: Vec<u8>) -> Result<Vec<u8>, PluginError> {
        use wasm_encoder::ComponentSection as _;
        let data = serde_json::to_vec(self).map_err(|error| bad(&error.to_string()))?;
        let section = wasm_encoder::CustomSection { name: SECTION.into(), data: data.into() };
        section.append_to_component(&mut wasm);
        Ok(wasm)
    }

    /// Bytes of memory that one call may use.
    pub fn memory_bytes(self) -> usize {
        self.memory.map_or(MEMORY_BYTES_MAX, |mebibytes| (mebibytes << 20).max(MEMORY_BYTES_MAX))
    }

    /// The same as a capability, where somebody has to be asked for it.
    pub fn capability(self) -> Option<String> {
        (self.memory_bytes() > MEMORY_BYTES_MAX).then(|| format!("{MEMORY} {}", self.memory_bytes() >> 20))
    }
}

/// How much memory a capability is about.
pub fn memory_in(capability: &str) -> Option<&str> {
    capability.strip_prefix(MEMORY)?.strip_prefix(' ')
}

fn bad(reason: &str) -> PluginError {
    PluginError::NotAProvider {
        reason: format!("what it asks for cannot be taken: {}", crate::text::one_line(reason, 200)),
    }
}

/// The first section of our name; modules and components inside are stepped over.
fn section(wasm: &[u8]) -> Result<Option<&[u8]>, wasmparser::BinaryReaderError> {
    let (mut parser, mut rest) = (Parser::new(0), wasm);
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else { return Ok(None) };
        rest = rest.get(consumed..).unwrap_or_default();
        if let Payload::End(_) = payload {
            return Ok(None);
        }
        if let Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } =
            &payload
        {
            let length = usize::try_from(unchecked_range.end - unchecked_range.start).unwrap_or(usize::MAX);
            rest = rest.get(length..).unwrap_or_default();
        }
        if let Payload::CustomSection(found) = payload
            && found.name() == SECTION
        {
            return Ok(Some(found.data()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{Component, ComponentSection as _, Module, ModuleSection, NestedComponentSection};

    fn component() -> Vec<u8> {
        let mut component = Component::new();
        component.section(&ModuleSection(&Module::new()));
        component.section(&NestedComponentSection(&Component::new()));
        component.finish()
    }

    #[test]
    fn what_was_put_into_a_component_is_found_behind_what_is_nested_in_it() {
        let demand = Demand { memory: Some(128) };
        let found = Demand::of(&demand.put_into(component()).unwrap()).unwrap();
        assert_eq!((found, found.memory_bytes()), (demand, 128 << 20));
        assert_eq!(found.capability().as_deref(), Some("memory 128"));
    }

    #[test]
    fn a_component_without_the_section_or_that_asks_for_little_has_what_every_plugin_has() {
        for demand in [Demand::of(&component()).unwrap(), Demand { memory: Some(1) }] {
            assert_eq!((demand.memory_bytes(), demand.capability()), (MEMORY_BYTES_MAX, None));
        }
    }

    #[test]
    fn more_than_anybody_can_be_granted_and_what_is_no_demand_are_refused() {
        for demand in [r#"{"memory": 257}"#, r#"{"memory": -1}"#, r#"{"memory": 18446744073709551615}"#, "x"] {
            let mut wasm = component();
            wasm_encoder::CustomSection { name: SECTION.into(), data: demand.as_bytes().into() }
                .append_to_component(&mut wasm);
            assert!(Demand::of(&wasm).is_err(), "{demand}");
        }
        let torn = Demand { memory: Some(128) }.put_into(component()).unwrap();
        assert!(Demand::of(&torn[..torn.len() - 3]).is_err());
    }
}
