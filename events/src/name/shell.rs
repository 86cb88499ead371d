//! The name of one running shell.

use super::checked_text;

checked_text! {
    /// One running shell, from its start to its end: 16 hexadecimal digits that no other shell of the machine has.
    ShellId, InvalidShellId, "a shell's id", "16 of `0-9` and `a-f`",
    |text| text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
