//! Starts and stops a real Kubernetes control plane for tests and demos.
