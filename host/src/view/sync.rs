//! The registry held against what providers have.

use serde_json::{Value, json};
use systemprompt_events::{TenantId, Timestamp};

use super::layout::{hang, hint, pad, sentence, width};
use super::{Paint, View};
use crate::comparison::{Compared, Comparison, Finding, Orphan, Taken};

/// What was found, and what was recorded of it.
pub struct CloudSync {
    /// What was found.
    pub comparison: Comparison,
    /// What was taken in of what is nobody's.
    pub taken: Vec<Taken>,
    /// Whether it was recorded, as far as there was anything to record.
    pub is_done: bool,
    /// When the registry was compared last; none: never.
    pub synced_at: Option<Timestamp>,
}

impl View for CloudSync {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-sync/v1"
    }

    fn data(&self) -> Value {
        let Comparison { tenants, answered, silent, orphans } = &self.comparison;
        let tenants = tenants.iter().map(|compared| {
            json!({
                "id": compared.tenant.id.as_str(), "name": compared.tenant.name.as_str(),
                "provider": compared.tenant.provider.as_str(), "finding": word(compared.finding),
                "live": compared.live, "differs": compared.differs, "why": compared.why,
            })
        });
        let silent = silent.iter().map(
            |(provider, error)| json!({ "provider": provider.as_str(), "code": error.code, "message": error.message }),
        );
        let orphans = orphans.iter().map(|orphan| {
            json!({
                "provider": orphan.provider.as_str(), "name": orphan.name, "about": orphan.about, "help": orphan.help,
                "tenant": orphan.tenant.as_ref().map(|tenant| json!({
                    "id": tenant.id.as_str(), "name": tenant.name.as_str(),
                    "region": tenant.region.as_ref().map(ToString::to_string),
                })),
                "was_here": orphan.was_here,
            })
        });
        let taken = self.taken.iter().map(|one| json!({ "id": one.id.as_str(), "name": one.name.as_str() }));
        json!({
            "done": self.is_done, "synced_at": self.synced_at.map(|time| time.to_string()),
            "tenants": tenants.collect::<Vec<_>>(),
            "answered": answered.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "silent": silent.collect::<Vec<_>>(), "orphans": orphans.collect::<Vec<_>>(),
            "taken_in": taken.collect::<Vec<_>>(),
        })
    }

    fn text(&self, paint: Paint) -> String {
        let Comparison { tenants, silent, .. } = &self.comparison;
        let mut text = String::new();
        if tenants.is_empty() {
            text.push_str(&sentence("there is nothing to compare: no tenant is in a cloud", paint));
        }
        let columns = |value: fn(&Compared) -> &str| tenants.iter().map(|one| width(value(one))).max().unwrap_or(0);
        let words = columns(|one| in_words(one.finding));
        let names = columns(|one| one.tenant.name.as_str());
        for one in tenants {
            let name = pad(one.tenant.name.as_str(), names);
            let found = format!("  {}  {name}  ", pad(in_words(one.finding), words));
            text.push_str(&hang(&found, &about(one), paint));
        }
        text.push_str(&self.orphans(paint));
        text.push_str(&self.taken(paint));
        for (provider, error) in silent {
            text.push_str(&sentence(&format!("`{provider}` did not answer: {}", error.message), paint));
            for command in &error.next_steps {
                text.push_str(&hint(&format!("to mend that:  {command}"), paint));
            }
        }
        for other in self.found(Finding::Differs) {
            text.push_str(&hint(&format!("to see how it is now:  systemprompt cloud tenant status {other}"), paint));
        }
        for gone in self.found(Finding::Vanished) {
            text.push_str(&hint(&format!("if it is gone for good:  systemprompt cloud tenant delete {gone}"), paint));
        }
        text.push_str(&sentence(&self.outcome(), paint));
        text
    }

    fn is_failure(&self) -> bool {
        !self.comparison.silent.is_empty() || self.found(Finding::Unknown).next().is_some()
    }
}

impl CloudSync {
    fn found(&self, finding: Finding) -> impl Iterator<Item = &TenantId> {
        self.comparison.tenants.iter().filter(move |one| one.finding == finding).map(|one| &one.tenant.id)
    }

