//! `application/x-www-form-urlencoded`, as queries and forms use it (WHATWG URL §5).

/// The pairs of a query or form, decoded.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let rest = bytes.as_slice();
                match rest.get(..2).and_then(|hex| data_encoding::HEXUPPER_PERMISSIVE.decode(hex).ok()) {
                    Some(decoded) => {
                        out.extend(decoded);
                        bytes.nth(1);
                    }
                    None => out.push(b'%'),
                }
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_odd_escapes_do_no_harm() {
        let read: Vec<_> = pairs("phone=%2B1425&name=a+b&empty=&alone&&").collect();
        let expected = [("phone", "+1425"), ("name", "a b"), ("empty", ""), ("alone", "")];
        assert_eq!(read, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        for (text, plain) in [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%41%", "A%"), ("%ff", "\u{fffd}")] {
            assert_eq!(decode(text), plain);
        }
    }
}
