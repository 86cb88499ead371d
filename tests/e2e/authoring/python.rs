//! A provider in Python: from an empty directory to a tenant, and what its author is told on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{Sandbox, assert_data_eq, str};

use super::{begun_with, change, keeps_every_promise, makes_a_tenant, say_in};

/// What the component may weigh: nearly all of it is Python.
const BYTES_MAX: u64 = 24_000_000;

/// A directory with `componentize-py`; none where the tests were started without it.
fn tools(test: &str) -> Option<String> {
    super::tools(test, "componentize-py", "SYSTEMPROMPT_TEST_COMPONENTIZE_PY")
}

/// A project in a world with Python and what makes components of it.
fn begun(test: &str, name: &str) -> Option<(Sandbox, PathBuf)> {
    let tools = tools(test)?;
    Some(begun_with(&tools, "python", name))
}

#[test]
fn an_author_gets_from_an_empty_directory_to_a_tenant_in_python() {
    let Some((sandbox, dir)) = begun("python::an_author_gets_to_a_tenant", "snake-postgres") else { return };
    // A mistake that one setting meets.
    let mistake = "        if op.tenant.config.port == 5999:\n            {}[\"nothing\"]\n        name = op.tenant.postgres_name";
    change(&dir.join("src/provider.py"), "        name = op.tenant.postgres_name", mistake);

    let manifest = dir.join("plugin.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest can be read");
    fs::write(manifest, text + "memory = 96\n").expect("the manifest can be written");

    let built = say_in(&sandbox, "snake-postgres", "plugin build --json").ok().data();
    assert_eq!((built["id"].as_str(), built["file"].as_str()), (Some("snake-postgres"), Some("snake-postgres.wasm")));
    let capabilities = serde_json::json!(["journal", "postgres", "secrets", "server", "memory 96"]);
    assert_eq!(built["capabilities"], capabilities, "it imports nothing of any system");
    assert!(built["bytes"].as_u64() < Some(BYTES_MAX), "{built}");

    keeps_every_promise(&sandbox, "snake-postgres");
    its_own_tests_pass(&sandbox, &dir);

    let line = "plugin run create snake-postgres.wasm --config port=5999";
    let failed = say_in(&sandbox, "snake-postgres", line).exits(1).whole();
    assert!(failed.contains("KeyError: 'nothing' (provider.py:") && failed.contains("in create)"), "{failed}");

    let asked = sandbox.say("plugin install snake-postgres/snake-postgres.wasm --yes").ok().whole();
    assert!(asked.contains("use up to 96 MiB of memory at a time"), "{asked}");
    makes_a_tenant(&sandbox, "snake-postgres");
}

fn its_own_tests_pass(sandbox: &Sandbox, dir: &Path) {
    let mut tests = sandbox.prepare(Command::new("python3"), ["-B", "-m", "unittest", "discover", "tests"]);
    let output = tests.current_dir(dir).output().expect("Python can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Ran 4 tests"), "{said}");
}

#[test]
fn the_layer_for_python_knows_types_however_they_are_written_and_says_what_the_author_says() {
    let Some((sandbox, dir)) = begun("python::the_layer_for_python", "acme") else { return };
    let words = ["--wit-path", "sdk/wit/v1", "--world", "plugin", "bindings", "bindings"];
    let mut bindings = sandbox.prepare(Command::new("componentize-py"), words);
    bindings.current_dir(&dir);
    sandbox.start(bindings).end().ok();
    fs::write(dir.join("tests/test_layer.py"), include_str!("layer_test.py")).expect("a test can be written");
    let mut tests = sandbox.prepare(Command::new("python3"), ["-B", "tests/test_layer.py"]);
    let output = tests.current_dir(&dir).output().expect("Python can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Ran 3 tests"), "{said}");
}

