//! What a provider says when it panics. There is nobody in a component whom it could be told, so it is left in memory, where
//! the program finds it once the component is stopped.

use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// Address and length of the message. The program looks for it under this name.
#[expect(unsafe_code, reason = "what is exported has a fixed name")]
#[unsafe(export_name = "systemprompt_panic")]
static MESSAGE: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// From now on the message of a panic is left there.
pub(crate) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        panic::set_hook(Box::new(|panicked| {
            let message = panicked.to_string().leak();
            // A component has addresses of 32 bits.
            let words = [message.as_ptr() as usize, message.len()].map(|word| u32::try_from(word).unwrap_or(0));
            for (place, word) in MESSAGE.iter().zip(words) {
                place.store(word, Ordering::Relaxed);
            }
        }));
    });
}
