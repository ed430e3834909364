//! The layering: a crate depends only on crates on a lower floor, as `xtask/floors.txt` has them.

use serde_json::Value;

use crate::finding::Finding;

/// Where the floors are.
pub(crate) const PATH: &str = "xtask/floors.txt";

/// How a crate reaches the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seam {
    /// Through the ports only.
    Ports,
    /// It implements the ports.
    Machine,
    /// It is above the ports: the command and the project's own tools.
    Outside,
}

/// One line of the floors file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The name of the crate.
    pub(crate) name: String,
    /// How it reaches the machine.
    pub(crate) seam: Seam,
    line: usize,
    /// The floor; none when it stands beside.
    floor: Option<u32>,
    uses: Vec<String>,
    users: Vec<String>,
}

/// Reads the floors file.
///
/// # Errors
///
/// A finding for the first line that is not understood.
pub(crate) fn parse(text: &str) -> Result<Vec<Place>, Finding> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            place(number, line)
                .ok_or_else(|| Finding::new(PATH, number, "expected `crate place seam [lists]`"))
        })
        .collect()
}

fn place(line: usize, text: &str) -> Option<Place> {
    let mut columns = text.split_whitespace();
    let name = columns.next()?.to_owned();
    let floor = match columns.next()? {
        "beside" => None,
        floor => Some(floor.parse().ok()?),
    };
    let seam = match columns.next()? {
        "ports" => Seam::Ports,
        "machine" => Seam::Machine,
        "outside" => Seam::Outside,
        _ => return None,
    };
    let (mut uses, mut users) = (Vec::new(), Vec::new());
    for column in columns {
        let (key, value) = column.split_once('=')?;
        let names = value.split(',').filter(|name| !name.is_empty());
        match key {
            "uses" => uses.extend(names.map(str::to_owned)),
            "users" => users.extend(names.map(str::to_owned)),
            _ => return None,
        }
    }
    Some(Place {
        name,
        seam,
        line,
        floor,
        uses,
        users,
    })
}

/// Compares the workspace's own dependencies, from `cargo metadata`, with the floors.
///
/// `manifest_line` gives the path of a crate's manifest and the line that names a dependency.
pub(crate) fn check(
    metadata: &Value,
    places: &[Place],
    manifest_line: impl Fn(&Value, &str) -> (String, usize),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let packages = list(&metadata["packages"]);
    let find = |name: &str| places.iter().find(|place| place.name == name);
    for package in packages {
        let name = text(&package["name"]);
        let Some(from) = find(name) else {
            let (path, line) = manifest_line(package, "name");
            findings.push(Finding::new(
                &path,
                line,
                format!("{name} has no line in {PATH}"),
            ));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let used = text(&dependency["name"]);
            let Some(to) = find(used) else {
                continue;
            };
            let in_tests = dependency["kind"] == "dev";
            if !allowed(from, to, in_tests) {
                let (path, line) = manifest_line(package, used);
                findings.push(Finding::new(
                    &path,
                    line,
                    format!("{name} may not depend on {used} ({PATH})"),
                ));
            }
        }
    }
    for place in places {
        if packages
            .iter()
            .all(|package| package["name"] != *place.name)
        {
            let message = format!("{} is not a crate of the workspace", place.name);
            findings.push(Finding::new(PATH, place.line, message));
        }
    }
    findings
}

fn allowed(from: &Place, to: &Place, in_tests: bool) -> bool {
    match (from.floor, to.floor) {
        (_, None) => {
            to.users.contains(&from.name) || (in_tests && to.users.iter().any(|user| user == "dev"))
        }
        (Some(_), Some(_)) if in_tests => true,
        (Some(from), Some(to)) => to < from,
        (None, Some(_)) => in_tests || from.uses.contains(&to.name),
    }
}

/// The elements of an array; none when it is no array.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string; empty when it is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{check, parse, text};
    use crate::finding::{Finding, assert_findings};

    const FLOORS: &str = "# comment\nlow 0 ports\nhigh 1 ports\nderive beside ports users=high\n\
                          disk beside ports uses=low users=dev\n";

    /// Findings when `from` depends on `to`.
    fn with_edge(from: &str, to: &str, kind: &Value) -> Vec<Finding> {
        let package = |name: &str| {
            let dependencies = if name == from {
                json!([{"name": to, "kind": kind}, {"name": "serde", "kind": null}])
            } else {
                json!([])
            };
            json!({"name": name, "dependencies": dependencies})
        };
        let packages: Vec<Value> = ["low", "high", "derive", "disk"].map(package).into();
        check(
            &json!({ "packages": packages }),
            &parse(FLOORS).unwrap(),
            manifest,
        )
    }

    fn manifest(package: &Value, word: &str) -> (String, usize) {
        (format!("{}/Cargo.toml", text(&package["name"])), word.len())
    }

    #[test]
    fn planted_edges_against_the_floors_are_found() {
        let (normal, build, dev) = (Value::Null, json!("build"), json!("dev"));
        let cases: [(&str, &str, &Value, &[&str]); 11] = [
            ("high", "low", &normal, &[]),
            (
                "low",
                "high",
                &normal,
                &["low/Cargo.toml:4: low may not depend on high"],
            ),
            (
                "low",
                "high",
                &build,
                &["low/Cargo.toml:4: low may not depend on high"],
            ),
            ("low", "high", &dev, &[]),
            ("low", "low", &normal, &["low/Cargo.toml:3: "]),
            ("high", "derive", &normal, &[]),
            ("low", "derive", &normal, &["low/Cargo.toml:6: "]),
            ("derive", "low", &normal, &["derive/Cargo.toml:3: "]),
            ("disk", "low", &normal, &[]),
            ("high", "disk", &normal, &["high/Cargo.toml:4: "]),
            ("high", "disk", &dev, &[]),
        ];
        for (from, to, kind, expected) in cases {
            assert_findings(&with_edge(from, to, kind), expected);
        }
    }

    #[test]
    fn planted_unknown_crates_and_stale_lines_are_found() {
        let metadata = json!({"packages": [{"name": "new", "dependencies": []}]});
        let places = parse("low 0 ports\n").unwrap();
        assert_findings(
            &check(&metadata, &places, manifest),
            &[
                "new/Cargo.toml:4: new has no line",
                "xtask/floors.txt:1: low is not a crate",
            ],
        );
        for line in [
            "low",
            "low x ports",
            "low 0 door",
            "low 0 ports uses",
            "low 0 ports a=b",
        ] {
            assert_findings(
                &[parse(line).unwrap_err()],
                &["xtask/floors.txt:1: expected"],
            );
        }
    }
}
