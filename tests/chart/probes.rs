//! Kubelet and Prometheus ask where the operator answers: the real one, started as the chart says.

use clap::Parser;
use ncp_secret_operator::operator::{Extras, Operator};
use ncp_secret_operator::settings::Settings;

use crate::cluster::{Cluster, until};
use crate::helm::{CHART, NAMESPACE, both_for, objects, of_kind};

async fn status(operator: &Operator, path: &str) -> u16 {
    let url = format!("http://{}{path}", operator.address);
    reqwest::get(url).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn probes_and_metrics_are_asked_for_where_the_operator_serves_them() {
    let cluster = Cluster::start().await;
    let [_, helm] = both_for(cluster.kubeconfig());
    helm.installs(CHART, &[]);
    let objects = objects(&helm.renders(&["metrics.podMonitor.enabled=true"]).unwrap());
    let container =
        &of_kind(&objects, "Deployment").unwrap()["spec"]["template"]["spec"]["containers"][0];

    let arguments = container["args"].as_array().unwrap().iter();
    let arguments = arguments.map(|argument| argument.as_str().unwrap());
    let program = std::iter::once("ncp-secret-operator");
    let mut settings = Settings::try_parse_from(program.chain(arguments)).unwrap();
    let port = &container["ports"][0];
    assert_eq!(port["containerPort"], settings.listen.port());
    let asked = |probe: &str| {
        let probe = &container[probe]["httpGet"];
        assert_eq!(probe["port"], port["name"], "{probe}");
        probe["path"].as_str().unwrap().to_owned()
    };
    let (alive, ready) = (asked("livenessProbe"), asked("readinessProbe"));
    let endpoint = &of_kind(&objects, "PodMonitor").unwrap()["spec"]["podMetricsEndpoints"][0];
    assert_eq!(endpoint["port"], port["name"]);
    let metrics = endpoint["path"].as_str().unwrap();

    settings.listen.set_ip([127, 0, 0, 1].into());
    settings.listen.set_port(0);
    settings.kubeconfig = Some(cluster.kubeconfig().to_owned());
    settings.namespace = Some(NAMESPACE.to_owned());
    let operator = Operator::start(settings, Extras::default()).await.unwrap();
    assert_eq!(status(&operator, &alive).await, 200, "{alive}");
    assert_eq!(status(&operator, metrics).await, 200, "{metrics}");
    until("the operator is ready where the kubelet asks", async || {
        (status(&operator, &ready).await == 200).then_some(())
    })
    .await;
    assert_ne!(alive, ready, "what is alive is not ready yet");
    operator.stop().await;
    cluster.plane.stop().await.unwrap();
}
