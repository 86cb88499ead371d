//! What a proof's document may hold.

use super::*;

#[test]
fn a_proof_with_members_that_nobody_signed_or_with_two_of_one_name_is_refused() {
    let sandbox = log();
    proved(&sandbox, 3);
    let whole = fs::read_to_string(sandbox.project().join("proof.json")).expect("it can be read");
    let refused = |text: &str| {
        assert_ne!(text, whole, "something is changed");
        fs::write(sandbox.project().join("proof.json"), text).expect("it can be written");
        let output = sandbox.say("history verify-proof proof.json --key log.vkey --json").exits(1);
        assert_eq!(output.error_code(), "proof-unreadable", "{}", output.whole());
    };
    for member in ["\"schema\":", "\"event\":", "\"actor\":"] {
        refused(&whole.replacen(member, &format!("\"approved_by\": \"nobody\", {member}"), 1));
    }
    // Of two, one reader takes the first and another one the last.
    for (member, other) in [("\"actor\":", "\"somebody else\""), ("\"size\":", "7"), ("\"data\":", "null")] {
        refused(&whole.replacen(member, &format!("{member} {other}, {member}"), 1));
    }
    fs::write(sandbox.project().join("proof.json"), &whole).expect("it can be written");
    sandbox.say("history verify-proof proof.json --key log.vkey").ok();
}
