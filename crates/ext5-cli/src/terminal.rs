use ext5_eval::Progress as Answered;
use ext5_inspect::Progress;
use ext5_trainer::{Event, Observer, Speed};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Seconds between plain lines where stderr is no terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// Progress on stderr: a bar on a terminal, plain lines in logs, nothing when quiet.
pub(crate) struct Terminal {
    quiet: bool,
    bar: Option<ProgressBar>,
    is_terminal: bool,
    last_line: Instant,
    started: Instant,
    /// What is being evaluated, and the examples that were answered when this process began.
    evaluated: Option<(String, u64)>,
}

impl Terminal {
    pub(crate) fn new(quiet: bool) -> Self {
        let now = Instant::now();
        Self {
            quiet,
            bar: None,
            is_terminal: std::io::stderr().is_terminal(),
            last_line: now,
            started: now,
            evaluated: None,
        }
    }

    pub(crate) fn say(&self, text: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) if self.is_terminal => bar.println(text),
            _ => {
                let _ = writeln!(std::io::stderr().lock(), "{text}");
            }
        }
    }

    /// Tells how far the reading of examples is.
    pub(crate) fn reading(&mut self) -> impl FnMut(Progress) -> ext5_data::Result<()> + '_ {
        |it| {
            let (task, split, examples) = (it.task, it.split, it.examples);
            let text = format!("splits; `{task}` ({split}): {examples} examples");
            self.progress(it.number as u64, it.of as u64, &text);
            Ok(())
        }
    }

    /// Takes a bar away once its work is done.
    pub(crate) fn done(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// A line now and then: every change on a terminal's bar, every ten seconds in a log.
    pub(crate) fn progress(&mut self, done: u64, total: u64, text: &str) {
        if self.quiet {
            return;
        }
        if self.is_terminal {
            let bar = self.bar.get_or_insert_with(|| {
                let target = ProgressDrawTarget::stderr();
                let bar = ProgressBar::with_draw_target(Some(total), target);
                let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta} {msg}");
                style.map_or(bar.clone(), |style| bar.with_style(style))
            });
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(text.to_owned());
        } else if self.last_line.elapsed() >= PLAIN_EVERY {
            self.last_line = Instant::now();
            self.say(&format!("{done}/{total} {text}"));
        }
    }

    /// How far an evaluation is, with its rate and the time that is left. Neither counts what an earlier process has answered.
    fn evaluating(&mut self, it: Answered<'_>) {
        let name = format!("{} {}", it.task, it.split);
        if self
            .evaluated
            .as_ref()
            .is_none_or(|(of, from)| *of != name || it.done < *from)
        {
            self.evaluated = Some((name, it.done));
            self.started = Instant::now();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let new = it.done
            - it.resumed
                .max(self.evaluated.as_ref().map_or(0, |(_, from)| *from))
                .min(it.done);
        let rate = new as f64 / seconds.max(1e-3);
        let mut text = format!("examples of `{}` answered", it.task);
        if new > 0 {
            text.push_str(&format!(", {rate:.1}/s"));
        }
        if let Some(total) = it.total.filter(|_| new > 0 && !self.is_terminal) {
            let left = total.saturating_sub(it.done) as f64 / rate;
            text.push_str(&format!(", {left:.0} s left"));
        }
        for (count, how) in [(it.resumed, "resumed"), (it.cached, "from the cache")] {
            if count > 0 {
                text.push_str(&format!(", {count} {how}"));
            }
        }
        self.progress(it.done, it.total.unwrap_or(0), &text);
    }

    fn step(&mut self, step: u64, steps: u64, loss: f64, speed: Speed) {
        self.progress(step, steps, &format!("loss {loss:.3}, {}", rate(speed)));
        if step == steps {
            self.done();
        }
    }
}

/// The speed of the last steps in a line; tokens are those of encoder and decoder.
fn rate(speed: Speed) -> String {
    let mut text = format!(
        "{:.0} + {:.0} tokens/s, {:.2} steps/s",
        speed.inputs_per_s, speed.targets_per_s, speed.steps_per_s
    );
    match speed.mfu {
        Some(share) => text.push_str(&format!(", {:.0}% MFU", 100.0 * share)),
        None => text.push_str(&format!(", {:.0} GFLOP/s", speed.gflops)),
    }
    text.push_str(&format!(", {:.0}% waited", 100.0 * speed.waited_share));
    if let Some((now, peak)) = speed.rss_mib.zip(speed.peak_rss_mib) {
        text.push_str(&format!(", {now:.0} MiB (peak {peak:.0})"));
    }
    text
}

/// A time to wait, as exactly as one wants to know it.
fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match minutes {
        0..2 => format!("{seconds:.0} s"),
        2..60 => format!("{minutes} min"),
        60..2880 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1440, minutes % 1440 / 60),
    }
}

impl Observer for Terminal {
    fn on(&mut self, event: &Event<'_>) {
        match *event {
            Event::Note(text) => self.say(text),
            Event::Caching { task, examples } => {
                self.progress(examples, 0, &format!("examples of `{task}` tokenized"));
            }
            Event::Step {
                step,
                steps,
                loss,
                speed,
            } => self.step(step, steps, loss, speed),
            Event::Metrics(line) if line["kind"] == "validation" => {
                self.say(&line.to_string());
            }
            Event::Checkpoint { path, step } => {
                self.say(&format!("step {step}: saved {}", path.display()));
            }
            Event::Evaluating(progress) => self.evaluating(progress),
            Event::Cell {
                number,
                of,
                name,
                seconds_left,
            } => {
                self.done();
                let left = seconds_left.map_or_else(String::new, |seconds| {
                    format!(", about {} left", duration(seconds))
                });
                self.say(&format!("cell {number} of {of}, {name}{left}"));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_as_exact_as_it_is_short() {
        let cases = [
            (0.4, "0 s"),
            (80.0, "80 s"),
            (90.0, "2 min"),
            (3569.0, "59 min"),
            (12_000.0, "3 h 20 min"),
            (273_600.0, "3 d 4 h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn a_line_tells_what_is_known() {
        let mut speed = Speed {
            steps_per_s: 0.169,
            inputs_per_s: 692.4,
            targets_per_s: 154.0,
            gflops: 143.6,
            mfu: Some(0.854),
            waited_share: 0.004,
            rss_mib: Some(900.0),
            peak_rss_mib: Some(1000.2),
            ..Speed::default()
        };
        let text = "692 + 154 tokens/s, 0.17 steps/s, 85% MFU, 0% waited, 900 MiB (peak 1000)";
        assert_eq!(rate(speed), text);
        (speed.mfu, speed.rss_mib) = (None, None);
        let text = "692 + 154 tokens/s, 0.17 steps/s, 144 GFLOP/s, 0% waited";
        assert_eq!(rate(speed), text);
    }
}
