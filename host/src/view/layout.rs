//! Text that fits its terminal: columns are counted as wide as they are shown, and nothing that can be typed is broken.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Paint;
use crate::text::one_line;

/// Longest value that is shown where nothing limits it.
const VALUE_CHARS_MAX: usize = 4_000;
/// Prose is not squeezed into less.
const PROSE_COLUMNS_MIN: usize = 20;
/// How far a value stands in that has a line of its own.
const INDENT: &str = "  ";

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, or as much of it as fits, ending in `…`.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut taken = 1;
    for character in text.chars() {
        taken += character.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        kept.push(character);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// The text, followed by as many spaces as it takes to fill so many columns.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text in lines of at most so many columns, broken at spaces; a longer word has a line of its own, whole.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A line that is cut where the terminal ends.
pub fn line(text: &str, paint: Paint) -> String {
    match paint.columns {
        Some(columns) => cut(text, columns),
        None => text.to_owned(),
    }
}

/// Something in columns, followed by prose that is wrapped below its own beginning, or below it all where little is left.
pub fn hang(columns: &str, prose: &str, paint: Paint) -> String {
    let Some(limit) = paint.columns else { return format!("{columns}{prose}\n") };
    let begins = width(columns);
    if begins + width(prose) <= limit {
        return format!("{columns}{prose}\n");
    }
    let room = limit.saturating_sub(begins);
    let lines = wrap(prose, room);
    if room >= PROSE_COLUMNS_MIN && lines.iter().all(|line| width(line) <= room) {
        let between = format!("\n{}", " ".repeat(begins));
        return format!("{columns}{}\n", lines.join(&between));
    }
    let indent = INDENT.repeat(2);
    let room = limit.saturating_sub(indent.len());
    // Whole at the edge of the terminal, as in a table.
    let columns = columns.trim_end();
    let mut text = if width(columns) > limit { columns.trim_start() } else { columns }.to_owned();
    for line in wrap(prose, room) {
        let indent = if width(&line) <= room { indent.as_str() } else { "" };
        let line_end = if text.is_empty() { "" } else { "\n" };
        let _always = write!(text, "{line_end}{indent}{line}");
    }
    text + "\n"
}

/// A sentence, or a line that ends in a command to type.
pub fn sentence(line: &str, paint: Paint) -> String {
    if line.contains(":  ") { hint(line, paint) } else { hang("", line, paint) }
}

/// A line that ends in a command to type, behind `:  `; on a narrow terminal that has a line of its own, whole.
pub fn hint(line: &str, paint: Paint) -> String {
    match (line.split_once(":  "), paint.columns) {
        (Some((what, command)), Some(columns)) if width(line) > columns => {
            format!("{what}:\n{INDENT}{}\n", command.trim_start())
        }
        _ => format!("{line}\n"),
    }
}

/// Labels and values, the values aligned.
///
/// On a terminal, prose is wrapped; what is one word, such as a URL, is never broken: where it does not fit beside its label
/// it has a line of its own, so that it can be copied.
pub fn table<L: AsRef<str>>(rows: &[(L, String)], paint: Paint) -> String {
    let labels = rows.iter().map(|(label, _)| width(label.as_ref())).max().unwrap_or(0) + 1;
    let beside = paint.columns.map_or(usize::MAX, |columns| columns.saturating_sub(labels + 2));
    let mut text = String::new();
    for (label, value) in rows {
        let label = format!("{}:", capitalised(label.as_ref()));
        let value = one_line(value, VALUE_CHARS_MAX);
        let prose = beside >= PROSE_COLUMNS_MIN && value.contains(' ');
        let lines = if prose { wrap(&value, beside) } else { vec![value] };
        if lines.iter().all(|line| width(line) <= beside) {
            for (count, line) in lines.iter().enumerate() {
                let label = if count == 0 { label.as_str() } else { "" };
                let _always = writeln!(text, "{}  {line}", pad(label, labels));
            }
        } else {
            let columns = paint.columns.map_or(usize::MAX, |columns| columns.saturating_sub(INDENT.len()));
            let _always = writeln!(text, "{label}");
            for line in lines.iter().flat_map(|line| wrap(line, columns)) {
                // Whole at the edge of the terminal, which then breaks it without a break in what is copied.
                let indent = if width(&line) <= columns { INDENT } else { "" };
                let _always = writeln!(text, "{indent}{line}");
            }
        }
    }
    text
}

fn capitalised(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Paint = Paint { terminal: false, columns: None };

    fn narrow(columns: usize) -> Paint {
        Paint { terminal: true, columns: Some(columns) }
    }

    #[test]
    fn wide_characters_count_as_wide_as_they_are() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!((cut("abc", 1), cut("abc", 0)), ("…".to_owned(), String::new()));
    }

    #[test]
    fn prose_is_wrapped_and_a_word_is_never_broken() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a postgres://user@host/database b", 10), ["a", "postgres://user@host/database", "b"]);
        assert!(wrap("", 10).is_empty());
    }

    #[test]
    fn prose_behind_columns_hangs_below_its_own_beginning() {
        assert_eq!(hang("  a  ", "one two", WIDE), "  a  one two\n");
        assert_eq!(hang("  a  ", "one two three four five", narrow(25)), "  a  one two three four\n     five\n");
        assert_eq!(hang("  aaaaaaaaaa  ", "one two three", narrow(20)), "  aaaaaaaaaa\n    one two three\n");
        assert_eq!(hang("              ", "one two three", narrow(20)), "    one two three\n", "no empty line");
    }

    #[test]
    fn a_word_that_does_not_fit_behind_columns_begins_at_the_edge() {
        let (id, limit) = ("999bc654-9a64-49bc-98be-db976fc84e76", narrow(38));
        assert_eq!(hang("  a  ", id, limit), format!("  a\n{id}\n"));
        let told = hang("  a  ", &format!("b {id}"), narrow(40));
        assert_eq!(told, format!("  a\n    b\n    {id}\n"), "{told}");
        assert_eq!(hang(&format!("  {id}  "), "b", limit), format!("  {id}\n    b\n"));
        assert_eq!(hang(&format!("  {id}  "), "b", narrow(36)), format!("{id}\n    b\n"));
    }

    #[test]
    fn a_sentence_is_wrapped_and_what_can_be_typed_stays_whole() {
        assert_eq!(sentence("one two three four five six", narrow(20)), "one two three four\nfive six\n");
        assert_eq!(sentence("show it:  systemprompt which", narrow(20)), "show it:\n  systemprompt which\n");
        assert_eq!(sentence("", narrow(20)), "\n");
    }

    #[test]
    fn a_command_to_type_is_never_broken() {
        let line = "make it the default:    systemprompt which";
        assert_eq!(hint(line, narrow(80)), format!("{line}\n"));
        assert_eq!(hint(line, narrow(30)), "make it the default:\n  systemprompt which\n");
    }

    #[test]
    fn a_table_is_as_it_always_was_where_nothing_limits_it() {
        let rows = [("id", "a".repeat(100)), ("database URL", "b".to_owned())];
        assert_eq!(table(&rows, WIDE), format!("Id:            {}\nDatabase URL:  b\n", "a".repeat(100)));
    }

    #[test]
    fn on_a_narrow_terminal_a_long_value_has_a_line_of_its_own_and_stays_whole() {
        let rows = [("ID", "local_1".to_owned()), ("URL", "postgres://localhost:5432/a".to_owned())];
        assert_eq!(table(&rows, narrow(30)), "ID:   local_1\nURL:\n  postgres://localhost:5432/a\n");
        assert_eq!(table(&rows, narrow(20)), "ID:   local_1\nURL:\npostgres://localhost:5432/a\n");
        let prose = [("why", "the server is not there".to_owned())];
        assert_eq!(table(&prose, narrow(26)), "Why:  the server is not\n      there\n");
    }
}
