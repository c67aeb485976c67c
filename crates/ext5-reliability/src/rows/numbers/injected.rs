//! N1: what is no number is seen in its step, before anything is updated, and recorded.
use std::collections::BTreeMap;

use ext5_architecture::{T5Config, Weights};
use ext5_backprop::Parameters;
use ext5_data::Batch;
use ext5_objectives::Stream;
use ext5_trainer::{
    Alone, Error, Learner, OptimizerConfig, Ranks, RunConfig, Session, Silent, StepOptions, Stop,
    train_among,
};
use serde_json::{Value, json};

use super::ground::{self, feeds_of};
use super::poison::{Poison, no_number};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "N1",
    what: "NaN and infinities in a loss, a gradient, a weight, an activation",
    tier: Tier::P,
    defect: "the check comes after the update",
    run,
};

/// Steps that are tried at each of which.
const STEPS: u64 = 20;

fn run(place: &Place) -> Result<Figure, Failure> {
    let tries = place.count(200, 1000);
    let (mut seen, mut same) = (0, 0);
    for optimizer in ["{kind=\"adafactor\"}", "{kind=\"adamw\"}"] {
        let optimizer = format!("optimizer={optimizer}");
        let settings = [
            optimizer.as_str(),
            "model.dropout_rate=0.1",
            "trainer.clip_norm=1.0",
        ];
        let config = ground::config(place, &settings)?;
        let found = tried(place, &config, tries / 2)?;
        seen += found.seen;
        same += found.same;
        if !found.goes_on {
            return Ok(Figure::new(
                "a refused step leaves something behind that changes a later one",
                "nothing",
                false,
            ));
        }
    }
    let (steps, recorded) = recorded(place)?;
    let all = 2 * (tries / 2);
    Ok(Figure::new(
        format!(
            "{seen} of {all} seen in their step, {same} left weights and moments bit for bit; {recorded} of {steps} skipped steps on record"
        ),
        "all",
        seen == all && same == all && recorded == steps && steps > 0,
    ))
}

#[derive(Default)]
struct Found {
    /// Seen in their step.
    seen: usize,
    /// Left all bits as they were.
    same: usize,
    /// Whether the learner takes the steps after it that one takes which never met any.
    goes_on: bool,
}

/// Tries a learner at some sites between each two of its steps.
fn tried(place: &Place, config: &RunConfig, tries: usize) -> Result<Found, Failure> {
    let session = Session::open(config, &place.quick_dir("n1")?, &mut Silent)?;
    let mut loader = ground::loader(config, feeds_of(config, &session)?)?;
    let (mut learner, mut twin) = (session.start(config)?, session.start(config)?);
    let mut stream = Stream::new(&[1, tries as u64]);
    let mut found = Found::default();
    for step in 0..STEPS {
        let batch = loader.next()?.0;
        let options = options(config, step);
        for number in 0..tries.div_ceil(STEPS as usize) {
            if number * STEPS as usize + step as usize >= tries {
                break;
            }
            let turn = stream.next_u64();
            let mut damaged = damaged(&learner, config, turn)?;
            let (target, poison): (_, Box<dyn Ranks>) = match &mut damaged {
                Some(damaged) => (damaged, Box::new(Alone)),
                None => (&mut learner, Box::new(Poison::new(turn, 1))),
            };
            let before = (target.weights()?, target.optimizer_state()?);
            if place.seeded {
                target.step(&batch, &options).ok();
            }
            let outcome = target.step_among(poison.as_ref(), &batch, &options);
            let after = (target.weights()?, target.optimizer_state()?);
            let at =
                |error: &Error| matches!(error, Error::NotFinite { step: at, .. } if *at == step);
            found.seen += usize::from(outcome.as_ref().err().is_some_and(at));
            found.same += usize::from(before == after);
        }
        learner.step(&batch, &options)?;
        twin.step(&batch, &options)?;
    }
    found.goes_on = place.seeded
        || learner.weights()? == twin.weights()?
            && learner.optimizer_state()? == twin.optimizer_state()?;
    Ok(found)
}

fn options(config: &RunConfig, step: u64) -> StepOptions {
    let trainer = &config.trainer;
    StepOptions {
        step,
        rate: config.schedule.rate(step),
        micro_batch_rows: trainer.micro_batch_rows,
        z_loss: trainer.z_loss,
        clip_norm: trainer.clip_norm,
        seed: trainer.seed,
    }
}

