//! Taking the password out of a URL, so that what is recorded holds a placeholder instead.

use std::borrow::Cow;

use systemprompt_events::template;
use url::form_urlencoded;

/// A URL's password and the URL with `placeholder` in its place. None when it has no password, or a masked one.
///
/// A URL with a password among its parameters is secret as a whole, since there are too many ways to write one there.
pub fn extract(url: &str, placeholder: &str) -> Option<(String, String)> {
    if url.split_once('?').is_some_and(|(_, parameters)| has_secret(parameters)) {
        return Some((url.to_owned(), placeholder.to_owned()));
    }
    let (scheme, rest) = url.split_once("://")?;
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..authority_end].rfind('@') else {
        // A password that should have been escaped makes the URL end early: nobody can say where it begins.
        let is_odd = rest[authority_end..].contains('@') && rest[..authority_end].contains(':');
        return is_odd.then(|| (url.to_owned(), placeholder.to_owned()));
    };
    let (user, password) = rest[..at].split_once(':')?;
    if password.is_empty() || password.chars().all(|character| character == '*') {
        return None;
    }
    Some((password.to_owned(), format!("{scheme}://{user}:{placeholder}{}", &rest[at..])))
}

/// Whether one of the parameters is secret, however its name is written.
fn has_secret(parameters: &str) -> bool {
    let is_secret = |(name, value): (Cow<'_, str>, Cow<'_, str>)| is_secret(&name, &value);
    parameters.to_ascii_lowercase().contains("password") || form_urlencoded::parse(parameters.as_bytes()).any(is_secret)
}

/// Whether a parameter of a URL is for those alone who may log in: passwords of roles, keys and proxies, keys themselves.
pub fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_named_so = ["password", "passwd", "pwd", "secret", "token"].iter().any(|word| name.contains(word));
    is_named_so || matches!(name.as_str(), "scram_client_key" | "scram_server_key") || value.contains("PRIVATE KEY")
}

/// A URL as it is recorded: a template in which `placeholder` stands for the password, and the password, if it has one.
pub fn template(url: &str, placeholder: &str) -> (String, Option<String>) {
    // No URL from a command line or a JSON file of ours holds this character.
    const MARK: &str = "\u{0}";
    match extract(url, MARK) {
        Some((password, marked)) => (template::escape(&marked).replace(MARK, placeholder), Some(password)),
        None => (template::escape(url), None),
    }
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
    fn a_url_with_a_password_among_its_parameters_is_secret_as_a_whole() {
        let url = "postgres://h/db?user=u&Password=p";
        assert_eq!(extract(url, "{{p}}"), Some((url.to_owned(), "{{p}}".to_owned())));
        assert_eq!(masked(url), "***");
        for parameter in [
            "sslpassword=p",
            "ssl%70ass%77ord=p",
            "scram_client_key=p",
            "oauth_client_secret=p",
            "sslkey=-----BEGIN+PRIVATE+KEY-----",
        ] {
            assert_eq!(masked(&format!("postgres://u:q@h/db?sslmode=require&{parameter}")), "***", "{parameter}");
        }
        assert_eq!(masked("postgres://u:q@h/db?sslkey=k"), "postgres://u:***@h/db?sslkey=k");
    }

    #[test]
    fn what_looks_like_a_placeholder_in_a_url_is_text() {
        let (recorded, password) = template("postgres://u:p{{q@h/{{secret:x@1}}", "{{secret:p@1}}");
        assert_eq!(password.as_deref(), Some("p{{q"));
        assert_eq!(recorded, "postgres://u:{{secret:p@1}}@h/{{open}}secret:x@1}}");
    }

    #[test]
    fn an_at_sign_in_the_path_is_no_authority() {
        assert_eq!(extract("postgres://h/db:x@y", "x"), None);
        let odd = "postgres://u:pa/ss@h/db";
        assert_eq!(extract(odd, "{{p}}"), Some((odd.to_owned(), "{{p}}".to_owned())));
        assert_eq!(masked(odd), "***");
    }
}
