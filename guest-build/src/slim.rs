//! What of a module is shipped: its code, and names that a person can read. What a debugger needs beyond that is ten times
//! as large, and stays with whoever builds.

use wasm_encoder::{CustomSection, Module, NameMap, NameSection, RawSection};
use wasmparser::{Name, NameSectionReader, Parser, Payload};

use crate::name::readable;

/// Sections that only tell of the way it was built; the names are written anew.
const OF_THE_BUILD: [&str; 4] = ["name", "producers", "target_features", "sourceMappingURL"];
const OF_A_DEBUGGER: &str = ".debug_";

/// The same code with short names of its functions, and without what a debugger reads.
pub(crate) fn slim(module: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let mut slim = Module::new();
    let mut names = NameMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CustomSection(section) = &payload {
            let name = section.name();
            if name == "name" {
                read_names(NameSectionReader::new(wasmparser::BinaryReader::new(section.data(), 0)), &mut names)?;
            }
            if !OF_THE_BUILD.contains(&name) && !name.starts_with(OF_A_DEBUGGER) {
                slim.section(&CustomSection { name: name.into(), data: section.data().into() });
            }
        } else if let Some((id, range)) = payload.as_section() {
            slim.section(&RawSection { id, data: &module[in_memory(range.start)..in_memory(range.end)] });
        }
    }
    let mut section = NameSection::new();
    section.functions(&names);
    slim.section(&section);
    Ok(slim.finish())
}

fn in_memory(position: u64) -> usize {
    usize::try_from(position).expect("BUG: a place in what is in memory is one in memory")
}

fn read_names(sections: NameSectionReader<'_>, names: &mut NameMap) -> Result<(), wasmparser::BinaryReaderError> {
    for section in sections {
        if let Name::Function(functions) = section? {
            for function in functions {
                let function = function?;
                names.append(function.index, &readable(function.name));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom<'a>(name: &'a str, data: &'a [u8]) -> CustomSection<'a> {
        CustomSection { name: name.into(), data: data.into() }
    }

    #[test]
    fn code_and_what_is_for_the_component_stay_and_what_is_for_a_debugger_goes() {
        let mut module = Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let (mut functions, mut code) = (wasm_encoder::FunctionSection::new(), wasm_encoder::CodeSection::new());
        functions.function(0);
        let mut body = wasm_encoder::Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
        module.section(&functions).section(&code);
        module.section(&custom(".debug_line", b"/home/me")).section(&custom("component-type:x", b"world"));
        let mut names = NameMap::new();
        names.append(0, "_ZN4acme6create17h0123456789abcdefE");
        let mut section = NameSection::new();
        section.functions(&names);
        module.section(&section);

        let slim = slim(&module.finish()).unwrap();
        let is_in = |text: &[u8]| slim.windows(text.len()).any(|window| window == text);
        assert!(is_in(b"world") && is_in(b"acme::create") && !is_in(b"/home/me") && !is_in(b"_ZN"));
        assert!(wasmparser::validate(&slim).is_ok());
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(slim(b"\0asm\x01\0\0\0\x0a\xff").is_err());
    }
}
