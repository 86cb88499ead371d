//! One conversation with a registry, in which something is put there.

use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use url::{Origin, Url};

use super::credentials::DockerConfig;
use super::{Image, digest_of, token, web};
use crate::error::{CliError, Exit};
use crate::text::one_line;

/// Why something is not taken, in JSON, has some hundred bytes.
const REASON_BYTES_MAX: usize = 64 << 10;

/// The conversation.
pub(super) struct Upload<'a> {
    client: Client,
    /// For what may take a while to be sent.
    patient: Client,
    image: &'a Image,
    /// Nobody else gets what the registry wants to see.
    home: Origin,
    authorization: Option<HeaderValue>,
}

/// An answer that names no place for what is to be put there.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("it does not say where to put it")]
    Nowhere,
    #[error(transparent)]
    Astray(#[from] web::Astray),
}

/// Why something is not taken, as registries say it.
#[derive(Deserialize)]
struct Reasons {
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    #[serde(default)]
    message: Option<String>,
}

impl Upload<'_> {
    /// Finds out what the registry wants to see; most want something, and say so when they are asked for nothing in
    /// particular.
    pub(super) async fn begin<'a>(image: &'a Image, config: &DockerConfig) -> Result<Upload<'a>, CliError> {
        let client = web::client()?;
        let mut url = image.manifest()?;
        url.set_path("/v2/");
        let answer = client.get(url.clone()).send().await.map_err(|error| web::failed(&url, error))?;
        let authorization = match answer.status() {
            StatusCode::UNAUTHORIZED => Some(token::ask(&client, image, config, &answer, "pull,push").await?.header()?),
            _ => None,
        };
        Ok(Upload { client, patient: web::patient_client()?, image, home: url.origin(), authorization })
    }

    /// Puts bytes there under their digest, if they are not there already.
    pub(super) async fn blob(&self, content: Vec<u8>) -> Result<(), CliError> {
        let digest = digest_of(&content);
        let there = self.send(self.client.head(self.image.url("blobs", &digest)?)).await?;
        // Whatever else it answers, it gives its reasons only to who puts something there.
        if there.status() == StatusCode::OK {
            return Ok(());
        }
        let asked = self.image.url("blobs", "uploads/")?;
        let answer = self.send(self.client.post(asked.clone()).header(CONTENT_LENGTH, 0)).await?;
        let answer = self.wants(StatusCode::ACCEPTED, answer).await?;
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let mut place = place(&asked, answer.url(), location).map_err(|lost| match lost {
            Lost::Nowhere => self.failed(&lost.to_string()),
            Lost::Astray(astray) => self.astray(&astray),
        })?;
        place.query_pairs_mut().append_pair("digest", &digest);
        let request = self.patient.put(place).header(CONTENT_TYPE, "application/octet-stream").body(content);
        self.wants(StatusCode::CREATED, self.send(request).await?).await.map(|_| ())
    }

    /// Gives what was put there its name.
    pub(super) async fn manifest(&self, content: Vec<u8>) -> Result<(), CliError> {
        let request = self.client.put(self.image.manifest()?).header(CONTENT_TYPE, OCI_IMAGE_MEDIA_TYPE).body(content);
        self.wants(StatusCode::CREATED, self.send(request).await?).await.map(|_| ())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, CliError> {
        let (client, request) = request.build_split();
        let mut request = request.map_err(|error| self.broke_off(error))?;
        if let Some(authorization) = self.authorization.as_ref().filter(|_| request.url().origin() == self.home) {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        client.execute(request).await.map_err(|error| self.broke_off(error))
    }

    /// The answer, if it is the one that has to come now; else what it says instead.
    async fn wants(&self, wanted: StatusCode, answer: Response) -> Result<Response, CliError> {
        let status = answer.status();
        if status == wanted {
            return Ok(answer);
        }
        let is_elsewhere = answer.url().origin() != self.home;
        let wants_login = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
        if wants_login && !is_elsewhere {
            return Err(token::refused(self.image, status));
        }
        let who = match answer.url().host_str() {
            Some(host) if is_elsewhere => format!("{}, to which it leads,", one_line(host, 200)),
            _ => "it".to_owned(),
        };
        let mut why = format!("{who} answered {}", status.as_u16());
        if wants_login {
            why.push_str("; a login is for the registry alone");
        } else if let Some(reason) = reason(answer).await {
            why.push_str(": ");
            why.push_str(&reason);
        }
        Err(self.failed(&why))
    }

    fn failed(&self, why: &str) -> CliError {
        CliError::new(Exit::Unavailable, "source-failed", format!("the registry did not take {}", self.image))
            .cause(why)
            .help("look at the address, and at what the registry takes; what was pushed of it has no name there")
    }

    fn astray(&self, astray: &web::Astray) -> CliError {
        let message = format!("the registry of {} is not followed: {astray}", self.image);
        CliError::new(Exit::Refused, "source-redirect", message)
            .help("nothing was sent there; what was pushed has no name in the registry: look at its settings")
    }

    fn broke_off(&self, error: reqwest::Error) -> CliError {
        // An address to upload to may hold what lets anybody do so.
        let error = error.without_url();
        match web::astray(&error) {
            Some(astray) => self.astray(astray),
            None => unreachable(self.image).because(&error),
        }
    }
}

/// Where bytes go, as an answer says; that may lead no further than a redirect may.
fn place(asked: &Url, answered: &Url, location: Option<&str>) -> Result<Url, Lost> {
    let mut to = location.and_then(|location| answered.join(location).ok()).ok_or(Lost::Nowhere)?;
    to.set_fragment(None);
    web::next(&[asked.clone(), answered.clone()], &to)?;
    Ok(to)
}

/// Who says too much, breaks off or writes no JSON has given none.
async fn reason(answer: Response) -> Option<String> {
    let said = web::read(answer, REASON_BYTES_MAX).await.ok().flatten()?;
    let Reason { code, message } = serde_json::from_slice::<Reasons>(&said).ok()?.errors.into_iter().next()?;
    Some(one_line(&[Some(code), message].into_iter().flatten().collect::<Vec<_>>().join(", "), 200))
}

/// Somebody has to try again.
pub(super) fn unreachable(image: &Image) -> CliError {
    CliError::new(Exit::Unavailable, "source-unreachable", format!("the registry of {image} broke off"))
        .help("look at this machine's network, then type the same again: what is there already is not changed by it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_put_something_is_no_further_away_than_a_redirect_may_lead() {
        let of = |asked: &str, answered: &str, location: Option<&str>| {
            place(&asked.parse().unwrap(), &answered.parse().unwrap(), location).map(String::from)
        };
        let (public, here) = ("https://a.example/v2/x/blobs/uploads/", "http://127.0.0.1:5000/v2/x/blobs/uploads/");
        for (asked, location, to) in [
            (public, "/up/1?state=a%3D#x", "https://a.example/up/1?state=a%3D"),
            (public, "1", "https://a.example/v2/x/blobs/uploads/1"),
            (public, "https://store.example/1", "https://store.example/1"),
            (here, "http://localhost:1/1", "http://localhost:1/1"),
            (here, "https://store.example/1", "https://store.example/1"),
        ] {
            assert_eq!(of(asked, asked, Some(location)).unwrap(), to);
        }
        for location in [
            "http://a.example/1",
            "//127.0.0.1/1",
            "https://[::1]/1",
            "http://localhost/1",
            "https://me:secret@a.example/1",
            "file:///etc/passwd",
        ] {
            let lost = of(public, public, Some(location)).unwrap_err();
            assert!(matches!(lost, Lost::Astray(_)), "{location}");
            assert!(!lost.to_string().contains("secret"), "{lost}");
        }
        assert!(matches!(of(here, public, Some("http://127.0.0.1:5000/1")), Err(Lost::Astray(_))), "there and back");
        assert!(matches!(of(here, here, Some("http://a.example/1")), Err(Lost::Astray(_))));
        for nowhere in [None, Some("http://")] {
            assert!(matches!(of(public, public, nowhere), Err(Lost::Nowhere)), "{nowhere:?}");
        }
    }
}
