//! Asking gates, committing what they permit, and going around them.

use std::fmt;

use super::bypass::{BypassReason, BypassReceipt};
use super::commit_metadata::CommitMetadata;
use super::committed::Committed;
use crate::error::{Detail, DetailCause, StoreError};
use crate::guard::{Denial, GateSet, Proposal, Receipt};

/// Gates, and the commit that they stand before.
///
/// It holds no store: the append is a function of the caller's, so that a commit may be of one
/// event or several, typed or not, with any options.
///
/// ```
/// use batpak::guard::{GateSet, Proposal};
/// use batpak::pipeline::Pipeline;
///
/// let pipeline = Pipeline::new(GateSet::<()>::new());
/// assert!(pipeline.evaluate(&(), Proposal::new("lamp")).is_ok());
/// ```
pub struct Pipeline<Ctx: ?Sized> {
    gates: GateSet<Ctx>,
}

impl<Ctx: ?Sized> Pipeline<Ctx> {
    /// A pipeline behind these gates.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    /// use batpak::pipeline::Pipeline;
    ///
    /// assert!(Pipeline::new(GateSet::<()>::new()).gates().is_empty());
    /// ```
    #[must_use]
    pub fn new(gates: GateSet<Ctx>) -> Pipeline<Ctx> {
        Pipeline { gates }
    }

    /// The gates, for recording a denial of theirs.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    /// use batpak::pipeline::Pipeline;
    ///
    /// assert_eq!(Pipeline::new(GateSet::<()>::new()).gates().len(), 0);
    /// ```
    #[must_use]
    pub fn gates(&self) -> &GateSet<Ctx> {
        &self.gates
    }

    /// Asks the gates in order, up to the first that denies: [`GateSet::evaluate`].
    ///
    /// # Errors
    /// The denial.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    /// use batpak::pipeline::Pipeline;
    ///
    /// let pipeline = Pipeline::new(GateSet::<()>::new());
    /// assert!(pipeline.evaluate(&(), Proposal::new("lamp")).is_ok());
    /// ```
    pub fn evaluate<T>(&self, ctx: &Ctx, proposal: Proposal<T>) -> Result<Receipt<T>, Denial> {
        self.gates.evaluate(ctx, proposal)
    }

    /// Commits what the gates permitted, by a function that appends it and says what came of it.
    ///
    /// # Errors
    /// That of the function. Before it is called, [`StoreError::InvalidCommitMetadata`] when the
    /// receipt is of other gates than those of this pipeline; after it, when what it says
    /// contradicts itself, in which case something was committed.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    /// use batpak::pipeline::{CommitMetadata, Pipeline};
    /// use batpak::{EventId, StoreError};
    ///
    /// let pipeline = Pipeline::new(GateSet::<()>::new());
    /// let receipt = pipeline.evaluate(&(), Proposal::new("lamp")).unwrap();
    /// let committed = pipeline.commit::<_, StoreError>(receipt, |_| {
    ///     CommitMetadata::new(EventId::new(7), 1, [0; 32])
    /// })?;
    /// assert_eq!(*committed.payload(), "lamp");
    /// # Ok::<(), StoreError>(())
    /// ```
    ///
    /// A receipt is good for one commit:
    ///
    /// ```compile_fail,E0382
    /// # use batpak::guard::{GateSet, Proposal};
    /// # use batpak::pipeline::{CommitMetadata, Pipeline};
    /// # use batpak::{EventId, StoreError};
    /// # let pipeline = Pipeline::new(GateSet::<()>::new());
    /// # let receipt = pipeline.evaluate(&(), Proposal::new("lamp")).unwrap();
    /// # let append = |_: &&str| CommitMetadata::new(EventId::new(7), 1, [0; 32]);
    /// pipeline.commit::<_, StoreError>(receipt, append)?;
    /// pipeline.commit::<_, StoreError>(receipt, append)?;
    /// # Ok::<(), StoreError>(())
    /// ```
    pub fn commit<T, E: From<StoreError>>(
        &self,
        receipt: Receipt<T>,
        append: impl FnOnce(&T) -> Result<CommitMetadata, E>,
    ) -> Result<Committed<T>, E> {
        self.check_origin(receipt.is_of(self.gates.identity()))?;
        let metadata = append(receipt.payload())?;
        metadata.validate()?;
        let (payload, _) = receipt.into_parts();
        Ok(Committed::new(payload, metadata, None))
    }

    /// Goes around the gates, for a reason that is part of the program.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    /// use batpak::pipeline::{BypassReason, Pipeline};
    ///
    /// struct Migration;
    ///
    /// impl BypassReason for Migration {
    ///     fn name(&self) -> &'static str {
    ///         "migration"
    ///     }
    ///
    ///     fn justification(&self) -> &'static str {
    ///         "the old system had permitted it"
    ///     }
    /// }
    ///
    /// let pipeline = Pipeline::new(GateSet::<()>::new());
    /// let receipt = pipeline.bypass(Proposal::new("lamp"), &Migration);
    /// assert_eq!(receipt.audit().reason, "migration");
    /// ```
    pub fn bypass<T>(
        &self,
        proposal: Proposal<T>,
        reason: &'static dyn BypassReason,
    ) -> BypassReceipt<T> {
        BypassReceipt::new(proposal.into_payload(), reason, &self.gates)
    }

    /// Commits what went around the gates, by a function that appends it. The audit is in what is
    /// returned; to have it in the log, use
    /// [`Store::append_bypassed`](crate::Store::append_bypassed) instead.
    ///
    /// # Errors
    /// As for [`Pipeline::commit`].
    ///
    /// ```
    /// # use batpak::guard::{GateSet, Proposal};
    /// # use batpak::pipeline::{BypassReason, CommitMetadata, Pipeline};
    /// # use batpak::{EventId, StoreError};
    /// # struct Migration;
    /// # impl BypassReason for Migration {
    /// #     fn name(&self) -> &'static str { "migration" }
    /// #     fn justification(&self) -> &'static str { "the old system had permitted it" }
    /// # }
    /// let pipeline = Pipeline::new(GateSet::<()>::new());
    /// let receipt = pipeline.bypass(Proposal::new("lamp"), &Migration);
    /// let committed = pipeline.commit_bypass::<_, StoreError>(receipt, |_| {
    ///     CommitMetadata::new(EventId::new(7), 1, [0; 32])
    /// })?;
    /// assert!(committed.bypass_audit().is_some());
    /// # Ok::<(), StoreError>(())
    /// ```
    pub fn commit_bypass<T, E: From<StoreError>>(
        &self,
        receipt: BypassReceipt<T>,
        append: impl FnOnce(&T) -> Result<CommitMetadata, E>,
    ) -> Result<Committed<T>, E> {
        self.check_origin(receipt.is_of(self.gates.identity()))?;
        let metadata = append(receipt.payload())?;
        metadata.validate()?;
        let (payload, audit) = receipt.into_parts();
        Ok(Committed::new(payload, metadata, Some(audit)))
    }

    fn check_origin(&self, is_own: bool) -> Result<(), StoreError> {
        if is_own {
            return Ok(());
        }
        let text = "the receipt is of other gates than those of the pipeline";
        let reason = Detail::new(DetailCause::Differs, text);
        Err(StoreError::InvalidCommitMetadata { reason })
    }
}

impl<Ctx: ?Sized> fmt::Debug for Pipeline<Ctx> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Pipeline")
            .field(&self.gates)
            .finish()
    }
}
