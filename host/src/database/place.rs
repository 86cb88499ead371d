//! A database's URL taken apart, as `psql` and the variables of a tenant need it.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::{Host, Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::project::url_secret;

/// A URL taken apart, nothing in it escaped. What it leaves open is completed here, as PostgreSQL's programs do where no
/// variable says otherwise; but without a host it is this machine, and never a directory of sockets that they look for.
pub struct Place {
    /// A name, an address, or a directory of sockets.
    pub host: String,
    /// The address of the host, where the URL says both.
    address: Option<String>,
    /// 5432 unless the URL says otherwise.
    pub port: u16,
    /// Who logs in.
    pub role: String,
    /// With what.
    pub password: Option<Zeroizing<String>>,
    /// Where to.
    pub database: String,
    /// The URL without its secrets, and complete: no argument and no variable fills a gap of it.
    pub url: String,
    /// Its `sslmode`.
    pub ssl_mode: Option<String>,
}

impl Place {
    /// None when it is no URL, or does not say who logs in.
    pub fn of(url: &str) -> Option<Place> {
        let mut url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))?;
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let parameter =
            |wanted: &str| parameters.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let host = url.host_str().filter(|host| !host.is_empty()).map(|host| decoded(without_brackets(host)));
        let role = parameter("user").or_else(|| Some(url.username()).filter(|role| !role.is_empty()).map(decoded))?;
        let path = url.path().trim_start_matches('/');
        let port = parameter("port").map(|port| port.parse()).transpose().ok()?;
        let address = parameter("hostaddr");
        let mut place = Place {
            host: parameter("host").or(host).or_else(|| address.clone()).unwrap_or_else(|| "localhost".to_owned()),
            address,
            port: port.or(url.port()).unwrap_or(5432),
            database: parameter("dbname").unwrap_or_else(|| if path.is_empty() { role.clone() } else { decoded(path) }),
            password: parameter("password").or_else(|| url.password().map(decoded)).map(Zeroizing::new),
            ssl_mode: parameter("sslmode"),
            role,
            url: String::new(),
        };
        // A URL without a host has no password to take out.
        let _no_host = url.set_password(None);
        let query = place.query(&url, &parameters);
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        place.url = url.to_string();
        Some(place)
    }

    /// The parameters without secrets, and with what the URL leaves open.
    fn query(&self, url: &Url, parameters: &[(String, String)]) -> String {
        let has = |wanted: &str| parameters.iter().any(|(name, _)| name == wanted);
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        let gaps = [
            ("host", &self.host, has_host || has("host")),
            ("port", &self.port.to_string(), url.port().is_some() || has("port")),
            ("dbname", &self.database, !url.path().trim_start_matches('/').is_empty() || has("dbname")),
        ];
        let gaps: Vec<_> =
            gaps.iter().filter(|(_, _, is_said)| !is_said).map(|(name, value, _)| (*name, *value)).collect();
        // A service is a place as well, in a file that is not the tenant's.
        let is_open = |(name, value): &&(String, String)| name != "service" && !url_secret::is_secret(name, value);
        let open = parameters.iter().filter(is_open).map(|(name, value)| (name.as_str(), value));
        let mut query = form_urlencoded::Serializer::new(String::new());
        // `psql` takes a plus for a plus, and not for a space.
        query.extend_pairs(open.chain(gaps)).finish().replace('+', "%20")
    }

    /// Where a login goes: the address where there is one, else the host.
    pub fn target(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.host)
    }

    /// Whether it is this machine, reached as other machines are.
    pub fn is_loopback(&self) -> bool {
        let target = self.target();
        match target.parse::<IpAddr>().map_err(|_| Host::parse(target)) {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(Ok(Host::Ipv4(address))) => address.is_loopback(),
            Err(Ok(Host::Domain(name))) => name == "localhost",
            Err(Ok(Host::Ipv6(_)) | Err(_)) => false,
        }
    }

    /// Whether both log in to one server as one role, as far as their URLs tell.
    pub fn has_role_of(&self, other: &Place) -> bool {
        let server = |place: &Place| {
            let is_here = place.is_loopback() || place.target().starts_with('/');
            let host = place.target().trim_end_matches('.').to_ascii_lowercase();
            (Some(host).filter(|_| !is_here), place.port)
        };
        self.role == other.role && server(self) == server(other)
    }
}

