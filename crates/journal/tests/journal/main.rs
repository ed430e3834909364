//! The engine's behavior, on the simulated disk and on a real one.
#![cfg(test)]

mod basics;
mod closing;
mod conditions;
mod crash;
mod damage;
mod ended;
mod faults;
mod follow;
mod heads;
mod hidden;
mod index;
mod model;
mod salvage;
mod support;
mod swarm;
mod threads;
