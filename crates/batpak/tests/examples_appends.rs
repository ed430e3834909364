//! The example programs about appending print what they say.
#![cfg(test)]

use std::process::Command;

#[test]
fn the_example_of_conditions_books_each_seat_once_and_records_the_rest() {
    // Which of the two is first is not known, and both lines are.
    let output = output("conditional_append");
    let (race, rest) = output.split_at(output.find("eve").unwrap());
    let mut race: Vec<&str> = race.lines().collect();
    race.sort_unstable();
    insta::assert_snapshot!(format!("{}\n{rest}", race.join("\n")), @"");
}

#[test]
fn the_example_of_retries_pays_once() {
    insta::assert_snapshot!(output("idempotent_retry"), @"");
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
