//! Text from elsewhere, made safe to show.

use std::fmt::Write;
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

/// JSON of several lines, the same to whoever parses it, in which nothing changes what a terminal shows.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unsafe(character) && character != '\n' {
            // All of them are below U+10000: four digits, as JSON wants them.
            let _always = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

/// Several lines, each made safe to show; of one that is very long, its middle is left out.
pub fn lines(text: &str) -> String {
    text.lines().map(|line| shortened(line) + "\n").collect()
}

/// Several lines as they are, each made safe to show.
pub fn printable(text: &str) -> String {
    text.chars().map(|each| if is_unsafe(each) && each != '\n' { ' ' } else { each }).collect()
}

fn shortened(line: &str) -> String {
    const HEAD_CHARS: usize = 120;
    const TAIL_CHARS: usize = 280;
    let clean = |text: String| text.chars().map(|each| if is_unsafe(each) { ' ' } else { each }).collect::<String>();
    let length = line.chars().count();
    if length <= HEAD_CHARS + TAIL_CHARS {
        return clean(line.to_owned());
    }
    let head = line.chars().take(HEAD_CHARS).collect();
    let tail = line.chars().skip(length - TAIL_CHARS).collect();
    format!("{}…{}", clean(head), clean(tail))
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
    fn of_a_very_long_line_the_beginning_and_the_end_are_shown() {
        let text = lines(&format!("  invalid value '{}\u{1b}': too long\nnext\n", "a".repeat(10_000)));
        assert!(text.starts_with("  invalid value 'aaa") && text.ends_with("a ': too long\nnext\n"));
        assert!(text.len() < 500, "{text}");
    }

    #[test]
    fn json_stays_the_same_and_becomes_harmless() {
        let text = "{\n  \"a\": \"\u{9b}31m\u{202e}\u{7f}é\"\n}";
        let shown = escaped(text);
        assert_eq!(shown, "{\n  \"a\": \"\\u009b31m\\u202e\\u007fé\"\n}");
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(&shown), parsed(text));
    }

    #[test]
    fn a_long_text_is_cut_visibly() {
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
