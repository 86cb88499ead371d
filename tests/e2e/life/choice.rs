//! Which provider makes a tenant that names none.

use systemprompt_tests::file;

use super::*;

#[test]
fn without_a_provider_named_docker_is_taken_if_it_answers_and_else_native_and_that_is_said() {
    let sandbox = Sandbox::new();
    let chosen = sandbox.say("cloud tenant create --type local --name my-project").ok();
    assert_data_eq!(
        chosen.transcript(),
        file![
            "../expected/life/without_a_provider_named_docker_is_taken_if_it_answers_and_else_native_and_that_is_said.chosen.txt"
        ]
    );
}

#[test]
fn with_neither_docker_nor_native_it_is_said_what_to_install() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        "cloud tenant create --type local --name my-project --provider docker",
        "cloud tenant create --type local --name my-project --provider native --config bin_dir=/nonexistent",
        "cloud tenant create --type local --name my-project --provider nonsense",
        "cloud tenant list",
        "infra db up --provider docker",
    ]);
    assert_data_eq!(
        session,
        file!["../expected/life/with_neither_docker_nor_native_it_is_said_what_to_install.session.txt"]
    );
}
