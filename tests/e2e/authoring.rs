//! Writing a provider: from an empty directory to a tenant, as somebody would who has only the program and Rust.

mod c;
mod cassettes;
mod conformance;
mod javascript;
mod mistakes;
pub(crate) mod player;
mod python;
mod traps;
mod tutorial;
mod watching;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{Login, Output, Sandbox, assert_data_eq, binary, skip, str};

use crate::life::url;

pub(crate) use conformance::keeps_all;

/// What the template's component may weigh.
const TEMPLATE_BYTES_MAX: u64 = 250_000;

/// A world with Rust in it, as whoever runs the tests has it. Nothing is fetched that is not here already.
fn with_rust() -> Sandbox {
    with_rust_at("here")
}

/// The same with its project in this place. A module is made for the directory of its plugin, with all that it consists of
/// down to the standard library: what was compiled for another one is of no use to it. So all plugins have one name.
fn with_rust_at(place: &str) -> Sandbox {
    let mut sandbox = Sandbox::with_project_at(&authored(place).join("project"));
    let home = |variable: &str, below: &str| {
        let default = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(below);
        std::env::var_os(variable).map_or_else(default, PathBuf::from).display().to_string()
    };
    sandbox.set("CARGO_HOME", &home("CARGO_HOME", ".cargo"));
    sandbox.set("RUSTUP_HOME", &home("RUSTUP_HOME", ".rustup"));
    sandbox.set("SYSTEMPROMPT_WASM_TOOLCHAIN", &toolchain(&home("XDG_CACHE_HOME", ".cache")));
    sandbox.set("CARGO_NET_OFFLINE", "true");
    sandbox.set("CARGO_TARGET_DIR", &authored(place).join("guests").display().to_string());
    sandbox
}

/// Where projects of authors lie, and what becomes of them.
fn authored(place: &str) -> PathBuf {
    let target = binary().ancestors().nth(2).expect("BUG: a binary lies in `<target>/<profile>`").to_owned();
    target.join("authored").join(place)
}

fn toolchain(cache: &str) -> String {
    let given = std::env::var("SYSTEMPROMPT_WASM_TOOLCHAIN");
    given.unwrap_or_else(|_| format!("{cache}/systemprompt/wasm-toolchain"))
}

/// Where what makes components of another language lies; none where the tests were started without it.
fn tools(test: &str, program: &str, variable: &str) -> Option<String> {
    let dir = std::env::var(variable).ok();
    if dir.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} names no tools on a build server");
        skip(test, &format!("there is no {program}; run `cargo xtask test`, which gets one"));
    }
    dir
}

/// The program in a directory of the sandbox's project.
fn say_in(sandbox: &Sandbox, dir: &str, line: &str) -> Output {
    let mut command = sandbox.command(line.split_whitespace());
    command.current_dir(sandbox.project().join(dir));
    sandbox.start(command).end()
}

/// Another text in a file's code.
fn change(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).expect("the code can be read");
    assert!(text.contains(old), "{old} is not in {}", file.display());
    fs::write(file, text.replacen(old, new, 1)).expect("the code can be written");
}

/// A project in a world in which these programs are found first.
fn begun_with(programs: &str, language: &str, name: &str) -> (Sandbox, PathBuf) {
    let mut sandbox = Sandbox::new();
    let path = std::env::var("PATH").expect("a path");
    sandbox.set("PATH", &format!("{programs}:{path}"));
    sandbox.say(&format!("plugin new {name} --lang {language}")).ok();
    let dir = sandbox.project().join(name);
    (sandbox, dir)
}

/// What a template's provider promises, it keeps.
#[track_caller]
fn keeps_every_promise(sandbox: &Sandbox, name: &str) {
    let tested = say_in(sandbox, name, &format!("plugin test {name}.wasm --json")).ok().data();
    assert_eq!((tested["broken"].as_u64(), tested["not_tried"].as_u64()), (Some(0), Some(0)), "{tested:#}");
    assert!(tested["kept"].as_u64() >= Some(24), "{tested:#}");
}

/// A provider that is installed makes a tenant, whose role can log in, and takes it away.
#[track_caller]
fn makes_a_tenant(sandbox: &Sandbox, provider: &str) {
    sandbox.say(&format!("cloud tenant create --type local --name shop --provider {provider}")).ok();
    let mut login = Login::to(&url(sandbox, "shop")).expect("the tenant's role can log in");
    login.run("create table notes (text text)").expect("a table can be made");
    login.close();
    assert_eq!(sandbox.say("cloud tenant status shop --json").ok().data()["state"], "ready");
    sandbox.say("cloud tenant delete shop -y").ok();
}

