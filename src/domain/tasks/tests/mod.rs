mod board;
mod cells;
mod envelope;
mod reading;
mod rules;
