//! The code of a region.

use super::{checked_text, is_slug};

checked_text! {
    /// A region's code, such as `iad`: 1 to 32 of `a-z`, `0-9`, `-`.
    Region, InvalidRegion, "a region",
    "1 to 32 of `a-z`, `0-9`, `-`",
    |text| is_slug(text, 32)
}
