//! Headers that a plugin may send.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::backend::BackendError;

/// Headers that a plugin may send, and that it gets to see.
pub(super) const HEADERS_MAX: usize = 64;
/// Of names and values together.
pub(super) const HEADER_BYTES_MAX: usize = 32 << 10;
/// What concerns the connection is not a plugin's to say.
const OURS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// These headers, if all of them can be sent; how many they are is looked at first. No error holds a value.
pub fn headers<V: AsRef<str>>(given: &[(String, V)]) -> Result<HeaderMap, BackendError> {
    let bad = |message: String| BackendError::refused("http-header", message);
    if given.len() > HEADERS_MAX {
        return Err(bad(format!("there are more than {HEADERS_MAX} headers")));
    }
    let size: usize = given.iter().map(|(name, value)| name.len() + value.as_ref().len()).sum();
    if size > HEADER_BYTES_MAX {
        return Err(bad(format!("the headers have more than {} KiB", HEADER_BYTES_MAX >> 10)));
    }
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let name: HeaderName = name.parse().map_err(|_| bad("a header's name is not one".to_owned()))?;
        if OURS.contains(&name.as_str()) {
            return Err(bad(format!("header `{name}` is not a plugin's to send")));
        }
        let mut value = HeaderValue::from_str(value.as_ref())
            .map_err(|_| bad(format!("the value of header `{name}` holds what a header cannot")))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}
