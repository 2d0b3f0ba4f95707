//! Secrets in the environment of this process: taken out before anything else runs.
//!
//! What a process was started with can be read in `/proc/<pid>/environ` for as long as it lives, also after a variable
//! was removed. So its value is wiped where it lies.

use std::collections::BTreeMap;
use std::ffi::CString;

/// Takes these variables out of the environment: neither children nor `/proc` show them any more.
///
/// To be called first, while there is one thread.
pub fn take(names: &[&str]) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    for &name in names {
        let Some(value) = std::env::var_os(name) else { continue };
        wipe(name);
        // SAFETY: there is no other thread yet that could read the environment.
        unsafe { std::env::remove_var(name) };
        if let Some(value) = value.to_str().map(str::trim).filter(|value| !value.is_empty()) {
            taken.insert(name.to_owned(), value.to_owned());
        }
    }
    taken
}

/// Sets these variables for this process and all that it starts.
///
/// To be called while there is one thread.
pub fn add(variables: Vec<(&'static str, String)>) {
    for (name, value) in variables {
        // SAFETY: there is no other thread yet that could read the environment.
        unsafe { std::env::set_var(name, value) };
    }
}

fn wipe(name: &str) {
    let Ok(name) = CString::new(name) else { return };
    // SAFETY: the pointer is null or leads to a string in this process's own, writable environment, whose bytes up to
    // its NUL are overwritten; no other thread reads it yet.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        if !value.is_null() {
            std::ptr::write_bytes(value, 0, libc::strlen(value));
        }
    }
}
