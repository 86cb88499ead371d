//! The server that the account names, what its administrator may do there, and whether it is the one that a tenant is on.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Administrator, Found, Postgres};
use systemprompt_sdk::rotation::Reach;
use systemprompt_sdk::{Failure, Secret, Tenant, account};

use crate::{Config, SslMode};

/// The account's field with the administrator's URL.
pub(crate) const ADMIN_URL: &str = "admin-url";

const LOG_IN: &str = "systemprompt cloud auth login --provider postgres";

/// The server, as tenants of these settings log in to it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    config: Config,
    /// Which server it is, as far as that is known.
    home: Option<Home>,
    /// Who is on it; nobody yet, or nobody in particular.
    guest: Option<Guest>,
}

/// A tenant that a server has.
#[derive(Clone, Debug)]
struct Guest {
    id: String,
    role: String,
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
        Self { config: config.clone(), home: None, guest: None }
    }

    /// The server of a tenant that was made; refused where nothing says which one that is.
    pub(crate) fn of(tenant: &Tenant<Config>) -> Result<Self, Failure> {
        let home = serde_json::from_value(tenant.resources["server"].clone()).map_err(|_| {
            let message = format!("nothing says on which server tenant `{}` is", tenant.id);
            Failure::refused("server-unknown", message).help("nothing was done; its record is not as it was made here")
        })?;
        let guest = Guest { id: tenant.id.clone(), role: tenant.role_name() };
        Ok(Self { home: Some(home), guest: Some(guest), ..Self::new(&tenant.config) })
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

    /// What a tenant logs in to it with.
    pub(crate) fn url(&self, role: &str, password: &Secret, database: &str) -> Result<String, Failure> {
        let address = self.home.as_ref().map(|home| home.address.as_str()).unwrap_or_default();
        Ok(format!("postgres://{role}:{password}@{address}/{database}?{}", self.parameters()?))
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

    /// Refused when the account names another server than the tenant's: at another address, or with other data at the
    /// same one, as where a tunnel leads elsewhere. One that was upgraded in its place has other data and the tenant's role.
    pub(crate) fn expect_home(&self) -> Result<(), Failure> {
        let Some(home) = &self.home else { return Ok(()) };
        let here = address()?;
        if here != home.address {
            return Err(self.elsewhere(home, &format!("`{here}`")));
        }
        let Some(identity) = &home.identity else { return Ok(()) };
        let (found, is_there) = match &self.guest {
            Some(guest) => {
                let found = self.postgres().find_role(&guest.role)?;
                (found.administrator.identity, found.may_change.is_some())
            }
            None => (self.postgres().administrator()?.identity, false),
        };
        match found {
            Some(found) if found != *identity && !is_there => {
                Err(self.elsewhere(home, "another server at that address"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The tenant's server as it is now, before something is done that cannot be undone. Refused where the tenant is not
    /// there, for whoever finds nothing to drop may be at the wrong place; or where the administrator could not go through
    /// with it.
    pub(crate) fn find(&self, second: &str) -> Result<Home, Failure> {
        self.expect_home()?;
        self.present(Some(second))
    }

    /// The server of the account, if the tenant is there.
    pub(crate) fn follow(&self) -> Result<Home, Failure> {
        self.present(None)
    }

    fn present(&self, to_drop: Option<&str>) -> Result<Home, Failure> {
        let address = address()?;
        let Some(guest) = &self.guest else { return Ok(self.look()?.0) };
        let found = self.postgres().find_role(&guest.role)?;
        if found.may_change.is_none() {
            return Err(absent(&guest.role, &found.tag, &address));
        }
        if let Some(second) = to_drop {
            check_control(&guest.role, &found, &address)?;
            check_control(second, &self.postgres().find_role(second)?, &address)?;
        }
        Ok(Home { address, identity: found.administrator.identity })
    }

    fn elsewhere(&self, home: &Home, here: &str) -> Failure {
        let message = format!("the tenant is on the server `{}`, and the account is one with {here}", home.address);
        let help = format!("log in to the tenant's server with `{LOG_IN}`, and run the command again");
        let help = match &self.guest {
            Some(Guest { id, .. }) => {
                let mode = self.config.sslmode.map_or("verify-full", SslMode::name);
                format!(
                    "{help}; where the server has moved, `systemprompt cloud tenant edit {id} --config sslmode={mode}` \
                     takes the tenant along"
                )
            }
            None => help,
        };
        Failure::refused("server-changed", message).help(help)
    }

    pub(crate) fn call(&self, call: impl Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.expect_home()?;
        call(&self.postgres())
    }

    /// What follows a tenant's database in its URL.
    fn parameters(&self) -> Result<String, Failure> {
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

/// The tenant is not there.
fn absent(role: &str, tag: &str, address: &str) -> Failure {
    let message =
        format!("the server `{address}` has no role `{role}` of this tenant, so it may be another than the tenant's");
    let (role, tag) = (quoted(role), tag.replace('\'', "''"));
    Failure::refused("role-missing", message).help(format!(
        "log in to the tenant's server with `{LOG_IN}`; where the role was dropped there by hand, \
         `CREATE ROLE {role}; COMMENT ON ROLE {role} IS '{tag}'` lets the command go on"
    ))
}

/// Refused where the administrator may not change a role of the tenant that is there.
fn check_control(role: &str, found: &Found, address: &str) -> Result<(), Failure> {
    let administrator = &found.administrator;
    if found.may_change != Some(false) {
        return Ok(());
    }
    let (role, admin) = (quoted(role), quoted(&administrator.role));
    let message = format!("`{}` may not change the role {role} on the server `{address}`", administrator.role);
    let help = if administrator.may_create_roles {
        format!("let whoever made the role, or a superuser, type `GRANT {role} TO {admin} WITH ADMIN OPTION`")
    } else {
        format!("let a superuser of the server type `ALTER ROLE {admin} CREATEROLE`")
    };
    Err(Failure::refused("account-forbidden", message).help(format!("{help}, and try again")))
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
