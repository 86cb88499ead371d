//! Writing an export, document by document.

use sha2::{Digest as _, Sha256};

use super::{
    ExchangeFormat, Extent, RenderError,
    cloudevents::{self, About},
    ndjson,
    redaction::Redaction,
};
use crate::{Digest, recorded::StoredEvent};

/// An export while it is written: each method answers with the next bytes of the file.
pub(crate) struct Writer {
    format: ExchangeFormat,
    extent: Extent,
    redaction: Option<Redaction>,
    written: u64,
    digest: Sha256,
}

impl Writer {
    pub(crate) fn new(format: ExchangeFormat, extent: Extent, is_redacted: bool) -> Self {
        let redaction = is_redacted.then(Redaction::default);
        Self { format, extent, redaction, written: 0, digest: Sha256::new() }
    }

    /// What stands before the first event.
    pub(crate) fn begin(&mut self) -> String {
        let text = match self.format {
            ExchangeFormat::Ndjson => ndjson::header(&self.extent, self.redaction.is_some()),
            ExchangeFormat::CloudEvents => String::new(),
            ExchangeFormat::CloudEventsBatch => "[\n".to_owned(),
        };
        self.digest.update(&text);
        text
    }

    /// The next event.
    pub(crate) fn event(&mut self, mut stored: StoredEvent) -> Result<String, RenderError> {
        if let Some(redaction) = &mut self.redaction {
            redaction.apply(&mut stored);
        }
        self.written += 1;
        let text = match self.format {
            ExchangeFormat::Ndjson => ndjson::event(&stored, self.redaction.is_some())?,
            ExchangeFormat::CloudEvents => self.cloud_event(&stored)? + "\n",
            ExchangeFormat::CloudEventsBatch if self.is_last() => self.cloud_event(&stored)? + "\n",
            ExchangeFormat::CloudEventsBatch => self.cloud_event(&stored)? + ",\n",
        };
        self.digest.update(&text);
        Ok(text)
    }

    /// What stands after the last event.
    pub(crate) fn end(self) -> String {
        let digest = Digest::from_bytes(self.digest.finalize().into());
        match self.format {
            ExchangeFormat::Ndjson => {
                let head = self.redaction.is_none().then_some(&self.extent.head);
                ndjson::trailer(self.written, head, &digest)
            }
            ExchangeFormat::CloudEvents => String::new(),
            ExchangeFormat::CloudEventsBatch => "]\n".to_owned(),
        }
    }

    fn is_last(&self) -> bool {
        self.written == self.extent.count()
    }

    fn cloud_event(&self, stored: &StoredEvent) -> Result<String, RenderError> {
        let about = About {
            log_id: &self.extent.log_id,
            is_redacted: self.redaction.is_some(),
            count: self.is_last().then_some(self.written),
        };
        cloudevents::event(stored, &about)
    }
}
