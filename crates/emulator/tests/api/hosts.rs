//! Three hosts over one account, and the pages of their lists.

use ncp_emulator::behavior::{CreateOnGlobalHost, ListScope, NameScope, OtherHost, PagePastEnd};
use ncp_emulator::{Boundary, NewSecret, Region, Trigger};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, World};

struct Hosts {
    world: World,
    global: Client,
    japan: Client,
    /// Identifiers of one secret of each host: global, regional, Japan.
    ids: [String; 3],
}

impl Hosts {
    async fn start() -> Self {
        let world = World::start().await;
        let endpoints = world.emulator.endpoints();
        let global = world.client(&endpoints.kr_global, &world.client.key);
        let japan = world.client(&endpoints.jpn_regional, &world.client.key);
        let ids = [
            NewSecret::named("global").boundary(Boundary::Global),
            NewSecret::named("regional"),
            NewSecret::named("japan").region(Region::Jpn),
        ]
        .map(|new| world.emulator.create_secret(new).unwrap());
        Self {
            world,
            global,
            japan,
            ids,
        }
    }

    fn clients(&self) -> [&Client; 3] {
        [&self.global, &self.world.client, &self.japan]
    }
}

fn names(list: &Answer) -> Vec<&str> {
    let lines = list.data()["secretList"].as_array().unwrap();
    lines
        .iter()
        .map(|line| line["secretName"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn each_host_lists_and_serves_its_own() {
    let hosts = Hosts::start().await;
    for (host, client) in hosts.clients().into_iter().enumerate() {
        let list = client.get("/api/v1/secrets").await;
        assert_eq!(names(&list), [["global", "regional", "japan"][host]]);
        for (secret, id) in hosts.ids.iter().enumerate() {
            for path in ["", "/active", "/logs"] {
                let answer = client.get(&format!("/api/v1/secrets/{id}{path}")).await;
                let expected = if host == secret { 200 } else { 404 };
                assert_eq!(
                    answer.status, expected,
                    "host {host} secret {secret} {path}"
                );
            }
        }
    }
    let japan = hosts
        .japan
        .get(&format!("/api/v1/secrets/{}", hosts.ids[2]))
        .await;
    assert_eq!(japan.data()["region"], "JPN");
}

#[tokio::test]
async fn other_hosts_secrets_follow_their_readings() {
    let hosts = Hosts::start().await;
    let emulator = &hosts.world.emulator;
    emulator.behave(|behavior| {
        behavior.list_scope = ListScope::Region;
        behavior.other_host = OtherHost::Forbidden;
        behavior.japan_region = "JP".to_owned();
    });
    let list = hosts.global.get("/api/v1/secrets").await;
    assert_eq!(names(&list), ["global", "regional"]);
    let regional = format!("/api/v1/secrets/{}", hosts.ids[1]);
    assert_eq!(
        hosts.global.get(&regional).await.error(),
        (403, "FORBIDDEN")
    );
    emulator.behave(|behavior| behavior.other_host = OtherHost::Served);
    hosts.global.get(&regional).await.data();
    let japan = hosts.japan.get("/api/v1/secrets").await;
    assert_eq!(japan.data()["secretList"][0]["region"], "JP");
}

#[tokio::test]
async fn a_path_is_that_of_its_host() {
    let hosts = Hosts::start().await;
    let unknown = json!({"error": {
        "errorCode": "300", "message": "Not Found Exception", "details": "URL not found.",
    }});
    let mistaken = hosts.global.get("/secretmanager/api/v1/secrets").await;
    assert_eq!((mistaken.status, mistaken.json), (404, unknown.clone()));
    let bare = hosts
        .world
        .emulator
        .endpoints()
        .kr_regional
        .replace("/secretmanager", "");
    let client = hosts.world.client(&bare, &hosts.world.client.key);
    let mistaken = client.get("/api/v1/secrets").await;
    assert_eq!((mistaken.status, mistaken.json), (404, unknown));
}

fn creation(name: &str, boundary: Option<&str>) -> Value {
    let mut body = json!({
        "secretName": name, "secretType": "BASIC",
        "secretValue": {"value": "{\"abc\":\"cba\"}", "rotationTargets": ["abc"]},
    });
    if let Some(boundary) = boundary {
        body["kmsBoundaryType"] = json!(boundary);
    }
    body
}

#[tokio::test]
async fn creation_decides_the_host_by_the_boundary() {
    let hosts = Hosts::start().await;
    let create = async |client: &Client, name: &str, boundary: Option<&str>| {
        let body = creation(name, boundary);
        client
            .call(Method::POST, "/api/v1/secrets", Some(&body))
            .await
    };
    let globally = async |reading: CreateOnGlobalHost, name: &str, boundary: Option<&str>| {
        let emulator = &hosts.world.emulator;
        emulator.behave(|behavior| behavior.create_on_global_host = reading);
        let answer = create(&hosts.global, name, boundary).await;
        (answer.status == 200).then(|| {
            let id = answer.data()["secretId"].as_str().unwrap();
            emulator.secret(id).unwrap().boundary()
        })
    };
    let isolated = CreateOnGlobalHost::MakesIsolated;
    let global = CreateOnGlobalHost::MakesGlobal;
    assert_eq!(
        globally(isolated, "one", None).await,
        Some(Boundary::Isolated)
    );
    assert_eq!(globally(isolated, "two", Some("GLOBAL")).await, None);
    assert_eq!(
        globally(global, "three", None).await,
        Some(Boundary::Global)
    );
    assert_eq!(
        globally(global, "four", Some("ISOLATED")).await,
        Some(Boundary::Isolated)
    );
    assert_eq!(
        globally(CreateOnGlobalHost::Refused, "five", None).await,
        None
    );
    let regional = create(&hosts.world.client, "six", Some("GLOBAL")).await;
    assert_eq!(regional.error(), (400, "INVALID_REQUEST"));
    let japan = create(&hosts.japan, "seven", None).await;
    assert_eq!(japan.data()["region"], "JPN");
}

#[tokio::test]
async fn a_name_is_unique_within_its_scope() {
    let create = async |hosts: &Hosts, client: &Client, name: &str| {
        let emulator = &hosts.world.emulator;
        emulator.behave(|it| it.create_on_global_host = CreateOnGlobalHost::MakesGlobal);
        let body = creation(name, None);
        client
            .call(Method::POST, "/api/v1/secrets", Some(&body))
            .await
            .status
    };
    let table = [
        (NameScope::Region, [409, 200]),
        (NameScope::Account, [409, 409]),
        (NameScope::Host, [200, 200]),
    ];
    for (reading, expected) in table {
        let hosts = Hosts::start().await;
        hosts
            .world
            .emulator
            .behave(|behavior| behavior.name_scope = reading);
        let statuses = [
            create(&hosts, &hosts.global, "regional").await,
            create(&hosts, &hosts.japan, "regional").await,
        ];
        assert_eq!(statuses, expected, "{reading:?}");
        let own = create(&hosts, &hosts.world.client, "regional").await;
        assert_eq!(own, 409, "{reading:?}");
    }
}

#[tokio::test]
async fn triggers_belong_to_a_region() {
    let hosts = Hosts::start().await;
    let emulator = &hosts.world.emulator;
    emulator.put_trigger(Trigger::named("korea"));
    emulator.put_trigger(Trigger::named("japan").region(Region::Jpn));
    let triggers = hosts.japan.get("/api/v1/triggers").await;
    let list = triggers.data()["triggerList"].as_array().unwrap();
    let names: Vec<_> = list
        .iter()
        .map(|line| line["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["japan"]);
}

#[tokio::test]
async fn moving_to_a_global_key_moves_the_secret_to_the_global_host() {
    let hosts = Hosts::start().await;
    let path = format!("/api/v1/secrets/{}", hosts.ids[1]);
    let body = json!({"protectionKeyType": "DEFAULT", "kmsBoundaryType": "GLOBAL"});
    let key_path = format!("{path}/protection-key");
    hosts
        .world
        .client
        .call(Method::PUT, &key_path, Some(&body))
        .await
        .data();
    assert_eq!(
        hosts.world.client.get(&path).await.error(),
        (404, "NOT_FOUND")
    );
    hosts.global.get(&path).await.data();
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let world = World::start().await;
    for number in 0..5 {
        world
            .emulator
            .create_secret(NewSecret::named(&format!("secret-{number}")))
            .unwrap();
    }
    world.emulator.behave(|behavior| behavior.page_size = 2);
    let page = async |number: u32| {
        let list = world
            .client
            .get(&format!("/api/v1/secrets?pageNo={number}"))
            .await;
        let data = list.data();
        let numbers = ["totalPageNo", "currentPageNo", "totalCount"].map(|name| data[name].clone());
        assert_eq!(numbers, [json!(3), json!(number), json!(5)]);
        names(&list)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(page(1).await, ["secret-0", "secret-1"]);
    assert_eq!(page(3).await, ["secret-4"]);
    assert!(page(4).await.is_empty());
    world
        .emulator
        .behave(|behavior| behavior.page_past_end = PagePastEnd::Refused);
    let past = world.client.get("/api/v1/secrets?pageNo=4").await;
    assert_eq!(past.error(), (400, "INVALID_REQUEST"));
}
