//! Wrapping lines anew when the number of columns changes.
//!
//! Follows `BufferReflow.ts` and `Buffer._reflow*` of xterm.js. The wrapped line that holds the
//! cursor is left alone: the program will draw it again.

use super::cell::Cell;
use super::cell::Style;
use super::resize::Lines;
use super::row::Row;

/// Joins what wrapped at `old` columns and fits in `new`.
pub fn widen(lines: &mut Lines, old: usize, new: usize) {
    let cursor = lines.base + lines.y;
    let list = std::mem::take(&mut lines.list);
    let mut removed = 0;
    let mut index = 0;
    let mut source = list.into_iter().peekable();
    while let Some(first) = source.next() {
        let mut group = vec![first];
        while let Some(next) = source.next_if(|next| next.wrapped) {
            group.push(next);
        }
        let count = group.len();
        if count > 1 && !(index..index + count).contains(&cursor) {
            removed += join(&mut group, old, new);
        }
        index += count;
        lines.list.extend(group);
    }
    for _ in 0..removed {
        if lines.base > 0 {
            lines.base -= 1;
            continue;
        }
        lines.y = lines.y.saturating_sub(1);
        if lines.list.len() < lines.rows {
            lines.list.push(Row::default());
        }
    }
    if removed > 0 {
        lines.saved = (lines.saved - removed as isize).max(0);
    }
}

/// Moves the cells of a wrapped line up; returns how many rows became free and were dropped.
fn join(group: &mut Vec<Row>, old: usize, new: usize) -> usize {
    let (mut to, mut at) = (0, length(group, 0, old));
    let (mut from, mut taken) = (1, 0);
    while from < group.len() {
        let length = length(group, from, old);
        let count = (length - taken).min(new - at);
        copy(group, from, taken, to, at, count);
        at += count;
        if at == new {
            to += 1;
            at = 0;
        }
        taken += count;
        if taken == length {
            from += 1;
            taken = 0;
        }
        // A wide character does not fit the last column.
        if at == 0 && to != 0 && group[to - 1].get(new - 1).width() == 2 {
            copy(group, to - 1, new - 1, to, 0, 1);
            at = 1;
            group[to - 1].set(new - 1, Cell::default());
        }
    }
    group[to].erase(at, new, Style::default(), new, false);
    let used =
        (1..group.len()).rev().find(|&index| index <= to && group[index].content_len() > 0).unwrap_or(0);
    for index in used + 1..group.len() {
        let marks = group[index].marks;
        group[used].marks.add(marks);
    }
    let removed = group.len() - used - 1;
    group.truncate(used + 1);
    removed
}

/// Breaks lines that are longer than `new` columns.
pub fn narrow(lines: &mut Lines, old: usize, new: usize) {
    let mut inserts: Vec<(usize, Vec<Row>)> = Vec::new();
    let mut inserted = 0;
    // Lines behind `live` have fallen out at the bottom; xterm.js still wraps them anew.
    let mut live = lines.list.len();
    let mut index = live;
    while index > 0 {
        index -= 1;
        let row = &lines.list[index];
        if !row.wrapped && row.content_len() <= new {
            continue;
        }
        let end = index + 1;
        while lines.list[index].wrapped && index > 0 {
            index -= 1;
        }
        if (index..end).contains(&(lines.base + lines.y)) {
            continue;
        }
        let mut group: Vec<Row> = lines.list[index..end].iter_mut().map(std::mem::take).collect();
        let change = split(&mut group, old, new);
        let added = change.max(0) as usize;
        let more = group.split_off(end - index);
        for (slot, row) in lines.list[index..end].iter_mut().zip(group) {
            *slot = row;
        }
        let over = trimmed(lines, live, added);
        if added > 0 {
            inserts.push((end, more));
            inserted += added;
        }
        make_room(lines, &mut live, added.saturating_sub(over), inserted);
        // xterm.js counts an empty line that continues nothing as one less.
        lines.saved = (lines.saved + change).min((lines.base + lines.rows) as isize - 1);
    }
    // From the bottom up, so that the places stay right.
    lines.list.truncate(live);
    for (at, more) in inserts {
        let at = at.min(live);
        lines.list.splice(at..at, more);
    }
    let excess = lines.list.len().saturating_sub(lines.limit);
    lines.list.drain(..excess);
}

