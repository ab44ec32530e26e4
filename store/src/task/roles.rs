//! Roles of a task as bits of one number, so that a list asks for them within its index.

use domain::staff::Role;
use strum::IntoEnumIterator;

/// A role's bit. Stored: it never becomes another role's.
fn bit(role: Role) -> i64 {
    let place = match role {
        Role::Inspector => 0,
        Role::Dispatcher => 1,
        Role::Appraiser => 2,
        Role::SeniorAppraiser => 3,
        Role::BuyoutManager => 4,
        Role::Verifier => 5,
        Role::PaymentApprover => 6,
        Role::Accountant => 7,
        Role::Security => 8,
        Role::BuyoutHead => 9,
        Role::Ops => 10,
        Role::Admin => 11,
    };
    1 << place
}

pub(super) fn bits(roles: impl IntoIterator<Item = Role>) -> i64 {
    roles.into_iter().map(bit).fold(0, |all, one| all | one)
}

/// The bit of the role that a column names, in SQL.
pub(crate) fn bits_of(column: &str) -> String {
    let cases: Vec<String> = Role::iter()
        .map(|role| format!("WHEN '{role}' THEN {}", bit(role)))
        .collect();
    format!("CASE {column} {} ELSE 0 END", cases.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_bit_of_its_own() {
        let all: Vec<Role> = Role::iter().collect();
        let ones = bits(all.iter().copied()).count_ones() as usize;
        assert_eq!(ones, all.len());
        assert_eq!(bits([Role::Appraiser, Role::Appraiser]), 4);
    }
}