#[test]
fn a_type_that_is_none_is_a_mistake_of_the_build() {
    let Some((sandbox, dir)) = begun("python::a_type_that_is_none", "acme") else { return };
    change(&dir.join("src/provider.py"), "    port: int = 5433", "    port: \"intt\" = 5433");
    let failed = say_in(&sandbox, "acme", "plugin build").exits(1);
    assert!(failed.stderr.contains("name 'intt' is not defined"), "{}", failed.whole());
}

#[test]
fn what_python_has_against_the_code_is_shown_and_an_earlier_component_stays() {
    let Some((sandbox, dir)) = begun("python::what_python_has_against_the_code", "acme") else { return };
    let component = dir.join("acme.wasm");
    fs::write(&component, "an earlier one").expect("a file can be written");
    change(&dir.join("src/provider.py"), "from pathlib import Path", "from pathlib import Pth");
    let failed = say_in(&sandbox, "acme", "plugin build").exits(1);
    assert!(failed.stderr.contains("provider.py") && failed.stderr.contains("ImportError"), "{}", failed.whole());
    let failed = say_in(&sandbox, "acme", "plugin build --json").exits(1);
    assert_eq!(failed.error_code(), "build-failed");
    assert!(failed.whole().contains("ImportError"), "{}", failed.whole());
    assert_eq!(fs::read_to_string(&component).expect("it is there"), "an earlier one");
}

#[test]
fn what_else_is_installed_for_python_on_the_machine_is_no_part_of_the_plugin() {
    let Some((mut sandbox, dir)) = begun("python::what_else_is_installed", "acme") else { return };
    let base = sandbox.root().join("base");
    let mut asked = Command::new("python3");
    asked.args(["-c", "import site; print(site.getusersitepackages(), end='')"]).env("PYTHONUSERBASE", &base);
    let packages = asked.output().expect("there is Python").stdout;
    let packages = PathBuf::from(String::from_utf8(packages).expect("a path"));
    fs::create_dir_all(&packages).expect("a directory can be made");
    fs::write(packages.join("elsewhere.py"), "").expect("a file can be written");
    sandbox.set("PYTHONUSERBASE", &base.display().to_string());
    change(&dir.join("src/provider.py"), "from pathlib import Path", "import elsewhere\nfrom pathlib import Path");
    let failed = say_in(&sandbox, "acme", "plugin build").exits(1);
    assert!(failed.stderr.contains("No module named 'elsewhere'"), "{}", failed.whole());
}

#[test]
fn a_tool_that_is_missing_or_another_is_named_with_what_installs_it() {
    let mut sandbox = Sandbox::new();
    sandbox.say("plugin new acme --lang python").ok();
    sandbox.set("PATH", "/nonexistent");
    let missing = say_in(&sandbox, "acme", "plugin build").exits(6);
    let programs = sandbox.project().join("acme/.venv/bin");
    fs::create_dir_all(&programs).expect("a directory can be made");
    super::mistakes::program(&programs.join("componentize-py"), "echo componentize-py 0.1.0");
    let other = say_in(&sandbox, "acme", "plugin build").exits(6);
    let manifest = sandbox.project().join("acme/plugin.toml");
    change(&manifest, "\"journal\"", "\"filesystem\"");
    let unknown = say_in(&sandbox, "acme", "plugin build").exits(4);
    assert_data_eq!(
        missing.transcript() + &other.transcript() + &unknown.transcript(),
        str![[r#"
$ systemprompt plugin build
! error: `componentize-py` makes a component of Python, and cannot be run
!   caused by: No such file or directory (os error 2)
! hint: run `python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1`
? 6
$ systemprompt plugin build
! error: `componentize-py` 0.25.1 is needed, and 0.1.0 is here
! hint: run `.venv/bin/pip install componentize-py==0.25.1`
? 6
$ systemprompt plugin build
! error: `plugin.toml` cannot be used
!   caused by: `filesystem` is no capability; there are account, clock, docker, http, journal, log, postgres, progress, random, secrets, server
? 4

"#]]
    );
}
