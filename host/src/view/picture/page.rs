//! The page as one file: style, script and data in it, and a policy that lets nothing else run or be fetched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// One script for the browser, in the order in which its parts build on each other.
const SCRIPT: &str = concat!(
    include_str!("script/data.js"),
    include_str!("script/state.js"),
    include_str!("script/axis.js"),
    include_str!("script/marks.js"),
    include_str!("script/bars.js"),
    include_str!("script/chart.js"),
    include_str!("script/pointer.js"),
    include_str!("script/registry.js"),
    include_str!("script/details.js"),
    include_str!("script/list.js"),
    include_str!("script/start.js"),
);
/// By this we know a file as a picture of ours.
const MARK: &str = r#"<meta name="generator" content="systemprompt history log --html">"#;
/// The mark stands in the first lines.
pub const MARK_WITHIN: u64 = 512;

/// Whether a file that begins like this is a picture that we wrote.
pub fn is_ours(beginning: &[u8]) -> bool {
    beginning.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// The page that shows `data`.
///
/// Data is untrusted. It is put where nothing is run, and no character of it can end that place.
pub fn page(data: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    let data = inert(&serde_json::to_string(data)?);
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let parts = [("MARK", MARK), ("POLICY", &policy), ("STYLE", STYLE), ("DATA", &data), ("SCRIPT", SCRIPT)];
    let mut page = String::with_capacity(FRAME.len() + STYLE.len() + data.len() + SCRIPT.len());
    // Cut at the slots rather than replaced one after the other, so that a slot's name in the data is only a text.
    let mut rest = FRAME;
    for (name, content) in parts {
        let (before, after) =
            rest.split_once(&format!("{{{{{name}}}}}")).expect("BUG: the frame has every slot, in order");
        page.push_str(before);
        page.push_str(content);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// The same JSON, without characters that mean something in HTML, or that end a line in some script.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text
}

/// How a policy names a style or a script that it allows.
fn digest(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn no_text_can_leave_the_place_of_the_data() {
        let hostile = json!({ "a": "</script><script>alert(1)</script>", "b": "<!--\u{2028}]]>&lt;{{SCRIPT}}", "c": "<img src=x>" });
        let page = page(&hostile).unwrap();
        let begins = r#"<script id="data" type="application/json">"#;
        let (before, rest) = page.split_once(begins).unwrap();
        let (data, after) = rest.split_once("</script>").unwrap();
        assert!(!data.contains(['<', '>', '&']), "{data}");
        assert_eq!(serde_json::from_str::<Value>(data).unwrap(), hostile);
        assert_eq!(after.matches("</script>").count(), 1, "one script follows");
        assert!(!before.contains("<script"), "none stands before");
    }

    #[test]
    fn nothing_may_be_fetched_and_only_our_own_script_runs() {
        let page = page(&json!({})).unwrap();
        let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let script = page.rsplit("<script>").next().unwrap().split("</script>").next().unwrap();
        assert!(policy.contains(&digest(script)), "the policy names the script as it stands in the page");
        let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        assert!(policy.contains(&digest(style)), "and the style");
    }

    #[test]
    fn a_picture_is_known_by_its_first_lines() {
        let page = page(&json!({})).unwrap();
        assert!(is_ours(&page.as_bytes()[..usize::try_from(MARK_WITHIN).unwrap()]));
        assert!(!is_ours(b"<!doctype html><title>my thesis</title>"));
    }

    #[test]
    fn the_script_makes_no_markup_out_of_text() {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
