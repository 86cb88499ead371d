//! The server that the account names, what its administrator may do there, and whether it is the one that a tenant is on.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Administrator, Postgres};
use systemprompt_sdk::rotation::Reach;
use systemprompt_sdk::{Failure, Secret, Tenant, account};

use crate::rights::{absent, check_control, check_rights};
use crate::{Config, SslMode};

/// The account's field with the administrator's URL.
pub(crate) const ADMIN_URL: &str = "admin-url";

/// Field of the resources of a tenant that is set aside.
pub(crate) const ASIDE: &str = "set_aside";

/// What logs in to a server.
pub(crate) const LOG_IN: &str = "systemprompt cloud auth login --provider postgres";

/// The server, as tenants of these settings log in to it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    config: Config,
    /// Which server it is, as far as that is known.
    home: Option<Home>,
    /// Who is on it; nobody yet, or nobody in particular.
    guest: Option<Guest>,
    /// Whether that one is set aside, so that no edit takes it along.
    is_aside: bool,
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
        Self { config: config.clone(), home: None, guest: None, is_aside: false }
    }

    /// The server of a tenant that was made; refused where nothing says which one that is.
    pub(crate) fn of(tenant: &Tenant<Config>) -> Result<Self, Failure> {
        let home = serde_json::from_value(tenant.resources["server"].clone()).map_err(|_| {
            let message = format!("nothing says on which server tenant `{}` is", tenant.id);
            Failure::refused("server-unknown", message).help("nothing was done; its record is not as it was made here")
        })?;
        let guest = Guest { id: tenant.id.clone(), role: tenant.role_name() };
        let is_aside = tenant.resources[ASIDE] == true;
        Ok(Self { home: Some(home), guest: Some(guest), is_aside, ..Self::new(&tenant.config) })
    }

    /// The same server, of a tenant that is set aside, whatever its record says.
    pub(crate) fn aside(self) -> Self {
        Self { is_aside: true, ..self }
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

    /// Whether this is the tenant's server for certain, by its address and the number of its data, and has nothing of the
    /// tenant: neither a role nor a database carries its tag.
    pub(crate) fn has_nothing_left(&self) -> Result<bool, Failure> {
        let (Some(home), Some(guest)) = (&self.home, &self.guest) else { return Ok(false) };
        if home.identity.is_none() || address()? != home.address {
            return Ok(false);
        }
        let found = self.postgres().find_role(&guest.role)?;
        Ok(!found.is_left && found.administrator.identity == home.identity)
    }

    /// The tenant's server as it is now, before something is done that cannot be undone. Refused where the tenant is not
    /// there, for whoever finds nothing to drop may be at the wrong place; or where the administrator could not go through
    /// with it.
    pub(crate) fn find(&self, second: &str) -> Result<Home, Failure> {
        self.expect_home()?;
        self.present(Some(second))
    }

    /// The server of a tenant that is set aside and is brought back, also where that has moved since: no edit can take the
    /// tenant along. Nothing is deleted on that ground: a copy of a server looks like the server.
    /// Elsewhere it is the same one only where it has the same data and the tenant's role.
    pub(crate) fn find_aside(&self) -> Result<Home, Failure> {
        let here = address()?;
        if let (Some(home), Some(guest)) = (&self.home, &self.guest)
            && home.address != here
        {
            let found = self.postgres().find_role(&guest.role)?;
            let identity = found.administrator.identity;
            if identity.is_none() || identity != home.identity || found.may_change.is_none() {
                return Err(self.elsewhere(home, &format!("`{here}`")));
            }
            return Ok(Home { address: here, identity });
        }
        self.expect_home()?;
        self.present(None)
    }

    /// Whether the tenant is recorded to be at another address.
    pub(crate) fn has_moved_to(&self, home: &Home) -> bool {
        self.home.as_ref().is_some_and(|known| known.address != home.address)
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
            return Err(absent(&guest.id, &guest.role, &found.tag, &address));
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
            Some(Guest { id, .. }) if self.is_aside => format!(
                "{help}; where the server has moved, `systemprompt cloud tenant restore {id}` takes the tenant along, and \
                 where it is gone for good, `systemprompt cloud tenant purge {id} --forget` removes the record"
            ),
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
}
