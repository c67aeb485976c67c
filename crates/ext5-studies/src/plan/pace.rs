use super::cost::Shaped;
use crate::Result;
use ext5_data::ErrorKind;
use ext5_trainer::{Event, Observer, ProbeOptions, device, plan_run, product_ceiling};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Most mixtures that are tried of runs that are otherwise alike.
const MIXTURES: usize = 4;

/// Seconds of a step: of runs that are alike but for mixture, seed and number of steps, and of each of their mixtures that was
/// tried.
pub(crate) type Paces = BTreeMap<String, BTreeMap<String, f64>>;

/// What was measured, or why not.
pub(crate) enum Measured {
    /// Seconds of steps.
    Paces(Paces),
    /// Nothing, for this reason.
    Not(String),
}

/// What a step's time depends on besides its examples.
fn kind_of_step(it: &Shaped<'_>) -> String {
    let (data, trainer) = (&it.cell.config.data, &it.cell.config.trainer);
    let root = &it.root.config;
    format!(
        "{} {:?} {:?} {} {} {} {} {} {} {:?} {}",
        root.model.preset,
        root.init.from,
        root.data.vocabulary,
        trainer.batch_rows,
        trainer.micro_batch_rows,
        data.inputs_length,
        data.targets_length,
        data.packing,
        trainer.device,
        trainer.precision,
        trainer.recompute,
    )
}

/// The mean over the mixtures that were tried, where this one was not.
pub(crate) fn seconds_per_step(paces: &Paces, it: &Shaped<'_>) -> Option<f64> {
    let tried = paces.get(&kind_of_step(it))?;
    let mean = || tried.values().sum::<f64>() / tried.len() as f64;
    let own = tried.get(&it.cell.config.data.mixture).copied();
    Some(own.unwrap_or_else(mean))
}

/// Takes a few steps of each kind of run, from new weights of the same shape. `generated` mixtures have no file yet and are not
/// tried. Caches are built below `dir`, where the runs will find them.
pub(crate) fn measure(
    shaped: &[Shaped<'_>],
    generated: &BTreeSet<&str>,
    (dir, options): (&Path, ProbeOptions),
    observer: &mut dyn Observer,
) -> Result<Measured> {
    let mut wanted: BTreeMap<String, Vec<&Shaped<'_>>> = BTreeMap::new();
    for it in shaped {
        let config = &it.cell.config;
        let same = wanted.entry(kind_of_step(it)).or_default();
        let new = |it: &&Shaped<'_>| it.cell.config.data.mixture != config.data.mixture;
        if !generated.contains(config.data.mixture.as_str()) && same.iter().all(new) {
            same.push(it);
        }
    }
    let mut paces = Paces::new();
    for (kind, all) in wanted {
        let Some(first) = all.first() else {
            let reason = "a kind of run has mixtures that are made when the study runs";
            return Ok(Measured::Not(reason.to_owned()));
        };
        if let Some(reason) = too_slow(first, options) {
            return Ok(Measured::Not(reason));
        }
        let apart = all.len().div_ceil(MIXTURES);
        for it in all.iter().step_by(apart) {
            let mixture = it.cell.config.data.mixture.clone();
            observer.on(&Event::Note(&format!(
                "trying some steps of `{}` on `{mixture}`",
                it.cell.name
            )));
            match tried(it, dir, options, observer) {
                Ok(seconds) => {
                    let same = paces.entry(kind.clone()).or_default();
                    same.insert(mixture, seconds);
                }
                Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Device) => {
                    return Ok(Measured::Not(format!("no step can be tried: {error}")));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(Measured::Paces(paces))
}

fn tried(
    it: &Shaped<'_>,
    dir: &Path,
    options: ProbeOptions,
    observer: &mut dyn Observer,
) -> ext5_trainer::Result<f64> {
    let mut config = it.cell.config.clone();
    let root = &it.root.config;
    config.init.from.clone_from(&root.init.from);
    config.model.preset.clone_from(&root.model.preset);
    config.data.vocabulary = root.data.vocabulary.clone();
    config.data.cache.get_or_insert_with(|| dir.join("cache"));
    let plan = plan_run(&config, &dir.join("plan"), Some(options), observer)?;
    Ok(plan.probe.map_or(0.0, |probe| probe.speed.seconds_per_step))
}

/// Why one step would take longer than all that may be tried; known of the processor alone.
fn too_slow(it: &Shaped<'_>, options: ProbeOptions) -> Option<String> {
    let name = it.cell.config.trainer.device.as_str();
    if !matches!(name, device::CPU | device::FLEX) {
        return None;
    }
    let seconds = it.flops_per_step() / product_ceiling();
    let limit = options.limit.as_secs_f64();
    (seconds > limit).then(|| {
        format!(
            "one step of `{}` takes this processor {seconds:.0} s or more, {limit:.0} s may be tried",
            it.cell.name
        )
    })
}
