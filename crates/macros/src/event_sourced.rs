//! Writes the implementation of `batpak::EventSourced`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::projection_attribute::{Lane, ProjectionAttributes};

/// The implementation for the type that `input` defines.
pub(crate) fn derive(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    check_shape(&input)?;
    let attributes = ProjectionAttributes::find(&input.attrs, input.ident.span())?;
    let ProjectionAttributes {
        input: lane,
        cache_version,
        ..
    } = &attributes;
    let name = &input.ident;
    let payloads = attributes.events.iter().map(|(payload, _)| payload);
    let signatures = attributes.events.iter().map(|(payload, handler)| {
        // Points at the handler, by its own span, when its signature is another one.
        quote! { let _: fn(&mut #name, &#payload) = #name::#handler; }
    });
    let apply = route(
        &attributes,
        &quote!(::batpak::event::DecodeTyped::decode_typed(event)?),
    );
    let replay = replay(&attributes);
    Ok(quote! {
        #[automatically_derived]
        impl ::batpak::EventSourced for #name {
            type Input = #lane;

            fn from_events(
                events: &[::batpak::event::ProjectionEvent<Self>],
            ) -> ::core::option::Option<Self> {
                if events.is_empty() {
                    return ::core::option::Option::None;
                }
                let mut state = <Self as ::core::default::Default>::default();
                for event in events {
                    ::batpak::EventSourced::try_apply_event(&mut state, event).ok()?;
                }
                ::core::option::Option::Some(state)
            }

            fn apply_event(&mut self, event: &::batpak::event::ProjectionEvent<Self>) {
                let _ = ::batpak::EventSourced::try_apply_event(self, event);
            }

            fn relevant_event_kinds() -> &'static [::batpak::EventKind] {
                const KINDS: &[::batpak::EventKind] = ::batpak::__private::distinct_kinds(
                    &[#(<#payloads as ::batpak::EventPayload>::KIND),*],
                );
                KINDS
            }

            fn schema_version() -> u64 {
                #cache_version
            }

            fn supports_incremental_apply() -> bool {
                true
            }

            fn initial_state() -> ::core::option::Option<Self> {
                ::core::option::Option::Some(<Self as ::core::default::Default>::default())
            }

            fn try_apply_event(
                &mut self,
                event: &::batpak::event::ProjectionEvent<Self>,
            ) -> ::core::result::Result<(), ::batpak::event::TypedDecodeError> {
                let kind = event.event_kind();
                #apply
            }

            #replay
        }

        const _: () = {
            #[automatically_derived]
            fn __batpak_handler_signatures() {
                #(#signatures)*
            }
            let _ = __batpak_handler_signatures;
        };
    })
}

/// Raw payloads are decoded where they lie; JSON values have to be made.
fn replay(attributes: &ProjectionAttributes) -> Option<TokenStream> {
    if attributes.lane == Lane::Json {
        return None;
    }
    let route = route(attributes, &quote!(event.decode()?));
    Some(quote! {
        #[inline]
        fn replay_event(
            &mut self,
            event: &::batpak::store::EventRef<'_>,
            _: &mut ::batpak::event::ReplayBuffer<Self::Input>,
        ) -> ::core::result::Result<(), ::batpak::event::TypedDecodeError> {
            let kind = event.kind();
            #route
        }
    })
}

/// Decodes the event of each kind and gives it to its handler. Kinds without a handler are passed over.
fn route(attributes: &ProjectionAttributes, decode: &TokenStream) -> TokenStream {
    let arms = attributes.events.iter().map(|(payload, handler)| {
        quote! {
            if kind == <#payload as ::batpak::EventPayload>::KIND {
                let payload: #payload = #decode;
                self.#handler(&payload);
                return ::core::result::Result::Ok(());
            }
        }
    });
    quote! {
        #(#arms)*
        ::core::result::Result::Ok(())
    }
}

