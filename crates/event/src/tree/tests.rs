//! The tree against the definition of RFC 6962, written out without the code under test.

use super::{
    Frontier, TILE_LEAVES, TileBuilder, TileMisplaced, TreeHead, TreeHeadParseError,
    UNKNOWN_EVENT_HASH, leaf_hash, node_hash,
};
use crate::Digest;

const TILE: usize = 256;

/// The definition: MTH of RFC 6962 over event hashes, with BLAKE3.
fn naive(events: &[Digest]) -> Digest {
    let hashed: Vec<u8> = match events {
        [] => vec![],
        [event] => [&[0][..], event].concat(),
        _ => {
            let mut split = 1;
            while split * 2 < events.len() {
                split *= 2;
            }
            let (left, right) = events.split_at(split);
            [&[1][..], &naive(left), &naive(right)].concat()
        }
    };
    *blake3::hash(&hashed).as_bytes()
}

/// Event hashes as in the example of `docs/format.md`: the fourth is not known.
fn events(count: usize) -> Vec<Digest> {
    (1..=count as u64)
        .map(|sequence| match sequence {
            4 => [0; 32],
            _ => *blake3::hash(&sequence.to_le_bytes()).as_bytes(),
        })
        .collect()
}

/// The head of a tree by the definition.
fn naive_head(events: &[Digest]) -> TreeHead {
    TreeHead {
        size: events.len() as u64,
        root: naive(events),
    }
}

#[test]
fn unknown_leaves_are_pushed_at_once_as_one_by_one() {
    for before in 0..70 {
        for count in 0..70 {
            let mut events = events(before);
            let mut frontier = Frontier::new();
            for event in &events {
                frontier.push_leaf(leaf_hash(event));
            }
            frontier.push_unknown(count);
            events.extend((0..count).map(|_| UNKNOWN_EVENT_HASH));
            assert_eq!(
                frontier.head(),
                naive_head(&events),
                "{count} after {before}"
            );
        }
    }
    let mut frontier = Frontier::new();
    frontier.push_leaf(leaf_hash(&[1; 32]));
    frontier.push_unknown(u64::MAX - 1);
    assert_eq!(frontier.size(), u64::MAX);
    // More than 2^64 is as many as there can be.
    frontier.push_unknown(u64::MAX);
    assert_eq!(frontier.size(), u64::MAX);
}

#[test]
fn every_size_and_mix_has_the_root_of_the_definition() {
    let events = events(2000);
    let expected: Vec<Digest> = (0..=2000).map(|size| naive(&events[..size])).collect();
    let leaves: Vec<Digest> = events.iter().map(leaf_hash).collect();
    let tiles: Vec<Digest> = events
        .as_chunks::<TILE>()
        .0
        .iter()
        .map(|tile| naive(tile))
        .collect();
    // Each bit says of one of the whole tiles whether it is pushed as such or leaf by leaf.
    for mix in 0..1_u32 << tiles.len() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), expected[0]);
        for (index, chunk) in leaves.chunks(TILE).enumerate() {
            if mix >> index & 1 == 1 {
                frontier.push_tile(tiles[index]).unwrap();
                assert_eq!(frontier.root(), expected[(index + 1) * TILE], "mix {mix:b}");
                continue;
            }
            for leaf in chunk {
                frontier.push_leaf(*leaf);
                let size = usize::try_from(frontier.size()).unwrap();
                // The root by leaves alone is compared everywhere, of the other mixes where they differ.
                if mix == 0 || size.is_power_of_two() || size % 64 < 2 {
                    assert_eq!(
                        frontier.root(),
                        expected[size],
                        "{size} leaves, mix {mix:b}"
                    );
                }
            }
        }
        assert_eq!(frontier.head(), naive_head(&events), "mix {mix:b}");
    }
}

#[test]
fn every_number_of_tiles_and_then_leaves_has_the_root_of_the_definition() {
    let events = events(2000);
    let mut builder = TileBuilder::new();
    let mut tiles = Frontier::new();
    for (size, event) in (1..).zip(&events) {
        let whole = builder.push(leaf_hash(event));
        assert_eq!(whole.is_some(), size % TILE == 0);
        if let Some(tile) = whole {
            assert_eq!(tile, naive(&events[size - TILE..size]));
            tiles.push_tile(tile).unwrap();
        }
        let pending: Vec<Digest> = events[size - size % TILE..size]
            .iter()
            .map(leaf_hash)
            .collect();
        assert_eq!(builder.pending(), pending);
        let mut frontier = tiles.clone();
        for leaf in builder.pending() {
            frontier.push_leaf(*leaf);
        }
        assert_eq!(frontier.head(), naive_head(&events[..size]));
    }
}

