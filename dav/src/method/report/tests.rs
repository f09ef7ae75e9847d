//! Reports and POST as clients send them, answered by a small house in memory.

mod calendar;

mod contacts;

mod people;

mod post;

mod sync;

mod world;
