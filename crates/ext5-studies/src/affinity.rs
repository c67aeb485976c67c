use crate::AffinityProbe;
use ext5_data::{door, storage};
use ext5_findings::{Affinity, FamilyProbe};
use ext5_trainer::{
    Checkpoint, Error, Event, GradientProbe, MixtureGradient, ModelDir, Observer, Result,
    RunConfig, Stop,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What was measured of a run, in its directory.
const AFFINITY: &str = "affinity.json";
/// Largest such file that is read, bytes.
const LARGEST: u64 = 1 << 26;

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

/// Measures what `probe` asks of the run in `run_dir`, checkpoint by checkpoint, in `affinity.json` there: what it holds already of
/// the same probe is not measured again. `config` is that of the run, its cache and task directories as it had them.
///
/// All families' gradients of a checkpoint are held at once: the weights in f32 as many times as there are families, and twice more.
///
/// # Errors
/// [`Error::Stopped`] between two families where `stop` asks for it. [`Error::RunDirectory`] where a checkpoint is not kept; as
/// [`GradientProbe::measure`].
pub fn measure_affinity(
    probe: &AffinityProbe,
    config: &RunConfig,
    run_dir: &Path,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Affinities> {
    let path = run_dir.join(AFFINITY);
    let kept = read(&path)?.filter(|kept| kept.probe == *probe);
    let mut found = kept.unwrap_or_else(|| Affinities::none(probe));
    for step in found.missing() {
        let checkpoint = checkpoint(run_dir, step)?;
        let families = probe.families.len();
        let note = format!(
            "comparing the gradients of {families} families after {step} steps, on the CPU"
        );
        observer.on(&Event::Note(&note));
        let opened = GradientProbe::open(config, run_dir, &checkpoint, observer)?;
        let mut gradients = Vec::with_capacity(families);
        for (_, mixture) in &probe.families {
            if let Some(interrupted) = stop.wanted() {
                let run_dir = run_dir.to_owned();
                return Err(Error::Stopped {
                    step,
                    run_dir,
                    interrupted,
                });
            }
            gradients.push(opened.measure(mixture, probe.batches, observer)?);
        }
        found.add(step, &gradients);
        let text = serde_json::to_vec_pretty(&found).unwrap_or_default();
        storage::local().write(&path, &text)?;
    }
    Ok(found)
}

/// What [`measure_affinity`] has finished in `run_dir` of `probe`; none where a step is missing.
///
/// # Errors
/// [`Error::Data`] where the file is damaged.
pub fn finished_affinity(probe: &AffinityProbe, run_dir: &Path) -> Result<Option<Affinities>> {
    let kept = read(&run_dir.join(AFFINITY))?;
    Ok(kept.filter(|kept| kept.probe == *probe && kept.missing().is_empty()))
}

fn read(path: &Path) -> Result<Option<Affinities>> {
    if !storage::local().exists(path)? {
        return Ok(None);
    }
    let bytes = door::read(path, LARGEST)?;
    Ok(Some(door::parse(path, || serde_json::from_slice(&bytes))?))
}

/// The checkpoint of the run in `run_dir` after `step` steps.
fn checkpoint(run_dir: &Path, step: u64) -> Result<PathBuf> {
    let mut kept = Vec::new();
    for path in ModelDir::checkpoints(run_dir)? {
        let found = Checkpoint::open(&path)?.step();
        if found == step {
            return Ok(path);
        }
        kept.push(found.to_string());
    }
    let reason = format!(
        "`{}` has no checkpoint after {step} steps, only after {}: gradients are compared at checkpoints, set \
         `trainer.checkpoint_every` and `trainer.keep` so that this one is kept",
        run_dir.display(),
        kept.join(", ")
    );
    Err(Error::RunDirectory { reason })
}

impl Affinities {
    fn none(probe: &AffinityProbe) -> Self {
        Self {
            probe: probe.clone(),
            pairs: Vec::new(),
            families: Vec::new(),
        }
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
        let path = run_dir.join(AFFINITY);
        assert_eq!(finished_affinity(&asked, &run_dir).unwrap(), None);
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
        assert!(
            matches!(error, Err(Error::Stopped { step: 4, .. })),
            "{error:?}"
        );
        assert_eq!(finished_affinity(&asked, &run_dir).unwrap(), None);
        let again = measure_affinity(&asked, &config, &run_dir, &never, &mut Silent).unwrap();
        assert_eq!(again, whole);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(finished_affinity(&asked, &run_dir).unwrap(), Some(whole));
        // A probe that asks for something else takes nothing from it.
        assert_eq!(finished_affinity(&probe(&[2]), &run_dir).unwrap(), None);
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
        assert!(lost.contains("after 3 steps, only after 2, 4, 6"), "{lost}");
    }
}
