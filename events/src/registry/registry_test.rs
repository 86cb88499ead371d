//! The registry's format, as its documentation shows it.

use proptest::{collection::vec, prelude::any, prop_assert, proptest, sample::Index};
use serde_json::{Value, json};

use super::{RegistryError, parse, render};
use crate::{Json, PluginId, RefusedRecord, TenantId, TenantState, TenantType, TenantView, Timestamp, template::fill};

const DOCUMENTED: &str = r#"{
  "tenants": [
    {
      "id": "local_19bff27604c",
      "name": "my-project",
      "tenant_type": "local",
      "database_url": "postgres://systemprompt:localdev@localhost:5432/systemprompt",
      "external_db_access": false,
      "shared_container_db": "systemprompt-shared-db"
    },
    {
      "id": "999bc654-9a64-49bc-98be-db976fc84e76",
      "name": "my-project-prod",
      "tenant_type": "cloud",
      "app_id": "sp-999bc6549a64",
      "hostname": "999bc6549a64.systemprompt.io",
      "region": "iad",
      "internal_database_url": "postgres://user:pass@internal-db:5432/tenant",
      "sync_token": "sp_sync_abc123..."
    }
  ],
  "synced_at": "2026-02-01T10:00:00Z"
}
"#;

fn tenant(id: &str, name: &str, tenant_type: TenantType, region: Option<&str>, resources: &Value) -> TenantView {
    TenantView {
        id: id.parse().unwrap(),
        name: name.parse().unwrap(),
        tenant_type,
        provider: PluginId::external(),
        region: region.map(|region| region.parse().unwrap()),
        state: TenantState::Ready,
        config: Json::object(),
        resources: Json::from_value(resources).unwrap(),
        operation: None,
        created_at: synced_at(),
        updated_at: synced_at(),
        protected: false,
    }
}

fn synced_at() -> Timestamp {
    "2026-02-01T10:00:00.789Z".parse().unwrap()
}

fn nothing(_: &TenantId, _: &str) -> Option<String> {
    None
}

#[test]
fn the_documented_registry_is_written_byte_for_byte() {
    let local = tenant(
        "local_19bff27604c",
        "my-project",
        TenantType::Local,
        None,
        &json!({
            "database_url": "postgres://systemprompt:{{secret:db-password@1}}@localhost:5432/systemprompt",
            "shared_container_db": "systemprompt-shared-db",
            "container_id": "not for others",
        }),
    );
    let cloud = tenant(
        "999bc654-9a64-49bc-98be-db976fc84e76",
        "my-project-prod",
        TenantType::Cloud,
        Some("iad"),
        &json!({
            "app_id": "sp-999bc6549a64",
            "hostname": "999bc6549a64.systemprompt.io",
            "internal_database_url": "postgres://user:pass@internal-db:5432/tenant",
            "sync_token": "{{secret:sync-token@1}}",
        }),
    );
    let text = render(&[local, cloud], synced_at(), &|_, template| {
        let find = |name: &str| if name == "db-password" { "localdev".into() } else { "sp_sync_abc123...".into() };
        fill(template, |secret| Some(find(secret.name.as_str()))).unwrap()
    });
    assert_eq!(text, DOCUMENTED);
}

