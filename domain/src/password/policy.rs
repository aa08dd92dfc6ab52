//! Which passwords may be set (contract nuvix §3.5).

use zxcvbn::{Score, zxcvbn};

use crate::base::{Code, Email, Error, Phone, Result, Secret, argon};

/// The shortest password, in characters.
const SHORTEST: usize = 8;
/// The longest password, in characters.
const LONGEST: usize = 256;
/// The longest password that is looked up, in characters: no list has longer ones, and looking costs more and more.
const LONGEST_COMMON: usize = 32;
/// Personal data shorter than this, in characters, is in too many words by chance.
const SHORTEST_PERSONAL: usize = 4;

/// What a project demands of a new password beside its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// No common one: `auth.passwordDictionary`.
    pub dictionary: bool,
    /// None that holds data of its user: `auth.personalDataCheck`.
    pub personal_data: bool,
}

/// What a password may not hold.
#[derive(Clone, Copy, Debug)]
pub struct Personal<'a> {
    /// The user's id.
    pub user_id: &'a str,
    /// The user's e-mail address.
    pub email: Option<&'a Email>,
    /// The user's name, or empty.
    pub name: &'a str,
    /// The user's number.
    pub phone: Option<&'a Phone>,
}

impl Policy {
    /// Whether `password` may be set. Refuses with `Code::InvalidValue` or `Code::PasswordPersonalData`. Takes up to
    /// 50 ms where `dictionary` is on: never inside a transaction.
    pub fn check(self, password: &Secret, personal: &Personal<'_>) -> Result<()> {
        let password = argon::normalised(password);
        let length = password.expose().chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(Error::invalid("password", format!("must have {SHORTEST} to {LONGEST} characters")));
        }
        if self.personal_data && personal.is_in(&password) {
            return Err(Code::PasswordPersonalData.into());
        }
        // Below 2 an attacker who tries the likeliest first finds it within a million tries.
        if self.dictionary && length <= LONGEST_COMMON && zxcvbn(password.expose(), &[]).score() < Score::Two {
            return Err(Error::invalid(
                "password",
                "should not be one of the commonly used passwords or one that is easily guessed. Choose a longer one",
            ));
        }
        Ok(())
    }
}

impl Personal<'_> {
    fn is_in(&self, password: &Secret) -> bool {
        let password = Secret::new(password.expose().to_lowercase());
        let email = self.email.into_iter().flat_map(|e| [e.as_str(), e.local()]);
        // Whoever writes the number with a + writes it without one too.
        let phone = self.phone.into_iter().map(|p| p.as_e164().trim_start_matches('+'));
        [self.user_id, self.name].into_iter().chain(email).chain(phone).any(|part| {
            let part = argon::normalised(&Secret::new(part.trim().to_lowercase()));
            part.expose().chars().count() >= SHORTEST_PERSONAL && password.expose().contains(part.expose())
        })
    }
}
