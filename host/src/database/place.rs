//! A database's URL taken apart, as `psql` and the variables of a tenant need it.

use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

/// A URL taken apart, nothing in it escaped.
pub struct Place {
    /// A name, an address, or a directory of sockets.
    pub host: String,
    /// 5432 unless the URL says otherwise.
    pub port: u16,
    /// Who logs in.
    pub role: String,
    /// With what.
    pub password: Option<Zeroizing<String>>,
    /// Where to.
    pub database: String,
    /// The URL without its password.
    pub url: String,
    /// Its `sslmode`.
    pub ssl_mode: Option<String>,
}

impl Place {
    /// None when it is no URL.
    pub fn of(url: &str) -> Option<Place> {
        let mut url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))?;
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let parameter =
            |wanted: &str| parameters.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let host = url.host_str().filter(|host| !host.is_empty()).map(decoded);
        let role = Some(url.username()).filter(|role| !role.is_empty()).map(decoded).or_else(|| parameter("user"))?;
        let path = url.path().trim_start_matches('/');
        let place = Place {
            host: parameter("host").or(host).unwrap_or_else(|| "localhost".to_owned()),
            port: parameter("port").and_then(|port| port.parse().ok()).or(url.port()).unwrap_or(5432),
            database: parameter("dbname").unwrap_or_else(|| if path.is_empty() { role.clone() } else { decoded(path) }),
            password: url.password().map(decoded).or_else(|| parameter("password")).map(Zeroizing::new),
            ssl_mode: parameter("sslmode"),
            role,
            url: String::new(),
        };
        // A URL without a host has no password to take out.
        let _no_host = url.set_password(None);
        let open = parameters.iter().filter(|(name, _)| name != "password");
        // `psql` takes a plus for a plus, and not for a space.
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(open).finish().replace('+', "%20");
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        Some(Place { url: url.to_string(), ..place })
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_its_password_taken_out() {
        let place = Place::of("postgres://me:p%40s%3As@h:6000/my%20db?sslmode=disable&password=x").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.role.as_str()), ("h", 6000, "me"));
        assert_eq!((place.database.as_str(), place.ssl_mode.as_deref()), ("my db", Some("disable")));
        assert_eq!(place.password.unwrap().as_str(), "p@s:s");
        assert_eq!(place.url, "postgres://me@h:6000/my%20db?sslmode=disable");
    }

    #[test]
    fn parameters_of_a_url_count_too() {
        let place = Place::of("postgresql:///db?host=/run/pg&user=me&password=p%2Bp&options=-c%20x").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.role.as_str()), ("/run/pg", 5432, "me"));
        assert_eq!(place.password.unwrap().as_str(), "p+p");
        assert_eq!(place.url, "postgresql:///db?host=%2Frun%2Fpg&user=me&options=-c%20x");
    }

    #[test]
    fn what_is_not_a_url_of_postgresql_has_no_place() {
        for url in ["nonsense", "mysql://u:p@h/db", "postgres://h/db"] {
            assert!(Place::of(url).is_none(), "{url}");
        }
    }
}
