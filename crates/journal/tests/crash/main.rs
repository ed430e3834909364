//! The crash explorer: every way to lose an event, and an oracle that says whether one was lost.
//!
//! Without arguments it explores a little, in seconds, as a test. `cargo xtask crash` runs it for longer:
//! `--seconds N` for so long, `--seed S` for other random programs, `--repro R` for one case again, and,
//! with the feature `sabotage`, `--planted` to see it find bugs.

#![forbid(unsafe_code)]

mod case;
mod clause;
mod compare;
mod corpus;
mod damage;
mod explore;
mod log;
mod model;
mod op;
mod oracle;
mod plan;
#[cfg(feature = "sabotage")]
mod planted;
mod program;
mod report;
mod scripts;
mod seen;
mod story;
mod subsets;
mod sweep;
mod visibility;
mod work;

use std::process::ExitCode;
use std::time::Duration;

use batpak_sim::Choices;

use clause::Clauses;
use work::{Extent, explore};

/// What to do.
#[derive(Default)]
struct Arguments {
    seconds: Option<u64>,
    seed: u64,
    repro: Option<String>,
    sweep: bool,
    #[cfg(feature = "sabotage")]
    planted: bool,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    // A panic of the code under test is a failure with a message: it needs no other.
    std::panic::set_hook(Box::new(|_| {}));
    #[cfg(feature = "sabotage")]
    if arguments.planted {
        return if planted::planted() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let passed = match (&arguments.repro, arguments.seconds) {
        (Some(word), _) => repeat(word),
        (None, _) if arguments.sweep => explore(Extent::Sweep, arguments.seed),
        (None, Some(seconds)) => {
            explore(Extent::Time(Duration::from_secs(seconds)), arguments.seed)
        }
        (None, None) => explore(Extent::Smoke, arguments.seed),
    };
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Options of the test runner that mean nothing here are passed over.
fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--seconds" => arguments.seconds = Some(number(value()?)?),
            "--seed" => arguments.seed = number(value()?)?,
            #[cfg(feature = "sabotage")]
            "--planted" => arguments.planted = true,
            "--sweep" => arguments.sweep = true,
            "--repro" => arguments.repro = Some(value()?),
            _ => {}
        }
    }
    Ok(arguments)
}

/// Runs one case again and tells what comes of it.
fn repeat(word: &str) -> bool {
    let word = word.trim_start_matches("REPRO=");
    let mut choices = match Choices::from_text(word) {
        Ok(choices) => choices,
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    };
    story::begin();
    match case::replay(&mut choices, &mut Clauses::default()) {
        Ok(()) => {
            println!("the case holds");
            true
        }
        Err(failure) => {
            println!("{failure}");
            false
        }
    }
}
