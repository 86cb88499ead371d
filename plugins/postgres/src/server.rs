//! The server that the account names, what its administrator may do there, and whether it is the one that a tenant is on.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Administrator, Postgres};
use systemprompt_sdk::rotation::Reach;
use systemprompt_sdk::{Failure, Tenant, account};

use crate::{Config, SslMode};

/// The account's field with the administrator's URL.
pub(crate) const ADMIN_URL: &str = "admin-url";

const LOG_IN: &str = "systemprompt cloud auth login --provider postgres";

/// The server, as tenants of these settings log in to it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    config: Config,
    /// Which server a tenant is on, as far as that is known.
    home: Option<Home>,
}

/// A server, as it is recorded with what was made on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Home {
    /// Host and port.
    address: String,
    /// The number of its data, where it tells; a copy of the data has it too, and an upgraded server another.
    identity: Option<String>,
}

impl Server {
    pub(crate) fn new(config: &Config) -> Self {
        Self { config: config.clone(), home: None }
    }

    pub(crate) fn of(tenant: &Tenant<Config>) -> Self {
        let home = serde_json::from_value(tenant.resources["server"].clone()).ok();
        Self { home, ..Self::new(&tenant.config) }
    }

    /// The same server, which is known from here on.
    pub(crate) fn at(self, home: Home) -> Self {
        Self { home: Some(home), ..self }
    }

    /// The same server, as tenants of other settings log in to it.
    pub(crate) fn with(self, config: &Config) -> Self {
        Self { config: config.clone(), ..self }
    }

    /// How it is found again.
    pub(crate) fn description(&self) -> Value {
        let mut description = json!({ "kind": "account", "name": ADMIN_URL });
        if let Some(Home { address, identity }) = &self.home {
            description["address"] = json!(address);
            description["identity"] = json!(identity);
        }
        description
    }

    pub(crate) fn postgres(&self) -> Postgres {
        let postgres = Postgres::of_account(ADMIN_URL).sslmode(self.config.sslmode.map(SslMode::name));
        if self.config.clear_passwords { postgres.clear_passwords() } else { postgres }
    }

    /// Logs in as the administrator, and is refused where that one cannot make tenants.
    pub(crate) fn look(&self) -> Result<(Home, Administrator), Failure> {
        let (address, found) = (address()?, self.postgres().administrator()?);
        check_rights(&found, &address)?;
        Ok((Home { address, identity: found.identity.clone() }, found))
    }

    /// Refused when the account names another server than the tenant's: one that has another address, and other data.
    pub(crate) fn expect_home(&self) -> Result<(), Failure> {
        let Some(home) = &self.home else { return Ok(()) };
        let here = address()?;
        if here == home.address {
            return Ok(());
        }
        let found = self.postgres().administrator()?.identity;
        if found.is_some() && found == home.identity {
            return Ok(());
        }
        let message = format!("the tenant is on the server `{}`, and the account is one with `{here}`", home.address);
        let help = format!("log in to the tenant's server with `{LOG_IN}`, and run the command again");
        Err(Failure::refused("server-changed", message).help(help))
    }

    pub(crate) fn call(&self, call: impl Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.expect_home()?;
        call(&self.postgres())
    }

    /// What follows a tenant's database in its URL.
    pub(crate) fn parameters(&self) -> Result<String, Failure> {
        let mode = match self.config.sslmode {
            Some(mode) => mode.name().to_owned(),
            None => account::value("sslmode")?,
        };
        let file = account::value("root-certificate-file")?;
        if file.is_empty() || !mode.starts_with("verify-") {
            return Ok(format!("sslmode={mode}"));
        }
        Ok(format!("sslmode={mode}&sslrootcert={}", escaped(&file)))
    }
}

impl Reach for Server {
    fn reach(&self, call: &dyn Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.call(|postgres| call(postgres))
    }
}

/// Host and port of the account's server.
pub(crate) fn address() -> Result<String, Failure> {
    account::value("server")
}

fn check_rights(found: &Administrator, address: &str) -> Result<(), Failure> {
    let lacking: Vec<_> = [
        (found.may_create_roles, "make roles", "CREATEROLE"),
        (found.may_create_databases, "make databases", "CREATEDB"),
    ]
    .into_iter()
    .filter_map(|(may, doing, right)| (!may && !found.superuser).then_some((doing, right)))
    .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let (doing, rights): (Vec<_>, Vec<_>) = lacking.into_iter().unzip();
    let message = format!("`{}` may not {} on the server `{address}`", found.role, doing.join(" and "));
    let help = format!(
        "let a superuser of the server type `ALTER ROLE {} {}`, and try again",
        quoted(&found.role),
        rights.join(" ")
    );
    Err(Failure::refused("account-forbidden", message).help(help))
}

/// As SQL has a name.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A file's name as a part of a URL.
fn escaped(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escape = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_name_fits_into_a_url() {
        assert_eq!(escaped("/home/me/my ca&x=%.pem"), "/home/me/my%20ca%26x%3D%25.pem");
    }

    #[test]
    fn a_name_stays_in_its_quotes() {
        assert_eq!(quoted("ad\"min"), "\"ad\"\"min\"");
    }
}
