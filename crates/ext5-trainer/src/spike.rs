//! Spikes of the loss and of the gradients' norm: robust, deterministic, a function of the steps before.
use crate::SpikeConfig;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Standard deviations of a normal distribution in its median absolute deviation.
const DEVIATION: f64 = 1.4826;
/// Standard deviations of a normal distribution between its median and its 95th percentile.
const UPPER: f64 = 1.6449;
/// The least deviation that is believed: 3 %.
const FLOOR: f64 = 0.03;
/// Deviations that a step may lie above the median and count as none.
const ALLOWED: f64 = 1.5;
/// Thresholds that the sum of what is not allowed grows to at most, so that it is soon forgotten.
const HELD: f64 = 2.0;

/// A watch on one series of positive numbers. Their logarithms are compared, so that it does not matter how large they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Watch {
    /// Logarithms of the last numbers, oldest first.
    recent: VecDeque<f64>,
    /// What the last numbers had above what is allowed, in deviations, added up as long as it is above 0 (Page's sum). One high number
    /// may be chance, some in a row are not.
    sum: f64,
    /// Whether that was too much: a spike is told when it begins.
    above: bool,
}

/// A watch on both; part of a run's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpikeDetector {
    loss: Watch,
    gradient_norm: Watch,
}

/// A step that stands out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// `the loss` or `the gradient norm`.
    pub what: &'static str,
    /// Its value.
    pub value: f64,
    /// The median of the steps before.
    pub median: f64,
    /// Robust deviations between both.
    pub deviations: f64,
}

impl SpikeDetector {
    /// Enters a step; answers the spike that begins with it.
    pub fn observe(
        &mut self,
        config: &SpikeConfig,
        loss: f64,
        gradient_norm: f64,
    ) -> Option<Spike> {
        let both = [
            ("the loss", &mut self.loss, loss),
            ("the gradient norm", &mut self.gradient_norm, gradient_norm),
        ];
        both.map(|(what, watch, value)| {
            let (median, deviations) = watch.observe(config, value)?;
            Some(Spike {
                what,
                value,
                median,
                deviations,
            })
        })
        .into_iter()
        .flatten()
        .next()
    }
}

impl Watch {
    /// Enters a number; answers the median before it and its deviations from that where a spike is told with it. A step without loss
    /// says nothing.
    fn observe(&mut self, config: &SpikeConfig, value: f64) -> Option<(f64, f64)> {
        if !(value.is_finite() && value > 0.0) {
            return None;
        }
        let log = value.ln();
        let was_above = self.above;
        let mut found = None;
        if 2 * self.recent.len() >= config.window {
            let (median, deviations) = self.deviations(log);
            let most = HELD * config.threshold;
            self.sum = (self.sum + deviations - ALLOWED).min(most).max(0.0);
            self.above = self.sum > config.threshold;
            found = Some((median.exp(), deviations));
        }
        self.recent.push_back(log);
        while self.recent.len() > config.window {
            self.recent.pop_front();
        }
        found.filter(|_| self.above && !was_above)
    }

    /// The median of the last numbers, and how many robust deviations `log` is above it. A mixture's tasks have losses of their
    /// own: where batches are small, the numbers have a tail that the median absolute deviation does not see, so the 95th percentile
    /// has its say too.
    fn deviations(&self, log: f64) -> (f64, f64) {
        let mut sorted: Vec<f64> = self.recent.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let last = sorted.len().saturating_sub(1);
            let place = (share * last as f64).round() as usize;
            sorted.get(place.min(last)).copied().unwrap_or(log)
        };
        let (median, upper) = (at(0.5), at(0.95));
        let mut distances: Vec<f64> = sorted.iter().map(|it| (it - median).abs()).collect();
        let middle = distances.len() / 2;
        let absolute = match distances.get(middle) {
            Some(_) => *distances.select_nth_unstable_by(middle, f64::total_cmp).1,
            None => 0.0,
        };
        let deviation = (DEVIATION * absolute)
            .max((upper - median) / UPPER)
            .max(FLOOR);
        (median, (log - median) / deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(steps: usize) -> SpikeDetector {
        let mut detector = SpikeDetector::default();
        for step in 0..steps {
            let noise = if step % 2 == 0 { 0.98 } else { 1.02 };
            assert_eq!(
                detector.observe(&SpikeConfig::default(), 2.0 * noise, noise),
                None
            );
        }
        detector
    }

    #[test]
    fn a_spike_is_told_once_when_it_begins() {
        let config = SpikeConfig::default();
        let mut detector = steady(100);
        let spike = detector.observe(&config, 8.0, 1.0).unwrap();
        assert_eq!((spike.what, spike.value), ("the loss", 8.0));
        // Half of the losses are 1.96, half 2.04: the upper median is 2.04, the upper median of distances ln(2.04 / 1.96) = 0.0400;
        // ln(8 / 2.04) = 1.3665 is 23.04 times 1.4826 of these.
        assert!((spike.deviations - 23.04).abs() < 0.01, "{spike:?}");
        assert!((spike.median - 2.04).abs() < 1e-9, "{spike:?}");
        assert_eq!(detector.observe(&config, 8.0, 1.0), None);
        assert_eq!(detector.observe(&config, 2.0, 1.0), None);
        let spike = detector.observe(&config, 2.0, 50.0).unwrap();
        assert_eq!(spike.what, "the gradient norm");
    }

    #[test]
    fn some_high_steps_in_a_row_are_a_spike_and_one_is_none() {
        let config = SpikeConfig::default();
        // The upper median is 2.04 and a deviation 0.0593, as above: 2.8 is 5.34 deviations above it, 3.84 above what is allowed.
        let mut detector = steady(100);
        assert_eq!(detector.observe(&config, 2.8, 1.0), None);
        let spike = detector.observe(&config, 2.8, 1.0).unwrap();
        assert!((spike.deviations - 5.34).abs() < 0.01, "{spike:?}");
        // 1.96 takes 2.17 away and 2.04 takes 1.5: each is forgotten before the next.
        let mut detector = steady(100);
        for loss in [2.8, 1.96, 2.04, 1.96].repeat(5) {
            assert_eq!(detector.observe(&config, loss, 1.0), None);
        }
    }

    #[test]
    fn the_first_steps_and_steps_without_loss_are_no_spikes() {
        let config = SpikeConfig::default();
        assert_eq!(steady(31).observe(&config, 100.0, 100.0), None);
        let before = steady(100);
        let mut after = before.clone();
        assert_eq!(after.observe(&config, 0.0, 0.0), None);
        assert_eq!(after, before);
    }

    #[test]
    fn a_new_level_is_soon_the_level() {
        let config = SpikeConfig::default();
        let mut detector = steady(128);
        let told = (0..200).filter_map(|_| detector.observe(&config, 20.0, 1.0));
        assert_eq!(told.count(), 1);
        assert_eq!(detector.observe(&config, 21.0, 1.0), None);
    }

    #[test]
    fn its_memory_survives_being_written() {
        let detector = steady(77);
        let text = serde_json::to_string(&detector).unwrap();
        assert_eq!(
            serde_json::from_str::<SpikeDetector>(&text).unwrap(),
            detector
        );
    }
}
