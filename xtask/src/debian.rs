//! Debian's packages: looking them up, installing them, and unpacking them without installing them.

use std::path::Path;
use std::process::Command;

use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture, find, run};

/// Whether this machine gets its software from apt.
pub(crate) fn is_here() -> bool {
    find("apt-get").is_some() && find("dpkg-deb").is_some()
}

/// The version that apt would install. Asks apt for fresh lists once if it knows none, as on a new machine.
pub(crate) fn candidate(package: &str, options: &Options) -> Outcome<Option<String>> {
    if let Some(version) = known_candidate(package)? {
        return Ok(Some(version));
    }
    refreshed_candidate(package, options)
}

/// The version that apt would install after it was asked for fresh lists.
pub(crate) fn refreshed_candidate(package: &str, options: &Options) -> Outcome<Option<String>> {
    refresh(options)?;
    known_candidate(package)
}

/// A package and all that it needs, less what is installed already.
pub(crate) fn missing_closure(package: &str) -> Outcome<Vec<String>> {
    let leave_out =
        ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(|kind| format!("--no-{kind}"));
    let listing = capture(Command::new("apt-cache").args(["depends", "--recurse"]).args(leave_out).arg(package))?;
    Ok(packages_in(&listing).filter(|name| !is_installed(name)).collect())
}

/// Downloads packages into a directory and unpacks them under `root`, as any user and without installing them.
pub(crate) fn unpack(packages: &[String], downloads: &Path, root: &Path, options: &Options) -> Outcome {
    places::remove_dir(downloads)?;
    places::make_dir(downloads)?;
    places::make_dir(root)?;
    let download = || capture(Command::new("apt-get").arg("download").args(packages).current_dir(downloads));
    download().or_else(|_| {
        // The lists may name versions that the mirror no longer holds.
        refresh(options)?;
        download()
    })?;
    for archive in std::fs::read_dir(downloads).map_err(|e| Failure::file("read", downloads, &e))? {
        let archive = archive.map_err(|e| Failure::file("read", downloads, &e))?.path();
        // A directory of the package must not take the place of a link in the root, such as /lib -> usr/lib.
        let script =
            r#"dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --no-same-owner --directory "$2""#;
        capture(Command::new("sh").args(["-c", script, "unpack"]).args([archive.as_path(), root]))?;
    }
    places::remove_dir(downloads)
}

/// Installs packages, after asking.
pub(crate) fn install(packages: &[&str], options: &Options) -> Outcome {
    let names = packages.join(" ");
    if !is_here() {
        return Err(Failure::new(format!(
            "missing here: {names}; this machine has no apt, so install them your own way"
        )));
    }
    options.agree_to(&format!("install {names} (apt-get)"))?;
    eprintln!("installing {names}");
    install_quietly(packages).or_else(|_| {
        refresh(options)?;
        install_quietly(packages)
    })
}

/// Runs a program as root: as ourselves, or through sudo.
pub(crate) fn privileged(program: &str) -> Outcome<Command> {
    if is_root() {
        return Ok(Command::new(program));
    }
    if find("sudo").is_none() {
        return Err(Failure::new(format!("`{program}` needs root, and there is no sudo; run this chore as root")));
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    Ok(command)
}

pub(crate) fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn install_quietly(packages: &[&str]) -> Outcome {
    let mut command = privileged("env")?;
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"]);
    capture(command.args(packages)).map(drop)
}

fn refresh(options: &Options) -> Outcome {
    options.agree_to("refresh the package lists (apt-get update)")?;
    run(privileged("apt-get")?.args(["update", "-qq"]))
}

fn known_candidate(package: &str) -> Outcome<Option<String>> {
    Ok(candidate_in(&capture(Command::new("apt-cache").args(["policy", package]).env("LC_ALL", "C"))?))
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    capture(query.args(["--show", "--showformat", "${db:Status-Abbrev}", package]))
        .is_ok_and(|state| state.starts_with("ii"))
}

fn candidate_in(policy: &str) -> Option<String> {
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (version != "(none)").then(|| version.to_string())
}

/// `apt-cache depends` indents relations and puts virtual packages in angle brackets; real packages stand at the margin.
fn packages_in(listing: &str) -> impl Iterator<Item = String> {
    listing.lines().filter(|line| !line.starts_with([' ', '|', '<'])).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_is_read_from_apts_policy() {
        let policy = "rustc-web:\n  Installed: (none)\n  Candidate: 1.96.0+dfsg1-1\n  Version table:\n";
        assert_eq!(candidate_in(policy).as_deref(), Some("1.96.0+dfsg1-1"));
    }

    #[test]
    fn a_package_that_apt_does_not_know_has_no_candidate() {
        assert_eq!(candidate_in(""), None);
        assert_eq!(candidate_in("x:\n  Installed: (none)\n  Candidate: (none)\n"), None);
    }

    #[test]
    fn only_real_packages_are_read_from_a_dependency_listing() {
        let listing =
            "libllvm22\n  Depends: libc6\n |Depends: debconf\n  Depends: <debconf-2.0>\nlibc6\n<debconf-2.0>\n";
        assert_eq!(packages_in(listing).collect::<Vec<_>>(), ["libllvm22", "libc6"]);
    }
}
