//! A few bytes of the component that a test may write over: a variant without another build.

use std::hint::black_box;

/// Found by its first half; a variant's name stands in the second, filled up with spaces.
pub static STAMP: [u8; 48] = *b"systemprompt-hostile-mode-here: none            ";

/// Bytes by which it is found.
const MARK: usize = 32;

/// Name of the variant.
pub(crate) fn read() -> &'static str {
    // What the compiler sees is not what will stand there.
    let stamp: &'static [u8; 48] = black_box(&STAMP);
    str::from_utf8(&stamp[MARK..]).unwrap_or_default().trim_end()
}
