//! What `plugin new` writes, as text in the program: the SDK with a manifest that stands alone, the templates, and a
//! `Cargo.lock` with the versions that this program was tested with.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

/// The package that the templates depend on.
const SDK: &str = "systemprompt-sdk";
/// The package that stands for an author's own in the template's `Cargo.lock`.
const TEMPLATE: &str = "my-provider";
/// What the template itself depends on, beside the SDK.
const DIRECT: [&str; 2] = ["serde", "serde_json"];

/// Writes a source file with all of it to `OUT_DIR`.
pub(crate) fn embed() -> Result<(), Box<dyn Error>> {
    let host = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = host.parent().ok_or("no workspace")?.to_path_buf();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let workspace: DocumentMut = read(&root.join("Cargo.toml"))?.parse()?;
    let (manifest, lock) = (out.join("sdk-Cargo.toml"), out.join("template-Cargo.lock"));
    fs::write(&manifest, standalone(&read(&root.join("sdk/Cargo.toml"))?, &workspace)?)?;
    let template_manifest = read(&host.join("templates/rust/Cargo.toml"))?;
    let begun = locked(&read(&root.join("Cargo.lock"))?)?;
    fs::write(&lock, settled(&begun, &template_manifest, &manifest, &root, &out.join("template"))?)?;

    let sdk = root.join("sdk");
    let mut sdk_files = vec![("Cargo.toml".to_owned(), manifest), ("README.md".to_owned(), sdk.join("README.md"))];
    for part in ["src", "wit"] {
        sdk_files.extend(files(&sdk, &sdk.join(part))?);
    }
    let template = host.join("templates/rust");
    println!("cargo::rerun-if-changed={}", template.display());
    let mut source = String::new();
    list(&mut source, "SDK", "Files of the SDK, below its directory.", &sdk_files)?;
    list(
        &mut source,
        "RUST",
        "Files of the Rust template, below the project's directory.",
        &files(&template, &template)?,
    )?;
    for (name, place, language) in [("C", "c", "C"), ("JS", "js", "JavaScript"), ("PYTHON", "python", "Python")] {
        let template = host.join("templates").join(place);
        println!("cargo::rerun-if-changed={}", template.display());
        let about = format!("Files of the {language} template, below the project's directory.");
        list(&mut source, name, &about, &files(&template, &template)?)?;
    }
    list(&mut source, "LOCK", "The template's `Cargo.lock`.", &[("Cargo.lock".to_owned(), lock)])?;
    fs::write(out.join("scaffold.rs"), source)?;
    Ok(())
}

fn list(source: &mut String, name: &str, about: &str, files: &[(String, PathBuf)]) -> Result<(), std::fmt::Error> {
    writeln!(source, "/// {about}\nconst {name}: &[(&str, &str)] = &[")?;
    for (name, path) in files {
        writeln!(source, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    writeln!(source, "];")
}

/// Files below a directory, in order, each with its path from `base`.
fn files(base: &Path, dir: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut entries = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(base, &path)?);
        } else {
            let name = path.strip_prefix(base)?.to_str().ok_or("a file's name is not text")?;
            found.push((name.to_owned(), path));
        }
    }
    Ok(found)
}

/// A manifest with what it takes from its workspace written out.
fn standalone(manifest: &str, workspace: &DocumentMut) -> Result<String, Box<dyn Error>> {
    let mut manifest: DocumentMut = manifest.parse()?;
    let shared = &workspace["workspace"];
    for part in ["package", "dependencies"] {
        let table = manifest[part].as_table_mut().ok_or("a manifest has no such part")?;
        for (key, item) in table.iter_mut() {
            if is_inherited(item) {
                *item = shared[part].get(key.get()).ok_or_else(|| format!("the workspace lacks `{key}`"))?.clone();
            }
        }
    }
    manifest["lints"] = shared["lints"].clone();
    Ok(manifest.to_string())
}

