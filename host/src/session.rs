//! Sessions: who works in a tenant until when, and the token that says so to the tenant's own programs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use systemprompt_events::{Login, ProfileName, ProfileView, SessionView, TenantId, Timestamp};

use crate::error::{CliError, Exit};
use crate::ledger::user_secrets::Scope;
use crate::project::{Project, profile_files};

/// How long a session lasts unless it is said otherwise: one working day.
pub const HOURS: u32 = 24;
/// How long one may last: a year is a mistake, and a month is not.
pub const HOURS_MAX: u32 = 24 * 31;

/// Whether it is over by itself.
pub fn is_expired(login: &Login, now: Timestamp) -> bool {
    login.expires_at <= now
}

/// How long until, or since, in words: `23h 5m`.
pub fn duration(from: Timestamp, to: Timestamp) -> String {
    let seconds = (to.millis() - from.millis()).unsigned_abs() / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{}s", seconds % 60),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

/// When it began: its id is a UUID of version 7, which says so.
pub fn started_at(login: &Login) -> Timestamp {
    let seconds = login.id.uuid().get_timestamp().map_or(0, |time| time.to_unix().0);
    Timestamp::from_millis(i64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}

/// The session's token: a JWT (RFC 7519) signed with HMAC-SHA-256 (HS256, RFC 7518) under the profile's `jwt_secret`, so
/// that the tenant's own programs, which read the same `secrets.json`, can check it.
///
/// It follows from the session and the secret, so that nothing of it is kept anywhere.
pub fn token(login: &Login, tenant: &TenantId, profile: &ProfileName, secret: &str) -> String {
    let claims = json!({
        "iss": format!("systemprompt-{profile}"),
        "sub": login.user,
        "sid": login.id.to_string(),
        "tenant_id": tenant.as_str(),
        "user_type": "admin",
        "iat": started_at(login).millis() / 1000,
        "exp": login.expires_at.millis() / 1000,
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("BUG: HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The token of the session that a tenant has, under a profile's signing secret.
pub async fn token_of(project: &mut Project, tenant: &TenantId, profile: &ProfileView) -> Result<String, CliError> {
    let failed = |what: &str| CliError::new(Exit::Failed, "no-token", format!("{what}, so that there is no token"));
    let session = project.ledger().log.sessions(Some(tenant)).await?.into_iter().next();
    let login = session.and_then(|session| session.login).ok_or_else(|| failed("there is no session"))?;
    let scope = Scope { tenant: tenant.clone(), profile: Some(profile.id) };
    let vault = project.vault.clone();
    let values = project.ledger().user_secret_values(&vault, &scope).await?;
    let secret = values.iter().find(|(key, _)| key.as_str() == profile_files::JWT_SECRET).map(|(_, value)| value);
    let secret = secret.ok_or_else(|| failed("the profile's signing secret cannot be read here"))?;
    Ok(token(&login, tenant, &profile.name, secret))
}

/// What `sessions/index.json` says of one session; none where nobody works.
pub fn record(session: &SessionView, profile: &ProfileName, secret: Option<&str>) -> Option<Value> {
    let login = session.login.as_ref()?;
    let token = secret.map(|secret| token(login, &session.tenant, profile, secret));
    Some(json!({
        "version": 4,
        "tenant_key": session.tenant.as_str(),
        "profile_name": profile.as_str(),
        "profile_path": format!("profiles/{profile}/profile.yaml"),
        "session_token": token,
        "session_id": login.id.to_string(),
        "user_id": login.user,
        "user_type": "admin",
        "created_at": started_at(login).to_seconds_text(),
        "expires_at": login.expires_at.to_seconds_text(),
        "last_used": session.changed_at.to_seconds_text(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(expires_at: i64) -> Login {
        Login {
            id: "0198f3c2-1111-7000-8000-000000000013".parse().unwrap(),
            user: "ada".into(),
            expires_at: Timestamp::from_millis(expires_at),
        }
    }

    #[test]
    fn a_session_is_over_at_its_moment() {
        assert!(!is_expired(&login(1000), Timestamp::from_millis(999)));
        assert!(is_expired(&login(1000), Timestamp::from_millis(1000)));
    }

    #[test]
    fn durations_are_said_as_people_say_them() {
        let said = |seconds: i64| duration(Timestamp::from_millis(0), Timestamp::from_millis(seconds * 1000));
        assert_eq!([said(5), said(65), said(3_700), said(90_000)], ["5s", "1m", "1h 1m", "1d 1h"]);
    }

    #[test]
    fn a_token_follows_from_session_and_secret() {
        let (tenant, profile) = ("local_1".parse().unwrap(), "local".parse().unwrap());
        let token = |secret| token(&login(86_400_000), &tenant, &profile, secret);
        assert_eq!(token("a"), token("a"));
        assert_ne!(token("a"), token("b"));
        let claims = token("a").split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((claims["exp"].as_i64(), claims["tenant_id"].as_str()), (Some(86_400), Some("local_1")));
    }
}
