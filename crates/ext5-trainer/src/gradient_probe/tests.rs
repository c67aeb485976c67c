use super::*;
use crate::{Alone, Learner, OptimizerConfig, Silent, StepOptions, Stop, recipe, train};
use ext5_data::ErrorKind;
use std::fs;

const NLI: &str = "micro_exmix_nli";

/// A few steps of the micro-world in `dir`, and a probe of where they end.
fn probe(dir: &Path, overrides: &[&str]) -> GradientProbe {
    let small = [
        "trainer.steps=4",
        "trainer.batch_rows=4",
        "trainer.checkpoint_every=2",
        "data.max_examples=200",
        "data.inputs_length=32",
        "data.targets_length=24",
        "data.vocabulary={trained={mixture=\"micro_text\",size=512}}",
    ];
    let all = small.iter().chain(overrides).map(|&text| text.to_owned());
    let config = recipe("micro_ext5", &all.collect::<Vec<_>>()).unwrap();
    let run_dir = dir.join("run");
    let report = train(&config, &run_dir, false, &Stop::default(), &mut Silent).unwrap();
    GradientProbe::open(&config, &run_dir, &report.checkpoint, &mut Silent).unwrap()
}

fn measure(probe: &GradientProbe, mixture: &str, batches: usize) -> MixtureGradient {
    probe.measure(mixture, batches, &mut Silent).unwrap()
}

/// The first batches of a mixture.
fn batches(probe: &GradientProbe, mixture: &str, count: usize) -> Vec<Batch> {
    let mut loader = probe.loader(mixture, &mut Silent).unwrap();
    (0..count).map(|_| loader.next().unwrap().0).collect()
}

/// Independent truth: the loss a small way along random directions from the weights, and the same way back.
#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    const WAY: f32 = 1e-3;
    let dir = tempfile::tempdir().unwrap();
    let mut probe = probe(dir.path(), &["trainer.micro_batch_rows=3"]);
    let found = measure(&probe, NLI, 3);
    let weights = probe.parameters.clone();
    for direction in 0..4 {
        let mut stream = Stream::new(&[direction]);
        let along: Vec<f32> = weights
            .values()
            .iter()
            .map(|_| stream.normal() as f32)
            .collect();
        let mut loss = |way: f32| {
            let moved = probe.parameters.values_mut().iter_mut();
            for ((to, &from), &along) in moved.zip(weights.values()).zip(&along) {
                *to = from + way * along;
            }
            measure(&probe, NLI, 3).loss
        };
        let slope = (loss(WAY) - loss(-WAY)) / f64::from(2.0 * WAY);
        let gradient = found.values().values().iter().zip(&along);
        let expected: f64 = gradient.map(|(&g, &d)| f64::from(g) * f64::from(d)).sum();
        // Along a direction of normal numbers the slope is itself normal, the gradient's norm its deviation.
        let difference = (slope - expected).abs() / found.norm();
        println!("slope {slope:.5}, by the gradient {expected:.5}, {difference:.1e} of the norm");
        assert!(difference < 0.02, "{slope} {expected} {}", found.norm());
    }
}

/// What is measured is what a step of training would follow, but for dropout and z-loss.
#[test]
fn one_batch_is_a_step_of_the_learner() {
    let dir = tempfile::tempdir().unwrap();
    let probe = probe(dir.path(), &["trainer.seed=3"]);
    let found = measure(&probe, NLI, 1);
    let batch = batches(&probe, NLI, 1).remove(0);
    let shape = probe.model.config().clone();
    let start = probe.parameters.clone();
    let mut learner = Learner::host(&shape, start, OptimizerConfig::default(), false);
    let options = StepOptions {
        step: 0,
        rate: 1e-3,
        micro_batch_rows: 0,
        z_loss: 0.0,
        clip_norm: 0.0,
        seed: 0,
    };
    let step = learner.step_among(&Alone, &batch, &options).unwrap();
    let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-5, "{a} {b}");
    near(found.loss, step.cross_entropy / step.weight);
    near(found.norm(), step.gradient_norm);
    assert_eq!((found.tokens as f64, found.agreement), (step.weight, None));
}

/// Gradients add up: two batches count by their target tokens, as in the loss; halves agree as the batches do.
#[test]
fn the_mean_weighs_batches_by_their_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let probe = probe(dir.path(), &[]);
    let mixture = "micro_exmix_dialogue";
    let found = measure(&probe, mixture, 2);
    let single: Vec<MixtureGradient> = batches(&probe, mixture, 2)
        .iter()
        .map(|batch| {
            let [mut sums, nothing] = [(), ()].map(|()| Sums::new(&probe.parameters));
            probe.add(batch, &mut sums).unwrap();
            probe.joined(mixture, sums, nothing).unwrap()
        })
        .collect();
    let [one, other] = [&single[0], &single[1]];
    assert_ne!(one.tokens, other.tokens, "the case shows nothing");
    let share = one.tokens as f64 / found.tokens as f64;
    let loss = share * one.loss + (1.0 - share) * other.loss;
    assert!((found.loss - loss).abs() < 1e-9);
    let places = one.values().values().iter().zip(other.values().values());
    for ((&a, &b), &both) in places.zip(found.values().values()) {
        let mean = share * f64::from(a) + (1.0 - share) * f64::from(b);
        assert!((f64::from(both) - mean).abs() < 1e-6 * found.norm());
    }
    let agreement = found.agreement.unwrap();
    assert!((agreement - one.cosine(other).all).abs() < 1e-9);
}

