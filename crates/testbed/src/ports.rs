//! Ports on loopback that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};

/// Ports from 32768 up are given to outgoing connections, and any of those could hold one just now.
const LISTENABLE: std::ops::Range<u16> = 20_000..32_768;

/// Free ports in no order, without end; each was free when it was handed out.
pub fn free_ports() -> impl Iterator<Item = u16> {
    std::iter::repeat_with(|| fastrand::u16(LISTENABLE))
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on() {
        let port = free_ports().next().unwrap();
        assert!(LISTENABLE.contains(&port));
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
