//! YAML as profiles use it: nested mappings of texts and lists of texts, each with its line and its place in the text.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Levels of mappings; a profile has three.
const DEPTH_MAX: usize = 8;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The keys that lead to it, joined by dots.
    pub path: String,
    /// Line of its key, from 1.
    pub line: usize,
    /// Last line that it takes; the line of its key for a group.
    pub line_end: usize,
    /// Where its key ends, in characters of the text.
    pub key_end: usize,
    /// What it is.
    pub value: Value,
    /// Characters of the text that the value takes; none for a group.
    pub span: std::ops::Range<usize>,
}

/// What can stand in a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text; `quoted` ones are never numbers, switches or null.
    Scalar {
        /// Without quotes.
        text: String,
        /// In the file.
        quoted: bool,
    },
    /// A list of texts.
    List(Vec<String>),
    /// A mapping with something in it; its values follow.
    Mapping,
}

/// Why a text is not YAML that a profile may consist of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// From 1.
    pub line: usize,
    /// In words.
    pub message: String,
}

/// The values of a text, in its order.
pub fn entries(text: &str) -> Result<Vec<Entry>, Malformed> {
    if text.starts_with('\u{feff}') {
        let message = "the file begins with a byte order mark: save it as UTF-8 without one";
        return Err(Malformed { line: 1, message: message.to_owned() });
    }
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Malformed {
            line: error.marker().line(),
            message: format!("not YAML: {}", error.info()),
        })?;
        events.push((event, span));
    }
    let mut walk = Walk { events: events.into_iter().peekable(), entries: Vec::new() };
    walk.document()?;
    let mut entries = walk.entries;
    let characters: Vec<char> = text.chars().collect();
    for entry in entries.iter_mut().filter(|entry| entry.value != Value::Mapping) {
        trim(entry, &characters);
    }
    Ok(entries)
}

/// The parser counts line ends and empty lines after some values as part of them.
fn trim(entry: &mut Entry, characters: &[char]) {
    let taken = characters.get(entry.span.clone()).unwrap_or_default();
    let blank = taken.iter().rev().take_while(|character| character.is_whitespace()).count();
    entry.span.end -= blank;
    let taken = characters.get(entry.key_end..entry.span.end).unwrap_or_default();
    entry.line_end = entry.line + taken.iter().filter(|character| **character == '\n').count();
}

struct Walk<'a, I: Iterator<Item = (Event<'a>, Span)>> {
    events: std::iter::Peekable<I>,
    entries: Vec<Entry>,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what a profile may consist of is listed; all else is refused")]
impl<'a, I: Iterator<Item = (Event<'a>, Span)>> Walk<'a, I> {
    fn document(&mut self) -> Result<(), Malformed> {
        let mut documents = 0;
        while let Some((event, span)) = self.events.next() {
            match event {
                Event::MappingStart(anchor, tag) if documents == 1 => {
                    plain(anchor, tag.is_some(), span)?;
                    self.mapping("", 1)?;
                }
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(at(span, "a profile is one document, and a second one begins here"));
                    }
                }
                Event::Scalar(..) | Event::SequenceStart(..) | Event::Alias(_) | Event::MappingStart(..) => {
                    return Err(at(span, "a profile is a mapping: lines of `field: value`"));
                }
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentEnd
                | Event::SequenceEnd
                | Event::MappingEnd => {}
            }
        }
        Ok(())
    }

    fn mapping(&mut self, prefix: &str, depth: usize) -> Result<(), Malformed> {
        while let Some((event, span)) = self.events.next() {
            let key = match event {
                Event::MappingEnd => return Ok(()),
                Event::Scalar(key, _, anchor, tag) => {
                    plain(anchor, tag.is_some(), span)?;
                    if key.contains('.') {
                        let shown = crate::text::one_line(&key, 60);
                        let message = format!("`{shown}` is no field's name: write a field below its group, indented");
                        return Err(at(span, &message));
                    }
                    key.into_owned()
                }
                _ => return Err(at(span, "a field's name is a plain word")),
            };
            let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            if self.entries.iter().any(|entry| entry.path == path) {
                return Err(at(span, &format!("`{}` is set twice", crate::text::one_line(&path, 60))));
            }
            self.value(path, span, depth)?;
        }
        Ok(())
    }

    fn value(&mut self, path: String, key: Span, depth: usize) -> Result<(), Malformed> {
        let (line, key_end) = (key.start.line(), key.end.index());
        let entry = |path, value, span| Entry { path, line, line_end: line, key_end, value, span };
        let Some((event, span)) = self.events.next() else { return Err(at(key, "a value is missing")) };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain(anchor, tag.is_some(), span)?;
                let value = Value::Scalar { text: text.into_owned(), quoted: style != ScalarStyle::Plain };
                self.entries.push(entry(path, value, span.start.index()..span.end.index()));
            }
            Event::SequenceStart(anchor, tag) => {
                plain(anchor, tag.is_some(), span)?;
                let (items, end) = self.list()?;
                self.entries.push(entry(path, Value::List(items), span.start.index()..end.max(span.start.index())));
            }
            Event::MappingStart(anchor, tag) => {
                plain(anchor, tag.is_some(), span)?;
                if depth == DEPTH_MAX {
                    return Err(at(span, "this is nested deeper than any field"));
                }
                let place = span.start.index()..span.start.index();
                self.entries.push(entry(path.clone(), Value::Mapping, place));
                self.mapping(&path, depth + 1)?;
            }
            _ => return Err(at(span, "anchors and aliases have no place in a profile: write the value itself")),
        }
        Ok(())
    }

    fn list(&mut self) -> Result<(Vec<String>, usize), Malformed> {
        let mut items = Vec::new();
        let mut end = 0;
        for (event, span) in self.events.by_ref() {
            match event {
                // A list in brackets ends with one; the others end with their last item.
                Event::SequenceEnd if span.is_empty() => return Ok((items, end)),
                Event::SequenceEnd => return Ok((items, span.end.index())),
                Event::Scalar(text, _, anchor, tag) => {
                    plain(anchor, tag.is_some(), span)?;
                    items.push(text.into_owned());
                    end = span.end.index();
                }
                _ => return Err(at(span, "a list here holds plain values only")),
            }
        }
        Ok((items, 0))
    }
}

/// Anchors and tags mean something else to each program that reads the file.
fn plain(anchor: usize, tagged: bool, span: Span) -> Result<(), Malformed> {
    if anchor == 0 && !tagged {
        Ok(())
    } else {
        Err(at(span, "anchors and tags have no place in a profile: write the value itself"))
    }
}

fn at(span: Span, message: &str) -> Malformed {
    Malformed { line: span.start.line(), message: message.to_owned() }
}
