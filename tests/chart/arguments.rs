//! What the chart says to the operator, the operator understands; and what two would say, only one says.

use clap::{CommandFactory, Parser};
use ncp_secret_operator::settings::Settings;
use serde_json::json;

use crate::helm::{Tool, both, latest, objects, of_kind};

/// The flags that are left to `extraArgs`. All others are the chart's.
const LEFT: [&str; 8] = [
    "kubeconfig",
    "endpoint-kr-regional",
    "endpoint-kr-global",
    "endpoint-jpn-regional",
    "endpoint-metadata",
    "extra-ca-file",
    "allow-loopback-http",
    "clock-url",
];

fn settings(helm: &Tool, values: &[&str]) -> Settings {
    let objects = objects(&helm.renders(values).unwrap());
    let deployment = of_kind(&objects, "Deployment").unwrap();
    let arguments = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    let arguments = arguments.as_array().unwrap().iter();
    let arguments = arguments.map(|argument| argument.as_str().unwrap());
    let program = std::iter::once("ncp-secret-operator");
    Settings::try_parse_from(program.chain(arguments)).unwrap()
}

#[test]
fn the_operator_understands_what_the_chart_says_to_it() {
    for helm in both() {
        let usual = settings(&helm, &[]);
        assert_eq!(usual.listen.to_string(), "0.0.0.0:8080");
        assert_eq!(usual.watch_namespaces, [""; 0]);
        assert!(usual.leader_election && !usual.cluster_stores && !usual.server_role);

        let others = settings(
            &helm,
            &[
                "listen={\"address\":\"fd00::1\",\"port\":9090}",
                "log={\"filter\":\"info, kube: \\\"x\\\" # y\",\"format\":\"text\"}",
                "concurrency=7",
                "watchNamespaces=[\"123\",\"shop\"]",
                "extraArgs=[\"--extra-ca-file=/a: b\"]",
            ],
        );
        assert_eq!(others.listen.to_string(), "[fd00::1]:9090");
        assert_eq!(others.log, "info, kube: \"x\" # y");
        assert_eq!(others.concurrency, 7);
        assert_eq!(others.watch_namespaces, ["123", "shop"]);
        assert_eq!(others.extra_ca_file, Some("/a: b".into()));
    }
}

#[test]
fn a_flag_that_the_chart_sets_is_refused_a_second_time_with_what_to_do() {
    let helm = latest();
    let command = Settings::command();
    let mut left = Vec::new();
    for argument in command.get_arguments() {
        let flag = argument.get_long().unwrap();
        let (long, variable) = (format!("--{flag}"), argument.get_env().unwrap());
        let ways = [
            format!("extraArgs={}", json!([format!("{long}=x")])),
            format!("extraArgs={}", json!(["--extra-ca-file=/ca", long, "x"])),
            format!(
                "extraEnv={}",
                json!([{"name": variable.to_str(), "value": "x"}])
            ),
        ];
        if LEFT.contains(&flag) {
            left.push(flag);
            for way in &ways[..1] {
                helm.renders(&[way])
                    .unwrap_or_else(|error| panic!("{way}: {error}"));
            }
            continue;
        }
        for way in ways {
            let refused = helm.renders(&[&way]).expect_err(&way);
            let says = [
                "which is the chart's to set. Set ",
                "which is the chart's to set. Leave it away",
            ];
            assert!(
                says.iter().any(|says| refused.contains(says)),
                "{way}: {refused}"
            );
            assert!(
                refused.contains(flag) || refused.contains(variable.to_str().unwrap()),
                "{refused}"
            );
        }
    }
    assert_eq!(left, LEFT);
}

#[test]
fn both_versions_of_helm_say_which_value_to_use_instead() {
    for helm in both() {
        for (values, advice) in [
            ("extraArgs=[\"--concurrency=4\"]", "Set concurrency instead"),
            (
                "extraArgs=[\"--listen=0.0.0.0:9\"]",
                "Set listen.address and listen.port instead",
            ),
            (
                "extraArgs=[\"--leader-election=false\"]",
                "two pods would write at once",
            ),
            (
                "extraEnv=[{\"name\":\"NCP_SECRET_OPERATOR_WATCH_NAMESPACES\",\"value\":\"shop\"}]",
                "Set watchNamespaces instead",
            ),
        ] {
            let refused = helm.renders(&[values]).unwrap_err();
            assert!(refused.contains(advice), "{values}: {refused}");
        }
    }
}
