//! A receipt of the gates is good for one commit.

use batpak::guard::{GateSet, Proposal};
use batpak::pipeline::{CommitMetadata, Pipeline};
use batpak::{EventId, StoreError};

fn main() {
    let pipeline = Pipeline::new(GateSet::<()>::new());
    let receipt = pipeline.evaluate(&(), Proposal::new("lamp")).unwrap();
    let append = |_: &&str| CommitMetadata::new(EventId::from(7), 1, [0; 32]);
    let _ = pipeline.commit::<_, StoreError>(receipt, append);
    let _ = pipeline.commit::<_, StoreError>(receipt, append);
}
