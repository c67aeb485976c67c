//! How answers are written.
use crate::failure::Refused;
use clap::{Args, ValueEnum};
use ext5_data::ErrorKind;
use ext5_inference::{Beam, BeamRule, EarlyStopping, Error, Sample, Settings, Strategy};
use ext5_tokenizer::Vocabulary;

/// Which tokens are taken: greedily without `--beams` and `--sample`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Decoding")]
pub(crate) struct SearchArgs {
    /// Tokens of an answer before it may end.
    #[arg(long, default_value_t = 0, value_name = "N")]
    min_tokens: usize,
    /// Answers that are written side by side, of which the best are kept.
    #[arg(long, value_name = "N", conflicts_with = "sample")]
    beams: Option<usize>,
    /// How beams are scored and when they stop.
    #[arg(long, value_enum, default_value_t = Rule::T5, requires = "beams")]
    beam_rule: Rule,
    /// Strength of the scores' correction for length: 0.6 by T5's rule and 1 by transformers' where absent.
    #[arg(
        long,
        value_name = "X",
        requires = "beams",
        allow_negative_numbers = true
    )]
    length_penalty: Option<f64>,
    /// Whether transformers' rule stops as soon as as many answers as beams have ended.
    #[arg(long, value_enum, default_value_t = Stopping::No, requires = "beams")]
    early_stopping: Stopping,
    /// Draw tokens by their probability.
    #[arg(long)]
    sample: bool,
    /// Divides logits; below 1 probable tokens become more so.
    #[arg(long, default_value_t = 1.0, value_name = "X", requires = "sample")]
    temperature: f32,
    /// Draw only from this many most probable tokens; 0 for all.
    #[arg(long, default_value_t = 0, value_name = "N", requires = "sample")]
    top_k: usize,
    /// Draw only from the most probable tokens that together reach this probability.
    #[arg(long, default_value_t = 1.0, value_name = "P", requires = "sample")]
    top_p: f32,
    /// Names the random numbers; an answer follows from it and the inputs.
    #[arg(long, default_value_t = 0, requires = "sample")]
    seed: u64,
    /// Let no run of this many tokens occur twice in an answer; 0 allows all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    no_repeat_ngram: usize,
}

/// How the answers to lines are written.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Decoding")]
pub(crate) struct DecodingArgs {
    #[command(flatten)]
    search: SearchArgs,
    /// Most tokens of an answer, end of sequence included, prefix excluded.
    #[arg(long, default_value_t = 128, value_name = "N")]
    max_tokens: usize,
    /// Answers for each line: the best beams, or samples.
    #[arg(long, default_value_t = 1, value_name = "N")]
    num_return: usize,
    /// Text that every answer begins with.
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// The only answers there may be, for example the labels of a task.
    #[arg(long, value_name = "TEXT,TEXT", value_delimiter = ',')]
    choices: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rule {
    T5,
    Transformers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stopping {
    No,
    Yes,
    Never,
}

impl DecodingArgs {
    /// How to search, with the start and the end of sequence of the `model`'s own settings.
    ///
    /// # Errors
    /// [`Refused`] where options contradict each other; the vocabulary's where it cannot encode prefix or choices.
    pub(crate) fn settings(
        &self,
        vocabulary: &dyn Vocabulary,
        model: &Settings,
    ) -> anyhow::Result<Settings> {
        let settings = Settings {
            max_tokens: self.max_tokens,
            answers: self.num_return,
            prefix: vocabulary.encode(self.prefix.as_deref().unwrap_or_default())?,
            choices: self
                .choices
                .iter()
                .map(|choice| vocabulary.encode(choice))
                .collect::<Result<_, _>>()?,
            ..self.search.unchecked(model)?
        };
        settings.validate().map_err(|error| refused(&error))?;
        Ok(settings)
    }

    /// Whether more than one answer a line is asked for.
    pub(crate) fn several(&self) -> bool {
        self.num_return > 1
    }
}

impl SearchArgs {
    /// The first option that makes answers other than greedy; all others need one of these.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let options = [
            (self.beams.is_some(), "--beams"),
            (self.sample, "--sample"),
            (self.min_tokens > 0, "--min-tokens"),
            (self.no_repeat_ngram > 0, "--no-repeat-ngram"),
        ];
        let found = options.into_iter().find(|(is_given, _)| *is_given);
        found.map(|(_, option)| option)
    }

    /// How to search, where the most tokens are still to be set.
    ///
    /// # Errors
    /// [`Refused`] where options contradict each other.
    pub(crate) fn settings(&self, model: &Settings) -> Result<Settings, Refused> {
        let settings = self.unchecked(model)?;
        settings.validate().map_err(|error| refused(&error))?;
        Ok(settings)
    }

    fn unchecked(&self, model: &Settings) -> Result<Settings, Refused> {
        Ok(Settings {
            min_tokens: self.min_tokens,
            strategy: self.strategy()?,
            no_repeat_ngram: self.no_repeat_ngram,
            ..model.clone()
        })
    }

