//! What is wrong with a server's encryption or certificate, and what can be done about it.

use rustls::{CertificateError, Error as TlsError};
use sqlx::Error;

use crate::backend::BackendError;

const TRUST: &str = "name the certificates of those who sign for that server: add `sslrootcert=/path/to/ca.pem` to the URL \
     and log in again; with `sslmode=require` nothing is checked";
const NAMES: &str = "connect by a name that the certificate has; or log in again with `sslmode=verify-ca`, which asks only \
     who signed it";
const TURN_ON: &str = "turn TLS on at the server (`ssl = on`); or log in again with `sslmode=disable`, if nobody can listen on \
     the way there";

/// The error to tell; none where it is about something else.
pub(super) fn error_of(error: &Error, doing: &str) -> Option<BackendError> {
    let could_not = |why: &str| format!("could not {doing}: {why}");
    if let Error::Tls(why) = error {
        if why.to_string().contains("does not support TLS") {
            let message = could_not("the server takes no encrypted connections");
            return Some(BackendError::refused("tls-unsupported", message).help(TURN_ON));
        }
        return Some(match why.downcast_ref::<TlsError>() {
            Some(cause) => of_tls(cause, could_not),
            None => BackendError::refused("tls-failed", could_not(&why.to_string())),
        });
    }
    // The handshake is input and output to sqlx.
    let Error::Io(cause) = error else { return None };
    let cause = cause.get_ref()?.downcast_ref::<TlsError>()?;
    Some(of_tls(cause, could_not))
}

fn of_tls(error: &TlsError, could_not: impl Fn(&str) -> String) -> BackendError {
    let TlsError::InvalidCertificate(why) = error else {
        return BackendError::refused("tls-failed", could_not(&error.to_string()));
    };
    // The signature is bad, too, where somebody else has the name of one who is trusted.
    if matches!(why, CertificateError::UnknownIssuer | CertificateError::BadSignature) {
        let message = could_not("its certificate is signed by nobody who is trusted here");
        return BackendError::refused("certificate-unknown", message).help(TRUST);
    }
    if matches!(why, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) {
        let message = could_not(&format!("its certificate is for another name ({why})"));
        return BackendError::refused("certificate-name", message).help(NAMES);
    }
    BackendError::refused("certificate-invalid", could_not(&format!("its certificate is not valid ({why})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: &Error) -> Option<&'static str> {
        error_of(error, "connect").map(|error| error.code)
    }

    #[test]
    fn whatever_is_wrong_with_a_certificate_has_a_code_of_its_own() {
        let invalid = |why| Error::Io(std::io::Error::other(TlsError::InvalidCertificate(why)));
        assert_eq!(code(&invalid(CertificateError::UnknownIssuer)), Some("certificate-unknown"));
        assert_eq!(code(&invalid(CertificateError::BadSignature)), Some("certificate-unknown"));
        assert_eq!(code(&invalid(CertificateError::NotValidForName)), Some("certificate-name"));
        assert_eq!(code(&invalid(CertificateError::Expired)), Some("certificate-invalid"));
        assert_eq!(code(&Error::Tls("server does not support TLS".into())), Some("tls-unsupported"));
        assert_eq!(code(&Error::Tls("no".into())), Some("tls-failed"));
    }

    #[test]
    fn a_server_that_is_not_there_is_another_matter() {
        assert_eq!(code(&Error::Io(std::io::ErrorKind::ConnectionRefused.into())), None);
    }
}
