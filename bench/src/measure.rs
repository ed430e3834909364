//! What a run costs: time, latency, processor, context switches, calls, bytes and memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use hdrhistogram::Histogram;
use nix::sys::resource::{UsageWho, getrusage};

use crate::Result;

/// Figures by name.
pub(crate) type Figures = BTreeMap<String, f64>;

/// Latencies in nanoseconds, to three digits, up to a minute.
pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000_000, 3)?)
}

/// The percentiles that results hold: the name of the figure, and the percentile.
pub(crate) const PERCENTILES: [(&str, f64); 9] = [
    ("p0_ns", 0.0),
    ("p25_ns", 25.0),
    ("p50_ns", 50.0),
    ("p75_ns", 75.0),
    ("p90_ns", 90.0),
    ("p99_ns", 99.0),
    ("p99.9_ns", 99.9),
    ("p99.99_ns", 99.99),
    ("p100_ns", 100.0),
];

/// What the process had used when it was made.
#[derive(Debug)]
pub(crate) struct Meter {
    start: Instant,
    usage: Usage,
}

#[derive(Debug)]
struct Usage {
    processor_ns: f64,
    switches: f64,
    reads: f64,
    writes: f64,
    written_bytes: f64,
}

impl Usage {
    fn now() -> Result<Usage> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        let (user, system) = (usage.user_time(), usage.system_time());
        let nanoseconds = |time: nix::sys::time::TimeVal| {
            time.tv_sec() as f64 * 1e9 + time.tv_usec() as f64 * 1e3
        };
        let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
        Ok(Usage {
            processor_ns: nanoseconds(user) + nanoseconds(system),
            switches: (usage.voluntary_context_switches() + usage.involuntary_context_switches())
                as f64,
            reads: field(&io, "syscr:"),
            writes: field(&io, "syscw:"),
            written_bytes: field(&io, "wchar:"),
        })
    }
}

/// The number behind a name at the start of a line; `NaN` when there is none.
fn field(text: &str, name: &str) -> f64 {
    let mut lines = text.lines();
    let number = lines.find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(f64::NAN)
}

impl Meter {
    /// Starts to measure.
    pub(crate) fn start() -> Result<Meter> {
        let usage = Usage::now()?;
        Ok(Meter {
            start: Instant::now(),
            usage,
        })
    }

    /// What was used since then, for each of so many events.
    pub(crate) fn stop(self, events: u64, figures: &mut Figures) -> Result<()> {
        let wall_ns = self.start.elapsed().as_nanos() as f64;
        let usage = Usage::now()?;
        let events = events as f64;
        let mut add = |name: &str, figure: f64| figures.insert(name.to_owned(), figure / events);
        add("wall_ns", wall_ns);
        add("processor_ns", usage.processor_ns - self.usage.processor_ns);
        add("switches", usage.switches - self.usage.switches);
        add("read_calls", usage.reads - self.usage.reads);
        add("write_calls", usage.writes - self.usage.writes);
        add("call_bytes", usage.written_bytes - self.usage.written_bytes);
        Ok(())
    }
}

/// Adds the percentiles of a histogram.
pub(crate) fn percentiles(histogram: &Histogram<u64>, figures: &mut Figures) {
    for (name, percentile) in PERCENTILES {
        let figure = histogram.value_at_quantile(percentile / 100.0) as f64;
        figures.insert(name.to_owned(), figure);
    }
}

/// Anonymous memory of the process in bytes.
pub(crate) fn anonymous_bytes() -> f64 {
    let text = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    field(&text, "Anonymous:") * 1024.0
}

/// Bytes that the files of a directory take on the disk, at any depth.
pub(crate) fn disk_bytes(dir: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for file in files(dir)? {
        bytes += fs::metadata(file)?.blocks() * 512;
    }
    Ok(bytes)
}

/// The files of a directory, at any depth.
pub(crate) fn files(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => open.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    Ok(found)
}

/// Writes the files of a directory back and drops them from the page cache.
pub(crate) fn make_cold(dir: &Path) -> Result<()> {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
    for path in files(dir)? {
        let file = fs::File::open(path)?;
        file.sync_all()?;
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    }
    Ok(())
}
