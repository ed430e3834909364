//! What stands before a commit, what a step came to, what a receipt proves, and which steps compile.

use super::*;

#[test]
fn what_stands_before_a_commit() {
    use batpak::guard::*;
    use batpak::pipeline::*;
    type Ctx = u64;
    type Hash = [u8; 32];
    signatures! {
        GateSet::<Ctx>::new => fn() -> GateSet<Ctx>;
        GateSet::<Ctx>::evaluate::<u8> => fn(&GateSet<Ctx>, &Ctx, Proposal<u8>) -> Result<Receipt<u8>, Denial>;
        GateSet::<Ctx>::evaluate_all => fn(&GateSet<Ctx>, &Ctx) -> Vec<Denial>;
        GateSet::<Ctx>::len => fn(&GateSet<Ctx>) -> usize;
        GateSet::<Ctx>::is_empty => fn(&GateSet<Ctx>) -> bool;
        GateSet::<Ctx>::names => fn(&GateSet<Ctx>) -> Vec<&'static str>;
        |gate, message| Denial::new(gate, message) => fn(&'static str, &str) -> Denial;
        |denial, code| Denial::with_code(denial, code) => fn(Denial, &str) -> Denial;
        |denial, name, value| Denial::with_context(denial, name, value) => fn(Denial, &str, &str) -> Denial;
        |name| GateId::new(name) => fn(&str) -> Result<GateId, GateIdError>;
        Receipt::<u8>::payload => fn(&Receipt<u8>) -> &u8;
        Receipt::<u8>::gates_passed => fn(&Receipt<u8>) -> &[&'static str];
        Receipt::<u8>::into_parts => fn(Receipt<u8>) -> (u8, Vec<&'static str>);
        Proposal::<u8>::new => fn(u8) -> Proposal<u8>;
        Proposal::<u8>::payload => fn(&Proposal<u8>) -> &u8;
        Pipeline::<Ctx>::new => fn(GateSet<Ctx>) -> Pipeline<Ctx>;
        Pipeline::<Ctx>::evaluate::<u8> => fn(&Pipeline<Ctx>, &Ctx, Proposal<u8>) -> Result<Receipt<u8>, Denial>;
        Pipeline::<Ctx>::bypass::<u8> => fn(&Pipeline<Ctx>, Proposal<u8>, &'static dyn BypassReason) -> BypassReceipt<u8>;
        CommitMetadata::genesis => fn(EventId, Hash) -> CommitMetadata;
        CommitMetadata::from_append_receipt => fn(&AppendReceipt) -> Stored<CommitMetadata>;
        CommitMetadata::validate => fn(&CommitMetadata) -> Stored<()>;
        Committed::<u8>::payload => fn(&Committed<u8>) -> &u8;
        Committed::<u8>::bypass_audit => fn(&Committed<u8>) -> Option<&BypassAudit>;
        Store::append_denial::<Ctx> => fn(
            &Store, &Coordinate, EventKind, &GateSet<Ctx>, &Denial, Option<Hash>, Option<&str>, AppendOptions
        ) -> Stored<DenialReceipt>;
    }
    let denial = Denial::new("limit", "above 1000")
        .with_code("LIMIT")
        .with_context("total", "1200");
    assert_eq!(denial.to_string(), "[limit] above 1000");
    let _ = |evaluation: GateEvaluation| match evaluation.verdict {
        Verdict::Permit | Verdict::Skipped => evaluation.evidence_hash.is_some(),
        Verdict::Deny {
            code,
            message,
            context,
        } => (code, message, context).2.is_empty(),
    };
    let _ = |payload: DenialPayload| {
        let DenialPayload {
            evaluations,
            pipeline_id,
            proposed_kind,
            proposed_content_hash,
            ..
        } = payload;
        (
            evaluations.len(),
            pipeline_id,
            proposed_kind,
            proposed_content_hash,
        )
    };
    let _ = |audit: BypassAudit| (audit.reason, audit.justification, audit.approved_by);
}

#[test]
fn what_a_step_came_to() {
    use batpak::outcome::*;
    let outcomes: Vec<Outcome<u8>> = vec![
        Outcome::Ok(1),
        Outcome::Err(OutcomeError::new(ErrorKind::NotFound, "not there")),
        Outcome::Retry {
            after_ms: 1,
            attempt: 1,
            max_attempts: 1,
            reason: "busy".into(),
        },
        Outcome::Pending {
            condition: WaitCondition::Event {
                event_id: EventId::new(7),
            },
            resume_token: 7,
        },
        Outcome::Cancelled {
            reason: "enough".into(),
        },
        Outcome::Batch(vec![Outcome::Ok(1)]),
    ];
    let tests = [
        Outcome::is_ok,
        Outcome::is_err,
        Outcome::is_retry,
        Outcome::is_pending,
        Outcome::is_cancelled,
        Outcome::is_batch,
    ];
    for (outcome, is_it) in outcomes.iter().zip(tests) {
        assert!(is_it(outcome), "{outcome:?}");
    }
    let changed = Outcome::Ok(1_u8)
        .map(u16::from)
        .and_then(|number| Outcome::Ok(number + 1))
        .and_then_if(|number| *number == 2, |number| Outcome::Ok(number * 2))
        .map_err(|error| error)
        .or_else(Outcome::Err)
        .inspect(|_| {})
        .inspect_err(|_| {});
    assert_eq!(Outcome::Ok(changed).flatten().unwrap_or(0), 4);
    assert_eq!(
        Outcome::<u8>::Cancelled {
            reason: String::new()
        }
        .unwrap_or_else(|_| 5),
        5
    );
    assert_eq!(zip(Outcome::Ok(1), Outcome::Ok(2)), Outcome::Ok((1, 2)));
    assert_eq!(
        join_all(vec![Outcome::Ok(1), Outcome::Ok(2)]),
        Outcome::Ok(vec![1, 2])
    );
    assert!(join_any(outcomes).is_ok());
    let _: Result<u8, OutcomeError> = Outcome::Ok(1).into_result();
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Validation,
        ErrorKind::PolicyRejection,
        ErrorKind::Cancelled,
        ErrorKind::StorageError,
        ErrorKind::Timeout,
        ErrorKind::Pending,
        ErrorKind::Serialization,
        ErrorKind::Internal,
        ErrorKind::BatchCollapse,
        ErrorKind::Custom(7),
    ];
    let retryable = kinds.iter().filter(|kind| kind.is_retryable());
    assert_eq!(retryable.count(), 2);
    let _ = |kind: ErrorKind| (kind.is_domain(), kind.is_operational());
    let _ = [
        WaitCondition::Timeout { resume_at_ms: 5 },
        WaitCondition::All(Vec::new()),
        WaitCondition::Any(Vec::new()),
        WaitCondition::Custom {
            tag: 1,
            data: Vec::new(),
        },
    ];
    let _ = [
        CompensationAction::Rollback {
            event_ids: vec![EventId::new(7)],
        },
        CompensationAction::Notify {
            target_id: 7,
            message: "undone".into(),
        },
        CompensationAction::Release {
            resource_ids: vec![7],
        },
        CompensationAction::Custom {
            action_type: "call".into(),
            data: Vec::new(),
        },
    ];
}

#[test]
fn what_a_receipt_proves() {
    use std::collections::BTreeMap;
    type Hash = [u8; 32];
    type Extensions = BTreeMap<ExtensionKey, EncodedBytes>;
    signatures! {
        SigningKey::from_bytes => fn([u8; 32]) -> SigningKey;
        StoreConfig::with_signing_key => fn(StoreConfig, SigningKey) -> StoreConfig;
        Store::verify_append_receipt => fn(&Store, &AppendReceipt) -> bool;
        Store::verify_append_receipt_detailed => fn(&Store, &AppendReceipt) -> ReceiptVerification;
        Store::verify_append_receipt_wire_detailed => fn(
            &Store, EventId, u64, Hash, Hash, Option<[u8; 64]>, &Extensions
        ) -> ReceiptVerification;
        Store::verify_denial_receipt => fn(&Store, &DenialReceipt) -> bool;
        Store::verify_denial_receipt_detailed => fn(&Store, &DenialReceipt) -> ReceiptVerification;
    }
    let _ = |receipt: AppendReceipt| -> (Hash, Option<[u8; 64]>) {
        (receipt.key_id, receipt.signature)
    };
    let _ = |verdict: ReceiptVerification| match verdict {
        ReceiptVerification::Signed | ReceiptVerification::UnsignedAccepted => true,
        ReceiptVerification::Invalid(error) => matches!(
            error,
            ReceiptVerificationError::MissingCommittedEvent
                | ReceiptVerificationError::EventIdMismatch
                | ReceiptVerificationError::SequenceMismatch
                | ReceiptVerificationError::ContentHashMismatch
                | ReceiptVerificationError::ExtensionsMismatch
                | ReceiptVerificationError::DenialKindMismatch
                | ReceiptVerificationError::UnsignedReceiptRejected
                | ReceiptVerificationError::MissingSignature
                | ReceiptVerificationError::ZeroKeyWithSignature
                | ReceiptVerificationError::UnknownSigningKey
                | ReceiptVerificationError::InvalidSignature
                | ReceiptVerificationError::CoverBuildFailed { .. }
        ),
    };
}

batpak::define_state_machine! {
    DoorState { Ajar, Shut }
    Ajar => Shut,
    Shut => Ajar,
}

batpak::define_typestate! {
    #[derive(Debug, PartialEq)]
    Door<S: DoorState> {
        number: u32,
    }
}

#[test]
fn which_steps_compile() {
    use batpak::typestate::*;
    type Closing = Transition<Ajar, Shut, Counted>;
    signatures! {
        Closing::from_payload => fn(Counted) -> Closing;
        Closing::kind => fn(&Closing) -> EventKind;
        Closing::payload => fn(&Closing) -> &Counted;
        Closing::into_payload => fn(Closing) -> Counted;
        Store::apply_transition::<Ajar, Shut, Counted> => fn(&Store, &Coordinate, Closing) -> Stored<AppendReceipt>;
    }
    let shut: Door<Shut> = Door::<Ajar>::new(7).into_state();
    assert_eq!(shut.state_name(), "Shut");
}
