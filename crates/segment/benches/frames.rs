//! What frames cost to make, to read one by one, and to scan. `cargo bench -p batpak-segment`.

use std::hint::black_box;

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{EventId, HashKey, Lineage};
use batpak_segment::{
    BodyParts, EventFrame, FrameFlags, FrameHead, FrameKind, Offset, Salt, Scanner, Step, body_crc,
    encode_body,
};
use criterion::{BenchmarkId, Criterion, Throughput};

const SALT: Salt = Salt(0x5a17);
const EVENTS: u64 = 10_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    encode(&mut criterion);
    decode(&mut criterion);
    scan(&mut criterion);
    criterion.final_summary();
}

fn parts(payload: &[u8]) -> BodyParts<'_> {
    BodyParts {
        lane: 0,
        depth: 0,
        correlation: None,
        causes: &[],
        entity: "order:0000017",
        scope: "shop:eu",
        extensions: &[],
        salt: None,
        payload,
    }
}

/// Appends the frame of an event; `body` is used again.
fn push(log: &mut Vec<u8>, sequence: u64, payload: &[u8], body: &mut Vec<u8>) {
    let parts = parts(payload);
    body.clear();
    encode_body(&parts, body);
    let mut head = FrameHead {
        body_crc: body_crc(body),
        flags: FrameFlags::COMMIT,
        sequence: Sequence(sequence),
        event_id: EventId::new(u128::from(sequence) << 80 | 1),
        wall_us: 1_700_000_000_000_000,
        stream_sequence: StreamSequence(sequence),
        predecessor: Sequence(sequence - 1),
        generation: Generation(1),
        event_kind: EventKind::DATA.as_raw_u16(),
        ..FrameHead::blank(FrameKind::Event)
    };
    if head.fit(&parts).is_ok() {
        log.extend_from_slice(&head.encode(SALT, Offset(log.len() as u64)));
        log.extend_from_slice(body);
    }
}

fn log(payload: &[u8], events: u64) -> Vec<u8> {
    let (mut log, mut body) = (Vec::new(), Vec::new());
    for sequence in 1..=events {
        push(&mut log, sequence, payload, &mut body);
    }
    log
}

/// Body, checks and head of one event.
fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode a frame");
    for bytes in [100_usize, 1_024] {
        let payload = vec![7; bytes];
        let (mut log, mut body) = (Vec::new(), Vec::new());
        group.bench_function(BenchmarkId::new("payload", bytes), |bencher| {
            bencher.iter(|| {
                log.clear();
                push(&mut log, 1, black_box(&payload), &mut body);
                log.len()
            });
        });
    }
    group.finish();
}

/// Checks and parts of one event, and the event hash on top.
fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode a frame");
    let key = HashKey::for_lineage(Lineage(7));
    for bytes in [100_usize, 1_024] {
        let frame = log(&vec![7; bytes], 1);
        let decoded = || EventFrame::decode(black_box(&frame), SALT, Offset(0));
        group.bench_function(BenchmarkId::new("payload", bytes), |bencher| {
            bencher.iter(|| decoded().map(|frame| frame.payload().len()));
        });
        group.bench_function(BenchmarkId::new("and hash, payload", bytes), |bencher| {
            bencher.iter(|| decoded().map(|frame| frame.event_hash(&key)));
        });
    }
    group.finish();
}

/// All frames of a segment in memory.
fn scan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scan a segment");
    group.throughput(Throughput::Elements(EVENTS));
    for bytes in [100_usize, 1_024] {
        let log = log(&vec![7; bytes], EVENTS);
        group.bench_function(BenchmarkId::new("payload", bytes), |bencher| {
            bencher.iter(|| {
                let end = Offset(log.len() as u64);
                let mut scanner = Scanner::new(black_box(&*log), SALT, Offset(0), end);
                let mut found = 0;
                while let Ok(Step::Frame { .. }) = scanner.next() {
                    found += 1;
                }
                assert_eq!(found, EVENTS);
            });
        });
    }
    group.finish();
}
