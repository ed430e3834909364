//! What a derive can be for.

use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Generics, Result};

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
    let Generics {
        params,
        where_clause,
        ..
    } = &input.generics;
    if params.is_empty() && where_clause.is_none() {
        return Ok(());
    }
    let message = format!("{derive} needs a type without generics");
    Err(Error::new_spanned(quote!(#params #where_clause), message))
}
