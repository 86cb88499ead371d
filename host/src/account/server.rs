//! A PostgreSQL server that an account names: by the URL of its administrator, which the program opens itself.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::Value;
use systemprompt_events::{AccountLogin, Digest, SecretName};
use url::Url;
use zeroize::Zeroizing;

use super::Account;
use crate::backend::postgres::{Remote, Tls};
use crate::database::Place;
use crate::error::{CliError, Exit};
use crate::places::Places;
use crate::{files, secret_input, text};

/// Field of the account: where the server is, as `host:port`.
const SERVER: &str = "server";
/// Field of the account: what is asked of the server's certificate.
const SSL_MODE: &str = "sslmode";
/// Field of the account: who may have signed it, as PEM.
const ROOTS: &str = "root-certificate";
/// Field of the account: which secret field names the server, whatever a later version of the plugin says.
const FIELD: &str = "server-field";
/// What a plugin asks for to learn where a copy of them is.
pub const ROOTS_FILE: &str = "root-certificate-file";

/// All certificates of a cloud together have some hundred KiB.
const ROOTS_BYTES_MAX: usize = 256 << 10;
/// For whoever has certificates of this machine's in mind, which count anyway.
const SYSTEM: &str = "system";
/// Parameters of a URL that need nobody's heed.
const HARMLESS: [&str; 3] = ["application_name", "connect_timeout", "fallback_application_name"];

const FORM: &str = "nothing was kept; write it as `postgres://admin:password@db.example.com:5432/postgres`";

/// Who logs in, and with what.
pub struct Login {
    /// The administrator.
    pub role: String,
    /// Its password.
    pub password: Zeroizing<String>,
}

/// Whether a login is to such a server.
pub fn is_named_by(login: &AccountLogin) -> bool {
    server_of(login).is_some()
}

/// Where the server is that a login is to, and its `sslmode`.
pub fn server_of(login: &AccountLogin) -> Option<(String, String)> {
    let fields = login.fields.value();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(|text| text::one_line(text, 300));
    Some((text(SERVER)?, text(SSL_MODE).unwrap_or_default()))
}

/// Checks the URL that somebody handed over, and keeps what it says of the server beside it.
pub fn settle(account: &mut Account, field: &str) -> Result<(), CliError> {
    let url = url_of(account, field)?;
    let place = place(&url)?;
    let said = Said::by(&url)?;
    let tls = match said.ssl_mode {
        Some(mode) => mode,
        // Nobody is on the way there.
        None if place.is_loopback() => Tls::Prefer,
        None => Tls::VerifyFull,
    };
    let roots = said.roots.map(|file| roots(Path::new(&file))).transpose()?;
    let server = Remote { host: place.host, port: place.port, database: place.database, tls, roots: None };
    account.plain.insert(SERVER.to_owned(), server.in_words());
    account.plain.insert(FIELD.to_owned(), field.to_owned());
    account.plain.insert(SSL_MODE.to_owned(), tls.name().to_owned());
    account.plain.extend(roots.map(|roots| (ROOTS.to_owned(), roots)));
    Ok(())
}

/// Whether a secret of the account is the URL of a server, which goes nowhere else.
pub fn is_for_server(account: &Account, field: &str) -> bool {
    account.plain.get(FIELD).is_some_and(|named| named == field)
}

/// The server that an account names, and its administrator.
pub fn admin(account: &Account, field: &str) -> Result<(Remote, Login), CliError> {
    let place = place(&url_of(account, field)?)?;
    let tls = account.plain.get(SSL_MODE).and_then(|name| Tls::named(name)).ok_or_else(damaged)?;
    let roots = account.plain.get(ROOTS).cloned();
    let login = Login { role: place.role, password: place.password.unwrap_or_default() };
    Ok((Remote { host: place.host, port: place.port, database: place.database, tls, roots }, login))
}

/// The file of this machine with the certificates that somebody named at login; empty where nobody did.
///
/// It is made where it is missing, and named after what is in it: tenants' URLs name it for as long as they live.
pub fn certificate_file(account: &Account, places: &Places) -> Result<String, CliError> {
    let Some(roots) = account.plain.get(ROOTS) else { return Ok(String::new()) };
    let dir = places.data().join("certificates");
    let file = dir.join(format!("{}.pem", Digest::of(roots.as_bytes())));
    let failed = |error: std::io::Error| {
        let message = format!("could not write {}", text::shown(&file));
        CliError::new(Exit::Failed, "file-unwritable", message).because(&error)
    };
    let is_there = files::read_regular(&file, ROOTS_BYTES_MAX as u64).is_ok_and(|found| found == roots.as_bytes());
    if !is_there {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(failed)?;
        files::replace(&file, roots.as_bytes()).map_err(failed)?;
    }
    file.to_str().map(ToOwned::to_owned).ok_or_else(|| failed(std::io::Error::other("its name is not text")))
}

