//! The command as a whole: what it prints, how it ends, and what a store holds after it.
#![cfg(test)]

mod damage;
mod errors;
mod events;
mod follow;
mod full;
mod git;
mod git_shapes;
mod graph;
mod heads;
mod hostile;
mod import;
mod import_again;
mod kills;
mod lines;
mod lists;
mod reader;
mod registry;
mod repository;
mod round_trip;
mod snapshots;
mod support;
mod tour;
mod transcript;
