//! A world of its own for one test: project, data directory, home, environment.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{Docker, Output, Server};

/// No engine answers here: a test that does not hold the engine does not touch it by accident.
const DEAD_ENGINE: &str = "unix:///nonexistent/docker.sock";

/// No command of a test takes that long, even on two loaded cores: it hangs.
const END_MAX: Duration = Duration::from_mins(5);

/// A directory in /tmp that goes away, with the servers that were started in it.
#[derive(Debug)]
pub struct Sandbox {
    root: TempDir,
    project: PathBuf,
    variables: Vec<(String, String)>,
    /// The lock of a project whose place is not this sandbox's alone: it is held as long as this lives.
    held: Option<File>,
}

impl Sandbox {
    /// A new world, in which no Docker engine answers.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Sandbox {
        hold_the_usual_port();
        // Root's servers run as `postgres`, which has to pass through; and a socket's path is at most 103 bytes long.
        let root = tempfile::Builder::new().prefix("sp-").tempdir_in("/tmp").expect("/tmp can be written to");
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).expect("the mode can be set");
        for dir in ["project", "home"] {
            fs::create_dir(root.path().join(dir)).expect("a directory can be made");
        }
        let project = root.path().join("project");
        let variables = vec![("DOCKER_HOST".to_owned(), DEAD_ENGINE.to_owned())];
        Sandbox { root, project, variables, held: None }
    }

    /// A new world whose project is always in the same place, for what is made once for a place and used again there. Who
    /// else wants it waits for this one's end.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn with_project_at(place: &Path) -> Sandbox {
        fs::create_dir_all(place.parent().expect("a place is in a directory")).expect("a directory can be made");
        let held = File::create(place.with_extension("lock")).expect("a file can be made");
        held.lock().expect("a file can be locked");
        if place.exists() {
            fs::remove_dir_all(place).expect("what an earlier one left can be removed");
        }
        fs::create_dir(place).expect("a directory can be made");
        let mut sandbox = Sandbox::new();
        place.clone_into(&mut sandbox.project);
        sandbox.held = Some(held);
        sandbox
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
        self.project.clone()
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

    /// The same for somebody whom the modes of files bind: root becomes somebody else for it.
    pub fn say_bound_by_modes(&self, line: &str) -> Output {
        if !rustix::process::geteuid().is_root() {
            return self.say(line);
        }
        let ours = binary().display().to_string();
        let words = ["--reuid=65534", "--regid=65534", "--clear-groups", &ours];
        self.start(self.prepare(Command::new("setpriv"), words.into_iter().chain(line.split(' ')))).end()
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
        // Whatever data directory a test chose, it lies below the root.
        for server in Server::all_below(self.root()) {
            server.end();
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
    /// If its output cannot be read, or if it does not end for minutes: it is killed then, and what it was doing is said.
    pub fn end(self) -> Output {
        let number = self.child.id();
        let (ended, end) = mpsc::channel();
        std::thread::spawn(move || ended.send(self.child.wait_with_output()));
        if let Ok(output) = end.recv_timeout(END_MAX) {
            return Output::new(self.line, output.expect("the output can be read"), &self.root);
        }
        let doing = family(number);
        if let Some(pid) = i32::try_from(number).ok().and_then(Pid::from_raw) {
            let _gone_meanwhile = kill_process(pid, Signal::KILL);
        }
        panic!("`{}` did not end in {} s. Its processes:\n{doing}", self.line, END_MAX.as_secs());
    }
}

/// A process and those that it started: number, state, what it waits for in the kernel, command line.
fn family(number: u32) -> String {
    let dir = PathBuf::from(format!("/proc/{number}"));
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap_or_default();
    let status = read("status");
    let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or("gone").trim();
    let mut said = format!("{number} {state}, {}: {}\n", read("wchan"), read("cmdline").replace('\0', " "));
    for thread in fs::read_dir(dir.join("task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.split_whitespace().filter_map(|child| child.parse().ok()).for_each(|child| said += &family(child));
    }
    said
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

/// Takes PostgreSQL's usual port until the tests end. Every server of theirs would want it, and those of tests that run
/// beside each other would take it from one another between choosing it and starting; now each chooses a port of its own.
fn hold_the_usual_port() {
    static USUAL_PORT: OnceLock<Option<TcpListener>> = OnceLock::new();
    let _taken_by_somebody_is_as_good = USUAL_PORT.get_or_init(|| TcpListener::bind("127.0.0.1:5432").ok());
}
