"""Writes places.mmdb, a database of places with documentation addresses only (RFC 5737, RFC 3849). pip install mmdb_writer netaddr"""

from netaddr import IPSet
from mmdb_writer import MMDBWriter

JAPAN = {"iso_code": "JP", "names": {"ja": "日本", "en": "Japan", "de": "Japan"}}
FRANCE = {"iso_code": "FR", "names": {"ja": "フランス", "en": "France"}}
TOKYO = {"names": {"ja": "東京", "en": "Tokyo"}}
OSAKA = {"names": {"ja": "大阪", "en": "Osaka"}}
PARIS = {"names": {"en": "Paris"}}


def place(country, city=None, at=None):
    found = {"country": country}
    if city:
        found["city"] = city
    if at:
        found["location"] = {"latitude": at[0], "longitude": at[1], "accuracy_radius": 50}
    return found


writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City", languages=["ja", "en"],
                    description="Places of documentation addresses", float_type="f64")
writer.insert_network(IPSet(["192.0.2.0/24"]), place(JAPAN, TOKYO, (35.69, 139.69)))
writer.insert_network(IPSet(["198.51.100.0/25"]), place(JAPAN, OSAKA, (34.69, 135.5)))
writer.insert_network(IPSet(["198.51.100.128/25"]), place(FRANCE, PARIS, (48.86, 2.35)))
# A country and nothing more.
writer.insert_network(IPSet(["2001:db8:fa::/48"]), place(FRANCE))
writer.insert_network(IPSet(["2001:db8:1::/48"]), place(JAPAN, TOKYO, (35.69, 139.69)))
writer.to_db_file("places.mmdb")
