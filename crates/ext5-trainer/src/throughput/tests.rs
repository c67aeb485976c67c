use super::*;
use ext5_data::Segment;

const MEMORY: Memory = Memory {
    now_mib: Some(10.0),
    peak_mib: Some(12.0),
};

fn throughput(peak_gflops: Option<f64>) -> Throughput {
    Throughput::new(Place {
        device: "flex".to_owned(),
        threads: 2,
        isa: "avx2",
        peak_gflops,
    })
}

/// Steps that begin one after another: milliseconds waited and computed, tokens (a fifth of them targets), billions of operations.
fn take(of: &mut Throughput, steps: &[(u64, u64, u64, f64)]) {
    let mut now = Duration::from_secs(5);
    for &(waited, computed, tokens, billions) in steps {
        of.waits(now);
        now += Duration::from_millis(waited);
        of.computes(now);
        now += Duration::from_millis(computed);
        let flops = billions * 1e9;
        let targets = tokens / 5;
        let inputs = tokens - targets;
        let work = Work {
            inputs,
            targets,
            flops,
        };
        of.stepped(now, work);
        // A checkpoint, which no step is charged with.
        now += Duration::from_secs(100);
    }
}

fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-6 * expected.abs(),
        "{found}, not {expected}"
    );
}

#[test]
fn rates_count_waiting_and_computing_and_nothing_else() {
    let mut it = throughput(Some(40.0));
    take(&mut it, &[(250, 750, 100, 10.0), (0, 1000, 300, 30.0)]);
    let speed = it.recent(MEMORY);
    near(speed.seconds, 2.0);
    near(speed.steps_per_s, 1.0);
    near(speed.tokens_per_s, 200.0);
    near(speed.inputs_per_s, 160.0);
    near(speed.targets_per_s, 40.0);
    near(speed.gflops, 20.0);
    near(speed.mfu.unwrap(), 0.5);
    near(speed.waited_share, 0.125);
    assert_eq!(
        (speed.rss_mib, speed.peak_rss_mib),
        (Some(10.0), Some(12.0))
    );
}

#[test]
fn each_line_is_of_the_steps_since_the_last() {
    let mut it = throughput(None);
    take(&mut it, &[(0, 1000, 100, 1.0), (0, 1000, 300, 1.0)]);
    let line = it.line(2, MEMORY);
    assert_eq!(line["step"], 2);
    near(line["tokens_per_s"].as_f64().unwrap(), 200.0);
    assert!(line["mfu"].is_null(), "no peak, no MFU: {line}");
    take(&mut it, &[(500, 500, 50, 1.0)]);
    let line = it.line(3, MEMORY);
    near(line["tokens_per_s"].as_f64().unwrap(), 50.0);
    near(line["seconds"].as_f64().unwrap(), 1.0);
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    let expected = [
        "step",
        "seconds",
        "steps_per_s",
        "tokens_per_s",
        "inputs_per_s",
        "targets_per_s",
        "gflops",
        "mfu",
        "waited_share",
        "rss_mib",
        "peak_rss_mib",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_summary_tells_medians_which_one_slow_step_does_not_move() {
    let mut it = throughput(None);
    take(
        &mut it,
        &[
            (0, 60_000, 100, 1.0),
            (0, 1000, 100, 1.0),
            (0, 1000, 100, 1.0),
            (0, 2000, 100, 1.0),
        ],
    );
    it.set_peak(Some(2e9));
    let summary = it.summary(MEMORY);
    assert_eq!(summary.steps, 4);
    near(summary.seconds_per_step, 1.5);
    near(summary.tokens_per_s, 75.0);
    near(summary.mfu.unwrap(), 0.375);
    near(summary.first_step_s.unwrap(), 65.0);
    assert_eq!(summary.peak_rss_mib, Some(12.0));
}

#[test]
fn before_the_first_step_and_in_no_time_all_is_zero_and_nothing_is_nan() {
    let mut it = throughput(Some(40.0));
    let empty = it.summary(Memory::default());
    assert_eq!((empty.steps, empty.first_step_s), (0, None));
    near(empty.tokens_per_s, 0.0);
    it.waits(Duration::ZERO);
    let work = Work {
        inputs: 2,
        targets: 1,
        flops: 3.0,
    };
    it.stepped(Duration::ZERO, work);
    assert_eq!(
        it.recent(Memory::default()),
        Speed {
            mfu: Some(0.0),
            ..Speed::default()
        }
    );
}

#[test]
fn no_step_outruns_a_measured_peak() {
    let mut it = throughput(None);
    for (billions, share) in [(10.0, 0.5), (30.0, 1.0), (15.0, 0.5)] {
        take(&mut it, &[(0, 1000, 5, billions)]);
        it.set_measured_peak(20e9);
        near(it.line(1, MEMORY)["mfu"].as_f64().unwrap(), share);
    }
}

#[test]
fn only_the_last_steps_are_recent() {
    let mut it = throughput(None);
    let mut steps = vec![(0, 9000, 1, 1.0)];
    steps.extend([(0, 1000, 10, 1.0); RECENT]);
    take(&mut it, &steps);
    near(it.recent(MEMORY).tokens_per_s, 10.0);
}

/// Two segments of a row cost as much as two rows of their lengths, not as one row of their sum; padding costs nothing.
#[test]
fn work_is_counted_by_segments_without_padding() {
    let config = ext5_architecture::preset("tiny").unwrap();
    let segment = |row, segment, inputs_tokens, targets_tokens| Segment {
        row,
        segment,
        task: 0,
        draw: 0,
        epoch: 0,
        example: 0,
        inputs_tokens,
        targets_tokens,
        inputs_truncated: 0,
        targets_truncated: 0,
    };
    let batch = Batch {
        rows: 2,
        inputs_length: 512,
        targets_length: 512,
        segments: vec![
            segment(0, 1, 30, 7),
            segment(0, 2, 30, 7),
            segment(1, 1, 5, 2),
        ],
        ..Batch::default()
    };
    let work = Work::of(&batch, &config);
    assert_eq!((work.inputs, work.targets), (2 * 30 + 5, 2 * 7 + 2));
    let two_rows = flops_per_step(&config, 2, 30, 7) + flops_per_step(&config, 1, 5, 2);
    near(work.flops, two_rows);
    assert!(work.flops < flops_per_step(&config, 1, 60, 14) + flops_per_step(&config, 1, 5, 2));
}
