//! Turns text of an unusual form into plain CSV that the fast reader takes, with the same line ends.

use super::dialect::{Dialect, Separator};

/// What separates cells of rewritten text: the unit separator, which no table writes.
pub(super) const CANONICAL: u8 = 0x1f;
const QUOTE: u8 = b'"';
/// An unquoted cell is held back until it ends, but no longer than this.
const MAX_HELD: usize = 1 << 20;

/// Rewrites text piece by piece. Cells come out between unit separators, in double quotes where they must be;
/// lines that are no rows come out empty, so lines keep their numbers.
#[derive(Clone, Debug)]
pub(super) struct Rewriter {
    dialect: Dialect,
    state: State,
    /// Input that cannot be understood without what follows.
    held: Vec<u8>,
    /// The unquoted cell at hand.
    cell: Vec<u8>,
    /// Blanks that belong to the cell or separate it from the next.
    n_blanks: usize,
    /// How many bytes at the start hold no rows.
    n_skipped: usize,
    unwrap: Unwrap,
    /// Closing quotes that text follows.
    n_loose: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Comment,
    CellStart,
    Cell,
    Escaped,
    Quoted,
    QuotedEscaped,
    /// A quote in a quoted cell: its end, or the first of two.
    Quote,
    /// Behind the closing quote.
    Closed,
}

/// Where the text is in a line that is quoted as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unwrap {
    LineStart,
    Outside,
    Inside,
    Quote,
}

impl Rewriter {
    /// The first `n_skipped` bytes hold no rows.
    pub(super) fn new(dialect: &Dialect, n_skipped: usize) -> Self {
        Self {
            dialect: dialect.clone(),
            state: State::LineStart,
            held: Vec::new(),
            cell: Vec::new(),
            n_blanks: 0,
            n_skipped,
            unwrap: Unwrap::LineStart,
            n_loose: 0,
        }
    }

    /// Closing quotes that text follows, and a quote that is open at the end of a text that does not go on.
    pub(super) fn n_faults(&self, goes_on: bool) -> usize {
        let is_open = matches!(self.state, State::Quoted | State::QuotedEscaped);
        self.n_loose + usize::from(is_open && !goes_on)
    }

