//! A provider in JavaScript: from an empty directory to a tenant, and what its author is told on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{Sandbox, assert_data_eq, str};

use super::{are_told, change, keeps_every_promise, makes_a_tenant, say_in};

/// What the component may weigh: nearly all of it is the engine.
const BYTES_MAX: u64 = 18_000_000;

/// A `node_modules` with `componentize-js`; none where the tests were started without it.
fn modules(test: &str) -> Option<String> {
    super::tools(test, "componentize-js", "SYSTEMPROMPT_TEST_COMPONENTIZE_JS")
}

/// A project with what makes components of JavaScript, as `npm install` would leave it.
fn begun(test: &str, name: &str) -> Option<(Sandbox, PathBuf)> {
    let modules = modules(test)?;
    let sandbox = Sandbox::new();
    sandbox.say(&format!("plugin new {name} --lang js")).ok();
    let dir = sandbox.project().join(name);
    std::os::unix::fs::symlink(modules, dir.join("node_modules")).expect("a link can be made");
    Some((sandbox, dir))
}

#[test]
fn an_author_gets_from_an_empty_directory_to_a_tenant_in_javascript() {
    let Some((mut sandbox, dir)) = begun("javascript::an_author_gets_to_a_tenant", "script-postgres") else { return };
    // A mistake that one setting meets.
    let settled = "const name = op.tenant.postgresName;\n";
    let mistake = "const name = op.tenant.postgresName;\n    if (op.tenant.config.port === 5999) name.nothing.at;\n";
    change(&dir.join("src/provider.js"), settled, mistake);

    // The library takes no path with a blank, and whoever has such a one for temporary files cannot help it.
    let blank = sandbox.root().join("with a blank");
    fs::create_dir(&blank).expect("a directory can be made");
    sandbox.set("TMPDIR", blank.to_str().expect("a path is text"));
    let built = say_in(&sandbox, "script-postgres", "plugin build --json").ok().data();
    sandbox.set("TMPDIR", "/tmp");
    assert_eq!((built["id"].as_str(), built["file"].as_str()), (Some("script-postgres"), Some("script-postgres.wasm")));
    let capabilities = serde_json::json!(["journal", "postgres", "secrets", "server"]);
    assert_eq!(built["capabilities"], capabilities, "it imports nothing of any system");
    assert!(built["bytes"].as_u64() < Some(BYTES_MAX), "{built}");

    keeps_every_promise(&sandbox, "script-postgres");
    its_own_tests_pass(&sandbox, &dir);

    let line = "plugin run create script-postgres.wasm --config port=5999";
    let failed = say_in(&sandbox, "script-postgres", line).exits(1).whole();
    let place = fs::read_to_string(dir.join("src/provider.js")).expect("the code can be read");
    let line = place.lines().position(|line| line.contains("name.nothing.at")).expect("the mistake") + 1;
    assert!(failed.contains("TypeError: ") && failed.contains(&format!("(provider.js:{line}, in create)")), "{failed}");

    sandbox.say("plugin install script-postgres/script-postgres.wasm --yes").ok();
    makes_a_tenant(&sandbox, "script-postgres");
}

fn its_own_tests_pass(sandbox: &Sandbox, dir: &Path) {
    let mut tests = sandbox.prepare(Command::new("npm"), ["test"]);
    let output = tests.current_dir(dir).output().expect("npm can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("pass 5") && said.contains("fail 0"), "{said}");
}

#[test]
fn the_layer_for_javascript_says_what_the_author_says_and_hides_no_orphan() {
    let Some((sandbox, dir)) = begun("javascript::the_layer_for_javascript", "acme") else { return };
    fs::write(dir.join("tests/layer.test.js"), include_str!("layer.test.js")).expect("a test can be written");
    let mut tests = sandbox.prepare(Command::new("npm"), ["test"]);
    let output = tests.current_dir(&dir).output().expect("npm can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("pass 7") && said.contains("fail 0"), "{said}");
}

#[test]
fn what_javascript_has_against_the_code_is_shown_with_its_place_and_an_earlier_component_stays() {
    let Some((sandbox, dir)) = begun("javascript::what_javascript_has_against_the_code", "acme") else { return };
    let mistakes = [
        ("  lookedUp,\n", "  lookedUpp,\n", "src/provider.js:15:3 SyntaxError: "),
        ("const ADMIN = ", "const = ", "src/provider.js:26"),
        ("const ADMIN = \"admin\"", "const ADMIN = null.name", "src/provider.js:26:15 TypeError: "),
        ("  status(tenant) {", "  state(tenant) {", "the provider has no `status`"),
        (
            "provider/postgres@",
            "provider/docker@",
            "`docker` is imported, and is not among the capabilities in `plugin.toml`",
        ),
    ];
    are_told(&sandbox, &dir.join("src/provider.js"), &mistakes);
}

#[test]
fn a_tool_of_javascript_that_is_missing_or_another_is_named_with_what_installs_it() {
    let mut sandbox = Sandbox::new();
    sandbox.say("plugin new acme --lang js").ok();
    let programs = sandbox.root().join("programs");
    fs::create_dir_all(&programs).expect("a directory can be made");
    sandbox.set("PATH", programs.to_str().expect("a path is text"));
    let no_node = say_in(&sandbox, "acme", "plugin build").exits(6);
    super::mistakes::program(&programs.join("node"), "echo v18.20.4");
    let old_node = say_in(&sandbox, "acme", "plugin build").exits(6);
    super::mistakes::program(&programs.join("node"), "echo v22.12.0");
    let missing = say_in(&sandbox, "acme", "plugin build").exits(6);
    let package = sandbox.project().join("acme/node_modules/@bytecodealliance/componentize-js");
    fs::create_dir_all(&package).expect("a directory can be made");
    fs::write(package.join("package.json"), r#"{"version": "0.1.0"}"#).expect("a file can be written");
    let other = say_in(&sandbox, "acme", "plugin build").exits(6);
    assert_data_eq!(
        no_node.transcript() + &old_node.transcript() + &missing.transcript() + &other.transcript(),
        str![[r#"
$ systemprompt plugin build
! error: Node.js is needed to make a component of JavaScript, and cannot be run
!   caused by: No such file or directory (os error 2)
! help: install Node.js with npm: `apt install nodejs npm`, `dnf install nodejs-npm`, `brew install node`, or as https://nodejs.org says
? 6
$ systemprompt plugin build
! error: Node.js 20.19 or newer is needed, and v18.20.4 is here
! help: install Node.js with npm: `apt install nodejs npm`, `dnf install nodejs-npm`, `brew install node`, or as https://nodejs.org says
? 6
$ systemprompt plugin build
! error: `@bytecodealliance/componentize-js` makes a component of JavaScript, and is not installed in the project
! hint: run `npm install --ignore-scripts --save-dev --save-exact @bytecodealliance/componentize-js@0.23.0`
? 6
$ systemprompt plugin build
! error: `@bytecodealliance/componentize-js` 0.23.0 is needed, and 0.1.0 is here
! hint: run `npm install --ignore-scripts --save-dev --save-exact @bytecodealliance/componentize-js@0.23.0`
? 6

"#]]
    );
}
