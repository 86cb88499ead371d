//! The fields that a profile may have, and what each may hold.

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text that is not empty.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number from and to.
    Number(u64, u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// An address that begins with `http://` or `https://`.
    Address,
    /// A list of texts.
    List,
    /// Fields of its own, which are listed, too.
    Group,
    /// Fields of its own, which are numbers, switches or further such groups: nobody lists them all.
    OpenGroup,
}

/// One year in seconds: a token that lives longer is a mistake.
const YEAR_SECONDS: u64 = 365 * 24 * 60 * 60;
const VALIDATION: Kind = Kind::Word(&["strict", "warn", "skip"]);

/// The documented fields of `profile.yaml`, and what they may hold.
pub const FIELDS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("display_name", Kind::Text),
    ("target", Kind::Word(&["local", "cloud"])),
    ("site", Kind::Group),
    ("site.name", Kind::Text),
    ("site.github_link", Kind::Address),
    ("database", Kind::Group),
    ("database.type", Kind::Word(&["postgres", "postgresql"])),
    ("database.external_db_access", Kind::Switch),
    ("server", Kind::Group),
    ("server.host", Kind::Text),
    ("server.port", Kind::Number(1, 65_535)),
    ("server.api_server_url", Kind::Address),
    ("server.api_internal_url", Kind::Address),
    ("server.api_external_url", Kind::Address),
    ("server.use_https", Kind::Switch),
    ("server.cors_allowed_origins", Kind::List),
    ("server.content_negotiation", Kind::Group),
    ("server.content_negotiation.enabled", Kind::Switch),
    ("server.content_negotiation.markdown_suffix", Kind::Text),
    ("paths", Kind::Group),
    ("paths.system", Kind::Text),
    ("paths.services", Kind::Text),
    ("paths.bin", Kind::Text),
    ("paths.web_path", Kind::Text),
    ("paths.storage", Kind::Text),
    ("paths.geoip_database", Kind::Text),
    ("security", Kind::Group),
    ("security.jwt_issuer", Kind::Text),
    ("security.jwt_access_token_expiration", Kind::Number(1, YEAR_SECONDS)),
    ("security.jwt_refresh_token_expiration", Kind::Number(1, YEAR_SECONDS)),
    ("security.jwt_audiences", Kind::List),
    ("rate_limits", Kind::OpenGroup),
    ("runtime", Kind::Group),
    ("runtime.environment", Kind::Word(&["development", "test", "staging", "production"])),
    ("runtime.log_level", Kind::Word(&["quiet", "normal", "verbose", "debug"])),
    ("runtime.output_format", Kind::Word(&["text", "table", "json", "yaml"])),
    ("runtime.no_color", Kind::Switch),
    ("runtime.non_interactive", Kind::Switch),
    ("cloud", Kind::Group),
    ("cloud.tenant_id", Kind::Text),
    ("cloud.credentials_path", Kind::Text),
    ("cloud.tenants_path", Kind::Text),
    ("cloud.validation", VALIDATION),
    ("secrets", Kind::Group),
    ("secrets.secrets_path", Kind::Text),
    ("secrets.validation", VALIDATION),
    ("secrets.source", Kind::Word(&["file", "env"])),
    ("extensions", Kind::Group),
    ("extensions.disabled", Kind::List),
];

/// What the field of this path may hold; none: there is no such field.
pub fn kind(path: &str) -> Option<Kind> {
    let known = |path: &str| FIELDS.iter().find(|(field, _)| *field == path).map(|(_, kind)| *kind);
    known(path).or_else(|| {
        let (group, _) = path.split_once('.')?;
        (known(group) == Some(Kind::OpenGroup)).then_some(Kind::OpenGroup)
    })
}

/// Whether this is a field that holds others, and has no value of its own.
pub fn is_group(path: &str) -> bool {
    FIELDS.iter().any(|(field, kind)| *field == path && matches!(kind, Kind::Group | Kind::OpenGroup))
}

/// The field whose name is nearest to a mistyped one.
pub fn nearest(path: &str) -> Option<&'static str> {
    /// How alike, from 0 to 1, to be worth a question.
    const ALIKE_MIN: f64 = 0.85;
    let alike = FIELDS.iter().map(|(field, _)| (strsim::jaro_winkler(path, field), *field));
    alike
        .filter(|(alike, _)| *alike >= ALIKE_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, field)| field)
}

impl Kind {
    /// What it may hold, in words.
    pub fn allowed(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::Number(from, to) => format!("a whole number from {from} to {to}"),
            Self::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Self::Address => "an address that begins with `http://` or `https://`".to_owned(),
            Self::List => "a list of texts".to_owned(),
            Self::Group => "fields below it, indented by two spaces".to_owned(),
            Self::OpenGroup => "numbers, `true` or `false`".to_owned(),
        }
    }

    /// Whether a text, as it stands without quotes, is such a value.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Text => !text.is_empty() && text != "~" && text != "null",
            Self::Switch => matches!(text, "true" | "false"),
            Self::Number(from, to) => {
                is_numeral(text) && text.parse::<u64>().is_ok_and(|number| (from..=to).contains(&number))
            }
            Self::Word(words) => words.contains(&text),
            Self::Address => ["http://", "https://"]
                .iter()
                .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))),
            Self::OpenGroup => {
                matches!(text, "true" | "false") || (is_numeral(text) && text.parse::<f64>().is_ok_and(f64::is_finite))
            }
            Self::List | Self::Group => false,
        }
    }
}

/// Whether readers of YAML agree on a number: a zero in front makes it one to the base of eight for some, and `+` a text.
fn is_numeral(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let second = digits.chars().nth(1);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && !(digits.starts_with('0') && second.is_some_and(|c| c.is_ascii_digit()))
}