/// Of mistakes in the code of `acme`, each an old text, a new one and what has to be said, each is told, the last one in
/// JSON, too; and the component that was there before stays.
#[track_caller]
fn are_told(sandbox: &Sandbox, code: &Path, mistakes: &[(&str, &str, &str)]) {
    let component = sandbox.project().join("acme/acme.wasm");
    fs::write(&component, "an earlier one").expect("a file can be written");
    let good = fs::read_to_string(code).expect("the code can be read");
    let mut last = "";
    for (old, new, said) in mistakes {
        fs::write(code, &good).expect("the code can be written");
        change(code, old, new);
        let failed = say_in(sandbox, "acme", "plugin build").exits(1);
        assert!(failed.stderr.contains(said), "{said}: {}", failed.whole());
        last = said;
    }
    let failed = say_in(sandbox, "acme", "plugin build --json").exits(1);
    assert_eq!(failed.error_code(), "build-failed");
    assert!(failed.whole().contains(last), "{}", failed.whole());
    assert_eq!(fs::read_to_string(&component).expect("it is there"), "an earlier one");
}

fn built(sandbox: &Sandbox) -> PathBuf {
    sandbox.say("plugin new acme-postgres").ok();
    let output = say_in(sandbox, "acme-postgres", "plugin build --json").ok();
    sandbox.project().join("acme-postgres").join(output.data()["file"].as_str().expect("a file"))
}

#[test]
fn an_author_gets_from_an_empty_directory_to_a_tenant() {
    let sandbox = with_rust();
    let begun = sandbox.say("plugin new acme-postgres --lang rust").ok();
    assert_data_eq!(
        begun.transcript(),
        str![[r#"
$ systemprompt plugin new acme-postgres --lang rust
began plugin `acme-postgres`; its code is in `acme-postgres/src/lib.rs`
its tests:  cd acme-postgres && cargo test
its component:  systemprompt plugin build

"#]]
    );
    let dir = sandbox.project().join("acme-postgres");
    let before = fs::read_to_string(dir.join("src/lib.rs")).expect("the code can be read");

    let built = say_in(&sandbox, "acme-postgres", "plugin build --json").ok().data();
    assert_eq!((built["id"].as_str(), built["file"].as_str()), (Some("acme-postgres"), Some("acme-postgres.wasm")));
    assert_eq!(built["capabilities"], serde_json::json!(["journal", "postgres", "secrets", "server"]));
    let component = fs::read(dir.join("acme-postgres.wasm")).expect("the component can be read");
    assert_eq!(built["bytes"].as_u64(), Some(component.len() as u64));
    assert!((component.len() as u64) < TEMPLATE_BYTES_MAX, "the template's component has {} bytes", component.len());
    assert_names_no_place(&component, &sandbox);

    let tested = say_in(&sandbox, "acme-postgres", "plugin test acme-postgres.wasm --json").ok().data();
    assert_eq!((tested["broken"].as_u64(), tested["not_tried"].as_u64()), (Some(0), Some(0)), "{tested:#}");
    let performed = say_in(&sandbox, "acme-postgres", "plugin run create acme-postgres.wasm").ok();
    assert!(performed.stdout.contains("server.ensure("), "{}", performed.whole());

    sandbox.say("plugin install acme-postgres/acme-postgres.wasm --yes").ok();
    sandbox.say("cloud tenant create --type local --name shop --provider acme-postgres").ok();
    let mut login = Login::to(&url(&sandbox, "shop")).expect("the tenant's role can log in");
    login.run("create table notes (text text)").expect("a table can be made");
    login.close();
    assert_eq!(sandbox.say("cloud tenant status shop --json").ok().data()["state"], "ready");
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(fs::read_to_string(dir.join("src/lib.rs")).expect("the code can be read"), before);
}

#[test]
fn the_tests_that_come_with_a_project_pass() {
    let mut sandbox = with_rust();
    sandbox.say("plugin new acme-postgres").ok();
    sandbox.set("CARGO_TARGET_DIR", &authored("here").join("native").display().to_string());
    let mut cargo = sandbox.prepare(Command::new("cargo"), ["test", "--quiet"]);
    cargo.env("RUSTFLAGS", "-Dwarnings").current_dir(sandbox.project().join("acme-postgres"));
    let output = cargo.output().expect("cargo can be run");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("11 passed; 0 failed"), "{said}\n{complained}");
}

#[test]
fn the_same_source_gives_the_same_component_wherever_it_lies() {
    let (one, other) = (with_rust(), with_rust_at("there"));
    let (one, other) = (built(&one), built(&other));
    assert_ne!(one, other);
    assert!(fs::read(one).expect("a component") == fs::read(other).expect("a component"));
}

/// Neither the project nor the machine's directories stand in a component.
fn assert_names_no_place(component: &[u8], sandbox: &Sandbox) {
    let home = std::env::var("HOME").expect("a home");
    let homes = [".cargo", ".cache", ".rustup"].map(|below| Path::new(&home).join(below));
    for place in homes.iter().map(PathBuf::as_path).chain([sandbox.root(), &sandbox.project(), &authored("here")]) {
        let place = place.to_str().expect("a path is text").as_bytes();
        let found = component.windows(place.len()).any(|window| window == place);
        assert!(!found, "the component names {}", String::from_utf8_lossy(place));
    }
}
