//! The macro that declares the stored twins of one family of events.

/// Declares for each event its schema version, its meaning and its fields; makes a serde struct of each, and the
/// complete matches between structs and events, so that an event without a twin does not compile.
macro_rules! twins {
    ($family:ident in $stream:literal { $($event:ident @ $schema:literal $meaning:literal { $($field:ident: $type:ty),* $(,)? })* }) => {
        pub(super) const TYPES: &[$crate::codec::EventType] = &[$($crate::codec::EventType {
            kind: $crate::codec::EventKind {
                name: stringify!($event),
                schema: $schema,
                stream: $stream,
                meaning: $meaning,
                fields: &[$((stringify!($field), stringify!($type))),*],
            },
            decode: $event::decode,
        }),*];

        $(
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(deny_unknown_fields)]
            struct $event { $($field: <$type as $crate::codec::stored::Stored>::Twin),* }

            impl $event {
                fn decode(payload: &str) -> Result<$crate::Event, $crate::codec::DecodeError> {
                    let Self { $($field),* } = $crate::codec::stored::parse(stringify!($event), payload)?;
                    Ok($crate::Event::from($family::$event {
                        $($field: $crate::codec::stored::field(stringify!($event), stringify!($field), $field)?),*
                    }))
                }
            }
        )*

        pub(crate) fn kind(event: &$family) -> &'static str {
            match event { $($family::$event { .. } => stringify!($event)),* }
        }

        pub(super) fn encode(event: &$family) -> Result<$crate::codec::Encoded, $crate::codec::EncodeError> {
            match event {
                $($family::$event { $($field),* } => {
                    let twin = $event { $($field: $crate::codec::stored::Stored::to_twin($field)),* };
                    let payload = serde_json_canonicalizer::to_string(&twin)?;
                    Ok($crate::codec::Encoded { kind: stringify!($event), schema: $schema, payload })
                }),*
            }
        }
    };
}