/// What a plugin wants of the server, in its target's `ext`.
pub struct Wishes {
    /// The same server as tenants log in to it.
    pub tenants: Remote,
    /// Whether the server is handed passwords in clear.
    pub hands_over_clear: bool,
}

/// As it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ext {
    sslmode: Option<String>,
    clear_passwords: bool,
}

impl Wishes {
    /// Reads them; nothing is wanted where there is nothing. Less than the account asks of its server only a user asks, by
    /// the settings that they gave the tenant.
    pub fn parse(
        ext: Option<&str>,
        server: &Remote,
        given: &BTreeSet<String>,
    ) -> Result<Wishes, (&'static str, String)> {
        let unknown = |message: String| ("unknown-target", message);
        let ext: Ext = serde_json::from_str(ext.unwrap_or("{}"))
            .map_err(|error| unknown(format!("a target's `ext` cannot be read: {error}")))?;
        let named = |name: &str| {
            Tls::named(name).ok_or_else(|| unknown(format!("there is no sslmode `{}`", text::one_line(name, 60))))
        };
        let tls = ext.sslmode.as_deref().map_or(Ok(server.tls), named)?;
        if tls < server.tls && !given.contains(tls.name()) {
            let (name, address) = (tls.name(), server.in_words());
            let asks = format!("the plugin asks for `sslmode={name}` at {address}");
            let message = format!("{asks}, which is less than the account does, and which nobody gave the tenant");
            return Err(("tls-not-given", message));
        }
        Ok(Wishes { tenants: Remote { tls, ..server.clone() }, hands_over_clear: ext.clear_passwords })
    }
}

fn url_of(account: &Account, field: &str) -> Result<Zeroizing<String>, CliError> {
    let name: Option<SecretName> = field.parse().ok();
    name.and_then(|name| account.value(&name, super::VERSION)).ok_or_else(damaged)
}

fn damaged() -> CliError {
    CliError::new(Exit::Failed, "account-damaged", "what was logged in with cannot be read")
}

fn bad(message: &str) -> CliError {
    CliError::usage("bad-admin-url", message).help(FORM)
}

fn place(url: &str) -> Result<Place, CliError> {
    let place =
        Place::of(url).ok_or_else(|| bad("this is not the URL of a PostgreSQL server with a role to log in"))?;
    if place.host.starts_with('/') {
        return Err(bad("a server is named by a host, not by a directory of sockets"));
    }
    Ok(place)
}

/// What a URL says of how the server is to be talked to.
#[derive(Default)]
struct Said {
    ssl_mode: Option<Tls>,
    roots: Option<String>,
}

impl Said {
    fn by(url: &str) -> Result<Said, CliError> {
        let url = Url::parse(url).map_err(|_| bad("this is not a URL"))?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(bad("the URL names no host"));
        }
        let mut said = Said::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                SSL_MODE => said.ssl_mode = Some(Tls::named(&value).ok_or_else(|| unknown_mode(&value))?),
                "sslrootcert" if value == SYSTEM => {}
                "sslrootcert" => said.roots = Some(value.into_owned()),
                name if HARMLESS.contains(&name) => {}
                name => {
                    let name = text::one_line(name, 40);
                    return Err(bad(&format!("the parameter `{name}` of the URL cannot be heeded; leave it out")));
                }
            }
        }
        Ok(said)
    }
}

fn unknown_mode(name: &str) -> CliError {
    let name = text::one_line(name, 40);
    CliError::usage("bad-admin-url", format!("there is no sslmode `{name}`"))
        .help("nothing was kept; there are `disable`, `prefer`, `require`, `verify-ca` and `verify-full`")
}

