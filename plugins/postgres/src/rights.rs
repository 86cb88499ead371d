//! What the administrator of a server lacks, and whoever can give it has to type.

use systemprompt_sdk::Failure;
use systemprompt_sdk::postgres::{Administrator, Found};

use crate::server::LOG_IN;

/// The tenant is not there.
pub(crate) fn absent(tenant: &str, role: &str, tag: &str, address: &str) -> Failure {
    let message =
        format!("the server `{address}` has no role `{role}` of this tenant, so it may be another than the tenant's");
    let (role, tag) = (quoted(role), tag.replace('\'', "''"));
    Failure::refused("role-missing", message).help(format!(
        "log in to the tenant's server with `{LOG_IN}`; where the role was dropped there by hand, \
         `CREATE ROLE {role}; COMMENT ON ROLE {role} IS '{tag}'` lets the command go on; where nothing of the tenant is \
         to be kept, `systemprompt cloud tenant delete {tenant} --forget` removes its record alone"
    ))
}

/// Refused where the administrator may not change a role of the tenant that is there.
pub(crate) fn check_control(role: &str, found: &Found, address: &str) -> Result<(), Failure> {
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

/// Refused where the administrator cannot make tenants.
pub(crate) fn check_rights(found: &Administrator, address: &str) -> Result<(), Failure> {
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
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_quotes() {
        assert_eq!(quoted("ad\"min"), "\"ad\"\"min\"");
    }
}