fn is_inherited(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// The part of our `Cargo.lock` that a project of the template needs, with the template as a package.
fn locked(lock: &str) -> Result<String, Box<dyn Error>> {
    let mut lock: DocumentMut = lock.parse()?;
    let packages = lock["package"].as_array_of_tables().ok_or("a lock has packages")?.clone();
    let by_name = |wanted: &str| {
        let (name, version) = wanted.split_once(' ').map_or((wanted, None), |(name, version)| (name, Some(version)));
        packages.iter().find(|package| {
            package["name"].as_str() == Some(name)
                && version.is_none_or(|version| package["version"].as_str() == Some(version))
        })
    };
    let mut kept: BTreeMap<(String, String), Table> = BTreeMap::new();
    let mut wanted: Vec<String> = DIRECT.iter().chain(&[SDK]).map(|&name| name.to_owned()).collect();
    while let Some(name) = wanted.pop() {
        let package = by_name(&name).ok_or_else(|| format!("the lock lacks `{name}`"))?;
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        if kept.insert((text("name"), text("version")), package.clone()).is_none() {
            wanted.extend(dependencies(package));
        }
    }
    kept.insert((TEMPLATE.to_owned(), "0.1.0".to_owned()), template_package());
    let mut tables = ArrayOfTables::new();
    let names: Vec<String> = kept.keys().map(|(name, _)| name.clone()).collect();
    for package in kept.values_mut() {
        package.set_position(None);
        plain_dependencies(package, &names);
        tables.push(package.clone());
    }
    lock["package"] = Item::ArrayOfTables(tables);
    Ok(lock.to_string())
}

/// The lock as cargo wants it for a project of the template: what only others of our workspace have a crate switch on is
/// not in there. No version changes, and nothing is fetched.
fn settled(lock: &str, template: &str, sdk: &Path, root: &Path, dir: &Path) -> Result<String, Box<dyn Error>> {
    for (below, manifest) in [(dir.to_path_buf(), template), (dir.join("sdk"), &fs::read_to_string(sdk)?)] {
        fs::create_dir_all(below.join("src"))?;
        fs::write(below.join("src/lib.rs"), "")?;
        fs::write(below.join("Cargo.toml"), manifest)?;
    }
    fs::write(dir.join("Cargo.lock"), lock)?;
    let cargo = env::var_os("CARGO").ok_or("cargo does not say where it is")?;
    let mut settling = Command::new(cargo);
    // From here, so that what this workspace says of registries counts.
    settling.current_dir(root).args(["update", "--workspace", "--offline", "--quiet", "--manifest-path"]);
    let output = settling.arg(dir.join("Cargo.toml")).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("the template's lock: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(fs::read_to_string(dir.join("Cargo.lock"))?)
}

fn dependencies(package: &Table) -> Vec<String> {
    let listed = package.get("dependencies").and_then(Item::as_array);
    listed.into_iter().flatten().filter_map(|value| value.as_str().map(ToOwned::to_owned)).collect()
}

/// A version is named only where there are two.
fn plain_dependencies(package: &mut Table, names: &[String]) {
    let Some(listed) = package.get_mut("dependencies").and_then(Item::as_array_mut) else { return };
    for value in listed.iter_mut() {
        let Some((name, _)) = value.as_str().and_then(|text| text.split_once(' ')) else { continue };
        if names.iter().filter(|known| *known == name).count() == 1 {
            let decor = value.decor().clone();
            *value = name.into();
            *value.decor_mut() = decor;
        }
    }
}

fn template_package() -> Table {
    let mut package = Table::new();
    package["name"] = toml_edit::value(TEMPLATE);
    package["version"] = toml_edit::value("0.1.0");
    let mut listed = toml_edit::Array::new();
    for name in DIRECT.iter().chain(&[SDK]) {
        let mut value = toml_edit::Value::from(*name);
        value.decor_mut().set_prefix("\n ");
        listed.push_formatted(value);
    }
    listed.set_trailing_comma(true);
    listed.set_trailing("\n");
    package["dependencies"] = toml_edit::value(listed);
    package
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", path.display());
    Ok(fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?)
}
