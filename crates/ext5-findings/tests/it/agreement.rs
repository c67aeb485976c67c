//! The test of rank agreement between matrices of families, by simulation and by hand.
use ext5_findings::statistics::{Draws, rank_agreement};
use ext5_objectives::Stream;

type Square = Vec<Vec<Option<f64>>>;

const STUDIES: u64 = 1_000;
const DRAWS: Draws = Draws {
    exchanges: 399,
    resamples: 0,
    seed: 3,
};

/// Cells made of what their row and their column do, and of noise: cells of one family hang together.
fn square(stream: &mut Stream, families: usize, symmetric: bool) -> Square {
    let rows: Vec<f64> = (0..families).map(|_| stream.normal()).collect();
    let columns: Vec<f64> = (0..families).map(|_| stream.normal()).collect();
    let mut cell = |row: usize, column: usize| {
        let noise = stream.normal();
        (row != column).then(|| 2.0 * rows[row] + columns[column] + noise)
    };
    let row = |row| (0..families).map(|column| cell(row, column)).collect();
    let cells: Square = (0..families).map(row).collect();
    let mirrored = |row: usize, column: usize| cells[row.min(column)][row.max(column)];
    if symmetric {
        let row = |row| (0..families).map(|column| mirrored(row, column)).collect();
        return (0..families).map(row).collect();
    }
    cells
}

#[test]
fn unrelated_matrices_rarely_agree() {
    for families in [5, 8] {
        let mut wrong = 0;
        for number in 0..STUDIES {
            let mut stream = Stream::new(&[61, families as u64, number]);
            let cosines = square(&mut stream, families, true);
            let gains = square(&mut stream, families, false);
            let rank = rank_agreement(&cosines, &gains, DRAWS).unwrap();
            wrong += u64::from(rank.p_value < 0.05);
        }
        let share = wrong as f64 / STUDIES as f64;
        println!(
            "{families} families that do not agree: {:.1} % of {STUDIES}",
            100.0 * share
        );
        // 5 %, and what chance adds to it in 99 of 100 cases.
        assert!(share < 0.066, "{share}");
    }
}

#[test]
fn matrices_that_agree_are_found() {
    let (mut found, mut inside) = (0, 0);
    let studies = 100;
    for number in 0..studies {
        let mut stream = Stream::new(&[62, number]);
        let gains = square(&mut stream, 8, false);
        let mut cosines = gains.clone();
        for cell in cosines.iter_mut().flatten().flatten() {
            *cell = *cell / 50.0 + 0.02 * stream.normal();
        }
        let draws = Draws {
            resamples: 400,
            ..DRAWS
        };
        let rank = rank_agreement(&cosines, &gains, draws).unwrap();
        found += u64::from(rank.p_value < 0.05 && rank.spearman > 0.0);
        inside += u64::from(rank.low < Some(rank.spearman) && Some(rank.spearman) < rank.high);
    }
    println!("agreement found in {found} of {studies}");
    assert!(found > 90 && inside > 90, "{found} {inside}");
}

#[test]
fn three_families_by_hand() {
    // Cells (0,1) (0,2) (1,2): 1 2 3 in both. Of the six orders the identity alone gives 1 or -1 but for the one that turns
    // the three around: 3 2 1 by exchanging families 0 and 2.
    let of = |a: f64, b: f64, c: f64| -> Square {
        vec![
            vec![None, Some(a), Some(b)],
            vec![Some(a), None, Some(c)],
            vec![Some(b), Some(c), None],
        ]
    };
    let rank = rank_agreement(&of(1.0, 2.0, 3.0), &of(10.0, 20.0, 30.0), DRAWS).unwrap();
    assert_eq!((rank.spearman, rank.pairs, rank.low), (1.0, 6, None));
    assert!((rank.p_value - 2.0 / 6.0).abs() < 1e-12);
    assert!(rank_agreement(&of(1.0, 1.0, 1.0), &of(1.0, 2.0, 3.0), DRAWS).is_none());
    assert!(rank_agreement(&[], &[], DRAWS).is_none());
}
