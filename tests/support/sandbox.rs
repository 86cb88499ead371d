//! A world of its own for one test: project, data directory, home, environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::{Docker, Output};

/// No engine answers here: a test that does not hold the engine does not touch it by accident.
const DEAD_ENGINE: &str = "unix:///nonexistent/docker.sock";

/// A directory in /tmp that goes away, with the servers that were started in it.
#[derive(Debug)]
pub struct Sandbox {
    root: TempDir,
    variables: Vec<(String, String)>,
}

impl Sandbox {
    /// A new world, in which no Docker engine answers.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Sandbox {
        // Root's servers run as `postgres`, which has to pass through; and a socket's path is at most 103 bytes long.
        let root = tempfile::Builder::new().prefix("sp-").tempdir_in("/tmp").expect("/tmp can be written to");
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).expect("the mode can be set");
        for dir in ["project", "home"] {
            fs::create_dir(root.path().join(dir)).expect("a directory can be made");
        }
        Sandbox { root, variables: vec![("DOCKER_HOST".to_owned(), DEAD_ENGINE.to_owned())] }
    }

    /// A new world with the engine in it. The test keeps `_docker` as long as the sandbox.
    pub fn with(_docker: &Docker) -> Sandbox {
        let mut sandbox = Sandbox::new();
        sandbox.variables.clear();
        if let Ok(host) = std::env::var("DOCKER_HOST") {
            sandbox.set("DOCKER_HOST", &host);
        }
        sandbox
    }

    /// A new world with a registry that another program left in its project.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn with_registry(registry: &str) -> Sandbox {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.file("")).expect("a directory can be made");
        fs::write(sandbox.file("tenants.json"), registry).expect("a file can be written");
        sandbox
    }

    /// Sets an environment variable for all that runs from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(set, _)| set != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// The sandbox's own directory; everything else is below it, but for the cache.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The working directory of what runs.
    pub fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    /// A file of the project: `.systemprompt/<name>`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.project().join(".systemprompt").join(name)
    }

    /// `SYSTEMPROMPT_DATA_DIR`.
    pub fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    /// `SYSTEMPROMPT_CACHE_DIR`: one for all tests, so that a component is compiled once.
    pub fn cache(&self) -> PathBuf {
        profile().join("e2e-cache")
    }

    /// The program, ready to run here with nothing on standard input and no terminal.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        self.prepare(Command::new(binary()), args)
    }

    /// Any program, in this world: for one that runs ours.
    pub fn prepare<S: AsRef<OsStr>>(&self, mut command: Command, args: impl IntoIterator<Item = S>) -> Command {
        command.args(args).current_dir(self.project()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.env("HOME", self.root().join("home")).env("USER", "tester");
        command.env("SYSTEMPROMPT_DATA_DIR", self.data()).env("SYSTEMPROMPT_CACHE_DIR", self.cache());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.spawn(args).end()
    }

    /// Runs a command line whose words are parted by spaces: `sandbox.say("cloud tenant list")`.
    pub fn say(&self, line: &str) -> Output {
        self.run(line.split_whitespace())
    }

    /// Runs these command lines one after the other, and puts their transcripts together.
    pub fn session(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.say(line).transcript()).collect()
    }

    /// Starts the program.
    pub fn spawn<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        self.start(self.command(args))
    }

    /// Starts a command that [`command`](Sandbox::command) or [`prepare`](Sandbox::prepare) made.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(&self, mut command: Command) -> Running {
        let line = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        Running { child, line, root: self.root().to_owned() }
    }

    /// Files below a directory, directories left out; what disappears meanwhile is left out too.
    pub fn files_below(dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => found.extend(Sandbox::files_below(&entry.path())),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
        found
    }
}

impl Default for Sandbox {
    fn default() -> Sandbox {
        Sandbox::new()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let clusters = self.data().join("clusters");
        let postmaster =
            |entry: fs::DirEntry| Some(entry.path().join("data/postmaster.pid")).filter(|file| file.exists());
        let running: Vec<_> = fs::read_dir(clusters).into_iter().flatten().flatten().filter_map(postmaster).collect();
        if running.is_empty() {
            return;
        }
        // A project of its own: the test may have made the other one unusable.
        let closing = self.root().join("closing");
        if fs::create_dir_all(&closing).is_ok() {
            let mut command = self.command(["infra", "db", "down", "--provider", "native", "--project"]);
            let _the_last_resort_follows = command.arg(&closing).output();
        }
        for file in running.iter().filter(|file| file.exists()) {
            kill_postmaster(file);
        }
    }
}

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub child: Child,
    line: String,
    root: PathBuf,
}

impl Running {
    /// Waits for its end.
    ///
    /// # Panics
    /// If its output cannot be read.
    pub fn end(self) -> Output {
        let output = self.child.wait_with_output().expect("the output can be read");
        Output::new(self.line, output, &self.root)
    }
}

/// The program under test, which lies beside the test's own directory.
///
/// # Panics
/// If it was not built.
pub fn binary() -> PathBuf {
    let path = profile().join("systemprompt");
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build -p systemprompt-host`, or `cargo xtask test`",
        path.display()
    );
    path
}

/// The repository's root.
///
/// # Panics
/// Never: this package is a directory in it.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("BUG: this package is a directory of the repository")
}

/// `<target>/<profile>`; a test lies in its `deps`.
fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(2).expect("BUG: a test lies in `<target>/<profile>/deps`").to_owned()
}

fn kill_postmaster(file: &Path) {
    let first_line = fs::read_to_string(file).ok().and_then(|text| text.lines().next()?.trim().parse().ok());
    if let Some(pid) = first_line.and_then(rustix::process::Pid::from_raw) {
        let _gone_meanwhile = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
    }
}
