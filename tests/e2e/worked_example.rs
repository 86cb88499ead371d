//! The worked example for authors: the provider that it explains keeps what every provider promises, makes, rotates and
//! deletes a tenant, and is quoted as it is built; and so is what else pages for authors quote.

mod exchange;
mod logins;
mod supabase;

use std::fs;

use systemprompt_tests::{Login, OwnServer, Sandbox, repository};

use crate::any_postgres::url;
use crate::authoring::keeps_all;
use crate::readme::{Example, examples, matches};
use supabase::{Supabase, TOKEN, Trouble};

/// As the build script made it of `tests/supabase`.
const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/supabase.wasm"));
const CREATE: &str = "cloud tenant create --provider supabase --region eu-central-1 --name shop";
const VARIABLE: &str = "SYSTEMPROMPT_ACCOUNT_SUPABASE__ACCESS_TOKEN";

/// A world with the component in its project.
fn with_component() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::write(sandbox.project().join("supabase.wasm"), COMPONENT).expect("a file can be written");
    sandbox
}

/// The same, in which it is installed, and somebody is logged in at a Supabase whose databases are real.
fn logged_in() -> (Sandbox, Supabase) {
    let mut sandbox = with_component();
    let supabase = Supabase::before(OwnServer::with_tls(&sandbox));
    sandbox.say("plugin install supabase.wasm --yes").ok();
    sandbox.set(VARIABLE, TOKEN);
    sandbox.say(&format!("cloud auth login --provider supabase --api-url {}", supabase.url)).ok();
    sandbox.set(VARIABLE, "");
    (sandbox, supabase)
}

#[test]
fn the_example_keeps_what_every_provider_promises() {
    let supabase = Supabase::start();
    let line = format!("plugin test supabase.wasm --service https://api.supabase.com={} --json", supabase.url);
    keeps_all(with_component().say(&line), 21);
}

#[test]
fn a_tenant_of_the_example_logs_in_gets_another_password_and_goes() {
    let (sandbox, supabase) = logged_in();
    sandbox.say(CREATE).ok();
    let first = url(&sandbox, "shop");
    let mut login = Login::to(&first).expect("the tenant logs in");
    login.run("create table notes (text text)").expect("a table can be made");
    login.close();
    assert_eq!(sandbox.say("cloud tenant status shop --json").ok().data()["state"], "ready");

    sandbox.say("cloud tenant rotate-credentials shop -y").ok();
    let second = url(&sandbox, "shop");
    assert!(Login::to(&first).is_err(), "the old password is refused");
    let mut login = Login::to(&second).expect("the tenant logs in with the new one");
    login.run("insert into notes values ('still here')").expect("its data are there");
    login.close();

    for secret in [&first, &second] {
        let password = secret.split([':', '@']).nth(2).expect("the URL has a password");
        let said = sandbox.say("history log --json").ok().whole();
        assert!(!said.contains(password) && !said.contains(TOKEN), "{said}");
    }
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!((supabase.projects(), supabase.inventory()), (vec![], vec![]));
    sandbox.say("history verify").ok();
}

#[test]
fn a_creation_whose_answer_is_lost_makes_one_project_and_a_rotation_that_is_refused_changes_nothing() {
    let (sandbox, supabase) = logged_in();
    supabase.fail("POST", Trouble::LostAnswer);
    supabase.fail("GET", Trouble::Status(429, "x-ratelimit-reset: 1\r\n"));
    sandbox.say(CREATE).ok();
    assert_eq!(supabase.projects().len(), 1);
    let posts = supabase.asked().iter().filter(|line| *line == "POST /v1/projects").count();
    assert_eq!(posts, 1, "it was looked for, and found: {:?}", supabase.asked());

    let before = url(&sandbox, "shop");
    supabase.fail("PATCH", Trouble::Status(403, ""));
    let failed = sandbox.say("cloud tenant rotate-credentials shop -y --json");
    assert_eq!(failed.error_code(), "account-forbidden", "{}", failed.whole());
    assert_eq!(url(&sandbox, "shop"), before);
    Login::to(&before).expect("the old password is taken").close();
}

#[test]
fn a_sync_names_what_is_nobodys_and_marks_what_is_gone() {
    let (sandbox, supabase) = logged_in();
    sandbox.say(CREATE).ok();
    let names = || {
        let found = sandbox.say("cloud sync --json").ok().data();
        let orphans = found["orphans"].as_array().expect("a list").iter().map(|orphan| orphan["name"].clone());
        (orphans.collect::<Vec<_>>(), found["tenants"][0]["finding"].clone())
    };
    assert_eq!(names(), (vec![], "unchanged".into()), "{:?}", supabase.projects());
    supabase.becomes_another("sp-local-0123abcd");
    assert_eq!(names(), (vec!["sp-local-0123abcd".into()], "vanished".into()));
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(supabase.projects(), ["sp-local-0123abcd"], "it is not the tenant's any more");
}

#[test]
fn what_the_worked_example_shows_is_what_happens() {
    let mut sandbox = with_component();
    let (rehearsed, real) = (Supabase::start(), Supabase::before(OwnServer::with_tls(&sandbox)));
    sandbox.set(VARIABLE, TOKEN);
    let shown = examples(&page_for_authors("worked-example.md"));
    assert!(shown.len() > 5, "the document has console blocks");
    for Example { command, code, expected } in shown {
        let line = command.replace("http://127.0.0.1:4280", &rehearsed.url).replace("http://127.0.0.1:4281", &real.url);
        let output = sandbox.say(&line).exits(code);
        let printed = format!("{}{}", output.stderr, output.stdout);
        let found: Vec<&str> = printed.lines().collect();
        assert!(
            matches(&expected, &found),
            "`{command}` in the document\n--- shows\n{}\n--- prints\n{printed}",
            expected.join("\n")
        );
    }
    assert_eq!(real.projects(), [""; 0]);
}

#[test]
fn pages_for_authors_quote_the_code_as_it_is_built() {
    for page in ["worked-example.md", "capabilities.md"] {
        let text = page_for_authors(page);
        let blocks: Vec<_> = text.split("\n```rust ").skip(1).collect();
        for block in &blocks {
            let (file, rest) = block.split_once('\n').expect("a block has lines");
            let (code, _) = rest.split_once("\n```").expect("a block ends");
            let source = fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(source.contains(&format!("{code}\n")), "{page}: {file} does not have\n{code}");
        }
        assert!(blocks.len() > 8, "{page} quotes what it explains");
        let unnamed = text.lines().filter(|line| *line == "```rust").count();
        assert_eq!(unnamed, 0, "{page}: each block of code says which file it is of");
    }
}

#[test]
fn there_is_a_how_to_for_each_interface_that_a_plugin_can_import() {
    let contract = fs::read_to_string(repository().join("sdk/wit/v1/provider.wit")).expect("the contract can be read");
    let imports = contract.lines().filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
    let text = page_for_authors("capabilities.md");
    let sections: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let imports: Vec<_> = imports.chain(["What is exported"]).collect();
    assert_eq!(sections, imports);
}

fn page_for_authors(name: &str) -> String {
    fs::read_to_string(repository().join("docs/plugins").join(name)).expect("the page can be read")
}
