//! The table of routes, and the way of a request through it: token, rate limit, handler.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;

use crate::api;
use crate::call::{Answer, Call, Outcome};
use crate::clock::{Moment, later};
use crate::fault::RetryAfter;
use crate::limit::Action;
use crate::problem::Problem;
use crate::state::State;
use crate::token::{Scope, Token};
use crate::world::World;

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) work: Work,
}

/// What answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// At once, with the world locked.
    Now(fn(&mut World, &Call) -> Outcome),
    /// The long poll on a machine's state.
    Wait,
    /// A command on a machine.
    Exec,
}

impl Route {
    pub(crate) const fn get(path: &'static str, work: fn(&mut World, &Call) -> Outcome) -> Self {
        Self { method: Method::GET, path, work: Work::Now(work) }
    }

    pub(crate) const fn post(path: &'static str, work: fn(&mut World, &Call) -> Outcome) -> Self {
        Self { method: Method::POST, path, work: Work::Now(work) }
    }

    pub(crate) const fn put(path: &'static str, work: fn(&mut World, &Call) -> Outcome) -> Self {
        Self { method: Method::PUT, path, work: Work::Now(work) }
    }

    pub(crate) const fn patch(path: &'static str, work: fn(&mut World, &Call) -> Outcome) -> Self {
        Self { method: Method::PATCH, path, work: Work::Now(work) }
    }

    pub(crate) const fn delete(path: &'static str, work: fn(&mut World, &Call) -> Outcome) -> Self {
        Self { method: Method::DELETE, path, work: Work::Now(work) }
    }
}

/// All routes, over one state.
pub(crate) fn router(state: &Arc<State>) -> Router {
    let mut router = Router::new();
    for route in api::routes() {
        // Axum knows all methods that the table has.
        let Ok(filter) = MethodFilter::try_from(route.method.clone()) else { continue };
        let (state, path) = (Arc::clone(state), route.path);
        let handler = move |params: RawPathParams, uri: Uri, headers: HeaderMap, body: Bytes| {
            let (state, route) = (Arc::clone(&state), route.clone());
            async move { respond(&state, through(&state, &route, &params, &uri, headers, body).await) }
        };
        router = router.route(path, on(filter, handler));
    }
    let missing = Arc::clone(state);
    let missing = move |method: Method, uri: Uri| {
        let problem = Problem::new(501, format!("not modelled by the fake: {method} {}", uri.path()));
        std::future::ready(respond(&missing, Err(problem)))
    };
    router.method_not_allowed_fallback(missing.clone()).fallback(missing)
}

async fn through(
    state: &State,
    route: &Route,
    params: &RawPathParams,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome {
    let now = state.clock.now();
    let token = state.world().tokens.of(&headers, now)?.clone();
    let params: BTreeMap<_, _> = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    limit(state, route, &params, &token, now)?;
    may_change(route, &token)?;
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let call = Call { access: token.access, now, params, query, headers, body };
    let outcome = match route.work {
        Work::Now(work) => work(&mut state.world(), &call),
        Work::Wait => api::wait::wait(state, &call).await,
        Work::Exec => api::exec::exec(state, &call).await,
    };
    state.clock.tell();
    outcome
}

fn limit(
    state: &State,
    route: &Route,
    params: &BTreeMap<String, String>,
    token: &Token,
    now: Moment,
) -> Result<(), Problem> {
    let name = format!("{} {}", route.method, route.path);
    let scope = ["machine", "app", "cluster"].iter().find_map(|kind| params.get(*kind)).map(String::as_str);
    let action = Action { name: &name, scope, org: &token.access.org };
    if state.buckets().take(&state.settings.rate_limits, action, now) {
        return Ok(());
    }
    Err(Problem::new(429, "rate limit exceeded"))
}

fn may_change(route: &Route, token: &Token) -> Result<(), Problem> {
    let changes = route.method != Method::GET;
    if changes && token.access.scope == Scope::ReadOnly { Err(Problem::forbidden()) } else { Ok(()) }
}

fn respond(state: &State, outcome: Outcome) -> Response {
    let answer = outcome.unwrap_or_else(|problem| Answer { status: problem.status, body: Some(problem.body) });
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.body {
        Some(mut body) => {
            if !state.settings.nulls {
                drop_nulls(&mut body);
            }
            let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            (status, json, Body::from(body.to_string())).into_response()
        }
        None => (status, Body::empty()).into_response(),
    };
    if status == StatusCode::TOO_MANY_REQUESTS {
        add_retry_after(&mut response, state.settings.rate_limits.retry_after, state.clock.now());
    }
    response
}

/// Leaves out fields without a value, but for those of configurations, which are shown as they were given.
fn drop_nulls(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            let ours = fields.iter_mut().filter(|(key, _)| !key.ends_with("config"));
            ours.for_each(|(_, value)| drop_nulls(value));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Puts the header in, if there is to be one.
pub(crate) fn add_retry_after(response: &mut Response, retry_after: RetryAfter, now: Moment) {
    let text = match retry_after {
        RetryAfter::Absent => return,
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::HttpDate(seconds) => later(now, seconds).format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
}
