//! `docs/plugins/reference.md` is the contract with its comments, as an author reads it: made of the WIT, as new as that.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use systemprompt_tests::repository;
use wit_parser::{Function, Interface, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, World, WorldItem};

const CONTRACT: &str = include_str!("../../../sdk/wit/v1/provider.wit");

const INTRODUCTION: &str = "\
# Reference of the contract

This page is generated from `sdk/wit/v1/provider.wit` and its comments; `UPDATE_DOCS=1 cargo test -p systemprompt-tests
reference` writes it. `docs/plugins/capabilities.md` says how each interface is used, and `docs/plugins/guide.md` what
rules there are. Names are those of WIT: `ensure-role` of `postgres` is `ensure_role` in Python and in Rust, where the SDK
wraps it, `ensureRole` in JavaScript, and `sp_postgres_ensure_role` in C.
";

#[test]
fn the_reference_of_the_contract_is_what_the_contract_says() {
    let page = Page::of_the_contract().written();
    let path = repository().join("docs/plugins/reference.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("docs/plugins/reference.md can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let how = "UPDATE_DOCS=1 cargo test -p systemprompt-tests reference";
    assert!(written == page, "docs/plugins/reference.md is stale: {how}");
}

#[test]
fn whatever_the_contract_has_is_explained_and_each_link_of_its_reference_leads_somewhere() {
    let mut page = Page::of_the_contract();
    let undocumented = page.undocumented();
    assert!(undocumented.is_empty(), "nothing says what these are: {undocumented:?}");
    let written = page.written();
    let all = |pattern: &str| -> BTreeSet<String> {
        super::pattern(pattern).captures_iter(&written).map(|found| found[1].to_owned()).collect()
    };
    let (links, anchors) = (all(r"\]\(#([a-z0-9.-]+)\)"), all(r#"<a id="([a-z0-9.-]+)"></a>"#));
    let astray: Vec<_> = links.difference(&anchors).collect();
    assert!(astray.is_empty() && links.len() > 30, "{} links, and {astray:?} lead nowhere", links.len());
}

/// The page as it is written.
struct Page {
    resolve: Resolve,
    world: World,
    text: String,
}

impl Page {
    fn of_the_contract() -> Page {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("provider.wit", CONTRACT).expect("the contract can be read");
        let world = resolve.worlds[resolve.packages[package].worlds["plugin"]].clone();
        let about = resolve.packages[package].docs.contents.clone().unwrap_or_default();
        Page { resolve, world, text: format!("{INTRODUCTION}\n{}\n", about.trim()) }
    }

    /// The interfaces of the world: exported, imported for what they do, and for the shapes that these share.
    fn interfaces(&self) -> [Vec<InterfaceId>; 3] {
        let of = |items: &mut dyn Iterator<Item = &WorldItem>| -> Vec<InterfaceId> {
            items.filter_map(|item| if let WorldItem::Interface { id, .. } = item { Some(*id) } else { None }).collect()
        };
        let imported = of(&mut self.world.imports.values());
        let does = |id: &InterfaceId| !self.resolve.interfaces[*id].functions.is_empty();
        let (imports, shapes) = imported.into_iter().partition(does);
        [of(&mut self.world.exports.values()), imports, shapes]
    }

    fn written(&mut self) -> String {
        let [exports, imports, shapes] = self.interfaces();
        for (title, interfaces) in [
            ("What a provider exports", exports),
            ("What a provider may import", imports),
            ("Shapes that all interfaces share", shapes),
        ] {
            let _ = writeln!(self.text, "\n## {title}\n");
            for id in &interfaces {
                let interface = &self.resolve.interfaces[*id];
                let (name, about) = (name(interface), first_sentence(interface.docs.contents.as_deref()));
                let _ = writeln!(self.text, "- [`{name}`](#{name}): {about}");
            }
            for id in interfaces {
                self.interface(id);
            }
        }
        std::mem::take(&mut self.text)
    }

    fn interface(&mut self, id: InterfaceId) {
        let interface = self.resolve.interfaces[id].clone();
        let name = name(&interface);
        let _ = writeln!(self.text, "\n### <a id=\"{name}\"></a>`{name}`\n\n{}", docs(&interface.docs));
        for function in interface.functions.values() {
            self.function(name, function);
        }
        for of_type in interface.types.values().copied() {
            if self.is_own(of_type) {
                self.of_type(name, of_type);
            }
        }
    }

    fn function(&mut self, interface: &str, function: &Function) {
        let name = &function.name;
        let params: Vec<_> =
            function.params.iter().map(|param| format!("{}: {}", param.name, self.named(param.ty))).collect();
        let result = function.result.map(|of_type| format!(" -> {}", self.named(of_type))).unwrap_or_default();
        let _ = writeln!(self.text, "\n#### <a id=\"{interface}.{name}\"></a>`{name}`\n");
        let _ = writeln!(self.text, "```wit\n{name}: func({}){result}\n```", params.join(", "));
        let _ = writeln!(self.text, "\n{}", docs(&function.docs));
        let mut shapes = Vec::new();
        for of_type in function.params.iter().map(|param| param.ty).chain(function.result) {
            self.mentioned(of_type, &mut shapes);
        }
        let links: Vec<_> = shapes.into_iter().map(|id| self.link(id)).collect();
        if !links.is_empty() {
            let _ = writeln!(self.text, "\nShapes: {}", links.join(", "));
        }
    }

    fn of_type(&mut self, interface: &str, id: TypeId) {
        let definition = self.resolve.types[id].clone();
        let name = definition.name.as_deref().expect("what an interface has is named");
        let (kind, about) = (definition.kind.as_str(), docs(&definition.docs));
        let _ = writeln!(self.text, "\n#### <a id=\"{interface}.{name}\"></a>`{name}` ({kind})\n\n{about}");
        let rows: Vec<[String; 3]> = match &definition.kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().map(|field| self.row(&field.name, Some(field.ty), &field.docs)).collect()
            }
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().map(|case| self.row(&case.name, case.ty, &case.docs)).collect()
            }
            TypeDefKind::Enum(of) => of.cases.iter().map(|case| self.row(&case.name, None, &case.docs)).collect(),
            TypeDefKind::Type(other) => {
                let _ = writeln!(self.text, "\nIt is a `{}`.", self.named(*other));
                Vec::new()
            }
            other => panic!("{} is new in the contract: say here how its reference is written", other.as_str()),
        };
        self.table(&rows);
    }

    /// Fields or cases; a column for types where one has any.
    fn table(&mut self, rows: &[[String; 3]]) {
        let has_types = rows.iter().any(|[_, of, _]| !of.is_empty());
        if !rows.is_empty() {
            let head = if has_types { "| | type | |\n|---|---|---|" } else { "| | |\n|---|---|" };
            let _ = writeln!(self.text, "\n{head}");
        }
        for [name, of, about] in rows {
            let of = if has_types { format!(" {of} |") } else { String::new() };
            let _ = writeln!(self.text, "| `{name}` |{of} {about} |");
        }
    }

    /// Name, type and words of a field or a case.
    fn row(&self, name: &str, of_type: Option<Type>, docs: &wit_parser::Docs) -> [String; 3] {
        let about = docs.contents.as_deref().unwrap_or_default().trim().replace('\n', " ").replace('|', "\\|");
        let of_type = of_type.map(|of_type| {
            let mut shapes = Vec::new();
            self.mentioned(of_type, &mut shapes);
            let named = format!("`{}`", self.named(of_type));
            shapes.first().map_or(named.clone(), |id| format!("[{named}](#{})", self.anchor(*id)))
        });
        [name.to_owned(), of_type.unwrap_or_default(), about]
    }

    /// A type as WIT writes it.
    fn named(&self, of_type: Type) -> String {
        let Type::Id(id) = of_type else { return primitive(of_type).to_owned() };
        let definition = &self.resolve.types[id];
        if let Some(name) = &definition.name {
            return name.clone();
        }
        let or_none = |of: &Option<Type>| of.map_or_else(|| "_".to_owned(), |of| self.named(of));
        match &definition.kind {
            TypeDefKind::Option(of) => format!("option<{}>", self.named(*of)),
            TypeDefKind::List(of) => format!("list<{}>", self.named(*of)),
            TypeDefKind::Tuple(of) => {
                let of: Vec<_> = of.types.iter().map(|of| self.named(*of)).collect();
                format!("tuple<{}>", of.join(", "))
            }
            TypeDefKind::Result(of) => format!("result<{}, {}>", or_none(&of.ok), or_none(&of.err)),
            other => panic!("{} is new in the contract: say here how it is written", other.as_str()),
        }
    }

    /// The named types that a type is made of, each once.
    fn mentioned(&self, of_type: Type, into: &mut Vec<TypeId>) {
        let Type::Id(id) = of_type else { return };
        let definition = &self.resolve.types[id];
        if definition.name.is_some() {
            let id = self.origin(id);
            if !into.contains(&id) {
                into.push(id);
            }
            return;
        }
        let parts = match &definition.kind {
            TypeDefKind::Option(of) | TypeDefKind::List(of) => vec![*of],
            TypeDefKind::Tuple(of) => of.types.clone(),
            TypeDefKind::Result(of) => of.ok.into_iter().chain(of.err).collect(),
            _ => Vec::new(),
        };
        for part in parts {
            self.mentioned(part, into);
        }
    }

    /// Where a type that an interface uses is defined.
    fn origin(&self, id: TypeId) -> TypeId {
        match self.resolve.types[id].kind {
            TypeDefKind::Type(Type::Id(other)) => self.origin(other),
            _ => id,
        }
    }

    fn is_own(&self, id: TypeId) -> bool {
        self.origin(id) == id
    }

    fn anchor(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        let TypeOwner::Interface(owner) = definition.owner else { panic!("a type of no interface: {definition:?}") };
        let name_of_type = definition.name.as_deref().expect("what is mentioned is named");
        format!("{}.{name_of_type}", name(&self.resolve.interfaces[owner]))
    }

    fn link(&self, id: TypeId) -> String {
        let anchor = self.anchor(id);
        let (_, name) = anchor.split_once('.').expect("BUG: an anchor has two parts");
        format!("[`{name}`](#{anchor})")
    }

    /// Interfaces, functions and types without a word.
    fn undocumented(&self) -> Vec<String> {
        let mut found = Vec::new();
        for id in self.interfaces().concat() {
            let interface = &self.resolve.interfaces[id];
            let own = interface.types.iter().filter(|(_, id)| self.is_own(**id));
            let types = own.map(|(name, id)| (name.as_str(), &self.resolve.types[*id].docs));
            let functions = interface.functions.iter().map(|(name, function)| (name.as_str(), &function.docs));
            let all = types.chain(functions).chain([("", &interface.docs)]);
            let silent = all.filter(|(_, docs)| docs.is_empty());
            found.extend(silent.map(|(item, _)| format!("{}.{item}", name(interface))));
        }
        found
    }
}

fn name(interface: &Interface) -> &str {
    interface.name.as_deref().expect("an interface of the contract has a name")
}

fn docs(docs: &wit_parser::Docs) -> &str {
    docs.contents.as_deref().unwrap_or_default().trim()
}

/// Up to where a line of a list has enough.
fn first_sentence(text: Option<&str>) -> String {
    let paragraph = text.unwrap_or_default().split("\n\n").next().unwrap_or_default().trim().replace('\n', " ");
    paragraph.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

fn primitive(of_type: Type) -> &'static str {
    match of_type {
        Type::Bool => "bool",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::U8 => "u8",
        Type::S32 => "s32",
        Type::String => "string",
        other => panic!("{other:?} is new in the contract: say here how it is written"),
    }
}