#[test]
fn a_tile_that_would_stand_in_the_middle_of_another_is_refused() {
    let mut frontier = Frontier::new();
    for size in 1..TILE_LEAVES {
        frontier.push_leaf([1; 32]);
        let before = frontier.head();
        assert_eq!(frontier.push_tile([2; 32]), Err(TileMisplaced { size }));
        assert_eq!(frontier.head(), before);
    }
    frontier.push_leaf([1; 32]);
    frontier.push_tile([2; 32]).unwrap();
    assert_eq!(frontier.size(), 512);
}

#[test]
fn a_leaf_is_no_node_and_order_counts() {
    let (one, two) = ([1; 32], [2; 32]);
    assert_eq!(leaf_hash(&one), naive(&[one]));
    assert_eq!(
        node_hash(&leaf_hash(&one), &leaf_hash(&two)),
        naive(&[one, two])
    );
    assert_ne!(node_hash(&one, &two), node_hash(&two, &one));
    assert_ne!(leaf_hash(&one), one);
    assert_eq!(leaf_hash(&UNKNOWN_EVENT_HASH), naive(&[[0; 32]]));
}

#[test]
fn the_documented_example_is_what_the_code_computes() {
    let text = include_str!("../../../../docs/format.md");
    let section = text.split("### Tree\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    assert!(section.contains(&format!("A tile is the root of {TILE_LEAVES} leaves")));
    let events = events(1042);
    let mut heads = 0;
    let mut tiles = Vec::new();
    let example = section.split("```text\n").nth(1).unwrap();
    for line in example.lines().take_while(|line| *line != "```") {
        if let Some(tile) = line.strip_prefix("tile ") {
            let (number, digest) = tile.split_once(' ').unwrap();
            assert_eq!(number, tiles.len().to_string());
            // The text form of a root is the one in a head.
            let head: TreeHead = format!("{TILE_LEAVES}:{digest}").parse().unwrap();
            tiles.push(head.root);
        } else {
            let written: TreeHead = line.parse().unwrap();
            let events = &events[..usize::try_from(written.size).unwrap()];
            let mut frontier = Frontier::new();
            for event in events {
                frontier.push_leaf(leaf_hash(event));
            }
            assert_eq!(line, naive_head(events).to_string());
            assert_eq!(line, frontier.head().to_string());
            heads += 1;
        }
    }
    assert_eq!((heads, tiles.len()), (7, 4));
    let mut builder = TileBuilder::default();
    let built: Vec<Digest> = events
        .iter()
        .filter_map(|event| builder.push(leaf_hash(event)))
        .collect();
    assert_eq!(built, tiles);
}

#[test]
fn a_head_reads_back_from_its_text() {
    for size in [0, 1, 1042, u64::MAX] {
        let mut root = [0x3f; 32];
        root[31] = 0x0a;
        let head = TreeHead { size, root };
        let text = head.to_string();
        assert_eq!(text, format!("{size}:{}0a", "3f".repeat(31)));
        assert_eq!(text.parse(), Ok(head));
        assert_eq!(text.to_uppercase().parse(), Ok(head));
        assert_eq!(format!("{head:?}"), format!("TreeHead({text})"));
    }
}

#[test]
fn what_is_no_head_is_refused_with_the_reason() {
    let root = "0123456789abcdef".repeat(4);
    let refused = |text: &str| text.parse::<TreeHead>().unwrap_err();
    for text in ["", "12", &root] {
        assert_eq!(refused(text), TreeHeadParseError::Separator, "{text:?}");
    }
    for size in [
        "",
        "+1",
        "-1",
        " 1",
        "1 ",
        "01",
        "00",
        "0x1",
        "one",
        "18446744073709551616",
    ] {
        assert_eq!(
            refused(&format!("{size}:{root}")),
            TreeHeadParseError::Size,
            "{size:?}"
        );
    }
    for (root, found) in [("", 0), (&root[1..], 63), (&format!("{root}0"), 65)] {
        assert_eq!(
            refused(&format!("1:{root}")),
            TreeHeadParseError::Length { found }
        );
    }
    for (position, found) in [(0, 'g'), (5, ':'), (63, '\n'), (64, ' '), (7, 'é')] {
        let text = format!("1:{}{found}{}", &root[..position], &root[position..]);
        assert_eq!(
            refused(&text),
            TreeHeadParseError::Digits { found, position }
        );
    }
    assert_eq!(
        refused("1:zz").to_string(),
        "root of the tree head contains 'z' at byte 0, which is not a hexadecimal digit"
    );
}
