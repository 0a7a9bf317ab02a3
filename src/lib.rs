//! ncp-secret-operator
