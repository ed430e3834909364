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
    use crate::testing::refusals;

    #[test]
    fn every_other_form_is_refused_where_it_differs() {
        let body = "#[batpak(category = 1, type_id = 1)]";
        let definitions = [
            "enum E { A { a: u8 } }",
            "union U { a: u8 }",
            "struct T(u8);",
            "struct U;",
            "struct G<T> { a: T }",
            "struct L<'a> { a: &'a str }",
            "struct C<const N: usize> { a: u8 }",
            "struct W where u8: Copy { a: u8 }",
        ];
        let mut definitions = definitions
            .map(|definition| format!("{body} {definition}"))
            .to_vec();
        definitions.extend([
            format!("{body} {body} struct S {{ a: u8 }}"),
            "struct S { a: u8 }".into(),
            "#[serde(default)] struct S { a: u8 }".into(),
            "#[batpak] struct S { a: u8 }".into(),
            "#[batpak = 1] struct S { a: u8 }".into(),
        ]);
        insta::assert_snapshot!(refusals(derive, &definitions));
    }

    #[test]
    fn every_wrong_key_is_refused_where_it_stands() {
        let keys = [
            "",
            "category = 1",
            "type_id = 1",
            "category = 1, type_id = 1, upcast",
            "category = 1, type_id = 1, category = 1",
            "category = 1, type_id = 1, type_id = 2",
            "category = 1, type_id = 1, version = 1, version = 2",
            "category = 1, type_id = 1, versoin = 2",
            "category = 1, type_id = 1, a::version = 2",
            "category = 1, type_id = 1, version = 2, upcast()",
            "category = 1, type_id = 1, version = 2, upcast(A)",
            "category = 1, type_id = 1, version = 2, upcast(1)",
            "category = 1, type_id = 1, version = 2, upcast = A",
            "category = 1, type_id = 1, version = 2, upcast(0 = A)",
            "category = 1, type_id = 1, version = 2, upcast(2 = A)",
            "category = 1, type_id = 1, upcast(1 = A)",
            "category = 1, type_id = 1, version = 3, upcast(2 = B, 1 = A)",
            "category = 1, type_id = 1, version = 3, upcast(1 = A, 1 = B)",
            "category = 1, type_id = 1, version = 2, upcast(1 = A), upcast(1 = A)",
            "category, type_id = 1",
            "category(1), type_id = 1",
            r#"category = "1", type_id = 1"#,
            "category = -1, type_id = 1",
            "category = 1u8, type_id = 1",
            "category = 0, type_id = 1",
            "category = 0xD, type_id = 1",
            "category = 16, type_id = 1",
            "category = 99999999999999999999, type_id = 1",
            "category = 1, type_id = 0x1000",
            "category = 1, type_id = 65536",
            "category = 1, type_id = 1, version = 0",
            "category = 1, type_id = 1, version = 65536",
        ];
        let definitions = keys.map(|keys| format!("#[batpak({keys})] struct S {{ a: u8 }}"));
        insta::assert_snapshot!(refusals(derive, &definitions));
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
