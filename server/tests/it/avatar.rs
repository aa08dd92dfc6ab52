//! Images that clients show.

use std::io::Cursor;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::Answer;
use crate::server::{Home, Server};

const SEED: &str = "otpauth://totp/Demo:anna%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Demo";
const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// `text` as a query holds it.
fn escaped(text: &str) -> String {
    text.bytes().flat_map(|b| ['%', digit(b / 16), digit(b % 16)]).collect()
}

fn digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap()
}

/// The width of an image and what its code says, as a phone would read it.
fn scanned(answer: &Answer) -> (u32, String) {
    let mut decoder = png::Decoder::new(Cursor::new(&answer.bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.width, info.height);
    let width = info.width as usize;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| pixels[y * width + x]);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1);
    (info.width, codes[0].decode().unwrap().1)
}

#[test]
fn a_phone_reads_from_the_image_what_was_written_into_it() {
    let server = Server::start(Kind::Sqlite);
    let get = |text: &str, rest: &str| {
        let answer = server.get(&format!("/v1/avatars/qr?text={}{rest}", escaped(text))).send();
        answer.expect(200);
        assert_eq!(answer.header("content-type"), Some("image/png"));
        scanned(&answer)
    };
    assert_eq!(get(SEED, ""), (400, SEED.to_owned()));
    assert_eq!(get(SEED, "&size=800&margin=4"), (800, SEED.to_owned()));
    assert_eq!(get(SEED, "&size=1000&margin=10&unknown=1&size=200"), (200, SEED.to_owned()), "the last one counts");
    assert_eq!(get("Zoë & Ωmega 100%+1 \n🦊", "&margin=2"), (400, "Zoë & Ωmega 100%+1 \n🦊".to_owned()));
    assert_eq!(get("7", "&size=100"), (100, "7".to_owned()));
    let long = "aä🦊b".repeat(128);
    assert_eq!(get(&long, "&size=1000"), (1_000, long));
}

#[test]
fn a_browser_shows_it_on_any_page_and_keeps_no_copy() {
    let home = Home::new(Kind::Sqlite);
    let server = Server::with(&home, &[("COUNTERSIGN_LOG__LEVEL", "trace"), ("COUNTERSIGN_LOG__REQUESTS", "true")]);
    home.keep_secret(SECRET);
    let target = format!("/v1/avatars/qr?project=demo&text={}", SEED.replace('&', "%26"));
    // As `<img src>` asks: no header of ours, no origin.
    let answer = server.get(&target).without("X-Appwrite-Project").header("Sec-Fetch-Mode", "no-cors").send();
    answer.expect(200);
    for (name, value) in [
        ("content-disposition", "inline; filename=\"qr.png\""),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    for yes in ["true", "1"] {
        let answer = server.get(&format!("{target}&download={yes}")).send();
        assert_eq!(answer.expect(200).header("content-disposition"), Some("attachment; filename=\"qr.png\""));
    }
    let answer = server.get(&format!("{target}&download=false")).send();
    assert_eq!(answer.expect(200).header("content-disposition"), Some("inline; filename=\"qr.png\""));
    server.get(&format!("{target}&size=0")).send().expect(400);
    server.get(&target.replace("demo", "other")).without("X-Appwrite-Project").send().expect(404);
    server.get(&target.replace("avatars", "avatar")).send().expect(404);
    let log = home.log();
    assert!(log.contains("/avatars/qr") && log.contains("status=200"), "{log}");
    // The server looks for the secret in its log when it is dropped.
}

#[test]
fn what_cannot_be_drawn_is_refused_by_name() {
    let server = Server::start(Kind::Sqlite);
    for (query, name) in [
        (String::new(), "text"),
        ("text=".to_owned(), "text"),
        ("text[]=a".to_owned(), "text"),
        (format!("text={}", "a".repeat(513)), "text"),
        ("text=a&size=0".to_owned(), "size"),
        ("text=a&size=1001".to_owned(), "size"),
        ("text=a&size=".to_owned(), "size"),
        ("text=a&size=4e2".to_owned(), "size"),
        ("text=a&size=20&margin=0".to_owned(), "size"),
        ("text=a&size=99999999999999999999".to_owned(), "size"),
        ("text=a&margin=-1".to_owned(), "margin"),
        ("text=a&margin=11".to_owned(), "margin"),
        ("text=a&download=yes".to_owned(), "download"),
    ] {
        let target = format!("/v1/avatars/qr?{query}");
        let answer = server.get(&target).send();
        answer.refused(400, "general_argument_invalid");
        assert!(answer.json()["message"].as_str().unwrap().contains(name), "{target}: {}", answer.raw);
        let nuvix = server.get(&target).nuvix().send();
        assert!(nuvix.refused(400, "general_bad_request").json()["message"].is_array(), "{target}");
    }
    let small = server.get("/v1/avatars/qr?text=a&size=22").send();
    assert!(small.body.contains("at least 23 pixels"), "{}", small.raw);
    server.get("/v1/avatars/qr?text=a&size=23").send().expect(200);
    for odd in ["text=%", "text=%zz&=&&", "text=%ff%fe", "%ff=%&text=%00"] {
        server.get(&format!("/v1/avatars/qr?{odd}")).send().expect(200);
    }
    server.post("/v1/avatars/qr", &json!({"text": "a"})).send().refused(404, "general_route_not_found");
}

#[test]
fn guests_people_and_keys_with_the_scope_may_have_one() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", "+14255550171");
    let target = "/v1/avatars/qr?text=a";
    server.get(target).send().expect(200);
    server.get(target).header("Cookie", person.cookie()).send().expect(200);
    server.get(target).header("X-Appwrite-Key", server.api_key()).send().expect(200);
    let unknown = server.get(target).header("X-Appwrite-Key", "unknown").send();
    assert_eq!(unknown.refused(401, "user_unauthorized").json()["code"], Value::from(401));
}
