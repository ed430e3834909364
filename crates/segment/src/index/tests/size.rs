//! What an index takes.

use super::history::{Draw, history};

#[test]
fn a_plain_event_takes_less_than_24_bytes() {
    let draws: Vec<Draw> = (0..65_536_usize)
        .map(|at| Draw {
            // Neighbors are of different streams.
            entity: 1_000_000 + at * 7919 % 1000,
            ..Draw::PLAIN
        })
        .collect();
    let mut history = history(40 << 20, &draws, 0);
    for fact in &mut history.facts {
        fact.scope = "billing".to_owned();
        // Long streams of different lengths, and generations that follow them.
        let length = fact.entity.bytes().map(u32::from).sum::<u32>() << 10;
        fact.stream_sequence.0 += 1 << 33 | u64::from(length);
        fact.generation.0 = length.wrapping_mul(1003);
    }
    assert_eq!(
        history.facts[0].entity.len() + history.facts[0].scope.len(),
        21
    );
    history.tiles.clear();
    let bytes = history.bytes().len();
    let per_event = bytes as f64 / draws.len() as f64;
    println!("{per_event:.2} bytes per plain event");
    assert!(per_event < 24.0, "{per_event}");
}
