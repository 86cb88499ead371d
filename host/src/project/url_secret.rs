//! Taking the password out of a URL, so that what is recorded holds a placeholder instead.

/// A URL's password and the URL with `placeholder` in its place. None when it has no password, or a masked one.
pub fn extract(url: &str, placeholder: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest[..authority_end].rfind('@')?;
    let (user, password) = rest[..at].split_once(':')?;
    if password.is_empty() || password.chars().all(|character| character == '*') {
        return None;
    }
    Some((password.to_owned(), format!("{scheme}://{user}:{placeholder}{}", &rest[at..])))
}

/// The URL with its password replaced by stars, for showing.
pub fn masked(url: &str) -> String {
    extract(url, "***").map_or_else(|| url.to_owned(), |(_, masked)| masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_taken_out_and_everything_else_stays() {
        let (password, url) = extract("postgres://u:p%40w@localhost:5432/db?x=1", "{{p}}").unwrap();
        assert_eq!(password, "p%40w");
        assert_eq!(url, "postgres://u:{{p}}@localhost:5432/db?x=1");
    }

    #[test]
    fn a_url_without_a_password_or_with_a_masked_one_is_left_alone() {
        for url in ["postgres://u@h/db", "postgres://h/db", "postgres://u:***@h/db", "nonsense", "postgres://u:@h/d"] {
            assert_eq!(extract(url, "x"), None, "{url}");
            assert_eq!(masked(url), url);
        }
    }

    #[test]
    fn an_at_sign_in_the_path_is_no_authority() {
        assert_eq!(extract("postgres://h/db:x@y", "x"), None);
    }
}
