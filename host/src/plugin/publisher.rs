//! Who signed a plugin: keys and signatures in the form of the program `minisign`.

use std::fmt;
use std::io::Cursor;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::{KeyPair, PError, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use zeroize::Zeroizing;

/// Four lines; a comment of more than this is none.
pub const SIGNATURE_BYTES_MAX: u64 = 8 << 10;
/// Of Ed25519.
const SIGNATURE_BYTES: usize = 64;
/// What the signed comment begins with that `plugin sign` writes.
const COMMENT: &str = "systemprompt-plugin";

/// A public key, as `minisign` writes it: `RW…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher(PublicKey);

impl FromStr for Publisher {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Publisher, BadKey> {
        PublicKey::from_base64(text.trim()).map(Publisher).map_err(|_| BadKey)
    }
}

impl fmt::Display for Publisher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_base64())
    }
}

/// A text that is no public key.
#[derive(Debug, thiserror::Error)]
#[error("a publisher's key is the 56 characters that begin with `RW`, the last line of its `.pub` file")]
pub struct BadKey;

/// What is signed along with the bytes, so that a signature cannot go with another name or version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Id of the plugin.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// A signature that was read, and not yet tried.
pub struct Signature {
    text: SignatureBox,
    /// As the comment says; only worth something once the signature was tried with it.
    claimed: Option<Publisher>,
    named: Option<Named>,
}

impl Signature {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Signature, BadSignature> {
        // The library takes the length of the comment's signature for granted when it tries it.
        let last = text.lines().nth(3).and_then(|line| STANDARD.decode(line.trim()).ok());
        if last.is_none_or(|last| last.len() != SIGNATURE_BYTES) {
            return Err(BadSignature::NotOne);
        }
        let signature = SignatureBox::from_string(text)?;
        let comment = signature.trusted_comment()?;
        let mut words = comment.split(' ');
        let is_ours = words.next() == Some(COMMENT);
        let words: Vec<_> = words.filter_map(|word| word.split_once(':')).filter(|_| is_ours).collect();
        let word = |key: &str| words.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
        let named = word("id").zip(word("version")).map(|(id, version)| Named { id, version });
        Ok(Signature { claimed: word("key").and_then(|key| key.parse().ok()), text: signature, named })
    }

    /// The key that it says it was made with.
    pub fn claimed(&self) -> Option<&Publisher> {
        self.claimed.as_ref()
    }

    /// Whether it says that it was made with this key; it may say so of no key at all.
    pub fn may_be_of(&self, key: &Publisher) -> bool {
        self.text.keynum() == key.0.keynum() && self.claimed().is_none_or(|claimed| claimed == key)
    }

    /// Tries it.
    pub fn verify(&self, wasm: &[u8], named: &Named, key: &Publisher) -> Result<(), BadSignature> {
        minisign::verify(&key.0, &self.text, Cursor::new(wasm), true, false, false)?;
        match &self.named {
            Some(signed) if signed != named => {
                Err(BadSignature::OfAnother { id: signed.id.clone(), version: signed.version.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// A signature that does not fit.
#[derive(Debug, thiserror::Error)]
pub enum BadSignature {
    /// The file is something else.
    #[error("it does not have the four lines of a signature of `minisign`")]
    NotOne,
    /// The bytes, the key or the comment are others.
    #[error(transparent)]
    Wrong(#[from] PError),
    /// It was made for another plugin or version.
    #[error("it is of `{}` {}", crate::text::one_line(id, 60), crate::text::one_line(version, 20))]
    OfAnother {
        /// The plugin that it names.
        id: String,
        /// The version.
        version: String,
    },
}

/// A new pair: the text of the secret file, and the public key.
pub fn generate(password: Option<Zeroizing<String>>) -> Result<(Zeroizing<String>, Publisher), PError> {
    let KeyPair { pk, sk } = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some((*password).clone()))?,
        None => KeyPair::generate_unencrypted_keypair()?,
    };
    let comment = if sk.is_encrypted() { "minisign encrypted secret key" } else { "minisign secret key" };
    let text = Zeroizing::new(sk.to_box(Some(comment))?.into_string());
    Ok((text, Publisher(pk)))
}

/// The text of a public file.
pub fn public_file(key: &Publisher) -> Result<String, PError> {
    key.0.to_box().map(minisign::PublicKeyBox::into_string)
}

/// A secret key as it was read from its file.
pub struct Secret(SecretKeyBox);

impl Secret {
    /// Reads one, which may be protected by a password.
    pub fn parse(text: &str) -> Result<Secret, PError> {
        SecretKeyBox::from_string(text).map(Secret)
    }

    /// The key, if no password protects it.
    pub fn plain(self) -> Result<SecretKey, PError> {
        self.0.into_unencrypted_secret_key()
    }

    /// The key, by its password.
    pub fn unlocked(self, password: &str) -> Result<SecretKey, PError> {
        self.0.into_secret_key(Some(password.to_owned()))
    }
}

/// Signs a component: the text of the signature's file, and the key that it is tried with.
pub fn sign(wasm: &[u8], named: &Named, key: &SecretKey) -> Result<(String, Publisher), PError> {
    let public = PublicKey::from_secret_key(key)?;
    let comment = format!("{COMMENT} id:{} version:{} key:{}", named.id, named.version, public.to_base64());
    let signed = minisign::sign(Some(&public), key, Cursor::new(wasm), Some(&comment), None)?;
    Ok((signed.into_string(), Publisher(public)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(version: &str) -> Named {
        Named { id: "acme".to_owned(), version: version.to_owned() }
    }

    #[test]
    fn a_signature_is_of_one_key_and_of_these_bytes_under_this_name_and_version() {
        let (text, public) = generate(None).unwrap();
        let key = Secret::parse(&text).unwrap().plain().unwrap();
        let (signature, by) = sign(b"wasm", &named("1"), &key).unwrap();
        assert_eq!(by, public);
        assert_eq!(public.to_string().parse::<Publisher>().unwrap(), public);
        let signature = Signature::parse(&signature).unwrap();
        assert_eq!(signature.claimed(), Some(&public));
        signature.verify(b"wasm", &named("1"), &public).unwrap();
        assert!(signature.verify(b"wasn", &named("1"), &public).is_err());
        assert!(matches!(signature.verify(b"wasm", &named("2"), &public), Err(BadSignature::OfAnother { .. })));
        let other = generate(None).unwrap().1;
        assert!(!signature.may_be_of(&other));
        assert!(signature.verify(b"wasm", &named("1"), &other).is_err());
    }

    #[test]
    fn a_key_with_a_password_opens_with_that_alone() {
        let (text, _) = generate(Some(Zeroizing::new("secret".to_owned()))).unwrap();
        assert!(Secret::parse(&text).unwrap().plain().is_err());
        assert!(Secret::parse(&text).unwrap().unlocked("wrong").is_err());
        Secret::parse(&text).unwrap().unlocked("secret").unwrap();
    }

    #[test]
    fn what_is_no_signature_is_refused_whatever_it_is() {
        let (text, public) = generate(None).unwrap();
        let key = Secret::parse(&text).unwrap().plain().unwrap();
        let (signature, _) = sign(b"wasm", &named("1"), &key).unwrap();
        for end in 0..signature.len() {
            let Some(cut) = signature.get(..end).filter(|cut| cut.trim_end() != signature.trim_end()) else { continue };
            let refused = Signature::parse(cut).map(|parsed| parsed.verify(b"wasm", &named("1"), &public));
            assert!(!matches!(refused, Ok(Ok(()))), "{end}");
        }
    }
}
