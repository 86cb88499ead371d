//! What it was measured on: a table without this says nothing.

use std::process::Command;

use crate::process::{Outcome, capture};

/// The machine and the day, in a line.
pub(crate) fn described() -> Outcome<String> {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let said =
        |program: &str, words: &[&str]| capture(Command::new(program).args(words)).map(|said| said.trim().to_owned());
    let day = said("date", &["-u", "+%Y-%m-%d"])?;
    let kernel = said("uname", &["-sr"])?;
    let temporary = std::env::temp_dir().display().to_string();
    let file_system = said("stat", &["-f", "-c", "%T", &temporary])?;
    let (processor, memory) = (processor(), memory_gib());
    Ok(format!("{day}; {cores} × {processor}, {memory} GiB, {kernel}, {file_system} under {temporary}"))
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "an unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

fn memory_gib() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib =
        info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0).div_ceil(1 << 20)
}

/// Processes that want to run, in the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