#[test]
fn what_is_read_is_written_as_it_was() {
    let text =
        DOCUMENTED.replace(r#""sp_sync_abc123...""#, "\"a {{ b\",\n      \"plan\": {\n        \"tier\": 2\n      }");
    let tenants: Vec<_> = parse(&text).unwrap().into_iter().map(|tenant| tenant.unwrap()).collect();
    let views: Vec<_> = tenants
        .iter()
        .map(|foreign| {
            let region = foreign.region.as_ref().map(crate::Region::as_str);
            tenant(foreign.id.as_str(), foreign.name.as_str(), foreign.tenant_type, region, &foreign.resources.value())
        })
        .collect();
    assert_eq!(render(&views, synced_at(), &nothing), text);
}

#[test]
fn a_secret_that_cannot_be_filled_in_leaves_its_field_out() {
    let local = tenant("a", "a", TenantType::Local, None, &json!({"database_url": "postgres://u:{{secret:p@1}}@h/d"}));
    let rendered: Value = serde_json::from_str(&render(&[local], synced_at(), &nothing)).unwrap();
    let expected = json!({"id": "a", "name": "a", "tenant_type": "local", "external_db_access": false});
    assert_eq!(rendered["tenants"][0], expected);
}

#[test]
fn an_empty_registry_is_a_registry() {
    let text = render(&[], synced_at(), &nothing);
    assert_eq!(text, "{\n  \"tenants\": [],\n  \"synced_at\": \"2026-02-01T10:00:00Z\"\n}\n");
    assert_eq!(parse(&text).unwrap(), []);
}

#[test]
fn each_record_is_taken_or_refused_by_itself() {
    let text = json!({"tenants": [
        {"id": "a", "name": "My Project!"},
        {"id": "b", "name": "my-project", "tenant_type": "cloud", "region": "iad"},
        {"id": "a", "name": "again"},
        {"name": "no id"},
        {"id": "../c", "name": "c"},
        {"id": "d", "name": "d", "tenant_type": "moon"},
        {"id": "e", "name": "e", "region": "Über"},
        "nothing",
    ]});
    let records = parse(&text.to_string()).unwrap();
    let taken: Vec<_> = records.iter().flatten().map(|tenant| (tenant.id.as_str(), tenant.name.as_str())).collect();
    assert_eq!(taken, [("a", "my-project"), ("b", "my-project-2")]);
    let refused: Vec<_> = records.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.iter().map(|record| record.index).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    assert_eq!(
        refused[0],
        RefusedRecord { index: 2, reason: "`again`: its id `a` stands in the registry twice".into() }
    );
    assert_eq!(refused[1].reason, "`no id`: it has no text `id`");
}

#[test]
fn repeated_names_get_the_first_free_suffix_each() {
    let (long, longer) = ("a".repeat(39), "a".repeat(40));
    let names = ["x", "x-3", "x", "x", "x-2", "x", &long, &long, &longer, &longer];
    let tenants: Vec<_> =
        names.iter().zip(0..).map(|(name, id)| json!({"id": format!("t{id}"), "name": name})).collect();
    let records = parse(&json!({ "tenants": tenants }).to_string()).unwrap();
    let taken: Vec<_> = records.iter().flatten().map(|tenant| tenant.name.to_string()).collect();
    let stem = "a".repeat(38);
    let (second, third) = (format!("{stem}-2"), format!("{stem}-3"));
    assert_eq!(taken, ["x", "x-3", "x-2", "x-4", "x-2-2", "x-5", &long, &second, &longer, &third]);
}

#[test]
fn what_is_no_registry_is_refused_whole() {
    assert!(matches!(parse("{"), Err(RegistryError::Syntax { .. })));
    assert!(matches!(parse("[]"), Err(RegistryError::NoTenants)));
    assert!(matches!(parse(r#"{"tenants": {}}"#), Err(RegistryError::NoTenants)));
    assert!(matches!(parse(&" ".repeat(5 << 20)), Err(RegistryError::TooLarge { .. })));
    assert!(matches!(parse(&"[".repeat(1000)), Err(RegistryError::Syntax { .. })));
}

proptest! {
    #[test]
    fn whatever_stands_in_a_registry_is_an_answer_for_each_record(
        (from, to) in (any::<Index>(), any::<Index>()),
        instead in vec(any::<char>(), 0..8),
    ) {
        let mut text: Vec<char> = DOCUMENTED.chars().collect();
        let (from, to) = (from.index(text.len()), to.index(text.len()));
        text.splice(from.min(to)..from.max(to), instead);
        let text: String = text.into_iter().collect();
        if let Ok(records) = parse(&text) {
            prop_assert!(records.len() <= 2);
        }
    }
}
