//! Where things are: the repository, the build's output, and what is kept between runs.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::process::{Failure, Outcome};

/// The repository's root. Cargo tells it at run time; the path of the build is for a binary started by hand.
pub(crate) fn repository() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}

/// Cargo's target directory: this very program lies in `<target>/<profile>/xtask`, however it was chosen.
pub(crate) fn target() -> Outcome<PathBuf> {
    let program = std::env::current_exe().map_err(|e| Failure::new(format!("cannot tell where I am: {e}")))?;
    let target = program.ancestors().nth(2).map(Path::to_path_buf);
    target.ok_or_else(|| Failure::new(format!("{} is not in a target directory", program.display())))
}

/// What is dear to make and shared by all checkouts of a user.
pub(crate) fn cache() -> Outcome<PathBuf> {
    let base = match (absolute("XDG_CACHE_HOME"), absolute("HOME")) {
        (Some(cache), _) => cache,
        (None, Some(home)) => home.join(".cache"),
        (None, None) => return Err(Failure::new("neither HOME nor XDG_CACHE_HOME is set; set one of them")),
    };
    let dir = base.join("systemprompt");
    make_dir(&dir)?;
    Ok(dir)
}

/// The compiler for plugins, where rustup has none. The program's own build script looks here too.
pub(crate) fn wasm_toolchain() -> Outcome<PathBuf> {
    absolute("SYSTEMPROMPT_WASM_TOOLCHAIN").map_or_else(|| Ok(cache()?.join("wasm-toolchain")), Ok)
}

pub(crate) fn make_dir(dir: &Path) -> Outcome {
    std::fs::create_dir_all(dir).map_err(|e| Failure::file("make", dir, &e))
}

/// Removes a directory that may not be there.
pub(crate) fn remove_dir(dir: &Path) -> Outcome {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file("remove", dir, &error)),
        _ => Ok(()),
    }
}

/// Removes a file that may not be there.
pub(crate) fn remove_file(file: &Path) -> Outcome {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file("remove", file, &error)),
        _ => Ok(()),
    }
}

/// Keeps a second chore from making the same thing at the same time, as long as the returned file lives.
pub(crate) fn lock(path: &Path) -> Outcome<File> {
    let file = File::create(path).map_err(|e| Failure::file("make", path, &e))?;
    file.lock().map_err(|e| Failure::file("lock", path, &e))?;
    Ok(file)
}

fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
