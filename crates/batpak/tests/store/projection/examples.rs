//! The example programs print what they say.

use std::process::Command;

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
