//! This test binary once more, as another process under other conditions of the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Set in the other process: the directory that it works on.
const DIRECTORY: &str = "BATPAK_TEST_DIRECTORY";
/// How a wrapper ends when the machine does not allow its conditions.
pub(crate) const NOT_ALLOWED: i32 = 77;

/// The directory of this process, when it is the other one.
pub(crate) fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}

/// The command that runs one test of this binary on `dir`, behind a wrapper that ends by running
/// its arguments.
pub(crate) fn again(wrapper: &[&str], test: &str, dir: &Path) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(AsRef::as_ref).chain([
        this.as_os_str(),
        "--exact".as_ref(),
        test.as_ref(),
        "--nocapture".as_ref(),
    ]);
    let mut command = Command::new(words.next().unwrap());
    command
        .args(words)
        .env(DIRECTORY, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a test again with file systems of its own, after `setup`, a shell command that finds the
/// directory in `$0`. False, and a line that says so, where the machine does not allow it.
pub(crate) fn again_with_mounts(setup: &str, test: &str, dir: &Path) -> bool {
    let script = format!("{setup} || exit {NOT_ALLOWED}; exec \"$@\"");
    for namespaces in ["-m", "-rm"] {
        let path = dir.to_str().unwrap();
        let wrapper = ["unshare", namespaces, "sh", "-c", &script, path];
        let Ok(output) = again(&wrapper, test, dir).output() else {
            break;
        };
        if ran(&output) {
            assert!(output.status.success(), "{}", told(&output));
            return true;
        }
    }
    println!("SKIPPED {test}: nothing can be mounted here");
    false
}

/// Whether the test itself ran, and not only its wrapper.
fn ran(output: &Output) -> bool {
    told(output).contains("running 1 test")
}

pub(crate) fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
