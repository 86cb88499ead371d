//! `history log --html`: a page that shows the history, looked at with a real browser.

mod file;
mod many;
mod untrusted;

use std::path::PathBuf;

use serde_json::{Value, json};
use systemprompt_tests::{Browser, Sandbox, seed};

use crate::hostile::plugin;

/// What the registry's table says, row by row, without the last column, which says since when.
const TABLE: &str = "[...document.querySelectorAll('#tenants tbody tr')].map((row) => [...row.cells].slice(0, 8).map((cell) => cell.textContent))";

/// A project in which tenants came and went, one could not be made and one is stuck; and its lists at some moments, each
/// behind the position of the last event before it.
fn eventful() -> (Sandbox, Vec<(u64, Value)>) {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let mut moments = Vec::new();
    let lines = [
        ("cloud tenant list", 0),
        ("cloud tenant select my-project", 0),
        ("cloud profile create local --tenant my-project", 0),
        ("cloud tenant protect my-project-prod", 0),
        ("INSTALL", 0),
        (&plugin::creation("honest"), 0),
        ("cloud tenant edit x --name renamed", 0),
        (&plugin::creation("escapes"), 4),
        ("cloud tenant select renamed", 0),
        (&plugin::creation("undo-fails"), 7),
        ("cloud tenant delete renamed -y", 0),
    ];
    for (line, code) in lines {
        match line {
            "INSTALL" => plugin::install(&sandbox, plugin::COMPONENT),
            _ => sandbox.say(line),
        }
        .exits(code);
        let newest = sandbox.say("history log --limit 1 --json").ok().data();
        let listed = sandbox.say("cloud tenant list --json").ok().data();
        moments.push((newest["events"][0]["position"].as_u64().expect("a position is a number"), listed));
    }
    (sandbox, moments)
}

/// Writes the picture of a project.
fn drawn(sandbox: &Sandbox) -> PathBuf {
    sandbox.say("history log --html history.html").ok();
    sandbox.project().join("history.html")
}

/// A list as the page's table shows it.
fn table(listed: &Value) -> Value {
    let yes = |value: &Value| if value == true { "yes" } else { "no" };
    let rows = listed["tenants"].as_array().expect("a list has tenants").iter().map(|tenant| {
        let region = tenant["region"].as_str().unwrap_or("–");
        let (protected, selected) = (yes(&tenant["protected"]), yes(&tenant["selected"]));
        let [name, id, kind, state, provider] =
            ["name", "id", "tenant_type", "state", "provider"].map(|field| tenant[field].clone());
        json!([name, id, kind, state, provider, region, protected, selected])
    });
    Value::Array(rows.collect())
}

/// A number that the drawn chart says of itself.
fn number(browser: &mut Browser, name: &str) -> usize {
    let said = browser.value(&format!("Number(document.getElementById('canvas').dataset.{name})"));
    usize::try_from(said.as_u64().unwrap_or_else(|| panic!("{name}: {said}"))).expect("it is small")
}

/// Goes to another place of the same page.
fn go(browser: &mut Browser, fragment: &str) {
    let fragment = json!(format!("#{fragment}"));
    browser.value(&format!(
        "new Promise((done) => {{ addEventListener('hashchange', () => setTimeout(done), {{ once: true }}); location.hash = {fragment}; }})"
    ));
}

