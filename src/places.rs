//! Where an address lies, roughly, by a database that the operator may bring (MaxMind's form, `.mmdb`). It is read whole when the server starts; without
//! one everything works, and no place is shown.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use maxminddb::Reader;
use serde::Deserialize;

use crate::model::Locale;

/// The database.
pub struct Places {
    reader: Reader<Vec<u8>>,
}

/// Why a file is no such database, in words for the operator.
#[derive(Debug, thiserror::Error)]
#[error("`places_file`: {0}")]
pub struct NoPlaces(String);

/// A name in the languages of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    ja: String,
    en: String,
}

impl Named {
    /// None where there is neither a name nor anything to stand for it.
    fn of(names: &BTreeMap<String, String>, instead: Option<&str>) -> Option<Self> {
        let en = names.get("en").map(String::as_str).or(instead)?;
        Some(Self { ja: names.get("ja").map_or(en, String::as_str).to_owned(), en: en.to_owned() })
    }

    fn in_words(&self, locale: Locale) -> &str {
        match locale {
            Locale::Ja => &self.ja,
            Locale::En => &self.en,
        }
    }
}

/// Where an address lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Two letters (ISO 3166-1).
    pub country: String,
    named: Named,
    city: Option<Named>,
    /// Latitude and longitude, where the database has them.
    at: Option<(f64, f64)>,
}

#[derive(Deserialize)]
struct Record {
    country: Option<Country>,
    city: Option<City>,
    location: Option<Location>,
}

#[derive(Deserialize)]
struct Country {
    iso_code: Option<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct City {
    #[serde(default)]
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// The most bytes of a file that is read: such databases have some hundred million.
const MOST_BYTES: u64 = 1 << 30;

impl Places {
    /// Reads the file, and asks it once.
    pub fn open(file: &Path) -> Result<Self, NoPlaces> {
        let shown = file.display();
        let about = std::fs::metadata(file).map_err(|error| NoPlaces(format!("{shown} cannot be read: {error}")))?;
        if about.len() > MOST_BYTES {
            return Err(NoPlaces(format!("{shown} is larger than 1 GiB")));
        }
        let no = |why: maxminddb::MaxMindDbError| NoPlaces(format!("{shown} is no database of places (.mmdb): {why}"));
        let places = Self { reader: Reader::open_readfile(file).map_err(no)? };
        places.ask(IpAddr::from([192, 0, 2, 1])).map_err(no)?;
        Ok(places)
    }

    /// What the database is, and of which day (seconds since 1970).
    pub fn about(&self) -> (&str, u64) {
        let metadata = self.reader.metadata();
        (&metadata.database_type, metadata.build_epoch)
    }

    fn ask(&self, address: IpAddr) -> Result<Option<Record>, maxminddb::MaxMindDbError> {
        self.reader.lookup(address)?.decode()
    }

    /// Where this address lies; none where the database does not know, or cannot say.
    pub fn of(&self, address: IpAddr) -> Option<Place> {
        let record = self.ask(address.to_canonical()).ok().flatten()?;
        let country = record.country?;
        let code = country.iso_code.filter(|code| code.len() == 2)?;
        let on_earth = |at: &(f64, f64)| at.0.abs() <= 90.0 && at.1.abs() <= 180.0;
        Some(Place {
            named: Named::of(&country.names, Some(&code))?,
            city: record.city.and_then(|city| Named::of(&city.names, None)),
            at: record.location.and_then(|it| it.latitude.zip(it.longitude)).filter(on_earth),
            country: code,
        })
    }

    /// The same for a network as rows have it (`203.0.113.7/32`).
    pub fn of_network(&self, network: &str) -> Option<Place> {
        self.of(network.split('/').next()?.parse().ok()?)
    }
}

impl Place {
    /// The country in the person's language.
    pub fn country_in_words(&self, locale: Locale) -> &str {
        self.named.in_words(locale)
    }

    /// City and country in the person's language.
    pub fn in_words(&self, locale: Locale) -> String {
        let country = self.country_in_words(locale);
        match (&self.city, locale) {
            (None, _) => country.to_owned(),
            (Some(city), Locale::Ja) => format!("{country} {}", city.ja),
            (Some(city), Locale::En) => format!("{}, {country}", city.en),
        }
    }

    /// How far apart two places are on the globe, in kilometres; none where the database has not where one is.
    pub fn kilometres_to(&self, other: &Self) -> Option<f64> {
        const RADIUS: f64 = 6_371.0;
        let ((lat, long), (to_lat, to_long)) = (self.at?, other.at?);
        let (lat, to_lat) = (lat.to_radians(), to_lat.to_radians());
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let along = half(to_lat - lat) + lat.cos() * to_lat.cos() * half((to_long - long).to_radians());
        Some(2.0 * RADIUS * along.clamp(0.0, 1.0).sqrt().asin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::open(Path::new("tests/data/places/places.mmdb")).unwrap()
    }

    fn of(address: &str) -> Option<Place> {
        places().of(address.parse().unwrap())
    }

    #[test]
    fn a_place_is_named_in_the_language_that_the_database_has() {
        let tokyo = of("192.0.2.7").unwrap();
        assert_eq!(
            (tokyo.in_words(Locale::Ja), tokyo.in_words(Locale::En)),
            ("日本 東京".into(), "Tokyo, Japan".into())
        );
        assert_eq!(of("198.51.100.200").unwrap().in_words(Locale::Ja), "フランス Paris");
        assert_eq!(of("2001:db8:fa::1").unwrap().in_words(Locale::En), "France");
        assert_eq!(of("203.0.113.1"), None);
        assert_eq!(of("::ffff:192.0.2.7"), Some(tokyo.clone()));
        assert_eq!(places().of_network("192.0.2.7/32"), Some(tokyo));
        assert_eq!(places().of_network("nothing"), None);
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        let far = of("192.0.2.7").unwrap().kilometres_to(&of("198.51.100.200").unwrap()).unwrap();
        assert!((9_600.0..9_800.0).contains(&far), "{far}");
        let near = of("192.0.2.7").unwrap().kilometres_to(&of("198.51.100.1").unwrap()).unwrap();
        assert!((380.0..420.0).contains(&near), "{near}");
        assert!(of("192.0.2.7").unwrap().kilometres_to(&of("192.0.2.8").unwrap()).unwrap() < 1.0);
        assert_eq!(of("2001:db8:fa::1").unwrap().kilometres_to(&of("192.0.2.7").unwrap()), None);
    }

    #[test]
    fn what_is_no_database_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.mmdb");
        assert!(Places::open(&file).err().unwrap().to_string().contains("cannot be read"));
        for bytes in
            [Vec::new(), b"<html>".repeat(100), std::fs::read("tests/data/places/places.mmdb").unwrap()[..900].to_vec()]
        {
            std::fs::write(&file, bytes).unwrap();
            assert!(Places::open(&file).err().unwrap().to_string().contains("no database of places"));
        }
    }

    #[test]
    fn a_spoilt_database_answers_or_says_nothing_and_never_panics() {
        let whole = std::fs::read("tests/data/places/places.mmdb").unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xa5;
            let Ok(reader) = Reader::from_source(bytes) else { continue };
            let places = Places { reader };
            for address in ["192.0.2.7", "198.51.100.200", "2001:db8:fa::1", "203.0.113.1"] {
                let _ = places.of(address.parse().unwrap());
            }
        }
    }
}
