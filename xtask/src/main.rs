//! The project's own tool: `cargo xtask verify` runs every check that stands before a change,
//! `cargo xtask crash` the crash explorer alone, for as long as it is told.
//!
//! Each check of ours is a plain function from text or metadata to findings and has, in the same
//! file, tests that plant a violation and see it reported with its path and line. `verify` reads
//! the tree, runs them beside cargo's own programs, and reports all of it even when one fails.

#![forbid(unsafe_code)]

mod catalog;
mod code;
mod crash;
mod dependencies;
mod finding;
mod floors;
mod headers;
mod justifies;
mod paths;
mod report;
mod seam;
mod tree;
mod verify;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["verify"] => verify::run(verify::Extent::Full),
        ["verify", "--fast"] => verify::run(verify::Extent::Fast),
        ["crash", words @ ..] => match crash::parse(words) {
            Some(request) => crash::run(&verify::root(), &request),
            None => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo xtask verify [--fast]");
    eprintln!(
        "       cargo xtask crash [--minutes N | --seconds N] [--seed S] [--repro R] [--planted]"
    );
    ExitCode::from(2)
}
