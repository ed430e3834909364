//! The questions, against a model that tries everything and against git.

#![cfg(test)]

mod git;
mod model;
mod questions;
mod walks;
