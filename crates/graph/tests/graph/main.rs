//! The questions, against a model that tries everything and against git.

#![cfg(test)]

mod drawings;
mod git;
mod model;
mod questions;
mod svg;
mod walks;
