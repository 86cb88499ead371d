//! The file system of the tests' `postgres` image: Debian's packages, unpacked as any user and without their scripts.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::debian;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture};

/// The rules below; a change of them makes a new image.
pub(crate) const RULES: &str = include_str!("rootfs.rs");

/// Links that the packages expect: what they bring for the left is to land in the right.
const LINKS: &[(&str, &str)] =
    &[("bin", "usr/bin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"), ("sbin", "usr/sbin"), ("var/run", "../run")];

/// Nothing a test reads: manuals, translations, and the just-in-time compiler, which would need all of LLVM.
const DROPPED: &[&str] = &[
    "usr/share/doc",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/postgresql/15/man",
    "usr/lib/postgresql/15/lib/bitcode",
];
const JIT: &[&str] = &["llvmjit.so", "llvmjit_types.bc"];

/// What the packages' own scripts would have written. `hosts: files` first, so that localhost needs no name server.
const WRITTEN: &[(&str, &str)] = &[
    ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\n"),
    ("etc/group", "root:x:0:\npostgres:x:999:\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
];

/// Anyone may make files here, as the image's user is not root.
const OPEN_DIRS: &[&str] = &["tmp", "run/postgresql"];
const MADE_DIRS: &[&str] =
    &["dev", "proc", "sys", "root", "run", "docker-entrypoint-initdb.d", "var/lib/postgresql/data", "usr/local/bin"];

/// Whether apt has the first package of the list: other releases of Debian have another major version of the server.
pub(crate) fn is_possible(sources: &Path, options: &Options) -> Outcome<bool> {
    let packages = packages(sources)?;
    let Some(first) = packages.first() else { return Ok(false) };
    Ok(debian::is_here() && debian::candidate(first, options)?.is_some())
}

/// Makes `rootfs.tar` in the context, unless it was made from the same list and rules.
pub(crate) fn ensure(sources: &Path, context: &Path, options: &Options) -> Outcome {
    let packages = packages(sources)?;
    let (archive, made_from) = (context.join("rootfs.tar"), context.join("rootfs.inputs"));
    let inputs = format!("{}\n{RULES}", packages.join("\n"));
    if archive.is_file() && std::fs::read_to_string(&made_from).is_ok_and(|earlier| earlier == inputs) {
        return Ok(());
    }
    std::fs::remove_file(&made_from).ok();
    let root = context.with_extension("rootfs");
    places::remove_dir(&root)?;
    make_links(&root)?;
    debian::unpack(&packages, &context.with_extension("downloads"), &root, options)?;
    drop_the_needless(&root)?;
    write_settings(&root)?;
    let mut tar = Command::new("tar");
    tar.args(["--create", "--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--file"]).arg(&archive);
    capture(tar.arg("--directory").arg(&root).arg("."))?;
    places::remove_dir(&root)?;
    std::fs::write(&made_from, inputs).map_err(|e| Failure::file("write", &made_from, &e))
}

fn packages(sources: &Path) -> Outcome<Vec<String>> {
    let list = sources.join("packages.txt");
    let text = std::fs::read_to_string(&list).map_err(|e| Failure::file("read", &list, &e))?;
    Ok(words(&text))
}

fn words(text: &str) -> Vec<String> {
    let code = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    code.flat_map(str::split_whitespace).map(String::from).collect()
}

fn make_links(root: &Path) -> Outcome {
    for (name, to) in LINKS {
        let link = root.join(name);
        let parent = link.parent().unwrap_or(root);
        places::make_dir(parent)?;
        places::make_dir(&parent.join(to))?;
        std::os::unix::fs::symlink(to, &link).map_err(|e| Failure::file("make", &link, &e))?;
    }
    Ok(())
}

fn drop_the_needless(root: &Path) -> Outcome {
    for dir in DROPPED {
        places::remove_dir(&root.join(dir))?;
    }
    for file in JIT {
        let path = root.join("usr/lib/postgresql/15/lib").join(file);
        std::fs::remove_file(&path).map_err(|e| Failure::file("remove", &path, &e))?;
    }
    Ok(())
}

fn write_settings(root: &Path) -> Outcome {
    for dir in OPEN_DIRS.iter().chain(MADE_DIRS) {
        places::make_dir(&root.join(dir))?;
    }
    for dir in OPEN_DIRS {
        let path = root.join(dir);
        let open = std::fs::Permissions::from_mode(0o1777);
        std::fs::set_permissions(&path, open).map_err(|e| Failure::file("open up", &path, &e))?;
    }
    for (name, text) in WRITTEN {
        let path = root.join(name);
        std::fs::write(&path, text).map_err(|e| Failure::file("write", &path, &e))?;
    }
    listen_everywhere(&root.join("usr/share/postgresql/15/postgresql.conf.sample"))
}

/// As in the official image: every new cluster listens on all addresses, and a flag to the server can still say otherwise.
fn listen_everywhere(sample: &Path) -> Outcome {
    let text = std::fs::read_to_string(sample).map_err(|e| Failure::file("read", sample, &e))?;
    let changed = text.replace("#listen_addresses = 'localhost'", "listen_addresses = '*'");
    if changed == text {
        return Err(Failure::new(format!("{} has no listen_addresses to set", sample.display())));
    }
    std::fs::write(sample, changed).map_err(|e| Failure::file("write", sample, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_list_is_words_with_comments() {
        assert_eq!(
            words("# the server\npostgresql-15 bash # the shell\n\n  libc6\n"),
            ["postgresql-15", "bash", "libc6"]
        );
    }
}
