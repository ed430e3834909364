//! Writes the implementation of `batpak::EventSourced`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::projection_attribute::{Lane, ProjectionAttributes};
use crate::shape::named_struct;

/// The implementation for the type that `input` defines.
pub(crate) fn derive(input: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    named_struct(&input, "EventSourced")?;
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

#[cfg(test)]
mod tests {
    use super::derive;
    use crate::testing::refusals;

    #[test]
    fn every_other_form_is_refused_where_it_differs() {
        let config = "#[batpak(input = RawMsgpackInput)]";
        let event = "#[batpak(event = A, handler = on_a)]";
        let whole = format!("{config} {event}");
        let definitions = [
            format!("{whole} enum E {{ A }}"),
            format!("{whole} union U {{ a: u8 }}"),
            format!("{whole} struct T(u8);"),
            format!("{whole} struct U;"),
            format!("{whole} struct G<T> {{ a: T }}"),
            format!("{whole} struct W where u8: Copy {{ a: u8 }}"),
            "struct S {}".into(),
            format!("{event} struct S {{}}"),
            format!("{config} struct S {{}}"),
            format!("{config} {whole} struct S {{}}"),
            format!("{whole} {event} struct S {{}}"),
        ];
        insta::assert_snapshot!(refusals(derive, &definitions));
    }

    #[test]
    fn every_wrong_key_is_refused_where_it_stands() {
        let keys = [
            "",
            "cache_version = 1",
            "input = Other",
            "input = JsonValueInput, input = JsonValueInput",
            "input = JsonValueInput, cache_version = 1u64",
            "input = JsonValueInput, cache_version = 18446744073709551616",
            "input = JsonValueInput, cache_version = -1",
            "event = A",
            "handler = a",
            "event = A, handler = a, event = B",
            "event = A, handler = a::b",
            "input = JsonValueInput, event = A, handler = a",
            "cache_version = 1, event = A, handler = a",
            "error = E",
            "input = JsonValueInput, handler = a",
            "event = A, handler = a, handler = b",
            "input = JsonValueInput, cache_version = 1, cache_version = 2",
            "input = JsonValueInput, error = E",
            "event = A, handler = a, error = E",
            "input",
            "event, handler = a",
            "event = Vec<A>, handler = a",
            r#"event = A, handler = "a""#,
        ];
        let definitions = keys.map(|keys| format!("#[batpak({keys})] struct S {{ a: u8 }}"));
        insta::assert_snapshot!(refusals(derive, &definitions));
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
