//! Derives and macros for batpak; the facade re-exports them.
//!
//! Each reads the definition of a type and writes code that refers to `::batpak`, so it is of
//! use only to crates that depend on `batpak`, which re-exports every derive beside its trait.
//!
//! # What it refuses
//!
//! Everything that is not exactly the documented form is an error at the place where it is
//! written: an unknown key is never passed over, because a misspelled `version` would otherwise
//! change what programs record without a word.
//!
//! # What it does not do
//!
//! It does not derive serialization, it does not look at fields, and it cannot see other types: that two
//! payloads claim one kind shows when a program runs in which both are.
//!
//! # Example
//!
//! The documentation of `batpak` runs this form; here `batpak` is not at hand.
//!
//! ```text
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[batpak(category = 0x1, type_id = 0x001, version = 2)]
//! struct OrderPlaced {
//!     item: String,
//! }
//! ```

#![forbid(unsafe_code)]

mod attribute;
mod documentation;
mod event_payload;
mod event_sourced;
mod projection_attribute;
mod shape;
mod state_machine;
#[cfg(test)]
mod testing;
mod typestate;

use proc_macro::TokenStream;

/// Implements `batpak::EventPayload` for a struct with named fields and without generics.
///
/// `#[batpak(category = N, type_id = N, version = N)]` gives the kind and the version of the
/// payload's schema. The category is 1 to 0xF without 0xD, the type at most 0xFFF; the version is
/// 1 to 65535, and 1 when it is left out. The type must also implement `Serialize` and
/// `Deserialize`.
///
/// `upcast(1 = OlderType, 2 = LaterType)` lists older shapes by ascending version. Each becomes the
/// next one, and the last one the type itself, by `From` or `TryFrom`.
#[proc_macro_derive(EventPayload, attributes(batpak))]
pub fn derive_event_payload(input: TokenStream) -> TokenStream {
    event_payload::derive(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `batpak::EventSourced` for a struct with named fields, without generics, that is
/// `Default`.
///
/// `#[batpak(input = RawMsgpackInput, cache_version = N)]` says how payloads are read, by
/// `RawMsgpackInput` or `JsonValueInput`, and the version of the state and its fold for caches, 0 when it
/// is left out. Beside it stands a `#[batpak(event = Type, handler = function)]` for each payload type:
/// the handler is a method `fn function(&mut self, payload: &Type)`.
#[proc_macro_derive(EventSourced, attributes(batpak))]
pub fn derive_event_sourced(input: TokenStream) -> TokenStream {
    event_sourced::derive(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Defines the states of a machine and which becomes which.
///
/// `vis Name { State, .. }` gives a trait `Name` that only these states have, and a type without
/// content for each of them. Behind it, `From => To` or `From => To by Event` lists the
/// transitions, separated by commas; without `by` any event makes it. When none is listed, every
/// state becomes every state. Attributes and documentation may stand before the machine and before
/// each state.
#[proc_macro]
pub fn define_state_machine(input: TokenStream) -> TokenStream {
    state_machine::define(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Defines a type that has its state as a parameter.
///
/// `vis Name<S: Machine> { field: Type, .. }` gives the struct, with three functions beside what is
/// written: `new` of the fields in order, and `into_state` to a state that the present one becomes,
/// both for the module alone that defines it, so that it decides who moves a value and how; and
/// `state_name`. Attributes and documentation may stand before the type and before each field.
#[proc_macro]
pub fn define_typestate(input: TokenStream) -> TokenStream {
    typestate::define(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
