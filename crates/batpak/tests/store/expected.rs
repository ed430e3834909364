//! Expected sequences.

use batpak::StreamSequence;

use super::*;

#[test]
fn an_expected_sequence_is_compared_with_the_newest_event_of_the_stream() {
    let (_dir, store) = new_store();
    let append = |options: AppendOptions| store.append_with_options(&place("a"), KIND, &1, options);
    let mismatch = |options, expected: u32, actual: u32| {
        let error = append(options).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("CAS failed"), "{text}");
        let StoreError::SequenceMismatch {
            entity,
            expected: e,
            actual: a,
        } = error
        else {
            panic!("{text}")
        };
        assert_eq!((entity.as_str(), e, a), ("a", expected, actual));
    };
    let new = AppendOptions::new;
    let exact = |sequence| new().with_expected(ExpectedSequence::Exact(StreamSequence(sequence)));

    mismatch(new().with_cas(1), 1, 0);
    mismatch(exact(u64::MAX), u32::MAX, 0);
    append(new().with_cas(0)).unwrap();
    mismatch(new().with_cas(0), 0, 1);
    mismatch(new().with_expected(ExpectedSequence::NoStream), 0, 1);
    mismatch(new().with_cas(2), 2, 1);
    append(new().with_cas(1)).unwrap();
    append(exact(2)).unwrap();
    append(new().with_expected(ExpectedSequence::Any)).unwrap();
    assert_eq!(store.by_entity("a").len(), 4);
    let other = store.append_with_options(&place("ab"), KIND, &1, new().with_cas(0));
    assert_eq!(other.unwrap().stream_sequence(), 1);
}

#[test]
fn of_many_appends_that_expect_the_same_exactly_one_succeeds() {
    let (_dir, store) = new_store();
    for round in 0..20 {
        let won: Vec<bool> = std::thread::scope(|scope| {
            let append = || {
                let options = AppendOptions::new().with_cas(round);
                store
                    .append_with_options(&place("a"), KIND, &round, options)
                    .is_ok()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(append)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    }
    assert_eq!(store.stats().event_count, 20);
}
