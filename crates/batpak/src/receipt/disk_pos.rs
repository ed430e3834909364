//! Where a frame is on disk.

/// Where a frame was when its event was appended: a hint that maintenance may outdate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DiskPos {
    /// Segment, from 1; 0 when not known.
    pub segment_id: u64,
    /// Where the frame starts in the segment file, in bytes.
    pub offset: u64,
    /// Length of the frame in bytes.
    pub length: u32,
}
