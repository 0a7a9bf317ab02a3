//! The project's own tasks: demo, test, bench and the rest.
fn main() {}
