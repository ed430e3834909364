//! Documentation of items that a macro writes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

/// The attributes as they are written, with `default` as documentation when they hold none, so that
/// a crate which requires documentation can use the macro.
pub(crate) fn or_default(attributes: &[Attribute], default: &str) -> TokenStream {
    let is_documented = attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"));
    if is_documented {
        return quote! { #(#attributes)* };
    }
    quote! { #[doc = #default] #(#attributes)* }
}

#[cfg(test)]
mod tests {
    use super::or_default;

    #[test]
    fn what_is_documented_keeps_its_words() {
        let written: syn::Attribute = syn::parse_quote!(#[doc = "written"]);
        let other = || -> syn::Attribute { syn::parse_quote!(#[must_use]) };
        assert_eq!(
            or_default(&[other(), written], "default").to_string(),
            "# [must_use] # [doc = \"written\"]"
        );
        assert_eq!(
            or_default(&[other()], "default").to_string(),
            "# [doc = \"default\"] # [must_use]"
        );
    }
}
