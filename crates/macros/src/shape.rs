//! What a derive can be for.

use syn::{Data, DeriveInput, Error, Fields, Result};

/// Checks that a type is a struct with named fields and without generics: its bytes can be read without
/// the type, and one kind, or one cached state, is of one type.
pub(crate) fn named_struct(input: &DeriveInput, derive: &str) -> Result<()> {
    let refused = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => None,
            Fields::Unnamed(_) => Some("a tuple struct"),
            Fields::Unit => Some("a unit struct"),
        },
        Data::Enum(_) => Some("an enum"),
        Data::Union(_) => Some("a union"),
    };
    if let Some(shape) = refused {
        let message = format!("{derive} needs a struct with named fields, this is {shape}");
        return Err(Error::new_spanned(&input.ident, message));
    }
    let generics = &input.generics;
    if !generics.params.is_empty() || generics.where_clause.is_some() {
        let message = format!("{derive} needs a type without generics");
        return Err(Error::new_spanned(&input.ident, message));
    }
    Ok(())
}