/// A projection is a struct with named fields and no generics, so that a cached state is of one type.
fn check_shape(input: &DeriveInput) -> Result<()> {
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
        return Err(Error::new_spanned(
            &input.ident,
            format!("EventSourced needs a struct with named fields, this is {shape}"),
        ));
    }
    let generics = &input.generics;
    if !generics.params.is_empty() || generics.where_clause.is_some() {
        return Err(Error::new_spanned(
            &input.ident,
            "EventSourced needs a type without generics",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::derive;

    #[test]
    fn everything_but_the_documented_form_is_refused() {
        let config = "#[batpak(input = RawMsgpackInput)]";
        let event = "#[batpak(event = A, handler = on_a)]";
        let body = format!("{config} {event}");
        for (definition, needle) in [
            (format!("{body} enum E {{ A }}"), "this is an enum"),
            (format!("{body} union U {{ a: u8 }}"), "this is a union"),
            (format!("{body} struct T(u8);"), "this is a tuple struct"),
            (format!("{body} struct U;"), "this is a unit struct"),
            (format!("{body} struct G<T> {{ a: T }}"), "without generics"),
            (
                format!("{body} struct W where u8: Copy {{ a: u8 }}"),
                "without generics",
            ),
            (
                format!("{event} struct S {{}}"),
                "missing `#[batpak(input = RawMsgpackInput)]`",
            ),
            (
                format!("{config} struct S {{}}"),
                "missing `#[batpak(event = Type, handler = function)]`",
            ),
            (
                format!("{config} {body} struct S {{}}"),
                "only one `#[batpak(input = ..)]`",
            ),
            (
                format!("{body} {event} struct S {{}}"),
                "has a handler already",
            ),
        ] {
            refused(&definition, needle);
        }
    }

    #[test]
    fn every_key_is_checked() {
        for (keys, needle) in [
            ("", "missing `input = ..`"),
            ("cache_version = 1", "missing `input = ..`"),
            ("input = Other", "`JsonValueInput` or `RawMsgpackInput`"),
            (
                "input = JsonValueInput, input = JsonValueInput",
                "given twice",
            ),
            (
                "input = JsonValueInput, cache_version = 1u64",
                "cache_version is a number",
            ),
            (
                "input = JsonValueInput, cache_version = 18446744073709551616",
                "cache_version is a number",
            ),
            (
                "input = JsonValueInput, cache_version = -1",
                "cache_version is a number",
            ),
            ("event = A", "missing `handler = function`"),
            ("handler = a", "missing `event = Type`"),
            ("event = A, handler = a, event = B", "given twice"),
            ("event = A, handler = a::b", "expected `,`"),
            (
                "input = JsonValueInput, event = A, handler = a",
                "an attribute of their own",
            ),
            (
                "cache_version = 1, event = A, handler = a",
                "an attribute of their own",
            ),
            ("error = E", "unknown key"),
        ] {
            let definition = format!("#[batpak({keys})] struct S {{ a: u8 }}");
            refused(&definition, needle);
        }
    }

    fn refused(definition: &str, needle: &str) {
        match derive(definition.parse().unwrap()) {
            Ok(code) => panic!("{definition} is accepted: {code}"),
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains(needle), "{definition}: {message}");
            }
        }
    }

    #[test]
    fn raw_payloads_are_read_in_place_and_json_is_made() {
        for (input, in_place) in [
            ("batpak::event::RawMsgpackInput", true),
            ("JsonValueInput", false),
        ] {
            let definition = format!(
                "#[batpak(cache_version = 7, input = {input})] \
                 #[batpak(handler = on_a, event = m::A)] struct S {{ a: u8 }}"
            );
            let code = derive(definition.parse().unwrap()).unwrap().to_string();
            assert_eq!(code.contains("fn replay_event"), in_place, "{code}");
            assert!(code.contains("7u64"), "{code}");
            assert!(
                code.contains("m :: A as :: batpak :: EventPayload"),
                "{code}"
            );
        }
    }
}
