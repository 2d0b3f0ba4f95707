//! The table that a run prints.

use std::fmt;

/// A bound, and which side of it is good.
#[derive(Clone, Copy)]
pub enum Budget {
    /// The value, or the ratio if there is one, is at most this.
    AtMost(f64),
    AtLeast(f64),
    /// For information.
    None,
}

pub struct Row {
    pub what: String,
    pub measured: String,
    pub baseline: String,
    /// Measured against the baseline.
    pub ratio: Option<f64>,
    /// What the budget speaks of, when it is not the ratio.
    pub value: Option<f64>,
    pub budget: Budget,
    /// The budget in words.
    pub words: String,
}

impl Row {
    /// A row for information.
    pub fn new(what: impl Into<String>, measured: impl Into<String>) -> Row {
        Row {
            what: what.into(),
            measured: measured.into(),
            baseline: "–".to_owned(),
            ratio: None,
            value: None,
            budget: Budget::None,
            words: "–".to_owned(),
        }
    }

    pub fn against(mut self, baseline: impl Into<String>, ratio: f64) -> Row {
        self.baseline = baseline.into();
        self.ratio = Some(ratio);
        self
    }

    /// The ratio is bounded.
    pub fn bound(mut self, budget: Budget, words: impl Into<String>) -> Row {
        self.budget = budget;
        self.words = words.into();
        self
    }

    /// The value is bounded.
    pub fn bound_value(mut self, value: f64, budget: Budget, words: impl Into<String>) -> Row {
        self.value = Some(value);
        self.bound(budget, words)
    }

    fn verdict(&self) -> &'static str {
        let Some(value) = self.value.or(self.ratio) else { return "–" };
        match self.budget {
            Budget::None => "–",
            Budget::AtMost(most) if value <= most => "yes",
            Budget::AtLeast(least) if value >= least => "yes",
            Budget::AtMost(_) | Budget::AtLeast(_) => "NO",
        }
    }

    fn cells(&self) -> [String; 6] {
        let ratio = self.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        let verdict = self.verdict().to_owned();
        [self.what.clone(), self.measured.clone(), self.baseline.clone(), ratio, self.words.clone(), verdict]
    }
}

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub fn row(&mut self, row: Row) {
        eprintln!("    {}", row.cells().join(" · "));
        self.rows.push(row);
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "measured", "baseline", "ratio", "budget", "met?"].map(str::to_owned);
        let mut lines = vec![head];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        writeln!(f)?;
        for (number, line) in lines.iter().enumerate() {
            let cells: Vec<String> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(f, "| {} |", cells.join(" | "))?;
            if number == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
                writeln!(f, "|{}|", rules.join("|"))?;
            }
        }
        writeln!(f)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "* {note}"))
    }
}
