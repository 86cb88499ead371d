//! Many rows in one text: SQL packs them cell by cell, and we take them apart again. For what is read together with
//! something else in one query.

/// A cell as arguments of `concat`: the first letter of its type, its length in bytes, a colon, and itself. NULL is `n`
/// alone.
pub(super) fn packed_cell(column: &str) -> String {
    // `concat` passes over NULL: what is left of it is the letter. (A chain of `||` would copy what stands before it
    // again and again.)
    let colon = format!("iif({column} IS NULL, NULL, ':')");
    format!("substr(typeof({column}), 1, 1), octet_length({column}), {colon}, {column}")
}

/// Takes packed cells apart, and remembers the first column that does not hold what it should.
pub(super) struct Cells<'a, 'b> {
    pub(super) rest: &'a mut &'b [u8],
    pub(super) wrong: &'a mut Option<&'static str>,
}

impl<'b> Cells<'_, 'b> {
    pub(super) fn number(&mut self, column: &'static str) -> i64 {
        let number = self.next(b'i').and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        self.or_wrong(number, column)
    }

    pub(super) fn text(&mut self, column: &'static str) -> String {
        let text = self.next(b't').and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned);
        self.or_wrong(text, column)
    }

    fn or_wrong<T: Default>(&mut self, value: Option<T>, column: &'static str) -> T {
        if value.is_none() {
            self.wrong.get_or_insert(column);
        }
        value.unwrap_or_default()
    }

    /// The next cell; none when it is of another type than `letter`.
    fn next(&mut self, letter: u8) -> Option<&'b [u8]> {
        let rest: &'b [u8] = self.rest;
        let (first, after) = rest.split_first()?;
        if *first == b'n' {
            *self.rest = after;
            return None;
        }
        let colon = after.iter().position(|byte| *byte == b':');
        let length = colon.and_then(|colon| std::str::from_utf8(&after[..colon]).ok()?.parse::<usize>().ok());
        let cell = colon.zip(length).and_then(|(colon, length)| after[colon + 1..].split_at_checked(length));
        let (cell, after) = cell.unwrap_or((&[], &[]));
        *self.rest = after;
        (*first == letter).then_some(cell)
    }
}
