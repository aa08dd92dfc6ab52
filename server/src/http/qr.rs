//! QR codes as images: drawn here, nothing is fetched.

use countersign_domain::base::{Error, Result};
pub use qrcodegen::QrCode;
use qrcodegen::QrCodeEcc;

/// A text as a code, at the medium level, which holds 2,331 bytes (ISO/IEC 18004, table 7). None when it is longer.
pub fn encode(text: &str) -> Option<QrCode> {
    QrCode::encode_text(text, QrCodeEcc::Medium).ok()
}

/// Rows of `size` pixels of one bit, 1 for white. Every module is a square of the same whole number of pixels, and what
/// is left over is white on all sides. The error is the least size that has room for a margin of so many modules.
pub fn draw(code: &QrCode, size: i32, margin: i32) -> Result<Vec<u8>, i32> {
    let modules = code.size() + 2 * margin;
    let scale = size / modules;
    if scale == 0 {
        return Err(modules);
    }
    let start = (size - code.size() * scale) / 2;
    let module = |pixel: i32| (pixel - start).div_euclid(scale);
    // Outside of the code every module is light.
    let row = |y: i32| -> Vec<u8> {
        let bit = |x: i32| u8::from(x < size && code.get_module(module(x), module(y)));
        (0..size).step_by(8).map(|x| !(0..8).fold(0, |byte, i| byte << 1 | bit(x + i))).collect()
    };
    let mut pixels = Vec::new();
    let mut last = row(0);
    for y in 0..size {
        if y > 0 && module(y) != module(y - 1) {
            last = row(y);
        }
        pixels.extend_from_slice(&last);
    }
    Ok(pixels)
}

/// What was drawn as a PNG.
pub fn png(size: i32, pixels: &[u8]) -> Result<Vec<u8>> {
    let write = || -> Result<Vec<u8>, png::EncodingError> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, size as u32, size as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels)?;
        writer.finish()?;
        Ok(out)
    };
    write().map_err(Error::internal)
}

/// A text as the address of an image that holds it (RFC 2397).
pub fn data_uri(text: &str) -> Result<String> {
    const SIZE: i32 = 300;
    let too_long = || Error::internal("a text that no QR code holds");
    let code = encode(text).ok_or_else(too_long)?;
    let image = png(SIZE, &draw(&code, SIZE, 4).map_err(|_| too_long())?)?;
    Ok(format!("data:image/png;base64,{}", data_encoding::BASE64.encode(&image)))
}
