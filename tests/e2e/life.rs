//! A tenant's life, from `create` to `delete`, on both local providers.

use systemprompt_tests::{Docker, Login, Sandbox, assert_data_eq, str};

/// The URL with its password, as an application would be given it.
pub(crate) fn url(sandbox: &Sandbox, tenant: &str) -> String {
    let shown = sandbox.run(["cloud", "tenant", "show", tenant, "--reveal", "--json"]).ok();
    shown.data()["resources"]["database_url"].as_str().expect("a tenant has a URL").to_owned()
}

#[test]
fn a_tenant_lives_from_create_to_delete_on_a_native_server() {
    let sandbox = Sandbox::new();
    let begun = sandbox.session(&[
        "cloud tenant create --type local --name my-project --provider native",
        "cloud tenant list",
        "cloud tenant select my-project",
        "cloud tenant list",
        "cloud tenant show",
        "cloud tenant status",
        "which --explain",
        "infra db status",
    ]);
    assert_data_eq!(
        begun,
        str![[r#"
$ systemprompt cloud tenant create --type local --name my-project --provider native
created tenant `my-project`

ID:            [ID]
Name:          my-project
Type:          local
Provider:      native
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Created:       [TIME]

URL with its password:  systemprompt cloud tenant show my-project --reveal
make it the default:    systemprompt cloud tenant select my-project
! note: made a new project in [SANDBOX]/project
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID] local   my-project
$ systemprompt cloud tenant select my-project
selected tenant `my-project` ([ID])
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID] (selected) local   my-project
$ systemprompt cloud tenant show
ID:            [ID] (selected)
Name:          my-project
Type:          local
Provider:      native
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Created:       [TIME]
$ systemprompt cloud tenant status
Tenant:     my-project ([ID])
State:      ready
Reachable:  yes
Version:    [VERSION]
Address:    127.0.0.1:[PORT]
Socket:     [SANDBOX]/data/clusters/native/shared/socket
Data:       [SANDBOX]/data/clusters/native/shared/data
Log:        [SANDBOX]/data/clusters/native/shared/log/postgres.log
Database:   [ROLE]
Role:       [ROLE]
$ systemprompt which --explain
Project:  [SANDBOX]/project, found by walking up from the working directory
Tenant:   my-project ([ID]), selected in this project
the first that is set decides about the tenant:
  --tenant                       none
  SYSTEMPROMPT_TENANT            none
  the project's selection        [ID]
$ systemprompt infra db status
Provider:  native
State:     ready
Version:   [VERSION]
Address:   127.0.0.1:[PORT]
Socket:    [SANDBOX]/data/clusters/native/shared/socket
Data:      [SANDBOX]/data/clusters/native/shared/data
Log:       [SANDBOX]/data/clusters/native/shared/log/postgres.log

"#]]
    );

    let mut login = Login::to(&url(&sandbox, "my-project")).expect("the tenant's role can log in");
    login.run("create table notes (text text); insert into notes values ('kept')").expect("a table can be made");
    assert_eq!(login.text("select text from notes"), Ok("kept".to_owned()));
    login.close();

    let ended = sandbox.session(&[
        "history log",
        "history show 1",
        "history verify",
        "history rebuild",
        "cloud tenant delete my-project",
        "cloud tenant delete my-project -y",
        "cloud tenant list",
        "cloud tenant show my-project",
        "cloud tenant show",
        "history verify",
    ]);
    assert_data_eq!(
        ended,
        str![[r#"
$ systemprompt history log
    22  [TIME]  TenantSelected           project
    21  [TIME]  TenantCreated            tenant [ID]
    20  [TIME]  OperationSucceeded       operation [UUID]
    19  [TIME]  StepFinished             operation [UUID]
    18  [TIME]  StepBegan                operation [UUID]: log in as the tenant
    17  [TIME]  StepFinished             operation [UUID]
    16  [TIME]  StepBegan                operation [UUID]: create database
    15  [TIME]  StepFinished             operation [UUID]
    14  [TIME]  StepBegan                operation [UUID]: create role
    13  [TIME]  StepFinished             operation [UUID]
    12  [TIME]  StepBegan                operation [UUID]: wait until the server answers
    11  [TIME]  StepFinished             operation [UUID]
    10  [TIME]  StepBegan                operation [UUID]: start the server
     9  [TIME]  StepFinished             operation [UUID]
     8  [TIME]  StepBegan                operation [UUID]: find the binaries
     7  [TIME]  SecretSealed             tenant [ID]: db-password
     6  [TIME]  OperationClaimed         operation [UUID]
     5  [TIME]  OperationStarted         operation [UUID]: create
     4  [TIME]  TenantRequested          tenant [ID]: my-project
     3  [TIME]  CapabilitiesGranted      plugin native
     2  [TIME]  PluginRegistered         plugin native
     1  [TIME]  ProjectInitialised       project
$ systemprompt history show 1
Position:     1
Event:        [UUID]
Type:         ProjectInitialised v1
Stream:       project version 1
Time:         [TIME]
Actor:        root (uid 0)
Host:         [HOST]
Program:      systemprompt 0.1.0
Command:      [BINARY] cloud tenant create --type local --name my-project --provider native
Command id:   [UUID]
Correlation:  [UUID]
Hash:         [HASH]
Payload:
{
  "log_id": "[UUID]"
}
$ systemprompt history verify
ok: 22 events, no gap, chain and projections agree
head: [HASH]
$ systemprompt history rebuild
  project               1 rows  same
  selection             1 rows  same
  tenants               2 rows  same
  secrets               1 rows  same
  operations            3 rows  same
  steps                12 rows  same
  plugins               1 rows  same
  grants                1 rows  same
rebuilt from the events; nothing differed
$ systemprompt cloud tenant delete my-project
! note: tenant `my-project` ([ID]), named on the command line
! error: deleting tenant `my-project` needs a confirmation
! hint: run `systemprompt cloud tenant delete [ID] -y`
? 4
$ systemprompt cloud tenant delete my-project -y
deleted tenant `my-project` ([ID])
its database, role and secrets are gone; its history stays
! note: tenant `my-project` ([ID]), named on the command line
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`
$ systemprompt cloud tenant show my-project
! error: tenant not found: my-project
! hint: run `systemprompt cloud tenant list`
? 3
$ systemprompt cloud tenant show
! error: no tenant configured
! help: name one, or select one
! hint: run `systemprompt cloud tenant list`
! hint: run `systemprompt cloud tenant select <id>`
? 3
$ systemprompt history verify
ok: 35 events, no gap, chain and projections agree
head: [HASH]

"#]]
    );
}

#[test]
fn a_tenant_lives_from_create_to_delete_in_docker() {
    let Some(docker) = Docker::hold("a_tenant_lives_from_create_to_delete_in_docker") else { return };
    let sandbox = Sandbox::with(&docker);
    let create = format!("cloud tenant create --type local --name my-project {}", Docker::image_flag());
    let begun =
        sandbox.session(&[&create, "cloud tenant select my-project", "cloud tenant show", "cloud tenant status"]);
    assert_data_eq!(
        begun,
        str![[r#"
$ systemprompt cloud tenant create --type local --name my-project --config=image=systemprompt-test/postgres:15
created tenant `my-project`

ID:            [ID]
Name:          my-project
Type:          local
Provider:      docker
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Container:     systemprompt-shared-db
Created:       [TIME]

URL with its password:  systemprompt cloud tenant show my-project --reveal
make it the default:    systemprompt cloud tenant select my-project
! note: provider `docker`: Docker [VERSION] at `[ENGINE]`
! note: made a new project in [SANDBOX]/project
! note: provider `docker`: Docker [VERSION] at `[ENGINE]`
$ systemprompt cloud tenant select my-project
selected tenant `my-project` ([ID])
$ systemprompt cloud tenant show
ID:            [ID] (selected)
Name:          my-project
Type:          local
Provider:      docker
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Container:     systemprompt-shared-db
Created:       [TIME]
$ systemprompt cloud tenant status
Tenant:     my-project ([ID])
State:      ready
Reachable:  yes
Container:  systemprompt-shared-db
Image:      systemprompt-test/postgres:15
Address:    127.0.0.1:[PORT]
Volume:     systemprompt-shared-db-data
Database:   [ROLE]
Role:       [ROLE]

"#]]
    );
    assert_eq!(docker.made(), ["container systemprompt-shared-db", "volume systemprompt-shared-db-data"]);

    let url = url(&sandbox, "my-project");
    let mut login = Login::to(&url).expect("the tenant's role can log in");
    login.run("create table notes (text text); insert into notes values ('kept')").expect("a table can be made");
    login.close();

    let stopped = sandbox.session(&[
        "infra db down",
        "infra db status",
        "cloud tenant status",
        "infra db up",
        "cloud tenant status",
    ]);
    assert_data_eq!(
        stopped,
        str![[r#"
$ systemprompt infra db down
Provider:   docker
State:      stopped
Container:  systemprompt-shared-db
Image:      systemprompt-test/postgres:15
Volume:     systemprompt-shared-db-data
the data of all tenants is kept; to start it again, run `systemprompt infra db up`
! note: provider `docker`: Docker [VERSION] at `[ENGINE]`
$ systemprompt infra db status
Provider:   docker
State:      stopped
Container:  systemprompt-shared-db
Image:      systemprompt-test/postgres:15
Volume:     systemprompt-shared-db-data
? 1
$ systemprompt cloud tenant status
Tenant:     my-project ([ID])
State:      stopped
Reachable:  no
Container:  systemprompt-shared-db
Image:      systemprompt-test/postgres:15
Volume:     systemprompt-shared-db-data
Database:   [ROLE]
Role:       [ROLE]
? 1
$ systemprompt infra db up
Provider:   docker
State:      ready
Container:  systemprompt-shared-db
Image:      systemprompt-test/postgres:15
Address:    127.0.0.1:[PORT]
Volume:     systemprompt-shared-db-data
to see it, run `docker ps | grep postgres`
! note: provider `docker`: Docker [VERSION] at `[ENGINE]`
$ systemprompt cloud tenant status
Tenant:     my-project ([ID])
State:      ready
Reachable:  yes
Container:  systemprompt-shared-db
Image:      systemprompt-test/postgres:15
Address:    127.0.0.1:[PORT]
Volume:     systemprompt-shared-db-data
Database:   [ROLE]
Role:       [ROLE]

"#]]
    );
    // The engine may give it another port.
    let mut login = Login::to(&self::url(&sandbox, "my-project")).expect("the tenant can log in again");
    assert_eq!(login.text("select text from notes"), Ok("kept".to_owned()));
    login.close();

    let ended = sandbox.session(&[
        "history log",
        "history verify",
        "history rebuild",
        "cloud tenant delete my-project -y",
        "cloud tenant list",
    ]);
    assert_data_eq!(
        ended,
        str![[r#"
$ systemprompt history log
    36  [TIME]  OperationSucceeded       operation [UUID]
    35  [TIME]  StepFinished             operation [UUID]
    34  [TIME]  StepBegan                operation [UUID]: wait until the server answers
    33  [TIME]  StepFinished             operation [UUID]
    32  [TIME]  StepBegan                operation [UUID]: start the server
    31  [TIME]  StepFinished             operation [UUID]
    30  [TIME]  StepBegan                operation [UUID]: find the image
    29  [TIME]  OperationClaimed         operation [UUID]
    28  [TIME]  OperationStarted         operation [UUID]: server-up
    27  [TIME]  OperationSucceeded       operation [UUID]
    26  [TIME]  StepFinished             operation [UUID]
    25  [TIME]  StepBegan                operation [UUID]: stop the server
    24  [TIME]  OperationClaimed         operation [UUID]
    23  [TIME]  OperationStarted         operation [UUID]: server-down
    22  [TIME]  TenantSelected           project
    21  [TIME]  TenantCreated            tenant [ID]
    20  [TIME]  OperationSucceeded       operation [UUID]
    19  [TIME]  StepFinished             operation [UUID]
    18  [TIME]  StepBegan                operation [UUID]: log in as the tenant
    17  [TIME]  StepFinished             operation [UUID]
    16  [TIME]  StepBegan                operation [UUID]: create database
    15  [TIME]  StepFinished             operation [UUID]
    14  [TIME]  StepBegan                operation [UUID]: create role
    13  [TIME]  StepFinished             operation [UUID]
    12  [TIME]  StepBegan                operation [UUID]: wait until the server answers
    11  [TIME]  StepFinished             operation [UUID]
    10  [TIME]  StepBegan                operation [UUID]: start the server
     9  [TIME]  StepFinished             operation [UUID]
     8  [TIME]  StepBegan                operation [UUID]: find the image
     7  [TIME]  SecretSealed             tenant [ID]: db-password
     6  [TIME]  OperationClaimed         operation [UUID]
     5  [TIME]  OperationStarted         operation [UUID]: create
     4  [TIME]  TenantRequested          tenant [ID]: my-project
     3  [TIME]  CapabilitiesGranted      plugin docker
     2  [TIME]  PluginRegistered         plugin docker
     1  [TIME]  ProjectInitialised       project
$ systemprompt history verify
ok: 36 events, no gap, chain and projections agree
head: [HASH]
$ systemprompt history rebuild
  project               1 rows  same
  selection             1 rows  same
  tenants               2 rows  same
  secrets               1 rows  same
  operations            9 rows  same
  steps                20 rows  same
  plugins               1 rows  same
  grants                1 rows  same
rebuilt from the events; nothing differed
$ systemprompt cloud tenant delete my-project -y
deleted tenant `my-project` ([ID])
its database, role and secrets are gone; its history stays
! note: tenant `my-project` ([ID]), named on the command line
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`

"#]]
    );
    assert!(Login::to(&url).is_err(), "its role is gone");
}

#[test]
fn a_dedicated_tenant_has_its_own_container_and_takes_it_along() {
    let Some(docker) = Docker::hold("a_dedicated_tenant_has_its_own_container_and_takes_it_along") else { return };
    let sandbox = Sandbox::with(&docker);
    let create = format!("cloud tenant create --type local --name big --dedicated {}", Docker::image_flag());
    let created = sandbox.say(&create).ok();
    assert_data_eq!(
        created.transcript(),
        str![[r#"
$ systemprompt cloud tenant create --type local --name big --dedicated --config=image=systemprompt-test/postgres:15
created tenant `big`

ID:            [ID]
Name:          big
Type:          local
Provider:      docker
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Created:       [TIME]

URL with its password:  systemprompt cloud tenant show big --reveal
make it the default:    systemprompt cloud tenant select big
! note: provider `docker`: Docker [VERSION] at `[ENGINE]`
! note: made a new project in [SANDBOX]/project
! note: provider `docker`: Docker [VERSION] at `[ENGINE]`

"#]]
    );
    let id = sandbox.say("cloud tenant show big --json").data()["id"].as_str().expect("an id").replace('_', "-");
    assert_eq!(docker.made(), [format!("container systemprompt-{id}"), format!("volume systemprompt-{id}-data")]);
    let mut login = Login::to(&url(&sandbox, "big")).expect("the tenant's role can log in");
    login.run("create table notes (text text)").expect("a table can be made");
    login.close();

    let deleted = sandbox.say("cloud tenant delete big -y").ok();
    assert_data_eq!(
        deleted.transcript(),
        str![[r#"
$ systemprompt cloud tenant delete big -y
deleted tenant `big` ([ID])
its database, role and secrets are gone; its history stays
! note: tenant `big` ([ID]), named on the command line

"#]]
    );
    assert_eq!(docker.made(), [""; 0], "container and volume are gone");
}

#[test]
fn the_native_server_outlives_the_command_and_stops_and_starts_with_its_data() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name my-project --provider native").ok();
    let url = url(&sandbox, "my-project");
    let mut login = Login::to(&url).expect("the server goes on when the command has ended");
    login.run("create table notes (text text); insert into notes values ('kept')").expect("a table can be made");
    login.close();

    let session = sandbox.session(&[
        "infra db down --provider native",
        "infra db status --provider native",
        "cloud tenant status my-project",
        "infra db down --provider native",
        "infra db up --provider native",
        "cloud tenant status my-project",
        "infra db up --provider native",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt infra db down --provider native
Provider:  native
State:     stopped
Version:   [VERSION]
Address:   127.0.0.1:[PORT]
Socket:    [SANDBOX]/data/clusters/native/shared/socket
Data:      [SANDBOX]/data/clusters/native/shared/data
Log:       [SANDBOX]/data/clusters/native/shared/log/postgres.log
the data of all tenants is kept; to start it again, run `systemprompt infra db up`
$ systemprompt infra db status --provider native
Provider:  native
State:     stopped
Version:   [VERSION]
Address:   127.0.0.1:[PORT]
Socket:    [SANDBOX]/data/clusters/native/shared/socket
Data:      [SANDBOX]/data/clusters/native/shared/data
Log:       [SANDBOX]/data/clusters/native/shared/log/postgres.log
? 1
$ systemprompt cloud tenant status my-project
Tenant:     my-project ([ID])
State:      stopped
Reachable:  no
Version:    [VERSION]
Address:    127.0.0.1:[PORT]
Socket:     [SANDBOX]/data/clusters/native/shared/socket
Data:       [SANDBOX]/data/clusters/native/shared/data
Log:        [SANDBOX]/data/clusters/native/shared/log/postgres.log
Database:   [ROLE]
Role:       [ROLE]
? 1
$ systemprompt infra db down --provider native
Provider:  native
State:     stopped
Version:   [VERSION]
Address:   127.0.0.1:[PORT]
Socket:    [SANDBOX]/data/clusters/native/shared/socket
Data:      [SANDBOX]/data/clusters/native/shared/data
Log:       [SANDBOX]/data/clusters/native/shared/log/postgres.log
the data of all tenants is kept; to start it again, run `systemprompt infra db up`
$ systemprompt infra db up --provider native
Provider:  native
State:     ready
Version:   [VERSION]
Address:   127.0.0.1:[PORT]
Socket:    [SANDBOX]/data/clusters/native/shared/socket
Data:      [SANDBOX]/data/clusters/native/shared/data
Log:       [SANDBOX]/data/clusters/native/shared/log/postgres.log
to see it, run `systemprompt infra db status`
$ systemprompt cloud tenant status my-project
Tenant:     my-project ([ID])
State:      ready
Reachable:  yes
Version:    [VERSION]
Address:    127.0.0.1:[PORT]
Socket:     [SANDBOX]/data/clusters/native/shared/socket
Data:       [SANDBOX]/data/clusters/native/shared/data
Log:        [SANDBOX]/data/clusters/native/shared/log/postgres.log
Database:   [ROLE]
Role:       [ROLE]
$ systemprompt infra db up --provider native
Provider:  native
State:     ready
Version:   [VERSION]
Address:   127.0.0.1:[PORT]
Socket:    [SANDBOX]/data/clusters/native/shared/socket
Data:      [SANDBOX]/data/clusters/native/shared/data
Log:       [SANDBOX]/data/clusters/native/shared/log/postgres.log
to see it, run `systemprompt infra db status`

"#]]
    );
    let mut login = Login::to(&url).expect("the address stays the same");
    assert_eq!(login.text("select text from notes"), Ok("kept".to_owned()));
    login.close();
}

#[test]
fn a_deleted_tenant_leaves_neither_database_nor_role_and_its_server_goes_on_for_others() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name gone --provider native").ok();
    sandbox.say("cloud tenant create --type local --name stays --provider native").ok();
    let gone = url(&sandbox, "gone");
    sandbox.say("cloud tenant delete gone --yes").ok();
    let refusal = Login::to(&gone).err().expect("its role is gone");
    assert!(refusal.contains("password authentication failed"), "{refusal}");
    let mut login = Login::to(&url(&sandbox, "stays")).expect("the other tenant is untouched");
    let databases = login.text("select string_agg(datname, ' ') from pg_database where datname like 'tenant%'");
    assert_eq!(databases, login.text("select current_database()::text"));
    assert_eq!(login.text("select count(*)::text from pg_roles where rolname like 'tenant%'"), Ok("1".to_owned()));
    login.close();
}

#[test]
fn an_existing_database_is_taken_as_it_is_and_left_alone_by_delete() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name owner --provider native").ok();
    let url = url(&sandbox, "owner");
    let taken =
        sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", "taken", "--database-url", &url]);
    let taken = taken.transcript().replace(&url, "[URL]");
    assert_data_eq!(
        taken,
        str![[r#"
$ systemprompt cloud tenant create --type local --name taken --database-url postgres://[ROLE]:[PASSWORD]@127.0.0.1:[PORT]/[ROLE]
took in tenant `taken`

ID:            [ID]
Name:          taken
Type:          local
Provider:      external
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Created:       [TIME]

URL with its password:  systemprompt cloud tenant show taken --reveal
make it the default:    systemprompt cloud tenant select taken

"#]]
    );
    assert_eq!(self::url(&sandbox, "taken"), url);
    let deleted = sandbox.session(&["cloud tenant status taken", "cloud tenant delete taken -y", "cloud tenant list"]);
    assert_data_eq!(
        deleted,
        str![[r#"
$ systemprompt cloud tenant status taken
Tenant:     taken ([ID])
State:      ready
Reachable:  yes
Server:     PostgreSQL [VERSION]
$ systemprompt cloud tenant delete taken -y
deleted tenant `taken` ([ID])
its database was not made here and is left alone; its secrets are gone, its history stays
! note: tenant `taken` ([ID]), named on the command line
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID] local   owner

"#]]
    );
    Login::to(&url).expect("the database is still there").close();
}

#[test]
fn a_database_that_does_not_answer_is_not_taken() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        "cloud tenant create --type local --name x --database-url postgres://u:p@127.0.0.1:1/db",
        "cloud tenant create --type local --name x --database-url http://127.0.0.1/db",
        "cloud tenant create --type local --name x --database-url nonsense",
        "cloud tenant list",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt cloud tenant create --type local --name x --database-url postgres://u:p@127.0.0.1:[PORT]/db
! error: database connection failed
!   caused by: error communicating with database: Connection refused (os error 111)
! help: check that `postgres://u:***@127.0.0.1:[PORT]/db` is right and that its server runs
? 6
$ systemprompt cloud tenant create --type local --name x --database-url http://127.0.0.1/db
! error: a database URL begins with `postgres://` or `postgresql://`
? 2
$ systemprompt cloud tenant create --type local --name x --database-url nonsense
! error: a database URL begins with `postgres://` or `postgresql://`
? 2
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`

"#]]
    );
}

#[test]
fn without_a_provider_named_docker_is_taken_if_it_answers_and_else_native_and_that_is_said() {
    let sandbox = Sandbox::new();
    let chosen = sandbox.say("cloud tenant create --type local --name my-project").ok();
    assert_data_eq!(
        chosen.transcript(),
        str![[r#"
$ systemprompt cloud tenant create --type local --name my-project
created tenant `my-project`

ID:            [ID]
Name:          my-project
Type:          local
Provider:      native
State:         ready
Database URL:  postgres://[ROLE]:***@127.0.0.1:[PORT]/[ROLE]
Created:       [TIME]

URL with its password:  systemprompt cloud tenant show my-project --reveal
make it the default:    systemprompt cloud tenant select my-project
! note: provider `native`: PostgreSQL [VERSION] in `[DIRECTORY]`, not `docker`: no Docker engine answers at `[ENGINE]`
! note: made a new project in [SANDBOX]/project
! note: provider `native`: PostgreSQL [VERSION] in `[DIRECTORY]`, not `docker`: no Docker engine answers at `[ENGINE]`

"#]]
    );
}

#[test]
fn with_neither_docker_nor_native_it_is_said_what_to_install() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        "cloud tenant create --type local --name my-project --provider docker",
        "cloud tenant create --type local --name my-project --provider native --config bin_dir=/nonexistent",
        "cloud tenant create --type local --name my-project --provider nonsense",
        "cloud tenant list",
        "infra db up --provider docker",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt cloud tenant create --type local --name my-project --provider docker
! error: provider `docker` cannot be used here
!   caused by: no Docker engine answers at `[ENGINE]`
! help: start Docker there, or unset DOCKER_HOST
? 6
$ systemprompt cloud tenant create --type local --name my-project --provider native --config bin_dir=/nonexistent
! note: made a new project in [SANDBOX]/project
! error: could not create tenant `my-project`
!   caused by: `/nonexistent` does not hold a PostgreSQL server: could not run `/nonexistent/initdb`: No such file or directory (os error 2)
! help: name the directory that holds `initdb` and `postgres`, such as /usr/lib/postgresql/17/bin; everything that was done is undone
? 4
$ systemprompt cloud tenant create --type local --name my-project --provider nonsense
! error: there is no plugin `nonsense` here
! help: there are `docker`, `native`
! hint: run `systemprompt plugin list`
? 3
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`
$ systemprompt infra db up --provider docker
! error: provider `docker` cannot be used here
!   caused by: no Docker engine answers at `[ENGINE]`
! help: start Docker there, or unset DOCKER_HOST
? 6

"#]]
    );
}
