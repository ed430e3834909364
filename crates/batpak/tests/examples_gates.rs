//! The example programs about gates and states print what they say.
#![cfg(test)]

use std::process::Command;

#[test]
fn the_example_of_gates_commits_denies_and_goes_around() {
    insta::assert_snapshot!(output("gates_and_denials"), @r#"
    600 is event 1; passed not-zero, limit
    300 is event 2; passed not-zero, limit
    400 is denied: [limit] 1300 is above 1000
      recorded: not-zero Permit
      recorded: limit Deny { code: "LIMIT", message: "1300 is above 1000", context: [("total", "1300")] }
    400 is event 4, around the gates
      recorded: court-order: a court can order what the limit forbids
    "#);
}

#[test]
fn the_example_of_typestates_moves_one_order_once() {
    insta::assert_snapshot!(output("typestate"), @r#"
    Draft -> Open: event 1 of the stream
    Open -> Done: event 2 of the stream
    the order is Done
    refused: CAS failed for order:17: expected stream sequence 0, found 2
    "#);
}

/// What an example prints. `cargo test` builds the examples beside the tests.
fn output(example: &str) -> String {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().with_file_name("examples");
    let program = built.join(example);
    let output = Command::new(&program).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}
