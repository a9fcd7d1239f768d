//! Draws and mixed rows, by their properties and against a slow version.

use kitae_model::Lane;

use super::{Columns, Mix, Mixing, Source};

const LANE: Lane = Lane { seed: 3, index: 1 };

/// Five columns: a number, three numbers of one, a number, and two codes.
fn columns() -> Columns {
    Columns { numbers: vec![0, 2, 2, 2, 4], codes: vec![1, 3], n: 5 }
}

fn draw(mixing: Mixing, step: usize, n_rows: usize) -> Option<Mix> {
    mixing.draw(LANE, [1, step], n_rows, &columns())
}

/// Rows whose numbers and codes tell where they come from.
fn rows(n_rows: usize) -> (Vec<f32>, Vec<u32>) {
    let numbers = (0..n_rows * 5).map(|place| (place as f32).sin() * 3.0).collect();
    (numbers, (0..n_rows * 2).map(|place| 1 + place as u32).collect())
}

/// Rows of a batch and of their partners, mixed.
fn mixed(mix: &Mix, n_rows: usize) -> (Vec<f32>, Vec<u32>) {
    let (mut numbers, mut codes) = rows(n_rows);
    let (others, other_codes) = of_partners(mix, n_rows);
    mix.mix_numbers(&mut numbers, &others);
    mix.mix_codes(0, &mut codes, &other_codes);
    (numbers, codes)
}

fn of_partners(mix: &Mix, n_rows: usize) -> (Vec<f32>, Vec<u32>) {
    let (numbers, codes) = rows(n_rows);
    let partners = || mix.partners.iter().map(|row| *row as usize);
    (
        partners().flat_map(|row| numbers[row * 5..(row + 1) * 5].to_vec()).collect(),
        partners().flat_map(|row| codes[row * 2..(row + 1) * 2].to_vec()).collect(),
    )
}

#[test]
fn partners_are_the_rows_of_the_batch_in_another_order() {
    for mixing in [Mixing::Mixup { alpha: 0.2 }, Mixing::CutMix { probability: 1.0, alpha: 50.0 }] {
        let mix = draw(mixing, 0, 40).expect("mixed");
        let mut partners = mix.partners;
        assert!(!partners.is_sorted());
        partners.sort_unstable();
        assert!(partners.into_iter().eq(0..40));
    }
}

#[test]
fn a_mixed_up_row_lies_between_its_parents() {
    for step in 0..50 {
        let mix = draw(Mixing::Mixup { alpha: 1.0 }, step, 30).expect("mixed");
        let (own, own_codes) = rows(30);
        let (others, other_codes) = of_partners(&mix, 30);
        let (numbers, codes) = mixed(&mix, 30);
        for ((x, a), b) in numbers.iter().zip(&own).zip(&others) {
            let expected = f64::from(mix.own) * f64::from(*a) + (1.0 - f64::from(mix.own)) * f64::from(*b);
            assert!((f64::from(*x) - expected).abs() < 1e-6);
            assert!(*x >= a.min(*b) - 1e-6 && *x <= a.max(*b) + 1e-6, "{x} between {a} and {b}");
        }
        assert!(codes.iter().zip(own_codes).zip(other_codes).all(|((x, a), b)| *x == a || *x == b));
    }
}

#[test]
fn a_mixed_up_code_is_the_rows_own_as_often_as_lambda_says() {
    for step in 0..10 {
        let mix = draw(Mixing::Mixup { alpha: 1.0 }, step, 8_000).expect("mixed");
        let places = (0..8_000).flat_map(|row| [(row, 0), (row, 1)]);
        let n_own = places.filter(|(row, column)| mix.code(*row, *column) == Source::Own).count();
        let share = n_own as f64 / 16_000.0;
        assert!((share - f64::from(mix.own)).abs() < 0.02, "{share} {}", mix.own);
    }
}

#[test]
fn lambda_has_its_distribution_over_steps() {
    for alpha in [0.2, 1.0, 5.0] {
        let own = |step| f64::from(draw(Mixing::Mixup { alpha }, step, 2).expect("mixed").own);
        let lambdas: Vec<f64> = (0..4_000).map(own).collect();
        let mean = lambdas.iter().sum::<f64>() / 4_000.0;
        let variance = lambdas.iter().map(|own| (own - 0.5).powi(2)).sum::<f64>() / 4_000.0;
        assert!((mean - 0.5).abs() < 0.025);
        assert!((variance * 4.0 * (2.0 * alpha + 1.0) - 1.0).abs() < 0.1, "{alpha}: {variance}");
    }
}

/// Which of the five columns are a row's own; panics where parts of a column differ.
fn own_columns(mix: &Mix) -> [bool; 5] {
    let number = |position: usize| mix.numbers[position] == [1.0, 0.0];
    assert!(number(1) == number(2) && number(2) == number(3), "the parts of a column go together");
    let code = |column| mix.code(7, column) == Source::Own;
    assert!((0..20).all(|row| (mix.code(row, 0) == Source::Own) == code(0)));
    [number(0), code(0), number(1), code(1), number(4)]
}

