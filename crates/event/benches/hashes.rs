//! What hashing an event costs, part by part. `cargo bench -p batpak-event`.

use std::hint::black_box;

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::tree::{TILE_LEAVES, TileBuilder, leaf_hash, node_hash};
use batpak_event::{Cause, Context, EventFacts, EventId, HashKey, Lineage, content_hash};
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    content(&mut criterion);
    context(&mut criterion);
    facts(&mut criterion);
    tree(&mut criterion);
    criterion.final_summary();
}

/// The payload, by its length.
fn content(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("content hash");
    for bytes in [16_usize, 100, 1_024, 64 << 10] {
        let payload: Vec<u8> = (0..=u8::MAX).cycle().take(bytes).collect();
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(bytes),
            &payload,
            |bencher, payload| {
                bencher.iter(|| content_hash(black_box(payload)));
            },
        );
    }
    group.finish();
}

/// Names and causes.
fn context(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("context hash");
    for count in [0_u128, 1, 4, 100] {
        let causes: Vec<Cause> = (1..=count)
            .map(|id| Cause::Local(EventId::new(id)))
            .collect();
        group.bench_with_input(
            BenchmarkId::new("causes", count),
            &causes,
            |bencher, causes| {
                bencher.iter(|| {
                    let context = Context {
                        entity: black_box("order:0000017"),
                        scope: "shop:eu",
                        causes,
                        extensions: &[],
                    };
                    context.hash()
                });
            },
        );
    }
    group.finish();
}

/// The event hash, once content and context are hashed.
fn facts(criterion: &mut Criterion) {
    let key = HashKey::for_lineage(Lineage(7));
    let facts = EventFacts {
        event_id: EventId::new(1 << 90),
        sequence: Sequence(1_000_000),
        stream_sequence: StreamSequence(1_000),
        predecessor: Sequence(999_000),
        event_kind: EventKind::DATA,
        wall_us: 1_700_000_000_000_000,
        counter: 3,
        lane: 0,
        depth: 0,
        generation: Generation(1_000),
        caller_flags: 0,
        payload_version: 1,
        correlation: EventId::new(1 << 90).into(),
        payload_len: 100,
        context_hash: [1; 32],
        content_hash: [2; 32],
        previous_hash: [3; 32],
    };
    criterion.bench_function("event hash", |bencher| {
        bencher.iter(|| black_box(&facts).hash(&key));
    });
}

/// The tree over all events: a leaf, a node, and a tile of leaves.
fn tree(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    let (left, right) = ([1; 32], [2; 32]);
    group.bench_function("leaf", |bencher| {
        bencher.iter(|| leaf_hash(black_box(&left)));
    });
    group.bench_function("node", |bencher| {
        bencher.iter(|| node_hash(black_box(&left), &right));
    });
    group.throughput(Throughput::Elements(TILE_LEAVES));
    group.bench_function("tile", |bencher| {
        bencher.iter(|| {
            let mut tile = TileBuilder::new();
            let full = (0..TILE_LEAVES).filter_map(|_| tile.push(black_box(left)));
            full.count()
        });
    });
    group.finish();
}
