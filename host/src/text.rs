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

/// Several lines, each made safe to show; of one that is very long, its middle is left out.
pub fn lines(text: &str) -> String {
    text.lines().map(|line| shortened(line) + "\n").collect()
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
    fn a_long_text_is_cut_visibly() {
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
