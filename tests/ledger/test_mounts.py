"""SQLite's locks do not hold on another machine's disk: a ledger there is refused."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from engine.ledger import mounts
from engine.ledger.database import LedgerError, open_ledger
from engine.ledger.mounts import network_file_system

MOUNTS = r"""
22 28 0:21 / /proc rw,relatime - proc proc rw
28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
40 28 0:50 / /srv rw,relatime shared:30 - nfs4 nas:/export/srv rw,vers=4.2
41 40 8:3 / /srv/disk rw,relatime - xfs /dev/sda3 rw
42 28 0:51 / /media/the\040share rw master:3 - cifs //nas/share rw
43 28 0:52 / /home/li/remote rw - fuse.sshfs li@host:/ rw
44 28 0:53 / /mnt/c rw - 9p C:\134 rw
45 28 8:4 / /backup rw - ext4 /dev/sda4 rw
46 45 0:54 / /backup rw - nfs nas:/backup rw
47 28 0:55 / /mnt/usb rw - fuse.ntfs-3g /dev/sdb1 rw
48 28 0:56 / /srvx rw - btrfs /dev/sdc rw
49 28 0:57 / /mnt/guest rw - virtiofs host rw
50 28 0:58 / /mnt/bare rw - fuse some-daemon rw
51 28 8:5 / /mnt/block rw - fuseblk /dev/sdd1 rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/kaohe", None),
        ("/srv/kaohe", "nfs4"),
        ("/srv", "nfs4"),
        ("/srv/disk/kaohe", None),
        ("/srvx/kaohe", None),
        ("/media/the share/kaohe", "cifs"),
        ("/media/other", None),
        ("/home/li/remote/kaohe", "fuse.sshfs"),
        ("/home/li/kaohe", None),
        ("/mnt/c/kaohe", "9p"),
        ("/backup/kaohe", "nfs"),  # the last of two mounts on one place
        ("/mnt/usb/kaohe", None),
        ("/mnt/guest/kaohe", None),
        ("/mnt/bare/kaohe", "fuse"),  # mounted without saying what it is
        ("/mnt/block/kaohe", None),  # a block device of this machine
    ],
)
def test_the_mount_that_a_path_lies_below_decides(path, kind):
    assert network_file_system(MOUNTS, PurePosixPath(path)) == kind


def test_without_a_table_of_mounts_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "none")
    open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite").dispose()


def test_a_ledger_in_sqlite_on_a_network_file_system_is_refused_and_nothing_is_made(tmp_path, monkeypatch):
    remote, link = tmp_path / "remote", tmp_path / "link"
    remote.mkdir()
    link.symlink_to(remote)
    table = tmp_path / "mountinfo"
    table.write_text(f"1 1 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / {remote} rw - nfs4 nas:/x rw\n", encoding="utf-8")
    monkeypatch.setattr(mounts, "MOUNTS", table)
    for folder in (remote, link):
        with pytest.raises(
            LedgerError, match=r"network file system \(nfs4\).*use PostgreSQL: set KAOHE_DATABASE_URL"
        ) as told:
            open_ledger(f"sqlite:///{folder}/ledger.sqlite")
        assert "改用 PostgreSQL" in told.value.zh
    assert list(remote.iterdir()) == []
    open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite").dispose()


def test_this_machine_s_own_table_is_read():
    assert network_file_system(Path("/proc/self/mountinfo").read_text(encoding="utf-8"), PurePosixPath("/proc")) is None
