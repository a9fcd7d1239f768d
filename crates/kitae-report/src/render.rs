//! A document as HTML.

use crate::chart::{self, Chart};
use crate::document::{Block, Document, Panel, Section, Table};
use crate::html::{escape, prose};

/// Panels of a set of tabs that the style can show.
pub(crate) const MOST_PANELS: usize = 24;

const STYLE: &str = include_str!("page.css");

/// Rows of a table that a reader scrolls through.
const MOST_ROWS: usize = 200;

impl Document {
    /// The page, as HTML that is also well-formed XML and needs no other file.
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        let links = self.sections.iter().map(|section| {
            format!("<li><a href=\"#{}\">{}</a></li>", escape(&section.id), escape(&section.title))
        });
        let links: String = links.collect();
        let bodies: String = self.sections.iter().map(section).collect();
        let verdict = self.verdict.iter().map(|text| paragraph(text)).collect::<String>();
        let figures = self.figures.iter();
        let figures = figures
            .map(|(name, value)| format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value)));
        let figures: String = figures.collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <link rel=\"icon\" href=\"data:,\"/>\n\
         <title>{title} · kitae report</title>\n<style>{STYLE}{}{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the verdict</a>\n\
         <header><p class=\"brand\">kitae report</p><h1>{title}</h1><p class=\"sub\">{}</p></header>\n\
         <main id=\"main\">\n<section class=\"verdict\" aria-label=\"Verdict\">{verdict}</section>\n\
         <dl class=\"figures\">{figures}</dl>\n\
         <nav aria-label=\"Parts of this page\"><ul>{links}</ul></nav>\n{bodies}</main>\n\
         <footer><p>{}</p></footer>\n</body>\n</html>\n",
            tab_rules(),
            chart::style(),
            prose(&self.subtitle),
            prose(&self.foot),
        )
    }
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", prose(text))
}

fn aside(text: &str) -> String {
    format!("<p class=\"aside\">{}</p>", prose(text))
}

/// The panel of the checked button is shown, on screens.
fn tab_rules() -> String {
    let shown = |n: usize| format!(".tabs>input:nth-of-type({n}):checked~div:nth-of-type({n})");
    let shown: Vec<String> = (1..=MOST_PANELS).map(shown).collect();
    format!("@media screen{{.tabs>div{{display:none}}{}{{display:block}}}}\n", shown.join(","))
}

fn section(section: &Section) -> String {
    let (id, title) = (escape(&section.id), escape(&section.title));
    let body = blocks(&section.blocks, &id);
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">{title}</h2>{body}</section>\n"
    )
}

/// `scope` makes the names of tabs unique.
fn blocks(blocks: &[Block], scope: &str) -> String {
    let one = |(at, piece): (usize, &Block)| block(piece, &format!("{scope}-{at}"));
    blocks.iter().enumerate().map(one).collect()
}

fn block(block: &Block, scope: &str) -> String {
    match block {
        Block::Heading(text) => format!("<h3>{}</h3>", prose(text)),
        Block::Text(text) | Block::Legend(text) => paragraph(text),
        Block::Note(text) => aside(text),
        Block::Charts(charts) => {
            let figures: String = charts.iter().map(figure).collect();
            format!("<div class=\"charts\">{figures}</div>")
        }
        Block::Table(content) => table(content),
        Block::Facts(facts) => {
            let fact = |(name, value): &(String, String)| {
                format!("<div><dt>{}</dt><dd>{}</dd></div>", prose(name), prose(value))
            };
            format!("<dl class=\"facts\">{}</dl>", facts.iter().map(fact).collect::<String>())
        }
        Block::Details { summary, blocks: inner } => {
            let inner = blocks(inner, scope);
            format!("<details><summary>{}</summary>{inner}</details>", prose(summary))
        }
        Block::Tabs { legend, panels } => tabs(legend, panels, scope),
    }
}

fn figure(chart: &Chart) -> String {
    format!("<figure><figcaption>{}</figcaption>{}</figure>", escape(&chart.title), chart.inline())
}

fn table(table: &Table) -> String {
    /// Characters from which on a cell keeps some width on a phone.
    const LONG: usize = 60;
    let classes: Vec<&str> = (0..table.columns.len())
        .map(|column| if table.is_of_numbers(column) { " class=\"n\"" } else { "" })
        .collect();
    let title = |(name, class): (&String, &&str)| format!("<th scope=\"col\"{class}>{}</th>", prose(name));
    let head: String = table.columns.iter().zip(&classes).map(title).collect();
    let row = |cells: &Vec<String>| {
        let cell = |(at, (cell, class)): (usize, (&String, &&str))| {
            let class = if cell.chars().count() > LONG { " class=\"wide\"" } else { class };
            let text = prose(cell);
            if at == 0 {
                format!("<th scope=\"row\"{class}>{text}</th>")
            } else {
                format!("<td{class}>{text}</td>")
            }
        };
        let cells: String = cells.iter().zip(&classes).enumerate().map(cell).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = table.rows.iter().take(MOST_ROWS).map(row).collect();
    let n_rows = table.rows.len();
    let more =
        (n_rows > MOST_ROWS).then(|| aside(&format!("The table lists the first {MOST_ROWS} of {n_rows}.")));
    let caption = escape(&table.caption);
    // Many columns stand closer, so that a desk shows all of them.
    let width = if table.columns.len() > 7 { " class=\"many\"" } else { "" };
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table{width}>\
         <caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{}",
        more.unwrap_or_default()
    )
}

fn tabs(legend: &str, panels: &[Panel], scope: &str) -> String {
    let panels = &panels[..panels.len().min(MOST_PANELS)];
    let button = |(at, panel): (usize, &Panel)| {
        let checked = if at == 0 { " checked=\"checked\"" } else { "" };
        format!(
            "<input type=\"radio\" name=\"{scope}\" id=\"{scope}-{at}\"{checked}/><label for=\"{scope}-{at}\">{}</label>",
            escape(&panel.label)
        )
    };
    let buttons: String = panels.iter().enumerate().map(button).collect();
    let panel = |(at, panel): (usize, &Panel)| {
        let body = blocks(&panel.blocks, &format!("{scope}-{at}"));
        format!("<div><h3 class=\"paper\">{}</h3>{body}</div>", escape(&panel.label))
    };
    let bodies: String = panels.iter().enumerate().map(panel).collect();
    format!("<fieldset class=\"tabs\"><legend>{}</legend>{buttons}{bodies}</fieldset>", escape(legend))
}
