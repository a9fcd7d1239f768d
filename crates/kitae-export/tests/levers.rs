//! Every lever that changes the graph: what the graph says is what kitae says.

mod common;

use common::{Levers, made};
use kitae_data::preprocess::{
    MissingNumbers, NumericTransform, PreprocessConfig, TargetTransform, UnseenLevels,
};
use kitae_export::OnnxExport;
use kitae_infer::objective::Objective;
use kitae_infer::{
    Activation, Ensemble, InputScale, NetworkConfig, Normalisation, Parametrisation, Periodic, Piecewise,
    Skip, Slope,
};

/// Exports with and without regions; how far the graph is from kitae.
#[track_caller]
fn check(what: &str, levers: &Levers) {
    let folder = made(levers);
    for level in [None, Some("0.8".parse().expect("a level"))] {
        let export = OnnxExport::new(&folder, level).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(export.proof.largest < 1e-5 && export.proof.n_rows >= 300, "{what}: {:?}", export.proof);
    }
}

fn network(change: impl FnOnce(&mut NetworkConfig)) -> Levers {
    let mut levers = Levers::default();
    change(&mut levers.network);
    levers
}

fn values(objective: Objective) -> Levers {
    Levers { objective, ..Levers::default() }
}

#[test]
fn every_activation() {
    for activation in [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Mish,
    ] {
        check(&format!("{activation:?}"), &network(|network| network.activation = activation));
    }
}

#[test]
fn every_part_of_a_layer() {
    check("fixed slopes", &network(|network| network.slope = Slope::Fixed));
    check("batch normalisation", &network(|network| network.normalisation = Normalisation::Batch));
    check("layer normalisation", &network(|network| network.normalisation = Normalisation::Layer));
    check("residual", &network(|network| network.skip = Skip::Residual));
    check(
        "standard parametrisation",
        &network(|network| network.parametrisation = Parametrisation::Standard),
    );
    check("no hidden layer", &network(|network| network.hidden = Vec::new()));
    check("no input scale", &network(|network| network.input_scale = InputScale::None));
}

#[test]
fn every_number_embedding() {
    let periodic = Periodic { n_numbers: 5, n_frequencies: 4, d_embedding: 3, sigma: 1.0 };
    check("periodic", &network(|network| network.periodic = Some(periodic)));
    for n_bins in [2, 7, 8, 48] {
        let piecewise = Piecewise { n_numbers: 6, n_bins, d_embedding: 2 };
        check(&format!("{n_bins} bins"), &network(|network| network.piecewise = Some(piecewise)));
    }
}

#[test]
fn every_ensemble_with_every_objective() {
    let objectives = [
        Objective::cross_entropy(),
        Objective::binary_cross_entropy(),
        Objective::MeanSquared,
        Objective::Poisson,
        Objective::GaussianNll,
    ];
    for objective in objectives {
        for ensemble in [
            Ensemble::TabMMini { n_members: 3 },
            Ensemble::TabM { n_members: 3 },
            Ensemble::TabM { n_members: 1 },
        ] {
            for normalisation in [Normalisation::None, Normalisation::Batch, Normalisation::Layer] {
                let mut levers = network(|network| {
                    (network.ensemble, network.normalisation, network.skip) =
                        (ensemble, normalisation, Skip::Residual);
                });
                levers.objective = objective.clone();
                levers.lanes = [1, 2, 1];
                check(&format!("{objective:?} {ensemble:?} {normalisation:?}"), &levers);
            }
        }
    }
}

#[test]
fn every_objective_of_values() {
    for objective in [
        Objective::MeanSquared,
        Objective::MeanAbsolute,
        Objective::Huber { delta: 1.0 },
        Objective::Pinball { quantile: 0.9 },
        Objective::GaussianNll,
        Objective::Poisson,
        Objective::binary_cross_entropy(),
    ] {
        check(&format!("{objective:?}"), &values(objective));
    }
    for transform in [TargetTransform::Log, TargetTransform::Log1p] {
        check(&format!("{transform:?}"), &Levers { transform, ..values(Objective::MeanSquared) });
    }
}

