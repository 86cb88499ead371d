//! Whose secrets are whose, on one machine.

use super::*;
use crate::vault::master::MasterKey;

struct World {
    secrets: MachineSecrets,
    name: SecretName,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let master = MasterKey::in_dir(dir.path().to_path_buf());
        let secrets = MachineSecrets::new(dir.path().join("machine.db"), master);
        World { secrets, name: "admin".parse().unwrap(), _dir: dir }
    }

    async fn made(&self, place: &Shelf) -> String {
        self.secrets.ensure(place, &self.name, 32, true).await.unwrap();
        self.at(place).await.unwrap()
    }

    async fn at(&self, place: &Shelf) -> Option<String> {
        let value = self.secrets.value(place, &self.name, 1).await.unwrap();
        value.map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    async fn all(&self, plugin: &PluginId) -> BTreeSet<String> {
        self.secrets.values(plugin).await.unwrap().iter().map(|value| value.to_string()).collect()
    }
}

fn plugin(id: &str) -> PluginId {
    id.parse().unwrap()
}

fn acme(maker: &str) -> Shelf {
    Shelf::of_maker(&plugin("acme"), maker)
}

#[tokio::test]
async fn a_shared_secret_is_generated_once_and_kept_apart_by_plugin() {
    let world = World::new();
    let (docker, native) = (Shelf::of_program(&plugin("docker")), Shelf::of_program(&plugin("native")));
    assert_eq!(world.secrets.ensure(&docker, &world.name, 32, false).await.unwrap(), None);
    assert_eq!(world.secrets.ensure(&docker, &world.name, 32, true).await.unwrap(), Some(1));
    let value = world.at(&docker).await.unwrap();
    assert_eq!(world.made(&docker).await, value);
    assert_eq!(world.at(&native).await, None);
}

#[tokio::test]
async fn what_has_the_same_id_and_another_maker_gets_neither_a_secret_nor_another_value_for_it() {
    let world = World::new();
    let (mine, theirs) = (acme("RWmine"), acme("RWtheirs"));
    let first = world.made(&mine).await;
    for make in [false, true] {
        assert_eq!(world.secrets.ensure(&theirs, &world.name, 32, make).await.unwrap(), None);
        assert_eq!(world.at(&theirs).await, None);
    }
    let other: SecretName = "other".parse().unwrap();
    assert_eq!(world.secrets.ensure(&theirs, &other, 32, true).await.unwrap(), Some(1), "of another name");
    assert!(world.made(&Shelf::of_maker(&plugin("acm"), "RWtheirs")).await != first, "of another plugin");
    assert_eq!(world.at(&mine).await, Some(first.clone()), "what the first one had stays as it was");
    let all = world.all(&plugin("acme")).await;
    assert!(all.len() == 2 && all.contains(&first), "neither may be shown");
}

#[tokio::test]
async fn what_takes_a_plugins_place_has_its_secrets_as_well_and_keeps_its_own() {
    let world = World::new();
    let (before, after) = (acme("sha256:1"), acme("sha256:2"));
    let kept = world.made(&before).await;
    world.secrets.hand_over(&before, &after).await.unwrap();
    assert_eq!((world.at(&before).await, world.at(&after).await), (Some(kept.clone()), Some(kept.clone())));
    world.secrets.hand_over(&after, &before).await.unwrap();
    assert_eq!(world.at(&before).await, Some(kept), "what stands there stays");
}

#[tokio::test]
async fn what_was_kept_by_id_alone_is_the_programs_own_and_everybodys_who_has_the_id() {
    let world = World::new();
    let carried = Shelf::of_program(&plugin("native"));
    let own = world.made(&carried).await;
    assert_eq!(world.at(&carried).await, Some(own));

    let old = Shelf::of_program(&plugin("acme"));
    let kept = world.made(&old).await;
    for maker in ["RWfirst", "RWsecond"] {
        assert_eq!(world.secrets.ensure(&acme(maker), &world.name, 32, true).await.unwrap(), Some(1));
        assert_eq!(world.at(&acme(maker)).await, Some(kept.clone()));
    }
    world.secrets.forget(&plugin("acme"), &BTreeSet::from([acme("RWsecond")])).await.unwrap();
    assert_eq!(world.at(&acme("RWsecond")).await, Some(kept), "one that goes takes nothing from the other");
}

#[tokio::test]
async fn what_a_plugin_had_is_gone_with_it_and_the_next_one_gets_another() {
    let world = World::new();
    let (mine, theirs, native) = (acme("RWmine"), acme("RWtheirs"), Shelf::of_program(&plugin("native")));
    let before = world.made(&mine).await;
    world.secrets.hand_over(&mine, &theirs).await.unwrap();
    world.made(&native).await;
    world.secrets.forget(&plugin("acme"), &BTreeSet::from([theirs.clone()])).await.unwrap();
    assert_eq!((world.at(&mine).await, world.at(&theirs).await), (None, Some(before.clone())));
    world.secrets.forget(&plugin("acme"), &BTreeSet::new()).await.unwrap();
    assert!(world.all(&plugin("acme")).await.is_empty());
    assert_ne!(world.made(&mine).await, before);
    assert!(world.at(&native).await.is_some());
}
