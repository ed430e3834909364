//! One commit, read from git's raw form.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;

/// What is recorded of a commit; the order of the fields is the order of the payload.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Commit {
    /// Its full hash in hex.
    pub(crate) sha: String,
    /// The hashes of its parents.
    pub(crate) parents: Vec<String>,
    /// Name and email of the author.
    pub(crate) author: String,
    /// When it was written, in RFC 3339 with the author's offset.
    pub(crate) author_time: String,
    /// Name and email of the committer.
    pub(crate) committer: String,
    /// When it was committed, in RFC 3339 with the committer's offset.
    pub(crate) commit_time: String,
    /// The first paragraph of its message, in one line.
    pub(crate) subject: String,
    /// The author's email, for naming the stream.
    #[serde(skip)]
    pub(crate) author_email: String,
    /// Whether some of its bytes were not UTF-8 and are replaced.
    #[serde(skip)]
    pub(crate) replaced: bool,
}

impl Commit {
    /// Reads what `git rev-list --header` prints for a commit, without the final NUL.
    pub(crate) fn parse(record: &[u8]) -> Option<Commit> {
        let text = String::from_utf8_lossy(record);
        let replaced = matches!(text, std::borrow::Cow::Owned(_));
        let (sha, rest) = text.split_once('\n')?;
        let is_hash = sha.len() >= 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (headers, message) = rest.split_once("\n\n").unwrap_or((rest, ""));
        if !is_hash || !headers.starts_with("tree ") {
            return None;
        }
        let header = |name: &str| headers.lines().find_map(|line| value_of(line, name));
        let author = Person::parse(header("author").unwrap_or_default());
        let committer = Person::parse(header("committer").unwrap_or_default());
        let mut parents: Vec<String> = Vec::new();
        for parent in headers.lines().filter_map(|line| value_of(line, "parent")) {
            if !parents.iter().any(|known| known == parent) {
                parents.push(parent.to_owned());
            }
        }
        Some(Commit {
            sha: sha.to_owned(),
            parents,
            author: author.name_and_email,
            author_time: author.time,
            committer: committer.name_and_email,
            commit_time: committer.time,
            subject: subject(message),
            author_email: author.email,
            replaced,
        })
    }
}

/// The value of a header line with this name; lines that continue a header start with a space.
fn value_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?.strip_prefix(' ')
}

/// Who did something, and when.
struct Person {
    name_and_email: String,
    email: String,
    time: String,
}

impl Person {
    /// Reads `Name <email> seconds +hhmm`; whatever is missing stays empty.
    fn parse(text: &str) -> Person {
        let (who, when) = match text.rfind('>') {
            Some(end) => (&text[..=end], &text[end + 1..]),
            None => (text, ""),
        };
        let email = who
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map_or("", |(email, _)| email);
        Person {
            name_and_email: who.trim().to_owned(),
            email: email.trim().to_owned(),
            time: rfc3339(when.trim()),
        }
    }
}

/// `seconds +hhmm` as RFC 3339; what names no point in the calendar is kept as it is.
fn rfc3339(raw: &str) -> String {
    rfc3339_checked(raw).unwrap_or_else(|| raw.to_owned())
}

fn rfc3339_checked(raw: &str) -> Option<String> {
    let (seconds, zone) = raw.split_once(' ')?;
    let timestamp = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    let (sign, digits) = zone.split_at_checked(1)?;
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    let valid = digits.len() == 4 && hours < 24 && minutes < 60 && matches!(sign, "+" | "-");
    if !valid {
        return None;
    }
    let distance = hours * 3600 + minutes * 60;
    let offset = Offset::from_seconds(if sign == "-" { -distance } else { distance }).ok()?;
    let civil = offset.to_datetime(timestamp);
    if !(0..=9999).contains(&civil.year()) {
        return None;
    }
    Some(format!("{civil}{sign}{hours:02}:{minutes:02}"))
}

/// The first paragraph of an indented message, its lines joined by spaces.
fn subject(message: &str) -> String {
    message
        .split('\n')
        .map(|line| line.strip_prefix("    ").unwrap_or(line).trim_end())
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Commit, rfc3339};

    const SHA: &str = "30c0032df58a47b2e7917107029839f2f6b4ef49";

    fn parse(rest: &str) -> Commit {
        Commit::parse(format!("{SHA}\n{rest}").as_bytes()).expect("a commit")
    }

    #[test]
    fn a_commit_is_read_with_everything_around_it() {
        let commit = parse(
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent aa\nparent bb\nparent aa\n\
             author Ann <ann@example.org> 1700000000 +0530\n\
             committer Bob <bob@example.org> 1700000001 -0800\n\
             gpgsig -----BEGIN\n author Fake <fake@example.org> 1 +0000\n parent cc\n\n\
             \x20   \n    Subject line  \n    goes on\n    \n    parent dd\n",
        );
        assert_eq!(commit.sha, SHA);
        assert_eq!(commit.parents, ["aa", "bb"]);
        assert_eq!(commit.author, "Ann <ann@example.org>");
        assert_eq!(commit.author_email, "ann@example.org");
        assert_eq!(commit.author_time, "2023-11-15T03:43:20+05:30");
        assert_eq!(commit.committer, "Bob <bob@example.org>");
        assert_eq!(commit.commit_time, "2023-11-14T14:13:21-08:00");
        assert_eq!(commit.subject, "Subject line goes on");
        assert!(!commit.replaced);
    }

    #[test]
    fn odd_commits_are_still_commits() {
        let bare = parse("tree aa\nauthor  <> 0 +0000\ncommitter x\n\n");
        assert_eq!(bare.author, "<>");
        assert_eq!(bare.author_email, "");
        assert_eq!(bare.author_time, "1970-01-01T00:00:00+00:00");
        assert_eq!(
            (bare.committer.as_str(), bare.commit_time.as_str()),
            ("x", "")
        );
        assert_eq!(bare.subject, "");

        let mut record = format!("{SHA}\ntree aa\nauthor J").into_bytes();
        record.extend_from_slice(b"\xf6rg <j> 0 +0000\ncommitter J <j> 0 +0000\n\n    s\n");
        let latin = Commit::parse(&record).expect("a commit");
        assert_eq!(latin.author, "J\u{fffd}rg <j>");
        assert!(latin.replaced);

        assert_eq!(Commit::parse(b""), None);
        assert_eq!(Commit::parse(b"warning: something\nelse"), None);
    }

    #[test]
    fn times_outside_the_calendar_are_kept_as_they_are() {
        for raw in [
            "99999999999999 +0000",
            "5 +9960",
            "5 +00",
            "5",
            "",
            "5 0000",
        ] {
            assert_eq!(rfc3339(raw), raw);
        }
        assert_eq!(rfc3339("-1 -0000"), "1969-12-31T23:59:59-00:00");
    }
}
