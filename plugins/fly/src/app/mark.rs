//! Whose an app in the organisation's network is: told by its mark, and where that was lost by what is recorded of it.

use systemprompt_sdk::Failure;

use super::{App, Found, GOING, Record};
use crate::api::Fly;
use crate::machine;
use crate::tag;

impl App {
    /// Names of its secrets. That they are not shown says nothing about whose it is, other than of the app itself.
    pub(super) fn secrets(&self, fly: &Fly) -> Result<Option<Vec<String>>, Failure> {
        tag::secrets(fly, &self.name).map_err(|failure| {
            if failure.code() != "account-forbidden" {
                return failure;
            }
            Failure::refused("app-unreadable", failure.to_string()).help(
                "whose the app is, its secrets' names say; log in with a token that may list them: \
                 `systemprompt cloud auth login`",
            )
        })
    }

    /// Whether it is the one of this mark. One that was recorded and lost its mark is told by its machine; without that
    /// nobody can tell, and it may be the tenant's.
    pub(super) fn is_marked(&self, fly: &Fly, mark: &String, found: &Found, names: &[String]) -> Result<bool, Failure> {
        if names.contains(mark) {
            return Ok(true);
        }
        if self.is_new {
            // Without its mark only as it was made a moment ago: with nothing in it.
            return Ok(found.machine_count == 0 && found.volume_count == 0 && names.is_empty());
        }
        // Of one that is going, the secrets may go first.
        if found.status == GOING || self.is_same(found) {
            return Ok(true);
        }
        if machine::all(fly, self)?.iter().any(|it| Some(&it.id) == self.record.machine.as_ref()) {
            return Ok(true);
        }
        let message = format!("app `{}` has neither the tenant's mark nor its machine, and is left alone", self.name);
        Err(Failure::refused("app-foreign", message).help(self.what_to_type(mark)))
    }

    /// Whether it is the one that Fly made for the tenant, as the record of its making says.
    fn is_same(&self, found: &Found) -> bool {
        self.record.uid.as_deref().is_some_and(|uid| found.id.as_str() == Some(uid))
    }

    fn what_to_type(&self, mark: &str) -> String {
        let (name, Record { tenant, cluster, .. }) = (&self.name, &self.record);
        let cluster = cluster.iter().map(|cluster| format!("its cluster with `fly mpg destroy {cluster}`, and "));
        let cluster = cluster.collect::<String>();
        format!(
            "if it is the tenant's, mark it with `fly secrets set {mark}=1 --stage --app {name}`, and type the same \
             again; if it is not, the tenant's is gone: remove {cluster}its record with \
             `systemprompt cloud tenant delete {tenant} --forget`"
        )
    }
}
