//! What held from when until when.

use systemprompt_events::{Command, Held, Position, TenantCommand, Timeline};

use crate::support::{TestLog, adopt, delete, operation_id, request, select, start, tenant_id};

fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

/// Names with the positions from which and until which they held.
fn spans(timeline: &Timeline) -> Vec<(&str, u64, Option<u64>)> {
    timeline.tenants.iter().map(|held| span(held, held.what.name.as_str())).collect()
}

fn span<'a, T>(held: &Held<T>, name: &'a str) -> (&'a str, u64, Option<u64>) {
    (name, held.from.get(), held.until.map(Position::get))
}

async fn log() -> TestLog {
    let mut test = TestLog::new().await;
    let rename = TenantCommand::Rename { name: "other".parse().unwrap() };
    // 2: acme, 3: selected, 4: beta, 5: renamed, 6: beta selected, 7: gone.
    test.execute(vec![adopt("a", "acme"), select("a"), adopt("b", "beta")]).await.unwrap();
    test.execute(vec![Command::Tenant(tenant_id("a"), rename), select("b"), delete("a")]).await.unwrap();
    test
}

#[tokio::test]
async fn every_row_says_from_which_event_until_which_it_held() {
    let mut test = log().await;
    let timeline = test.log.timeline(at(1), at(7)).await.unwrap();
    assert_eq!(spans(&timeline), [("acme", 2, Some(5)), ("other", 5, Some(7)), ("beta", 4, None)]);
    let selected: Vec<_> = timeline.selection.iter().map(|held| span(held, held.what.as_str())).collect();
    assert_eq!(selected, [("a", 3, Some(6)), ("b", 6, None)]);
}

#[tokio::test]
async fn of_a_stretch_only_what_held_in_it_is_told_and_nothing_of_what_came_later() {
    let mut test = log().await;
    let early = test.log.timeline(at(1), at(4)).await.unwrap();
    assert_eq!(spans(&early), [("acme", 2, None), ("beta", 4, None)]);
    let late = test.log.timeline(at(6), at(7)).await.unwrap();
    assert_eq!(spans(&late), [("other", 5, Some(7)), ("beta", 4, None)]);
    let end = test.log.timeline(at(7), at(7)).await.unwrap();
    assert_eq!(spans(&end), [("other", 5, Some(7)), ("beta", 4, None)], "what ended at its beginning is seen to end");
}

#[tokio::test]
async fn the_rows_that_held_at_a_position_are_those_of_the_living_tenants_then() {
    let mut test = TestLog::new().await;
    let commands = [
        adopt("a", "acme"),
        request("b", "beta", 1),
        Command::Tenant(tenant_id("a"), TenantCommand::Protect),
        adopt("c", "gamma"),
        delete("c"),
        Command::Tenant(tenant_id("a"), TenantCommand::Unprotect),
    ];
    let mut lived = Vec::new();
    for command in commands {
        // A request has to come with its operation.
        let begun = matches!(&command, Command::Tenant(_, TenantCommand::Request { .. })).then(|| start(1, Some("b")));
        test.execute(begun.into_iter().chain([command]).collect()).await.unwrap();
        let head = test.log.head().await.unwrap().position.unwrap();
        lived.push((head, test.log.tenant_summaries().await.unwrap()));
    }
    let last = lived.last().unwrap().0;
    let timeline = test.log.timeline(at(1), last).await.unwrap();
    for (position, expected) in lived {
        let held =
            timeline.tenants.iter().filter(|held| held.from <= position && held.until.is_none_or(|end| position < end));
        assert_eq!(held.map(|held| held.what.clone()).collect::<Vec<_>>(), expected, "at {position}");
    }
}

#[tokio::test]
async fn operations_and_profiles_of_the_stretch_are_told_with_their_tenants() {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("a", "acme"), start(1, Some("a")), start(2, None)]).await.unwrap();
    let head = test.log.head().await.unwrap().position.unwrap();
    let timeline = test.log.timeline(at(1), head).await.unwrap();
    assert_eq!(timeline.operations, [(operation_id(1), Some(tenant_id("a"))), (operation_id(2), None)]);
    let before = test.log.timeline(at(1), at(2)).await.unwrap();
    assert_eq!(before.operations, [], "they came later");
    assert_eq!(before.profiles, []);
}
