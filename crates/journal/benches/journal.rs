//! What the engine costs below the facade: appends at both levels, and reads. On the disk of the
//! temporary directory, which `TMPDIR` names. `cargo bench -p batpak-journal --bench journal`.

use std::error::Error;
use std::hint::black_box;

use batpak_coordinate::{Coordinate, EventKind, Sequence};
use batpak_journal::{
    Committed, Draft, Durability, FrameBuffer, Journal, Options, ScanRequest, Selection,
};
use batpak_platform::{Platform, RealDirectory};
use criterion::{BenchmarkId, Criterion, Throughput};
use tempfile::TempDir;

const STREAMS: usize = 1_000;
const STORED: usize = 200_000;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let mut criterion = Criterion::default().configure_from_args();
    let coordinates =
        (0..STREAMS).map(|number| Coordinate::new(format!("order:{number:07}"), "shop:eu"));
    let coordinates = coordinates.collect::<Result<Vec<_>, _>>()?;
    appends(&mut criterion, &coordinates)?;
    reads(&mut criterion, &coordinates)?;
    criterion.final_summary();
    Ok(())
}

fn open(durability: Durability) -> Outcome<(TempDir, Journal)> {
    let directory = tempfile::tempdir()?;
    let platform = Platform::real(RealDirectory::create(directory.path())?);
    let options = Options {
        durability,
        ..Options::default()
    };
    let (journal, _) = Journal::open(&platform, options)?;
    Ok((directory, journal))
}

fn unit(coordinates: &[Coordinate], events: usize) -> Vec<Draft<'_>> {
    let turn = coordinates.iter().cycle().take(events);
    let draft = |coordinate| Draft::at(coordinate, EventKind::DATA, vec![7; 100]);
    turn.map(draft).collect()
}

/// One event and units of several, as far as each level asks for.
fn appends(criterion: &mut Criterion, coordinates: &[Coordinate]) -> Outcome {
    for (level, name) in [
        (Durability::Written, "append, written"),
        (Durability::Synced, "append, synced"),
    ] {
        let mut group = criterion.benchmark_group(name);
        for events in [1, 100, 1_000] {
            let (_directory, journal) = open(level)?;
            group.throughput(Throughput::Elements(events as u64));
            group.bench_function(BenchmarkId::new("events", events), |bencher| {
                let append = || journal.append_unit(unit(coordinates, events), level);
                bencher.iter(|| append().map(|unit| unit.len()));
            });
        }
        group.finish();
    }
    Ok(())
}

/// One event by its id, and all in order, of a store with several segments.
fn reads(criterion: &mut Criterion, coordinates: &[Coordinate]) -> Outcome {
    let (_directory, journal) = open(Durability::Written)?;
    let mut ids = Vec::with_capacity(STORED);
    while ids.len() < STORED {
        let committed = journal.append_unit(unit(coordinates, STREAMS), Durability::Written)?;
        ids.extend(committed.iter().map(|facts: &Committed| facts.event_id));
    }
    let view = journal.view();
    criterion.bench_function("read by id", |bencher| {
        let mut buffer = FrameBuffer::new();
        // A step that is prime to the number visits every event, and none after its neighbour.
        let mut turn = (0..).map(|step| ids[step * 7_919 % STORED]);
        bencher.iter(|| {
            let id = turn.next().unwrap_or_default();
            view.read_id(black_box(id), &mut buffer)
                .map(|frame| frame.is_some())
        });
    });
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(STORED as u64));
    group.sample_size(10);
    group.bench_function("all", |bencher| {
        bencher.iter(|| {
            let mut scan = view.scan(ScanRequest {
                selection: Selection::All,
                after: Sequence::NONE,
                reverse: false,
            });
            let mut found = 0;
            while let Ok(Some(_)) = scan.next_frame() {
                found += 1;
            }
            assert_eq!(found, STORED);
        });
    });
    group.finish();
    Ok(())
}
