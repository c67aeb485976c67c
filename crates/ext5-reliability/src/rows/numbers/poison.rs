//! A process whose losses and gradients go wrong, with no hook in the product: it is what adds them up.
use std::cell::{Cell, RefCell};

use ext5_objectives::Stream;
use ext5_trainer::Ranks;

/// Where a number goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    Loss,
    Gradient,
}

/// One process. Which of its steps go wrong is a function of their own losses: a step that is computed again, after a kill or in
/// another run, goes wrong again.
pub(super) struct Poison {
    seed: u64,
    /// One of so many steps goes wrong.
    one_in: u64,
    /// The first steps of the process, which go right.
    spared: u64,
    /// The steps so far.
    steps: Cell<u64>,
    /// The gradient that goes wrong next.
    gradient: Cell<Option<(u64, f32)>>,
    /// The steps that went wrong, counted from 0 over all that were tried, and where.
    hits: RefCell<Vec<(u64, Site)>>,
}

impl Poison {
    pub(super) fn new(seed: u64, one_in: u64) -> Self {
        Self {
            seed,
            one_in,
            spared: 0,
            steps: Cell::new(0),
            gradient: Cell::new(None),
            hits: RefCell::default(),
        }
    }

    /// The same, but for its first steps.
    pub(super) fn after(self, spared: u64) -> Self {
        Self { spared, ..self }
    }

    pub(super) fn hits(&self) -> Vec<(u64, Site)> {
        self.hits.borrow().clone()
    }
}

/// No number, in turn.
pub(super) fn no_number(turn: u64) -> f32 {
    [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][turn as usize % 3]
}

impl Ranks for Poison {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn sum_f32(&self, values: &mut [f32]) {
        if let Some((place, value)) = self.gradient.take()
            && let Some(gradient) = values.get_mut(place as usize % values.len().max(1))
        {
            *gradient = value;
        }
    }

    /// The losses of a batch's segments; what has fewer numbers is something else.
    fn sum_f64(&self, values: &mut [f64]) {
        if values.len() < 3 {
            return;
        }
        let step = self.steps.replace(self.steps.get() + 1);
        let mut parts = vec![self.seed];
        parts.extend(values.iter().map(|value| value.to_bits()));
        let mut stream = Stream::new(&parts);
        let mut below = |bound: u64| stream.next_u64() % bound;
        if step < self.spared || below(self.one_in) > 0 {
            return;
        }
        let (value, place) = (no_number(below(3)), below(u64::MAX));
        let site = if below(2) == 0 {
            let last = values.len() as u64;
            if let Some(loss) = values.get_mut((place % last) as usize) {
                *loss = f64::from(value);
            }
            Site::Loss
        } else {
            self.gradient.set(Some((place, value)));
            Site::Gradient
        };
        self.hits.borrow_mut().push((step, site));
    }

    fn leave(&self) {}

    fn abort(&self, _code: u8) {}
}
