//! What can be told of SQL by its words, without a parser: where a guess can be wrong, it is wrong on the careful side.

/// Whether it holds a `copy` that takes what comes next on standard input for its data.
pub fn reads_what_follows(sql: &str) -> bool {
    let is_copy = |start: &usize| word(&sql[*start..]).eq_ignore_ascii_case("copy");
    let reads = |start: usize| {
        let from = word(&sql[start..]);
        let next = word(after_comments(&sql[start + from.len()..]));
        from.eq_ignore_ascii_case("from") && ["stdin", "pstdin"].iter().any(|name| next.eq_ignore_ascii_case(name))
    };
    let starts = word_starts(sql);
    starts.iter().any(is_copy) && starts.into_iter().any(reads)
}

/// Whether something like the end of a transaction begins one of its lines or statements.
pub fn ends_its_transaction(sql: &str) -> bool {
    let ends = |text: &str| ["commit", "rollback", "abort"].iter().any(|end| word(text).eq_ignore_ascii_case(end));
    let prepares = |text: &str| {
        let first = word(text);
        let next = word(after_comments(&text[first.len()..]));
        first.eq_ignore_ascii_case("prepare") && next.eq_ignore_ascii_case("transaction")
    };
    let is_end = |text: &str| ends(text) || prepares(text);
    let after_a_semicolon = sql.match_indices(';').map(|(place, _)| after_comments(&sql[place + 1..]));
    sql.split(['\n', '\r', ';']).map(str::trim_start).any(is_end)
        || is_end(after_comments(sql))
        || after_a_semicolon.into_iter().any(is_end)
}

/// Where words begin, also those in comments and between quotes: what is a quote may itself be quoted.
fn word_starts(sql: &str) -> Vec<usize> {
    let mut was_in_word = false;
    let begins = |(place, character): (usize, char)| {
        let begins = is_of_word(character) && !was_in_word;
        was_in_word = is_of_word(character);
        begins.then_some(place)
    };
    sql.char_indices().filter_map(begins).collect()
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The word that the text begins with; none where it begins with anything else.
fn word(text: &str) -> &str {
    &text[..text.find(|character| !is_of_word(character)).unwrap_or(text.len())]
}

/// What comes after white space and comments.
fn after_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if let Some(line) = text.strip_prefix("--") {
            text = line.find(['\n', '\r']).map_or("", |end| &line[end..]);
        } else if text.starts_with("/*") {
            text = after_block(text);
        } else {
            return text;
        }
    }
}

/// What comes after the comment that it begins with. Others may stand in it.
fn after_block(text: &str) -> &str {
    let (mut depth, mut place) = (0_usize, 0);
    while let Some(found) = text[place..].find(['/', '*']) {
        place += found;
        let step = match text.get(place..place + 2) {
            Some("/*") => {
                depth += 1;
                2
            }
            Some("*/") => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        place += step;
        if depth == 0 {
            return &text[place..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_read_on_is_known_however_it_is_written() {
        for (sql, reads) in [
            ("-- no-transaction\nCopy t\n FROM\n Stdin;", true),
            ("copy t from stdin with csv", true),
            ("copy t from stdin(format text)", true),
            ("copy t from stdin;select 1", true),
            ("copy t from/**/stdin", true),
            ("copy t(a)from /* a /* b */ c */ -- d\n\tstdin", true),
            ("select '--'; copy \"t\"from stdin", true),
            ("select 'from /*'; copy t from stdin", true),
            ("\\copy t from pstdin", true),
            ("copy t from '/file'", false),
            ("copy t from stdin_of_mine", false),
            ("copy t from -- stdin\n '/file'", false),
            ("copy t from /* stdin", false),
            ("select stdin from t", false),
            ("select * from stdin", false),
            ("copy t to stdout", false),
        ] {
            assert_eq!(reads_what_follows(sql), reads, "{sql}");
        }
    }

    #[test]
    fn the_end_of_a_transaction_is_seen_where_a_line_or_a_statement_begins_with_it() {
        for (sql, ends) in [
            ("select 1;\n  Commit;", true),
            ("rollback;", true),
            ("insert into t values (1); commit; begin", true),
            ("select 1; /* so far */ commit", true),
            ("prepare /**/ transaction 'x'", true),
            ("select '/*';\ncommit", true),
            ("prepare p as select 1", false),
            ("create table commits (x int);", false),
            ("create function f() returns void as $$ begin end $$ language plpgsql;", false),
            ("create table t (x int) on commit drop;", false),
        ] {
            assert_eq!(ends_its_transaction(sql), ends, "{sql}");
        }
    }
}
