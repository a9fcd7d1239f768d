//! The committed module answers as the sources do; one that is older is found here.
#![expect(clippy::unwrap_used, reason = "a test may end where something is not as it should be")]

use std::collections::BTreeMap;
use std::path::Path;

use kitae_web::{MODULE, Session};
use serde_json::{Value, json};
use wasmi::{Engine, Instance, Linker, Memory, Module, Store, WasmParams};

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

const FILES: [&str; 4] = ["SHA256SUMS", "model.json", "nonconformity.safetensors", "weights.safetensors"];

/// What the files of a stored model that predict are.
fn stored(name: &str) -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden").join(name);
    FILES.map(|file| (file.to_owned(), std::fs::read(folder.join(file)).unwrap())).into()
}

fn new_rows(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden").join(name);
    std::fs::read(folder.join("new.csv")).unwrap()
}

/// The module in an interpreter, called as the page calls it.
struct Interpreted {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Interpreted {
    fn new() -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, MODULE).expect("the module is WebAssembly without extensions");
        assert_eq!(module.imports().count(), 0, "it needs nothing from around it");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        Self { store, instance, memory }
    }

    fn call<P: WasmParams>(&mut self, name: &str, given: P) -> u32 {
        let function = self.instance.get_typed_func::<P, u32>(&self.store, name).unwrap();
        function.call(&mut self.store, given).unwrap()
    }

    fn give(&mut self, parts: &[&[u8]]) {
        let bytes = parts.concat();
        let place = self.call("kitae_input", bytes.len() as u32);
        self.memory.write(&mut self.store, place as usize, &bytes).unwrap();
    }

    fn taken(&mut self, is_done: u32) -> Result<Vec<u8>, String> {
        let (place, length) = (self.call("kitae_output", ()), self.call("kitae_output_length", ()));
        let mut bytes = vec![0; length as usize];
        self.memory.read(&self.store, place as usize, &mut bytes).unwrap();
        if is_done == 1 { Ok(bytes) } else { Err(String::from_utf8(bytes).unwrap()) }
    }

    fn load(&mut self, files: &Files) -> Result<Vec<u8>, String> {
        for (name, bytes) in files {
            self.give(&[name.as_bytes(), bytes]);
            assert_eq!(self.call("kitae_file", name.len() as u32), 1);
        }
        self.give(&[b"golden"]);
        let is_done = self.call("kitae_load", ());
        self.taken(is_done)
    }

    fn answer(&mut self, body: &[u8], level: f64) -> Result<Vec<u8>, String> {
        self.give(&[body]);
        let is_done = self.call("kitae_answer", level);
        self.taken(is_done)
    }

    fn csv(&mut self, name: &str, text: &[u8], level: f64) -> Result<Vec<u8>, String> {
        self.give(&[name.as_bytes(), text]);
        let is_done = self.call("kitae_csv", (name.len() as u32, level));
        self.taken(is_done)
    }
}

fn native(files: &Files) -> Result<Session, String> {
    let mut session = Session::default();
    for (name, bytes) in files {
        session.add(name, bytes);
    }
    session.load("golden").map(|_| session)
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Equal, numbers to 1e-5 relative.
#[track_caller]
fn assert_close(found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            assert!(
                (found - expected).abs() <= 1e-5 * expected.abs().max(1e-3),
                "{found}, expected {expected}"
            );
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            found.iter().zip(expected).for_each(|(found, expected)| assert_close(found, expected));
        }
        (Value::Object(found), Value::Object(expected)) => {
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            found.iter().for_each(|(key, found)| assert_close(found, &expected[key]));
        }
        _ => assert_eq!(found, expected),
    }
}

/// Lines of CSV as JSON, cells that are numbers as numbers.
fn cells(csv: &str) -> Value {
    let cell = |cell: &str| cell.parse::<f64>().map_or_else(|_| json!(cell), |number| json!(number));
    csv.lines().map(|line| line.split(',').map(cell).collect::<Value>()).collect()
}

fn row(cells: &Value) -> Value {
    let mut row = json!({ "size": 1.5, "colour": "red", "day": "2024-05-05", "price": 40, "kind": "rose" });
    for (name, cell) in cells.as_object().unwrap() {
        row[name] = cell.clone();
    }
    row
}

