use crate::definition::sentinel_at_start;

/// The text up to a sentinel, and the sentinel's number; `None` at the end of the text.
pub(crate) type Stretch<'a> = (&'a str, Option<usize>);

/// Cuts `text` at every `<extra_id_n>` with n below `extra_ids`.
pub(crate) fn split_at_sentinels(
    text: &str,
    extra_ids: usize,
) -> impl Iterator<Item = Stretch<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = text.match_indices("<extra_id_").find_map(|(index, _)| {
            let (number, length) = sentinel_at_start(&text[index..])?;
            (number < extra_ids).then_some((index, number, length))
        });
        match found {
            Some((index, number, length)) => {
                rest = Some(&text[index + length..]);
                Some((&text[..index], Some(number)))
            }
            None => rest.take().map(|text| (text, None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sentinels_that_exist_are_cut_out() {
        let text = "a<extra_id_1> b <extra_id_2><extra_id_01><extra_id_+1><extra_id_0>";
        let stretches: Vec<_> = split_at_sentinels(text, 2).collect();
        assert_eq!(
            stretches,
            [
                ("a", Some(1)),
                (" b <extra_id_2><extra_id_01><extra_id_+1>", Some(0)),
                ("", None)
            ]
        );
    }
}
