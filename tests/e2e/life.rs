//! A tenant's life, from `create` to `delete`, on both local providers.

mod choice;

use systemprompt_tests::{Docker, Login, Sandbox, assert_data_eq, file, str};

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
    assert_data_eq!(begun, file!["expected/life/a_tenant_lives_from_create_to_delete_on_a_native_server.begun.txt"]);

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
    assert_data_eq!(ended, file!["expected/life/a_tenant_lives_from_create_to_delete_on_a_native_server.ended.txt"]);
}

#[test]
fn a_tenant_lives_from_create_to_delete_in_docker() {
    let Some(docker) = Docker::hold("a_tenant_lives_from_create_to_delete_in_docker") else { return };
    let sandbox = Sandbox::with(&docker);
    let create = format!("cloud tenant create --type local --name my-project {}", Docker::image_flag());
    let begun =
        sandbox.session(&[&create, "cloud tenant select my-project", "cloud tenant show", "cloud tenant status"]);
    assert_data_eq!(begun, file!["expected/life/a_tenant_lives_from_create_to_delete_in_docker.begun.txt"]);
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
    assert_data_eq!(stopped, file!["expected/life/a_tenant_lives_from_create_to_delete_in_docker.stopped.txt"]);
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
    assert_data_eq!(ended, file!["expected/life/a_tenant_lives_from_create_to_delete_in_docker.ended.txt"]);
    assert!(Login::is_refused(&url), "its role is gone");
}

#[test]
fn a_dedicated_tenant_has_its_own_container_and_takes_it_along() {
    let Some(docker) = Docker::hold("a_dedicated_tenant_has_its_own_container_and_takes_it_along") else { return };
    let sandbox = Sandbox::with(&docker);
    let create = format!("cloud tenant create --type local --name big --dedicated {}", Docker::image_flag());
    let created = sandbox.say(&create).ok();
    assert_data_eq!(
        created.transcript(),
        file!["expected/life/a_dedicated_tenant_has_its_own_container_and_takes_it_along.created.txt"]
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
fn a_container_of_ours_that_was_stopped_is_started_for_the_next_tenant() {
    let Some(docker) = Docker::hold("a_container_of_ours_that_was_stopped_is_started_for_the_next_tenant") else {
        return;
    };
    let sandbox = Sandbox::with(&docker);
    let create =
        |name: &str| sandbox.say(&format!("cloud tenant create --type local --name {name} {}", Docker::image_flag()));
    create("one").ok();
    docker.run(&["stop", "--time", "10", "systemprompt-shared-db"]).expect("it runs");
    create("two").ok();
    for name in ["one", "two"] {
        Login::to(&url(&sandbox, name)).expect("both can log in").close();
    }
    assert_eq!(docker.made(), ["container systemprompt-shared-db", "volume systemprompt-shared-db-data"]);
}

#[test]
fn a_container_that_somebody_else_made_is_neither_used_nor_removed() {
    let Some(docker) = Docker::hold("a_container_that_somebody_else_made_is_neither_used_nor_removed") else { return };
    let sandbox = Sandbox::with(&docker);
    let stranger = Stranger::make(&docker);
    let create =
        format!("cloud tenant create --type local --name my-project --provider docker {}", Docker::image_flag());
    let session = sandbox.session(&[&create, "cloud tenant list", "infra db down --provider docker"]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt cloud tenant create --type local --name my-project --provider docker --config=image=systemprompt-test/postgres:15
! note: made a new project in [SANDBOX]/project
! error: Provisioning failed: could not create tenant `my-project`
!   caused by: there is a container `systemprompt-shared-db` that systemprompt did not make, so it is left alone
! help: look at it with `docker container inspect systemprompt-shared-db`, and rename or remove it if it is not needed; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`
$ systemprompt infra db down --provider docker
! error: could not stop the shared server
!   caused by: there is a container `systemprompt-shared-db` that systemprompt did not make, so it is left alone
! help: look at it with `docker container inspect systemprompt-shared-db`, and rename or remove it if it is not needed; everything that was done is undone
? 4

"#]]
    );
    assert_eq!(stranger.id(), Ok(stranger.id.clone()), "it is still there");
    assert_eq!(docker.made(), [""; 0]);
}

/// A container with the name of ours, without our label.
struct Stranger<'a> {
    docker: &'a Docker,
    id: String,
}

impl Stranger<'_> {
    fn make(docker: &Docker) -> Stranger<'_> {
        let id = docker.run(&["create", "--name", "systemprompt-shared-db", &Docker::image()]).expect("it can be made");
        Stranger { docker, id }
    }

    fn id(&self) -> Result<String, String> {
        self.docker.run(&["inspect", "--type", "container", "--format", "{{.Id}}", "systemprompt-shared-db"])
    }
}

impl Drop for Stranger<'_> {
    fn drop(&mut self) {
        let _gone_meanwhile = self.docker.run(&["rm", "--force", "--volumes", self.id.trim()]);
    }
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
        file!["expected/life/the_native_server_outlives_the_command_and_stops_and_starts_with_its_data.session.txt"]
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
    assert!(Login::is_refused(&gone), "its role is gone");
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
    assert_data_eq!(session, file!["expected/life/a_database_that_does_not_answer_is_not_taken.session.txt"]);
}
