//! Reads the `#[batpak(..)]` attributes of a projection: one that configures it, and one per event.

use proc_macro2::Span;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Ident, LitInt, Path, Result};

/// The forms of payloads that a projection can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Json,
    Raw,
}

/// What the attributes say, checked.
pub(crate) struct ProjectionAttributes {
    pub(crate) input: Path,
    pub(crate) lane: Lane,
    pub(crate) cache_version: u64,
    /// Payload types with their handlers.
    pub(crate) events: Vec<(Path, Ident)>,
}

/// What one attribute says, whichever of the two it is.
#[derive(Default)]
struct Keys {
    input: Option<Path>,
    cache_version: Option<u64>,
    event: Option<Path>,
    handler: Option<Ident>,
}

impl ProjectionAttributes {
    /// Reads every `batpak` attribute. `missing` is where to point when something is not there.
    pub(crate) fn find(attributes: &[Attribute], missing: Span) -> Result<Self> {
        let mut config = None;
        let mut events: Vec<(Path, Ident)> = Vec::new();
        for attribute in attributes {
            if !attribute.path().is_ident("batpak") {
                continue;
            }
            let keys = Keys::read(attribute)?;
            let refuse = |message: &str| Err(Error::new_spanned(attribute, message));
            match (keys.input, keys.cache_version, keys.event, keys.handler) {
                (Some(input), version, None, None) => {
                    if config.is_some() {
                        return refuse(
                            "only one `#[batpak(input = ..)]` attribute is allowed: put `cache_version` into it",
                        );
                    }
                    config = Some((lane(&input)?, input, version.unwrap_or(0)));
                }
                (None, None, Some(event), Some(handler)) => {
                    let name = event.to_token_stream().to_string();
                    let taken =
                        |(other, _): &(Path, Ident)| other.to_token_stream().to_string() == name;
                    if events.iter().any(taken) {
                        return refuse("this event has a handler already: call both from one");
                    }
                    events.push((event, handler));
                }
                (None, _, None, None) => return refuse("missing `input = ..`"),
                (None, None, Some(_), None) => return refuse("missing `handler = function`"),
                (None, None, None, Some(_)) => return refuse("missing `event = Type`"),
                _ => {
                    return refuse(
                        "`input` and `cache_version` stand in an attribute of their own, \
                         without `event` and `handler`",
                    );
                }
            }
        }
        let absent = |message| Error::new(missing, message);
        let (lane, input, cache_version) = config.ok_or_else(|| {
            absent("missing `#[batpak(input = RawMsgpackInput)]` beside the derive")
        })?;
        if events.is_empty() {
            return Err(absent(
                "missing `#[batpak(event = Type, handler = function)]` beside the derive",
            ));
        }
        Ok(Self {
            input,
            lane,
            cache_version,
            events,
        })
    }
}

impl Keys {
    fn read(attribute: &Attribute) -> Result<Keys> {
        let mut keys = Keys::default();
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("input") {
                set(&mut keys.input, &meta, |meta| meta.value()?.parse())
            } else if meta.path.is_ident("cache_version") {
                set(&mut keys.cache_version, &meta, |meta| {
                    version(&meta.value()?.parse()?)
                })
            } else if meta.path.is_ident("event") {
                set(&mut keys.event, &meta, |meta| meta.value()?.parse())
            } else if meta.path.is_ident("handler") {
                set(&mut keys.handler, &meta, |meta| meta.value()?.parse())
            } else {
                Err(meta.error(
                    "unknown key: expected `input` and `cache_version`, or `event` and `handler`",
                ))
            }
        })?;
        Ok(keys)
    }
}

/// Reads a key that must not have been given before.
fn set<T>(
    slot: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    read: impl FnOnce(&ParseNestedMeta<'_>) -> Result<T>,
) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error("key is given twice: remove one"));
    }
    *slot = Some(read(meta)?);
    Ok(())
}

fn version(number: &LitInt) -> Result<u64> {
    if number.suffix().is_empty()
        && let Ok(version) = number.base10_parse()
    {
        return Ok(version);
    }
    Err(Error::new_spanned(
        number,
        "cache_version is a number from 0 to 18446744073709551615",
    ))
}

/// The form that a path names, by its last word.
fn lane(input: &Path) -> Result<Lane> {
    let last = input.segments.last().map(|segment| &segment.ident);
    match last {
        Some(name) if name == "JsonValueInput" => Ok(Lane::Json),
        Some(name) if name == "RawMsgpackInput" => Ok(Lane::Raw),
        _ => Err(Error::new_spanned(
            input,
            "input is `JsonValueInput` or `RawMsgpackInput`",
        )),
    }
}
