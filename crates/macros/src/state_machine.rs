//! Writes the states of a machine and the transitions between them.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, Result, Token, Type, Visibility, braced};

use crate::documentation::or_default;

mod keyword {
    syn::custom_keyword!(by);
}

/// The trait of the machine, a type for each state, and what says which becomes which.
pub(crate) fn define(input: TokenStream) -> Result<TokenStream> {
    let machine: Machine = syn::parse2(input)?;
    machine.check()?;
    let Machine {
        attributes,
        visibility,
        name,
        states,
        ..
    } = &machine;
    let seal = format_ident!("__sealed_{}", name.to_string().to_lowercase());
    let attributes = or_default(attributes, &format!("The states of `{name}`."));
    let stranger = format!("`{{Self}}` is no state of `{name}`");
    let refusal = quote! { #[diagnostic::on_unimplemented(message = #stranger)] };
    let transitions = machine.transitions();
    let states = states.iter().map(|state| {
        let (state, text) = (&state.name, state.name.to_string());
        quote! {
            impl ::batpak::typestate::__sealed::Marker for #state {}
            impl ::batpak::typestate::StateMarker for #state {
                const NAME: &'static str = #text;
            }
            impl #seal::Sealed for #state {}
            impl #name for #state {}
        }
    });
    let types = machine.states.iter().map(|state| {
        let State { attributes, name } = state;
        let default = format!("A state of [`{}`].", machine.name);
        let attributes = or_default(attributes, &default);
        quote! {
            #attributes
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            #visibility struct #name;
        }
    });
    Ok(quote! {
        #attributes
        #refusal
        #visibility trait #name: ::batpak::typestate::StateMarker + #seal::Sealed {}
        #[doc(hidden)]
        mod #seal {
            #refusal
            pub trait Sealed {}
        }
        #(#types)*
        #(#states)*
        #transitions
    })
}

/// `vis Name { State, .. } From => To by Event, ..`
struct Machine {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    states: Punctuated<State, Token![,]>,
    edges: Vec<Edge>,
}

struct State {
    attributes: Vec<Attribute>,
    name: Ident,
}

/// `From => To by Event`
struct Edge {
    from: Ident,
    to: Ident,
    event: Option<Type>,
}

impl Machine {
    fn check(&self) -> Result<()> {
        let (machine, names) = (&self.name, || self.states.iter().map(|state| &state.name));
        if self.states.is_empty() {
            let text = format!("`{machine}` needs a state: `{machine} {{ Open, Closed }}`");
            return Err(Error::new_spanned(machine, text));
        }
        for (index, name) in names().enumerate() {
            if name == machine {
                let text = format!("the state `{name}` has the name of its machine");
                return Err(Error::new_spanned(name, text));
            }
            if names().take(index).any(|other| other == name) {
                let text = format!("the state `{name}` is listed twice");
                return Err(Error::new_spanned(name, text));
            }
        }
        for (index, edge) in self.edges.iter().enumerate() {
            for end in [&edge.from, &edge.to] {
                if !names().any(|name| name == end) {
                    let text = format!("`{end}` is no state of `{machine}`");
                    return Err(Error::new_spanned(end, text));
                }
            }
            let earlier = self.edges.iter().take(index);
            edge.check_against(earlier.filter(|other| other.joins(edge)))?;
        }
        Ok(())
    }

