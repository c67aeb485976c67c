//! At which stage supervised tasks belong. Conditions, by a word in their group or name: the first is plain text alone, then
//! pre-finetuning (`finetun`) and multi-task pre-training (`multi`, `mixed`, `ext5`).
use super::claim::{Claim, Direction};
use super::study::Study;
use super::{Judgement, pairs};
use crate::{Condition, Findings};

const SCORES: &str = "SuperGLUE, base: plain text 76.1 (1M steps), pre-finetuning 78.1 (1.2M), multi-task pre-training 79.9 (1M) \
                      (recalled)";
const MULTI_OVER_PRE: Claim = Claim {
    finding: "Supervised tasks inside pre-training do better than a stage of their own after it",
    source: "table 4, recalled; the introduction, verified, mixes them into pre-training",
    paper: Some(SCORES),
};
const MULTI_OVER_TEXT: Claim = Claim {
    finding: "Multi-task pre-training does better than plain text alone",
    source: "abstract, verified; table 4, recalled",
    paper: Some(SCORES),
};
const PRE_OVER_TEXT: Claim = Claim {
    finding: "Pre-finetuning does better than plain text alone",
    source: "table 4, recalled",
    paper: Some(SCORES),
};

pub(super) fn measure(study: &Study<'_>) -> Findings {
    Findings {
        contrasts: study.contrasts(&pairs::all(&study.results.conditions)),
        ..Findings::default()
    }
}

pub(super) fn judge(study: &Study<'_>, findings: &Findings) -> Judgement {
    let text = study.results.conditions.first();
    let stage = pairs::named(study, &["finetun", "fine-tun", "after"]);
    let multi = pairs::named(study, &["multi", "mixed", "ext5"]);
    let by = |claim: &Claim, condition: Option<&Condition>, baseline| {
        let contrast = pairs::over_all(&findings.contrasts, condition, baseline);
        claim.by(contrast.as_ref(), Direction::Above)
    };
    Judgement {
        verdicts: vec![
            by(&MULTI_OVER_PRE, multi, stage),
            by(&MULTI_OVER_TEXT, multi, text),
            by(&PRE_OVER_TEXT, stage, text),
        ],
        notes: Vec::new(),
    }
}