#[test]
fn lambda_of_cut_mix_is_the_share_of_own_columns() {
    let mut seen = [0; 5];
    for step in 0..1_000 {
        let Some(mix) = draw(Mixing::CutMix { probability: 1.0, alpha: 1.0 }, step, 20) else { continue };
        let own = own_columns(&mix);
        let n_own = own.iter().filter(|own| **own).count();
        assert_eq!(mix.own, n_own as f32 / 5.0);
        seen.iter_mut().zip(own).for_each(|(seen, own)| *seen += u32::from(own));
        let (numbers, codes) = mixed(&mix, 20);
        let (own_rows, others) = (rows(20), of_partners(&mix, 20));
        let pick = |own: bool, a: f32, b: f32| if own { a } else { b };
        for row in 0..20 {
            for (position, column) in [0, 2, 2, 2, 4].into_iter().enumerate() {
                let place = row * 5 + position;
                assert_eq!(numbers[place], pick(own[column], own_rows.0[place], others.0[place]));
            }
            for (position, column) in [1, 3].into_iter().enumerate() {
                let place = row * 2 + position;
                let expected = if own[column] { own_rows.1[place] } else { others.1[place] };
                assert_eq!(codes[place], expected);
            }
        }
    }
    assert!(seen.iter().all(|count| (380..520).contains(count)), "no column is special: {seen:?}");
}

#[test]
fn cut_out_blanks_its_share_and_keeps_the_target() {
    for (share, n_blank) in [(0.01, 1), (0.4, 2), (0.5, 3), (0.99, 4)] {
        let mix = draw(Mixing::CutOut { probability: 1.0, share }, 0, 20).expect("blanked");
        let own = own_columns(&mix);
        assert_eq!(own.iter().filter(|own| !**own).count(), n_blank, "{share}");
        assert_eq!(mix.own, 1.0);
        let ((numbers, codes), (own_numbers, own_codes)) = (mixed(&mix, 20), rows(20));
        for row in 0..20 {
            for (position, column) in [0, 2, 2, 2, 4].into_iter().enumerate() {
                let place = row * 5 + position;
                assert_eq!(numbers[place], if own[column] { own_numbers[place] } else { 0.0 });
            }
            for (position, column) in [1, 3].into_iter().enumerate() {
                let place = row * 2 + position;
                assert_eq!(codes[place], if own[column] { own_codes[place] } else { 0 });
            }
        }
    }
}

#[test]
fn a_probability_is_how_often_a_batch_is_mixed() {
    for probability in [0.0, 0.25, 1.0] {
        let often = |mixing: Mixing| (0..2_000).filter(|step| draw(mixing, *step, 9).is_some()).count();
        let blanked = often(Mixing::CutOut { probability, share: 0.4 }) as f64 / 2_000.0;
        assert!((blanked - probability).abs() < 0.03, "{blanked}");
        // A tenth of the drawn shares round to no column.
        let mixed = often(Mixing::CutMix { probability, alpha: 1.0 }) as f64 / 2_000.0;
        assert!((mixed - 0.9 * probability).abs() < 0.03, "{mixed}");
    }
}

#[test]
fn what_cannot_be_mixed_stays() {
    assert!(draw(Mixing::Mixup { alpha: 1.0 }, 0, 1).is_none());
    assert!(draw(Mixing::CutMix { probability: 1.0, alpha: 1.0 }, 0, 1).is_none());
    let one = Columns { numbers: vec![0, 0], codes: vec![], n: 1 };
    let cut_out = Mixing::CutOut { probability: 1.0, share: 0.9 };
    assert!(cut_out.draw(LANE, [1, 0], 8, &one).is_none(), "the only column is never blanked");
}

#[test]
fn lanes_epochs_and_steps_draw_apart_and_always_the_same() {
    let own =
        |lane: Lane, place| Mixing::Mixup { alpha: 1.0 }.draw(lane, place, 9, &columns()).map(|mix| mix.own);
    assert_eq!(own(LANE, [1, 2]), own(LANE, [1, 2]));
    assert_ne!(own(LANE, [1, 2]), own(LANE, [2, 2]));
    assert_ne!(own(LANE, [1, 2]), own(LANE, [1, 3]));
    assert_ne!(own(LANE, [1, 2]), own(Lane { index: 2, ..LANE }, [1, 2]));
}

#[test]
fn pieces_of_a_batch_are_mixed_as_the_whole() {
    let mix = draw(Mixing::Mixup { alpha: 1.0 }, 4, 30).expect("mixed");
    let (_, whole) = mixed(&mix, 30);
    let ((_, mut codes), (_, others)) = (rows(30), of_partners(&mix, 30));
    for from in [0, 11, 22] {
        let range = from * 2..((from + 11) * 2).min(60);
        mix.mix_codes(from, &mut codes[range.clone()], &others[range]);
    }
    assert_eq!(codes, whole);
}
