//! The Tenon plugin ABI for Rust, in one file and without crates: copy it beside your plugin, or
//! `include!` it from where the SDK is installed. It needs rustc 1.63 and edition 2021.
//!
//! A handler is a function `fn(&Context) -> Result<String, Error>` that returns JSON text; `tenon_plugin!`
//! makes a plugin of some. A panic fails the step; it keeps the plugin in memory after a reload.

#![allow(dead_code)]

use std::os::raw::{c_char, c_void};

/// The C half, as in `tenon/abi/*.h`.
pub mod abi {
    use super::*;

    pub const OK: i32 = 0;
    pub const FAILED: i32 = 1;
    pub const YIELD: i32 = 2;
    pub const E_CANCELLED: i32 = -1;

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct Str {
        pub ptr: *const u8,
        pub len: u64,
    }

    #[repr(C)]
    pub struct Call {
        _private: [u8; 0],
    }

    #[repr(C)]
    pub struct StepError {
        pub size: u32,
        pub retryable: i32,
        pub message: Str,
        pub error_type: Str,
        pub error_code: Str,
        pub context_json: Str,
        pub retry_after_ms: i64,
    }

    #[repr(C)]
    pub struct Dependency {
        pub name: Str,
        pub result_json: Str,
    }

    #[repr(C)]
    pub struct CallApi {
        pub size: u32,
        pub reserved: u32,
        pub set_result: unsafe extern "C" fn(*mut Call, Str) -> i32,
        pub reserve_result: unsafe extern "C" fn(*mut Call, u64, *mut *mut u8) -> i32,
        pub set_error: unsafe extern "C" fn(*mut Call, *const StepError) -> i32,
        pub result_of: unsafe extern "C" fn(*mut Call, Str, *mut Str) -> i32,
        pub cancel_reason: unsafe extern "C" fn(*const Call) -> i32,
        pub log: unsafe extern "C" fn(*mut Call, i32, Str, Str),
        pub complete: unsafe extern "C" fn(*mut Call, i32) -> i32,
        pub get_extension: unsafe extern "C" fn(*mut Call, *const c_char) -> *const c_void,
    }

    #[repr(C)]
    pub struct Step {
        pub size: u32,
        pub attempt: u32,
        pub max_attempts: u32,
        pub flags: u32,
        pub callable: Str,
        pub method: Str,
        pub task_uuid: Str,
        pub step_uuid: Str,
        pub step_name: Str,
        pub namespace_name: Str,
        pub correlation_id: Str,
        pub traceparent: Str,
        pub context_json: Str,
        pub initialization_json: Str,
        pub checkpoint_json: Str,
        pub dependencies: *const Dependency,
        pub dependency_count: u32,
        pub dependency_stride: u32,
        pub deadline_mono_ns: i64,
        pub api: *const CallApi,
    }

    #[repr(C)]
    pub struct Handler {
        pub size: u32,
        pub flags: u32,
        pub callable: *const u8,
        pub methods: *const u8,
        pub input_schema: *const u8,
        pub result_schema: *const u8,
        pub doc: *const u8,
        pub max_concurrency: u32,
        pub default_timeout_ms: u32,
        pub user: *mut c_void,
        pub create: Option<unsafe extern "C" fn()>,
        pub call: unsafe extern "C" fn(*mut c_void, *mut Call, *const Step) -> i32,
        pub destroy: Option<unsafe extern "C" fn()>,
    }

    #[repr(C)]
    pub struct Plugin {
        pub size: u32,
        pub magic: u32,
        pub abi_major: u16,
        pub abi_minor: u16,
        pub flags: u32,
        pub id: *const u8,
        pub version: *const u8,
        pub vendor: *const u8,
        pub sdk: *const u8,
        pub init: Option<unsafe extern "C" fn()>,
        pub handlers: unsafe extern "C" fn(*mut *const *const Handler) -> u32,
        pub selftest: Option<unsafe extern "C" fn()>,
        pub quiesce: Option<unsafe extern "C" fn()>,
        pub deinit: Option<unsafe extern "C" fn()>,
        pub get_extension: Option<unsafe extern "C" fn()>,
    }