/// An IPv6 address has them in a URL alone.
fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_its_password_taken_out() {
        let place = Place::of("postgres://me:p%40s%3As@h:6000/my%20db?sslmode=disable").unwrap();
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
        assert_eq!(place.url, "postgresql:///db?host=%2Frun%2Fpg&user=me&options=-c%20x&port=5432");
    }

    #[test]
    fn what_is_not_a_url_of_postgresql_has_no_place() {
        for url in ["nonsense", "mysql://u:p@h/db", "postgres://h/db", "postgres://u@h/db?port=x"] {
            assert!(Place::of(url).is_none(), "{url}");
        }
    }

    #[test]
    fn no_gap_of_a_url_is_left_to_be_filled_by_somebody_else() {
        for (url, complete) in [
            ("postgres://me@h", "postgres://me@h?port=5432&dbname=me"),
            ("postgres:///?user=me", "postgres:///?user=me&host=localhost&port=5432&dbname=me"),
            ("postgres://me@h:1/db?service=other", "postgres://me@h:1/db"),
        ] {
            assert_eq!(Place::of(url).unwrap().url, complete, "{url}");
        }
    }

    #[test]
    fn a_parameter_overrules_what_stands_before_it_as_it_does_for_psql() {
        let place = Place::of("postgres://me:mine@h:1/db?user=you&password=yours&host=k&port=2&dbname=other").unwrap();
        assert_eq!((place.host.as_str(), place.port, place.role.as_str()), ("k", 2, "you"));
        assert_eq!((place.database.as_str(), place.password.unwrap().as_str()), ("other", "yours"));
        let place = Place::of("postgres://me@localhost/db?hostaddr=192.0.2.1").unwrap();
        assert_eq!((place.target(), place.is_loopback()), ("192.0.2.1", false));
    }

    #[test]
    fn brackets_of_an_ipv6_address_stand_in_the_url_alone() {
        let place = Place::of("postgres://me:p@[::1]:6000/db").unwrap();
        assert_eq!((place.host.as_str(), place.target(), place.is_loopback()), ("::1", "::1", true));
        assert_eq!(place.url, "postgres://me@[::1]:6000/db");
        assert!(!Place::of("postgres://me@[2001:db8::1]/db").unwrap().is_loopback());
    }

    #[test]
    fn no_secret_of_a_url_stays_in_what_is_shown() {
        let place = Place::of("postgres://u:p@h:1/d?sslkey=k&sslpassword=s&pass%77ord=t&scram_client_key=u").unwrap();
        assert_eq!(place.url, "postgres://u@h:1/d?sslkey=k");
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        for (host, is_here) in
            [("127.0.0.1", true), ("localhost", true), ("[::1]", true), ("10.0.0.1", false), ("%2Frun", false)]
        {
            assert_eq!(Place::of(&format!("postgres://u@{host}/d")).unwrap().is_loopback(), is_here, "{host}");
        }
    }

    #[test]
    fn one_role_of_one_server_is_known_however_the_server_is_written() {
        let own = Place::of("postgres://u:p@127.0.0.1:6000/a").unwrap();
        for (url, is_same) in [
            ("postgres://u:q@localhost:6000/b", true),
            ("postgres://u@[::1]:6000/b", true),
            ("postgres:///b?host=/run/pg&port=6000&user=u", true),
            ("postgres://v@127.0.0.1:6000/a", false),
            ("postgres://u@127.0.0.1:6001/a", false),
            ("postgres://u@h:6000/a", false),
        ] {
            assert_eq!(own.has_role_of(&Place::of(url).unwrap()), is_same, "{url}");
        }
        let named = |host: &str| Place::of(&format!("postgres://u@{host}/a")).unwrap();
        assert!(named("Db.Example.").has_role_of(&named("db.example")));
    }
}