#[test]
fn every_transform_of_numbers() {
    for numeric in [
        NumericTransform::RobustSmoothClip,
        NumericTransform::Standardise,
        NumericTransform::QuantileNormal,
        NumericTransform::None,
    ] {
        let preprocess = PreprocessConfig { numeric, ..PreprocessConfig::default() };
        // The linear models of some networks have numbers of their own.
        for own in [NumericTransform::Standardise, NumericTransform::QuantileNormal] {
            let linear = Some(PreprocessConfig { numeric: own, ..PreprocessConfig::default() });
            check(
                &format!("{numeric:?} and {own:?}"),
                &Levers { preprocess: preprocess.clone(), linear, ..Levers::default() },
            );
        }
    }
}

#[test]
fn every_treatment_of_levels_and_missing_cells() {
    let preprocess = |change: fn(&mut PreprocessConfig)| {
        let mut levers = Levers { linear: None, ..Levers::default() };
        change(&mut levers.preprocess);
        levers
    };
    check("codes for all", &preprocess(|config| config.one_hot_max_levels = 1));
    check("no codes", &preprocess(|config| config.one_hot_max_levels = 100));
    check("rare levels count", &preprocess(|config| config.min_level_rows = 1));
    check("no indicators", &preprocess(|config| config.missing_numbers = MissingNumbers::Median));
    let extra_missing = ["7", "-12.5", "1995-01-01", "city 3"].map(str::to_owned).to_vec();
    check("markers", &Levers { extra_missing, ..Levers::default() });
}

#[test]
fn every_bag() {
    for (lanes, n_open) in [([1, 1, 1], 100), ([1, 1, 3], 2000), ([2, 3, 1], 2000), ([1, 5, 1], 100)] {
        check(&format!("{lanes:?}"), &Levers { lanes, n_open, ..Levers::default() });
        check(&format!("{lanes:?}"), &Levers { lanes, n_open, ..values(Objective::MeanSquared) });
    }
}

#[test]
fn what_a_graph_cannot_say_is_refused_by_name() {
    let mut levers = Levers::default();
    levers.preprocess.unseen = UnseenLevels::Refuse;
    let refused = |levers: &Levers| match OnnxExport::new(&made(levers), None) {
        Ok(_) => panic!("it was exported"),
        Err(error) => error.to_string(),
    };
    assert!(refused(&levers).contains("refuses rows with unseen levels"), "{}", refused(&levers));
    let mut folder = made(&Levers::default());
    let day = folder
        .model
        .manifest
        .schema
        .columns
        .iter_mut()
        .find(|column| column.name == "day")
        .expect("a column");
    day.levels = vec!["day month-name year".into()];
    let Err(error) = OnnxExport::new(&folder, None) else { panic!("it was exported") };
    assert!(error.to_string().contains("column `day` writes times as `day month-name year`"), "{error}");
}

#[test]
fn a_graph_of_ten_networks_is_little_larger_than_their_weights() {
    let mut levers = network(|network| {
        network.hidden = vec![256, 256, 256];
        network.piecewise = Some(Piecewise { n_numbers: 40, n_bins: 48, d_embedding: 4 });
    });
    levers.lanes = [1, 10, 1];
    let folder = made(&levers);
    let export = OnnxExport::new(&folder, None).expect("exported");
    let weights = folder.model.fitted.networks.iter().chain(folder.model.fitted.linear.iter().flatten());
    let n_numbers: usize =
        weights.flat_map(|weights| weights.tensors.values()).map(|tensor| tensor.values.len()).sum();
    let ratio = export.bytes().len() as f64 / (4.0 * n_numbers as f64);
    assert!(ratio < 1.2, "{ratio}");
}
