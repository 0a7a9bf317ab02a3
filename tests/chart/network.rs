//! What the `NetworkPolicy` lets through: all that the operator dials and serves, and nothing else.

use std::net::IpAddr;

use ncp_secret_operator::source::{DOCUMENTED, METADATA_ADDRESS};
use serde_json::{Value, json};

use crate::helm::{latest, objects, of_kind};

/// Somewhere in the world; that the chart cannot know it is the point.
const ANYWHERE: &str = "203.0.113.7";
const SERVER_ROLE: [&str; 2] = ["clusterStores.enabled=true", "serverRole.enabled=true"];

fn policy(values: &[&str]) -> Value {
    let objects = objects(&latest().renders(values).unwrap());
    of_kind(&objects, "NetworkPolicy").unwrap()["spec"].clone()
}

/// Whether a pod may go there, as networks read a policy: a rule without addresses is for all of them, one without ports too.
fn lets_out(policy: &Value, address: &str, port: u16, protocol: &str) -> bool {
    let rules = policy["egress"].as_array().unwrap();
    rules.iter().any(|rule| {
        let address_fits = rule.get("to").is_none_or(|to| {
            let blocks = to.as_array().unwrap().iter();
            let mut blocks = blocks.map(|peer| peer["ipBlock"]["cidr"].as_str().unwrap());
            blocks.any(|block| block == format!("{address}/32"))
        });
        let port_fits = rule.get("ports").is_none_or(|ports| {
            let mut ports = ports.as_array().unwrap().iter();
            ports.any(|open| open["port"] == port && open["protocol"] == protocol)
        });
        address_fits && port_fits
    })
}

/// The host and the port of a URL that the operator asks.
fn place(url: &str) -> (String, u16) {
    let url = reqwest::Url::parse(url).unwrap();
    let host = url.host_str().unwrap().to_owned();
    (host, url.port_or_known_default().unwrap())
}

#[test]
fn ncp_the_api_server_and_dns_are_reached_wherever_they_are() {
    let policy = policy(&[]);
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    for url in DOCUMENTED {
        let (_, port) = place(url);
        assert!(lets_out(&policy, ANYWHERE, port, "TCP"), "{url}");
    }
    // The port of the Service `kubernetes` and the usual one of the API server behind it.
    for port in [443, 6443] {
        assert!(lets_out(&policy, ANYWHERE, port, "TCP"), "{port}");
    }
    // The port of the Service, and that of OpenShift's pods behind it, by which OVN-Kubernetes judges.
    for port in [53, 5353] {
        for protocol in ["UDP", "TCP"] {
            assert!(
                lets_out(&policy, ANYWHERE, port, protocol),
                "{port} {protocol}"
            );
        }
    }
}

#[test]
fn nothing_else_is_reached() {
    for values in [&[][..], &SERVER_ROLE] {
        let policy = policy(values);
        for port in (1..=u16::MAX).filter(|port| ![53, 443, 5353, 6443].contains(port)) {
            assert!(!lets_out(&policy, ANYWHERE, port, "TCP"), "{port}");
            assert!(!lets_out(&policy, ANYWHERE, port, "UDP"), "{port}");
        }
        for port in [443, 6443] {
            assert!(!lets_out(&policy, ANYWHERE, port, "UDP"), "{port}");
        }
    }
}

#[test]
fn the_nodes_metadata_service_is_reached_only_where_server_roles_are_used() {
    let (address, port) = place(METADATA_ADDRESS);
    address.parse::<IpAddr>().unwrap();
    assert!(!lets_out(&policy(&[]), &address, port, "TCP"));
    assert!(lets_out(&policy(&SERVER_ROLE), &address, port, "TCP"));
    assert!(!lets_out(&policy(&SERVER_ROLE), &address, port + 1, "TCP"));
}

#[test]
fn probes_and_metrics_come_in_at_the_port_that_is_served_and_at_no_other() {
    for values in [&[][..], &["listen.port=9090"]] {
        let ingress = policy(values)["ingress"].clone();
        assert_eq!(
            ingress,
            json!([{"ports": [{"port": "http", "protocol": "TCP"}]}])
        );
    }
}
