//! A Supabase of one's own, with state: what its published document says of the management API, and nothing more. Behind it
//! can be a real PostgreSQL server, for the database of one project.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};
use systemprompt_tests::OwnServer;

use super::exchange::{Held, Request, copy, forward, written};

/// The token that somebody logs in with.
pub(super) const TOKEN: &str = "sbp_0102030405060708090a0b0c0d0e0f1011121314";
/// A colleague's, in the same organization.
pub(super) const COLLEAGUES: &str = "sbp_1111111111111111111111111111111111111111";
/// What stands for the first in a rehearsal.
const REHEARSED: &str = "{{account:access-token@1}}";
/// Where `plugin test` asks what there is, and has it forgotten.
const KEPT: &str = "/systemprompt-test";
/// What goes wrong with the next request of a method.
pub(super) enum Trouble {
    /// Nothing is done, and this is answered, with a header.
    Status(u16, &'static str),
    /// It is done, and the connection is closed without an answer.
    LostAnswer,
    /// It is answered when the test lets it be.
    Held(Sender<()>, Receiver<()>),
}

/// What there is.
#[derive(Default)]
struct World {
    projects: Vec<Value>,
    trouble: VecDeque<(&'static str, Trouble)>,
    asked: Vec<String>,
    made: usize,
    database: Option<Database>,
}

/// The server that a project's database is on, and where it is reached as Supabase's are.
struct Database {
    server: OwnServer,
    host: String,
}

/// The server.
pub(super) struct Supabase {
    /// What stands for `https://api.supabase.com`.
    pub(super) url: String,
    world: Arc<Mutex<World>>,
}

impl Supabase {
    /// Without a database behind it: what it tells of one leads nowhere.
    pub(super) fn start() -> Supabase {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let world = Arc::<Mutex<World>>::default();
        let served = Arc::clone(&world);
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &mut locked(&served))));
        Supabase { url, world }
    }

    /// With this server for the database of the one project that it makes at a time.
    pub(super) fn before(server: OwnServer) -> Supabase {
        let supabase = Supabase::start();
        let host = forward(server.port());
        locked(&supabase.world).database = Some(Database { server, host });
        supabase
    }

    /// Lets the next request of a method go wrong.
    pub(super) fn fail(&self, method: &'static str, trouble: Trouble) {
        locked(&self.world).trouble.push_back((method, trouble));
    }

    /// Holds the next request of a method up. Until it is let go, nothing else of this is of use.
    pub(super) fn hold(&self, method: &'static str) -> Held {
        let ((has_come, came), (answer, may_answer)) = (channel(), channel());
        self.fail(method, Trouble::Held(has_come, may_answer));
        Held { came, answer }
    }

    /// Names of the projects that there are.
    pub(super) fn projects(&self) -> Vec<String> {
        let name = |project: &Value| project["name"].as_str().unwrap_or_default().to_owned();
        locked(&self.world).projects.iter().map(name).collect()
    }

    /// The one project that there is goes, and another one, of this name, is there.
    pub(super) fn becomes_another(&self, name: &str) {
        let mut world = locked(&self.world);
        let [project] = &mut world.projects[..] else { panic!("there is one project") };
        project["name"] = name.into();
        project["ref"] = "z".repeat(20).into();
    }

    /// Method and path of every request so far.
    pub(super) fn asked(&self) -> Vec<String> {
        locked(&self.world).asked.clone()
    }

    /// Roles and databases on the server behind it.
    pub(super) fn inventory(&self) -> Vec<String> {
        let world = locked(&self.world);
        world.database.as_ref().expect("there is a server behind it").server.inventory()
    }
}

fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    // Whoever panicked with it has failed the test already.
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one request, and what comes next after that.
fn serve(mut stream: TcpStream, world: &mut World) {
    let kept = |stream: &TcpStream| {
        let mut first = [0; 64];
        let read = stream.peek(&mut first).unwrap_or(0);
        String::from_utf8_lossy(&first[..read]).split(' ').nth(1) == Some(KEPT)
    };
    let answer = if kept(&stream) { world.rehearsal(&stream) } else { world.answer(&stream) };
    // Whoever has gone does not wait for an answer.
    let _gone = stream.write_all(answer.as_bytes()).and_then(|()| stream.shutdown(Shutdown::Both));
}

impl World {
    /// What `plugin test` wants to know, or have forgotten.
    fn rehearsal(&mut self, stream: &TcpStream) -> String {
        let mut head = String::new();
        let mut reader = BufReader::new(copy(stream));
        while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
        if head.starts_with("DELETE") {
            *self = World::default();
            return written(200, "", &Value::Null);
        }
        let line = |project: &Value| json!(format!("project {} with {}", project["name"], project["password"]));
        written(200, "", &self.projects.iter().map(line).collect())
    }

    fn answer(&mut self, stream: &TcpStream) -> String {
        let Some(request) = Request::read(stream) else {
            return written(401, "", &json!({ "message": "Unauthorized" }));
        };
        self.asked.push(format!("{} {}", request.method, request.path));
        if ![TOKEN, COLLEAGUES, REHEARSED].contains(&request.token.as_str()) {
            return written(401, "", &json!({ "message": "Unauthorized" }));
        }
        let is_next = self.trouble.front().is_some_and(|(method, _)| *method == request.method);
        let trouble = if is_next { self.trouble.pop_front().map(|(_, trouble)| trouble) } else { None };
        if let Some(Trouble::Status(status, header)) = trouble {
            return written(status, header, &json!({ "message": "not now" }));
        }
        if let Some(Trouble::Held(has_come, may_answer)) = &trouble {
            // Whoever waits at neither end has failed already.
            let _nobody = has_come.send(()).map_err(drop).and_then(|()| may_answer.recv().map_err(drop));
        }
        let (status, body) = self.work(&request);
        if matches!(trouble, Some(Trouble::LostAnswer)) { String::new() } else { written(status, "", &body) }
    }

