//! Where each family would take a run, compared at its checkpoints.
use crate::failure::{read_json, write_json};
use crate::hash::short;
use crate::training::checkpoint;
use crate::{AffinityProbe, Result};
use ext5_findings::{Affinity, FamilyProbe};
use ext5_trainer::{Error, Event, GradientProbe, MixtureGradient, Observer, RunConfig, Stop};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the gradients of families say of one another along a run, and how its loss fell for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affinities {
    /// What was asked.
    pub probe: AffinityProbe,
    /// Every pair of families at every step, each once, in the order in which the probe names them.
    pub pairs: Vec<Affinity>,
    /// Every family at every step.
    pub families: Vec<FamilyProbe>,
}

/// Measures what `probe` asks of the run in `run_dir`, checkpoint by checkpoint, in a file there: what it holds already is not measured
/// again. `config` is that of the run, its cache and task directories as it had them.
///
/// All families' gradients of a checkpoint are held at once: the weights in f32 as many times as there are families, and twice more.
///
/// # Errors
/// [`Error::Stopped`] between two families where `stop` asks for it; as [`GradientProbe::open`] and [`GradientProbe::measure`].
pub fn measure_affinity(
    probe: &AffinityProbe,
    config: &RunConfig,
    run_dir: &Path,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Affinities> {
    let mut found = Affinities::read(probe, run_dir)?;
    for step in found.missing() {
        let families = probe.families.len();
        observer.on(&Event::Note(&format!(
            "comparing the gradients of {families} families after {step} steps, on the CPU"
        )));
        let at = checkpoint(run_dir, step);
        let opened = GradientProbe::open(config, run_dir, &at, observer)?;
        let mut gradients = Vec::with_capacity(families);
        for (_, mixture) in &probe.families {
            if let Some(interrupted) = stop.wanted() {
                let run_dir = run_dir.to_owned();
                let stopped = Error::Stopped {
                    step,
                    run_dir,
                    interrupted,
                };
                return Err(stopped.into());
            }
            gradients.push(opened.measure(mixture, probe.batches, observer)?);
        }
        found.add(step, &gradients);
        write_json(&path(probe, run_dir), &found)?;
    }
    Ok(found)
}

/// What [`measure_affinity`] has finished in `run_dir` of `probe`; none where a step is missing.
///
/// # Errors
/// [`crate::Error::Data`] where the file is damaged.
pub fn finished_affinity(probe: &AffinityProbe, run_dir: &Path) -> Result<Option<Affinities>> {
    let found = Affinities::read(probe, run_dir)?;
    Ok(found.missing().is_empty().then_some(found))
}

/// The file in a run's directory that holds what `probe` asks: other studies may ask the same run for something else.
fn path(probe: &AffinityProbe, run_dir: &Path) -> PathBuf {
    let asked = serde_json::to_vec(probe).unwrap_or_default();
    let hash = blake3::hash(&asked).to_hex();
    run_dir.join(format!("affinity-{}.json", short(&hash)))
}

impl Affinities {
    /// What [`measure_affinity`] has finished so far.
    fn read(probe: &AffinityProbe, run_dir: &Path) -> Result<Self> {
        let kept: Option<Self> = read_json(&path(probe, run_dir))?;
        Ok(kept
            .filter(|kept| kept.probe == *probe)
            .unwrap_or_else(|| Self {
                probe: probe.clone(),
                pairs: Vec::new(),
                families: Vec::new(),
            }))
    }

    /// Steps that are asked for and not measured yet, in order.
    fn missing(&self) -> BTreeSet<u64> {
        let measured: BTreeSet<u64> = self.families.iter().map(|it| it.step).collect();
        let asked: BTreeSet<u64> = self.probe.steps.iter().copied().collect();
        asked.difference(&measured).copied().collect()
    }

    /// Adds what was measured after `step` steps, a gradient per family.
    fn add(&mut self, step: u64, gradients: &[MixtureGradient]) {
        let replicate = self.probe.replicate;
        let names = self.probe.families.iter().map(|(name, _)| name);
        let all: Vec<(&String, &MixtureGradient)> = names.zip(gradients).collect();
        for (place, (first, one)) in all.iter().enumerate() {
            self.families.push(FamilyProbe {
                family: (*first).clone(),
                step,
                replicate,
                loss: one.loss,
                tokens: one.tokens,
                slope: None,
                norm: one.norm(),
                agreement: one.agreement,
            });
            for (second, other) in all.iter().skip(place + 1) {
                let cosine = one.cosine(other);
                self.pairs.push(Affinity {
                    first: (*first).clone(),
                    second: (*second).clone(),
                    step,
                    replicate,
                    cosine: cosine.all,
                    layers: cosine.layers,
                });
            }
        }
        self.pairs.sort_by_key(|it| it.step);
        self.families.sort_by_key(|it| it.step);
        set_slopes(&mut self.families);
    }
}

/// Sets the change of each family's loss per step since the probe before, of probes in the order of their steps.
fn set_slopes(probes: &mut [FamilyProbe]) {
    let mut before: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    for probe in probes {
        let now = (probe.step, probe.loss);
        probe.slope = before
            .insert(probe.family.clone(), now)
            .map(|(step, loss)| (probe.loss - loss) / (probe.step - step).max(1) as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ext5_data::ErrorKind;
    use ext5_trainer::{Silent, recipe, train};

    const FAMILIES: [&str; 3] = ["nli", "dialogue", "classification"];

    /// A short run of the micro-world with a checkpoint every second step, and its configuration.
    fn run(dir: &Path) -> RunConfig {
        let overrides = [
            "trainer.steps=6",
            "trainer.batch_rows=4",
            "trainer.checkpoint_every=2",
            "data.max_examples=200",
            "data.inputs_length=32",
            "data.targets_length=24",
            "data.vocabulary={trained={mixture=\"micro_text\",size=512}}",
        ]
        .map(str::to_owned);
        let config = recipe("micro_ext5", &overrides).unwrap();
        train(&config, dir, false, &Stop::default(), &mut Silent).unwrap();
        config
    }

    fn probe(steps: &[u64]) -> AffinityProbe {
        let family = |name: &str| (name.to_owned(), format!("micro_exmix_{name}"));
        AffinityProbe {
            steps: steps.to_vec(),
            families: FAMILIES.map(family).to_vec(),
            batches: 2,
            replicate: 7,
        }
    }

    /// Asks to stop when a checkpoint's gradients begin for the `left`-th time.
    struct Impatient<'a> {
        stop: &'a Stop,
        left: u32,
    }

    impl Observer for Impatient<'_> {
        fn on(&mut self, event: &Event<'_>) {
            if let Event::Note(note) = event
                && note.starts_with("comparing")
            {
                self.left -= 1;
                if self.left == 0 {
                    self.stop.terminate();
                }
            }
        }
    }

    #[test]
    fn a_probe_stopped_on_the_way_ends_in_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let run_dir = dir.path().join("run");
        let config = run(&run_dir);
        let asked = probe(&[6, 2, 4]);
        let path = path(&asked, &run_dir);
        let missing = || Affinities::read(&asked, &run_dir).unwrap().missing();
        assert_eq!(missing(), BTreeSet::from([2, 4, 6]));
        let never = Stop::default();
        let whole = measure_affinity(&asked, &config, &run_dir, &never, &mut Silent).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();

        let stop = Stop::default();
        let mut impatient = Impatient {
            stop: &stop,
            left: 2,
        };
        let error = measure_affinity(&asked, &config, &run_dir, &stop, &mut impatient);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Stopped);
        assert_eq!(missing(), BTreeSet::from([4, 6]));
        let again = measure_affinity(&asked, &config, &run_dir, &never, &mut Silent).unwrap();
        assert_eq!(again, whole);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(Affinities::read(&asked, &run_dir).unwrap(), whole);
        // A probe that asks for something else takes nothing from it.
        let other = Affinities::read(&probe(&[2]), &run_dir).unwrap();
        assert_eq!(other.missing(), BTreeSet::from([2]));
    }

    #[test]
    fn every_pair_is_there_once_and_slopes_lie_between_steps() {
        let dir = tempfile::tempdir().unwrap();
        let run_dir = dir.path().join("run");
        let config = run(&run_dir);
        let never = Stop::default();
        let found = measure_affinity(&probe(&[2, 6]), &config, &run_dir, &never, &mut Silent);
        let found = found.unwrap();
        let pairs: Vec<(u64, &str, &str)> = found
            .pairs
            .iter()
            .map(|it| (it.step, it.first.as_str(), it.second.as_str()))
            .collect();
        let mut expected = Vec::new();
        for step in [2, 6] {
            expected.push((step, "nli", "dialogue"));
            expected.push((step, "nli", "classification"));
            expected.push((step, "dialogue", "classification"));
        }
        assert_eq!(pairs, expected);
        assert!(found.pairs.iter().all(|it| it.cosine.abs() <= 1.0));
        let of = |step: u64| found.families.iter().filter(move |it| it.step == step);
        for (first, last) in of(2).zip(of(6)) {
            assert_eq!((&first.family, first.slope), (&last.family, None));
            assert_eq!(
                (first.tokens, first.replicate),
                (last.tokens, 7),
                "other batches"
            );
            let slope = (last.loss - first.loss) / 4.0;
            assert_eq!(last.slope, Some(slope));
            assert!(slope < 0.0, "{} learns nothing", first.family);
        }
        let lost = measure_affinity(&probe(&[3]), &config, &run_dir, &never, &mut Silent);
        let lost = lost.unwrap_err().to_string();
        assert!(lost.contains("step_00000003"), "{lost}");
    }
}
