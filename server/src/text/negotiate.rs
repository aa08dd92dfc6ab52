//! Which locale a person gets.

/// Entries of an Accept-Language header that are looked at.
const MAX_ENTRIES: usize = 10;
/// Bytes of an Accept-Language header that are looked at.
const MAX_HEADER: usize = 256;
/// The longest tag that makes sense (RFC 5646 section 4.4.1).
const MAX_TAG: usize = 35;

/// The tags of an Accept-Language header, the most wanted first. What is malformed, refused (`q=0`) or `*` is left out;
/// only the first 256 bytes and ten entries count.
pub fn parse_accept_language(header: &str) -> Vec<String> {
    let entries = if header.len() <= MAX_HEADER {
        header
    } else {
        let cut = &header[..header.floor_char_boundary(MAX_HEADER)];
        // Half an entry could name another language.
        cut.rsplit_once(',').map_or("", |(whole, _)| whole)
    };
    let mut tags: Vec<(u16, &str)> = entries.split(',').take(MAX_ENTRIES).filter_map(entry).collect();
    // A stable sort: equals stay in the order of the header.
    tags.sort_by_key(|(q, _)| std::cmp::Reverse(*q));
    tags.into_iter().map(|(_, tag)| tag.to_owned()).collect()
}

/// One entry as its weight in thousandths and its tag.
fn entry(text: &str) -> Option<(u16, &str)> {
    let (tag, parameter) = text.split_once(';').map_or((text, None), |(tag, parameter)| (tag, Some(parameter)));
    let tag = tag.trim();
    let q = parameter.map_or(Some(1000), weight)?;
    let plain = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (q > 0 && plain && (1..=MAX_TAG).contains(&tag.len())).then_some((q, tag))
}

/// `q=0.5` as 500.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match whole {
        "0" => format!("{fraction:0<3}").parse().ok(),
        "1" if fraction.bytes().all(|b| b == b'0') => Some(1000),
        _ => None,
    }
}

/// The one of `locales` that fits a wanted tag: the same, or else of the same language.
pub(super) fn find<'a>(locales: impl Iterator<Item = &'a str> + Clone, wanted: &str) -> Option<&'a str> {
    if wanted.len() > MAX_TAG {
        return None;
    }
    // Android and Java write pt_BR, and Java writes Indonesian the old way.
    let wanted = wanted.trim().replace('_', "-");
    let spoken = match language(&wanted) {
        old if old.eq_ignore_ascii_case("in") => "id",
        current => current,
    };
    let mut exact = locales.clone().filter(|tag| tag.eq_ignore_ascii_case(&wanted));
    let mut similar = locales.filter(|tag| language(tag).eq_ignore_ascii_case(spoken));
    exact.next().or_else(|| similar.next())
}

fn language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}