    #[repr(C, align(4))]
    pub struct Note<const N: usize> {
        pub name_size: u32,
        pub value_size: u32,
        pub kind: u32,
        pub owner: [u8; 8],
        pub value: [u8; N],
    }

    // They hold constants only.
    unsafe impl Sync for Handler {}
    unsafe impl Sync for Plugin {}

    use std::mem::size_of;
    const _: () = assert!(size_of::<StepError>() == 80);
    const _: () = assert!(size_of::<CallApi>() == 72);
    const _: () = assert!(size_of::<Step>() == 224);
    const _: () = assert!(size_of::<Handler>() == 88);
    const _: () = assert!(size_of::<Plugin>() == 96);

    /// `text` and zeros.
    pub const fn padded<const N: usize>(text: &str) -> [u8; N] {
        let bytes = text.as_bytes();
        let mut value = [0; N];
        let mut i = 0;
        while i < bytes.len() {
            value[i] = bytes[i];
            i += 1;
        }
        value
    }

    pub const fn note<const N: usize>(kind: u32, value: [u8; N]) -> Note<N> {
        Note { name_size: 6, value_size: N as u32, kind, owner: *b"Tenon\0\0\0", value }
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    pub message: String,
    pub code: String,
    /// None: the template decides.
    pub retryable: Option<bool>,
    /// Negative: the template's backoff.
    pub retry_after_ms: i64,
}

impl Error {
    /// No further attempt can succeed.
    pub fn permanent(code: &str, message: impl Into<String>) -> Error {
        let message = message.into();
        Error { message, code: code.into(), retryable: Some(false), retry_after_ms: -1 }
    }

    /// The reason may pass.
    pub fn retryable(code: &str, message: impl Into<String>) -> Error {
        Error { retryable: Some(true), ..Error::permanent(code, message) }
    }
}

/// One execution of one step: what it is given, and what the host does for it.
pub struct Context<'a> {
    call: *mut abi::Call,
    step: &'a abi::Step,
}

impl<'a> Context<'a> {
    fn text_of(&self, text: abi::Str) -> &'a str {
        if text.ptr.is_null() {
            return "";
        }
        // The host promises UTF-8 that lives as long as the call.
        unsafe {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(text.ptr, text.len as usize))
        }
    }

    fn api(&self) -> &abi::CallApi {
        unsafe { &*self.step.api }
    }

    /// The task's context, a JSON object.
    pub fn context(&self) -> &'a str {
        self.text_of(self.step.context_json)
    }

    /// The handler's part of the template, a JSON object.
    pub fn initialization(&self) -> &'a str {
        self.text_of(self.step.initialization_json)
    }

    pub fn method(&self) -> &'a str {
        self.text_of(self.step.method)
    }

    pub fn attempt(&self) -> u32 {
        self.step.attempt
    }

    /// A field of the task's context as JSON text.
    pub fn field(&self, name: &str) -> Result<&'a str, Error> {
        json::member(self.context(), name).ok_or_else(|| {
            let message = format!("context.{} is required but missing", name);
            Error::permanent("VALIDATION_ERROR", message)
        })
    }

    pub fn integer(&self, name: &str) -> Result<i64, Error> {
        let text = self.field(name)?;
        text.parse().map_err(|_| self.unexpected(name, text, "an integer"))
    }

    pub fn string(&self, name: &str) -> Result<String, Error> {
        let text = self.field(name)?;
        json::decode(text).ok_or_else(|| self.unexpected(name, text, "a string"))
    }

    fn unexpected(&self, name: &str, found: &str, expected: &str) -> Error {
        let found: String = found.chars().take(60).collect();
        let message = format!("context.{} is {}: expected {}", name, found, expected);
        Error::permanent("VALIDATION_ERROR", message)
    }

    /// The result of an ancestor, as JSON text.
    pub fn dependency(&self, step_name: &str) -> Option<&'a str> {
        let mut found = abi::Str { ptr: std::ptr::null(), len: 0 };
        let status = unsafe { (self.api().result_of)(self.call, view(step_name), &mut found) };
        if status == abi::OK { Some(self.text_of(found)) } else { None }
    }

    /// Whether the call should stop; look at it in long loops.
    pub fn cancelled(&self) -> bool {
        unsafe { (self.api().cancel_reason)(self.call) != 0 }
    }

    /// One line of log: 0 (trace) to 4 (error).
    pub fn log(&self, level: i32, message: &str) {
        unsafe { (self.api().log)(self.call, level, view(message), view("")) }
    }
}

