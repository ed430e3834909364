//! The index against a model that scans, and under damage.

mod answers;
mod building;
mod damage;
mod directories;
mod forge;
mod forged;
mod history;
mod model;
mod size;
mod transcript;
