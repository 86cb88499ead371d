//! Certificates of apps.

use serde::Deserialize;
use serde_json::json;

use super::page::page;
use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::certificate::Certificate;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps/{app}/certificates", list),
    Route::post("/v1/apps/{app}/certificates/acme", request),
    Route::post("/v1/apps/{app}/certificates/custom", bring),
    Route::get("/v1/apps/{app}/certificates/{host}", show),
    Route::delete("/v1/apps/{app}/certificates/{host}", delete),
    Route::post("/v1/apps/{app}/certificates/{host}/check", check),
    Route::delete("/v1/apps/{app}/certificates/{host}/acme", stop_acme),
    Route::delete("/v1/apps/{app}/certificates/{host}/custom", remove_custom),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let filter = call.query("filter").unwrap_or_default();
    let certificates = &world.app(call)?.certificates;
    let wanted = certificates.iter().filter(|(host, _)| host.contains(filter));
    let views: Vec<_> = wanted.map(|(host, certificate)| (host.clone(), certificate.summary())).collect();
    let total = views.len();
    let (certificates, next) = page(views, call)?;
    let mut answer = json!({ "certificates": certificates, "total_count": total });
    if let Some(next) = next {
        answer["next_cursor"] = json!(next);
    }
    Answer::ok(answer)
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    hostname: String,
}

fn request(world: &mut World, call: &Call) -> Outcome {
    let wanted: Request = call.body()?;
    let answer = add(world, call, &wanted.hostname, true)?;
    Answer::created(answer)
}

#[derive(Deserialize)]
struct Bring {
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    fullchain: String,
    #[serde(default)]
    private_key: String,
}

fn bring(world: &mut World, call: &Call) -> Outcome {
    let wanted: Bring = call.body()?;
    if !wanted.fullchain.contains("BEGIN CERTIFICATE") || !wanted.private_key.contains("PRIVATE KEY") {
        return Err(Problem::validation("Certificate or private key is invalid"));
    }
    let answer = add(world, call, &wanted.hostname, false)?;
    Answer::created(answer)
}

fn add(world: &mut World, call: &Call, hostname: &str, acme: bool) -> Result<serde_json::Value, Problem> {
    if !is_hostname(hostname) {
        return Err(Problem::validation("Hostname is invalid"));
    }
    if world.apps.values().any(|app| app.certificates.contains_key(hostname)) {
        return Err(Problem::validation("Hostname already exists"));
    }
    let limited = world.limited_hosts.get(hostname).copied().filter(|until| *until > call.now);
    let app = world.app_mut(call)?;
    app.certificates.insert(hostname.to_owned(), Certificate::new(hostname, acme, limited, call.now));
    Ok(app.certificates[hostname].view(app))
}

fn is_hostname(text: &str) -> bool {
    let labels = text.strip_prefix("*.").unwrap_or(text).split('.');
    let fits = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    text.contains('.') && labels.into_iter().all(fits)
}

fn show(world: &mut World, call: &Call) -> Outcome {
    let app = world.app(call)?;
    let certificate = app.certificates.get(call.param("host")).ok_or_else(|| Problem::not_found("certificate"))?;
    Answer::ok(certificate.view(app))
}

fn certificate<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Certificate, Problem> {
    let certificate = world.app_mut(call)?.certificates.get_mut(call.param("host"));
    certificate.ok_or_else(|| Problem::not_found("certificate"))
}

fn check(world: &mut World, call: &Call) -> Outcome {
    let host = call.param("host");
    let dns = world.dns.get(host).copied().unwrap_or_default();
    let limited = world.limited_hosts.get(host).copied().filter(|until| *until > call.now);
    let has_address = !world.app(call)?.addresses.is_empty();
    certificate(world, call)?.check(dns, has_address, limited, call.now);
    let app = world.app(call)?;
    Answer::ok(app.certificates[host].checked_view(app))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    certificate(world, call)?;
    world.app_mut(call)?.certificates.remove(call.param("host"));
    Answer::empty(204)
}

fn stop_acme(world: &mut World, call: &Call) -> Outcome {
    certificate(world, call)?.acme = false;
    show(world, call)
}

fn remove_custom(world: &mut World, call: &Call) -> Outcome {
    certificate(world, call)?.custom = false;
    show(world, call)
}
