//! `multipart/form-data`, as far as clients of the workspace write it: names, bytes, no nesting.

use bytes::Bytes;

use crate::call::Call;

/// Name and bytes of each part; nothing when the form is broken.
pub fn parts(call: &Call) -> Option<Vec<(String, Bytes)>> {
    let kind = call.header("content-type")?;
    let boundary = kind.split("boundary=").nth(1)?.split(';').next()?.trim().trim_matches('"');
    let (first, next) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let body = &call.body;
    let mut at = find(body, first.as_bytes(), 0)? + first.len();
    let mut parts = Vec::new();
    while body.get(at..at + 2) == Some(b"\r\n") {
        let head_end = find(body, b"\r\n\r\n", at)?;
        let end = find(body, next.as_bytes(), head_end)?;
        let head = String::from_utf8_lossy(&body[at..head_end]).into_owned();
        parts.push((name(&head)?, body.slice(head_end + 4..end.max(head_end + 4))));
        at = end + next.len();
    }
    Some(parts)
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}

fn name(head: &str) -> Option<String> {
    let rest = head.split("; name=\"").nth(1)?;
    Some(rest.split('"').next()?.to_owned())
}
