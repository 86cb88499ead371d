//! What the user's own document types for a cloud tenant, from the login to the end, as one session.

use std::fs;

use systemprompt_fake_fly::{FakeFly, RateLimits, Settings};
use systemprompt_tests::{Machine, Sandbox, assert_data_eq, str};

use super::{counts, log_in};

#[test]
fn what_the_document_types_for_a_cloud_tenant_works_as_one_session() {
    let fly = FakeFly::with(Settings { rate_limits: RateLimits::none(), ..Settings::default() });
    let fly = fly.expect("a port is free");
    let mut sandbox = Sandbox::new();
    let _machine = Machine::of(&fly, &sandbox);
    fs::create_dir(sandbox.project().join("migrations")).expect("a directory can be made");
    fs::write(sandbox.project().join("migrations/1_create_notes.sql"), "create table notes (text text);")
        .expect("a file can be written");
    // `just login`: the token comes from a variable.
    log_in(&mut sandbox, &fly).ok();
    let session = sandbox.session(&[
        // The document gives neither name nor id, for which a terminal asks and which is made up.
        "cloud tenant create --region iad --name my-project-prod --id 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud tenant list",
        "cloud tenant select 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud tenant show",
        "cloud tenant show 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud profile create production",
        "infra db migrate",
        "cloud tenant rotate-credentials 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant rotate-sync-token 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant cancel 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant list",
        "cloud tenant delete 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant list",
    ]);
    assert_eq!(counts(&fly.inventory()), [0, 0, 0, 0]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt cloud tenant create --region iad --name my-project-prod --id [UUID]
created tenant `my-project-prod`

ID:            [UUID]
Name:          my-project-prod
Type:          cloud
Provider:      fly
State:         ready
Region:        iad
Hostname:      sp-999bc6549a64.fly.dev
App ID:        sp-999bc6549a64
Internal URL:  postgres://tenant_999bc654_9a64_49bc_98be_db976fc84e76_6d5fd01f7ca61783:***@sp-999bc6549a64.internal:5432/tenant_999bc654_9a64_49bc_98be_db976fc84e76_6d5fd01f7ca61783
Created:       [TIME]

URL with its password:  systemprompt cloud tenant show my-project-prod --reveal
make it the default:    systemprompt cloud tenant select my-project-prod
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [UUID] cloud   my-project-prod   iad
$ systemprompt cloud tenant select [UUID]
selected tenant `my-project-prod` ([UUID])
give it a profile:       systemprompt cloud profile create production
$ systemprompt cloud tenant show
ID:            [UUID] (selected)
Name:          my-project-prod
Type:          cloud
Provider:      fly
State:         ready
Region:        iad
Hostname:      sp-999bc6549a64.fly.dev
App ID:        sp-999bc6549a64
Internal URL:  postgres://tenant_999bc654_9a64_49bc_98be_db976fc84e76_6d5fd01f7ca61783:***@sp-999bc6549a64.internal:5432/tenant_999bc654_9a64_49bc_98be_db976fc84e76_6d5fd01f7ca61783
Created:       [TIME]
$ systemprompt cloud tenant show [UUID]
ID:            [UUID] (selected)
Name:          my-project-prod
Type:          cloud
Provider:      fly
State:         ready
Region:        iad
Hostname:      sp-999bc6549a64.fly.dev
App ID:        sp-999bc6549a64
Internal URL:  postgres://tenant_999bc654_9a64_49bc_98be_db976fc84e76_6d5fd01f7ca61783:***@sp-999bc6549a64.internal:5432/tenant_999bc654_9a64_49bc_98be_db976fc84e76_6d5fd01f7ca61783
Created:       [TIME]
$ systemprompt cloud profile create production
created profile `production`

Profile:    production (active)
Tenant:     my-project-prod ([UUID])
Directory:  [SANDBOX]/project/.systemprompt/profiles/production
Secrets:    JWT_SECRET
Settings:
  cloud.credentials_path: ../../credentials.json
  cloud.tenant_id: [UUID]
  cloud.tenants_path: ../../tenants.json
  name: production
  target: cloud
! note: tenant `my-project-prod` ([UUID]), selected in this project
$ systemprompt infra db migrate
applied 1 migration to tenant `my-project-prod`
  1  create notes
! note: tenant `my-project-prod` ([UUID]), selected in this project
$ systemprompt cloud tenant rotate-credentials [UUID] -y
rotated the credentials of tenant `my-project-prod` ([UUID])
the old password is refused, and connections that it opened were ended
`tenants.json` has the new one; update whatever else uses it

URL with its password:  systemprompt cloud tenant show my-project-prod --reveal
! note: tenant `my-project-prod` ([UUID]), named on the command line
$ systemprompt cloud tenant rotate-sync-token [UUID] -y
rotated the sync token of tenant `my-project-prod` ([UUID])
`tenants.json` has the new one; update whatever else uses it

to see it:  systemprompt cloud tenant show my-project-prod --reveal --json
! note: tenant `my-project-prod` ([UUID]), named on the command line
$ systemprompt cloud tenant cancel [UUID] -y
cancelled tenant `my-project-prod` ([UUID])
all of it that cost money is gone, and its data with it
kept: its record, with name, id, region, settings, secrets, history

to forget it, too:  systemprompt cloud tenant delete [UUID]
! note: tenant `my-project-prod` ([UUID]), named on the command line
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [UUID] (selected) cloud   my-project-prod   iad   (cancelled)
$ systemprompt cloud tenant delete [UUID] -y
deleted tenant `my-project-prod` ([UUID])
its database was gone since it was cancelled; its secrets are gone, too, its history stays
gone with it: its profile `production` and its session
! note: tenant `my-project-prod` ([UUID]), named on the command line
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`

"#]]
    );
}
