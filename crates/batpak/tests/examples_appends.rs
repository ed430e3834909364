//! The example programs about appending print what they say.
#![cfg(test)]

use std::process::Command;

#[test]
fn the_example_of_conditions_books_each_seat_once_and_records_the_rest() {
    insta::assert_snapshot!(output("conditional_append"), @r#"
    one has the seat: 1 event
    the other one has looked 2 times: [one-guest] the seat is taken
    eve has seat:13
    kim does not get seat:14: [seats-left] the show is sold out
      recorded: seats-left Deny { code: "SOLD_OUT", message: "the show is sold out", context: [("taken", "2")] }
    lou does not get seat:15: a condition of the append does not hold: the newest event of cancelled:7 has stream sequence 1, expected 0; sequence 4
      recorded: append Deny { code: "condition-broken", message: "a condition of the append does not hold: the newest event of cancelled:7 has stream sequence 1, expected 0; sequence 4", context: [("sequences", "4")] }
    "#);
}

#[test]
fn the_example_of_retries_pays_once() {
    insta::assert_snapshot!(output("idempotent_retry"), @r"
    sent again: event 1, already there: true
    the key is the id of the event: true
    another amount is refused: key-conflict
    another order: event 2, already there: false
    paid in all: 800
    ");
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
