//! Whether the texts of a column are times, in which forms, and which of them are none.

use crate::cell::{TimeForm, is_soft};
use crate::times::TimeForms;

/// Forms that may stand in one column. Day and month may not change places in it.
const TOGETHER: [&[TimeForm]; 3] = [
    &[TimeForm::YearFirst, TimeForm::MonthName, TimeForm::DayFirst],
    &[TimeForm::YearFirst, TimeForm::MonthName, TimeForm::MonthFirst],
    &[TimeForm::TimeOfDay],
];
/// So many texts tell whether a column may hold times at all.
const SAMPLE: usize = 64;
/// With fewer texts of different forms nothing is known of the column.
const FEWEST_TIMES: usize = 5;

/// What the texts of a column are as times.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Times<'a> {
    /// No times, or too few.
    No,
    /// Days and months cannot be told apart.
    Unclear,
    /// Times, but for some cells.
    Yes { forms: TimeForms, odd: Vec<(&'a str, usize)> },
}

impl<'a> Times<'a> {
    pub(super) fn of(texts: &[(&'a str, usize)]) -> Self {
        let texts: Vec<(&str, usize)> =
            texts.iter().copied().filter(|(text, _)| !is_soft(text.as_bytes())).collect();
        if !may_be_times(&texts) {
            return Self::No;
        }
        let fits = |form: &TimeForm| texts.iter().all(|(text, _)| form.parse(text).is_some());
        let fitting: Vec<TimeForm> = TimeForm::TEXTS.into_iter().filter(fits).collect();
        match fitting.as_slice() {
            [] => Self::mixed(&texts),
            [form] => Self::Yes { forms: TimeForms(vec![*form]), odd: Vec::new() },
            forms => Self::likelier(forms, &texts),
        }
    }

    /// Of forms that all fit, the one whose years lie closer together by far: `24-01-31` is no day in 2031.
    fn likelier(forms: &[TimeForm], texts: &[(&str, usize)]) -> Self {
        let span = |form: &TimeForm| {
            let times = || texts.iter().filter_map(|(text, _)| form.parse(text));
            times().fold(f64::MIN, f64::max) - times().fold(f64::MAX, f64::min)
        };
        let mut spans: Vec<(f64, TimeForm)> = forms.iter().map(|form| (span(form), *form)).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        match spans.as_slice() {
            [(best, form), (next, _), ..] if *form == TimeForm::YearFirst && best * 2.0 < *next => {
                Self::Yes { forms: TimeForms(vec![*form]), odd: Vec::new() }
            }
            [(best, form), rest @ ..]
                if rest.iter().all(|(span, form)| *form == TimeForm::YearFirst && best * 2.0 < *span) =>
            {
                Self::Yes { forms: TimeForms(vec![*form]), odd: Vec::new() }
            }
            _ => Self::Unclear,
        }
    }

    /// Several forms in one column, or texts among times.
    fn mixed(texts: &[(&'a str, usize)]) -> Self {
        let mut best: Vec<(usize, Vec<TimeForm>)> = TOGETHER
            .into_iter()
            .map(|forms| {
                let first = |text: &str| forms.iter().copied().find(|form| form.parse(text).is_some());
                let used: Vec<Option<TimeForm>> = texts.iter().map(|(text, _)| first(text)).collect();
                let n_times =
                    used.iter().zip(texts).filter(|(form, _)| form.is_some()).map(|(_, text)| text.1);
                (n_times.sum(), forms.iter().copied().filter(|form| used.contains(&Some(*form))).collect())
            })
            .collect();
        best.sort_by_key(|(n_times, _)| std::cmp::Reverse(*n_times));
        let (n_times, forms) = &best[0];
        let is_tie = best[1].0 == *n_times && best[1].1 != *forms;
        let forms = TimeForms(forms.clone());
        let (times, odd): (Vec<_>, Vec<_>) =
            texts.iter().copied().partition(|(text, _)| forms.parse(text).is_some());
        let n_odd: usize = odd.iter().map(|(_, count)| count).sum();
        let share = n_odd as f64 / (n_odd + n_times) as f64;
        let is_marker =
            odd.len() <= 3 && odd.iter().all(|(text, _)| !text.bytes().any(|byte| byte.is_ascii_digit()));
        if times.len() < FEWEST_TIMES || share > if is_marker { 0.5 } else { 0.1 } {
            return Self::No;
        }
        if is_tie { Self::Unclear } else { Self::Yes { forms, odd } }
    }
}

/// A quick look at some of the texts.
fn may_be_times(texts: &[(&str, usize)]) -> bool {
    let is_time = |text: &str| TimeForm::TEXTS.iter().any(|form| form.parse(text).is_some());
    let step = texts.len().div_ceil(SAMPLE).max(1);
    let sample = || texts.iter().step_by(step);
    let n_times = sample().filter(|(text, _)| is_time(text)).count();
    n_times > 0 && n_times * 3 >= sample().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(texts: &[&str]) -> Option<Vec<String>> {
        let texts: Vec<(&str, usize)> = texts.iter().map(|text| (*text, 1)).collect();
        match Times::of(&texts) {
            Times::Yes { forms, .. } => Some(forms.names()),
            Times::No | Times::Unclear => None,
        }
    }

    #[test]
    fn day_and_month_are_told_apart_by_all_texts_together() {
        assert_eq!(forms(&["01/02/2024", "13/02/2024"]).unwrap(), ["day/month/year"]);
        assert_eq!(forms(&["01/02/2024", "01/13/2024"]).unwrap(), ["month/day/year"]);
        assert_eq!(forms(&["01.02.2024"]).unwrap(), ["day/month/year"]);
        assert_eq!(Times::of(&[("01/02/2024", 1)]), Times::Unclear);
        assert_eq!(forms(&["13/02/2024", "02/13/2024"]), None);
    }

    #[test]
    fn years_of_two_digits_are_told_from_days_by_their_spread() {
        let year_first: Vec<String> = (1..=28).map(|day| format!("24-01-{day:02}")).collect();
        let texts: Vec<&str> = year_first.iter().map(String::as_str).collect();
        assert_eq!(forms(&texts).unwrap(), ["year-month-day"]);
        let day_first: Vec<String> = (1..=28).map(|day| format!("{day:02}-01-24")).collect();
        let texts: Vec<&str> = day_first.iter().map(String::as_str).collect();
        assert_eq!(forms(&texts).unwrap(), ["day/month/year"]);
    }

    #[test]
    fn several_forms_may_stand_in_one_column() {
        let texts = ["2024-01-31", "2024-02-01", "13.02.2024", "2024-03-01", "1 Mar 2024", "14.02.2024"];
        assert_eq!(forms(&texts).unwrap(), ["year-month-day", "day month-name year", "day/month/year"]);
        let unclear = ["2024-01-31", "2024-02-01", "2024-03-01", "2024-03-02", "01/02/2024", "2024-05-01"];
        let unclear: Vec<(&str, usize)> = unclear.iter().map(|text| (*text, 1)).collect();
        assert_eq!(Times::of(&unclear), Times::Unclear);
    }
}
