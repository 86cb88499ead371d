//! What `--help` says of every command, taken apart.

use crate::Sandbox;

/// The help of one command.
#[derive(Debug)]
pub struct Help {
    /// What is typed after the program's name.
    pub words: Vec<String>,
    /// What it does: lines as wide as the terminal.
    pub about: Vec<String>,
    /// How it is called.
    pub usage: String,
    /// Commands below it, with a line about each.
    pub commands: Vec<(String, String)>,
    /// Positional arguments.
    pub arguments: Vec<(String, String)>,
    /// Its own flags, without `--help` and `--version`.
    pub options: Vec<(String, String)>,
    /// Flags of every command.
    pub global_options: Vec<(String, String)>,
    /// Command lines.
    pub examples: Vec<String>,
}

impl Help {
    /// All commands, each before those below it.
    pub fn tree(sandbox: &Sandbox) -> Vec<Help> {
        let mut found = Vec::new();
        let mut waiting = vec![Vec::new()];
        while let Some(words) = waiting.pop() {
            let text = sandbox.run(words.iter().map(String::as_str).chain(["--help"])).ok().stdout;
            let help = Help::parse(words, &text);
            let below = help.commands.iter().rev().map(|(name, _)| [help.words.clone(), vec![name.clone()]].concat());
            waiting.extend(below);
            found.push(help);
        }
        found
    }

    /// As it is typed, without the program's name: `cloud tenant list`.
    pub fn name(&self) -> String {
        self.words.join(" ")
    }

    fn parse(words: Vec<String>, text: &str) -> Help {
        let mut help = Help {
            words,
            about: Vec::new(),
            usage: String::new(),
            commands: Vec::new(),
            arguments: Vec::new(),
            options: Vec::new(),
            global_options: Vec::new(),
            examples: Vec::new(),
        };
        let mut section = "about";
        for line in text.lines() {
            match line {
                "Commands:" | "Arguments:" | "Options:" | "Global options:" | "Examples:" => section = line,
                _ if line.starts_with("Usage: ") => line.trim_start_matches("Usage: ").clone_into(&mut help.usage),
                _ => help.take(section, line),
            }
        }
        help.commands.retain(|(name, _)| name != "help");
        help.options.retain(|(name, _)| name != "-h, --help" && name != "-V, --version");
        help
    }

    fn take(&mut self, section: &str, line: &str) {
        match section {
            "Commands:" => take_entry(&mut self.commands, line),
            "Arguments:" => take_entry(&mut self.arguments, line),
            "Options:" => take_entry(&mut self.options, line),
            "Global options:" => take_entry(&mut self.global_options, line),
            "Examples:" => take_example(&mut self.examples, line),
            _ => self.about.push(line.to_owned()),
        }
    }
}

/// An entry begins with a name and may go on in the lines below, which stand further in.
fn take_entry(entries: &mut Vec<(String, String)>, line: &str) {
    let indent = line.len() - line.trim_start().len();
    let text = line.trim();
    if text.is_empty() {
        return;
    }
    if indent <= 6 && (entries.is_empty() || indent == 2 || text.starts_with('-')) {
        let (name, about) = text.split_once("  ").unwrap_or((text, ""));
        entries.push((name.to_owned(), about.trim().to_owned()));
    } else if let Some((_, about)) = entries.last_mut() {
        format!("{about} {text}").trim().clone_into(about);
    }
}

/// A long example is wrapped.
fn take_example(examples: &mut Vec<String>, line: &str) {
    let text = line.trim();
    match examples.last_mut() {
        Some(last) if !text.starts_with("systemprompt") => format!("{last} {text}").trim().clone_into(last),
        _ if text.is_empty() => {}
        _ => examples.push(text.to_owned()),
    }
}
