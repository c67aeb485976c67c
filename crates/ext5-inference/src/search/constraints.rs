use super::choices::Choices;
use super::settings::Settings;

/// Which tokens a row may write next.
pub(super) struct Constraints<'a> {
    settings: &'a Settings,
    choices: Option<Choices>,
    opening: usize, // tokens before the model's own
}

impl<'a> Constraints<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        let listed = !settings.choices.is_empty();
        Self {
            settings,
            choices: listed.then(|| Choices::new(&settings.choices)),
            opening: settings.opening().len(),
        }
    }

    /// Sets the logits of forbidden tokens to minus infinity. `history` is all the decoder was fed, start token included.
    pub(super) fn forbid(&self, row: &mut [f32], history: &[u32]) {
        let written = history.get(self.opening..).unwrap_or_default();
        if let Some(choices) = &self.choices {
            keep_only(row, &choices.after(written, self.settings.end));
            return;
        }
        if written.len() < self.settings.min_tokens {
            drop_one(row, self.settings.end);
        }
        for &token in &self.settings.suppressed {
            drop_one(row, token);
        }
        let ngram = self.settings.no_repeat_ngram;
        if let Some(shared) = ngram.checked_sub(1)
            && let Some(at) = history.len().checked_sub(shared)
        {
            let (_, tail) = history.split_at(at);
            for run in history.windows(ngram) {
                if let Some((&last, before)) = run.split_last()
                    && before == tail
                {
                    drop_one(row, last);
                }
            }
        }
    }
}

fn drop_one(row: &mut [f32], token: u32) {
    if let Some(logit) = row.get_mut(token as usize) {
        *logit = f32::NEG_INFINITY;
    }
}

fn keep_only(row: &mut [f32], tokens: &[u32]) {
    let logit = |&token: &u32| row.get(token as usize).copied();
    let kept: Vec<Option<f32>> = tokens.iter().map(logit).collect();
    row.fill(f32::NEG_INFINITY);
    for (&token, kept) in tokens.iter().zip(kept) {
        if let (Some(place), Some(logit)) = (row.get_mut(token as usize), kept) {
            *place = logit;
        }
    }
}
