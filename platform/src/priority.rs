//! Who of a machine's processes gives way when all of them want the processor.

/// Lowers the priority of the calling thread and of those that it starts from here on, by POSIX `nice`: 0 to 19, more
/// is less. To be called before the asynchronous runtime has threads. A system that refuses loses nothing but order.
pub fn give_way(nice: u8) {
    if nice == 0 {
        return;
    }
    match rustix::process::nice(nice.into()) {
        Ok(now) => tracing::debug!(nice = now, "this process gives way to others"),
        Err(error) => tracing::warn!(%error, nice, "the priority of this process stays as it is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_begun_afterwards_give_way_and_others_do_not() {
        let of_this_thread = || rustix::process::nice(0).expect("a thread knows its own");
        let before = of_this_thread();
        let (of_thread, of_child) = std::thread::spawn(move || {
            give_way(3);
            let child = std::thread::spawn(of_this_thread);
            (of_this_thread(), child.join().expect("a thread"))
        })
        .join()
        .expect("a thread");
        let wanted = (before + 3).min(19);
        assert_eq!((of_thread, of_child), (wanted, wanted));
        assert_eq!(of_this_thread(), before);
    }
}
