//! MLflow's traces, version 3: a record, and beside it a document with the spans. `/api/3.0/mlflow/traces…`
//!
//! Where the document goes, the record's answer says: on Databricks to an address that is signed for it, elsewhere
//! through the server itself. Each call may be done again: the same trace is written again.

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::call::segment;
use super::{Call, Class, Credential, Failure, Workspace};

/// How the path of a document begins that goes through the server.
const THROUGH: &str = "mlflow-artifacts:/";
/// The document's name.
const NAME: &str = "traces.json";
/// Largest document that is read, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// Where the spans of a trace lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpansPlace {
    /// At an address that is signed each time; by the trace's id.
    Signed(String),
    /// Below the server's own address; escaped.
    Through(String),
}

#[derive(Deserialize)]
struct Signed {
    credential_info: Address,
}

#[derive(Deserialize)]
struct Address {
    signed_uri: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

impl SpansPlace {
    /// From the record of a trace, as the server gives it.
    fn of(record: &Value) -> Option<SpansPlace> {
        let info = record.pointer("/trace/trace_info")?;
        let location = info.pointer("/tags/mlflow.artifactLocation").and_then(Value::as_str);
        let Some(path) = location.and_then(|location| location.strip_prefix(THROUGH)) else {
            return Some(SpansPlace::Signed(segment(info["trace_id"].as_str()?)));
        };
        let path: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(segment).collect();
        Some(SpansPlace::Through(format!("/api/2.0/mlflow-artifacts/artifacts/{}/{NAME}", path.join("/"))))
    }
}

impl Workspace {
    /// Writes the record of a trace.
    pub async fn put_trace(&self, who: &dyn Credential, record: &Value) -> Result<SpansPlace, Failure> {
        let call = Call::post("write the trace", "/api/3.0/mlflow/traces").json(record).once();
        let answer: Value = self.ask(who, call).await?;
        let unclear =
            || Failure::without_answer("write the trace", Class::NotAnApi, "the answer names no trace", true);
        SpansPlace::of(&answer).ok_or_else(unclear)
    }

    /// The record as it lies there. `id`: with its `tr-`.
    pub async fn trace(&self, who: &dyn Credential, id: &str) -> Result<Value, Failure> {
        let path = format!("/api/3.0/mlflow/traces/{}", segment(id));
        self.ask(who, Call::get("read the trace", path)).await
    }

    /// Writes the document with the spans.
    pub async fn put_spans(
        &self,
        who: &dyn Credential,
        place: &SpansPlace,
        document: Bytes,
    ) -> Result<(), Failure> {
        const CALL: &str = "write the spans";
        let id = match place {
            SpansPlace::Through(path) => {
                self.send(who, Call::put(CALL, path.as_str()).bytes(document)).await?;
                return Ok(());
            }
            SpansPlace::Signed(id) => id,
        };
        let Address { signed_uri, r#type, headers } = self.signed(who, id, "upload").await?;
        let mut headers = header_map(&headers);
        if r#type != "AZURE_ADLS_GEN2_SAS_URI" {
            if r#type == "AZURE_SAS_URI" {
                headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
            }
            let call = Call::put(CALL, "").bytes(document);
            return self.send_signed(&signed_uri, headers, call).await.map(drop);
        }
        // A file there is made, filled and closed.
        let length = document.len();
        let steps = [
            (Call::put(CALL, "").bytes(Bytes::new()), "resource=file".to_owned()),
            (Call::patch(CALL, "").bytes(document), "action=append&position=0".to_owned()),
            (Call::patch(CALL, "").bytes(Bytes::new()), format!("action=flush&position={length}")),
        ];
        for (call, what) in steps {
            self.send_signed(&format!("{signed_uri}&{what}"), headers.clone(), call).await?;
        }
        Ok(())
    }

    /// The document with the spans, as it lies there.
    pub async fn spans(&self, who: &dyn Credential, place: &SpansPlace) -> Result<Bytes, Failure> {
        let call = |path: &str| Call::get("read the spans", path).at_most(LARGEST);
        let reply = match place {
            SpansPlace::Through(path) => self.send(who, call(path)).await?,
            SpansPlace::Signed(id) => {
                let address = self.signed(who, id, "download").await?;
                self.send_signed(&address.signed_uri, header_map(&address.headers), call("")).await?
            }
        };
        Ok(reply.body)
    }

    async fn signed(&self, who: &dyn Credential, id: &str, what: &str) -> Result<Address, Failure> {
        let path = format!("/api/2.0/mlflow/traces/{id}/credentials-for-data-{what}");
        let signed: Signed = self.ask(who, Call::get("ask where the spans lie", path)).await?;
        Ok(signed.credential_info)
    }
}

fn header_map(headers: &[Header]) -> HeaderMap {
    let pair = |Header { name, value }: &Header| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    headers.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_record_says_where_the_spans_lie() {
        let through = |path: &str| {
            Some(SpansPlace::Through(format!("/api/2.0/mlflow-artifacts/artifacts/{path}/traces.json")))
        };
        for (location, place) in [
            ("mlflow-artifacts:/1/traces/tr-1/artifacts", through("1/traces/tr-1/artifacts")),
            ("mlflow-artifacts:/1/../..", through("1/%2E%2E/%2E%2E")),
            ("dbfs:/databricks/mlflow-tracking/1/tr-1/artifacts", Some(SpansPlace::Signed("tr-1".into()))),
        ] {
            let tags = json!({ "mlflow.artifactLocation": location });
            let record = json!({ "trace": { "trace_info": { "trace_id": "tr-1", "tags": tags } } });
            assert_eq!(SpansPlace::of(&record), place, "{location}");
        }
        assert_eq!(SpansPlace::of(&json!({})), None);
    }
}
