//! Cases that failed once, or reach what random programs seldom do: run before anything else.

use batpak_sim::Choices;

use crate::case::replay;
use crate::clause::{Clause, Clauses, Failure};
use crate::explore::Found;

/// One case per line; what stands behind it says why it is there. Lines are added, never removed.
const CORPUS: &str = include_str!("corpus.txt");

/// The cases, each as the word that `--repro` takes.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    let lines = CORPUS.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next())
}

/// Runs all of them; how many there are.
pub(crate) fn run(clauses: &mut Clauses) -> Result<usize, Found> {
    let mut count = 0;
    for word in words() {
        let mut choices = Choices::from_text(word).map_err(|error| Found {
            failure: Failure {
                clause: Clause::Panics,
                message: format!("a line of the corpus is no case: {word}: {error}"),
            },
            choices: Vec::new(),
        })?;
        replay(&mut choices, clauses).map_err(|failure| Found {
            failure,
            choices: choices.made(),
        })?;
        count += 1;
    }
    Ok(count)
}
