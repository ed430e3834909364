//! Which chunks there are, and how many elements each has.

/// What the elements of a chunk are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Unsigned numbers of 1, 2, 4 or 8 bytes, each of them less by the base of the chunk.
    Number,
    /// Single bytes.
    Byte,
    /// Ids of 16 bytes.
    Id,
    /// Digests of 32 bytes.
    Digest,
}

/// How many elements a chunk has. A chunk without elements is not in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// One per event.
    Events,
    /// One bit per event, in bytes, or none.
    EventBits,
    /// One per 64 events begun, and one more, unless there are no events.
    EventSamples,
    /// One per stream.
    Streams,
    /// One per stream, or none.
    StreamsOrNone,
    /// One more than there are streams, unless there are none.
    StreamStarts,
    /// As many as another chunk has.
    Same(Tag),
    /// One more than another chunk has, unless that has none.
    Starts(Tag),
    /// Two.
    Pair,
    /// Any number.
    Any,
}

macro_rules! tags {
    ($($(#[$doc:meta])* $tag:ident $name:literal $form:ident $length:expr;)+) => {
        /// The chunks of an index, numbered from 1 in this order. A number is never given a new meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Tag {
            $($(#[$doc])* $tag),+
        }

        impl Tag {
            /// Every tag, by number.
            pub(crate) const ALL: &[Tag] = &[$(Tag::$tag),+];

            /// What the text of the format and errors call it.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Tag::$tag => $name),+
                }
            }

            pub(crate) const fn form(self) -> Form {
                match self {
                    $(Tag::$tag => Form::$form),+
                }
            }

            pub(crate) const fn length(self) -> Length {
                use Length::*;
                match self {
                    $(Tag::$tag => $length),+
                }
            }
        }
    };
}

tags! {
    /// Frame offsets, divided by 8.
    Offsets "offsets" Number Events;
    /// Stream sequences, less the first of their stream in this segment.
    StreamSequences "stream sequences" Number Events;
    /// Distances to the predecessor; 0 when it is not in this segment.
    Predecessors "predecessors" Number Events;
    /// Events with a predecessor before this segment.
    FarEvents "far events" Number Any;
    /// Their predecessors.
    FarPredecessors "far predecessors" Number Same(Tag::FarEvents);
    /// Generations.
    Generations "generations" Number Events;
    /// Ordinals of kinds.
    Kinds "kinds" Number Events;
    /// Ordinals of entities.
    Entities "entities" Number Events;
    /// Ordinals of scopes.
    Scopes "scopes" Number Events;
    /// Which events have KEYED.
    Keyed "keyed" Byte EventBits;
    /// The first event of each epoch.
    EpochEvents "epoch events" Number Any;
    /// The epochs.
    Epochs "epochs" Number Same(Tag::EpochEvents);
    /// Wall clock of every 64th event, and of the newest.
    Times "times" Number EventSamples;
    /// The first sequence of each hole.
    HoleFirsts "hole firsts" Number Any;
    /// The last sequence of each hole.
    HoleLasts "hole lasts" Number Same(Tag::HoleFirsts);
    /// How many events are before each hole.
    HoleEvents "hole events" Number Same(Tag::HoleFirsts);
    /// Where the name of each entity starts, and where the last ends.
    EntityNameStarts "entity name starts" Number StreamStarts;
    /// The names of the entities.
    EntityNames "entity names" Byte Any;
    /// Where the list of each entity starts, and where the last ends.
    EntityStarts "entity starts" Number StreamStarts;
    /// The events of each entity.
    EntityEvents "entity events" Number Events;
    /// The stream sequence of each entity's first event.
    EntityFirsts "entity firsts" Number Streams;
    /// The event hash of each entity's newest event.
    EntityHashes "entity hashes" Digest StreamsOrNone;
    /// Where the name of each scope starts, and where the last ends.
    ScopeNameStarts "scope name starts" Number Any;
    /// The names of the scopes.
    ScopeNames "scope names" Byte Any;
    /// Where the list of each scope starts, and where the last ends.
    ScopeStarts "scope starts" Number Same(Tag::ScopeNameStarts);
    /// The events of each scope.
    ScopeEvents "scope events" Number Events;
    /// The kinds, ascending.
    KindNumbers "kind numbers" Number Any;
    /// Where the list of each kind starts, and where the last ends.
    KindStarts "kind starts" Number Starts(Tag::KindNumbers);
    /// The events of each kind.
    KindEvents "kind events" Number Events;
    /// Ids that are keys or carry another sequence, ascending.
    Ids "ids" Id Any;
    /// Their events.
    IdEvents "id events" Number Same(Tag::Ids);
    /// Correlations that are not the event's own id, ascending.
    Correlations "correlations" Id Any;
    /// Their events.
    CorrelationEvents "correlation events" Number Same(Tag::Correlations);
    /// Events that have causes.
    CausedEvents "caused events" Number Any;
    /// Where the list of each of them starts, and where the last ends.
    CauseStarts "cause starts" Number Starts(Tag::CausedEvents);
    /// Distances to the causes; 0 for a foreign one.
    Causes "causes" Number Any;
    /// Which of them are foreign.
    ForeignPlaces "foreign places" Number Any;
    /// The ids of those.
    ForeignIds "foreign ids" Id Same(Tag::ForeignPlaces);
    /// Sequences that are causes, ascending.
    EffectCauses "effect causes" Number Any;
    /// What each of them caused.
    Effects "effects" Number Same(Tag::EffectCauses);
    /// Hashes of tiles of the tree over all events.
    Tiles "tiles" Digest Any;
    /// The first and the last segment that a directory covers.
    DirectorySegments "directory segments" Number Pair;
    /// Hashes of streams, ascending.
    StreamHashes "stream hashes" Number Any;
    /// Their newest events.
    StreamNewest "stream newest" Number Same(Tag::StreamHashes);
    /// Hashes of keys, ascending.
    KeyHashes "key hashes" Number Any;
    /// Their events.
    KeySequences "key sequences" Number Same(Tag::KeyHashes);
    /// Control types of the frames that hide events or show them again.
    ChangeTypes "change types" Number Any;
    /// The first sequence of each.
    ChangeFirsts "change firsts" Number Same(Tag::ChangeTypes);
    /// The last sequence of each.
    ChangeLasts "change lasts" Number Same(Tag::ChangeTypes);
}

impl Tag {
    /// Number of tags that this code knows.
    pub(super) const COUNT: usize = Tag::ALL.len();

    /// The number on disk.
    pub(crate) const fn number(self) -> u32 {
        self as u32 + 1
    }

    /// The place in a table by tag.
    pub(super) const fn place(self) -> usize {
        self as usize
    }

    /// The tag with this number; `None` for one that a newer version knows.
    pub(super) fn from_number(number: u32) -> Option<Tag> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        Tag::ALL.get(place).copied()
    }

    /// Whether there may be more of it than part 0.
    pub(super) const fn has_parts(self) -> bool {
        let place = self.place();
        place >= Tag::DirectorySegments.place() && place <= Tag::KeySequences.place()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_their_tags() {
        for (number, tag) in (1..).zip(Tag::ALL) {
            assert_eq!(
                (tag.number(), Tag::from_number(number)),
                (number, Some(*tag))
            );
        }
        for unknown in [0, Tag::Keyed as u32 + 100, u32::MAX] {
            assert_eq!(Tag::from_number(unknown), None);
        }
    }
}