    fn work(&mut self, request: &Request) -> (u16, Value) {
        let path: Vec<_> = request.path.split('/').skip(1).collect();
        match (request.method.as_str(), &path[..]) {
            ("GET", ["v1", "profile"]) => {
                let user = user(request);
                (200, json!({ "gotrue_id": user, "primary_email": format!("{user}@example.com"), "username": user }))
            }
            ("GET", ["v1", "organizations"]) => (200, json!([{ "id": "acme", "slug": "acme", "name": "Acme" }])),
            ("GET", ["v1", "projects"]) => {
                let mine = self.projects.iter().filter(|project| project["made_by"] == user(request));
                (200, mine.map(told).collect())
            }
            ("POST", ["v1", "projects"]) => self.make(user(request), &request.body),
            (method, ["v1", "projects", reference, rest @ ..]) => {
                match self.projects.iter().position(|project| project["ref"] == *reference) {
                    Some(place) => self.work_on(place, method, rest, &request.body),
                    None => (404, json!({ "message": "Project not found" })),
                }
            }
            _ => (404, json!({ "message": "Not Found" })),
        }
    }

    fn work_on(&mut self, place: usize, method: &str, rest: &[&str], body: &Value) -> (u16, Value) {
        match (method, rest) {
            ("GET", []) => {
                let answer = told(&self.projects[place]);
                // The next look finds it running.
                self.projects[place]["status"] = "ACTIVE_HEALTHY".into();
                (200, answer)
            }
            ("PATCH", ["database", "password"]) => {
                let Some(password) = body["password"].as_str() else {
                    return (400, json!({ "message": "password is required" }));
                };
                self.sql(&format!("alter role postgres password '{password}'"));
                self.projects[place]["password"] = password.into();
                (200, json!({ "message": "Successfully updated password" }))
            }
            ("DELETE", []) => {
                self.sql("alter database postgres owner to owner; drop owned by postgres; drop role postgres");
                let project = self.projects.remove(place);
                (200, json!({ "id": 1, "ref": project["ref"], "name": project["name"] }))
            }
            _ => (404, json!({ "message": "Not Found" })),
        }
    }

    fn make(&mut self, user: &str, body: &Value) -> (u16, Value) {
        if let Some(error) = jsonschema::validator_for(&body_schema()).expect("a schema").iter_errors(body).next() {
            return (400, json!({ "message": error.to_string() }));
        }
        self.made += 1;
        let letters =
            format!("{:0>20}", self.made).bytes().map(|digit| char::from(digit - b'0' + b'a')).collect::<String>();
        let password = body["db_pass"].as_str().unwrap_or_default();
        self.sql(&format!(
            "create role postgres login createdb createrole password '{password}'; alter database postgres owner to postgres"
        ));
        let host = self.database.as_ref().map_or_else(|| format!("db.{letters}.supabase.co"), |it| it.host.clone());
        self.projects.push(json!({
            "id": letters, "ref": letters, "organization_id": "acme", "organization_slug": "acme", "name": body["name"],
            "region": body["region_selection"]["code"], "created_at": format!("2026-11-30T12:00:{:02}Z", self.made % 60),
            "status": "COMING_UP", "password": password, "made_by": user,
            "database": { "host": host, "version": "17.6.1.063", "postgres_engine": "17", "release_channel": "ga" },
        }));
        let mut answer = told(&self.projects[self.projects.len() - 1]);
        // The answer to the request that makes one says nothing of its database.
        answer.as_object_mut().expect("a project is an object").remove("database");
        (201, answer)
    }

    fn sql(&self, statements: &str) {
        if let Some(database) = &self.database {
            let mut owner = database.server.owner();
            owner.run(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
            owner.close();
        }
    }
}

/// Whose the token is.
fn user(request: &Request) -> &'static str {
    if request.token == COLLEAGUES { "bob" } else { "ada" }
}

/// A project without what Supabase keeps to itself.
fn told(project: &Value) -> Value {
    let mut project = project.clone();
    for field in ["password", "made_by"] {
        project.as_object_mut().expect("a project is an object").remove(field);
    }
    project
}

/// What the document says of the body of a creation, without the fields that it calls deprecated.
fn body_schema() -> Value {
    json!({
        "type": "object",
        "required": ["db_pass", "name", "organization_slug"],
        "additionalProperties": false,
        "properties": {
            "db_pass": { "type": "string" },
            "name": { "type": "string", "maxLength": 256 },
            "organization_slug": { "type": "string", "pattern": "^[\\w-]+$" },
            "region_selection": {
                "type": "object",
                "required": ["type", "code"],
                "properties": { "type": { "const": "specific" }, "code": { "type": "string", "pattern": "^[a-z]+-[a-z]+-[0-9]$" } },
            },
            "desired_instance_size": { "enum": ["nano", "micro", "small", "medium", "large", "xlarge"] },
            "template_url": { "type": "string" },
        },
    })
}
