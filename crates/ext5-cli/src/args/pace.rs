use clap::Args;

/// How the time of a study is found.
#[derive(Clone, Debug, Args)]
pub(crate) struct PaceArgs {
    /// Hours by arithmetic on a graphics card: a100, a100-40, b200, h100, h100-pcie, h200, l4, l40s, rtx4090, v100.
    #[arg(long, value_name = "CARD", conflicts_with = "no_probe")]
    pub(crate) gpu: Option<String>,
    /// Number of such cards, each with runs of its own.
    #[arg(long, default_value_t = 1, value_name = "N", requires = "gpu", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) gpus: u64,
    /// Share of the card's dense operations that training is assumed to reach.
    #[arg(long, default_value_t = ext5_studies::ASSUMED_MFU, value_name = "SHARE", requires = "gpu")]
    pub(crate) mfu: f64,
    /// Try no step on this machine: operations alone.
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Steps that are tried of each kind of run.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) steps_probe: u64,
    /// Seconds after which no further step of a kind begins.
    #[arg(long, default_value_t = 15, value_name = "S", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) probe_seconds: u64,
}
