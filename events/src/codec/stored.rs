//! The stored form of each type that an event's field can have.

use std::{
    fmt::{self, Display, Formatter},
    marker::PhantomData,
    str::FromStr,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Visitor},
};
use uuid::Uuid;

use super::DecodeError;
use crate::{
    AppliedMigration, CommandId, Digest, Failure, FailureKind, Json, LogId, OperationId, PluginId, ProfileId,
    ProfileName, RefusedRecord, Region, SecretKey, SecretName, SessionId, StepName, TenantId, TenantName, TenantType,
    Timestamp, UndoKind, json::Checked,
};

/// A type that an event's field can have, and the one that stands for it in the file.
pub(super) trait Stored: Sized {
    type Twin: Serialize + DeserializeOwned;

    fn to_twin(&self) -> Self::Twin;
    /// The error is the rule that the stored value breaks.
    fn from_twin(twin: Self::Twin) -> Result<Self, String>;
}

pub(super) fn parse<T: DeserializeOwned>(kind: &'static str, payload: &str) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload { kind, source })
}

pub(super) fn field<T: Stored>(kind: &'static str, field: &'static str, twin: T::Twin) -> Result<T, DecodeError> {
    T::from_twin(twin).map_err(|reason| DecodeError::Field { kind, field, reason })
}

/// Stored form of what is stored as its text; or the rule that a text breaks, once it was read.
pub(super) struct Text<T>(Result<T, String>);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(value) => serializer.collect_str(value),
            Err(reason) => Err(serde::ser::Error::custom(reason)),
        }
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parsing<T>(PhantomData<T>);

        impl<T: FromStr<Err: Display>> Visitor<'_> for Parsing<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<T>, E> {
                Ok(Text(text.parse().map_err(|error: T::Err| error.to_string())))
            }
        }

        deserializer.deserialize_str(Parsing(PhantomData))
    }
}

macro_rules! stored_as_text {
    ($($type:ty),*) => {$(
        impl Stored for $type {
            type Twin = Text<Self>;

            fn to_twin(&self) -> Text<Self> {
                Text(Ok(self.clone()))
            }

            fn from_twin(twin: Text<Self>) -> Result<Self, String> {
                twin.0
            }
        }
    )*};
}
stored_as_text!(
    CommandId,
    Digest,
    FailureKind,
    LogId,
    OperationId,
    PluginId,
    ProfileId,
    ProfileName,
    Region,
    SecretKey,
    SecretName,
    SessionId,
    StepName,
    TenantId,
    TenantName,
    TenantType,
    Timestamp,
    UndoKind,
    Uuid
);

/// Types that are stored as they are.
macro_rules! stored_as_is {
    ($($type:ty),*) => {$(
        impl Stored for $type {
            type Twin = Self;

            fn to_twin(&self) -> Self {
                self.clone()
            }

            fn from_twin(twin: Self) -> Result<Self, String> {
                Ok(twin)
            }
        }
    )*};
}
stored_as_is!(String, u32, u64);

impl Stored for Json {
    type Twin = Checked;

    fn to_twin(&self) -> Checked {
        Checked(Ok(self.clone()))
    }

    fn from_twin(twin: Checked) -> Result<Self, String> {
        twin.0.map_err(|error| error.to_string())
    }
}

impl<T: Stored> Stored for Option<T> {
    type Twin = Option<T::Twin>;

    fn to_twin(&self) -> Self::Twin {
        self.as_ref().map(T::to_twin)
    }

    fn from_twin(twin: Self::Twin) -> Result<Self, String> {
        twin.map(T::from_twin).transpose()
    }
}

impl<T: Stored> Stored for Vec<T> {
    type Twin = Vec<T::Twin>;

    fn to_twin(&self) -> Self::Twin {
        self.iter().map(T::to_twin).collect()
    }

    fn from_twin(twin: Self::Twin) -> Result<Self, String> {
        twin.into_iter().map(T::from_twin).collect()
    }
}

/// Stored form of a [`Failure`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailureTwin {
    kind: Text<FailureKind>,
    code: String,
    message: String,
    help: Option<String>,
}

impl Stored for Failure {
    type Twin = FailureTwin;

    fn to_twin(&self) -> FailureTwin {
        FailureTwin {
            kind: self.kind.to_twin(),
            code: self.code.clone(),
            message: self.message.clone(),
            help: self.help.clone(),
        }
    }

    fn from_twin(twin: FailureTwin) -> Result<Self, String> {
        let FailureTwin { kind, code, message, help } = twin;
        Ok(Self { kind: kind.0?, code, message, help })
    }
}

/// A failure as canonical JSON.
pub(crate) fn failure_text(failure: &Failure) -> String {
    serde_json_canonicalizer::to_string(&failure.to_twin()).expect("BUG: a failure has no JSON form")
}

/// None when the text is not a failure.
pub(crate) fn failure_of_text(text: &str) -> Option<Failure> {
    serde_json::from_str(text).ok().and_then(|twin| Failure::from_twin(twin).ok())
}

/// Stored form of an [`AppliedMigration`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppliedMigrationTwin {
    version: u64,
    description: String,
    checksum: String,
}

impl Stored for AppliedMigration {
    type Twin = AppliedMigrationTwin;

    fn to_twin(&self) -> AppliedMigrationTwin {
        let Self { version, description, checksum } = self.clone();
        AppliedMigrationTwin { version, description, checksum }
    }

    fn from_twin(twin: AppliedMigrationTwin) -> Result<Self, String> {
        let AppliedMigrationTwin { version, description, checksum } = twin;
        Ok(Self { version, description, checksum })
    }
}

/// Stored form of a [`RefusedRecord`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusedRecordTwin {
    index: u32,
    reason: String,
}

impl Stored for RefusedRecord {
    type Twin = RefusedRecordTwin;

    fn to_twin(&self) -> RefusedRecordTwin {
        RefusedRecordTwin { index: self.index, reason: self.reason.clone() }
    }

    fn from_twin(twin: RefusedRecordTwin) -> Result<Self, String> {
        Ok(Self { index: twin.index, reason: twin.reason })
    }
}
