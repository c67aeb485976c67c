use super::Filter;

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "collapse_spaces",
        example: "{{ ' a  b\n c ' | collapse_spaces }} -> a b c",
        doc: "Every run of white space as one space; none at the ends.",
        register: |environment| environment.add_filter("collapse_spaces", collapse_spaces),
    },
    Filter {
        name: "squad_spaces",
        example: "{{ \"It's 3.5, no?\" | squad_spaces }} -> It ' s 3 . 5 , no ?",
        doc: "Spaces round every ASCII punctuation mark, white space collapsed, as T5's `squad` does to questions, contexts and \
              answers; the ends are trimmed, which T5's vocabulary does anyhow.",
        register: |environment| environment.add_filter("squad_spaces", squad_spaces),
    },
    Filter {
        name: "multirc_clean",
        example: "{{ '<b>Sent 1: </b>Hi.<br>Ho.' | multirc_clean }} -> Sent 1: Hi. Ho.",
        doc: "`<br>` as a space, without `<b>` and `</b>`, as T5's `multirc`.",
        register: |environment| environment.add_filter("multirc_clean", multirc_clean),
    },
    Filter {
        name: "record_passage",
        example: "{{ 'Rain fell\n@highlight\nIt stopped.\n@highlight\nSun' | record_passage }} -> \
                  Rain fell. It stopped. Sun",
        doc: "ReCoRD's `@highlight` lines as sentences, as T5's `record`: a full stop is added where none of `.?!\"'` ends the \
              line before.",
        register: |environment| environment.add_filter("record_passage", record_passage),
    },
    Filter {
        name: "without_prefix",
        example: "{{ 'the house' | without_prefix('the ') }} -> house",
        doc: "The text without this beginning, where it has it.",
        register: |environment| environment.add_filter("without_prefix", without_prefix),
    },
    Filter {
        name: "without_suffix",
        example: "{{ 'house.' | without_suffix('.') }} -> house",
        doc: "The text without this end, where it has it.",
        register: |environment| environment.add_filter("without_suffix", without_suffix),
    },
];

fn collapse_spaces(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

fn squad_spaces(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        if character.is_ascii_punctuation() {
            spaced.extend([' ', character, ' ']);
        } else {
            spaced.push(character);
        }
    }
    // T5's pattern knows ASCII white space alone: a no-break space stays.
    let words: Vec<&str> = spaced.split_ascii_whitespace().collect();
    words.join(" ")
}

fn multirc_clean(text: &str) -> String {
    text.replace("<br>", " ")
        .replace("<b>", "")
        .replace("</b>", "")
}

fn record_passage(text: &str) -> String {
    let mut passage = text.to_owned();
    for mark in ['.', '?', '!', '"', '\''] {
        passage = passage.replace(&format!("{mark}\n@highlight\n"), &format!("{mark} "));
    }
    passage.replace("\n@highlight\n", ". ")
}

fn without_prefix(text: &str, prefix: &str) -> String {
    text.strip_prefix(prefix).unwrap_or(text).to_owned()
}

fn without_suffix(text: &str, suffix: &str) -> String {
    text.strip_suffix(suffix).unwrap_or(text).to_owned()
}
