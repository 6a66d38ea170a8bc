"""Which directories lie on another machine: SQLite's locks do not hold there, and two processes would tear a ledger.

Asked of `/proc/self/mountinfo`; where there is none (not Linux) nothing can be said, and nothing is refused.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

MOUNTS = Path("/proc/self/mountinfo")
# 9p is how a Windows drive is seen from WSL. virtiofs is not here: a guest's processes do share locks on it.
OF_NETWORKS = re.compile(
    "9p|acfs|afs|beegfs|ceph|cifs|coda|davfs|gfs2?|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|pvfs2|smb3|smbfs"
    r"|fuse|fuse\.(?!(ext[24]|fuse-overlayfs|lxcfs|ntfs|ntfs-3g|zfs)$).*"
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def network_file_system(mounts: str, path: PurePosixPath) -> str | None:
    """The type of file system below `path`, absolute and without links, if another machine may hold it; else None.

    `mounts` is the text of a mountinfo file; of several mounts on one place the last one counts. A file system of FUSE
    counts as remote unless it is known not to be.

    >>> network_file_system("36 35 0:42 / /srv rw - nfs4 nas:/srv rw", PurePosixPath("/srv/kaohe"))
    'nfs4'
    >>> network_file_system("36 35 8:1 / / rw shared:1 - ext4 /dev/sda1 rw", PurePosixPath("/srv/kaohe"))
    """
    found, depth = "", -1
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5 or not after:
            continue
        place = PurePosixPath(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        if path.is_relative_to(place) and len(place.parts) >= depth:
            found, depth = after.split(" ")[0], len(place.parts)
    return found if OF_NETWORKS.fullmatch(found) else None


def network_file_system_of(directory: Path) -> str | None:
    """The same for a directory of this machine, as things are mounted now."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    return network_file_system(mounts, PurePosixPath(directory.resolve()))
