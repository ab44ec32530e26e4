//! No tests: what this binary is when a stack runs it again as one of its programs, see `tests::programs`.

#[test]
#[ignore = "the worker of a stack whose parts are processes of their own"]
fn worker() -> anyhow::Result<()> {
    tests::programs::worker()
}

#[test]
#[ignore = "the gateway of a stack whose parts are processes of their own"]
fn gateway() -> anyhow::Result<()> {
    tests::programs::gateway()
}
