//! One request and its answer: counted, recorded, made to fail where the script says so.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, SERVER, VIA};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::sabotage::{self, Dropped};
use crate::fault::Fault;
use crate::record::Request;
use crate::state::State;

type Incomplete = hyper::Request<Incoming>;

/// The answer; an error closes the connection without one.
pub(super) async fn answer(state: Arc<State>, router: Router, request: Incomplete) -> Result<Response, Dropped> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let request = hyper::Request::from_parts(parts, body);
    let record = note(&state, &request);
    let (number, id, fault) = (record.number, record.id, record.fault);
    let done = async |request: hyper::Request<Bytes>| {
        let request = request.map(Body::from);
        let response = TowerToHyperService::new(router).call(request).await;
        response.unwrap_or_else(|never| match never {})
    };
    let mut response = match fault {
        None => done(request).await,
        Some(fault) if fault.commits() => {
            let response = done(request).await;
            sabotage::after(&fault, &state, response).await?
        }
        Some(fault) => sabotage::instead(&fault, &state).await?,
    };
    sign(&mut response, &id);
    if let Some(record) = state.requests().iter_mut().find(|record| record.number == number) {
        record.status = Some(response.status().as_u16());
    }
    Ok(response)
}

/// Gives the request its number and keeps it, with the fault that it meets.
fn note(state: &State, request: &hyper::Request<Bytes>) -> Request {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let mut requests = state.requests();
    let number = requests.len() as u64 + 1;
    let fault: Option<Fault> = state.script().fault(number, &method, &path);
    let record = Request {
        number,
        at: state.clock.now(),
        method,
        path,
        query: request.uri().query().map(str::to_owned),
        headers: headers.collect(),
        body: request.body().to_vec(),
        fault,
        status: None,
        id: format!("01K5{number:022}-iad"),
    };
    requests.push(record.clone());
    record
}

/// The headers that every answer of Fly has.
fn sign(response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    for name in ["fly-request-id", "fly-trace-id", "fly-span-id"] {
        if let Ok(value) = HeaderValue::from_str(id) {
            headers.insert(name, value);
        }
    }
    headers.insert(SERVER, HeaderValue::from_static("Fly/fake"));
    headers.insert(VIA, HeaderValue::from_static("1.1 fly.io"));
}
