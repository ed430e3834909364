//! The example programs about gates, states and receipts print what they say.
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
    let output = Command::new(&program).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}
