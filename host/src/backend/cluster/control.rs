//! What a cluster's own control file says of it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::layout::unusable;
use crate::backend::BackendError;

/// The number that `initdb` gave the data, in the digits in which PostgreSQL's own programs print it.
///
/// It is the first thing in the file, in the machine's own order of bytes, in every version since 8.0.
pub(super) fn system_identifier(data: &Path) -> Result<String, BackendError> {
    let path = data.join("global/pg_control");
    let mut number = [0; 8];
    let read = File::open(&path).and_then(|mut file| file.read_exact(&mut number));
    read.map_err(|error| unusable(&path, &error))?;
    Ok(u64::from_ne_bytes(number).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_read_and_nothing_is_made_up() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(system_identifier(data.path()).unwrap_err().code, "file-unusable");
        std::fs::create_dir(data.path().join("global")).unwrap();
        let file = data.path().join("global/pg_control");
        std::fs::write(&file, [1, 2, 3]).unwrap();
        assert!(system_identifier(data.path()).is_err());
        std::fs::write(&file, [&7_412_345_678_901_234_567_u64.to_ne_bytes()[..], &[9; 100]].concat()).unwrap();
        assert_eq!(system_identifier(data.path()).unwrap(), "7412345678901234567");
    }
}
