//! Handlers of the plugin @NAME@. A handler is given a step and returns JSON text, or an error.

mod tenon;

use tenon::{json, Context, Error};

fn greet(step: &Context) -> Result<String, Error> {
    let name = step.string("name")?;
    step.log(2, "greeting somebody");
    Ok(greeting(&name))
}

fn greeting(name: &str) -> String {
    json::encode(&format!("hello, {}", name))
}

tenon_plugin! {
    id: "com.example.@NAME@", version: "1.0.0",
    handlers: { "@NAME@::Greet" => greet }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_by_name() {
        assert_eq!(greeting("world"), r#""hello, world""#);
        assert_eq!(greeting("\"Q\""), r#""hello, \"Q\"""#);
    }

    #[test]
    fn finds_members() {
        let context = r#"{"a": {"name": 1}, "name": "w\u00f6rld", "n": 7}"#;
        assert_eq!(json::member(context, "name").and_then(json::decode).unwrap(), "w\u{f6}rld");
        assert_eq!(json::member(context, "n"), Some("7"));
        assert_eq!(json::member(context, "missing"), None);
    }
}
