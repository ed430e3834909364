//! Writes the implementation of `batpak::EventPayload`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result, Type};

use crate::attribute::PayloadAttribute;
use crate::shape::named_struct;

/// The implementation for the type that `input` defines.
pub(crate) fn derive(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    named_struct(&input, "EventPayload")?;
    let PayloadAttribute {
        category,
        type_id,
        version,
        upcast,
    } = PayloadAttribute::find(&input.attrs, input.ident.span())?;
    let name = &input.ident;
    let upcast = chain(&upcast);
    Ok(quote! {
        #[automatically_derived]
        impl ::batpak::EventPayload for #name {
            const KIND: ::batpak::EventKind = ::batpak::EventKind::custom(#category, #type_id);
            const PAYLOAD_VERSION: u16 = #version;
            #upcast
        }

        ::batpak::__private::inventory::submit! {
            ::batpak::__private::PayloadRegistration::of::<#name>(
                ::core::option_env!("CARGO_PKG_VERSION"),
            )
        }
    })
}

/// The method that reads older payloads: each version with the first shape that is not older, and
/// from there through every later shape.
fn chain(steps: &[(u16, Type)]) -> Option<TokenStream> {
    if steps.is_empty() {
        return None;
    }
    let arms = steps.iter().enumerate().map(|(at, (version, shape))| {
        let later = steps.iter().skip(at + 1).map(|(_, shape)| shape);
        quote! {
            if version <= #version {
                let payload = stored.decode::<#shape>()?;
                #(let payload = ::batpak::__private::upcast_step::<_, #later>(payload)?;)*
                return ::batpak::__private::upcast_step::<_, Self>(payload);
            }
        }
    });
    Some(quote! {
        fn upcast(
            version: u16,
            stored: ::batpak::event::StoredPayload<'_>,
        ) -> ::core::result::Result<Self, ::batpak::event::DecodeSource> {
            #(#arms)*
            stored.decode::<Self>()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::derive;

    fn refusal(definition: &str) -> String {
        match derive(definition.parse().unwrap()) {
            Ok(code) => panic!("{definition} is accepted: {code}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn everything_but_the_documented_form_is_refused() {
        let body = "#[batpak(category = 1, type_id = 1)]";
        for (definition, needle) in [
            (
                format!("{body} enum E {{ A {{ a: u8 }} }}"),
                "this is an enum",
            ),
            (format!("{body} union U {{ a: u8 }}"), "this is a union"),
            (format!("{body} struct T(u8);"), "this is a tuple struct"),
            (format!("{body} struct U;"), "this is a unit struct"),
            (format!("{body} struct G<T> {{ a: T }}"), "without generics"),
            (
                format!("{body} struct L<'a> {{ a: &'a str }}"),
                "without generics",
            ),
            (
                format!("{body} struct C<const N: usize> {{ a: u8 }}"),
                "without generics",
            ),
            (
                format!("{body} struct W where u8: Copy {{ a: u8 }}"),
                "without generics",
            ),
            (format!("{body} {body} struct S {{ a: u8 }}"), "only one"),
            ("struct S { a: u8 }".into(), "missing `#[batpak"),
            (
                "#[serde(default)] struct S { a: u8 }".into(),
                "missing `#[batpak",
            ),
        ] {
            let message = refusal(&definition);
            assert!(message.contains(needle), "{definition}: {message}");
        }
    }

    #[test]
    fn every_key_is_checked() {
        for (keys, needle) in [
            ("", "missing `category = N`"),
            ("category = 1", "missing `type_id = N`"),
            ("type_id = 1", "missing `category = N`"),
            ("category = 1, type_id = 1, category = 1", "given twice"),
            ("category = 1, type_id = 1, type_id = 2", "given twice"),
            (
                "category = 1, type_id = 1, version = 1, version = 2",
                "given twice",
            ),
            ("category = 1, type_id = 1, versoin = 2", "unknown key"),
            ("category = 1, type_id = 1, a::version = 2", "unknown key"),
            (
                "category = 1, type_id = 1, version = 2, upcast()",
                "expected older shapes",
            ),
            (
                "category = 1, type_id = 1, version = 2, upcast(A)",
                "expected integer literal",
            ),
            (
                "category = 1, type_id = 1, version = 2, upcast(1)",
                "expected `=`",
            ),
            (
                "category = 1, type_id = 1, version = 2, upcast = A",
                "expected parentheses",
            ),
            (
                "category = 1, type_id = 1, version = 2, upcast(0 = A)",
                "1 to 65535",
            ),
            (
                "category = 1, type_id = 1, version = 2, upcast(2 = A)",
                "below 2",
            ),
            ("category = 1, type_id = 1, upcast(1 = A)", "below 1"),
            (
                "category = 1, type_id = 1, version = 3, upcast(2 = B, 1 = A)",
                "by ascending version",
            ),
            (
                "category = 1, type_id = 1, version = 3, upcast(1 = A, 1 = B)",
                "by ascending version",
            ),
            (
                "category = 1, type_id = 1, version = 2, upcast(1 = A), upcast(1 = A)",
                "given twice",
            ),
            ("category, type_id = 1", "expected `=`"),
            ("category(1), type_id = 1", "expected `=`"),
            ("category = \"1\", type_id = 1", "expected integer literal"),
            ("category = -1, type_id = 1", "0x1 to 0xF"),
            ("category = 1u8, type_id = 1", "without a suffix"),
            ("category = 0, type_id = 1", "reserved for system"),
            ("category = 0xD, type_id = 1", "reserved for effect"),
            ("category = 16, type_id = 1", "0x1 to 0xF"),
            ("category = 99999999999999999999, type_id = 1", "0x1 to 0xF"),
            ("category = 1, type_id = 0x1000", "0x0 to 0xFFF"),
            ("category = 1, type_id = 65536", "0x0 to 0xFFF"),
            ("category = 1, type_id = 1, version = 0", "1 to 65535"),
            ("category = 1, type_id = 1, version = 65536", "1 to 65535"),
        ] {
            let definition = format!("#[batpak({keys})] struct S {{ a: u8 }}");
            let message = refusal(&definition);
            assert!(message.contains(needle), "{keys}: {message}");
        }
        for form in ["#[batpak]", "#[batpak = 1]"] {
            refusal(&format!("{form} struct S {{ a: u8 }}"));
        }
    }

    #[test]
    fn kind_and_version_are_written_into_the_implementation() {
        for (keys, category, type_id, version) in [
            ("category = 1, type_id = 0", "1u8", "0u16", "1u16"),
            (
                "type_id = 0xFFF, category = 0xF,",
                "15u8",
                "4095u16",
                "1u16",
            ),
            (
                "version = 65535, category = 0xC, type_id = 7",
                "12u8",
                "7u16",
                "65535u16",
            ),
        ] {
            let definition = format!("#[batpak({keys})] pub struct r#type {{ a: u8 }}");
            let code = derive(definition.parse().unwrap()).unwrap().to_string();
            let kind = format!("custom ({category} , {type_id})");
            assert!(code.contains(&kind), "{code}");
            assert!(
                code.contains(&format!("PAYLOAD_VERSION : u16 = {version}")),
                "{code}"
            );
            assert!(code.contains("for r#type"), "{code}");
        }
    }
}
