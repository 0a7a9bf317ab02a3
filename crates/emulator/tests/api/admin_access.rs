//! Keys, faults, calls and the guard on the admin port.

use jiff::SignedDuration;
use ncp_emulator::{Emulator, Key, NewSecret, Region, Role, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::World;

const LIST: &str = "/api/v1/secrets";

#[tokio::test]
async fn a_key_is_made_stopped_and_deleted() {
    let world = World::start().await;
    let wish = json!({"role": "viewer", "expires": "2025-07-21T03:00:00Z"});
    let (status, made) = world.admin(Method::POST, "/keys", wish).await;
    assert_eq!(status, 201, "{made}");
    let half = |name: &str| made[name].as_str().unwrap().to_owned();
    let key = Key {
        access_key: half("accessKey"),
        secret_key: half("secretKey"),
    };
    let client = world.client(&world.emulator.endpoints().kr_regional, &key);
    client.get(LIST).await.data();
    let keys = world.admin_get("/keys").await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    assert!(!keys.to_string().contains(&key.secret_key), "{keys}");
    let path = format!("/keys/{}", key.access_key);
    let shown = json!({
        "accessKey": key.access_key,
        "role": "viewer",
        "stopped": false,
        "expires": "2025-07-21T03:00:00Z",
    });
    assert!(keys["keys"].as_array().unwrap().contains(&shown), "{keys}");
    let told = world
        .admin_refusal(Method::DELETE, &path, Value::Null)
        .await;
    assert_eq!(told, (409, "the key is in use: stop it first".to_owned()));
    let change = json!({"stopped": true, "role": {"only": ["x"]}});
    let (status, changed) = world.admin(Method::PATCH, &path, change).await;
    assert_eq!((status, &changed["role"]), (200, &json!({"only": ["x"]})));
    assert_eq!(client.get(LIST).await.error(), (401, "200"));
    let (status, _) = world.admin(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, 204);
    let (status, _) = world.admin(Method::PATCH, &path, json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn given_halves_are_taken_once_and_never_quoted() {
    let world = World::start().await;
    let wish = |key: Value| async { world.admin(Method::POST, "/keys", key).await };
    let key = Key {
        access_key: "ncp_iam_TESTACCESSKEY0000001".to_owned(),
        secret_key: "hunter2hunter2".to_owned(),
    };
    let given = json!({
        "accessKey": key.access_key, "secretKey": key.secret_key, "role": "manager",
        "expires": "2025-07-21T03:00:00Z",
    });
    let (status, _) = wish(given.clone()).await;
    assert_eq!(status, 201);
    let client = world.client(&world.emulator.endpoints().kr_regional, &key);
    client.get(LIST).await.data();
    world.steering.set("2025-07-21T03:00:00Z".parse().unwrap());
    assert_eq!(client.get(LIST).await.error(), (401, "200"));
    let table = [
        (given, 409),
        (json!({"secretKey": "hunter2", "role": "manager"}), 400),
        (
            json!({"accessKey": "ncp_iam_TESTACCESSKEY0000002", "role": "manager"}),
            400,
        ),
        (
            json!({"accessKey": "x", "secretKey": "hunter2", "role": "manager"}),
            400,
        ),
        (json!({"secretKey": "hunter2", "role": "hunter2"}), 400),
        (json!({"hunter2": "x", "role": "manager"}), 400),
        (json!({"secretKey": {"hunter2": 1}, "role": "manager"}), 400),
    ];
    for (key, expected) in table {
        let (status, told) = wish(key.clone()).await;
        assert_eq!(status, expected, "{key} {told}");
        assert!(!told.to_string().contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn half_a_key_is_told_what_is_missing() {
    let world = World::start().await;
    let half = json!({"accessKey": "ncp_iam_TESTACCESSKEY0000001", "role": "manager"});
    let told = world.admin_refusal(Method::POST, "/keys", half).await;
    let sentence = "give both accessKey and secretKey, or neither";
    assert_eq!(told, (400, sentence.to_owned()));
}

#[tokio::test]
async fn faults_are_added_listed_and_removed() {
    let (world, id) = World::with_secret().await;
    let fault = json!({
        "effect": {"kind": "gateway", "error": "rateLimited"},
        "operation": "getSecretDetail",
        "secret": "shop-orders",
        "times": 2,
    });
    let (status, added) = world.admin(Method::POST, "/faults", fault).await;
    assert_eq!(status, 201, "{added}");
    let mut expected = json!({
        "id": added["id"],
        "effect": {"kind": "gateway", "error": "rateLimited"},
        "operation": "getSecretDetail",
        "secret": id,
        "times": 2,
        "probability": 1.0,
    });
    assert_eq!(added, expected);
    let detail = format!("{LIST}/{id}");
    assert_eq!(world.client.get(&detail).await.error(), (429, "420"));
    expected["times"] = json!(1);
    let list = world.admin_get("/faults").await;
    assert_eq!(list, json!({"faults": [expected]}));
    let path = format!("/faults/{}", added["id"]);
    let (status, _) = world.admin(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, 204);
    world.client.get(&detail).await.data();
    for effect in ["cut", "stall"] {
        let fault = json!({"effect": {"kind": effect}});
        world.admin(Method::POST, "/faults", fault).await;
    }
    let (status, _) = world.admin(Method::DELETE, "/faults", Value::Null).await;
    assert_eq!((status, world.emulator.faults()), (204, vec![]));
    for (fault, reason) in [
        (json!({"effect": {"kind": "explode"}}), "explode"),
        (
            json!({"effect": {"kind": "cut"}, "secret": "nope"}),
            "no secret nope",
        ),
        (json!({"effect": {"kind": "cut"}, "times": 0}), "times"),
        (
            json!({"effect": {"kind": "cut"}, "probability": 2}),
            "probability",
        ),
    ] {
        let told = world.admin_refusal(Method::POST, "/faults", fault).await;
        assert_eq!(told.0, 400);
        assert!(told.1.contains(reason), "{told:?}");
    }
}

#[tokio::test]
async fn a_name_of_two_secrets_is_ambiguous() {
    let (world, _) = World::with_secret().await;
    let twin = NewSecret::named("shop-orders").region(Region::Jpn);
    world.emulator.create_secret(twin).unwrap();
    let told = world
        .admin_refusal(Method::GET, "/secrets/shop-orders", Value::Null)
        .await;
    assert_eq!(told.0, 409);
    let fault = json!({"effect": {"kind": "cut"}, "secret": "shop-orders"});
    let told = world.admin_refusal(Method::POST, "/faults", fault).await;
    assert_eq!(told.0, 400);
    assert!(told.1.contains("more than one"), "{told:?}");
}

#[tokio::test]
async fn calls_are_listed_counted_and_forgotten() {
    let (world, id) = World::with_secret().await;
    let detail = format!("{LIST}/{id}");
    world.client.get(&detail).await.data();
    let viewer = world.emulator.add_key(Role::Viewer);
    let viewer = world.client(&world.emulator.endpoints().kr_regional, &viewer);
    viewer.post(&format!("{detail}/disable")).await.error();
    world.client.get(LIST).await.data();
    world.client.get(&detail).await.data();
    let call = json!({
        "operation": "disableSecret",
        "secretId": id,
        "accessKey": viewer.key.access_key,
        "host": "krRegional",
        "status": 401,
        "result": "210",
        "at": "2025-07-21T02:39:40.243Z",
    });
    let operations = async |query: &str| -> Vec<String> {
        let calls = world.admin_get(&format!("/calls{query}")).await;
        let calls = calls["calls"].as_array().unwrap().clone();
        let name = |call: Value| call["operation"].as_str().unwrap().to_owned();
        calls.into_iter().map(name).collect()
    };
    let all = [
        "getSecretDetail",
        "getSecretList",
        "disableSecret",
        "getSecretDetail",
    ];
    assert_eq!(operations("").await, all);
    assert_eq!(operations("?limit=2").await, all[..2]);
    assert_eq!(operations("?operation=getSecretList").await, all[1..2]);
    assert_eq!(
        operations("?secret=shop-orders&limit=2").await,
        [all[0], all[2]]
    );
    assert_eq!(operations(&format!("?secret={id}")).await.len(), 3);
    assert_eq!(operations("?secret=unknown").await.len(), 0);
    let query = format!("?accessKey={}", viewer.key.access_key);
    assert_eq!(operations(&query).await, all[2..3]);
    assert_eq!(
        world.admin_get(&format!("/calls{query}")).await["calls"][0],
        call
    );
    let counters = world.admin_get("/counters").await;
    let counter = json!({
        "operation": "getSecretDetail",
        "secretId": id,
        "accessKey": world.client.key.access_key,
        "result": "SUCCESS",
        "count": 2,
    });
    assert!(
        counters["counters"].as_array().unwrap().contains(&counter),
        "{counters}"
    );
    for query in ["?operation=nope", "?limit=-1", "?limt=1"] {
        let path = format!("/calls{query}");
        let told = world.admin_refusal(Method::GET, &path, Value::Null).await;
        assert_eq!(told.0, 400, "{told:?}");
    }
    let (status, _) = world.admin(Method::DELETE, "/calls", Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(world.admin_get("/calls").await, json!({"calls": []}));
    assert_eq!(world.admin_get("/counters").await, json!({"counters": []}));
}

#[tokio::test]
async fn the_admin_port_answers_its_own_pages_and_names_only() {
    let settings = Settings {
        admin_hosts: vec!["emulator".to_owned()],
        ..Settings::default()
    };
    let emulator = Emulator::start(settings).await.unwrap();
    let world = World::start().await;
    let admin = &emulator.endpoints().admin;
    let send = async |method: Method, path: &str, header: (&str, &str)| {
        let request = world.client.http.request(method, format!("{admin}{path}"));
        let response = request.header(header.0, header.1).send().await.unwrap();
        let status = response.status().as_u16();
        let json = response.json::<Value>().await.ok();
        assert_eq!(
            status == 403,
            json.is_some_and(|json| json["error"].is_string())
        );
        status
    };
    let evil = ("host", "evil.example");
    assert_eq!(send(Method::GET, "/nowhere", evil).await, 403);
    for path in ["/secrets", "/behavior", "/clock", "/calls", "/keys"] {
        assert_eq!(send(Method::GET, path, evil).await, 403, "{path}");
        assert_eq!(send(Method::GET, path, ("host", "emulator:80")).await, 200);
        assert_eq!(send(Method::GET, path, ("host", "localhost")).await, 200);
    }
    assert_eq!(send(Method::GET, "/healthz", evil).await, 200);
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        evil,
    ];
    for header in foreign {
        for (method, path) in [
            (Method::DELETE, "/calls"),
            (Method::DELETE, "/faults"),
            (Method::POST, "/clock"),
            (Method::POST, "/secrets"),
            (Method::POST, "/keys"),
            (Method::PATCH, "/behavior"),
            (Method::PUT, "/triggers"),
        ] {
            assert_eq!(send(method, path, header).await, 403, "{path} {header:?}");
        }
    }
    let own = ("origin", admin.as_str());
    assert_eq!(send(Method::DELETE, "/calls", own).await, 204);
    let own = ("sec-fetch-site", "same-origin");
    assert_eq!(send(Method::DELETE, "/calls", own).await, 204);
}

#[tokio::test]
async fn extreme_wishes_leave_it_answering() {
    let (world, id) = World::with_secret().await;
    let endless = "9223372036854775807s";
    let wishes = [
        (Method::PATCH, "/behavior", json!({"day": endless})),
        (
            Method::POST,
            "/clock",
            json!({"set": "9999-12-30T22:00:00.999999999Z"}),
        ),
        (Method::POST, "/clock", json!({"advance": endless})),
        (
            Method::POST,
            "/clock",
            json!({"set": "2025-07-21T02:39:40Z", "speed": 1e300}),
        ),
        (Method::POST, "/clock", json!({"freeze": true})),
        (
            Method::PATCH,
            "/behavior",
            json!({"day": "-1h", "rotationTimeout": "-1h"}),
        ),
        (
            Method::PATCH,
            "/behavior",
            json!({"pageSize": 0, "largestLogPage": 0, "successStatus": 65535}),
        ),
        (
            Method::POST,
            "/faults",
            json!({"effect": {"kind": "wrongDate", "by": endless}}),
        ),
        (
            Method::POST,
            "/faults",
            json!({"effect": {"kind": "throttled", "retryAfter": endless}, "times": 1}),
        ),
        (
            Method::POST,
            "/faults",
            json!({"effect": {"kind": "status", "status": 999}, "times": 1}),
        ),
    ];
    for (method, path, wish) in wishes {
        world.admin(method, path, wish).await;
    }
    world.emulator.behave(|behavior| {
        behavior.day = -SignedDuration::from_hours(1);
        behavior.rotation_timeout = -SignedDuration::from_hours(1);
        behavior.page_size = 0;
        behavior.largest_log_page = 0;
        behavior.success_status = 65535;
    });
    for action in [
        json!({"kind": "slow", "step": endless}),
        json!({"kind": "slow", "step": "-9223372036854775807s"}),
        json!({"kind": "succeed", "after": endless}),
        json!({"kind": "fail", "after": "-1h"}),
    ] {
        let trigger = json!({"id": "rotate", "name": "rotate", "action": action});
        // The admin port refuses some of them, the library does not.
        let trigger = serde_json::from_value(trigger).unwrap();
        world.emulator.put_trigger(trigger);
        for deed in ["cancel", "rotate", "retry", "cancel"] {
            let path = format!("/secrets/shop-orders/{deed}");
            world.admin(Method::POST, &path, Value::Null).await;
        }
    }
    for _ in 0..3 {
        let path = format!("{LIST}/{id}");
        world.client.send(Method::GET, &path, vec![]).await.unwrap();
    }
    world.admin_get("/secrets/shop-orders").await;
    let path = "/secrets/shop-orders/request-deletion";
    world.admin(Method::POST, path, Value::Null).await;
    let advance = json!({"advance": endless});
    world.admin(Method::POST, "/clock", advance).await;
    world.admin_get("/secrets").await;
    world.admin_get("/calls").await;
    world.admin_get("/faults").await;
}
