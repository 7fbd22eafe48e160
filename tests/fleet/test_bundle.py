"""An application on a host of its own, with what `make bundle` has written for it."""

import stat

from howdah.secrets.store import Store
from tests.fleet.conftest import NewFleet
from tests.fleet.test_verify import names_of
from tests.server.test_local import make


def test_application_of_another_host(new_fleet: NewFleet) -> None:
    """As docs/production.md says: listen, let the network in, copy the bundle."""
    fleet = new_fleet("trixie", "trixie")
    database, application = fleet.machines
    begin = database.address.rpartition(".")[0]
    options = {"ssh_hostname": database.address, "listen_addresses": ["0.0.0.0"],
             "allowed_networks": [f"{application.address}/32"]}  # fmt: skip
    fleet.hosts({"db1": options})
    assert "has no secrets yet; make deploy makes them" in make(fleet, "bundle")
    fleet.deploy()
    assert "needs the absolute path" in make(fleet, "bundle", "FOLDER=my secrets")
    fleet.hosts({"db1": {**options, "allowed_networks": []}})
    assert "warning: db1 allows no network" in make(fleet, "bundle")
    fleet.hosts({"db1": options})
    said = make(fleet, "bundle")
    assert "warning" not in said
    bundle = fleet.folder / "bundles" / fleet.environment
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o700
    files = {path.name: path.read_text() for path in bundle.iterdir()}
    assert files.keys() == {"ca.crt", "postgres_app_user_pw", "db1.uri"}
    assert files["postgres_app_user_pw"].strip() not in said + files["db1.uri"]
    certificate = Store(fleet.secrets).leaf("db1")
    assert certificate
    assert names_of(certificate)[:2] == ["db1", database.address]
    application.sh(f"mkdir -p /run/secrets; echo '{database.address} db1' >> /etc/hosts")
    for name, text in files.items():
        application.sh(f"cat > /run/secrets/{name}", stdin=text)
    login = (
        "PGPASSWORD=$(cat /run/secrets/postgres_app_user_pw) "
        'psql -XAtq -c "SELECT count(*) FROM users" "$(cat /run/secrets/db1.uri)"'
    )
    assert application.sh(login) == "0"
    assert fleet.enter("appuser", "appdb")[0].find("no pg_hba.conf entry") > 0
    fleet.hosts({"db1": {**options, "allowed_networks": [f"{begin}.0/24"]}})
    fleet.deploy()
    assert fleet.enter("appuser", "appdb") == ("", [(1,)])
    fleet.hosts({"db2": options})
    make(fleet, "bundle")
    assert not (bundle / "db1.uri").exists()
