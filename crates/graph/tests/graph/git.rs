//! The same questions to git.
//!
//! The history is generated: criss-cross merges, merges of many, several roots, long branches. For a
//! large one, as `cargo xtask verify` asks for, and for a repository of your own:
//!
//! ```sh
//! BATPAK_GRAPH_COMMITS=100000 cargo test -p batpak-graph --release answers_as_git
//! BATPAK_GRAPH_REPOSITORY=/path cargo test -p batpak-graph --release answers_as_git
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use batpak_graph::{Edges, Graph, MemoryGraph, Node, Relation};

use crate::model::at;

#[test]
fn a_history_answers_as_git() {
    let commits = env::var("BATPAK_GRAPH_COMMITS").map_or(3_000, |commits| {
        commits.parse().expect("BATPAK_GRAPH_COMMITS is no number")
    });
    let directory = tempfile::tempdir().unwrap();
    generate(directory.path(), commits, 1);
    let repository = Repository::read(directory.path());
    assert_eq!(repository.memory.len() as u64, commits);
    if commits > 3_000 {
        repository.compare(1_000, 60, 4);
    } else {
        repository.compare(250, 40, 2);
    }
}

#[test]
fn any_repository_answers_as_git() {
    match env::var_os("BATPAK_GRAPH_REPOSITORY") {
        Some(path) => Repository::read(&PathBuf::from(path)).compare(1_000, 100, 5),
        None => println!("SKIPPED: BATPAK_GRAPH_REPOSITORY names no repository"),
    }
}

/// Makes a repository with that many commits, all reachable.
fn generate(path: &Path, commits: u64, seed: u64) {
    git(path, &["init", "-q"], "");
    let mut draws = Draws(seed);
    let mut stream = String::new();
    // Every tenth commit belongs to a history that has nothing in common with the other one.
    let mut histories: [Vec<u64>; 2] = Default::default();
    let mut heads = BTreeSet::new();
    for commit in 1..=commits {
        let tips = &mut histories[usize::from(commit.is_multiple_of(10))];
        let parents = draws.parents(tips, commit);
        stream.push_str("reset refs/heads/new\n");
        let time = 1_000_000_000 + commit;
        let head = "commit refs/heads/new\nmark :";
        writeln!(
            stream,
            "{head}{commit}\ncommitter a <a> {time} +0000\ndata 0"
        )
        .unwrap();
        for (number, parent) in parents.iter().enumerate() {
            let verb = if number == 0 { "from" } else { "merge" };
            writeln!(stream, "{verb} :{parent}").unwrap();
            heads.remove(parent);
        }
        heads.insert(commit);
    }
    for head in heads {
        writeln!(stream, "reset refs/heads/{head}\nfrom :{head}\n").unwrap();
    }
    git(path, &["fast-import", "--quiet"], &stream);
    git(path, &["commit-graph", "write", "--reachable"], "");
}

/// Draws numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        at(self.0 >> 33) % end
    }

    /// The parents of a commit, which then takes a place among the tips.
    fn parents(&mut self, tips: &mut Vec<u64>, commit: u64) -> Vec<u64> {
        let kind = self.below(100);
        if tips.len() < 2 || (kind == 0 && tips.len() < 8) {
            tips.push(commit);
            return Vec::new();
        }
        let (place, other) = (self.below(tips.len()), self.below(tips.len()));
        let (tip, second) = (tips[place], tips[other]);
        match kind {
            // A branch, from a tip or from where one was lately.
            1..=9 if tips.len() < 12 => {
                tips.push(commit);
                let back = 10 * self.below(9) as u64;
                return vec![if back < tip { tip - back } else { tip }];
            }
            // Half of a criss-cross: the other tip stays, and may be merged the other way round.
            10..=24 if place != other => {
                tips[place] = commit;
                return vec![tip, second];
            }
            // A merge that ends a branch.
            25..=34 if place != other && tips.len() > 3 => {
                tips[place] = commit;
                tips.swap_remove(other);
                return vec![tip, second];
            }
            // A merge of three to six.
            35..=37 => {
                let count = 3 + self.below(4);
                let mut parents = vec![tip];
                for _ in 1..count {
                    let parent = tips[self.below(tips.len())];
                    if !parents.contains(&parent) {
                        parents.push(parent);
                    }
                }
                tips[place] = commit;
                return parents;
            }
            // Both halves of a criss-cross at once: the next commit merges the same parents.
            38..=45 if place != other && commit.is_multiple_of(2) => {
                tips[place] = commit;
                return vec![second, tip];
            }
            _ => tips[place] = commit,
        }
        vec![tip]
    }
}

/// A repository, and its commits as a graph.
struct Repository {
    path: PathBuf,
    ids: Vec<String>,
    numbers: BTreeMap<String, Node>,
    memory: MemoryGraph,
}

impl Repository {
    fn read(path: &Path) -> Repository {
        let order = [
            "rev-list",
            "--all",
            "--parents",
            "--topo-order",
            "--reverse",
        ];
        let mut repository = Repository {
            path: path.to_owned(),
            ids: Vec::new(),
            numbers: BTreeMap::new(),
            memory: MemoryGraph::new(),
        };
        for line in git(path, &order, "").lines() {
            let mut ids = line.split(' ').map(str::to_owned);
            let commit = ids.next().unwrap();
            let parents: Vec<Node> = ids.map(|id| repository.numbers[&id]).collect();
            let node = repository.memory.push(&parents, None).unwrap();
            repository.numbers.insert(commit.clone(), node);
            repository.ids.push(commit);
        }
        repository
    }

