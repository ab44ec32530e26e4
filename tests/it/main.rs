//! The whole stack, tested: one binary, one file per noun.

mod architecture;
mod buyout_happy;