/// The certificates of a file, as text.
fn roots(file: &Path) -> Result<String, CliError> {
    let pem = secret_input::file(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let is_usable = found.is_ok_and(|found| !found.is_empty()) && pem.len() <= ROOTS_BYTES_MAX;
    if is_usable && !pem.contains("PRIVATE KEY") {
        return Ok(pem.to_string());
    }
    let message = format!("{} does not hold certificates, and nothing else, in at most 256 KiB", text::shown(file));
    Err(CliError::usage("bad-root-certificate", message)
        .help("nothing was kept; name the file of those who sign for the server, which begins with `-----BEGIN CERTIFICATE-----`"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settled(url: &str) -> Result<Account, String> {
        let secret = BTreeMap::from([("admin-url".parse().unwrap(), Zeroizing::new(url.to_owned()))]);
        let mut account =
            Account { provider: "postgres".parse().unwrap(), api_url: None, plain: BTreeMap::new(), secret };
        settle(&mut account, "admin-url").map_err(|error| format!("{}: {}", error.code, error.message))?;
        Ok(account)
    }

    fn kept(url: &str) -> (String, String) {
        let account = settled(url).unwrap();
        (account.plain[SERVER].clone(), account.plain[SSL_MODE].clone())
    }

    #[test]
    fn a_server_elsewhere_has_to_prove_itself_unless_the_url_says_otherwise() {
        let of = |server: &str, mode: &str| (server.to_owned(), mode.to_owned());
        assert_eq!(kept("postgres://a:p@db.example.com/postgres"), of("db.example.com:5432", "verify-full"));
        assert_eq!(kept("postgresql://a:p@db.example.com:6432?sslmode=require"), of("db.example.com:6432", "require"));
        assert_eq!(kept("postgres://a:p@127.0.0.1:1/x"), of("127.0.0.1:1", "prefer"));
        assert_eq!(kept("postgres://a:p@localhost/x?sslmode=verify-ca"), of("localhost:5432", "verify-ca"));
        assert_eq!(kept("postgres://a:p@[2001:db8::1]/x?sslrootcert=system"), of("[2001:db8::1]:5432", "verify-full"));
    }

    #[test]
    fn the_administrator_is_who_the_url_says() {
        let account = settled("postgres://ad%40min:p%3Aw@db.example.com/defaultdb").unwrap();
        let (server, login) = admin(&account, "admin-url").unwrap();
        assert_eq!((server.host.as_str(), server.database.as_str()), ("db.example.com", "defaultdb"));
        assert_eq!((login.role.as_str(), login.password.as_str()), ("ad@min", "p:w"));
        assert!(admin(&account, "other").is_err());
        assert!(is_for_server(&account, "admin-url") && !is_for_server(&account, "other"));
    }

    #[test]
    fn what_cannot_be_heeded_is_refused_and_no_password_repeated() {
        for (url, code) in [
            ("nonsense-s3cret", "bad-admin-url"),
            ("mysql://a:s3cret@h/d", "bad-admin-url"),
            ("postgres://h/d?password=s3cret", "bad-admin-url"),
            ("postgres:///d?user=a&host=/run/s3cret", "bad-admin-url"),
            ("postgres://a:s3cret@h/d?sslmode=allow", "bad-admin-url"),
            ("postgres://a:s3cret@h/d?channel_binding=require", "bad-admin-url"),
            ("postgres://a:s3cret@h/d?options=-c%20x", "bad-admin-url"),
            ("postgres://a:s3cret@h/d?sslrootcert=/nonexistent", "input-failed"),
            ("postgres://a:s3cret@h/d?sslrootcert=Cargo.toml", "bad-root-certificate"),
        ] {
            let error = settled(url).err().unwrap_or_else(|| panic!("{url} is taken"));
            assert!(error.starts_with(code) && !error.contains("s3cret"), "{url}: {error}");
        }
    }

    #[test]
    fn a_tenant_may_log_in_in_another_mode() {
        let account = settled("postgres://a:p@db.example.com").unwrap();
        let (server, _) = admin(&account, "admin-url").unwrap();
        let mode = |ext: Option<&str>, of_tenant: &str| {
            let wishes = Wishes::parse(ext, &server, &BTreeSet::from([of_tenant.to_owned()])).map_err(|(code, _)| code);
            wishes.map(|wishes| wishes.tenants.tls.name())
        };
        let require = Some(r#"{"sslmode": "require", "x": 1}"#);
        assert_eq!((mode(None, ""), mode(Some("{}"), "disable")), (Ok("verify-full"), Ok("verify-full")));
        assert_eq!(mode(require, "require"), Ok("require"));
        assert_eq!((mode(require, ""), mode(require, "disable")), (Err("tls-not-given"), Err("tls-not-given")));
        assert_eq!(mode(Some(r#"{"sslmode": "allow"}"#), "allow"), Err("unknown-target"));
        assert_eq!(mode(Some("["), ""), Err("unknown-target"));
    }
}
