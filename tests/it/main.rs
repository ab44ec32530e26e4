//! The whole stack, tested: one binary, one file per noun.

mod access;
mod architecture;
mod browser;
mod buyout_actions;
mod buyout_checks;
mod buyout_desk;
mod buyout_happy;
mod buyout_inspection;
mod buyout_offer;
mod buyout_payment;
mod buyout_people;
mod buyout_portal;
mod buyout_reassign;
mod buyout_signing;
mod gateway;
mod portal;
mod replay;
mod restart;
mod timers;
