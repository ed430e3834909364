//! Draws a made-up shop: `cargo run -p batpak-graph --example draw -- 100 > shop.svg`.
//!
//! The arguments are the number of events, and `causes` to leave out the edges of streams.

use std::env;
use std::error::Error;

use batpak_graph::draw::{Drawing, DrawnNode, EdgeKind};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let count = arguments.next().map_or(Ok(40), |count| count.parse())?;
    let with_streams = arguments.next().is_none_or(|edges| edges != "causes");
    print!("{}", shop(count, with_streams)?.svg()?);
    Ok(())
}

/// Orders that are paid, packed and shipped, each event caused by earlier ones.
fn shop(count: usize, with_streams: bool) -> Result<Drawing, Box<dyn Error>> {
    const STEPS: [(&str, &str); 6] = [
        ("OrderPlaced", "order"),
        ("StockReserved", "warehouse"),
        ("PaymentRequested", "payment"),
        ("PaymentReceived", "payment"),
        ("OrderPacked", "warehouse"),
        ("OrderShipped", "order"),
    ];
    const CAUSES: [&[usize]; 6] = [&[], &[0], &[0], &[2], &[1, 3], &[4]];
    let mut drawing = Drawing::new();
    let mut orders: Vec<Vec<usize>> = Vec::new();
    let mut streams: Vec<(String, usize)> = Vec::new();
    let mut seed = 7_u64;
    for number in 1..=count {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let draw = usize::try_from(seed >> 40)?;
        let open: Vec<usize> = (0..orders.len())
            .filter(|order| orders[*order].len() < 6)
            .collect();
        let order = match open.len() {
            0 => orders.len(),
            open_count if open_count < 5 && draw.is_multiple_of(3) => orders.len(),
            open_count => open[draw % open_count],
        };
        if order == orders.len() {
            orders.push(Vec::new());
        }
        let step = orders[order].len();
        let (kind, role) = STEPS[step];
        let group = match role {
            "warehouse" => format!("warehouse:{}", order % 2 + 1),
            role => format!("{role}:{}", order + 1),
        };
        let node = drawing.node(DrawnNode {
            lines: vec![format!("#{number} {kind}"), group.clone()],
            tooltip: format!(
                "event {number} of {group}, step {} of order {}",
                step + 1,
                order + 1
            ),
            group: group.clone(),
        });
        for cause in CAUSES[step] {
            drawing.edge(orders[order][*cause], node, EdgeKind::Cause)?;
        }
        if let Some((_, last)) = streams.iter_mut().find(|(name, _)| *name == group) {
            if with_streams {
                drawing.edge(*last, node, EdgeKind::Stream)?;
            }
            *last = node;
        } else {
            streams.push((group, node));
        }
        orders[order].push(node);
    }
    Ok(drawing)
}
