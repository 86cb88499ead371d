//! Text from elsewhere, made safe to show.

use std::path::Path;

/// Longest message of a plugin or another system that is shown or recorded.
pub const MESSAGE_CHARS_MAX: usize = 2_000;

/// One line without control characters (terminal escapes among them), cut at `chars_max`.
pub fn one_line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == chars_max {
            line.push('…');
            break;
        }
        line.push(if is_unsafe(character) { ' ' } else { character });
    }
    line.trim().to_owned()
}

/// A path, made safe to show.
pub fn shown(path: &Path) -> String {
    one_line(&path.display().to_string(), MESSAGE_CHARS_MAX)
}

/// Several lines, each made safe to show.
pub fn lines(text: &str) -> String {
    text.lines().map(|line| one_line_kept(line) + "\n").collect()
}

/// As [`one_line`], with the spaces at its beginning.
fn one_line_kept(line: &str) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    " ".repeat(indent) + &one_line(line, MESSAGE_CHARS_MAX)
}

/// Control characters, and those that reorder what a terminal shows.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_line_breaks_do_not_reach_the_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\nc\u{9b}d\u{202e}e", 100), "a [31mb c d e");
    }

    #[test]
    fn a_long_text_is_cut_visibly() {
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