/// On odd turns a copy of `learner` in which one weight is no number, or two are finite but so large that one activation is none.
fn damaged(learner: &Learner, config: &RunConfig, turn: u64) -> Result<Option<Learner>, Failure> {
    let mut draws = Stream::new(&[2, turn]);
    let mut below = |bound: usize| (draws.next_u64() % bound.max(1) as u64) as usize;
    if turn.is_multiple_of(2) {
        return Ok(None);
    }
    let shape = learner.config().clone();
    let mut parameters = parameters(&shape, learner.weights()?)?;
    if below(2) == 0 {
        let place = below(parameters.values().len());
        if let Some(weight) = parameters.values_mut().get_mut(place) {
            *weight = no_number(turn / 2);
        }
    } else {
        // gelu(1e38 x) (1e38 x) of one hidden unit, at the tokens where x is above 0.
        let stack = ["encoder", "decoder"][below(2)];
        let (layer, place) = (below(shape.num_layers), below(shape.d_ff * shape.d_model));
        let part = if stack == "encoder" { 1 } else { 2 };
        for wi in ["wi_0", "wi_1"] {
            let name = format!("{stack}.block.{layer}.layer.{part}.DenseReluDense.{wi}.weight");
            let slot = parameters.slot(&name).ok_or("no such layer")?.clone();
            if let Some(weight) = parameters.values_mut().get_mut(slot.range.start + place) {
                *weight = 1e38;
            }
        }
    }
    let optimizer: OptimizerConfig = config.optimizer;
    let mut damaged = Learner::host(&shape, parameters, optimizer, turn.is_multiple_of(3));
    damaged.restore_optimizer(&learner.optimizer_state()?)?;
    Ok(Some(damaged))
}

fn parameters(shape: &T5Config, bytes: Vec<u8>) -> Result<Parameters, Failure> {
    let mut weights = Weights::default();
    weights.add("model.safetensors", bytes)?;
    Ok(Parameters::new(shape, weights)?)
}

/// A run in which every other step goes wrong: how many did, and how many of them its log and its last checkpoint have with step,
/// draws and examples.
fn recorded(place: &Place) -> Result<(usize, usize), Failure> {
    let steps = format!("trainer.steps={}", place.count(100, 400));
    let settings = [
        steps.as_str(),
        "trainer.non_finite={policy=\"skip\",max_consecutive=100,max_total=10000}",
    ];
    let config = ground::config(place, &settings)?;
    let run_dir = place.quick_dir("n1_run")?.join("run");
    let ranks = Poison::new(3, 2);
    let report = train_among(
        &ranks,
        &config,
        &run_dir,
        false,
        &Stop::default(),
        &mut Silent,
    )?;
    let hits: Vec<u64> = ranks.hits().into_iter().map(|(step, _)| step).collect();

    let log = ground::log(&run_dir)?;
    let found: Vec<&Value> = log.iter().filter(|it| it["kind"] == "skipped").collect();
    let state = std::fs::read(report.checkpoint.join("state.json"))?;
    let state: Value = serde_json::from_slice(&state)?;
    let mishaps = &state["mishaps"];
    if found.len() != hits.len() || mishaps["skipped"] != json!(hits.len()) {
        return Ok((hits.len(), found.len().min(hits.len().saturating_sub(1))));
    }
    let session = Session::open(&config, &run_dir, &mut Silent)?;
    let feeds = feeds_of(&config, &session)?;
    let names: Vec<String> = feeds.iter().map(|feed| feed.name.clone()).collect();
    let mut loader = ground::loader(&config, feeds)?;
    let (mut number, mut right) = (0, 0);
    for (skipped, (&hit, line)) in hits.iter().zip(found).enumerate() {
        while number < hit {
            loader.next()?;
            number += 1;
        }
        let first = loader.cursor().draws;
        let (batch, behind) = loader.next()?;
        number += 1;
        let draws = json!([first, behind.draws]);
        let listed = &mishaps["passed_over"][skipped];
        right += usize::from(
            line["step"] == json!(hit - skipped as u64)
                && line["skipped"] == json!(skipped + 1)
                && line["draws"] == draws
                && listed["draws"] == draws
                && line["examples"] == by_task(&batch, &names),
        );
    }
    Ok((hits.len(), right))
}

/// The examples of a batch by the names of their tasks.
fn by_task(batch: &Batch, names: &[String]) -> Value {
    let mut tasks: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for segment in &batch.segments {
        let name = names.get(segment.task).map_or("", String::as_str);
        tasks.entry(name).or_default().push(segment.example);
    }
    json!(tasks)
}
