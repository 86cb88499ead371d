//! Sealing: XChaCha20-Poly1305, with what the value is as associated data, so that it opens nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// First byte of what is sealed: the format. 1 = nonce (24 bytes), ciphertext, tag (16 bytes).
const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;

/// A key of 256 bits that is wiped when it goes.
pub type Key = Zeroizing<[u8; 32]>;

/// A sealed value that does not open, or randomness that is missing.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Wrong key, wrong place or changed bytes: these cannot be told apart.
    #[error("a sealed value does not open: it was made with another key, for another place, or has been changed")]
    DoesNotOpen,
    /// Not the format that we write.
    #[error("a sealed value has an unknown format")]
    Format,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// A fresh key.
pub fn new_key() -> Result<Key, SealError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut()).map_err(SealError::Random)?;
    Ok(key)
}

/// Seals a value for one place, named by `about`.
pub fn seal(key: &Key, about: &str, value: &[u8]) -> Result<String, SealError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(SealError::Random)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: value, aad: about.as_bytes() };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Format)?;
    let mut bytes = vec![FORMAT];
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&sealed);
    Ok(STANDARD.encode(bytes))
}

/// Opens what was sealed for this place.
pub fn open(key: &Key, about: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let bytes = STANDARD.decode(sealed).map_err(|_| SealError::Format)?;
    let (format, rest) = bytes.split_first().ok_or(SealError::Format)?;
    if *format != FORMAT || rest.len() < NONCE_BYTES {
        return Err(SealError::Format);
    }
    let (nonce, ciphertext) = rest.split_at(NONCE_BYTES);
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| SealError::Format)?;
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: ciphertext, aad: about.as_bytes() };
    cipher.decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| SealError::DoesNotOpen)
}

/// The same for a sealed key.
pub fn open_key(wrapping: &Key, about: &str, wrapped: &str) -> Result<Key, SealError> {
    let key: [u8; 32] = open(wrapping, about, wrapped)?.as_slice().try_into().map_err(|_| SealError::Format)?;
    Ok(Zeroizing::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_at_its_place() {
        let key = new_key().unwrap();
        let sealed = seal(&key, "here", b"value").unwrap();
        assert_eq!(open(&key, "here", &sealed).unwrap().as_slice(), b"value");
    }

    #[test]
    fn it_opens_neither_elsewhere_nor_with_another_key_nor_when_changed() {
        let key = new_key().unwrap();
        let sealed = seal(&key, "here", b"value").unwrap();
        assert!(open(&key, "there", &sealed).is_err());
        assert!(open(&new_key().unwrap(), "here", &sealed).is_err());
        let mut bytes = STANDARD.decode(&sealed).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        assert!(open(&key, "here", &STANDARD.encode(bytes)).is_err());
        assert!(open(&key, "here", "").is_err());
    }
}
