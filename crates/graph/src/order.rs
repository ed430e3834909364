//! An order for what has none yet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::error::Error;
use std::fmt;

/// Brings named nodes into an order in which every cause comes before its effects.
///
/// Of all such orders it is the one that takes the smallest name that can come next, at each place:
/// the same nodes give the same order, however they are arranged. It serves to number what comes
/// from elsewhere, before it is pushed into a [`MemoryGraph`](crate::MemoryGraph) or an event
/// store. A graph that has sequences needs no sorting: their ascending order is topological.
///
/// Costs the nodes and the causes, times the logarithm of the nodes. Keeps names and causes, and
/// some 50 bytes for each.
///
/// # Errors
///
/// [`OrderError`]: a name that is given twice, a cause that is not among the names, or a cycle.
///
/// ```
/// use batpak_graph::{OrderError, topological_order};
///
/// let steps = [("ship", vec!["pay", "pack"]), ("pack", vec![]), ("pay", vec![])];
/// assert_eq!(topological_order(steps)?, ["pack", "pay", "ship"]);
///
/// let circle = [("a", vec!["b"]), ("b", vec!["a"]), ("c", vec!["b"])];
/// assert_eq!(topological_order(circle), Err(OrderError::Cycle(vec!["a", "b"])));
/// # Ok::<(), OrderError<&str>>(())
/// ```
pub fn topological_order<K: Ord + Clone>(
    nodes: impl IntoIterator<Item = (K, Vec<K>)>,
) -> Result<Vec<K>, OrderError<K>> {
    let mut causes_of = BTreeMap::new();
    for (name, causes) in nodes {
        if causes_of.insert(name.clone(), causes).is_some() {
            return Err(OrderError::Twice(name));
        }
    }
    let names: Vec<K> = causes_of.keys().cloned().collect();
    let mut effects: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    let mut missing: Vec<usize> = Vec::with_capacity(names.len());
    for (at, (name, causes)) in causes_of.iter().enumerate() {
        for cause in causes {
            let unknown = |_| OrderError::Missing {
                node: name.clone(),
                cause: cause.clone(),
            };
            effects[names.binary_search(cause).map_err(unknown)?].push(at);
        }
        missing.push(causes.len());
    }
    let free = (0..names.len()).filter(|at| missing[*at] == 0);
    let mut free: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(names.len());
    while let Some(Reverse(at)) = free.pop() {
        order.push(names[at].clone());
        for effect in &effects[at] {
            missing[*effect] -= 1;
            if missing[*effect] == 0 {
                free.push(Reverse(*effect));
            }
        }
    }
    if order.len() < names.len() {
        return Err(OrderError::Cycle(cycle(&names, &causes_of, &missing)));
    }
    Ok(order)
}

/// A cycle, from its smallest name on, each followed by one of its effects.
fn cycle<K: Ord + Clone>(
    names: &[K],
    causes_of: &BTreeMap<K, Vec<K>>,
    missing: &[usize],
) -> Vec<K> {
    // Whatever waits for a cause waits for one that waits as well, so the way back ends in a
    // circle.
    let waits = |at: usize| missing[at] > 0;
    let step_back = |at: usize| {
        let causes = causes_of[&names[at]].iter();
        let places = causes.filter_map(|cause| names.binary_search(cause).ok());
        places.filter(|place| waits(*place)).min()
    };
    let mut passed = vec![None; names.len()];
    let mut way: Vec<usize> = Vec::new();
    let mut next = (0..names.len()).find(|at| waits(*at));
    while let Some(at) = next {
        if let Some(start) = passed[at] {
            way.drain(..start);
            break;
        }
        passed[at] = Some(way.len());
        way.push(at);
        next = step_back(at);
    }
    way.reverse();
    let smallest = (0..way.len()).min_by_key(|place| way[*place]);
    way.rotate_left(smallest.unwrap_or(0));
    way.into_iter().map(|at| names[at].clone()).collect()
}

/// Why names have no topological order.
///
/// ```
/// use batpak_graph::{OrderError, topological_order};
///
/// let refused = topological_order([("a", vec!["z"])]).unwrap_err();
/// assert_eq!(refused, OrderError::Missing { node: "a", cause: "z" });
/// assert_eq!(refused.to_string(), "a names z, which is not among the nodes");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderError<K> {
    /// A name is given twice.
    Twice(K),
    /// A cause is not among the names.
    Missing {
        /// The effect.
        node: K,
        /// What it names.
        cause: K,
    },
    /// Each of these is a cause of the next, and the last of the first.
    Cycle(Vec<K>),
}

impl<K: fmt::Display> fmt::Display for OrderError<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OrderError::Twice(name) => write!(formatter, "{name} is given twice"),
            OrderError::Missing { node, cause } => {
                write!(
                    formatter,
                    "{node} names {cause}, which is not among the nodes"
                )
            }
            OrderError::Cycle(names) => {
                write!(formatter, "{} nodes cause each other:", names.len())?;
                let mut shown = names.iter().take(10);
                shown.try_for_each(|name| write!(formatter, " {name}"))?;
                match names.len() > 10 {
                    true => write!(formatter, " and more"),
                    false => Ok(()),
                }
            }
        }
    }
}

impl<K: fmt::Debug + fmt::Display> Error for OrderError<K> {}
