//! What is asked of a server's certificate: as the URL says it, and by default everything.

use std::fs;

use systemprompt_tests::{LogFile, Login, OwnServer, Sandbox, terminal};

use super::{ADMIN, ADMIN_ALONE, CREATE, PASSWORD, log_in, refused, url, world};

fn with_tls() -> (Sandbox, OwnServer) {
    let sandbox = Sandbox::new();
    let server = OwnServer::with_tls(&sandbox);
    server.role(ADMIN, PASSWORD, "CREATEDB CREATEROLE");
    (sandbox, server)
}

/// `&sslrootcert=` with the certificate that signs the server's.
fn trusting(server: &OwnServer) -> String {
    format!("sslrootcert={}", server.authority().display())
}

#[test]
fn a_tenants_url_asks_as_much_of_the_server_as_the_account_does_and_works_for_every_program() {
    let (mut sandbox, server) = with_tls();
    let parameters = format!("?sslmode=verify-full&{}", trusting(&server));
    let login = log_in(&mut sandbox, &server.url("localhost", ADMIN, PASSWORD, &parameters)).ok().data();
    assert_eq!(login["sslmode"], "verify-full");
    // It was kept with the account.
    fs::remove_file(server.authority()).expect("the file is there");
    sandbox.say(CREATE).ok();
    let url = url(&sandbox, "shop");
    let (_, file) = url.split_once("?sslmode=verify-full&sslrootcert=").unwrap_or_else(|| panic!("not in {url}"));
    assert!(file.starts_with(&sandbox.data().display().to_string()) && fs::read(file).is_ok(), "{url}");

    let mut login = Login::to(&url).expect("the tenant logs in");
    let is_encrypted = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
    assert_eq!(login.text(is_encrypted).as_deref(), Ok("true"));
    login.close();
    sandbox.say("cloud tenant select shop").ok();
    let line = format!("systemprompt infra db psql -- -Atc \"{is_encrypted}\"");
    let psql = terminal::unseen(&sandbox, &line).ok();
    assert_eq!(psql.stdout.trim(), "true", "{}", psql.whole());
    sandbox.say("cloud tenant status shop").ok();

    // What the data directory lost is made again by who needs it.
    fs::remove_file(file).expect("the file is there");
    sandbox.say("cloud tenant create --provider postgres --name other").ok();
    assert!(fs::read(file).is_ok(), "the certificates are not there again");
    for name in ["shop", "other"] {
        sandbox.say(&format!("cloud tenant delete {name} -y")).ok();
    }
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn every_mode_asks_what_it_says_and_nothing_more() {
    let (sandbox, server) = with_tls();
    let (trusting, none) = (trusting(&server), String::new());
    for (host, mode, roots, expected) in [
        ("127.0.0.1", "disable", &none, Ok(())),
        ("127.0.0.1", "prefer", &none, Ok(())),
        ("127.0.0.1", "require", &none, Ok(())),
        ("localhost", "verify-ca", &none, Err("certificate-unknown")),
        ("127.0.0.1", "verify-ca", &trusting, Ok(())),
        ("localhost", "verify-full", &none, Err("certificate-unknown")),
        ("127.0.0.1", "verify-full", &trusting, Err("certificate-name")),
        ("localhost", "verify-full", &trusting, Ok(())),
    ] {
        let mut here = Sandbox::new();
        let parameters = format!("?sslmode={mode}&{roots}");
        let output = log_in(&mut here, &server.url(host, ADMIN, PASSWORD, parameters.trim_end_matches('&')));
        match expected {
            Ok(()) => assert_eq!(output.ok().data()["sslmode"], mode),
            Err(code) => {
                refused(output, 4, code, &["sslmode="]);
                assert!(!here.file("").exists(), "{mode}: a project was made");
            }
        }
    }
    drop(sandbox);
}

#[test]
fn a_certificate_of_somebody_elses_authority_is_not_taken() {
    let (mut sandbox, server) = with_tls();
    let elsewhere = Sandbox::new();
    let other = OwnServer::with_tls(&elsewhere);
    let parameters = format!("?sslmode=verify-full&{}", trusting(&other));
    let output = log_in(&mut sandbox, &server.url("localhost", ADMIN, PASSWORD, &parameters));
    refused(output, 4, "certificate-unknown", &[&format!("localhost:{}", server.port()), "sslrootcert"]);
}

#[test]
fn a_server_without_encryption_is_refused_where_it_is_asked_for() {
    let (mut sandbox, server) = world();
    let output = log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, "?sslmode=require"));
    refused(output, 4, "tls-unsupported", &["ssl = on", "sslmode=disable"]);
}

