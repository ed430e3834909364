//! Reading beside the writer, as another process would: without a lock and without a trace.
//!
//! ```sh
//! cargo run -p batpak --example read_only
//! ```

use std::error::Error;

use batpak::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let place = Coordinate::new("door:1", "house")?;

    // There is nothing to read yet, and a reader creates nothing.
    if let Err(error) = Store::open_read_only(StoreConfig::new(temp.path())) {
        println!("refused: {}", error.code());
    }

    let writer = Store::open(StoreConfig::new(temp.path()))?;
    writer.append(&place, EventKind::DATA, &"opened")?;
    writer.append(&place, EventKind::DATA, &"shut")?;

    // A second writer is refused; any number of readers is not.
    if let Err(error) = Store::open(StoreConfig::new(temp.path())) {
        println!("refused: {}", error.code());
    }
    let reader = Store::open_read_only(StoreConfig::new(temp.path()))?;
    writer.append(&place, EventKind::DATA, &"opened again")?;
    writer.close()?;

    println!("after refresh: event {}", reader.refresh()?);
    println!("a writer is there: {}", reader.is_live()?);
    for event in reader.scan_entity("door:1").events() {
        let event = event?;
        let text: String = batpak::encoding::from_bytes(&event.event.payload)?;
        println!("{}: {text}", event.stream_sequence_exact());
    }
    // `reader.append(..)` does not compile: a store that is open for reading has no such method.
    Ok(())
}
