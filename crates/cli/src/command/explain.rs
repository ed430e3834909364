//! `batpak explain`: how a listing gets at its events.

use batpak::store::{Chunk, Explanation};
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;
use crate::filter::Listing;
use crate::output::{Output, count, counted, table};
use crate::store;

/// Prints a table for people or an object for programs.
pub(crate) fn run(context: &Context, args: &Listing) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let explanation = args.scan(&store).explain()?;
    let mut output = Output::new(context);
    if context.global.json {
        output.json(&Summary::from(&explanation))?;
    } else {
        output.line(&table(context.width, &rows(&explanation), &[1]))?;
    }
    output.finish()?;
    if explanation.matching == 0 {
        args.filter.hint_nothing_found(context);
    }
    Ok(())
}

/// The explanation as JSON.
#[derive(Debug, Serialize)]
struct Summary {
    segments_skipped: u64,
    used: Vec<Used>,
    touched: u64,
    matching: u64,
    lost_ranges: u64,
}

#[derive(Debug, Serialize)]
struct Used {
    chunk: String,
    segments: u64,
}

impl From<&Explanation> for Summary {
    fn from(explanation: &Explanation) -> Summary {
        let used = explanation.used.iter();
        Summary {
            segments_skipped: explanation.segments_skipped,
            used: used
                .map(|(chunk, segments)| Used {
                    chunk: chunk.to_string(),
                    segments: *segments,
                })
                .collect(),
            touched: explanation.touched,
            matching: explanation.matching,
            lost_ranges: explanation.lost_ranges,
        }
    }
}

fn rows(explanation: &Explanation) -> Vec<Vec<String>> {
    let row = |name: &str, number: u64, remark: &str| {
        vec![name.to_owned(), count(number), remark.to_owned()]
    };
    let skipped = "nothing in them, as an index says";
    let mut rows = vec![row(
        "Segments skipped",
        explanation.segments_skipped,
        skipped,
    )];
    for (chunk, segments) in &explanation.used {
        rows.push(row("Segments used", *segments, &by(*chunk)));
    }
    rows.push(row("Events touched", explanation.touched, "in the index"));
    let lost = match explanation.lost_ranges {
        0 => String::new(),
        lost => format!("and {} of lost events", counted(lost, "range")),
    };
    rows.push(row("Events matching", explanation.matching, &lost));
    rows
}

/// How events of a segment were found.
fn by(chunk: Chunk) -> String {
    let what = match chunk {
        Chunk::Events => "every event, one by one",
        Chunk::Entity => "the list of the entity",
        Chunk::Entities => "the lists of the entities",
        Chunk::Scope => "the list of the scope",
        Chunk::Kinds => "the lists of the kinds",
        Chunk::Correlations => "the list of the conversation",
        Chunk::Memory => "the index in memory, without a file yet",
        other => return other.to_string(),
    };
    what.to_owned()
}
