//! A history as long as that of years.

use std::fmt::Write as _;

use serde_json::json;
use systemprompt_tests::{Browser, LogFile, Sandbox, seed};

/// Events that are added to the few of the registry's import.
const ADDED: u64 = 10_000;
/// The events of one rotation, as a provider records them.
const ROTATION: [(&str, &str); 12] = [
    (
        "OperationStarted",
        r#"{"id":"ID","input":{},"kind":"rotate-credentials","plugin_hash":"HASH","provider":"native","tenant":"TENANT"}"#,
    ),
    ("OperationClaimed", r#"{"holder":"process 1 on laptop","token":1}"#),
    ("StepBegan", r#"{"index":0,"name":"find the server","undo":"none"}"#),
    ("StepFinished", r#"{"index":0,"result":{"address":"127.0.0.1:5432"}}"#),
    ("StepBegan", r#"{"index":1,"name":"make a password","undo":"undoable"}"#),
    ("StepFinished", r#"{"index":1,"result":{}}"#),
    ("StepBegan", r#"{"index":2,"name":"set the password","undo":"undoable"}"#),
    ("StepFinished", r#"{"index":2,"result":{}}"#),
    ("StepBegan", r#"{"index":3,"name":"log in as the tenant","undo":"none"}"#),
    ("StepFinished", r#"{"index":3,"result":{}}"#),
    ("OperationSucceeded", r#"{"result":{}}"#),
    ("TenantSelected", r#"{"tenant":"TENANT"}"#),
];
const TENANTS: [&str; 2] = ["local_19bff27604c", "999bc654-9a64-49bc-98be-db976fc84e76"];

/// Rotations and selections in turn, as rows of the log: looking at it checks no hash.
fn prolong(sandbox: &Sandbox) -> u64 {
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let first = log.number("select max(position) from events") + 1;
    let begun = log.number("select max(time) from events");
    let mut version = log.number("select max(version) from events where stream = 'project'");
    let mut sql = String::from("begin;");
    for (number, position) in (0..ADDED.cast_signed()).zip(first..) {
        let (round, turn) = (number / 12, usize::try_from(number % 12).expect("it is small"));
        let tenant = TENANTS[usize::try_from(round % 2).expect("it is small")];
        let (kind, payload) = ROTATION[turn];
        let id = format!("0198f3c2-5d1e-7a41-9b5e-{round:012x}");
        let payload = payload.replace("ID", &id).replace("HASH", &"0".repeat(64)).replace("TENANT", tenant);
        let (stream, at) = if turn == 11 {
            version += 1;
            ("project".to_owned(), version)
        } else {
            (format!("operation/{id}"), number % 12 + 1)
        };
        let time = begun + number * 60_000;
        let _always = write!(
            sql,
            "insert into events values ({position}, x'{position:032x}', '{stream}', {at}, '{kind}', 1, {time}, 'ada (uid 1000)', \
             'laptop', 'systemprompt 0.1.0', '[\"systemprompt\",\"cloud\"]', x'{position:032x}', x'{position:032x}', null, \
             '{payload}', zeroblob(32));"
        );
        if turn == 11 {
            let _always = write!(
                sql,
                "update selection set valid_to = {position} where valid_to is null; \
                 insert into selection values ('selected', '{tenant}', {position}, null);"
            );
        }
    }
    let last = first + ADDED.cast_signed() - 1;
    let _always = write!(sql, "update chain set position = {last}; commit;");
    log.run(&sql);
    log.close();
    last.cast_unsigned()
}

#[test]
fn ten_thousand_events_are_drawn_and_can_be_walked_through() {
    let Some(mut browser) = Browser::start("ten_thousand_events_are_drawn_and_can_be_walked_through") else { return };
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    let last = prolong(&sandbox);
    let data = sandbox.say("history log --html history.html --json").ok().data();
    assert_eq!((&data["events"], &data["events_in_log"]), (&10_000.into(), &last.into()));
    browser.open(&sandbox.project().join("history.html"), "");
    let told = browser.text("#bound").replace('\u{202f}', "");
    assert!(told.starts_with(&format!("Shown are 10000 of the log's {last} events")), "{told}");
    let shot = browser.shot();
    assert!(shot.colours() > 50, "{} colours", shot.colours());
    // Lines of the bars, which are too many to have a fill; and the stacks of what was selected.
    for colour in [[0x6f, 0x9a, 0xc8], [0x4a, 0x55, 0x68]] {
        assert!(shot.count(colour) > 1_000, "{colour:?} on {} pixels", shot.count(colour));
    }
    assert_eq!(super::number(&mut browser, "bars"), 834);

    // Any moment, and its selection.
    let middle = last - 4_000;
    super::go(&mut browser, &format!("at={middle}"));
    let selected =
        browser.value("[...document.querySelectorAll('#tenants tr.selected')].map((row) => row.cells[1].textContent)");
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let held = "select tenant from selection where valid_from <= AT and (valid_to is null or AT < valid_to)";
    assert_eq!(selected, json!(log.texts(&held.replace("AT", &middle.to_string()))));

    // A stack is opened by a click, until its events stand alone.
    let (x, y) = {
        let place = browser.value("(() => { const box = canvas.getBoundingClientRect(); const stack = drawn.stacks.find((stack) => stack.events.length > 4); return [box.left + stack.x, box.top + stack.y]; })()");
        (place[0].as_f64().expect("a number"), place[1].as_f64().expect("a number"))
    };
    let all = super::number(&mut browser, "marks");
    browser.click(x, y);
    assert!(super::number(&mut browser, "marks") < all / 10, "{} of {all}", super::number(&mut browser, "marks"));
    super::go(&mut browser, "q=rotate-credentials");
    assert!(browser.text("#events-title").starts_with("Matches: 83"), "{}", browser.text("#events-title"));
    assert_eq!(browser.complaints(), [""; 0]);
}
