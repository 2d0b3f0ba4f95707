//! Pages of a list. A page token is opaque to its reader; here it is where the next page begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::world::World;

/// The most that a caller can ask for at once.
const LARGEST: usize = 1000;

#[derive(Debug, Clone, Copy)]
pub struct Pages {
    size: usize,
    /// `None` on the first page.
    from: Option<usize>,
    empty_first: bool,
}

impl Pages {
    /// From `page_size` or `max_results`, and `page_token`.
    pub fn read(world: &World, call: &Call) -> Result<Pages, Answer> {
        let asked = call.param("page_size").or_else(|| call.param("max_results"));
        let size = match asked.map(str::parse::<usize>) {
            None | Some(Ok(0)) => world.settings.page_size.max(1),
            Some(Ok(size)) => size.min(LARGEST),
            Some(Err(_)) => return Err(Answer::invalid("page_size must be a number.")),
        };
        let from = match call.param("page_token") {
            None => None,
            Some(token) => Some(offset(token).ok_or_else(|| Answer::invalid("Invalid page token."))?),
        };
        Ok(Pages { size, from, empty_first: world.settings.empty_pages })
    }

    /// One page as an answer; an empty list is left out.
    pub fn answer(self, name: &str, mut list: Vec<Value>) -> Outcome {
        let total = list.len();
        let from = self.from.unwrap_or(0).min(total);
        let empty = self.empty_first && self.from.is_none() && total > self.size;
        let until = if empty { from } else { (from + self.size).min(total) };
        let page: Vec<Value> = list.drain(from..until).collect();
        let mut answer = Map::new();
        if !page.is_empty() {
            answer.insert(name.to_owned(), page.into());
        }
        if until < total {
            answer.insert("next_page_token".to_owned(), json!(token(until)));
        }
        Ok(Value::Object(answer).into())
    }
}

fn token(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("page:{offset}"))
}

fn offset(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("page:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_whole_with_an_empty_page_first() {
        let list: Vec<Value> = (0..5).map(|n| json!(n)).collect();
        let (mut seen, mut from, mut pages) = (Vec::new(), None, 0);
        loop {
            let page =
                Pages { size: 2, from, empty_first: true }.answer("list", list.clone()).unwrap().value();
            pages += 1;
            seen.extend(page["list"].as_array().cloned().unwrap_or_default());
            match page["next_page_token"].as_str() {
                Some(token) => from = offset(token),
                None => break,
            }
        }
        assert_eq!(seen, list);
        assert_eq!(pages, 4);
    }
}
