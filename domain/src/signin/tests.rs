//! The rules of signing in, each with a sentence of its own.

mod account;
mod app;
mod budget;
mod challenge;
mod check;
mod claim;
mod contact;
mod custom;
mod email;
mod factor;
mod gate;
mod handle;
mod link;
mod manage;
mod mock;
mod notice;
mod password;
mod phone;
mod race;
mod recovery;
mod resend;
mod send;
mod step;
mod store;
mod verify;
mod world;
