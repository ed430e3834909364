//! What the compiler says of wrong uses of derives, machines and receipts, word for word. Forms that a macro
//! refuses itself are tested beside it.

#[test]
fn wrong_uses_do_not_compile_and_the_message_says_why() {
    trybuild::TestCases::new().compile_fail("tests/misuse/*.rs");
}
