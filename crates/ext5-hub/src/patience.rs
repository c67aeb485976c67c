use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// How long to wait for others, and how often to ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Tries of one request, the first included, while nothing is gained.
    pub attempts: u32,
    /// Longest pause before the second try; each further one is twice as long.
    pub first_pause: Duration,
    /// Longest such pause.
    pub longest_pause: Duration,
    /// Longest pause that a server may ask for; if it asks for more, the request fails.
    pub longest_retry_after: Duration,
    /// Until a connection stands.
    pub connect: Duration,
    /// Without a byte from the other side.
    pub silence: Duration,
    /// For another process that downloads the same file or writes to the same data root.
    pub hold: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
            longest_retry_after: Duration::from_mins(2),
            connect: Duration::from_secs(20),
            silence: Duration::from_mins(1),
            hold: Duration::from_hours(1),
        }
    }
}

impl Patience {
    /// The pause after so many failed tries, from 1: of what doubles with each try between a half and the whole. Which share it is
    /// depends on the process and on what is asked for, so that many that fail at once do not come back at once.
    pub(crate) fn pause(&self, failed: u32, what: &str) -> Duration {
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let most = self
            .first_pause
            .saturating_mul(doubled)
            .min(self.longest_pause);
        let mut digest = Sha256::new();
        digest.update(std::process::id().to_le_bytes());
        digest.update(failed.to_le_bytes());
        digest.update(what);
        let share = f64::from(digest.finalize()[0]) / 255.0;
        most.mul_f64(0.5 + 0.5 * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        let patience = Patience::default();
        for (failed, most) in [
            (1, 1.0),
            (2, 2.0),
            (3, 4.0),
            (5, 16.0),
            (6, 30.0),
            (40, 30.0),
        ] {
            let seconds = patience.pause(failed, "x").as_secs_f64();
            assert!(
                (most / 2.0..=most).contains(&seconds),
                "{failed}: {seconds}"
            );
        }
        let several = |what: u32| patience.pause(3, &what.to_string());
        let pauses: std::collections::BTreeSet<_> = (0..100).map(several).collect();
        assert!(pauses.len() > 50, "{}", pauses.len());
    }
}
