namespace FishCheckpoint.Cli.Doctor;

/// <summary>Finds the kind of file system of a path.</summary>
internal static class Mounts
{
    private const string Table = "/proc/self/mountinfo";
    private const string WindowsShare = "smb";

    // SQLite's log needs shared memory and reliable locks. Network file systems guarantee neither.
    private static readonly string[] Remote =
        ["nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "glusterfs", "beegfs", "ocfs2",
            "gfs2", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.glusterfs", "fuse.ceph", "fuse.juicefs", "davfs",
            "webdav", "afpfs"];

    /// <summary>Whether a kind is a network file system.</summary>
    public static bool IsRemote(string kind) => Remote.Contains(kind, StringComparer.OrdinalIgnoreCase);

    /// <summary>The kind, as in <c>ext4</c>; <see langword="null"/> if unknown.</summary>
    public static string? KindOf(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(Table) ? KindOf(full, File.ReadLines(Table)) : KindOf(full, static path =>
        {
            var drive = new DriveInfo(path);
            return (drive.DriveType, drive.DriveFormat);
        });
    }

    /// <summary>
    /// Asks the drive of a path, on systems without the table. Windows names a network drive as its server does, and a share has
    /// no drive.
    /// </summary>
    public static string KindOf(string path, Func<string, (DriveType Type, string Format)> driveOf)
    {
        if (path.StartsWith(@"\\", StringComparison.Ordinal) && !path.StartsWith(@"\\?\", StringComparison.Ordinal))
        {
            return WindowsShare;
        }

        var (type, format) = driveOf(path);
        return type == DriveType.Network && !IsRemote(format) ? WindowsShare : format;
    }

    /// <summary>Finds the innermost mount of a path in lines of <c>/proc/self/mountinfo</c> (proc(5)).</summary>
    public static string? KindOf(string path, IEnumerable<string> lines)
    {
        (string Point, string? Kind) found = (string.Empty, null);
        foreach (var fields in lines.Select(line => line.Split(' ')))
        {
            var dash = Array.IndexOf(fields, "-");
            if (dash < 5 || dash + 1 >= fields.Length)
            {
                continue;
            }

            // A later mount at the same point hides the earlier one.
            var point = fields[4].Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
                .Replace("\\134", "\\", StringComparison.Ordinal);
            if (point.Length >= found.Point.Length
                && (point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal)))
            {
                found = (point, fields[dash + 1]);
            }
        }

        return found.Kind;
    }
}
