//! What tokens cost. A model that is in no line costs an unknown sum, which is not nothing.

use serde::Deserialize;

use super::usage::Tokens;

/// Prices in US dollars per million tokens, the first line that fits counts.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    #[serde(default)]
    price: Vec<Price>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The model's name, `*` for any part of it. Dots and hyphens are the same, and so are small and large letters.
    model: String,
    input: f64,
    output: f64,
    /// Read from a cache; without it, as `input`.
    cached: Option<f64>,
    /// Written into a cache; without it, as `input`.
    written: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("{0}; see config/prices.toml")]
    Toml(String),
    #[error("the price of {0:?} is below nothing or none; give US dollars per million tokens")]
    Amount(String),
}

impl Prices {
    /// Those that come with the program.
    pub fn shipped() -> Prices {
        Prices::parse(include_str!("../../../config/prices.toml")).expect("a test reads the file")
    }

    pub fn parse(text: &str) -> Result<Prices, PriceError> {
        let prices: Prices =
            toml::from_str(text).map_err(|error| PriceError::Toml(error.message().to_owned()))?;
        for price in &prices.price {
            let amounts = [Some(price.input), Some(price.output), price.cached, price.written];
            if amounts.into_iter().flatten().any(|amount| !(0.0..=1e6).contains(&amount)) {
                return Err(PriceError::Amount(price.model.clone()));
            }
        }
        Ok(prices)
    }

    /// What these tokens cost, in thousandths of a millionth of a dollar; `None`: nobody knows.
    pub fn nano_usd(&self, model: &str, tokens: &Tokens) -> Option<u64> {
        let model = plain(model);
        let price = self.price.iter().find(|price| fits(&plain(&price.model), &model))?;
        // A dollar per million tokens is a thousand of these per token.
        let cost = |count: u64, amount: f64| count.saturating_mul((amount * 1e3).round() as u64);
        let sum = [
            cost(tokens.input, price.input),
            cost(tokens.cached, price.cached.unwrap_or(price.input)),
            cost(tokens.written, price.written.unwrap_or(price.input)),
            cost(tokens.output, price.output),
        ];
        Some(sum.into_iter().fold(0, u64::saturating_add))
    }
}

fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('.', "-")
}

/// Whether `name` is what `pattern` says, `*` standing for any text.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("gpt-5", "gpt-5", true),
            ("gpt-5", "gpt-5-mini", false),
            ("*gpt-5", "databricks-gpt-5", true),
            ("*claude-*-4-5*", "databricks-claude-sonnet-4-5-20250929", true),
            ("*a*a", "a", false),
            ("a*a", "aa", true),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn each_kind_of_token_has_its_price() {
        let prices = Prices::parse(
            "[[price]]\nmodel = \"*opus-4.5\"\ninput = 5\noutput = 25\ncached = 0.5\nwritten = 6.25\n\
             [[price]]\nmodel = \"*\"\ninput = 1.0\noutput = 2.0\n",
        )
        .unwrap();
        let tokens = Tokens { input: 1_000_000, cached: 1_000_000, written: 1_000_000, output: 1_000_000 };
        assert_eq!(prices.nano_usd("Databricks-Claude-Opus-4-5", &tokens), Some(36_750_000_000));
        assert_eq!(prices.nano_usd("another", &tokens), Some(5_000_000_000));
        let one = Tokens { cached: 1, ..Tokens::default() };
        assert_eq!(prices.nano_usd("x-opus-4-5", &one), Some(500));
    }

    #[test]
    fn an_unknown_model_does_not_cost_nothing() {
        assert_eq!(Prices::default().nano_usd("m", &Tokens::default()), None);
        assert_eq!(Prices::shipped().nano_usd("some-model", &Tokens::default()), None);
    }

    #[test]
    fn the_shipped_prices_know_what_agents_begin_with() {
        let (prices, token) = (Prices::shipped(), Tokens { output: 1, ..Tokens::default() });
        for model in [
            "databricks-claude-sonnet-4-5",
            "claude-haiku-4-5-20251001",
            "databricks-gpt-5-2",
            "gemini-2.5-pro",
        ] {
            assert!(prices.nano_usd(model, &token).is_some_and(|cost| cost > 0), "{model}");
        }
    }

    #[test]
    fn a_wrong_price_is_said() {
        for (text, word) in [
            ("[[price]]\nmodel = \"m\"\ninput = -1.0\noutput = 1.0", "below nothing"),
            ("[[price]]\nmodel = \"m\"\ninput = 1.0", "output"),
            ("[[prices]]\n", "prices"),
        ] {
            let error = Prices::parse(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
