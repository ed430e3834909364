//! The fault sweep: every call of a few programs fails in every way, once and from then on, and the
//! power is cut at every moment of each.

use batpak_sim::Choices;

use crate::explore::{Explorer, Found};
use crate::plan::{FAULT_COUNT, Plan};

/// Programs whose calls fail: between them they create, append, rotate, seal, close, open after a close
/// and after a kill, recover, and hide.
pub(crate) const PROGRAMS: u32 = 7;

/// The choices of a program, without a fault.
fn program(number: u32) -> Vec<u32> {
    match number {
        0 => Plan::of_letters(&[1, 2, 3, 4]),
        1 => Plan::of_letters(&[0, 3, 6, 5]),
        2 => Plan::of_letters(&[3, 3, 4, 6]),
        3 => Plan::of_letters(&[0, 2, 5, 3]),
        4 => Plan::of_script(13),
        5 => Plan::of_script(4),
        _ => Plan::of_letters(&[0, 7, 3, 7]),
    }
}

/// How many ways there are for a call to fail: each fault once, and from then on.
pub(crate) const WAYS: u32 = 2 * FAULT_COUNT;

/// Lets every call of a program fail in one way; how many calls that were.
pub(crate) fn sweep(explorer: &mut Explorer<'_>, number: u32, way: u32) -> Result<u64, Found> {
    let choices = program(number);
    let calls = explorer.calls(Choices::given(choices.clone()))?;
    for call in 0..calls {
        let call = u32::try_from(call).unwrap_or(u32::MAX);
        let fault = [1, call, way % 2, way / 2];
        explorer.pairs(Choices::given([choices.clone(), fault.to_vec()].concat()))?;
    }
    Ok(calls)
}
