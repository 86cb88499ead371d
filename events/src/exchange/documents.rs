//! Taking a file apart into its documents, one at a time: the lines of a text, or the elements of a JSON array.

use std::io::{BufRead, Read as _};

use sha2::{Digest as _, Sha256};

use super::{DOCUMENT_BYTES_MAX, ReadError};
use crate::Digest;

/// How documents lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line.
    Lines,
    /// Elements of one array.
    Array,
}

/// The documents of a file, in memory one at a time.
pub(super) struct Documents<R> {
    input: R,
    layout: Layout,
    document: Vec<u8>,
    number: u64,
    /// Of all lines before the last one.
    before: Sha256,
    is_over: bool,
}

impl<R: BufRead> Documents<R> {
    /// Looks at the first byte that is no white space to tell how documents lie.
    pub(super) fn open(mut input: R) -> Result<Self, ReadError> {
        let layout = match first_byte(&mut input)? {
            None => return Err(ReadError::Empty),
            Some(b'{') => Layout::Lines,
            Some(b'[') => {
                input.consume(1);
                Layout::Array
            }
            Some(_) => return Err(ReadError::NotAnExport { reason: "it does not begin with `{` or `[`".into() }),
        };
        Ok(Self { input, layout, document: vec![], number: 0, before: Sha256::new(), is_over: false })
    }

    pub(super) const fn layout(&self) -> Layout {
        self.layout
    }

    /// The number of the last document, from 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// SHA-256 of every line before the last one.
    pub(super) fn digest_before(&self) -> Digest {
        Digest::from_bytes(self.before.clone().finalize().into())
    }

    /// The next document; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, ReadError> {
        if self.is_over {
            return Ok(None);
        }
        let found = match self.layout {
            Layout::Lines => self.next_line()?,
            Layout::Array => self.next_element()?,
        };
        self.is_over = !found;
        Ok(found.then_some(self.document.as_slice()))
    }

    fn next_line(&mut self) -> Result<bool, ReadError> {
        loop {
            self.before.update(&self.document);
            self.document.clear();
            let longest = DOCUMENT_BYTES_MAX as u64 + 1;
            let read = self.input.by_ref().take(longest).read_until(b'\n', &mut self.document)?;
            if read == 0 {
                return Ok(false);
            }
            if read > DOCUMENT_BYTES_MAX {
                return Err(ReadError::TooLong { document: self.number + 1 });
            }
            if !self.document.trim_ascii().is_empty() {
                self.number += 1;
                return Ok(true);
            }
        }
    }

    /// After `[` or an element: the next element, or the end of the array and of the file.
    fn next_element(&mut self) -> Result<bool, ReadError> {
        let wrong = |document, reason: &str| ReadError::Document { document, reason: reason.to_owned() };
        let mut next = first_byte(&mut self.input)?;
        if next == Some(b',') && self.number > 0 {
            self.input.consume(1);
            next = first_byte(&mut self.input)?.filter(|byte| *byte != b']');
        } else if self.number > 0 && next.is_some_and(|byte| byte != b']') {
            return Err(wrong(self.number, "no comma or `]` follows it"));
        }
        match next {
            None => Err(ReadError::CutOff { events: self.number }),
            Some(b']') => {
                self.input.consume(1);
                match first_byte(&mut self.input)? {
                    None => Ok(false),
                    Some(_) => Err(ReadError::Trailer { reason: "something follows the last `]`".into() }),
                }
            }
            Some(b'{') => self.element().map(|()| true),
            Some(_) => Err(wrong(self.number + 1, "it is not an object")),
        }
    }

    /// Everything from `{` to the `}` that closes it; what stands between them is for the parser to judge.
    fn element(&mut self) -> Result<(), ReadError> {
        self.document.clear();
        let mut nesting = Nesting::default();
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Err(ReadError::CutOff { events: self.number });
            }
            let end = bytes.iter().position(|byte| nesting.closes(*byte));
            let taken = end.map_or(bytes.len(), |end| end + 1);
            self.document.extend_from_slice(&bytes[..taken]);
            self.input.consume(taken);
            if self.document.len() > DOCUMENT_BYTES_MAX {
                return Err(ReadError::TooLong { document: self.number + 1 });
            }
            if end.is_some() {
                self.number += 1;
                return Ok(());
            }
        }
    }
}

/// How deep in brackets a text is, and whether in a string.
#[derive(Default)]
struct Nesting {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Nesting {
    /// Takes the next byte in, and says whether it closes the outermost bracket.
    fn closes(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.depth == 0
    }
}

/// The next byte that is no white space, left where it is.
fn first_byte(input: &mut impl BufRead) -> Result<Option<u8>, ReadError> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Some(place) = bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
            let byte = bytes[place];
            input.consume(place);
            return Ok(Some(byte));
        }
        let all = bytes.len();
        input.consume(all);
    }
}
