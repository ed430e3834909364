//! Attacks on the engine: compound faults, races and hostile bytes.
#![cfg(test)]

mod clocks;
mod faults;
mod hostile;
mod moving;
mod panics;
mod pressure;
mod reading;
mod refusals;
mod support;
mod waiting;
