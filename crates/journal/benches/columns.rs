//! What columns in memory cost by themselves. Here and not in their crate, whose
//! models would compile it too. `cargo bench -p batpak-journal --bench columns`.

use std::hint::black_box;
use std::sync::Arc;

use batpak_columns::{Dictionary, Lists, Rows};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};

const ROWS: u32 = 65_536;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    names(&mut criterion);
    rows(&mut criterion);
    lists(&mut criterion);
    criterion.final_summary();
}

/// The number of a name among so many.
fn names(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("find a name");
    for count in [1_000_u32, 100_000] {
        let names: Vec<String> = (0..count).map(|name| format!("order:{name:07}")).collect();
        let dictionary = Dictionary::<Arc<str>>::new();
        for name in &names {
            dictionary.number(name.as_str(), |name| Arc::from(name));
        }
        group.bench_function(BenchmarkId::new("names", count), |bencher| {
            let mut turn = names.iter().cycle();
            bencher.iter(|| turn.next().and_then(|name| dictionary.find(name.as_str())));
        });
    }
    group.finish();
}

/// A cache line for each event of a segment, from nothing.
fn rows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(u64::from(ROWS)));
    group.bench_function("push", |bencher| {
        let push = |rows: Rows<8>| {
            (0..ROWS).for_each(|row| {
                rows.push([u64::from(row); 8]);
            });
            rows
        };
        bencher.iter_batched(Rows::new, push, BatchSize::LargeInput);
    });
    group.finish();
}

/// The events of 1,000 streams in turn, and of one stream in order.
fn lists(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lists");
    group.throughput(Throughput::Elements(u64::from(ROWS)));
    let fill = |lists: Lists| {
        (0..ROWS).for_each(|item| lists.push(item % 1_000, item));
        lists
    };
    group.bench_function("push among 1,000", |bencher| {
        bencher.iter_batched(Lists::new, fill, BatchSize::LargeInput);
    });
    let lists = fill(Lists::new());
    let of_one = lists.ascending(7, 0).count();
    group.throughput(Throughput::Elements(of_one as u64));
    group.bench_function("walk one of 1,000", |bencher| {
        bencher.iter(|| lists.ascending(black_box(7), 0).count());
    });
    group.bench_function("seek in one of 1,000", |bencher| {
        bencher.iter(|| lists.ascending(black_box(7), ROWS / 2).next());
    });
    group.finish();
}