#[test]
fn a_tenant_may_ask_less_or_more_than_its_account() {
    let (mut sandbox, server) = with_tls();
    let parameters = format!("?sslmode=require&{}", trusting(&server));
    log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, &parameters)).ok();
    sandbox.say(&format!("{CREATE} --config sslmode=disable")).ok();
    let mut login = Login::to(&url(&sandbox, "shop")).expect("the tenant logs in");
    let is_encrypted = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
    assert_eq!(login.text(is_encrypted).as_deref(), Ok("false"));
    login.close();
    // The certificate is not for this address: a URL that nobody could use is not handed out.
    let create = "cloud tenant create --provider postgres --name strict --config sslmode=verify-full --json";
    refused(sandbox.say(create), 4, "certificate-name", &["everything that was done is undone"]);
    refused(sandbox.say(&create.replace("verify-full", "allow")), 2, "bad-config", &["sslmode"]);
    assert_eq!(server.inventory().len(), 3);
}

#[test]
fn what_a_login_asked_of_a_server_cannot_be_changed_in_a_projects_log() {
    let (mut sandbox, server) = with_tls();
    let parameters = format!("?sslmode=verify-full&{}", trusting(&server));
    log_in(&mut sandbox, &server.url("localhost", ADMIN, PASSWORD, &parameters)).ok();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run("update accounts set fields = replace(fields, 'verify-full', 'disable')");
    log.close();
    refused(sandbox.say("cloud auth whoami --provider postgres --check --json"), 5, "not-logged-in", &[]);
    refused(sandbox.say(&format!("{CREATE} --json")), 5, "not-logged-in", &[]);
}

#[test]
fn a_database_that_is_taken_in_by_its_url_is_encrypted_and_has_to_prove_itself_too() {
    let (sandbox, server) = with_tls();
    server.role("mine", "my-password", "");
    let url = |parameters: &str| server.url("localhost", "mine", "my-password", parameters);
    let create = |parameters: &str| {
        std::fs::write(sandbox.project().join("url"), url(parameters)).expect("a file can be written");
        let line = "systemprompt cloud tenant create --type local --name mine --json --database-url - < url";
        terminal::unseen(&sandbox, line)
    };
    refused(create("?sslmode=verify-full"), 6, "database-connection-failed", &["UnknownIssuer", "sslrootcert"]);
    create(&format!("?sslmode=verify-full&{}", trusting(&server))).ok();
    sandbox.say("cloud tenant select mine").ok();
    let line = "systemprompt infra db psql -- -Atc \"select ssl from pg_stat_ssl where pid = pg_backend_pid()\"";
    assert_eq!(terminal::unseen(&sandbox, line).ok().stdout.trim(), "t");
    // A certificate that is gone or another is no server that is down.
    fs::write(server.authority(), "").expect("a file can be written");
    fs::create_dir(sandbox.project().join("migrations")).expect("a directory can be made");
    fs::write(sandbox.project().join("migrations/1_x.sql"), "select 1;").expect("a file can be written");
    let output = sandbox.say("infra db migrate --status --json").exits(6);
    assert!(output.stdout.contains("does not prove"), "{}", output.whole());
}
