/// The candidate nearest to `name` by edit distance, `None` where none is near enough to be a slip of the pen.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let allowed = (name.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| {
            *distance <= allowed && *distance < candidate.chars().count().max(1)
        })
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// The end of a message about an unknown name: `, did you mean ...?`, or empty where no candidate is near.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    suggest(name, candidates)
        .map(|nearest| format!(", did you mean `{nearest}`?"))
        .unwrap_or_default()
}

/// Names in backticks, separated by commas, for messages.
pub(crate) fn name_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_found_and_far_ones_are_not() {
        let columns = ["premise", "hypothesis", "label"];
        assert_eq!(suggest("premis", columns), Some("premise"));
        assert_eq!(suggest("Lable", columns), Some("label"));
        assert_eq!(suggest("zebra", columns), None);
        assert_eq!(suggest("x", ["y"]), None);
        assert_eq!(did_you_mean("lable", columns), ", did you mean `label`?");
        assert_eq!(did_you_mean("zebra", columns), "");
    }
}
