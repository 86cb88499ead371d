//! A Supabase of a few lines: what its document says, and only that.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::testing::Service;

/// How the next request is answered.
pub(crate) enum Trouble {
    /// Nothing is done, and this is answered, with these headers.
    Status(u16, Vec<(&'static str, &'static str)>),
    /// It is done, and nobody hears of it; what it makes is not in lists for so many looks.
    Silence { unseen: usize },
}

/// What there is; shared with the test that looks at it.
#[derive(Default)]
pub(crate) struct World {
    /// Those that the token sees; projects in others are hidden from it.
    pub(crate) organisations: Vec<&'static str>,
    /// Whose the token is. A list of projects has what this one made, and no colleague's.
    user: &'static str,
    pub(crate) projects: Vec<Value>,
    pub(crate) trouble: VecDeque<(&'static str, Trouble)>,
    /// Method and path of each request, with the time at which it came.
    pub(crate) asked: Vec<(String, u64)>,
    /// What becomes of projects that are made.
    pub(crate) fate: &'static str,
    unseen: usize,
    made: usize,
    now_ms: u64,
}

/// The server; a clone is the same one.
#[derive(Clone, Default)]
pub(crate) struct SmallSupabase(pub(crate) Rc<RefCell<World>>);

impl SmallSupabase {
    pub(crate) fn new() -> Self {
        let world = World { organisations: vec!["acme"], user: "ada", fate: "ACTIVE_HEALTHY", ..World::default() };
        Self(Rc::new(RefCell::new(world)))
    }

    pub(crate) fn fail(&self, method: &'static str, trouble: Trouble) {
        self.0.borrow_mut().trouble.push_back((method, trouble));
    }

    /// From here on, the token is this user's, and sees these organizations and what is in them.
    pub(crate) fn log_in(&self, user: &'static str, organisations: &[&'static str]) {
        let mut world = self.0.borrow_mut();
        (world.user, world.organisations) = (user, organisations.to_vec());
    }

    /// How often something was asked for.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.0.borrow().asked.iter().filter(|(asked, _)| asked == line).count()
    }
}

impl World {
    fn work(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let organisations = self.organisations.clone();
        let is_seen = |it: &Value| organisations.iter().any(|slug| it["organization_slug"] == *slug);
        let found =
            |projects: &[Value], reference: &str| projects.iter().position(|it| it["ref"] == reference && is_seen(it));
        match (method, path.split('/').skip(2).collect::<Vec<_>>().as_slice()) {
            ("GET", ["organizations"]) => {
                let organisation = |slug: &&str| json!({ "id": slug, "slug": slug, "name": slug });
                (200, self.organisations.iter().map(organisation).collect())
            }
            ("GET", ["profile"]) => {
                let (user, email) = (self.user, format!("{}@example.com", self.user));
                (200, json!({ "gotrue_id": format!("id-of-{user}"), "primary_email": email, "username": user }))
            }
            ("GET", ["projects"]) => {
                let seen = self.projects.len() - usize::from(self.unseen > 0);
                self.unseen = self.unseen.saturating_sub(1);
                let is_listed = |it: &&Value| is_seen(it) && it["made_by"] == self.user;
                (200, self.projects[..seen].iter().filter(is_listed).cloned().collect())
            }
            ("POST", ["projects"]) if is_seen(body) => (201, self.make(body)),
            ("POST", ["projects"]) => (403, json!({ "message": "Forbidden" })),
            ("GET", ["projects", reference]) => match found(&self.projects, reference) {
                Some(place) => {
                    let answer = self.projects[place].clone();
                    self.projects[place]["status"] = self.fate.into();
                    (200, answer)
                }
                None => (404, json!({ "message": "Project not found" })),
            },
            ("DELETE", ["projects", reference]) => match found(&self.projects, reference) {
                Some(place) => (200, self.projects.remove(place)),
                None => (404, json!({ "message": "Project not found" })),
            },
            ("PATCH", ["projects", reference, "database", "password"]) => match found(&self.projects, reference) {
                Some(place) => {
                    self.projects[place]["password"] = body["password"].clone();
                    (200, json!({ "message": "Successfully updated password" }))
                }
                None => (404, json!({ "message": "Project not found" })),
            },
            _ => panic!("{method} {path} is not in the document"),
        }
    }

    fn make(&mut self, body: &Value) -> Value {
        const FIELDS: [&str; 5] = ["name", "organization_slug", "db_pass", "region_selection", "desired_instance_size"];
        let fields = body.as_object().expect("a body");
        assert!(fields.keys().all(|field| FIELDS.contains(&field.as_str())), "other fields are refused: {body}");
        self.made += 1;
        let reference: String =
            format!("{:0>20}", self.made).bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        let host = format!("db.{reference}.supabase.co");
        self.projects.push(json!({
            "id": reference, "ref": reference, "name": body["name"], "organization_slug": body["organization_slug"],
            "region": body["region_selection"]["code"], "status": "COMING_UP", "password": body["db_pass"],
            "created_at": format!("2026-01-01T00:00:{:02}Z", self.made), "made_by": self.user,
            "database": { "host": host, "version": "17.6.1", "postgres_engine": "17", "release_channel": "ga" },
        }));
        self.projects[self.projects.len() - 1].clone()
    }
}

impl Service for SmallSupabase {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let mut world = self.0.borrow_mut();
        let token = ("authorization".to_owned(), "Bearer {{account:access-token@1}}".to_owned());
        assert!(request.headers.contains(&token), "the token goes along, as a placeholder: {:?}", request.headers);
        let path = request.url.trim_start_matches("https://api.supabase.com").to_owned();
        let now_ms = world.now_ms;
        world.asked.push((format!("{} {path}", request.method), now_ms));
        let body = request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        let is_next = world.trouble.front().is_some_and(|(method, _)| *method == request.method);
        let trouble = if is_next { world.trouble.pop_front().map(|(_, trouble)| trouble) } else { None };
        let (status, headers, body) = match trouble {
            Some(Trouble::Status(status, headers)) => (status, headers, json!({ "message": "not now" })),
            Some(Trouble::Silence { unseen }) => {
                world.work(&request.method, &path, &body);
                world.unseen = unseen;
                return Err(Failure::ambiguous("http-timeout", "no answer came"));
            }
            None => {
                let (status, body) = world.work(&request.method, &path, &body);
                (status, Vec::new(), body)
            }
        };
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Response { status, headers, body: body.to_string(), ext: None })
    }

    fn time_passes(&mut self, now_ms: u64) {
        self.0.borrow_mut().now_ms = now_ms;
    }

    fn kept(&self) -> Vec<String> {
        let world = self.0.borrow();
        world.projects.iter().map(|it| format!("project {} with password {}", it["name"], it["password"])).collect()
    }
}
