//! The least that a program on Extism does to get an answer of a plugin that was compiled before: what `cargo xtask
//! bench` measures ours beside.
//!
//! `prepare PLUGIN CONFIG CACHE BYTES` writes a plugin of so many bytes and a configuration of Wasmtime's cache. `answer PLUGIN CONFIG` loads
//! the plugin, from that cache where it is in it, calls it once and prints its answer; `nothing PLUGIN CONFIG` only reads it.
//! `anew PLUGIN CONFIG CALLS` loads it once and calls it so often, each time in an instance of its own; `again` in one.

use std::error::Error;
use std::fs;
use std::path::Path;

use extism::{CompiledPlugin, Plugin, PluginBuilder};

const USAGE: &str = "usage: systemprompt-bench-extism prepare PLUGIN CONFIG CACHE BYTES | answer|nothing PLUGIN CONFIG \
     | anew|again PLUGIN CONFIG CALLS";

/// A plugin that answers `42` by the functions of Extism's ABI.
const PLUGIN: &str = r#"(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output (param i64 i64)))
    (func (export "answer") (result i32) (local $text i64)
        (local.set $text (call $alloc (i64.const 2)))
        (call $store (local.get $text) (i32.const 52))
        (call $store (i64.add (local.get $text) (i64.const 1)) (i32.const 50))
        (call $output (local.get $text) (i64.const 2))
        (i32.const 0))
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["prepare", plugin, config, cache, bytes] => {
            fs::write(plugin, plugin_of(bytes.parse()?)?)?;
            fs::write(config, format!("[cache]\ndirectory = {cache:?}\n"))?;
        }
        ["answer", plugin, config] => say(&mut builder(Path::new(plugin), Path::new(config))?.build()?)?,
        ["anew", plugin, config, calls] => {
            let compiled = CompiledPlugin::new(builder(Path::new(plugin), Path::new(config))?)?;
            for _ in 0..calls.parse()? {
                say(&mut Plugin::new_from_compiled(&compiled)?)?;
            }
        }
        ["again", plugin, config, calls] => {
            let mut plugin = builder(Path::new(plugin), Path::new(config))?.build()?;
            for _ in 0..calls.parse()? {
                say(&mut plugin)?;
            }
        }
        ["nothing", plugin, _] => println!("{}", fs::read(plugin)?.len()),
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

/// A plugin with as many functions that nobody calls as it takes to be so large: a provider is more than one function, too.
fn plugin_of(bytes: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let with = |functions: usize| {
        let mut text = PLUGIN.to_owned();
        for number in 0..functions {
            text.push_str("(func (param i64 i64) (result i64) (local.get 0)");
            for step in 0..20 {
                text.push_str(&format!(
                    "(i64.const {}) (i64.xor) (local.get 1) (i64.mul) (if (param i64) (result i64) (i64.eqz (local.get {})) \
                     (then (i64.const 3) (i64.add)) (else (i64.const 1) (i64.shl)))",
                    number * 20 + step,
                    step % 2,
                ));
            }
            text.push_str(")\n");
        }
        wat::parse_str(text + ")")
    };
    let (none, hundred) = (with(0)?.len(), with(100)?.len());
    Ok(with(100 * bytes.saturating_sub(none) / (hundred - none))?)
}

fn builder<'a>(plugin: &Path, config: &Path) -> Result<PluginBuilder<'a>, Box<dyn Error>> {
    Ok(PluginBuilder::new(fs::read(plugin)?).with_cache_config(config))
}

fn say(plugin: &mut Plugin) -> Result<(), Box<dyn Error>> {
    println!("{}", plugin.call::<&str, String>("answer", "")?);
    Ok(())
}
