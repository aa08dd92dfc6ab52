//! Images that clients show. They are drawn here and nothing is fetched.

use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};

use super::call::Call;
use super::error::{Body, Failure};
use crate::http::qr::{self, QrCode, png};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A text as a QR code, for `<img>` on a page of any origin (contract nuvix §4.6).
#[utoipa::path(get, path = "/v1/avatars/qr", tag = "avatars",
    params(
        ("text" = String, Query, description = "1 to 512 characters."),
        ("size" = Option<i64>, Query, description = "Width and height in pixels: 1 to 1000, else 400."),
        ("margin" = Option<i64>, Query, description = "White modules on each side: 0 to 10, else 1."),
        ("download" = Option<bool>, Query, description = "Whether browsers are to save it.")
    ),
    responses((status = 200, description = "The image.", body = String, content_type = "image/png"), (status = 400, body = Body)))]
pub(super) async fn get_qr(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let text = params.text("text", 1, 512);
    let size = params.number_or("size", 400, 1, 1_000) as i32;
    let margin = params.number_or("margin", 1, 0, 10) as i32;
    let download = params.bool_or("download", false);
    let Some(text) = text else { return Err(params.failure()) };
    params.check()?;
    let code = encode(text)?;
    let image = png(size, &draw(&code, size, margin)?)?;
    let disposition = if download { "attachment; filename=\"qr.png\"" } else { "inline; filename=\"qr.png\"" };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        // The seed of an authenticator may be in it.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    Ok((headers, image).into_response())
}

/// 512 characters are 2,048 bytes at most, and always fit.
fn encode(text: &str) -> Result<QrCode, Failure> {
    qr::encode(text).ok_or_else(|| Failure::invalid(vec!["Invalid `text` param: is too long for a QR code".to_owned()]))
}

fn draw(code: &QrCode, size: i32, margin: i32) -> Result<Vec<u8>, Failure> {
    qr::draw(code, size, margin).map_err(|least| {
        let reason = format!("Invalid `size` param: this text and margin need at least {least} pixels");
        Failure::invalid(vec![reason])
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const SEED: &str = "otpauth://totp/Demo:anna%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Demo";

    /// Which pixels of the image are dark, by row.
    fn image(text: &str, size: i32, margin: i32) -> Vec<Vec<bool>> {
        let bytes = png(size, &draw(&encode(text).unwrap(), size, margin).unwrap()).unwrap();
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (size as u32, size as u32));
        pixels.chunks(size as usize).map(|row| row.iter().map(|grey| *grey == 0).collect()).collect()
    }

    #[test]
    fn an_image_has_the_size_that_was_asked_for_and_its_modules_are_equal_squares_in_the_middle() {
        let code = encode(SEED).unwrap();
        for (size, margin) in [(400, 1), (400, 0), (800, 4), (1_000, 10), (399, 3), (code.size() + 2, 1), (100, 0)] {
            let pixels = image(SEED, size, margin);
            let scale = size / (code.size() + 2 * margin);
            let start = (size - scale * code.size()) / 2;
            assert!(start >= margin * scale, "{size} {margin}");
            for (y, row) in pixels.iter().enumerate() {
                for (x, dark) in row.iter().enumerate() {
                    let module = |at: usize| (at as i32 - start).div_euclid(scale);
                    assert_eq!(*dark, code.get_module(module(x), module(y)), "{size} {margin}: {x} {y}");
                }
            }
        }
    }

    #[test]
    fn a_margin_is_counted_in_modules() {
        for margin in 0..=10 {
            let size = encode("a").unwrap().size() + 2 * margin;
            let pixels = image("a", 3 * size, margin);
            let dark = pixels.iter().position(|row| row.contains(&true)).unwrap();
            assert_eq!(dark as i32, 3 * margin);
        }
    }

    #[test]
    fn an_image_too_small_for_its_modules_is_refused_with_the_smallest_that_works() {
        let code = encode(SEED).unwrap();
        let least = code.size() + 2;
        assert!(draw(&code, least, 1).is_ok());
        for size in [1, 20, least - 1] {
            let message = draw(&code, size, 1).unwrap_err().message;
            assert!(message.contains("`size`") && message.contains(&format!("{least} pixels")), "{message}");
        }
    }

    #[test]
    fn every_text_of_512_characters_fits_and_what_does_not_is_refused_by_name() {
        for text in ["\u{1f98a}", "ä", "a", "7", "\u{0}"] {
            let text = text.repeat(512);
            assert!(encode(&text).is_ok_and(|code| draw(&code, 400, 10).is_ok()), "{text}");
        }
        let failure = encode(&"a".repeat(3_000)).err().unwrap();
        assert!(failure.message.contains("`text`"), "{}", failure.message);
    }
}
