//! Where an event is: entity, scope, region and position.

#[doc(inline)]
pub use batpak_coordinate::{
    Coordinate, CoordinateError, DagPosition, Generation, KindFilter, MAX_COORDINATE_COMPONENT_LEN,
    Region, Sequence, StreamSequence,
};
