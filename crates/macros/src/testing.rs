//! What a macro says about wrong definitions, and where it points.

use proc_macro2::TokenStream;
use syn::Result;

/// Each definition, a line for each, with what is said about it below the place that it is said of.
pub(crate) fn refusals(
    expand: fn(TokenStream) -> Result<TokenStream>,
    definitions: &[impl AsRef<str>],
) -> String {
    let mut text = String::new();
    for definition in definitions.iter().map(AsRef::as_ref) {
        let error = match expand(definition.parse().unwrap()) {
            Ok(code) => panic!("{definition} is accepted: {code}"),
            Err(error) => error,
        };
        let (start, end) = (error.span().start().column, error.span().end().column);
        let mark = "^".repeat(end.saturating_sub(start).max(1));
        text.push_str(&format!("{definition}\n{:start$}{mark} {error}\n\n", ""));
    }
    text
}