    /// Appends the rewritten `input` to `output`; what needs more input to be understood waits.
    pub(super) fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let n_skipped = self.n_skipped.min(input.len());
        self.n_skipped -= n_skipped;
        output.extend(input[..n_skipped].iter().filter(|byte| is_line_end(**byte)));
        let input = &input[n_skipped..];
        let unwrapped;
        let input = if self.dialect.is_wrapped {
            unwrapped = self.unwrapped(input);
            &unwrapped
        } else {
            input
        };
        if self.held.is_empty() {
            let n_used = self.rewrite(input, output, false);
            self.held.extend_from_slice(&input[n_used..]);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(input);
            let n_used = self.rewrite(&held, output, false);
            self.held.extend_from_slice(&held[n_used..]);
        }
    }

    /// Appends what is left. Quotes that never close are left open.
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        self.rewrite(&held, output, true);
        self.end_cell(output);
    }

    /// How many bytes of `input` are understood.
    fn rewrite(&mut self, input: &[u8], output: &mut Vec<u8>, is_last: bool) -> usize {
        let mut at = 0;
        while at < input.len() {
            let rest = &input[at..];
            let is_outside = !matches!(self.state, State::Quoted | State::QuotedEscaped | State::Comment);
            if is_outside && !is_last && self.dialect.may_begin_separator(rest) {
                break;
            }
            at += self.step(rest, output);
        }
        at
    }

    /// Takes the first bytes of `rest`, which are not empty; returns how many.
    fn step(&mut self, rest: &[u8], output: &mut Vec<u8>) -> usize {
        let byte = rest[0];
        match self.state {
            State::Quoted => return self.quoted(rest, output),
            State::QuotedEscaped => {
                push_quoted(byte, output);
                self.state = State::Quoted;
                return 1;
            }
            State::Quote if self.dialect.quote == Some(byte) => {
                push_quoted(byte, output);
                self.state = State::Quoted;
                return 1;
            }
            State::Quote => {
                output.push(QUOTE);
                self.state = State::Closed;
            }
            State::Comment if !is_line_end(byte) => return 1,
            State::Escaped => {
                self.cell.push(byte);
                self.state = State::Cell;
                return 1;
            }
            State::LineStart if self.dialect.comment == Some(byte) => {
                self.state = State::Comment;
                return 1;
            }
            _ => {}
        }
        if is_line_end(byte) {
            self.n_blanks = 0;
            self.end_cell(output);
            output.push(byte);
            self.state = State::LineStart;
            return 1;
        }
        self.in_line(rest, output)
    }

    /// Copies the inside of quotes up to where they may end.
    fn quoted(&mut self, rest: &[u8], output: &mut Vec<u8>) -> usize {
        for (n_taken, byte) in rest.iter().enumerate() {
            if self.dialect.escape == Some(*byte) {
                self.state = State::QuotedEscaped;
                return n_taken + 1;
            }
            if self.dialect.quote == Some(*byte) {
                self.state = State::Quote;
                return n_taken + 1;
            }
            push_quoted(*byte, output);
        }
        rest.len()
    }

    /// Takes what is neither in quotes nor a line end.
    fn in_line(&mut self, rest: &[u8], output: &mut Vec<u8>) -> usize {
        let byte = rest[0];
        let is_start = matches!(self.state, State::LineStart | State::CellStart);
        if let Separator::Blanks(n_wanted) = self.dialect.separator {
            if is_blank(byte) {
                self.n_blanks += usize::from(!is_start);
                return 1;
            }
            let n_blanks = std::mem::take(&mut self.n_blanks);
            if n_blanks >= n_wanted && !is_start {
                self.end_cell(output);
                output.push(CANONICAL);
                self.state = State::CellStart;
            } else {
                let target = if self.state == State::Closed { &mut *output } else { &mut self.cell };
                target.extend(std::iter::repeat_n(b' ', n_blanks));
            }
            return self.begin_or_go_on(byte, output);
        }
        if let Some(length) = self.dialect.separator_at(rest) {
            self.end_cell(output);
            output.push(CANONICAL);
            self.state = State::CellStart;
            return length;
        }
        if is_blank(byte) && is_start {
            self.state = State::CellStart;
            return 1;
        }
        self.begin_or_go_on(byte, output)
    }

    /// Takes a byte of a cell.
    fn begin_or_go_on(&mut self, byte: u8, output: &mut Vec<u8>) -> usize {
        let is_start = matches!(self.state, State::LineStart | State::CellStart);
        if is_start && self.dialect.quote == Some(byte) {
            output.push(QUOTE);
            self.state = State::Quoted;
            return 1;
        }
        if self.dialect.escape == Some(byte) && self.state != State::Closed {
            self.state = State::Escaped;
            return 1;
        }
        match self.state {
            State::Closed => {
                self.n_loose += usize::from(!is_blank(byte));
                output.push(byte);
            }
            _ => {
                if self.cell.len() >= MAX_HELD {
                    output.append(&mut self.cell);
                }
                self.cell.push(if byte == CANONICAL { b' ' } else { byte });
                self.state = State::Cell;
            }
        }
        1
    }

    /// Ends an unquoted cell, in quotes if it would be misread without them.
    fn end_cell(&mut self, output: &mut Vec<u8>) {
        if self.state == State::Quote {
            output.push(QUOTE);
        }
        let needs_quotes =
            self.cell.first() == Some(&QUOTE) || self.cell.iter().any(|byte| is_line_end(*byte));
        if needs_quotes {
            output.push(QUOTE);
            self.cell.iter().for_each(|byte| push_quoted(*byte, output));
            output.push(QUOTE);
            self.cell.clear();
        } else {
            output.append(&mut self.cell);
        }
    }

    /// Lines that are quoted as a whole, without those quotes.
    fn unwrapped(&mut self, input: &[u8]) -> Vec<u8> {
        let mut output = Vec::with_capacity(input.len());
        for byte in input {
            self.unwrap = match (self.unwrap, *byte) {
                (Unwrap::LineStart, QUOTE) => Unwrap::Inside,
                (Unwrap::Inside, QUOTE) => Unwrap::Quote,
                (Unwrap::Inside, other) => {
                    output.push(other);
                    Unwrap::Inside
                }
                (Unwrap::Quote, QUOTE) => {
                    output.push(QUOTE);
                    Unwrap::Inside
                }
                (_, other) => {
                    output.push(other);
                    if is_line_end(other) { Unwrap::LineStart } else { Unwrap::Outside }
                }
            };
        }
        output
    }
}

fn push_quoted(byte: u8, output: &mut Vec<u8>) {
    if byte == QUOTE {
        output.push(QUOTE);
    }
    output.push(byte);
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
