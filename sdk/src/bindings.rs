//! What wit-bindgen makes of the contract; shapes are re-exported, functions are reached through `imports`.

wit_bindgen::generate!({
    world: "plugin",
    path: "wit/v1",
    pub_export_macro: true,
    default_bindings_module: "systemprompt_sdk::bindings",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    generate_all,
    with: {
        "systemprompt:provider/types@1.0.0/failure": crate::failure::Failure,
        "systemprompt:provider/types@1.0.0/detail": crate::failure::Detail,
    },
});
