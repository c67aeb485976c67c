/// Columns that lie side by side in a panel.
pub const PANEL: usize = 32;

/// How the numbers of a matrix are stored; products are always summed in f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits, exact.
    #[default]
    F32,
    /// The upper 16 bits of an f32, rounded to nearest even.
    Bf16,
    /// 8 bits and one scale per column: the column's largest magnitude is 127.
    Int8,
}

impl Precision {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

/// A matrix `[k, n]` cut into panels of [`PANEL`] columns, `[n / PANEL][k][PANEL]`, so that a product reads it once from
/// front to back. Missing columns of the last panel are zero.
#[derive(Clone, Debug)]
pub struct Panels {
    k: usize,
    n: usize,
    pub(crate) numbers: Numbers,
}

#[derive(Clone, Debug)]
pub(crate) enum Numbers {
    F32(Vec<f32>),
    Bf16(Vec<u16>),
    Int8(Vec<i8>, Vec<f32>),
}

impl Panels {
    /// The matrix whose element is `at(row, column)`.
    pub fn pack(
        k: usize,
        n: usize,
        precision: Precision,
        at: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let at = |row, column| if column < n { at(row, column) } else { 0.0 };
        let numbers = match precision {
            Precision::F32 => Numbers::F32(fill(k, n, at)),
            Precision::Bf16 => Numbers::Bf16(fill(k, n, |row, column| bf16(at(row, column)))),
            Precision::Int8 => {
                let most = |column| {
                    (0..k).fold(0.0_f32, |most, row| {
                        let value = at(row, column).abs();
                        // NaN stays, so that damaged weights show in the answers.
                        if value > most || value.is_nan() {
                            value
                        } else {
                            most
                        }
                    })
                };
                let scales: Vec<f32> = (0..n.div_ceil(PANEL) * PANEL)
                    .map(|column| most(column) / 127.0)
                    .collect();
                let whole = |row: usize, column: usize| {
                    let scale = scales[column];
                    if scale > 0.0 {
                        (at(row, column) / scale).round_ties_even() as i8
                    } else {
                        0
                    }
                };
                let numbers = fill(k, n, whole);
                Numbers::Int8(numbers, scales)
            }
        };
        Self { k, n, numbers }
    }

    /// The transpose of `rows` `[n, k]`, as PyTorch stores the weight of a linear layer.
    pub fn of_transposed(rows: &[f32], k: usize, precision: Precision) -> Self {
        let n = rows.len().checked_div(k).unwrap_or(0);
        Self::pack(k, n, precision, |row, column| rows[column * k + row])
    }

    /// Rows, the summed dimension.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Columns.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Writes column `column` into `out`, of `k` numbers: the embedding of an id, where the matrix is an output layer.
    pub fn column(&self, column: usize, out: &mut [f32]) {
        let first = column / PANEL * self.k * PANEL + column % PANEL;
        for (row, out) in out.iter_mut().enumerate().take(self.k) {
            let at = first + row * PANEL;
            *out = match &self.numbers {
                Numbers::F32(numbers) => numbers[at],
                Numbers::Bf16(numbers) => f32::from_bits(u32::from(numbers[at]) << 16),
                Numbers::Int8(numbers, scales) => f32::from(numbers[at]) * scales[column],
            };
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match &self.numbers {
            Numbers::F32(numbers) => numbers.len() * 4,
            Numbers::Bf16(numbers) => numbers.len() * 2,
            Numbers::Int8(numbers, scales) => numbers.len() + scales.len() * 4,
        }
    }
}

fn fill<T>(k: usize, n: usize, at: impl Fn(usize, usize) -> T) -> Vec<T> {
    let panels = n.div_ceil(PANEL);
    let mut numbers = Vec::with_capacity(panels * k * PANEL);
    for panel in 0..panels {
        for row in 0..k {
            numbers.extend((0..PANEL).map(|lane| at(row, panel * PANEL + lane)));
        }
    }
    numbers
}

fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    let even = (bits >> 16) & 1;
    ((bits + 0x7FFF + even) >> 16) as u16
}
