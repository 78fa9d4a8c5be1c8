//! Fletcher's checksum of context.text: a handler that returns JSON text or an error.

#[path = "../../rust/tenon.rs"]
mod tenon;

use tenon::{json, Context, Error};

fn checksum(step: &Context) -> Result<String, Error> {
    let text = step.string("text")?;
    if text.is_empty() {
        return Err(Error::permanent("NOTHING_TO_SUM", "context.text is empty"));
    }
    step.log(2, &format!("{} bytes", text.len()));
    Ok(json::encode(&format!("{:04x}", fletcher16(text.as_bytes()))))
}

fn fletcher16(bytes: &[u8]) -> u16 {
    let (mut low, mut high) = (0u16, 0u16);
    for byte in bytes {
        low = (low + u16::from(*byte)) % 255;
        high = (high + low) % 255;
    }
    high << 8 | low
}

tenon_plugin! {
    id: "com.example.checksum", version: "1.0.0",
    handlers: { "checksum::Fletcher16" => checksum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_values() {
        assert_eq!(fletcher16(b"abcde"), 0xc8f0);
        assert_eq!(fletcher16(b"abcdef"), 0x2057);
        assert_eq!(fletcher16(b"abcdefgh"), 0x0627);
    }
}
