//! A state machine whose forbidden steps do not compile, and whose steps are events.
//!
//! ```sh
//! cargo run -p batpak --example typestate
//! ```

use std::error::Error;

use batpak::prelude::*;
use batpak::typestate::{BecomesBy, Transition};
use batpak::{StreamSequence, define_state_machine, define_typestate};

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x2, type_id = 0x001)]
struct Placed {
    item: String,
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x2, type_id = 0x002)]
struct Shipped {
    carrier: String,
}

define_state_machine! {
    /// The life of an order.
    OrderState { Draft, Open, Done }
    Draft => Open by Placed,
    Open => Done by Shipped,
}

define_typestate! {
    /// An order, and how many events its stream has.
    Order<S: OrderState> {
        at: Coordinate,
        events: u64,
    }
}

impl Order<Draft> {
    fn place(self, store: &Store, item: &str) -> Result<Order<Open>, StoreError> {
        self.apply(store, Placed { item: item.into() })
    }
}

impl Order<Open> {
    fn ship(self, store: &Store, carrier: &str) -> Result<Order<Done>, StoreError> {
        let carrier = carrier.into();
        self.apply(store, Shipped { carrier })
    }
}

impl<S: OrderState> Order<S> {
    /// Appends the event of a transition, unless somebody else has moved on meanwhile.
    fn apply<To, P>(self, store: &Store, payload: P) -> Result<Order<To>, StoreError>
    where
        S: BecomesBy<To, P>,
        To: OrderState,
        P: EventPayload,
    {
        let transition = Transition::<S, To, P>::from_payload(payload)
            .with_expected(ExpectedSequence::Exact(StreamSequence(self.events)));
        let step = format!("{} -> {}", transition.from_name(), transition.to_name());
        let receipt = store.apply_transition(&self.at, transition)?;
        println!("{step}: event {} of the stream", receipt.stream_sequence());
        let mut order: Order<To> = self.into_state();
        order.events = receipt.stream_sequence();
        Ok(order)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let store = Store::open(StoreConfig::new(temp.path()))?;
    let at = Coordinate::new("order:17", "shop")?;

    // `draft.ship(..)` does not compile: a draft has no such step.
    let draft = Order::<Draft>::new(at.clone(), 0);
    let stale = Order::<Draft>::new(at, 0);
    let done = draft.place(&store, "lamp")?.ship(&store, "bike")?;
    println!("the order is {}", done.state_name());

    // The type of a value says what it went through, the expected sequence what the log says.
    match stale.place(&store, "chair") {
        Err(error) => println!("refused: {error}"),
        Ok(order) => println!("the order is {}", order.state_name()),
    }
    store.close()?;
    Ok(())
}