#[test]
fn the_registry_on_the_page_is_at_every_moment_what_the_list_said_then() {
    let Some(mut browser) = Browser::start("the_registry_on_the_page_is_at_every_moment_what_the_list_said_then")
    else {
        return;
    };
    let (sandbox, moments) = eventful();
    browser.open(&drawn(&sandbox), "");
    for (position, listed) in &moments {
        go(&mut browser, &format!("at={position}&from={position}"));
        assert_eq!(browser.value(TABLE), table(listed), "after event {position}");
        assert!(browser.text("#now").starts_with(&format!("after event {position} ")), "{}", browser.text("#now"));
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn every_tenant_has_a_lane_every_event_a_mark_and_every_operation_a_bar() {
    let Some(mut browser) = Browser::start("every_tenant_has_a_lane_every_event_a_mark_and_every_operation_a_bar")
    else {
        return;
    };
    let (sandbox, _) = eventful();
    browser.resize(1280, 1400);
    browser.open(&drawn(&sandbox), "");
    let log = sandbox.say("history log --limit 10000 --json").ok().data();
    let streams: Vec<_> =
        log["events"].as_array().expect("events").iter().map(|event| event["stream"].as_str()).collect();
    let begins = |beginning: &str| streams.iter().flatten().filter(|stream| stream.starts_with(beginning)).count();
    let operations = begins("operation/");
    assert_eq!(number(&mut browser, "marks"), streams.len() - operations, "steps are ticks on the bars");
    let started = log["events"].as_array().expect("events").iter().filter(|event| event["type"] == "OperationStarted");
    assert_eq!(number(&mut browser, "bars"), started.count());
    let lanes =
        browser.value("[...document.querySelectorAll('#labels li')].map((lane) => lane.innerText.split('\\n'))");
    let expected = json!([
        ["project", lanes[0][1]],
        ["plugins", lanes[1][1]],
        ["my-project", "ready"],
        ["my-project-prod", "ready, protected"],
        ["renamed", "gone"],
        ["x", "gone"],
        ["x", "creating"],
    ]);
    assert_eq!(lanes, expected, "in the order of their births");
    assert_eq!(number(&mut browser, "lanes"), 7);
    let outcomes = browser.value("operations.map((bar) => bar.outcome)");
    assert_eq!(outcomes, json!(["succeeded", "failed", "stuck", "succeeded"]));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn an_operation_that_failed_is_drawn_in_another_colour_than_one_that_succeeded() {
    let Some(mut browser) =
        Browser::start("an_operation_that_failed_is_drawn_in_another_colour_than_one_that_succeeded")
    else {
        return;
    };
    let (sandbox, _) = eventful();
    let page = drawn(&sandbox);
    // Fills of a bar that failed, and of one that succeeded, in light and in dark.
    for (scheme, failed, succeeded, paper) in [
        ("light", [0xfb, 0xd9, 0xd6], [0xcf, 0xe0, 0xf3], [0xf6, 0xf7, 0xf9]),
        ("dark", [0x5a, 0x1f, 0x1c], [0x24, 0x40, 0x5f], [0x11, 0x15, 0x1b]),
    ] {
        browser.prefer(scheme);
        browser.open(&page, "");
        let shot = browser.shot();
        for colour in [failed, succeeded, paper] {
            assert!(shot.count(colour) > 200, "{scheme}: {colour:?} on {} pixels", shot.count(colour));
        }
        assert_eq!(shot.pixels(), 1280 * 800);
    }
}

#[test]
fn what_is_searched_for_is_listed_and_marked_and_filters_leave_the_rest_out() {
    let Some(mut browser) = Browser::start("what_is_searched_for_is_listed_and_marked_and_filters_leave_the_rest_out")
    else {
        return;
    };
    let (sandbox, _) = eventful();
    browser.open(&drawn(&sandbox), "q=MAKE+mess");
    let types = "[...document.querySelectorAll('#list button')].map((row) => row.children[2].innerText)";
    let found = json!(["StepBegan", "StepFinished", "UndoBegan", "✕ UndoFailed", "✕ OperationStuck"]);
    assert_eq!(browser.value(types), found, "a step's name is found in all that is told of it");
    assert!(browser.text("#events-title").starts_with("Matches: 5 of "), "{}", browser.text("#events-title"));
    let marked =
        browser.value("[...document.querySelectorAll('#list li:first-child mark')].map((mark) => mark.textContent)");
    assert_eq!(marked, json!(["make", "mess"]));

    go(&mut browser, "type=TenantProtected");
    assert_eq!(browser.value(types), json!(["TenantProtected"]));
    assert_eq!(number(&mut browser, "marks"), 1);
    go(&mut browser, "tenant=999bc654-9a64-49bc-98be-db976fc84e76");
    let all = browser
        .value("[...new Set([...document.querySelectorAll('#list button')].map((row) => row.children[3].innerText))]");
    assert_eq!(all, json!(["my-project-prod"]));
    go(&mut browser, "q=nothing+is+called+so");
    assert!(browser.text("#events-title").starts_with("Matches: 0 of "), "{}", browser.text("#events-title"));

    // By hand.
    browser.value("document.getElementById('reset').click()");
    browser.value("document.getElementById('search').focus()");
    for letter in ["m", "e", "s", "s"] {
        browser.press(letter);
    }
    assert!(browser.text("#events-title").starts_with("Matches: "), "{}", browser.text("#events-title"));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn arrow_keys_move_the_moment_and_a_click_shows_an_event_whole() {
    let Some(mut browser) = Browser::start("arrow_keys_move_the_moment_and_a_click_shows_an_event_whole") else {
        return;
    };
    let (sandbox, moments) = eventful();
    let (last, _) = moments.last().expect("there were moments");
    browser.open(&drawn(&sandbox), "");
    assert_eq!(browser.text("#event-title"), format!("Event {last}"));
    browser.value("document.getElementById('slider').focus()");
    browser.press("ArrowLeft");
    assert_eq!(browser.text("#event-title"), format!("Event {}", last - 1));
    browser.press("Home");
    assert_eq!(browser.text("#event-title"), "Event 1");
    assert_eq!(browser.text("#nobody"), "No tenant was there.");

    // The protection's mark, zoomed in on; then from event to event in its lane.
    let found = "events.find((one) => one.type === 'TenantProtected').position";
    let position = browser.value(found).as_u64().expect("it is there");
    go(&mut browser, &format!("range={},{}", position - 4, position + 4));
    let place = browser.value(&format!(
        "(() => {{ const box = canvas.getBoundingClientRect(); const lane = lanes[events.find((one) => one.position === {position}).lane];
           return [box.left + box.width / 2, box.top + lane.row * LANE.height + LANE.marks]; }})()"
    ));
    let [x, y] = [0, 1].map(|axis| place[axis].as_f64().expect("a place has numbers"));
    browser.point(x, y);
    assert!(browser.text("#tip").contains("TenantProtected"), "{}", browser.text("#tip"));
    browser.click(x, y);
    assert_eq!(browser.text("#event-title"), format!("Event {position}"));
    let details = browser.text("#details");
    for told in ["TenantProtected", "(uid ", "cloud tenant protect my-project-prod", "my-project-prod (999bc654"] {
        assert!(details.contains(told), "{told}: {details}");
    }
    browser.value("scroller.focus()");
    browser.press("ArrowLeft");
    let before = browser.text("#details");
    assert!(before.contains("my-project-prod (999bc654") && !before.contains("TenantProtected"), "{before}");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_address_is_a_link_to_what_is_looked_at() {
    let Some(mut browser) = Browser::start("the_address_is_a_link_to_what_is_looked_at") else { return };
    let (sandbox, _) = eventful();
    browser.open(&drawn(&sandbox), "at=5&axis=time&q=acme&tenant=project");
    browser.value("change({ at: 6, q: 'my project' })");
    let address = browser.value("new Promise((done) => setTimeout(() => done(location.hash), 500))");
    assert_eq!(address, "#at=6&tenant=project&q=my+project&axis=time");
    // What an address says wrong changes nothing.
    go(&mut browser, "at=1e999&range=5,x&axis=sideways&tenant=%00");
    assert_eq!(browser.value("state.axis"), "position");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_the_flags_of_the_log_leave_out_is_not_in_the_picture() {
    let Some(mut browser) = Browser::start("what_the_flags_of_the_log_leave_out_is_not_in_the_picture") else { return };
    let (sandbox, _) = eventful();
    let page = sandbox.project().join("history.html");
    for (flags, count) in [("--type TenantProtected", 1), ("--actor nobody", 0), ("--limit 3 --reverse", 3)] {
        sandbox.say(&format!("history log --html history.html {flags}")).ok();
        browser.open(&page, "");
        assert_eq!(browser.value("events.length"), count, "{flags}");
        let told = browser.text("#bound");
        assert!(told.starts_with(&format!("Shown are {count} of the log's ")), "{told}");
        assert!(browser.text("#foot").contains(flags), "the page says how it was made");
        assert_eq!(browser.complaints(), [""; 0], "{flags}");
    }
}

#[test]
fn a_narrow_window_needs_no_scrolling_sideways() {
    let Some(mut browser) = Browser::start("a_narrow_window_needs_no_scrolling_sideways") else { return };
    let (sandbox, _) = eventful();
    let page = drawn(&sandbox);
    for width in [1280, 600, 360] {
        browser.resize(width, 800);
        browser.open(&page, "");
        assert_eq!(browser.value("document.documentElement.scrollWidth"), width);
    }
}
