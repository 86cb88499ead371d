//! What is said of a migration that nobody saw end.

use super::*;

fn migration(sql: &'static str, no_tx: bool) -> Migration {
    let sql = sqlx::SqlSafeStr::into_sql_str(sql);
    Migration::new(1, "one".into(), sqlx::migrate::MigrationType::Simple, sql, no_tx)
}

#[test]
fn one_that_ends_its_own_transaction_may_have_stayed_in_part_as_one_without_any() {
    for (sql, no_tx, stays) in [
        ("insert into t values (1);\ncommit;\nselect 1;", false, true),
        ("insert into t values (1);", true, true),
        ("insert into t values (1);", false, false),
    ] {
        let migration = migration(sql, no_tx);
        assert_eq!(may_stay_in_part(&migration), stays, "{sql}");
        assert_eq!(left(&migration, false).contains("may have stayed"), stays, "{sql}");
        assert!(left(&migration, true).contains("may still go on"), "{sql}");
        assert!(!left(&migration, true).contains("rolled back"), "{sql}");
        assert_eq!(left(&migration, false).contains("rolled back"), !stays, "{sql}");
    }
}
