//! Reading the history of a git repository with the git that is installed.

mod commit;
mod component;
mod history;
mod process;

pub(crate) use commit::Commit;
pub(crate) use component::component;
pub(crate) use history::History;
pub(crate) use process::{Repository, Unusable};
