//! Ports and addresses: where a server really is.

use super::*;

#[test]
fn the_port_is_the_one_that_is_really_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let wanted = taken.local_addr().expect("it has a port").port();
    let sandbox = Sandbox::new();
    let create = format!("cloud tenant create --type local --provider native --name one --config port={wanted}");
    sandbox.say(&create).ok();
    let port = psql(&sandbox, "one", &["-Atc", "show port"]).ok().stdout;
    assert_ne!(port, format!("{wanted}\n"));
    let printed = sh(&sandbox, "sh", r#"eval "$($SYSTEMPROMPT env --tenant one --format shell)"; echo $PGPORT"#).ok();
    assert_eq!(printed.stdout, port);
    assert!(url(&sandbox, "one").contains(&format!(":{}/", port.trim())));
}

#[test]
fn a_shared_container_that_comes_back_at_another_port_takes_its_tenants_urls_along() {
    let test = "a_shared_container_that_comes_back_at_another_port_takes_its_tenants_urls_along";
    let Some(docker) = Docker::hold(test) else { return };
    let sandbox = Sandbox::with(&docker);
    let create = format!("cloud tenant create --type local --provider docker --name one {}", Docker::image_flag());
    sandbox.say(&create).ok();
    let before = url(&sandbox, "one");
    Login::to(&before).expect("the tenant can log in").run("create table kept (x int)").expect("a table can be made");
    let port = |url: &str| url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()?.parse::<u16>().ok());
    let port_before = port(&before).expect("a URL has a port");

    docker.run(&["rm", "--force", "systemprompt-shared-db"]).expect("a container can be removed");
    let taken = until("the port to be free", || TcpListener::bind(("127.0.0.1", port_before)).ok());
    let refused = sandbox.run(["infra", "db", "psql", "--tenant", "one"]).exits(6);
    assert!(refused.stderr.contains("hint: run `systemprompt infra db up --provider docker`"), "{}", refused.whole());
    let up = sandbox.say(&format!("infra db up --provider docker {}", Docker::image_flag())).ok();
    let after = url(&sandbox, "one");
    assert_ne!(port(&after), Some(port_before), "{}", up.whole());
    let said = format!("note: the database of tenant `one` is at 127.0.0.1:{} now", port(&after).expect("a port"));
    assert!(up.stderr.contains(&said), "{}", up.whole());
    assert_eq!(psql(&sandbox, "one", &["-Atc", "select count(*) from kept"]).ok().stdout, "0\n");
    let registry = fs::read_to_string(sandbox.file("tenants.json")).expect("there is a registry");
    assert!(registry.contains(&after) && !registry.contains(&before), "{registry}");
    let again = sandbox.say("infra db up --provider docker").ok();
    assert_eq!(again.stderr, "", "nothing moved");
    drop(taken);
    let seen = docker.run(&["ps"]).expect("docker lists what runs");
    assert!(seen.lines().any(|line| line.contains("postgres")), "`docker ps | grep postgres` finds it:\n{seen}");
}
