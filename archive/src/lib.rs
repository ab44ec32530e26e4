//! Files that leave an installation and are checked elsewhere: evidence packs, exported audit trails,
//! back-ups. Whoever writes one and whoever checks it use the same code; nothing here needs a network or
//! a database.

pub mod backup;
pub mod evidence;
pub mod sealed;
pub mod tape;
pub mod trail;
