//! The handler of this folder in Rust.

mod tenon;

use tenon::{Context, Error};

fn square(step: &Context) -> Result<String, Error> {
    let number = step.integer("number")?;
    if number % 2 != 0 {
        return Err(Error::permanent("ODD_NUMBER", "number must be even"));
    }
    Ok(format!("{{\"square\":{}}}", number * number))
}

tenon_plugin! {
    id: "independence.rust", version: "1.0.0",
    handlers: { "independence::rust" => square }
}
