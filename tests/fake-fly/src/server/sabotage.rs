//! How a request fails: what comes in place of the right answer.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::fault::Fault;
use crate::route::add_retry_after;
use crate::state::State;

/// There is no answer, and the connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
pub(super) struct Dropped;

/// From here on, what answers is not the API but a proxy before it.
const PROXY: u16 = 502;

/// Bytes of one piece of a huge body.
const PIECE: usize = 64 * 1024;

/// The answer in place of doing anything.
pub(super) async fn instead(fault: &Fault, state: &State) -> Result<Response, Dropped> {
    match fault {
        Fault::Timeout => std::future::pending().await,
        Fault::Status(status) => Ok(refusal(*status)),
        Fault::RateLimited { retry_after } => {
            let mut response = refusal(429);
            add_retry_after(&mut response, *retry_after, state.clock.now());
            Ok(response)
        }
        Fault::Refusal { status, error, code } => {
            let mut body = json!({ "error": error });
            if let Some(code) = code {
                body["status"] = json!(code);
            }
            Ok(as_json(*status, &body))
        }
        Fault::Refused
        | Fault::TimeoutAfterCommit
        | Fault::DroppedAfterCommit
        | Fault::StatusAfterCommit(_)
        | Fault::SlowBody { .. }
        | Fault::HugeBody { .. }
        | Fault::WrongJson
        | Fault::WrongShape => Err(Dropped),
    }
}

/// What becomes of the right answer.
pub(super) async fn after(fault: &Fault, state: &State, right: Response) -> Result<Response, Dropped> {
    match fault {
        Fault::TimeoutAfterCommit => std::future::pending().await,
        Fault::StatusAfterCommit(status) => Ok(refusal(*status)),
        Fault::SlowBody { pause_ms } => {
            let (clock, pause) = (state.clock.clone(), Duration::from_millis(*pause_ms));
            respoken(right, |body| slow(body, clock, pause)).await
        }
        Fault::HugeBody { bytes } => respoken(right, |_| huge(*bytes)).await,
        Fault::WrongJson => respoken(right, |body| Body::from(body.slice(..body.len() / 2).to_vec())).await,
        Fault::WrongShape => respoken(right, |_| Body::from(r#"["unexpected"]"#)).await,
        Fault::Refused
        | Fault::Timeout
        | Fault::DroppedAfterCommit
        | Fault::Status(_)
        | Fault::RateLimited { .. }
        | Fault::Refusal { .. } => Err(Dropped),
    }
}

/// The same answer with another body.
async fn respoken(right: Response, speak: impl FnOnce(Bytes) -> Body) -> Result<Response, Dropped> {
    let (mut parts, body) = right.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(parts, speak(body)))
}

fn slow(body: Bytes, clock: Clock, pause: Duration) -> Body {
    Body::from_stream(stream::unfold(body, move |mut rest| {
        let clock = clock.clone();
        async move {
            if rest.is_empty() {
                return None;
            }
            let mut listener = clock.listen();
            listener.sleep_until(clock.now() + pause).await;
            let byte = rest.split_to(1);
            Some((Ok::<_, Dropped>(byte), rest))
        }
    }))
}

/// The beginning of a text in JSON that goes on and on.
fn huge(bytes: u64) -> Body {
    Body::from_stream(stream::unfold(0, move |sent: u64| async move {
        if sent >= bytes {
            return None;
        }
        let mut piece = vec![b'a'; PIECE];
        if let (0, Some(first)) = (sent, piece.first_mut()) {
            *first = b'"';
        }
        Some((Ok::<_, Dropped>(Bytes::from(piece)), sent + PIECE as u64))
    }))
}

fn as_json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn refusal(status: u16) -> Response {
    if status >= PROXY {
        let page =
            format!("<html><head><title>{status}</title></head><body><h1>{status} from the proxy</h1></body></html>");
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        return (status, [(CONTENT_TYPE, "text/html")], page).into_response();
    }
    let body = match status {
        401 => json!({ "error": "Authenticate: token validation error" }),
        403 => json!({ "error": "unauthorized" }),
        404 => json!({ "error": "not found" }),
        408 => json!({ "error": "deadline_exceeded: request timed out" }),
        409 => json!({ "error": "aborted: no capacity" }),
        412 => json!({ "error": "failed_precondition: machine still active, refusing to start" }),
        422 => json!({ "error": "could not find a candidate host", "status": "insufficient_capacity" }),
        429 => json!({ "error": "rate limit exceeded" }),
        _ => json!({ "error": "internal: something went wrong", "status": "unknown" }),
    };
    as_json(status, &body)
}
