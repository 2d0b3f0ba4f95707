//! The page's own files.

use reqwest::Method;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};

use crate::support::Daemon;

#[tokio::test]
async fn scripts_come_compressed_or_plain_as_the_browser_can_read_them() {
    let daemon = Daemon::start().await;
    let page = daemon.text("/").await;
    let (_, rest) = page.split_once("src=\"").expect("the page, built, with its script");
    let script = rest.split('"').next().unwrap();
    let ask = |encoding: &'static str| daemon.request(Method::GET, script).header(ACCEPT_ENCODING, encoding);

    let packed = ask("gzip, deflate").send().await.unwrap();
    assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
    let tag = packed.headers()[ETAG].clone();
    let packed = packed.bytes().await.unwrap();
    let plain = ask("identity").send().await.unwrap();
    assert!(plain.headers().get(CONTENT_ENCODING).is_none());
    let plain = plain.bytes().await.unwrap();
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&*packed), &mut unpacked).unwrap();
    assert!(unpacked == plain && packed.len() < plain.len() / 2, "{} of {}", packed.len(), plain.len());
    assert_eq!(ask("gzip").header(IF_NONE_MATCH, tag).send().await.unwrap().status(), 304);
}
