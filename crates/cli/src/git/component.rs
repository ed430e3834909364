//! Names from outside as coordinate components.

use batpak::event::HashChain;

/// Longest component in bytes.
const MOST_BYTES: usize = batpak::coordinate::MAX_COORDINATE_COMPONENT_LEN;
/// Hex digits of the hash that tells cut names apart.
const HASH_DIGITS: usize = 16;

/// `prefix:name`, with every byte that a coordinate forbids percent-encoded; `prefix:unknown` for
/// an empty name. A component that is too long is cut and ends in digits of its hash.
pub(crate) fn component(prefix: &str, name: &str) -> String {
    let name = if name.is_empty() { "unknown" } else { name };
    let whole = format!("{prefix}:{}", encode(name));
    if whole.len() <= MOST_BYTES {
        return whole;
    }
    let hash = HashChain::compute_hash(whole.as_bytes());
    let mut digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(HASH_DIGITS);
    let cut = whole.floor_char_boundary(MOST_BYTES - HASH_DIGITS);
    format!("{}{digits}", &whole[..cut])
}

fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut before = None;
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        let beside_dot = before == Some('.') || characters.peek() == Some(&'.');
        let forbidden = match c {
            '/' | '|' | '=' | '\u{7f}' => true,
            '.' => beside_dot,
            c => c < ' ',
        };
        if forbidden {
            encoded.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            encoded.push(c);
        }
        before = Some(c);
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, component};

    #[test]
    fn forbidden_bytes_are_encoded_and_others_kept() {
        for (name, expected) in [
            ("ann@example.org", "author:ann@example.org"),
            ("", "author:unknown"),
            ("a=b|c/d", "author:a%3Db%7Cc%2Fd"),
            ("a..b.c...", "author:a%2E%2Eb.c%2E%2E%2E"),
            ("..", "author:%2E%2E"),
            ("tab\t\u{0}\u{7f}", "author:tab%09%00%7F"),
            ("100%é", "author:100%é"),
        ] {
            let component = component("author", name);
            assert_eq!(component, expected, "{name:?}");
            assert!(
                batpak::Coordinate::new(&component, "s").is_ok(),
                "{component}"
            );
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let (one, two) = ("é".repeat(600), format!("{}x", "é".repeat(600)));
        let (one, two) = (component("author", &one), component("author", &two));
        assert_ne!(one, two);
        for name in [one, two] {
            assert!(
                (MOST_BYTES - 3..=MOST_BYTES).contains(&name.len()),
                "{}",
                name.len()
            );
            assert!(batpak::Coordinate::new(&name, "s").is_ok());
        }
        assert_eq!(component("a", &"x".repeat(1022)).len(), MOST_BYTES);
    }
}