fn view(text: &str) -> abi::Str {
    abi::Str { ptr: text.as_ptr(), len: text.len() as u64 }
}

/// As little JSON as handlers need; for more, use a crate.
pub mod json {
    fn skip_space(text: &str) -> &str {
        text.trim_start_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
    }

    /// The first value of `text` and what follows it.
    fn split(text: &str) -> (&str, &str) {
        let text = skip_space(text);
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        for (at, letter) in text.char_indices() {
            if quoted {
                quoted = escaped || letter != '"';
                escaped = !escaped && letter == '\\';
                if !quoted && depth == 0 {
                    return text.split_at(at + 1);
                }
                continue;
            }
            match letter {
                '"' => quoted = true,
                '{' | '[' => depth += 1,
                '}' | ']' if depth > 1 => depth -= 1,
                '}' | ']' if depth == 1 => return text.split_at(at + 1),
                ',' | ':' | '}' | ']' | ' ' | '\n' | '\r' | '\t' if depth == 0 => {
                    return text.split_at(at)
                }
                _ => {}
            }
        }
        (text, "")
    }

    /// A member of an object, as JSON text.
    pub fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
        let mut rest = skip_space(object).strip_prefix('{')?;
        while skip_space(rest).starts_with('"') {
            let (key, after) = split(rest);
            let (value, after) = split(skip_space(after).strip_prefix(':')?);
            if decode(key).as_deref() == Some(name) {
                return Some(value);
            }
            rest = skip_space(after).strip_prefix(',').unwrap_or("");
        }
        None
    }

    /// What a JSON string says.
    pub fn decode(literal: &str) -> Option<String> {
        let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
        let mut units: Vec<u16> = Vec::new();
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            let decoded = match letter {
                '\\' => match letters.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let digits: String = letters.by_ref().take(4).collect();
                        units.push(u16::from_str_radix(&digits, 16).ok()?);
                        continue;
                    }
                    other => other,
                },
                other => other,
            };
            units.extend_from_slice(decoded.encode_utf16(&mut [0; 2]));
        }
        String::from_utf16(&units).ok()
    }

    /// `text` as a JSON string.
    pub fn encode(text: &str) -> String {
        let mut literal = String::from("\"");
        for letter in text.chars() {
            match letter {
                '"' => literal.push_str("\\\""),
                '\\' => literal.push_str("\\\\"),
                control if (control as u32) < 0x20 => {
                    literal.push_str(&format!("\\u{:04x}", control as u32))
                }
                other => literal.push(other),
            }
        }
        literal.push('"');
        literal
    }
}

