//! Text that would like to be more than text.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::json;
use systemprompt_tests::{Browser, Sandbox, seed};

use crate::hostile::plugin;

#[test]
fn text_in_events_and_names_stays_text_and_nothing_is_fetched() {
    let Some(mut browser) = Browser::start("text_in_events_and_names_stays_text_and_nothing_is_fetched") else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("it can be");
    let address = listener.local_addr().expect("it has one");
    let sandbox = Sandbox::new();
    let name = "<img src=x onerror=stolen=1>&lt;{{SCRIPT}}";
    let project = sandbox.root().join(name);
    fs::create_dir_all(project.join(".systemprompt")).expect("a directory can be made");
    fs::write(project.join(".systemprompt/tenants.json"), seed::REGISTRY).expect("a file can be written");
    let said = [
        "</script><script>stolen=2</script>".to_owned(),
        "<!--<script>".to_owned(),
        format!("\"><img src=\"http://{address}/\"><link rel=stylesheet href=\"http://{address}/\">"),
        "javascript:stolen=3//\u{202e}\u{2028}".to_owned(),
        "\u{1f480}`${stolen=4}`".to_owned(),
    ];
    let in_project = |words: &[&str]| {
        let words = words.iter().copied().chain(["--project", project.to_str().expect("it is text")]);
        sandbox.run(words)
    };
    for (text, number) in said.iter().zip(0..) {
        // What was typed is part of the event.
        in_project(&[
            "cloud",
            "profile",
            "create",
            &format!("p{number}"),
            "--tenant",
            "my-project",
            "--set",
            &format!("display_name={text}"),
        ]);
        in_project(&["cloud", "tenant", "select", "my-project", "--tenant", text]);
    }
    in_project(&["history", "log", "--html", "page.html"]).ok();
    browser.open(&sandbox.project().join("page.html"), "q=stolen");
    assert_eq!(browser.value("typeof stolen"), "undefined");
    assert_eq!(browser.text("h1"), format!("History of {name}"));
    assert_eq!(browser.value("document.title"), format!("History of {name}"));
    let tags =
        browser.value("document.querySelectorAll('img, iframe, link, object, embed, script:not([type])').length");
    assert_eq!(tags, 1, "our own script alone");
    for position in 1..=browser.value("lastPosition").as_u64().expect("a number") {
        browser.value(&format!("change({{ at: {position} }})"));
    }
    assert_eq!(browser.value("typeof stolen"), "undefined");
    let asked: Vec<_> = browser.requests().into_iter().filter(|url| !url.starts_with("about:")).collect();
    assert_eq!(asked.len(), 1, "the page itself: {asked:?}");
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(listener.accept().expect_err("nobody called").kind(), ErrorKind::WouldBlock);
}

#[test]
fn the_policy_would_keep_a_foreign_script_from_running_and_a_picture_from_being_fetched() {
    let Some(mut browser) =
        Browser::start("the_policy_would_keep_a_foreign_script_from_running_and_a_picture_from_being_fetched")
    else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("it can be");
    let address = listener.local_addr().expect("it has one");
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    browser.open(&super::drawn(&sandbox), "");
    // As if the escaping had a hole.
    let hole = format!("<img src='http://{address}/' onerror='stolen=1'><style>@import 'http://{address}/';</style>");
    browser.value(&format!("document.body.insertAdjacentHTML('beforeend', {})", json!(hole)));
    let script =
        "const made = document.createElement('script'); made.textContent = 'stolen=2'; document.body.append(made);";
    browser.value(&format!("(() => {{ {script} }})()"));
    let tried = format!("fetch('http://{address}/').then(() => 'fetched', () => 'kept')");
    assert_eq!(browser.value(&tried), "kept");
    assert_eq!(browser.value("typeof stolen"), "undefined");
    assert_eq!(listener.accept().expect_err("nobody called").kind(), ErrorKind::WouldBlock);
}

#[test]
fn characters_that_hide_or_turn_text_are_shown_by_their_numbers() {
    let Some(mut browser) = Browser::start("characters_that_hide_or_turn_text_are_shown_by_their_numbers") else {
        return;
    };
    let sandbox = plugin::sandbox();
    sandbox.say(&plugin::creation("escapes")).exits(4);
    browser.open(&super::drawn(&sandbox), "type=StepFailed");
    let visible = browser.value(r"/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e]/.test(document.querySelector('main').innerText)");
    assert_eq!(visible, false);
    assert_eq!(browser.value(r"shown('a\u202eb\u001bc')"), r"a\u{202e}b\u{1b}c");
}
