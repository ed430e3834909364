//! Attacks on the engine: compound faults, races and hostile bytes.
#![cfg(test)]

mod faults;
mod hostile;
mod reading;
mod support;
mod waiting;
