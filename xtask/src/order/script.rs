//! Which of the functions that ran a linker script names.
//!
//! A generic function has one name for all types it was compiled for, once the hash is gone. Most are compiled for a few
//! types; some for hundreds, of which a start runs two. These come last, so that they keep nothing apart that belongs
//! together, or are left out where they would bring more than they are worth.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::pattern;

/// A pattern is dense if what it brings is at most this many tenths of what ran.
const DENSE_TENTHS: u64 = 13;
/// The most that a pattern may bring that did not run. Linux maps 16 pages at a fault: a function that is found elsewhere
/// costs one fault, and so do 64 KiB. Two of them were measured to be better than one.
const MOST_IDLE: u64 = 128 * 1024;

/// Functions of a program, and how much code each is, in bytes.
pub(crate) struct Symbols(HashMap<String, u64>);

impl Symbols {
    /// Reads what `nm --print-size` says: address, size, kind, name.
    pub(crate) fn parse(listing: &str) -> Self {
        let function = |line: &str| {
            let mut words = line.split_whitespace();
            let (_, size, kind, name) = (words.next()?, words.next()?, words.next()?, words.next()?);
            matches!(kind, "t" | "T" | "w" | "W").then_some(())?;
            Some((name.to_string(), u64::from_str_radix(size, 16).ok()?))
        };
        Self(listing.lines().filter_map(function).collect())
    }
}

/// Of the patterns of a script, how many find something in a program, and how many there are.
pub(crate) fn found(script: &str, Symbols(symbols): &Symbols) -> (usize, usize) {
    let known: HashSet<String> = symbols.keys().map(|name| pattern::of(name)).collect();
    let named = |line: &str| line.trim().strip_prefix("*(.text.")?.strip_suffix(')').map(String::from);
    let patterns: Vec<String> = script.lines().filter_map(named).collect();
    (patterns.iter().filter(|pattern| known.contains(*pattern)).count(), patterns.len())
}

/// The script, and what it is about.
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) patterns: usize,
    /// Code that it moves together.
    pub(crate) bytes: u64,
}

/// How much of a pattern's code ran, and how much there is.
#[derive(Default, Clone, Copy)]
struct Extent {
    ran: u64,
    all: u64,
}

/// A script for what ran. It is added to the linker's own: `INSERT` says so.
pub(crate) fn script(ran: &[String], symbols: &Symbols) -> Script {
    let (order, extents) = extents(ran, symbols);
    let with = |wanted: fn(&Extent) -> bool| {
        let known = order.iter().filter_map(|name| Some((name, *extents.get(name)?)));
        known.filter(move |(_, extent)| wanted(extent))
    };
    let chosen: Vec<(&String, Extent)> = with(is_dense).chain(with(is_worth_it)).collect();
    let mut text = String::from(
        "/* Made by `cargo xtask order`: what a start runs, so that a linker lays it next to each other. */\n\
         SECTIONS {\n  .text.start : {\n",
    );
    for (name, _) in &chosen {
        let _ = writeln!(text, "    *(.text.{name})");
    }
    text.push_str("  }\n} INSERT BEFORE .text;\n");
    Script { text, patterns: chosen.len(), bytes: chosen.iter().map(|(_, extent)| extent.all).sum() }
}

/// Patterns in the order in which they ran, and the extent of each. What is not the program's own has none.
fn extents(ran: &[String], Symbols(symbols): &Symbols) -> (Vec<String>, HashMap<String, Extent>) {
    let mut order = Vec::new();
    let mut extents: HashMap<String, Extent> = HashMap::new();
    for name in ran {
        let Some(size) = symbols.get(name) else { continue };
        let pattern = pattern::of(name);
        let extent = extents.entry(pattern.clone()).or_insert_with(|| {
            order.push(pattern);
            Extent::default()
        });
        extent.ran += size;
    }
    for (name, size) in symbols {
        if let Some(extent) = extents.get_mut(&pattern::of(name)) {
            extent.all += size;
        }
    }
    (order, extents)
}

fn is_dense(extent: &Extent) -> bool {
    extent.all * 10 <= extent.ran * DENSE_TENTHS
}

fn is_worth_it(extent: &Extent) -> bool {
    !is_dense(extent) && extent.all - extent.ran <= MOST_IDLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn lines(script: &Script) -> Vec<&str> {
        script.text.lines().filter_map(|line| line.trim().strip_prefix("*(.text.")?.strip_suffix(')')).collect()
    }

    #[test]
    fn what_ran_comes_in_its_order_and_what_is_not_the_programs_own_is_left_out() {
        let symbols =
            Symbols::parse("00000010 00000100 T main\n00000110 00000020 t parse\n00000130 00000020 d table\n");
        let script = script(&ran(&["_dl_start", "main", "table", "parse"]), &symbols);
        assert_eq!(lines(&script), ["main", "parse"]);
        assert_eq!(script.bytes, 0x120);
        assert!(script.text.ends_with("INSERT BEFORE .text;\n"), "{}", script.text);
    }

    #[test]
    fn a_function_for_many_types_comes_last_or_is_left_out_when_it_would_bring_too_much() {
        let symbols = Symbols::parse(
            "0 100 t _ZN1a1f17h0000000000000001E\n0 1000 t _ZN1a1f17h0000000000000002E\n\
             0 100 t _ZN1a1g17h0000000000000001E\n0 30000 t _ZN1a1g17h0000000000000002E\n0 10 t main\n",
        );
        let ran = ran(&["_ZN1a1f17h0000000000000001E", "_ZN1a1g17h0000000000000001E", "main"]);
        assert_eq!(lines(&script(&ran, &symbols)), ["main", "_ZN1a1f17h*"]);
    }

    #[test]
    fn a_script_finds_what_another_compiler_named_and_says_what_is_gone() {
        let symbols = Symbols::parse("0 100 t _ZN1a1f17h0000000000000001E\n0 10 t main\n");
        let old = script(&ran(&["_ZN1a1f17h0000000000000001E", "main"]), &symbols).text;
        let newer = Symbols::parse("0 100 t _ZN1a1f17hffffffffffffffffE\n");
        assert_eq!((found(&old, &symbols), found(&old, &newer)), ((2, 2), (1, 2)));
    }
}
