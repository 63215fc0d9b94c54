//! What the library holds at start: each kind of file, and a value of every type in every field.

use serde_json::{Value, json};

use crate::file::File;
use crate::timestamp::Timestamp;
use crate::version::{AiTag, Media, Version};

pub const NEW_YEAR_2026: Timestamp = Timestamp::from_ms(1_767_225_600_000);

pub fn files() -> Vec<File> {
    vec![
        image(),
        video(),
        raw_file(),
        never_changed(),
        often_changed(),
    ]
}

fn image() -> File {
    let mime = "image/jpeg";
    let first = Version {
        size: 1_204_311,
        tags: Some(strings(["lamp", "draft"])),
        embedded_metadata: Some(camera("NIKON CORPORATION", "Skizze, nicht für den Druck")),
        ..version("66a100000000000000000101", 1, mime, photo(4000, 2667))
    };
    let second = Version {
        size: 402_118,
        tags: Some(strings(["lamp"])),
        custom_coordinates: Some("10,10,1600,900".to_owned()),
        custom_metadata: json!({"sku": 9_007_199_254_740_993_u64, "approved": false}),
        ..version("66a100000000000000000102", 2, mime, photo(1920, 1280))
    };
    let third = Version {
        size: 388_204,
        tags: Some(strings(["lamp", "autumn", "été"])),
        ai_tags: Some(vec![
            ai_tag("Desk lamp", 96.21, "google-auto-tagging"),
            ai_tag("Lighting", 88.0, "aws-auto-tagging"),
        ]),
        custom_coordinates: Some("0,0,1920,1080".to_owned()),
        custom_metadata: json!({
            "sku": 9_007_199_254_740_995_u64,
            "balance": -9_007_199_254_740_993_i64,
            "price": 49.9,
            "approved": true,
            "brand": "Łampa & Söhne",
            "colours": ["brass", "black"],
        }),
        embedded_metadata: Some(camera("Canon", "Lámpara de mesa · 台灯 · 🛋️")),
        selected_fields_schema: Some(json!({
            "brand": {
                "type": "SingleSelect",
                "selectOptions": ["Łampa & Söhne", "Lumen"],
                "isValueRequired": false,
                "readOnly": false,
            },
        })),
        description: Some("A brass desk lamp, lit, seen from the left.".to_owned()),
        ..version("66a100000000000000000103", 3, mime, photo(1920, 1080))
    };
    file(
        "66a100000000000000000001",
        "/lamps/desk lamp.jpg",
        first,
        [second, third],
    )
}

fn video() -> File {
    let mime = "video/mp4";
    let first = Version {
        size: 18_874_368,
        ..version("66a100000000000000000201", 1, mime, clip(1280, 720, 2_500))
    };
    let second = Version {
        size: 41_943_040,
        tags: Some(Vec::new()),
        ..version("66a100000000000000000202", 2, mime, clip(1920, 1080, 5_600))
    };
    file(
        "66a100000000000000000002",
        "/films/unboxing.mp4",
        first,
        [second],
    )
}

fn raw_file() -> File {
    let mime = "application/pdf";
    let first = Version {
        size: 96_412,
        ..version("66a100000000000000000301", 1, mime, Media::Raw {})
    };
    let second = Version {
        size: 101_007,
        is_private: true,
        is_published: false,
        custom_metadata: json!({"reviewers": ["Åsa", "José", "李"], "edition": 2}),
        ..version("66a100000000000000000302", 2, mime, Media::Raw {})
    };
    file(
        "66a100000000000000000003",
        "/manuals/Bedienung (de).pdf",
        first,
        [second],
    )
}

fn never_changed() -> File {
    let media = Media::Image {
        height: 512,
        width: 512,
        has_alpha: true,
    };
    let only = Version {
        size: 5_120,
        ..version("66a100000000000000000401", 1, "image/png", media)
    };
    file("66a100000000000000000004", "/logo.png", only, [])
}

/// As many versions as one list can hold.
fn often_changed() -> File {
    let numbered = |number| Version {
        size: 2_048 * u64::from(number),
        ..version(
            &format!("66a1000000000000000005{number:02x}"),
            number,
            "text/csv",
            Media::Raw {},
        )
    };
    file(
        "66a100000000000000000005",
        "/stock/inventory.csv",
        numbered(1),
        (2..=100).map(numbered),
    )
}

/// Each is ten days after the last.
fn version(id: &str, number: u32, mime: &str, media: Media) -> Version {
    let created_at = NEW_YEAR_2026.plus_days(10 * u64::from(number));
    Version {
        updated_at: Timestamp::from_ms(created_at.as_ms() + 3_723_045), // an hour later
        ..Version::new(id.to_owned(), number, mime, media, created_at)
    }
}

/// A file whose versions were uploaded in this order.
fn file(id: &str, path: &str, first: Version, later: impl IntoIterator<Item = Version>) -> File {
    let mut file = File::new(id.to_owned(), path.to_owned(), first);
    for version in later {
        file.add(version);
    }
    file
}

fn photo(width: u32, height: u32) -> Media {
    Media::Image {
        height,
        width,
        has_alpha: false,
    }
}

fn clip(width: u32, height: u32, bit_rate: u32) -> Media {
    Media::Video {
        height,
        width,
        bit_rate,
        duration: 60,
        video_codec: "h264".to_owned(),
        audio_codec: "aac".to_owned(),
    }
}

fn ai_tag(name: &str, confidence: f64, source: &'static str) -> AiTag {
    AiTag {
        name: name.to_owned(),
        confidence,
        source,
    }
}

fn camera(maker: &str, caption: &str) -> Value {
    json!({
        "exif": {
            "Make": maker,
            "XResolution": 300,
            "ExposureTime": 0.008,
            "GPSPosition": "52°31'12\" N, 13°24'18\" E",
            "DateTimeOriginal": "2025-12-12T18:04:05.000Z",
        },
        "iptc": {"Caption-Abstract": caption, "Keywords": ["lampe", "ランプ"]},
        "xmp": {"Rating": 5, "Creator": ["Zoë Ångström"], "History": null},
    })
}

fn strings<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
