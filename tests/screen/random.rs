//! Streams from a seed: the same seed gives the same stream on every machine.

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "hello", "a", "lorem ipsum dolor sit amet", "|", "0123456789", "世界", "語", "é", "e\u{301}",
    "──┐", "🙂", "👩\u{200d}💻", "✔\u{fe0f}", "한", "q", "lqqk", "   ", " ", "\u{a0}", "#",
];

#[rustfmt::skip]
const CLUSTERS: &[&str] = &[
    "hello", "a", "lorem ipsum", "0123456789", "世", "é", "e\u{301}", "🙂", "👩\u{200d}💻", "✔\u{fe0f}",
    "✔", "\u{fe0f}", "\u{200d}", "👍🏽", "🏽", "🇩🇪", "🇫", "각", "가", "\u{1100}", "\u{1161}", "\u{11a8}",
    "\u{600}", "\u{600}7", "नि", "क्षि", "שָׁלוֹם", "e\u{200d}💻", "👨\u{200d}👩\u{200d}👧", "\u{301}", "q", " ", "#",
];

/// SplitMix64, and the words that streams are made of.
pub struct Random {
    state: u64,
    words: &'static [&'static str],
}

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { state: seed, words: WORDS }
    }

    /// For streams of emoji, flags, syllables and marks.
    pub fn of_clusters(seed: u64) -> Random {
        Random { state: seed, words: CLUSTERS }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn number(&mut self) -> usize {
        match self.below(8) {
            0 => 0,
            1..=5 => self.below(6),
            6 => self.below(40),
            _ => self.below(300),
        }
    }
}

/// Text, controls and sequences.
pub fn stream(random: &mut Random, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..length {
        add_piece(random, &mut bytes);
    }
    bytes
}

fn add_piece(random: &mut Random, bytes: &mut Vec<u8>) {
    match random.below(20) {
        0..=7 => text(random, bytes),
        8..=10 => {
            let moves = ["\r\n", "\r\n", "\n", "\r", "\x08", "\t", "\x0b"];
            bytes.extend(random.pick(&moves).as_bytes());
        }
        11..=13 => csi(random, bytes),
        14..=15 => sgr(random, bytes),
        16 => mode(random, bytes),
        17 => escape(random, bytes),
        18 => osc(random, bytes),
        _ => {
            let controls = ["\x0e", "\x0f", "\x07", "\x1b7", "\x1b8", "\x1b[s", "\x1b[u"];
            bytes.extend(random.pick(&controls).as_bytes());
        }
    }
}

fn text(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        bytes.extend(random.pick(random.words).as_bytes());
    }
}

fn csi(random: &mut Random, bytes: &mut Vec<u8>) {
    const LAST: &[u8] = b"ABCDEFGHHHHIJJKKKLMPSTXZ@`abdefgr";
    let last = LAST[random.below(LAST.len())];
    let mut text = String::from("\x1b[");
    if matches!(last, b'J' | b'K') {
        let protected = if random.below(6) == 0 { "?" } else { "" };
        text = format!("{text}{protected}{}", random.below(4));
    } else {
        for index in 0..random.below(3) {
            let separator = if index > 0 { ";" } else { "" };
            text = format!("{text}{separator}{}", random.number());
        }
    }
    bytes.extend(text.as_bytes());
    bytes.push(last);
    if random.below(12) == 0 {
        let n = random.below(4);
        let rare =
            ["\x1b[{n} @", "\x1b[{n} A", "\x1b[{n}'}", "\x1b[{n}'~", "\x1b[{n}\"q", "\x1b[{n} q", "\x1b[!p"];
        bytes.extend(random.pick(&rare).replace("{n}", &n.to_string()).as_bytes());
    }
}

fn sgr(random: &mut Random, bytes: &mut Vec<u8>) {
    #[rustfmt::skip]
    const PARTS: &[&str] = &[
        "0", "1", "2", "3", "4", "5", "7", "8", "9", "21", "22", "23", "24", "25", "27", "28", "29",
        "31", "37", "39", "41", "47", "49", "53", "55", "91", "107", "38;5;200", "48;5;17",
        "38;2;1;2;3", "48;2;4;5;6", "38:2::7:8:9", "48:5:99", "4:3", "4:0", "4:5", "58:2::1:2:3",
        "58;5;9", "59", "",
    ];
    let parts: Vec<&str> = (0..=random.below(3)).map(|_| random.pick(PARTS)).collect();
    bytes.extend(format!("\x1b[{}m", parts.join(";")).as_bytes());
}

fn mode(random: &mut Random, bytes: &mut Vec<u8>) {
    #[rustfmt::skip]
    const MODES: &[&str] = &[
        "4", "20", "?1", "?2", "?6", "?7", "?9", "?12", "?25", "?45", "?47", "?66", "?1000", "?1002",
        "?1003", "?1004", "?1006", "?1016", "?1047", "?1048", "?1049", "?2004", "?2026", "?7",
        "?1;2004",
    ];
    let end = random.pick(&["h", "l"]);
    bytes.extend(format!("\x1b[{}{end}", random.pick(MODES)).as_bytes());
}

fn escape(random: &mut Random, bytes: &mut Vec<u8>) {
    #[rustfmt::skip]
    const LIST: &[&str] = &[
        "\x1b(0", "\x1b(B", "\x1b)0", "\x1b*A", "\x1b+K", "\x1bn", "\x1bo", "\x1b~", "\x1bD", "\x1bE",
        "\x1bH", "\x1bM", "\x1bM", "\x1b=", "\x1b>", "\x1b%G", "\x1bc", "\u{84}", "\u{85}", "\u{9b}3C",
        "\x1bP$qm\x1b\\", "\x1b_apc\x1b\\", "\x1b[1\x08;3H", "\x1b[12\x18", "\x1b[?u", "\x1b[>1u",
        "\x1b[<u", "\x1b[=3;2u",
    ];
    bytes.extend(random.pick(LIST).as_bytes());
}

fn osc(random: &mut Random, bytes: &mut Vec<u8>) {
    #[rustfmt::skip]
    const LIST: &[&str] = &[
        "0;title", "1;icon", "2;a;b", "4;1;#010203", "4;9;rgb:1/2/3", "104", "104;1", "10;#fff",
        "11;#000;#123456", "110", "112", "8;;https://example.org/a;b", "8;id=x;https://example.org",
        "8;;", "8;;", "7;file:///tmp/a%20b", "52;c;aGk=", "133;A",
    ];
    let end = random.pick(&["\x07", "\x1b\\"]);
    bytes.extend(format!("\x1b]{}{end}", random.pick(LIST)).as_bytes());
}
