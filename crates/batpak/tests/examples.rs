//! The example programs print what they say.
#![cfg(test)]

use std::path::Path;
use std::process::Command;

/// The first program that a newcomer meets is in the README, and runs.
#[test]
fn the_quickstart_is_the_program_of_the_readme() {
    assert_eq!(output("quickstart"), "1: lamp\n");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let (readme, example) = (read("../../README.md"), read("examples/quickstart.rs"));
    let (_, program) = readme.split_once("```rust,no_run\n").unwrap();
    let (program, _) = program.split_once("```\n").unwrap();
    let (_, code) = example.split_once("\n\n").unwrap();
    assert_eq!(program, code);
}

#[test]
fn the_example_of_the_eight_jobs_does_each_of_them() {
    insta::assert_snapshot!(output("eight_jobs"), @r"
    open: 0 events
    append: the third is event 3
    page: 2 and 1 events
    get: 1 sold
    walk: 3 events, the first event of the stream is reached
    verify: UnsignedAccepted
    project: 9 pieces left
    close: done
    ");
}

#[test]
fn the_example_of_a_batch_appends_all_or_nothing() {
    insta::assert_snapshot!(output("batch"), @r"
    event 1, transfers@bank, caused by []
    event 2, account:anna@bank, caused by [1]
    event 3, account:ben@bank, caused by [1]
    refused: batch failed at item 3: CAS failed for account:ben: expected stream sequence 0, found 2
    3 events in the log
    103 events after 100 submits
    ");
}

#[test]
fn the_example_of_a_reader_reads_beside_a_writer() {
    insta::assert_snapshot!(output("read_only"), @r"
    refused: not-a-store
    refused: store-locked
    after refresh: event 3
    a writer is there: false
    1: opened
    2: shut
    3: opened again
    ");
}

#[test]
fn the_example_of_a_projection_prints_what_it_folds() {
    insta::assert_snapshot!(output("projection"), @r"
    first run
      two deposits: 12500 cents after 2 movements
        as cached 0, brought up to date 0, folded from the start 1
      a withdrawal: 8500 cents after 3 movements
        as cached 0, brought up to date 1, folded from the start 1
      nothing new: 8500 cents after 3 movements
        as cached 1, brought up to date 1, folded from the start 1
    second run
      the state of the first run: 8500 cents after 3 movements
        as cached 1, brought up to date 0, folded from the start 0
      changed since: false
      changed since: true
    ");
}

#[test]
fn the_example_of_upcasting_reads_every_version() {
    insta::assert_snapshot!(output("upcasting"), @r"
    version 1: 1200 cents, EUR
    version 2: 350 cents, EUR
    version 3: 99 cents, USD
    total: 1649 cents
    get: payload of kind 0x1001 has version 4, the type reads up to 3
    project: refused as well
    ");
}

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

#[test]
fn the_example_of_receipts_believes_what_is_signed() {
    insta::assert_snapshot!(output("signed_receipts"), @r"
    event 1 is signed: true
    without the store
      the receipt: Signed
      it was Synced when it was acknowledged
      with another sequence: the signature is not of what the receipt says: the receipt was changed, or is forged
      by the key of a stranger: the receipt is signed with a key that is not known here: configure its public key, if it is trusted
      the denial: Signed
      a payment as a denial: the event of the receipt records no denial: it is no receipt of a denial
    with the store
      the receipt: Signed
      with another sequence: the event of the receipt is at another sequence: the receipt was changed
      the denial: Signed
    ");
}

/// What an example prints. `cargo test` builds the examples beside the tests.
fn output(example: &str) -> String {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().with_file_name("examples");
    let program = built.join(example);
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(&program).current_dir(&directory).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}