    fn id(&self, node: Node) -> &str {
        &self.ids[at(node.0) - 1]
    }

    /// The commits that git answers with.
    fn ask(&self, question: &[&str], nodes: &[Node]) -> BTreeSet<Node> {
        let ids = nodes.iter().map(|node| self.id(*node));
        let arguments: Vec<&str> = question.iter().copied().chain(ids).collect();
        let answer = git(&self.path, &arguments, "");
        answer.lines().map(|id| self.numbers[id]).collect()
    }

    /// Some nodes, close to each other or not.
    fn draw(&self, draws: &mut Draws, count: usize) -> Vec<Node> {
        let len = self.ids.len();
        let spread = [len, 300.min(len), 30.min(len)][draws.below(3)];
        let base = draws.below(len - spread + 1);
        let mut nodes = (0..count).map(|_| Node((base + draws.below(spread)) as u64 + 1));
        let mut drawn = Vec::new();
        nodes.by_ref().for_each(|node| drawn.push(node));
        drawn
    }

    fn compare(&self, pairs: usize, sets: usize, seed: u64) {
        let graph = Graph::new(&self.memory, Edges::Causes);
        let mut draws = Draws(seed);
        let mut shapes = BTreeMap::new();
        for _ in 0..pairs {
            let pair = self.draw(&mut draws, 2);
            let common = graph.common(&pair).unwrap();
            let best: BTreeSet<Node> = common.iter().copied().collect();
            assert_eq!(best, self.ask(&["merge-base", "--all"], &pair), "{pair:?}");
            *shapes.entry(best.len().min(2)).or_insert(0) += 1;
            let (a, b) = (pair[0], pair[1]);
            let relation = graph.relation(a, b).unwrap();
            let expected = if a == b {
                Relation::Same
            } else if self.reaches(a, b) {
                Relation::Before
            } else if self.reaches(b, a) {
                Relation::After
            } else {
                Relation::Concurrent
            };
            assert_eq!(relation, expected, "{pair:?}");
        }
        println!("pairs by number of best common ancestors: {shapes:?}");
        for _ in 0..sets {
            let count = 1 + draws.below(6);
            let nodes = self.draw(&mut draws, count);
            let octopus = self.ask(&["merge-base", "--octopus", "--all"], &nodes);
            let common = graph.common(&nodes).unwrap();
            assert_eq!(BTreeSet::from_iter(common), octopus, "{nodes:?}");
            let heads = graph.heads_of(nodes.iter().copied()).unwrap();
            let independent = self.ask(&["merge-base", "--independent"], &nodes);
            assert_eq!(BTreeSet::from_iter(heads), independent, "{nodes:?}");
            self.compare_pasts(&graph, &nodes);
        }
        let heads: Result<BTreeSet<Node>, _> = graph.heads().collect();
        let all = self.ask(&["rev-list", "--all"], &[]);
        let parents = git(&self.path, &["rev-list", "--all", "--parents"], "");
        let named = parents.lines().flat_map(|line| line.split(' ').skip(1));
        let named: BTreeSet<Node> = named.map(|id| self.numbers[id]).collect();
        assert_eq!(heads.unwrap(), &all - &named);
        let roots: Result<BTreeSet<Node>, _> = graph.roots().collect();
        let without = self.ask(&["rev-list", "--all", "--max-parents=0"], &[]);
        assert_eq!(roots.unwrap(), without);
    }

    /// Causal pasts and their differences: the first nodes without the last ones.
    fn compare_pasts(&self, graph: &Graph<&MemoryGraph>, nodes: &[Node]) {
        let (of, not) = nodes.split_at(nodes.len().div_ceil(2));
        let past: Result<BTreeSet<Node>, _> = graph.cut(of.iter().copied()).collect();
        assert_eq!(past.unwrap(), self.ask(&["rev-list"], of), "{of:?}");
        let ancestors: Result<BTreeSet<Node>, _> = graph.ancestors([of[0]]).collect();
        let mut expected = self.ask(&["rev-list"], &of[..1]);
        expected.remove(&of[0]);
        assert_eq!(ancestors.unwrap(), expected, "{of:?}");
        let rest = graph.difference(of.iter().copied(), not.iter().copied());
        let rest: Result<BTreeSet<Node>, _> = rest.collect();
        let excluded: Vec<String> = not
            .iter()
            .map(|node| format!("^{}", self.id(*node)))
            .collect();
        let mut question = vec!["rev-list"];
        question.extend(excluded.iter().map(String::as_str));
        assert_eq!(rest.unwrap(), self.ask(&question, of), "{of:?} {not:?}");
    }

    fn reaches(&self, ancestor: Node, node: Node) -> bool {
        let ids = [self.id(ancestor), self.id(node)];
        let question = ["merge-base", "--is-ancestor"];
        let mut command = command(&self.path);
        let status = command.args(question).args(ids).status().unwrap();
        assert!(matches!(status.code(), Some(0 | 1)), "{status}");
        status.success()
    }
}

fn command(path: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(path);
    command
}

/// What git prints; it may find nothing.
fn git(path: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = command(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git is needed for this test");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let nothing = output.status.code() == Some(1) && output.stdout.is_empty();
    assert!(output.status.success() || nothing, "git {arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}
