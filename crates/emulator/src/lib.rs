//! A local server that behaves like NAVER Cloud Platform Secret Manager.
