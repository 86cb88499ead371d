//! What one tenant let another do in its database stands in nobody's way.

use systemprompt_tests::{Login, Sandbox};

use crate::life::url;

#[test]
fn a_tenant_that_another_let_into_its_database_is_deleted_and_what_it_left_there_stays() {
    let sandbox = Sandbox::new();
    for name in ["guest", "host"] {
        sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", name, "--provider", "native"]).ok();
    }
    let (guest, host) = (url(&sandbox, "guest"), url(&sandbox, "host"));
    let name = |url: &str| url.rsplit_once('/').expect("a URL has a path").1.to_owned();
    let (guest_role, host_role) = (name(&guest), name(&host));

    let mut login = Login::to(&host).expect("the host can log in");
    login
        .run(&format!(
            "grant connect, temporary on database {host_role} to {guest_role};
             grant usage, create on schema public to {guest_role};
             create table own as select 'host' as of;
             grant select on own to {guest_role};
             create policy seen on own to {guest_role} using (true);
             alter default privileges grant select on tables to {guest_role};
             alter database {host_role} set default_transaction_read_only = on"
        ))
        .expect("a tenant may do as it likes in its own database");
    login.close();
    let mut login = Login::to_database(&guest, &host_role).expect("the guest was let in");
    login
        .run("set transaction_read_only = off; create table left_behind as select 'guest' as of")
        .expect("the guest may make tables");

    // Although it is there at this moment.
    let _deleted = sandbox.say("cloud tenant delete guest -y").ok();
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    drop(login);
    let mut login = Login::to(&host).expect("the host can log in");
    assert_eq!(login.text("select of from left_behind"), Ok("guest".to_owned()));
    let owner = "select tableowner::text from pg_tables where tablename = 'left_behind'";
    assert_eq!(login.text(owner), Ok(host_role));
    let roles = format!("select count(*)::text from pg_roles where rolname = '{guest_role}'");
    assert_eq!(login.text(&roles), Ok("0".to_owned()));
    login.close();
    let _deleted = sandbox.say("cloud tenant delete host -y").ok();
}