    fn orphans(&self, paint: Paint) -> String {
        // What is taken in is told apart, and not with what would end it.
        let is_shown = |orphan: &&Orphan| !self.is_taken(orphan) && !orphan.is_told;
        let orphans: Vec<_> = self.comparison.orphans.iter().filter(is_shown).collect();
        if orphans.is_empty() {
            return String::new();
        }
        let names = orphans.iter().map(|orphan| width(&orphan.name)).max().unwrap_or(0);
        let mut text = sentence("tagged as ours, and of no tenant of this project:", paint);
        for orphan in &orphans {
            let about = [Some(&orphan.about), orphan.help.as_ref()].into_iter().flatten().map(String::as_str);
            let about = format!("at {}, {}", orphan.provider, about.collect::<Vec<_>>().join("; "));
            text.push_str(&hang(&format!("  {}  ", pad(&orphan.name, names)), &about, paint));
        }
        for orphan in orphans.iter().filter(|orphan| orphan.tenant.is_some()) {
            let command = format!("systemprompt cloud sync --take-in {}", orphan.name);
            let from = if orphan.was_here {
                "it was this project's before, and no id begins twice; to use it again, from a project in another directory"
            } else {
                "if it is this project's"
            };
            text.push_str(&hint(&format!("{from}:  {command}"), paint));
        }
        text
    }

    fn is_taken(&self, orphan: &Orphan) -> bool {
        orphan.tenant.as_ref().is_some_and(|tenant| self.taken.iter().any(|one| one.id == tenant.id))
    }

    fn taken(&self, paint: Paint) -> String {
        let mut text = String::new();
        let happened = if self.is_done { "took in" } else { "would take in" };
        for Taken { id, name, rotates } in &self.taken {
            text.push_str(&sentence(
                &format!("{happened} tenant `{name}` ({id}); its password is not known here"),
                paint,
            ));
            if *rotates {
                let command = format!("systemprompt cloud tenant rotate-credentials {id}");
                text.push_str(&hint(&format!("to make another password, which ends the old one:  {command}"), paint));
            }
        }
        text
    }

    fn outcome(&self) -> String {
        let marks = self.found(Finding::Vanished).count() + self.found(Finding::Reappeared).count() + self.taken.len();
        let differs = self.found(Finding::Differs).next().is_some();
        let is_unknown = self.found(Finding::Unknown).next().is_some() || !self.comparison.silent.is_empty();
        match (self.is_done, self.comparison.answered.is_empty(), marks) {
            (_, true, _) => "nothing was recorded".to_owned(),
            (false, false, 0) => "nothing was recorded; there is nothing to mark".to_owned(),
            (false, false, _) => "nothing was recorded; without `--dry-run` the registry is marked so".to_owned(),
            (true, false, 0) => match (differs, is_unknown) {
                (false, false) => "the registry is as the providers say".to_owned(),
                (true, false) => "nothing had to be marked; what differs is left as it is".to_owned(),
                (false, true) => "nothing had to be marked of what is known".to_owned(),
                (true, true) => "nothing had to be marked of what is known; what differs is left as it is".to_owned(),
            },
            (true, false, _) => "the registry is marked so; nothing was deleted".to_owned(),
        }
    }
}

fn about(compared: &Compared) -> String {
    let Compared { tenant, live, why, differs, .. } = compared;
    let said = live.as_ref().map(|live| format!("`{}` says {live}", tenant.provider));
    let said = [said, why.clone()].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let said: Vec<_> = std::iter::once(said).chain(differs.iter().cloned()).collect();
    format!("{}, {}", tenant.id, said.join("; "))
}

/// As in JSON.
const fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Unchanged => "unchanged",
        Finding::Differs => "differs",
        Finding::Vanished => "vanished",
        Finding::Reappeared => "reappeared",
        Finding::Unknown => "unknown",
        Finding::Skipped => "skipped",
    }
}

const fn in_words(finding: Finding) -> &'static str {
    match finding {
        Finding::Unchanged => "as recorded",
        Finding::Differs => "differs",
        Finding::Vanished => "vanished",
        Finding::Reappeared => "there again",
        Finding::Unknown => "not known",
        Finding::Skipped => "not asked",
    }
}
