//! Where a guest was when it was stopped, and what it said last. All of it is the guest's own, and shown as such.

use systemprompt_guest_build::readable;
use wasmtime::{AsContextMut, FrameInfo, FrameSymbol, Store, WasmBacktrace, WasmCoreDump};

use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Calls that are shown: what is further out is how the program called it.
const CALLS_MAX: usize = 12;
/// Calls that are looked at: those of a library, such as the way into a panic, are not shown.
const CALLS_LOOKED_AT_MAX: usize = 50;
/// Of one line.
const LINE_CHARS_MAX: usize = 300;
/// Under this name a guest says where it left the message of a panic.
const LAST_WORDS: &str = "systemprompt_panic";
/// Of the message, before it is made one line.
const LAST_WORDS_BYTES_MAX: usize = 4 * MESSAGE_CHARS_MAX;
/// Where the library of a guest in Rust begins, which its author did not write: its names, and its files as a build calls
/// them.
const LIBRARY: [&str; 7] = ["alloc::", "core::", "std::", "dlmalloc::", "panic_abort::", "__rustc::", "rust_"];
const LIBRARY_FILES: &str = "/rust/";
/// Where the way in from the program begins.
const ENTRANCE: [&str; 4] =
    ["systemprompt_sdk::export::", "systemprompt_sdk::bindings::", "systemprompt:provider/", "__wasm_export_"];

/// Calls of the guest, innermost first, a line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts(Vec<String>);

impl Whereabouts {
    /// As they are shown.
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

/// Where it was when this ended it.
pub fn of(error: &wasmtime::Error) -> Whereabouts {
    let frames = error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames);
    let frames = frames.or_else(|| Some(error.downcast_ref::<WasmCoreDump>()?.frames())).unwrap_or_default();
    shown(&frames.iter().flat_map(calls).take(CALLS_LOOKED_AT_MAX).collect::<Vec<_>>())
}

/// A function, and the place in its source where that is known.
struct Call {
    function: String,
    place: Option<String>,
}

/// What a frame stands for: functions that became part of another one come first.
fn calls(frame: &FrameInfo) -> Vec<Call> {
    let by_line: Vec<Call> = frame.symbols().iter().filter_map(|symbol| call(frame, symbol)).collect();
    let by_name = || frame.func_name().map(|name| Call { function: readable(name), place: None });
    if by_line.is_empty() { by_name().into_iter().collect() } else { by_line }
}

fn call(frame: &FrameInfo, symbol: &FrameSymbol) -> Option<Call> {
    let name = symbol.name().or_else(|| frame.func_name())?;
    let place = symbol.file().zip(symbol.line()).map(|(file, line)| match symbol.column() {
        Some(column) => format!("{}:{line}:{column}", file.strip_prefix("./").unwrap_or(file)),
        None => format!("{}:{line}", file.strip_prefix("./").unwrap_or(file)),
    });
    Some(Call { function: readable(name), place })
}

impl Call {
    fn is_of_library(&self) -> bool {
        let in_file = self.place.as_ref().is_some_and(|place| place.starts_with(LIBRARY_FILES));
        in_file || LIBRARY.iter().any(|prefix| self.function.starts_with(prefix))
    }

    fn is_entrance(&self) -> bool {
        ENTRANCE.iter().any(|prefix| self.function.starts_with(prefix))
    }
}

/// Without what says nothing to an author: the way into a panic, and the way in from the program.
fn shown(calls: &[Call]) -> Whereabouts {
    let own = calls.iter().position(|call| !call.is_of_library()).unwrap_or(0);
    let calls = calls.iter().skip(own).take_while(|call| !call.is_entrance());
    let lines = calls.map(|call| {
        let line = match &call.place {
            Some(place) => format!("{} ({place})", call.function),
            None => call.function.clone(),
        };
        one_line(&line, LINE_CHARS_MAX)
    });
    let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    // One that calls itself is there once.
    lines.dedup();
    lines.truncate(CALLS_MAX);
    Whereabouts(lines)
}