    fn strategy(&self) -> Result<Strategy, Refused> {
        if self.sample {
            return Ok(Strategy::Sample(Sample {
                temperature: self.temperature,
                top_k: self.top_k,
                top_p: self.top_p,
                seed: self.seed,
            }));
        }
        let Some(beams) = self.beams else {
            return Ok(Strategy::Greedy);
        };
        let early_stopping = match self.early_stopping {
            Stopping::No => EarlyStopping::No,
            Stopping::Yes => EarlyStopping::Yes,
            Stopping::Never => EarlyStopping::Never,
        };
        let rule = match self.beam_rule {
            Rule::T5 if early_stopping != EarlyStopping::No => {
                return Err(request(
                    "`--early-stopping` belongs to `--beam-rule transformers`; T5's rule stops when no better answer can \
                     come"
                        .to_owned(),
                ));
            }
            Rule::T5 => BeamRule::T5 {
                alpha: self.length_penalty.unwrap_or(0.6),
            },
            Rule::Transformers => BeamRule::Transformers {
                length_penalty: self.length_penalty.unwrap_or(1.0),
                early_stopping,
            },
        };
        Ok(Strategy::Beam(Beam { beams, rule }))
    }
}

/// The search's words with the option's name in place of the setting's.
fn refused(error: &Error) -> Refused {
    let Error::Setting {
        key,
        value,
        expected,
    } = error
    else {
        return request(error.to_string());
    };
    let option = match *key {
        "answers" => "num-return".to_owned(),
        key => key.replace('_', "-"),
    };
    request(format!("`--{option}` is `{value}`, expected {expected}"))
}

fn request(message: String) -> Refused {
    Refused {
        kind: ErrorKind::Request,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use ext5_tokenizer::ByteVocabulary;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        decoding: DecodingArgs,
    }

    /// What the options come to, or why they are refused.
    fn settings(options: &str) -> Result<Settings, String> {
        let words = std::iter::once("ext5").chain(options.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        let settings = line
            .decoding
            .settings(&ByteVocabulary::new(0), &Settings::default());
        settings.map_err(|error| error.to_string())
    }

    #[test]
    fn without_options_answers_are_greedy() {
        assert_eq!(settings(""), Ok(Settings::default()));
    }

    #[test]
    fn each_strategy_takes_its_options() {
        let beams = |options: &str| settings(options).map(|it| it.strategy);
        let rule = BeamRule::T5 { alpha: 0.6 };
        let t5 = Strategy::Beam(Beam { beams: 4, rule });
        assert_eq!(beams("--beams 4"), Ok(t5));
        let rule = BeamRule::Transformers {
            length_penalty: -0.5,
            early_stopping: EarlyStopping::Never,
        };
        let options =
            "--beams 2 --beam-rule transformers --length-penalty -0.5 --early-stopping never";
        assert_eq!(beams(options), Ok(Strategy::Beam(Beam { beams: 2, rule })));
        let sample = Sample {
            temperature: 0.7,
            top_k: 40,
            top_p: 0.9,
            seed: 3,
        };
        let options = "--sample --temperature 0.7 --top-k 40 --top-p 0.9 --seed 3 --num-return 5";
        let found = settings(options).unwrap();
        assert_eq!(
            (found.strategy, found.answers),
            (Strategy::Sample(sample), 5)
        );
    }

    #[test]
    fn prefix_and_choices_become_tokens() {
        // Bytes begin after pad, end and unknown.
        let found = settings("--prefix A --choices a,bc").unwrap();
        assert_eq!(found.prefix, [68]);
        assert_eq!(found.choices, [vec![100], vec![101, 102]]);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (options, reason) in [
            ("--beams 2 --sample", "cannot be used with"),
            ("--length-penalty 1", "--beams <N>"),
            ("--top-k 5", "--sample"),
            ("--seed 5", "--sample"),
            (
                "--beams 2 --early-stopping yes",
                "belongs to `--beam-rule transformers`",
            ),
            ("--num-return 2", "`--num-return` is `2`"),
            ("--beams 2 --num-return 3", "at most the number of beams"),
            ("--beams 0", "`--beams` is `0`"),
            ("--max-tokens 0", "`--max-tokens` is `0`"),
            ("--min-tokens 128", "fewer than `max_tokens`"),
            ("--sample --temperature 0", "`--temperature` is `0`"),
            ("--sample --top-p 2", "`--top-p` is `2`"),
            (
                "--choices a,b --no-repeat-ngram 2",
                "0 where choices are listed",
            ),
            (
                "--choices abcdef --max-tokens 3",
                "room for the longest choice",
            ),
        ] {
            let found = settings(options).unwrap_err();
            assert!(found.contains(reason), "{options}: {found}");
        }
    }
}
