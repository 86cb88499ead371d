//! The operating system's keyring: Secret Service, Keychain, Credential Manager.
//!
//! It may be locked, ask in a window that nobody sees, or hang. So it is asked in a thread of its own, which is left
//! behind when no answer comes in time, and nothing asks again in the same run of the program.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::seal::Key;

/// Whose entries they are, as a keyring's own program shows it.
pub const SERVICE: &str = "systemprompt";
/// `off` keeps the program from asking a keyring.
pub const VARIABLE: &str = "SYSTEMPROMPT_KEYRING";
/// A keyring that is there and open answers within a tenth of a second.
const WAIT: Duration = Duration::from_secs(3);

/// An answer did not come within [`WAIT`].
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Why a keyring could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// No answer in time: it hangs, or waits for somebody to unlock it.
    #[error("the keyring did not answer within {} s", WAIT.as_secs())]
    Silent,
    /// It said no, or is not there.
    #[error("the keyring cannot be used: {reason}")]
    Refused {
        /// Its own words, made safe to show.
        reason: String,
    },
    /// It has no such entry.
    #[error("the keyring has no entry `{user}` of `{SERVICE}`")]
    Empty {
        /// Name of the entry.
        user: String,
    },
    /// Its entry is not what was put there.
    #[error("the keyring's entry `{user}` of `{SERVICE}` is not a master key")]
    Damaged {
        /// Name of the entry.
        user: String,
    },
}

/// Whether there may be a keyring: on Linux, whether this session has a bus of its own to ask on.
pub fn may_be_there(look_up: &dyn Fn(&str) -> Option<OsString>) -> bool {
    if look_up(VARIABLE).is_some_and(|value| value == "off") {
        return false;
    }
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        return true;
    }
    match look_up("DBUS_SESSION_BUS_ADDRESS") {
        // Anything but a socket of this machine is not asked; `autolaunch:` would start a bus.
        Some(address) => address.to_string_lossy().split(';').all(|each| each.starts_with("unix:")),
        None => look_up("XDG_RUNTIME_DIR").is_some_and(|dir| std::path::Path::new(&dir).join("bus").exists()),
    }
}

/// Puts a key into an entry, and looks whether it is there.
pub fn store(user: &str, key: &Key) -> Result<(), KeyringError> {
    let digits = Zeroizing::new(hex::encode(key.as_slice()));
    let found = within_bounds(user, move |entry| {
        entry.set_password(&digits)?;
        entry.get_password().map(Zeroizing::new)
    })?;
    if decoded(user, &found)?.as_slice() == key.as_slice() { Ok(()) } else { Err(damaged(user)) }
}

/// The key of an entry.
pub fn fetch(user: &str) -> Result<Key, KeyringError> {
    let found = within_bounds(user, |entry| entry.get_password().map(Zeroizing::new))?;
    decoded(user, &found)
}

fn decoded(user: &str, digits: &str) -> Result<Key, KeyringError> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, key.as_mut()).map_err(|_| damaged(user))?;
    Ok(key)
}

fn damaged(user: &str) -> KeyringError {
    KeyringError::Damaged { user: user.to_owned() }
}

/// Asks in a thread of its own, and waits only so long.
fn within_bounds<T: Send + 'static>(
    user: &str,
    ask: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, KeyringError> {
    if IS_SILENT.load(Ordering::Relaxed) {
        return Err(KeyringError::Silent);
    }
    let (sender, receiver) = mpsc::channel();
    let name = user.to_owned();
    let asking = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let answer = keyring::Entry::new(SERVICE, &name).and_then(|entry| ask(&entry));
        // Nobody listens any more when it comes too late.
        let _too_late = sender.send(answer.map_err(|error| refused(name, &error)));
    });
    if let Err(error) = asking {
        return Err(KeyringError::Refused { reason: error.to_string() });
    }
    match receiver.recv_timeout(WAIT) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => {
            IS_SILENT.store(true, Ordering::Relaxed);
            Err(KeyringError::Silent)
        }
        Err(RecvTimeoutError::Disconnected) => Err(KeyringError::Refused { reason: "asking it failed".to_owned() }),
    }
}

fn refused(user: String, error: &keyring::Error) -> KeyringError {
    if matches!(error, keyring::Error::NoEntry) {
        return KeyringError::Empty { user };
    }
    // That there is none says nothing; why is kept apart.
    let reason = match (error, keyring::Entry::store_status()) {
        (keyring::Error::NoDefaultStore, Err(why)) => why.to_string(),
        (error, _) => error.to_string(),
    };
    KeyringError::Refused { reason: crate::text::one_line(&reason, 200) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_is_asked_only_where_this_session_has_a_bus_of_its_own() {
        let with = |name: &'static str, value: &'static str| {
            may_be_there(&move |asked: &str| (asked == name).then(|| OsString::from(value)))
        };
        assert!(with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus"));
        for (name, value) in [
            ("DBUS_SESSION_BUS_ADDRESS", "autolaunch:"),
            ("DBUS_SESSION_BUS_ADDRESS", "tcp:host=example.net,port=1"),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x;autolaunch:"),
            ("XDG_RUNTIME_DIR", "/nonexistent"),
            ("HOME", "/root"),
        ] {
            assert!(!with(name, value), "{name}={value}");
        }
        let off = |asked: &str| match asked {
            VARIABLE => Some(OsString::from("off")),
            "DBUS_SESSION_BUS_ADDRESS" => Some(OsString::from("unix:path=/x")),
            _ => None,
        };
        assert!(!may_be_there(&off));
    }
}
