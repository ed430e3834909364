//! `cargo xtask crash`: the crash explorer of the journal, with optimization and for a given time.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use crate::report::Outcome;
use crate::tree::cargo;

/// How long the explorer runs beside every other check, and where each change is checked.
const SECONDS: u64 = 60;
const SECONDS_IN_CI: u64 = 200;

/// What the explorer is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    seconds: u64,
    seed: Option<String>,
    repro: Option<String>,
    /// Looks for planted bugs instead of others.
    planted: bool,
}

/// Reads `[--minutes N | --seconds N] [--seed S] [--repro R] [--planted]`; none for anything else.
pub(crate) fn parse(words: &[&str]) -> Option<Request> {
    let mut request = Request {
        seconds: SECONDS,
        seed: None,
        repro: None,
        planted: false,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--planted" {
            request.planted = true;
            continue;
        }
        let value = words.next()?;
        match *word {
            "--minutes" => request.seconds = value.parse::<u64>().ok()?.checked_mul(60)?,
            "--seconds" => request.seconds = value.parse().ok()?,
            "--seed" => request.seed = Some((*value).to_owned()),
            "--repro" => request.repro = Some((*value).to_owned()),
            _ => return None,
        }
    }
    Some(request)
}

/// Runs what was asked for.
pub(crate) fn run(root: &Path, request: &Request) -> ExitCode {
    match explore(root, request) {
        Outcome::Passed => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The explorer as one of the checks: where each change is checked, it runs for longer, and has to find
/// every planted bug.
pub(crate) fn check(root: &Path) -> Outcome {
    let in_ci = env::var("BATPAK_CI").is_ok_and(|value| value == "1");
    let request = |seconds, planted| Request {
        seconds,
        seed: None,
        repro: None,
        planted,
    };
    if !in_ci {
        return explore(root, &request(SECONDS, false));
    }
    let explored = explore(root, &request(SECONDS_IN_CI, false));
    let planted = explore(root, &request(0, true));
    if explored == Outcome::Passed {
        planted
    } else {
        explored
    }
}

fn explore(root: &Path, request: &Request) -> Outcome {
    let mut command = cargo(root);
    command.args(["test", "--quiet", "--release", "-p", "batpak-journal"]);
    if request.planted {
        command.args(["--features", "sabotage"]);
    }
    command.args(["--test", "crash", "--"]);
    if request.planted {
        command.arg("--planted");
    }
    command.args(["--seconds", &request.seconds.to_string()]);
    for (option, value) in [("--seed", &request.seed), ("--repro", &request.repro)] {
        if let Some(value) = value {
            command.args([option, value]);
        }
    }
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, parse};

    #[test]
    fn requests_are_read_and_others_refused() {
        let request = Request {
            seconds: 120,
            seed: Some("7".to_owned()),
            repro: None,
            planted: true,
        };
        assert_eq!(
            parse(&["--minutes", "2", "--seed", "7", "--planted"]),
            Some(request)
        );
        assert_eq!(parse(&["--repro", "v1:a"]).unwrap().repro.unwrap(), "v1:a");
        for wrong in [&["--minutes"][..], &["--minutes", "x"], &["--hours", "1"]] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
