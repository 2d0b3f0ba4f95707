//! The screen as HTML: one `pre` with styles inside, to be pasted anywhere.

use std::fmt::Write;
use std::ops::Range;

use super::cell::{self, COLOR, COLOR_16, COLOR_256, COLOR_MODE, COLOR_RGB, Style};
use super::palette::Rgb;
use super::pen::Pen;
use super::row::Row;
use super::snapshot::Clusters;
use super::term::Term;

/// Addresses that a link may lead to; any other is shown as text.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

impl Term {
    /// Lines as HTML, in the terminal's colours, joined where the terminal wrapped them.
    pub fn html(&self, lines: Range<usize>) -> String {
        let [front, back] = [0, 1].map(|index| css(self.palette.special_or_default(index)));
        let mut out = format!("<pre style=\"color:{front};background:{back}\">");
        let mut begun = false;
        self.each_line(lines, |_, row, clusters| {
            if begun && !row.wrapped {
                out.push('\n');
            }
            begun = true;
            self.html_line(row, clusters, &mut out);
        });
        out.push_str("</pre>\n");
        out
    }

    fn html_line(&self, row: &Row, clusters: &Clusters, out: &mut String) {
        let used = row.cells().iter().rposition(|cell| cell.has_content() || !cell.style.is_default());
        let cells = &row.cells()[..used.map_or(0, |last| last + 1)];
        for run in cells.chunk_by(|a, b| a.style == b.style) {
            let style = run[0].style;
            let mut text = String::new();
            for cell in run.iter().filter(|cell| !cell.is_half()) {
                match cell.cluster_index().and_then(|index| clusters.get(index)) {
                    Some(cluster) => escape(cluster, &mut text),
                    None => {
                        let glyph = char::from_u32(cell.code()).filter(|_| cell.has_content());
                        escape(glyph.unwrap_or(' ').encode_utf8(&mut [0; 4]), &mut text);
                    }
                }
            }
            self.html_run(style, &text, out);
        }
    }

    fn html_run(&self, style: Style, text: &str, out: &mut String) {
        if style.is_default() {
            return out.push_str(text);
        }
        let pen = Pen::from_style(style, self.tables.extra(style));
        let link = self.tables.links.get(pen.link).map(|link| &link.uri);
        let link = link.filter(|uri| SCHEMES.iter().any(|scheme| uri.starts_with(scheme)));
        if let Some(uri) = link {
            out.push_str("<a href=\"");
            escape(uri, out);
            out.push_str("\" style=\"color:inherit\">");
        }
        let _ = write!(out, "<span style=\"{}\">{text}</span>", self.declarations(pen));
        if link.is_some() {
            out.push_str("</a>");
        }
    }

    fn declarations(&self, pen: Pen) -> String {
        let (mut front, mut back) = (self.color(pen.fg), self.color(pen.bg));
        if pen.fg & cell::INVERSE != 0 {
            let defaults = [0, 1].map(|index| self.palette.special_or_default(index));
            (front, back) = (Some(back.unwrap_or(defaults[1])), Some(front.unwrap_or(defaults[0])));
        }
        let mut said = String::new();
        for (name, color) in [("color", front), ("background", back)] {
            if let Some(color) = color {
                let _ = write!(said, "{name}:{};", css(color));
            }
        }
        let lines = [
            (pen.fg & cell::UNDERLINE != 0, " underline"),
            (pen.fg & cell::STRIKE != 0, " line-through"),
            (pen.bg & cell::OVERLINE != 0, " overline"),
        ];
        let lines: String = lines.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        if !lines.is_empty() {
            let _ = write!(said, "text-decoration:{};", lines.trim_start());
        }
        let flags = [
            (pen.fg & cell::BOLD != 0, "font-weight:bold;"),
            (pen.bg & cell::ITALIC != 0, "font-style:italic;"),
            (pen.bg & cell::DIM != 0, "opacity:.5;"),
            (pen.fg & cell::INVISIBLE != 0, "visibility:hidden;"),
        ];
        said.extend(flags.iter().filter(|(on, _)| *on).map(|(_, flag)| *flag));
        said
    }

    /// None: the default.
    fn color(&self, bits: u32) -> Option<Rgb> {
        match bits & COLOR_MODE {
            COLOR_16 | COLOR_256 => Some(self.palette.indexed_or_default(bits as u8)),
            COLOR_RGB => {
                let [_, red, green, blue] = (bits & COLOR).to_be_bytes();
                Some([red, green, blue])
            }
            _ => None,
        }
    }
}

fn css([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escape(text: &str, out: &mut String) {
    for glyph in text.chars() {
        match glyph {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::screen::Screen;
    use crate::domain::size::Size;

    fn html(stream: &str) -> String {
        let mut screen = Screen::new(Size { rows: 2, cols: 12 }, 10);
        screen.feed(stream.as_bytes());
        let html = screen.html(0..screen.line_count());
        let inner = html.strip_prefix("<pre style=\"color:#ffffff;background:#000000\">").expect("a pre");
        inner.strip_suffix("</pre>\n").expect("its end").trim_end().to_owned()
    }

    #[test]
    fn text_is_escaped_and_joined() {
        assert_eq!(html("<a> & \"b\""), "&lt;a&gt; &amp; &quot;b&quot;");
        assert_eq!(html("one two three four\r\nfive"), "one two three four\nfive");
        assert_eq!(html("한e\u{301}"), "한e\u{301}");
    }

    #[test]
    fn styles_become_declarations() {
        let said = |stream: &str| html(&format!("{stream}x\x1b[m"));
        assert_eq!(said("\x1b[1;3;38;2;1;2;255m"), span("color:#0102ff;font-weight:bold;font-style:italic;"));
        assert_eq!(said("\x1b[7m"), span("color:#000000;background:#ffffff;"));
        assert_eq!(said("\x1b[4;9;53m"), span("text-decoration:underline line-through overline;"));
        assert_eq!(said("\x1b]4;1;#123456\x07\x1b[41;2m"), span("background:#123456;opacity:.5;"));
    }

    fn span(style: &str) -> String {
        format!("<span style=\"{style}\">x</span>")
    }

    #[test]
    fn only_harmless_links_lead_somewhere() {
        let link = |uri: &str| html(&format!("\x1b]8;;{uri}\x07x\x1b]8;;\x07"));
        assert!(
            link("https://example.org/?a=\"b\"").contains("<a href=\"https://example.org/?a=&quot;b&quot;\"")
        );
        assert!(!link("javascript:alert(1)").contains("href"));
    }
}
