//! A password's verifier, computed here, so that the password itself reaches neither the server nor its log.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Admin;
use crate::backend::BackendError;

/// What PostgreSQL itself uses; passwords of ours are random, which makes more rounds pointless.
const ITERATIONS: u32 = 4096;

/// What PostgreSQL itself uses.
const SALT_BYTES: usize = 16;

type Hash = [u8; 32];

impl Admin {
    /// What the server is handed for a password: its verifier, unless that is not taken there.
    pub(super) fn stored(&self, password: &Zeroizing<String>) -> Result<Zeroizing<String>, BackendError> {
        let verifier = verifier(password)?;
        Ok(if self.hands_over_clear { password.clone() } else { Zeroizing::new(verifier) })
    }
}

/// The `SCRAM-SHA-256$…` text that the server stores for a password (RFC 5802, RFC 7677), with a fresh salt.
pub(super) fn verifier(password: &str) -> Result<String, BackendError> {
    // Beyond this both sides would have to normalise in the same way.
    if password.is_empty() || !password.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(BackendError::refused(
            "invalid-password",
            "a role's password is made of printable ASCII characters",
        ));
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| {
        BackendError::broken("no-randomness", format!("the operating system gives no random bytes: {error}"))
    })?;
    let (stored, server) = keys(password.as_bytes(), &salt, ITERATIONS);
    let encode = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    Ok(format!("SCRAM-SHA-256${ITERATIONS}:{}${}:{}", encode(&salt), encode(&stored), encode(&server)))
}

/// `StoredKey` and `ServerKey`.
fn keys(password: &[u8], salt: &[u8], iterations: u32) -> (Hash, Hash) {
    let salted = salted(password, salt, iterations);
    let client = hmac(&salted, &[b"Client Key"]);
    (Sha256::digest(client).into(), hmac(&salted, &[b"Server Key"]))
}

/// `Hi`: PBKDF2 whose output is one hash long.
fn salted(password: &[u8], salt: &[u8], iterations: u32) -> Hash {
    let mut last = hmac(password, &[salt, &1_u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..iterations {
        last = hmac(password, &[&last]);
        sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Hash {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("BUG: HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3: user `user`, password `pencil`.
    #[test]
    fn the_keys_are_those_of_the_rfc() {
        let decode = |text: &str| BASE64_STANDARD.decode(text).unwrap();
        let (stored, server) = keys(b"pencil", &decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let message =
            format!("n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}");
        let expected = decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert_eq!(hmac(&server, &[message.as_bytes()])[..], expected);

        let proof = decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let signature = hmac(&stored, &[message.as_bytes()]);
        let client: Vec<u8> = proof.iter().zip(signature).map(|(proof, byte)| proof ^ byte).collect();
        assert_eq!(<[u8; 32]>::from(Sha256::digest(client)), stored);
    }

    #[test]
    fn a_verifier_has_the_servers_form_and_a_fresh_salt() {
        let (one, two) = (verifier("pencil").unwrap(), verifier("pencil").unwrap());
        assert!(one.starts_with("SCRAM-SHA-256$4096:") && one.len() == two.len());
        assert_ne!(one, two);
        assert!(!one.contains("pencil"));
    }

    #[test]
    fn passwords_that_need_normalising_are_refused() {
        for password in ["", "pass\nword", "pässword"] {
            assert_eq!(verifier(password).unwrap_err().code, "invalid-password");
        }
    }
}
