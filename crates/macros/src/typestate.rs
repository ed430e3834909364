//! Writes a type that has its state as a parameter.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FieldsNamed, Ident, Path, Result, Token, Visibility};

use crate::documentation::or_default;

/// The type, its constructor, and its way to another state.
pub(crate) fn define(input: TokenStream) -> Result<TokenStream> {
    let Typestate {
        attributes,
        visibility,
        name,
        parameter,
        machine,
        fields,
    } = syn::parse2(input)?;
    let attributes = or_default(
        &attributes,
        &format!("A value in a state of [`{}`].", last(&machine)),
    );
    let fields: Vec<_> = fields.named.into_iter().collect();
    let names: Vec<_> = fields
        .iter()
        .filter_map(|field| field.ident.as_ref())
        .collect();
    let types = fields.iter().map(|field| &field.ty);
    Ok(quote! {
        #attributes
        #visibility struct #name<#parameter: #machine> {
            #(#fields,)*
            __state: ::core::marker::PhantomData<fn() -> #parameter>,
        }

        // justifies: INV-PUBLISHED-SURFACE; `new` takes the fields, and the caller lists as many as needed
        #[allow(clippy::too_many_arguments)]
        #[automatically_derived]
        impl<#parameter: #machine> #name<#parameter> {
            /// A value of its parts, in any state: only this module can make one.
            fn new(#(#names: #types),*) -> Self {
                Self { #(#names,)* __state: ::core::marker::PhantomData }
            }

            /// The same value in a state that this one becomes: only this module can move it.
            fn into_state<__To: #machine>(self) -> #name<__To>
            where
                #parameter: ::batpak::typestate::Becomes<__To>,
            {
                let Self { #(#names,)* __state: _ } = self;
                #name { #(#names,)* __state: ::core::marker::PhantomData }
            }

            /// The name of the state.
            #visibility fn state_name(&self) -> &'static str {
                <#parameter as ::batpak::typestate::StateMarker>::NAME
            }
        }
    })
}

/// `vis Name<S: Machine> { fields }`
struct Typestate {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    parameter: Ident,
    machine: Path,
    fields: FieldsNamed,
}

impl Parse for Typestate {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let name: Ident = input.parse()?;
        if !input.peek(Token![<]) {
            let text = format!("`{name}` needs its state as a parameter: `{name}<S: Machine>`");
            return Err(input.error(text));
        }
        input.parse::<Token![<]>()?;
        let parameter: Ident = input.parse()?;
        if !input.peek(Token![:]) {
            let text = format!(
                "`{parameter}` needs its machine as a bound: `{name}<{parameter}: Machine>`"
            );
            return Err(input.error(text));
        }
        input.parse::<Token![:]>()?;
        let machine = input.call(Path::parse_mod_style)?;
        if !input.peek(Token![>]) {
            return Err(input.error("a typestate has one parameter with one bound: its state"));
        }
        input.parse::<Token![>]>()?;
        let fields = input.parse()?;
        if !input.is_empty() {
            return Err(input.error("nothing follows the fields"));
        }
        Ok(Typestate {
            attributes,
            visibility,
            name,
            parameter,
            machine,
            fields,
        })
    }
}

/// The name at the end of a path.
fn last(path: &Path) -> String {
    let last = path.segments.last();
    last.map_or_else(String::new, |segment| segment.ident.to_string())
}

#[cfg(test)]
mod tests {
    use super::define;
    use crate::testing::refusals;

    #[test]
    fn every_other_form_is_refused_where_it_differs() {
        let definitions = [
            "",
            "pub Order { a: u8 }",
            "Order<S> { a: u8 }",
            "Order<'a, S: M> { a: u8 }",
            "Order<S: M, T> { a: u8 }",
            "Order<S: M + Copy> { a: u8 }",
            "Order<S: M>(u8);",
            "Order<S: M>;",
            "Order<S: M> { a: u8 } b",
        ];
        insta::assert_snapshot!(refusals(define, &definitions));
    }

    #[test]
    fn fields_keep_what_is_written_before_them() {
        let definition = "#[derive(Debug)] pub Order<S: a::State> { #[serde(skip)] pub(crate) at: u8, to: Vec<u8> }";
        let code = define(definition.parse().unwrap()).unwrap().to_string();
        for needle in [
            "# [derive (Debug)]",
            "pub struct Order < S : a :: State >",
            "# [serde (skip)] pub (crate) at : u8 ,",
            "fn new (at : u8 , to : Vec < u8 >)",
            "pub fn state_name",
        ] {
            assert!(code.contains(needle), "{needle}: {code}");
        }
    }
}
