//! The recordings: see `corpus/README.md`.

use std::path::Path;

use coda::domain::size::Size;

use super::oracle::Step;

/// What a program wrote, and the sizes its terminal had.
pub struct Recording {
    pub name: String,
    pub size: Size,
    pub steps: Vec<Step>,
}

impl Recording {
    /// The output without the changes of size.
    pub fn output(&self) -> Vec<u8> {
        let bytes = self.steps.iter().map(|step| match step {
            Step::Bytes(bytes) => bytes.as_slice(),
            Step::Resize(..) => &[],
        });
        bytes.collect::<Vec<_>>().concat()
    }
}

/// All of them, by name.
pub fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screen/corpus");
    let entries = std::fs::read_dir(folder).expect("the corpus is part of the sources");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "bin"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Recording {
    let output = std::fs::read(path).expect("the file can be read");
    let sizes = std::fs::read_to_string(path.with_extension("sizes")).unwrap_or("0 24 80".to_owned());
    let sizes: Vec<[usize; 3]> = sizes.lines().map(parse).collect();
    let [_, rows, cols] = sizes[0];
    let mut steps = Vec::new();
    for (index, [offset, ..]) in sizes.iter().enumerate() {
        let end = sizes.get(index + 1).map_or(output.len(), |next| next[0]);
        steps.push(Step::Bytes(output[*offset..end].to_vec()));
        if let Some([_, rows, cols]) = sizes.get(index + 1) {
            steps.push(Step::Resize(*rows as u16, *cols as u16));
        }
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Recording { name, size: Size { rows: rows as u16, cols: cols as u16 }, steps }
}

fn parse(line: &str) -> [usize; 3] {
    let numbers: Vec<usize> = line.split(' ').map(|text| text.parse().expect("a number")).collect();
    numbers.try_into().expect("offset, rows and columns")
}
