//! Devices over the JSON API, one's own and a member's, and the list of a case of loss.

use aikagi::model::Role;

use super::House;
use crate::raw;

const NUMBER: &str = "090-1234-5678";

#[tokio::test]
async fn a_device_is_listed_and_signed_out_by_its_owner_and_nobody_else() {
    let house = House::open().await;
    house.server.member("mori", &[NUMBER]).await;
    house.server.member("sasaki", &[]).await;
    let mut browser = house.server.signed_in("mori", "198.51.100.7").await;
    let (mori, sasaki) = (house.session("mori").await, house.session("sasaki").await);
    let all = house.get("/v1/me/devices").by(&mori).send().await.ok().json();
    let phone = all["devices"].as_array().unwrap().iter().find(|one| one["network"] == "198.51.100.7/32");
    let phone = phone.unwrap_or_else(|| panic!("{all}"));
    assert_eq!((phone["sessions"].as_array().unwrap().len(), &phone["lost"]), (1, &false.into()));
    let path = format!("/v1/me/devices/{}", phone["id"].as_str().unwrap());
    house.delete(&path).by(&sasaki).send().await.is(404, "not-found");
    house.delete("/v1/me/devices/phone").by(&mori).send().await.is(404, "not-found");
    assert!(browser.is_signed_in().await);
    house.delete(&path).by(&mori).send().await.ok();
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn a_program_reads_a_members_devices_and_the_case_and_signs_one_out() {
    let house = House::open().await;
    let scopes = &["members.read", "members.stop"];
    let (_, mut desk, program) = house.program("sato", Role::Administrator, scopes).await;
    let mori = house.server.member("mori", &[NUMBER]).await;
    let mut phone = house.server.signed_in("mori", "198.51.100.7").await;
    let mut computer = house.server.signed_in("mori", "203.0.113.5").await;
    let path = house.of(&program, "mori").await;
    program.get(&house, &format!("{path}/loss")).await.is(404, "not-found");
    let all = program.get(&house, &format!("{path}/devices")).await.ok().json();
    let id = |network: &str| {
        let one = all["devices"].as_array().unwrap().iter().find(|one| one["network"] == network);
        one.unwrap_or_else(|| panic!("{all}"))["id"].as_str().unwrap().to_owned()
    };
    program.delete(&house, &format!("{path}/devices/{}", id("203.0.113.5/32"))).await.ok();
    assert!(!computer.is_signed_in().await && phone.is_signed_in().await);
    let lost = format!("device_{}", id("198.51.100.7/32"));
    let contact = format!("contact_{}", phone.contact(NUMBER).await);
    let report = [("kind", "stolen"), (&*lost, "on"), (&*contact, "on")];
    desk.submit(&format!("/w/sakura/admin/members/{}/lost", mori.id), &report).await.is(200);
    let case = program.get(&house, &format!("{path}/loss")).await.ok();
    assert!(case.text.contains("090-••••-5678") && !case.text.contains("12345678"), "masked: {}", case.text);
    let case = case.json();
    assert_eq!((&case["what"], &case["endedAt"]), (&"stolen".into(), &serde_json::Value::Null));
    let kinds: Vec<_> = case["things"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["contact", "device", "session"]);
    let lost_device = program.get(&house, &format!("{path}/devices")).await.ok().json();
    assert!(lost_device["devices"].as_array().unwrap().iter().any(|one| one["lost"] == true));
    // Nobody reports by a token, and another workspace's device is not found.
    let nobody = format!("{path}/devices/dev_00000000000000000000000000");
    assert_ne!(program.delete(&house, &nobody).await.status.as_u16(), 204);
    assert_eq!(raw::rows(&house.server.dump().await, "incidents").len(), 1);
}
