#!/usr/bin/env python3
"""Records programs on a terminal for the corpus: record.py [NAME...] (all when none is named).

Each program runs as root of its own process and host name space, in a home folder that says nothing
about the machine. What it writes goes to corpus/NAME.bin unchanged. A recording that is not 24 x 80
throughout has a corpus/NAME.sizes beside it: lines of `offset rows cols`.

The programs to be recorded must be on the PATH; AGENTS may name a folder with agents installed by
npm (@anthropic-ai/claude-code, @openai/codex, @google/gemini-cli, opencode-ai). Nobody is logged in
anywhere: what is recorded are their first screens.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = "/home/user"
WORK = HOME + "/project"
MOST = 120_000
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
ESC, CTRL_C, CTRL_D, CTRL_X = "\x1b", "\x03", "\x04", "\x18"

# What a terminal answers; some programs wait for it.
ANSWERS = [
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?1;2c"),
    (re.compile(rb"\x1b\[>0?c"), b"\x1b[>0;276;0c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"),
    (re.compile(rb"\x1b\]10;\?"), b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
    (re.compile(rb"\x1b\]11;\?"), b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
]


def size(rows, cols):
    """A step that changes the size."""
    return (rows, cols)



# A gateway that does not answer, a key that is none and the first questions answered: the screens
# behind them.
OFFLINE = (
    """echo '{"hasCompletedOnboarding": true, "theme": "dark"}' > $HOME/.claude.json; """
    "export ANTHROPIC_BASE_URL=http://127.0.0.1:9 ANTHROPIC_API_KEY=none; "
)

# Name, command, first size, steps: text to type, a number of seconds to wait, or a size.
RECORDINGS = [
    ("bash-completion", "bash --norc -i", (24, 80), ["PS1='user@host:\\w$ '\n", "cd /usr/sh\t\n", "ls\n", "ls i\t\t", 0.5, "n\t\n", "ec\tho done\n", "cd\n", UP, UP, "\n", "x" * 150, "\x15", "exit\n"]),
    ("bash-resized", "bash --norc -i", (24, 80), ["PS1='\\[\\e[1;32m\\]user@host\\[\\e[0m\\]:\\w$ '\n", "ls -C --color=always /usr/bin | head -60\n", size(30, 100), "seq 1 80\n", size(20, 60), "echo " + "long " * 40 + "\n", size(24, 120), "ls --color=always -l /usr | head\n", size(24, 80), "exit\n"]),
    ("bash-search", "bash --norc -i", (24, 80), ["PS1='$ '\n", "echo one\n", "echo two\n", "\x12on", 0.3, "\n", "cat <<E\n", "a\n", "E\n", "printf '\\e[?1049hx\\e[?1049l'\n", "clear\n", "exit\n"]),
    ("vim-edit", "vim -u NONE -N --cmd 'set nomore'", (24, 80), ["ifn main() {\n    println!(\"hello\");\n}\n" + ESC, ":syntax on\n", ":set ft=rust number\n", "yyP5.", ":vsplit\n", "\x17w", "ggVGd", "u", ":set list hls\n", "/main\n", ":help\n", 0.5, ":q\n", ":qa!\n"]),
    ("vim-resized", "vim -u NONE -N", (24, 80), ["i" + "some words to wrap " * 12 + ESC, size(40, 120), "o世界 wide e\u0301 text" + ESC, size(15, 50), ":set nowrap\n", "0", size(24, 80), ":qa!\n"]),
    ("less-man", "man less || less /etc/services", (24, 80), [" ", " ", "/file\n", "nnn", "G", "g", "-S\n", RIGHT, LEFT, "h", 0.4, "q", "q"]),
    ("less-resized", "less -R -N /etc/services", (24, 80), [" ", size(40, 120), " ", size(10, 40), "b", size(24, 80), "q"]),
    ("top-resized", "top -d 0.4", (24, 80), [1.5, "c", "1", 1, size(40, 120), "z", "x", 1, size(24, 80), "V", 1, "h", 0.5, "q", "q"]),
    ("htop", "htop -d 5", (24, 80), [1.5, DOWN, DOWN, "t", 1, "H", "\x1bOP", 0.8, ESC, 0.5, "\x1bOQ", 0.8, ESC, 0.5, "q"]),
    ("htop-resized", "htop -d 5", (40, 120), [1.5, size(24, 80), 1, size(50, 132), 1, "q"]),
    ("tmux-panes", "tmux -f /dev/null new-session 'bash --norc'", (24, 80), [0.6, "PS1='$ '; clear\n", "\x02%", 0.6, "PS1='> '; seq 1 40\n", "\x02\"", 0.6, "ls --color=always /usr\n", "\x02o", "\x02z", 0.4, "\x02z", "\x02[", UP, UP, "q", "\x02:", "set status-position top\n", 0.4, "\x02c", 0.4, "exit\n", "\x02:kill-server\n"]),
    ("tmux-resized", "tmux -f /dev/null new-session 'bash --norc'", (24, 80), [0.6, "\x02%", 0.5, "seq 1 60\n", size(40, 120), 0.5, "\x02t", 0.6, "q", size(24, 80), 0.5, "\x02:kill-server\n"]),
    ("nano-edit", "nano -I notes.txt", (24, 80), [0.5, "one line\nanother line with more words\n世界 und mehr\n", "\x17", "line\n", UP, "\x0b", "\x15", "\x15", "\x07", 0.6, CTRL_X, 0.3, size(40, 120), 0.4, size(24, 80), CTRL_X, "n"]),
    ("git-log", "git -c core.pager='less -R' log --graph --color=always --stat", (24, 80), [0.5, " ", " ", "/area\n", "q"]),
    ("git-diff", "git -c core.pager='less -RX' -c color.ui=always show HEAD", (24, 80), [0.5, " ", size(24, 120), " ", "q"]),
    ("git-add", "git add -p", (24, 80), [0.5, "?\n", "s\n", "y\n", "q\n"]),
    ("cargo-build", "cargo build --color always", (24, 80), [12]),
    ("cargo-error", "sh -c 'echo fn main\\(\\) { let x: u8 = \\\"\\\"\\; } > src/main.rs; cargo check --color always; git checkout -q src'", (24, 100), [8]),
    ("cargo-test", "cargo test --color always", (24, 80), [14]),
    ("npm-install", "npm install --no-audit --no-fund --color=always left-pad is-odd chalk@5 express@4", (24, 80), [15]),
    ("npm-progress", "npm install --progress=true --color=always eslint@8", (24, 120), [25]),
    ("python-repl", "python3 -q", (24, 80), ["import sys\n", "for n in range(3):\n", "    print(n)\n", "\n", "help\n", "1/0\n", UP, UP, "\n", CTRL_D]),
    ("watch", "watch -n 0.4 -d -c 'date +%S%N; ls --color=always /usr'", (24, 80), [2.2, CTRL_C]),
    ("dialog", "whiptail --title Menu --menu 'What now?' 15 50 4 a One b Two c Three || dialog --menu x 10 40 3 a b c d", (24, 80), [0.5, DOWN, DOWN, UP, "\t", "\n"]),
    ("unicode-text", "sh -c 'cat unicode.txt; cat unicode.txt | fold -w 17; tac unicode.txt'", (24, 80), [1]),
    ("unicode-less", "less -R unicode.txt", (12, 40), [0.3, " ", "/e\n", size(12, 25), size(24, 80), "q"]),
    ("unicode-vim", "vim -u NONE -N unicode.txt", (24, 80), [0.4, "jjllx", "yyp", ":set rl\n", ":set norl\n", "GI\u202e" + ESC, size(24, 33), 0.3, ":qa!\n"]),
    ("claude-offline", OFFLINE + "claude", (24, 80), [8, DOWN, UP, "\n", 3, "\n", 3, DOWN, 1, UP, 1, "\n", 3, "hello\n", 4, "/help\n", 2, ESC, 1, CTRL_C, 1, CTRL_C, 1]),
    ("claude-offline-resized", OFFLINE + "claude", (40, 120), [8, "\n", 2, "\n", 2, size(24, 80), "\n", 2, "/", 1, size(30, 100), 1, ESC, 1, CTRL_C, 1, CTRL_C, 1]),
    ("claude", "claude", (24, 80), [6, DOWN, UP, "\n", 3, "\n", 3, DOWN, 1, UP, 1, CTRL_C, 1, CTRL_C, 1]),
    ("claude-resized", "claude", (40, 120), [6, size(24, 80), 1, DOWN, 1, size(40, 120), "\n", 3, size(30, 100), 1, CTRL_C, 1, CTRL_C, 1]),
    ("claude-help", "claude --help", (24, 80), [5]),
    ("codex", "codex", (24, 80), [5, DOWN, 1, UP, 1, DOWN, DOWN, 1, "\n", 3, CTRL_C, 1, CTRL_C, 1]),
    ("codex-resized", "codex", (40, 120), [5, size(24, 80), 1, DOWN, 1, size(30, 100), 1, CTRL_C, 1, CTRL_C, 1]),
    ("gemini", "gemini", (24, 80), [12, DOWN, 1, "\n", 4, DOWN, 1, UP, 1, ESC, 1, CTRL_C, 1, CTRL_C, 1]),
    ("gemini-resized", "gemini", (40, 120), [12, size(24, 80), 2, DOWN, 1, size(40, 120), 2, CTRL_C, 1, CTRL_C, 1]),
    ("opencode", "opencode", (24, 80), [10, "hello", 1, "\x08\x08", 1, "\x10", 2, DOWN, 1, ESC, 1, "/help\n", 2, ESC, 1, CTRL_C, 1, CTRL_C, 1]),
    ("opencode-resized", "opencode", (40, 120), [10, size(24, 80), 2, "/mo", 1, size(40, 120), 2, ESC, 1, CTRL_C, 1, CTRL_C, 1]),
]

UNICODE = """Latin: Ångström naïve œuvre ﬁ ½ ©
Combining: e\u0301 a\u0308\u0304 o\u0302\u0323 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d
Wide: 世界 日本語のテキスト 한국어 中文字符，全角！
Emoji: 🙂 ❤\ufe0f ✔\ufe0f ☎\ufe0e 👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👍🏽 🇩🇪🇯🇵 1\ufe0f\u20e3
Hebrew: שלום עולם  Arabic: مرحبا بالعالم  mixed: abc שלום def
Thai: ภาษาไทย  Hindi: नमस्ते दुनिया  Tamil: வணக்கம்
Boxes: ┌─┬─┐ │ │ │ └─┴─┘ ░▒▓█ ⠋⠙⠹
Zero: a\u200bb\u200cc\u200dd\u2060e soft\u00adhyphen
Directions: \u202eright\u202c \u2067left\u2069
"""


def prepare():
    shutil.rmtree(HOME, ignore_errors=True)
    os.makedirs(WORK + "/src")
    write = lambda name, text: open(f"{WORK}/{name}", "w").write(text)
    write("unicode.txt", UNICODE)
    write("Cargo.toml", '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n')
    write("src/main.rs", 'fn main() {\n    println!("hello");\n}\n\n#[test]\nfn works() {}\n')
    write("package.json", '{"name": "hello", "version": "1.0.0"}\n')
    git = "git -c user.name=User -c user.email=user@example.org -c init.defaultBranch=main"
    os.system(f"cd {WORK} && {git} init -q && {git} add . && {git} commit -qm 'start: first files'")
    for number in range(25):
        write(f"file{number}.txt", f"line {number}\n" * (number + 1))
        os.system(f"cd {WORK} && {git} add . && {git} commit -qm 'area: change number {number}'")
    write("file3.txt", "changed\n" * 4 + "more\n")


def environment():
    path = os.environ.get("AGENTS", "") + "/node_modules/.bin:" + os.environ["PATH"]
    env = {"HOME": HOME, "USER": "user", "LOGNAME": "user", "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
    env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PATH": path, "PWD": WORK}
    for name in ("CARGO_HOME", "RUSTUP_HOME"):
        env[name] = os.environ.get(name, os.path.expanduser("~/." + name.split("_")[0].lower()))
    return env


def set_size(terminal, rows, cols):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def record(name, command, first, steps):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(WORK)
        time.sleep(0.1)
        shell = "hostname host 2>/dev/null; " + command
        os.execvpe("unshare", ["unshare", "-p", "-f", "-u", "--mount-proc", "sh", "-c", shell], environment())
    set_size(terminal, *first)
    output, sizes = bytearray(), [(0, *first)]

    def read(seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([terminal], [], [], left)[0]:
                return True
            try:
                data = os.read(terminal, 65536)
            except OSError:
                return False
            output.extend(data)
            for query, answer in ANSWERS:
                if query.search(data):
                    os.write(terminal, answer)
        return True

    alive = read(0.8)
    for step in steps:
        if not alive or len(output) > MOST:
            break
        if isinstance(step, tuple):
            sizes.append((len(output), *step))
            set_size(terminal, *step)
            alive = read(0.4)
        elif isinstance(step, str):
            os.write(terminal, step.encode())
            alive = read(0.3)
        else:
            alive = read(step)
    read(0.5)
    os.kill(child, signal.SIGKILL)
    os.close(terminal)
    os.waitpid(child, 0)
    save(name, bytes(output[:MOST]), sizes)


def save(name, output, sizes):
    secrets = [b"/root", b"/tmp/", os.uname().nodename.encode()]
    for secret in secrets:
        if secret in output:
            print(f"{name}: says {secret}, look at it", file=sys.stderr)
    open(f"{HERE}/corpus/{name}.bin", "wb").write(output)
    sizes = [entry for entry in sizes if entry[0] <= len(output)]
    if sizes != [(0, 24, 80)]:
        lines = "".join(f"{offset} {rows} {cols}\n" for offset, rows, cols in sizes)
        open(f"{HERE}/corpus/{name}.sizes", "w").write(lines)
    print(name, len(output))


if __name__ == "__main__":
    prepare()
    for name, command, first, steps in RECORDINGS:
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            record(name, command, first, steps)