/// How many of the added lines push old ones over the limit.
fn trimmed(lines: &Lines, live: usize, added: usize) -> usize {
    let filled = if lines.base == 0 && lines.y + 1 != live { lines.y } else { live };
    (filled + added).saturating_sub(lines.limit)
}

fn make_room(lines: &mut Lines, live: &mut usize, count: usize, inserted: usize) {
    for _ in 0..count {
        if lines.base > 0 {
            let most = lines.limit.min(*live + inserted).saturating_sub(lines.rows);
            lines.base += usize::from(lines.base < most);
        } else if lines.y + 1 < lines.rows {
            lines.y += 1;
            *live = live.saturating_sub(1);
        } else {
            lines.base += 1;
        }
    }
}

/// Spreads the cells of a wrapped line over rows of `new` columns; returns how many more it needs.
/// An empty line needs none, so that is one less; it stays all the same.
fn split(group: &mut Vec<Row>, old: usize, new: usize) -> isize {
    let last = group[group.len() - 1].content_len();
    let lengths = new_lengths(group, old, new);
    let before = group.len();
    let added = lengths.len().saturating_sub(before);
    group.extend((0..added).map(|_| Row::continuation()));

    let mut ends = lengths.iter().copied().enumerate().rev().filter(|(_, length)| *length > 0);
    let mut target = ends.next();
    let (mut from, mut left) = (before - 1, last);
    while let Some((to, at)) = target {
        let count = left.min(at);
        copy(group, from, left - count, to, at - count, count);
        // A wide character cut by the edge counts two columns, of which the line has but one.
        if left > old {
            group[to].set(at - 1, Cell::half(Style::default()));
        }
        target = if at == count { ends.next() } else { Some((to, at - count)) };
        left -= count;
        if left == 0 {
            if from == 0 {
                break;
            }
            from -= 1;
            left = length(group, from, old);
        }
    }
    for (row, length) in group.iter_mut().zip(&lengths) {
        if *length < new {
            row.set(*length, Cell::default());
        }
    }
    lengths.len() as isize - before as isize
}

/// The lengths that the rows of a wrapped line will have.
fn new_lengths(group: &[Row], old: usize, new: usize) -> Vec<usize> {
    let needed: usize = (0..group.len()).map(|index| length(group, index, old)).sum();
    let mut lengths = Vec::new();
    let (mut line, mut at, mut given) = (0, 0, 0);
    while given < needed {
        if needed - given < new {
            lengths.push(needed - given);
            break;
        }
        at += new;
        let length = length(group, line.min(group.len() - 1), old);
        if at > length {
            at -= length;
            line += 1;
        }
        let wide = group.get(line).is_some_and(|row| at > 0 && row.get(at - 1).width() == 2);
        at -= usize::from(wide);
        let length = new - usize::from(wide);
        lengths.push(length);
        given += length;
    }
    lengths
}

/// Columns of one row of a wrapped line that belong to its text.
fn length(group: &[Row], index: usize, cols: usize) -> usize {
    let Some(next) = group.get(index + 1) else { return group[index].content_len() };
    let early = group[index].get(cols - 1).is_empty() && next.get(0).width() == 2;
    cols - usize::from(early)
}

/// Copies `count` cells between rows, in an order that suits overlapping ones.
fn copy(group: &mut [Row], from: usize, start: usize, to: usize, at: usize, count: usize) {
    let cells: Vec<Cell> = (start..start + count).map(|x| group[from].get(x)).collect();
    for (x, cell) in (at..).zip(cells) {
        group[to].set(x, cell);
    }
}
