//! Reads `#[batpak(category = N, type_id = N, version = N, upcast(N = Type))]`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitInt, Result, Token, Type, parenthesized};

/// The largest category.
const MAX_CATEGORY: u8 = 0xF;
/// The categories that the store keeps for itself, with what each is for.
const RESERVED: [(u8, &str); 2] = [(0x0, "system"), (0xD, "effect")];
/// The others, for people.
const ALLOWED: &str = "0x1 to 0xC, 0xE or 0xF";
/// The largest type of a category.
const MAX_TYPE: u16 = 0xFFF;
/// The version of a payload that names none.
const FIRST_VERSION: u16 = 1;

/// What the attribute says, checked.
pub(crate) struct PayloadAttribute {
    pub(crate) category: u8,
    pub(crate) type_id: u16,
    pub(crate) version: u16,
    /// Versions of older shapes, ascending, and the types that have these shapes.
    pub(crate) upcast: Vec<(u16, Type)>,
}

impl PayloadAttribute {
    /// Finds the one `batpak` attribute and reads it. `missing` is where to point when there is
    /// none.
    pub(crate) fn find(attributes: &[Attribute], missing: Span) -> Result<Self> {
        let mut found = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("batpak"));
        let attribute = found.next().ok_or_else(|| {
            Error::new(
                missing,
                "missing `#[batpak(category = N, type_id = N)]` beside the derive",
            )
        })?;
        if let Some(second) = found.next() {
            return Err(Error::new_spanned(
                second,
                "only one `#[batpak(..)]` attribute is allowed: put all keys into it",
            ));
        }
        Self::read(attribute)
    }

    fn read(attribute: &Attribute) -> Result<Self> {
        let (mut category, mut type_id, mut version) = (None, None, None);
        let mut upcast = None;
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("category") {
                set(&mut category, &meta, read_category)
            } else if meta.path.is_ident("type_id") {
                set(&mut type_id, &meta, read_type)
            } else if meta.path.is_ident("version") {
                set(&mut version, &meta, read_version)
            } else if meta.path.is_ident("upcast") {
                if upcast.is_some() {
                    return Err(meta.error("key is given twice: remove one"));
                }
                upcast = Some(read_chain(&meta)?);
                Ok(())
            } else {
                Err(meta
                    .error("unknown key: expected `category`, `type_id`, `version` or `upcast`"))
            }
        })?;
        let absent = |key: &str| Error::new_spanned(attribute, format!("missing `{key} = N`"));
        let version = version.unwrap_or(FIRST_VERSION);
        Ok(Self {
            category: category.ok_or_else(|| absent("category"))?,
            type_id: type_id.ok_or_else(|| absent("type_id"))?,
            version,
            upcast: check_chain(upcast.unwrap_or_default(), version)?,
        })
    }
}

/// Reads `(N = Type, ..)`.
fn read_chain(meta: &ParseNestedMeta<'_>) -> Result<Vec<(LitInt, Type)>> {
    let list;
    let parentheses = parenthesized!(list in meta.input);
    let steps = Punctuated::<_, Token![,]>::parse_terminated_with(&list, |step| {
        let number: LitInt = step.parse()?;
        step.parse::<Token![=]>()?;
        Ok((number, step.parse()?))
    })?;
    if steps.is_empty() {
        let message = "expected older shapes: `upcast(1 = Type)`";
        return Err(Error::new(parentheses.span.join(), message));
    }
    Ok(steps.into_iter().collect())
}

/// The chain when its versions ascend and are all older than the type's.
fn check_chain(steps: Vec<(LitInt, Type)>, current: u16) -> Result<Vec<(u16, Type)>> {
    let mut chain: Vec<(u16, Type)> = Vec::with_capacity(steps.len());
    for (number, shape) in steps {
        let version = read_version(&number)?;
        let message = if version >= current {
            format!("an older shape has a version below {current}, the version of the type")
        } else if chain.last().is_some_and(|(before, _)| *before >= version) {
            "older shapes are listed by ascending version".to_owned()
        } else {
            chain.push((version, shape));
            continue;
        };
        return Err(Error::new_spanned(number, message));
    }
    Ok(chain)
}

/// Reads `= N` into a key that must not have been given before.
fn set<T>(
    slot: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    read: impl FnOnce(&LitInt) -> Result<T>,
) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error("key is given twice: remove one"));
    }
    *slot = Some(read(&meta.value()?.parse()?)?);
    Ok(())
}

fn read_category(number: &LitInt) -> Result<u8> {
    let category = plain(number)?.base10_parse().unwrap_or(u8::MAX);
    if category > MAX_CATEGORY {
        return Err(Error::new_spanned(number, format!("category is {ALLOWED}")));
    }
    match RESERVED.iter().find(|(reserved, _)| *reserved == category) {
        Some((_, purpose)) => Err(Error::new_spanned(
            number,
            format!("category 0x{category:X} is reserved for {purpose} events: use {ALLOWED}"),
        )),
        None => Ok(category),
    }
}

fn read_type(number: &LitInt) -> Result<u16> {
    match plain(number)?.base10_parse() {
        Ok(type_id) if type_id <= MAX_TYPE => Ok(type_id),
        _ => Err(Error::new_spanned(number, "type_id is 0x0 to 0xFFF")),
    }
}

fn read_version(number: &LitInt) -> Result<u16> {
    match plain(number)?.base10_parse() {
        Ok(0) | Err(_) => Err(Error::new_spanned(number, "version is 1 to 65535")),
        Ok(version) => Ok(version),
    }
}

/// A number without a type behind it.
fn plain(number: &LitInt) -> Result<&LitInt> {
    if number.suffix().is_empty() {
        Ok(number)
    } else {
        Err(Error::new_spanned(
            number,
            "expected a number without a suffix",
        ))
    }
}