#[test]
fn angles_are_those_of_vectors() {
    let dir = tempfile::tempdir().unwrap();
    let probe = probe(dir.path(), &[]);
    let [one, other] = [NLI, "micro_exmix_summarization"].map(|it| measure(&probe, it, 2));
    let itself = one.cosine(&one);
    assert!((itself.all - 1.0).abs() < 1e-12 && (itself.layers - 1.0).abs() < 1e-12);
    assert_eq!(one.cosine(&other), other.cosine(&one));
    assert!(one.cosine(&other).all < 0.99);
    let mut double = measure(&probe, NLI, 2);
    let twice = double.gradient.values_mut().iter_mut();
    twice.for_each(|value| *value *= 2.0);
    double.squares = Dots::of(&double.gradient, &double.gradient);
    assert!((one.cosine(&double).all - 1.0).abs() < 1e-12);
    assert!((double.norm() / one.norm() - 2.0).abs() < 1e-12);
    // Without the tables another angle is left, that of the layers' numbers alone.
    let layers = |it: &MixtureGradient| -> Vec<f64> {
        let slots = it.values().slots().iter();
        let layers = slots.filter(|slot| slot.name.contains("block") || slot.name.contains("norm"));
        let values = layers.flat_map(|slot| &it.values().values()[slot.range.clone()]);
        values.map(|&value| f64::from(value)).collect()
    };
    let [a, b] = [layers(&one), layers(&other)];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let expected = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
    assert!((one.cosine(&other).layers - expected).abs() < 1e-9);
}

/// Neither what was measured before nor the number of workers moves a bit; the run's own seed does.
#[test]
fn the_batches_are_a_function_of_seed_and_mixture() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = probe(&dir.path().join("one"), &[]);
    let found = measure(&first, NLI, 2);
    measure(&first, "micro_exmix_dialogue", 1);
    first.config.data.workers = 0;
    let again = measure(&first, NLI, 2);
    assert_eq!(found.values().values(), again.values().values());
    assert_eq!(found.loss.to_bits(), again.loss.to_bits());
    first.config.trainer.seed += 1;
    assert_ne!(measure(&first, NLI, 2).loss.to_bits(), found.loss.to_bits());
}

#[test]
fn what_cannot_be_measured_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut probe = probe(dir.path(), &[]);
    let unknown = probe.measure("micro_exmix_nlu", 1, &mut Silent);
    let unknown = unknown.unwrap_err().to_string();
    assert!(unknown.contains("micro_exmix_nlu"), "{unknown}");
    probe.parameters.values_mut()[0..4096].fill(f32::NAN);
    let error = probe.measure(NLI, 1, &mut Silent).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.to_string().contains(NLI), "{error}");
    let gone = dir.path().join("run/checkpoints/step_00000099");
    let config = &probe.config.clone();
    let error = GradientProbe::open(config, dir.path(), &gone, &mut Silent);
    assert_eq!(error.err().map(|it| it.kind()), Some(ErrorKind::Missing));
}

/// A task of one rule: a colour says `yes` or `no`. Its things set it apart from another of the same rule.
fn rule(dir: &Path, name: &str, things: [&str; 4], yes: &str) {
    let task = format!(
        "name = \"{name}\"\nfamily = \"other\"\ndescription = \"a rule\"\ninputs = \"{{{{ colour }}}} {{{{ thing }}}}\"\n\
         targets = \"{{{{ answer }}}}\"\n[source]\nformat = \"jsonl\"\ncolumns = [\"colour\", \"thing\", \"answer\"]\n\
         [source.splits]\ntrain = [\"{name}.jsonl\"]\n"
    );
    let mut rows = String::new();
    for colour in ["red", "blue"] {
        for thing in things {
            let answer = if colour == yes { "yes" } else { "no" };
            rows += &format!(
                "{{\"colour\": \"{colour}\", \"thing\": \"{thing}\", \"answer\": \"{answer}\"}}\n"
            );
        }
    }
    fs::write(dir.join(format!("{name}.toml")), task).unwrap();
    fs::write(dir.join(format!("{name}.jsonl")), rows).unwrap();
}

/// Between a rule and its opposite, in equal parts, a model can only learn what both share; then gradients tell the rule. The output
/// layer goes on swinging between the two answers, for all three alike: it is the layers below that know the rule.
#[test]
fn families_that_share_a_rule_pull_together_and_opposites_apart() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    rule(here, "rule", ["car", "tent", "hat", "cup"], "red");
    rule(here, "kin", ["boat", "lamp", "sofa", "pen"], "red");
    rule(here, "foe", ["car", "tent", "hat", "cup"], "blue");
    let mixture = "name = \"torn\"\ndescription = \"both\"\nmembers = [\"foe\", \"rule\"]\nrate = { kind = \"fixed\", value = 1.0 }";
    fs::write(here.join("torn.toml"), mixture).unwrap();
    let dirs = format!("data.task_dirs=[{:?}]", here.display().to_string());
    let root = format!("data.root={:?}", here.display().to_string());
    let overrides = [
        dirs.as_str(),
        root.as_str(),
        "data.mixture=torn",
        "data.vocabulary={bytes={extra_ids=4}}",
        "trainer.steps=600",
        "trainer.checkpoint_every=0",
        "trainer.batch_rows=8",
        "trainer.log_every=100",
    ];
    let probe = probe(here, &overrides);
    let [rule, kin, foe] = ["rule", "kin", "foe"].map(|name| measure(&probe, name, 4));
    let (together, apart) = (rule.cosine(&kin), rule.cosine(&foe));
    assert!(together.all > apart.all, "{together:?} {apart:?}");
    assert!(
        together.layers > 0.7 && apart.layers < 0.5,
        "{together:?} {apart:?}"
    );
}
