//! Replaying the stream with the most events.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use batpak::{Region, Store};
use serde::{Serialize, Serializer};

use crate::failure::Result;
use crate::value::{self, Value};

/// The stream with the most events.
pub(super) struct Busiest {
    entity: String,
}

/// What a replay saw.
#[derive(Serialize)]
pub(super) struct Replayed {
    /// The entity of the stream.
    pub(super) entity: String,
    /// Its events.
    pub(super) events: u64,
    /// When the first commit was written.
    pub(super) first_time: Option<String>,
    /// When the last commit was written.
    pub(super) last_time: Option<String>,
    /// How long reading and decoding took.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub(super) time: Duration,
}

impl Busiest {
    /// Finds it by reading all events once; of several, the first in alphabetical order.
    pub(super) fn find<S>(store: &Store<S>) -> Result<Option<Busiest>> {
        let mut streams: HashMap<String, u64> = HashMap::new();
        let region = Region::all();
        let mut scan = store.scan(&region);
        while let Some(event) = scan.next_event()? {
            match streams.get_mut(event.entity()) {
                Some(events) => *events += 1,
                None => {
                    streams.insert(event.entity().to_owned(), 1);
                }
            }
        }
        let busiest = streams
            .into_iter()
            .max_by(|(one, ones), (two, twos)| ones.cmp(twos).then_with(|| two.cmp(one)));
        Ok(busiest.map(|(entity, _)| Busiest { entity }))
    }

    /// Reads and decodes its events from the first to the last.
    pub(super) fn replay<S>(self, store: &Store<S>) -> Result<Replayed> {
        let started = Instant::now();
        let mut scan = store.scan_entity(&self.entity);
        let mut events = 0;
        let (mut first_time, mut last_time) = (None, None);
        while let Some(event) = scan.next_event()? {
            events += 1;
            let payload = value::from_msgpack(event.payload()).ok();
            last_time = payload
                .as_ref()
                .and_then(|payload| payload.get("author_time"))
                .and_then(Value::as_text)
                .map(str::to_owned);
            if events == 1 {
                first_time.clone_from(&last_time);
            }
        }
        Ok(Replayed {
            entity: self.entity,
            events,
            first_time,
            last_time,
            time: started.elapsed(),
        })
    }
}

fn as_seconds<S: Serializer>(
    time: &Duration,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