    /// What says which state becomes which: what is listed, or everything when nothing is.
    fn transitions(&self) -> TokenStream {
        let machine = &self.name;
        if self.edges.is_empty() {
            let states = self.states.iter().map(|state| &state.name);
            return quote! {
                #(
                    impl<__To: #machine> ::batpak::typestate::Becomes<__To> for #states {}
                    impl<__To: #machine, __P> ::batpak::typestate::BecomesBy<__To, __P> for #states {}
                )*
            };
        }
        let implementations = self.edges.iter().enumerate().map(|(index, edge)| {
            let Edge { from, to, event } = edge;
            let is_first = !self.edges.iter().take(index).any(|other| other.joins(edge));
            let becomes = is_first.then(|| {
                quote! { impl ::batpak::typestate::Becomes<#to> for #from {} }
            });
            let by = match event {
                Some(event) => quote! {
                    impl ::batpak::typestate::BecomesBy<#to, #event> for #from {}
                },
                None => quote! {
                    impl<__P> ::batpak::typestate::BecomesBy<#to, __P> for #from {}
                },
            };
            quote! { #becomes #by }
        });
        implementations.collect()
    }
}

impl Edge {
    /// Whether both lead from the same state to the same state.
    fn joins(&self, other: &Edge) -> bool {
        (&self.from, &self.to) == (&other.from, &other.to)
    }

    /// Several events may make one transition, each of them once; without an event, any makes it.
    fn check_against<'a>(&self, mut earlier: impl Iterator<Item = &'a Edge>) -> Result<()> {
        let text = |event: &Option<Type>| event.to_token_stream().to_string();
        let clash = earlier.find(|other| {
            other.event.is_none() || self.event.is_none() || text(&other.event) == text(&self.event)
        });
        if clash.is_none() {
            return Ok(());
        }
        let Edge { from, to, .. } = self;
        Err(Error::new_spanned(
            from,
            format!("`{from} => {to}` is listed twice"),
        ))
    }
}

impl Parse for Machine {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let name = input.parse()?;
        let body;
        braced!(body in input);
        let states = body.parse_terminated(State::parse, Token![,])?;
        let edges = input.parse_terminated(Edge::parse, Token![,])?;
        Ok(Machine {
            attributes,
            visibility,
            name,
            states,
            edges: edges.into_iter().collect(),
        })
    }
}

impl Parse for State {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(State {
            attributes: input.call(Attribute::parse_outer)?,
            name: input.parse()?,
        })
    }
}

impl Parse for Edge {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let from = input.parse()?;
        input.parse::<Token![=>]>()?;
        let to = input.parse()?;
        let event = match input.parse::<Option<keyword::by>>()? {
            Some(by) if input.is_empty() => {
                let text = format!("the event is missing: `{from} => {to} by Event`");
                return Err(Error::new(by.span, text));
            }
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Edge { from, to, event })
    }
}

#[cfg(test)]
mod tests {
    use super::define;
    use crate::testing::refusals;

    #[test]
    fn every_other_form_is_refused_where_it_differs() {
        let definitions = [
            "",
            "pub Door",
            "Door {}",
            "Door { Open, Door }",
            "Door { Open, Closed, Open }",
            "Door { Open(u8) }",
            "Door { Open } Open => Ajar",
            "Door { Open } Ajar => Open",
            "Door { Open } Open -> Open",
            "Door { Open } Open => Open via E",
            "Door { Open } Open => Open by",
            "Door { Open } Open => Open, Open => Open",
            "Door { Open } Open => Open by a::E, Open => Open by a::E",
            "Door { Open } Open => Open by E, Open => Open",
        ];
        insta::assert_snapshot!(refusals(define, &definitions));
    }

    #[test]
    fn transitions_are_those_that_are_listed_or_all() {
        let code = |definition: &str| define(definition.parse().unwrap()).unwrap().to_string();
        let listed =
            code("pub Door { Open, Closed, } Open => Closed by Shut, Open => Closed by Slam,");
        for (needle, times) in [
            ("Becomes < Closed > for Open", 1),
            ("BecomesBy < Closed , Shut > for Open", 1),
            ("BecomesBy < Closed , Slam > for Open", 1),
            ("for Closed { const NAME", 1),
            ("BecomesBy <", 2),
        ] {
            assert_eq!(listed.matches(needle).count(), times, "{needle}: {listed}");
        }
        let free = code("Door { Open, Closed }");
        assert_eq!(free.matches("impl < __To : Door > ").count(), 2, "{free}");
    }
}
