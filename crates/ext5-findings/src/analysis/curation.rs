//! Whether choosing pays. Conditions, by a word in their group or name: the first is plain text alone, then the families chosen
//! (`best`), random subsets (`random`) and all tasks (`all`, `full`).
use super::claim::{Claim, Direction};
use super::study::Study;
use super::{Judgement, pairs};
use crate::{Condition, Findings};

const SCORES: &str = "SuperGLUE, base: plain text 76.1, best effort (48 tasks) 76.4, random (55 tasks) 77.0, all 107 tasks 79.9 \
                      (recalled)";
const CHOOSING: Claim = Claim {
    finding: "Choosing families by their transfer does no better than tasks at random: choosing by hand is not straightforward",
    source: "abstract, verified, that choosing is not straightforward; table 3, direction second-hand",
    paper: Some(SCORES),
};
const ALL_OVER_CHOSEN: Claim = Claim {
    finding: "All tasks together do better than the families that are chosen",
    source: "abstract, verified, that scaling the number of tasks helps; table 3, recalled",
    paper: Some(SCORES),
};
const ALL_OVER_TEXT: Claim = Claim {
    finding: "All tasks beside plain text do better than plain text alone",
    source: "abstract, verified; table 3, recalled",
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
    let chosen = pairs::named(study, &["best", "chosen", "choice"]);
    let random = pairs::named(study, &["random", "subset"]);
    let all = pairs::named(study, &["all", "full", "ext5"]);
    let by = |claim: &Claim, condition: Option<&Condition>, baseline| {
        let contrast = pairs::over_all(&findings.contrasts, condition, baseline);
        claim.by(contrast.as_ref(), Direction::Above)
    };
    Judgement {
        verdicts: vec![
            by(&CHOOSING, random, chosen),
            by(&ALL_OVER_CHOSEN, all, chosen),
            by(&ALL_OVER_TEXT, all, text),
        ],
        notes: Vec::new(),
    }
}