/// The message of a panic, if the guest left one: `panicked at src/lib.rs:7:5: …`.
pub fn last_words<T: 'static>(error: &wasmtime::Error, store: &mut Store<T>) -> Option<String> {
    let dump = error.downcast_ref::<WasmCoreDump>()?;
    let said = dump.instances().iter().find_map(|instance| {
        let place = instance.get_global(store.as_context_mut(), LAST_WORDS)?.get(store.as_context_mut()).i32()?;
        let memory = instance.get_memory(store.as_context_mut(), "memory")?.data(&store);
        let word = |at: usize| Some(u32::from_le_bytes(memory.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize);
        let at = place.cast_unsigned() as usize;
        let (address, length) = (word(at)?, word(at.checked_add(4)?)?.min(LAST_WORDS_BYTES_MAX));
        let bytes = memory.get(address..address.checked_add(length)?)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    })?;
    Some(one_line(&said, MESSAGE_CHARS_MAX)).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
        GlobalType, MemorySection, MemoryType, NameMap, NameSection, TypeSection, ValType,
    };
    use wasmtime::{Instance, Module};

    use super::*;
    use crate::plugin::engine::{self, Traces};

    /// A guest that stops at once: a function of this name, and what its memory holds where it says it left its last words.
    fn stopped(name: &str, memory: &[u8], at: i32) -> (Whereabouts, Option<String>) {
        let mut module = wasm_encoder::Module::new();
        let (mut types, mut functions, mut memories) =
            (TypeSection::new(), FunctionSection::new(), MemorySection::new());
        types.ty().function([], []);
        functions.function(0);
        let one_page =
            MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None };
        memories.memory(one_page);
        let mut globals = GlobalSection::new();
        globals.global(GlobalType { val_type: ValType::I32, mutable: false, shared: false }, &ConstExpr::i32_const(at));
        let mut exports = ExportSection::new();
        exports.export("run", ExportKind::Func, 0).export("memory", ExportKind::Memory, 0);
        exports.export(LAST_WORDS, ExportKind::Global, 0);
        let (mut code, mut data, mut body) = (CodeSection::new(), DataSection::new(), Function::new([]));
        body.instructions().unreachable().end();
        code.function(&body);
        data.active(0, &ConstExpr::i32_const(0), memory.iter().copied());
        let (mut names, mut section) = (NameMap::new(), NameSection::new());
        names.append(0, name);
        section.functions(&names);
        module.section(&types).section(&functions).section(&memories).section(&globals).section(&exports);
        module.section(&code).section(&data).section(&section);

        let engine = engine::make(Traces::Functions).unwrap();
        let module = Module::new(&engine, module.finish()).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(u64::MAX / 2);
        let called = async {
            let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
            let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
            run.call_async(&mut store, ()).await.unwrap_err()
        };
        let error = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(called);
        (of(&error), last_words(&error, &mut store))
    }

    /// Words of a guest's memory.
    fn words(words: [u32; 2], then: &str) -> Vec<u8> {
        [&words[0].to_le_bytes(), &words[1].to_le_bytes(), then.as_bytes()].concat()
    }

    #[test]
    fn a_guest_is_shown_by_the_names_of_its_functions_and_by_what_it_said_last() {
        let said = "panicked at src/lib.rs:7:5:\nno luck";
        let length = u32::try_from(said.len()).unwrap();
        let (at, last) = stopped("_ZN4acme6create17h0123456789abcdefE", &words([8, length], said), 0);
        assert_eq!(at.lines(), ["acme::create"]);
        assert_eq!(last.as_deref(), Some("panicked at src/lib.rs:7:5: no luck"));
    }

    #[test]
    fn neither_names_nor_words_of_a_guest_change_a_terminal_or_fill_it() {
        let (at, last) = stopped("a\u{1b}[2J\u{202e}b", &words([8, 9], "\u{1b}[2Jevil\r"), 0);
        assert_eq!(at.lines(), ["a [2J b"]);
        assert_eq!(last.as_deref(), Some("[2Jevil"));
        let (at, last) = stopped(&"x".repeat(100_000), &words([0, 60_000], ""), 0);
        assert!(at.lines()[0].chars().count() <= LINE_CHARS_MAX);
        assert!(last.is_none_or(|last| last.chars().count() <= MESSAGE_CHARS_MAX + 1));
    }

    #[test]
    fn last_words_that_lie_outside_of_a_guests_memory_are_none() {
        for (pair, at) in [([u32::MAX, 9], 0), ([8, u32::MAX], 65_535), ([0, 0], -1), ([65_530, 100], 0), ([0, 0], 0)] {
            let (_, last) = stopped("run", &words(pair, ""), at);
            assert_eq!(last, None, "{pair:?} at {at}");
        }
    }

    fn call(function: &str, place: Option<&str>) -> Call {
        Call { function: function.to_owned(), place: place.map(str::to_owned) }
    }

    #[test]
    fn what_is_not_the_authors_is_left_out_at_both_ends() {
        let calls = [
            call("core::panicking::panic_fmt", None),
            call("abort", Some("/rust/library/std/src/process.rs:1")),
            call("acme::create", Some("src/lib.rs:7:5")),
            call("core::iter::Map::next", None),
            call("acme::Acme::create", None),
            call("systemprompt_sdk::export::Exported::run", None),
            call("systemprompt:provider/provider@1.0.0#run", None),
        ];
        assert_eq!(
            shown(&calls).lines(),
            ["acme::create (src/lib.rs:7:5)", "core::iter::Map::next", "acme::Acme::create"]
        );
    }

    #[test]
    fn of_a_deep_stack_the_innermost_calls_are_shown() {
        let calls: Vec<Call> = (0..100).map(|depth| call(&format!("deep{depth}"), None)).collect();
        assert_eq!(shown(&calls).lines().len(), CALLS_MAX);
        assert_eq!(shown(&calls).lines()[0], "deep0");
        let itself: Vec<Call> = (0..100).map(|_| call("itself", None)).collect();
        assert_eq!(shown(&itself).lines(), ["itself"]);
    }
}