/// Runs a handler so that nothing it does wrong gets out. Used by `tenon_plugin!`.
pub fn run(
    call: *mut abi::Call,
    step: *const abi::Step,
    handler: fn(&Context) -> Result<String, Error>,
) -> i32 {
    let context = Context { call, step: unsafe { &*step } };
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| handler(&context)));
    let error = match outcome {
        Ok(Ok(json)) => return unsafe { (context.api().set_result)(call, view(&json)) },
        Ok(Err(_)) if context.cancelled() => return abi::E_CANCELLED,
        Ok(Err(error)) => error,
        Err(panic) => {
            let words = panic.downcast_ref::<&str>().map(|text| text.to_string());
            let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
            Error {
                message: words.unwrap_or_else(|| "the handler panicked".into()),
                code: "PANIC".into(),
                retryable: None,
                retry_after_ms: -1,
            }
        }
    };
    let raw = abi::StepError {
        size: std::mem::size_of::<abi::StepError>() as u32,
        retryable: error.retryable.map_or(-1, |yes| yes as i32),
        message: view(&error.message),
        error_type: view("Error"),
        error_code: view(&error.code),
        context_json: view(""),
        retry_after_ms: error.retry_after_ms,
    };
    unsafe { (context.api().set_error)(call, &raw) };
    abi::FAILED
}

/// Makes this cdylib a plugin:
///
/// ```text
/// tenon_plugin! {
///     id: "com.example.shop", version: "1.0.0",
///     handlers: { "shop::Charge" => charge, "shop::Receipt" => receipt }
/// }
/// ```
#[macro_export]
macro_rules! tenon_plugin {
    (id: $id:literal, version: $version:literal,
     handlers: { $($callable:literal => $handler:path),+ $(,)? }) => {
        mod tenon_plugin_entry {
            use super::*;
            use $crate::tenon::abi;

            const IDENTITY: &str = concat!($id, "\0", $version, "\0", "rust 0.1.0", "\0");
            const IDENTITY_SIZE: usize = (IDENTITY.len() + 3) & !3;
            #[used]
            #[link_section = ".note.tenon"]
            static IDENTITY_NOTE: abi::Note<IDENTITY_SIZE> = abi::note(3, abi::padded(IDENTITY));
            // Major 1, minor 0 and the size of the entry struct, 96.
            #[used]
            #[link_section = ".note.tenon"]
            static ABI_NOTE: abi::Note<8> = abi::note(1, [1, 0, 0, 0, 96, 0, 0, 0]);
            $(const _: () = {
                const SIZE: usize = ($callable.len() + 4) & !3;
                #[used]
                #[link_section = ".note.tenon"]
                static NOTE: abi::Note<SIZE> = abi::note(2, abi::padded($callable));
            };)+

            const COUNT: usize = [$($callable),+].len();
            struct Table([&'static abi::Handler; COUNT]);
            static TABLE: Table = Table([$({
                unsafe extern "C" fn call(
                    _instance: *mut std::os::raw::c_void,
                    call: *mut abi::Call,
                    step: *const abi::Step,
                ) -> i32 {
                    $crate::tenon::run(call, step, $handler)
                }
                static HANDLER: abi::Handler = abi::Handler {
                    size: std::mem::size_of::<abi::Handler>() as u32,
                    flags: 1,
                    callable: concat!($callable, "\0").as_ptr(),
                    methods: std::ptr::null(),
                    input_schema: std::ptr::null(),
                    result_schema: std::ptr::null(),
                    doc: std::ptr::null(),
                    max_concurrency: 0,
                    default_timeout_ms: 0,
                    user: std::ptr::null_mut(),
                    create: None,
                    call,
                    destroy: None,
                };
                &HANDLER
            }),+]);

            unsafe extern "C" fn handlers(table: *mut *const *const abi::Handler) -> u32 {
                *table = TABLE.0.as_ptr() as *const *const abi::Handler;
                COUNT as u32
            }

            #[no_mangle]
            #[allow(non_upper_case_globals)]
            pub static tenon_plugin_v1: abi::Plugin = abi::Plugin {
                size: std::mem::size_of::<abi::Plugin>() as u32,
                magic: 0x4e4e_4554,
                abi_major: 1,
                abi_minor: 0,
                flags: 0,
                id: concat!($id, "\0").as_ptr(),
                version: concat!($version, "\0").as_ptr(),
                vendor: std::ptr::null(),
                sdk: "rust 0.1.0\0".as_ptr(),
                init: None,
                handlers,
                selftest: None,
                quiesce: None,
                deinit: None,
                get_extension: None,
            };
        }
    };
}