#[test]
fn it_answers_as_the_sources_do() {
    for name in ["classes", "values"] {
        let files = stored(name);
        let (mut module, session) = (Interpreted::new(), native(&files).unwrap());
        let described = parsed(&module.load(&files).unwrap());
        assert_eq!(described["name"], "golden");
        let rows = json!([
            row(&json!({})),
            row(&json!({ "size": null, "colour": "no such colour" })),
            row(&json!({ "day": null, "size": 1e6 })),
            row(&json!({ "price": 7, "colour": null })),
        ]);
        let body = serde_json::to_vec(&rows).unwrap();
        for level in [0.0, 0.8] {
            let said = parsed(&module.answer(&body, level).unwrap());
            assert_close(&said, &parsed(&session.answer(&body, level).unwrap()));
            assert_eq!(said["predictions"].as_array().unwrap().len(), 4);
        }
    }
}

#[test]
fn a_file_is_answered_as_the_command_line_answers_it() {
    for name in ["classes", "values"] {
        let files = stored(name);
        let mut module = Interpreted::new();
        module.load(&files).unwrap();
        let said = parsed(&module.csv("new.csv", &new_rows(name), 0.8).unwrap());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden").join(name);
        let expected = std::fs::read_to_string(folder.join("predictions.csv")).unwrap();
        assert_close(&cells(said["csv"].as_str().unwrap()), &cells(&expected));
        assert_eq!(said["n_rows"], 12);
        let session = native(&files).unwrap();
        let native = parsed(&session.csv("new.csv", new_rows(name), 0.8).unwrap());
        assert_eq!(said["warnings"], native["warnings"]);
    }
}

#[test]
fn what_is_wrong_gets_the_same_sentence() {
    let files = stored("values");
    let (mut module, session) = (Interpreted::new(), native(&files).unwrap());
    assert_eq!(module.answer(b"[]", 0.0).unwrap_err(), "no model is loaded");
    module.load(&files).unwrap();
    for (body, words) in [
        (json!([row(&json!({ "size": "wide" }))]), "column `size`: expected a number or null"),
        (json!([{ "size": 1 }]), "`colour`"),
        (json!([]), "no rows"),
    ] {
        let body = serde_json::to_vec(&body).unwrap();
        let sentence = module.answer(&body, 0.0).unwrap_err();
        assert!(sentence.contains(words), "{sentence}");
        assert_eq!(sentence, session.answer(&body, 0.0).unwrap_err());
    }
    for text in ["", "size,colour\n1,red\n", "size,colour,day,price\n"] {
        let sentence = module.csv("x.csv", text.as_bytes(), 0.0).unwrap_err();
        assert_eq!(sentence, session.csv("x.csv", text.as_bytes().to_vec(), 0.0).unwrap_err());
        assert!(sentence.contains("x.csv") || sentence.contains("`day`"), "{sentence}");
    }
    assert!(module.csv("x.csv", &new_rows("values"), 0.999).unwrap_err().contains("lower level"));
    assert!(module.csv("x.csv", &new_rows("values"), 7.0).is_err());
    // It goes on after all of that.
    assert!(module.csv("x.csv", &new_rows("values"), 0.0).is_ok());
}

#[test]
fn a_damaged_model_is_refused_with_the_file() {
    type Change<'a> = &'a dyn Fn(&mut Files);
    let cut = |files: &mut Files| files.get_mut("weights.safetensors").unwrap().truncate(100);
    let gone = |files: &mut Files| drop(files.remove("model.json"));
    let other = |files: &mut Files| {
        files.insert("weights.safetensors".to_owned(), stored("classes")["weights.safetensors"].clone());
    };
    let changes: [(Change, &str); 3] =
        [(&cut, "`weights.safetensors` is damaged"), (&gone, "model.json"), (&other, "weights.safetensors")];
    for (change, words) in changes {
        let mut files = stored("values");
        change(&mut files);
        let sentence = Interpreted::new().load(&files).unwrap_err();
        assert!(sentence.contains(words), "{sentence}");
        assert_eq!(Some(sentence), native(&files).err());
    }
}
