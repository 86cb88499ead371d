//! The server's settings, in a file of ours that takes in the one that `initdb` wrote.

use std::path::Path;

use super::layout::Layout;
use super::record::Record;

/// Many small tenants share the server, each with a pool of its own.
const CONNECTIONS_MAX: u32 = 200;

/// The text of `postgresql.conf`.
pub(super) fn text(layout: &Layout, record: &Record) -> String {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    // This one is a list, in which double quotes keep a comma from parting a path.
    let socket = format!("\"{}\"", path(&layout.socket).replace('"', "\"\""));
    format!(
        "# Written by systemprompt at every start: a change made here does not last.\n\
         include {initdb}\n\
         listen_addresses = '127.0.0.1'\n\
         port = {port}\n\
         unix_socket_directories = {socket}\n\
         unix_socket_permissions = 0700\n\
         max_connections = {CONNECTIONS_MAX}\n\
         shared_buffers = '64MB'\n\
         password_encryption = 'scram-sha-256'\n\
         logging_collector = off\n\
         log_destination = 'stderr'\n\
         log_line_prefix = '%m [%p] %q%u@%d '\n",
        initdb = quoted(&path(&layout.data.join("postgresql.conf"))),
        port = record.port,
        socket = quoted(&socket),
    )
}

/// A value in single quotes, in which backslashes escape.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Surroundings;

    #[test]
    fn paths_stay_inside_their_quotes() {
        let layout = Layout::new("/it's, a \\ place".into(), "main", &Surroundings::default()).unwrap();
        let text = text(&layout, &Record::sample());
        assert!(text.contains("include '/it''s, a \\\\ place/main/data/postgresql.conf'\n"), "{text}");
        assert!(text.contains("unix_socket_directories = '\"/it''s, a \\\\ place/main/socket\"'\n"), "{text}");
        assert!(text.contains("listen_addresses = '127.0.0.1'\nport = 5432\n"), "{text}");
    }
}
