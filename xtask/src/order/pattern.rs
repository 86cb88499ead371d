//! Names of functions that outlive a compiler.
//!
//! What a symbol holds besides the function's path depends on the compiler and on versions of crates: a hash at the end of
//! a legacy name (`…17h0123456789abcdefE`), and a crate's disambiguator in a name of version 0 (`Cs1a2b_4core`; RFC 2603).
//! A pattern has `*` in their places.

/// A hash in a legacy name: `17h` is the length and the first letter of its last part.
const HASH: &str = "17h";
const HASH_DIGITS: usize = 16;

/// The pattern of a symbol, for a linker.
pub(crate) fn of(symbol: &str) -> String {
    if symbol.starts_with("_R") { without_disambiguators(symbol) } else { without_hash(symbol) }
}

fn without_hash(symbol: &str) -> String {
    let Some(start) = symbol.rfind(HASH) else { return symbol.to_string() };
    let rest = &symbol[start + HASH.len()..];
    let is_hash = rest.len() > HASH_DIGITS
        && rest.bytes().take(HASH_DIGITS).all(|byte| byte.is_ascii_hexdigit())
        && rest[HASH_DIGITS..].starts_with('E');
    if is_hash { format!("{}*", &symbol[..start + HASH.len()]) } else { symbol.to_string() }
}

fn without_disambiguators(symbol: &str) -> String {
    let mut pattern = String::with_capacity(symbol.len());
    let mut rest = symbol;
    while let Some(start) = rest.find("Cs") {
        let (before, found) = rest.split_at(start + 2);
        pattern.push_str(before);
        let digits = found.bytes().take_while(u8::is_ascii_alphanumeric).count();
        rest = if digits > 0 && found[digits..].starts_with('_') {
            pattern.push('*');
            &found[digits..]
        } else {
            found
        };
    }
    pattern + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_the_compiler_becomes_a_star_and_a_name_of_c_stays() {
        assert_eq!(of("_ZN4core3fmt5write17h0123456789abcdefE"), "_ZN4core3fmt5write17h*");
        assert_eq!(of("_ZN4core3fmt5write17h0123456789abcdefE.llvm.123"), "_ZN4core3fmt5write17h*");
        assert_eq!(of("sqlite3_open_v2"), "sqlite3_open_v2");
        assert_eq!(of("_ZN3app17handle_everythingE"), "_ZN3app17handle_everythingE");
    }

    #[test]
    fn every_disambiguator_of_a_crate_becomes_a_star() {
        assert_eq!(
            of("_RNvXss_NtNtCsgEmfK2I1SDS_4core3fmt3numNtCs1_5alloc"),
            "_RNvXss_NtNtCs*_4core3fmt3numNtCs*_5alloc"
        );
        assert_eq!(of("_RNvC3Cs"), "_RNvC3Cs");
    }
}
