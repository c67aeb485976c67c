use super::cost::Shaped;
use ext5_trainer::{MemoryPart, plan_shape};
use serde::Serialize;

/// The parts that lie where the model computes.
const ON_DEVICE: &[&str] = &["weights", "gradients", "optimizer", "activations"];
/// The name by which graphics cards are asked for.
const CARD: &str = "cuda";

/// The run of a grid that holds most memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LargestRun {
    /// Its name.
    pub cell: String,
    /// Rows that go through the model at once.
    pub rows: usize,
    /// Part by part, MiB; of a card without what the host holds.
    pub parts: Vec<MemoryPart>,
    /// All of it, MiB: with every row full, so the most there can be; rough where a card computes.
    pub memory_mib: f64,
    /// What this machine has left, MiB; not known of a card.
    pub machine_mib: Option<f64>,
}

impl LargestRun {
    /// The largest of all, as it is on the device of its configuration or, `on_card`, on a graphics card.
    pub(crate) fn of(shaped: &[Shaped<'_>], on_card: bool) -> Option<Self> {
        let mut largest: Option<Self> = None;
        let mut seen = Vec::new();
        for it in shaped {
            // Runs that differ in data alone are alike here.
            let alike = (&it.shape, it.plan.micro_batch);
            if !seen.contains(&alike) {
                seen.push(alike);
                let found = Self::one(it, on_card);
                if largest
                    .as_ref()
                    .is_none_or(|it| found.memory_mib > it.memory_mib)
                {
                    largest = Some(found);
                }
            }
        }
        largest
    }

    fn one(it: &Shaped<'_>, on_card: bool) -> Self {
        let mut parts = it.plan.memory.clone();
        let mut machine_mib = it.plan.memory_available_mib;
        if on_card {
            let mut config = it.cell.config.clone();
            CARD.clone_into(&mut config.trainer.device);
            parts = plan_shape(&config, &it.shape).memory;
            machine_mib = None;
            parts.retain(|part| ON_DEVICE.contains(&part.name));
        }
        Self {
            cell: it.cell.name.clone(),
            rows: it.plan.micro_batch.rows,
            memory_mib: parts.iter().map(|part| part.mib).sum(),
            parts,
            machine_mib,
        }
    }

    /// The largest number of rows, a power of two, with which it needs no more than so many MiB; 0 where not even one row fits.
    pub(crate) fn rows_that_fit(&self, mib: f64) -> usize {
        let activations = self.parts.iter().find(|part| part.name == "activations");
        let row = activations.map_or(0.0, |part| part.mib) / self.rows.max(1) as f64;
        let fixed = self.memory_mib - row * self.rows as f64;
        let fits = |rows: usize| fixed + row * rows as f64 <= mib;
        let sizes = (0..20).map(|power| 1_usize << power);
        sizes.take_while(|&rows| fits(rows)).last().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(parts: &[(&'static str, f64)], rows: usize) -> LargestRun {
        let part = |&(name, mib): &(&'static str, f64)| MemoryPart { name, mib, how: "" };
        LargestRun {
            cell: "a".to_owned(),
            rows,
            parts: parts.iter().map(part).collect(),
            memory_mib: parts.iter().map(|part| part.1).sum(),
            machine_mib: None,
        }
    }

    #[test]
    fn rows_fit_beside_what_does_not_depend_on_them() {
        let it = run(&[("weights", 10.0), ("activations", 64.0)], 32);
        assert_eq!(it.rows_that_fit(11.0), 0);
        assert_eq!(it.rows_that_fit(12.0), 1);
        assert_eq!(it.rows_that_fit(26.0), 8);
        assert_eq!(it.rows_that_fit(41.0), 8);
    }
}
